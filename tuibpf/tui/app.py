"""The dashboard: panes of tools under a line about the host, dialogs over them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from tuibpf.tool.column import Column
from tuibpf.tool.option import Value
from tuibpf.tool.tool import Tool
from tuibpf.tui.backend import Backend
from tuibpf.tui.dialogs import ask_options, pick_command, pick_theme, pick_tool
from tuibpf.tui.feed import Feed
from tuibpf.tui.host import HostFeed
from tuibpf.tui.pace import Pace
from tuibpf.tui.reader import Reader
from tuibpf.tui.screens.help import help_paragraphs
from tuibpf.tui.screens.row_detail import row_paragraphs
from tuibpf.tui.screens.text_dialog import TextDialog
from tuibpf.tui.terminal import Terminal, few_colors
from tuibpf.tui.theme import Look, load_looks
from tuibpf.tui.widgets.host_pane import HostPane
from tuibpf.tui.widgets.key_bar import KeyBar
from tuibpf.tui.widgets.line_view import Painted
from tuibpf.tui.widgets.pane import Pane
from tuibpf.tui.widgets.pane_grid import PaneGrid
from tuibpf.tui.widgets.text_view import Paragraph
from tuibpf.tui.widgets.tool_pane import OptionsWanted, ToolPane
from tuibpf.tui.widgets.top_bar import TopBar

__all__ = ["Dashboard"]

_TOP_BAR_S = 5.0


class Dashboard(App[None]):
    """Shows *readers*, each of which has been started; whoever runs the app stops all of ``feeds`` after it."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "tuibpf"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", "Add a tool"),
        Binding("colon,ctrl+p", "commands", "All commands"),
        Binding("t", "theme", "Theme"),
        Binding("question_mark", "help", "Help"),
        Binding("q,ctrl+c", "quit", "Quit"),
        Binding("ctrl+l", "redraw", "Redraw", show=False),
        Binding("ctrl+z", "suspend_process", "Suspend"),
        *(Binding(str(n), f"focus_pane({n})", f"Pane {n}", show=False) for n in range(1, 10)),
    ]

    def __init__(self, backend: Backend, readers: Sequence[tuple[Tool, Reader]] = (), theme: str | None = None) -> None:
        self.looks, self._problems = load_looks()
        default = "terminal" if few_colors() else "midnight"
        name = next((name for name in (theme, default) if name in self.looks), next(iter(self.looks)))
        self.look: Look = self.looks[str(name)]
        super().__init__(driver_class=Terminal)
        self.backend = backend
        self.feeds: list[Feed[Any]] = [reader for _, reader in readers]
        self.ended_by: int | None = None
        self.animation_level = "none"
        for look in self.looks.values():
            self.register_theme(look.theme)
        self.theme = self.look.name
        self.pace = Pace(lambda delay_s, draw: self.set_timer(max(delay_s, 0.001), draw), self._ask)
        self.grid = PaneGrid()
        self.top_bar = TopBar()
        self.key_bar = KeyBar()
        self._first = list(readers)
        self._tools: list[Tool] | None = None
        self.lock = backend.lock()
        self._home: HostPane | None = None

    @property
    def tools(self) -> list[Tool]:
        if self._tools is None:
            self._tools = self.backend.tools()
        return self._tools

    def compose(self) -> ComposeResult:
        yield self.top_bar
        yield self.grid
        yield self.key_bar

    async def on_mount(self) -> None:
        self.top_bar.locked = self.lock is not None
        driver = self._driver
        if isinstance(driver, Terminal):
            # By a message: the input thread's context, in which these are called, does not know the app.
            driver.on_answer = partial(self.call_later, self.pace.answered)
            driver.on_cut = partial(self.call_later, self.end, signal.SIGHUP)
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, self.end, number)
        self.set_interval(_TOP_BAR_S, lambda: self.pace.request(self.top_bar, self.top_bar.repaint))
        if not self._first or self.lock is not None:
            self._home = self._host_pane()
            await self.grid.mount(self._home)
        for tool, reader in self._first:
            await self.grid.mount(ToolPane(tool, reader))
        self.grid.lay_out()
        self.grid.focus_soon(self.pane)
        if not self._first and self.lock is None:
            self.action_add()
        for problem in self._problems:
            self.say(f"theme {problem}")

    def end(self, number: int) -> None:
        """End in order because of a signal, or because the line was cut."""
        self.ended_by = int(number)
        self.backend.hurry(128 + int(number))
        self.exit()

    def on_resize(self) -> None:
        self._forget_picture()

    def action_redraw(self) -> None:
        """Draw everything, also what is believed to be on the screen: something else has written there."""
        self._forget_picture()
        self.refresh(layout=True)

    def _forget_picture(self) -> None:
        if isinstance(self._driver, Terminal):
            self._driver.forget_picture()

    def _ask(self) -> bool:
        driver = self._driver
        if not isinstance(driver, Terminal) or not driver.can_ask:
            return False
        # What was drawn goes out with the next refresh of the screen; the question must come after it.
        self.call_after_refresh(driver.ask)
        return True

    # Panes.

    @property
    def pane(self) -> Pane | None:
        """The pane that has the focus, or the first one."""
        focused = self.screen_stack[0].focused if self.screen_stack else None
        widget: Any = focused
        while widget is not None and not isinstance(widget, Pane):
            widget = widget.parent
        panes = self.grid.panes
        return widget if widget in panes else next(iter(panes), None)

    def open_tool(self, tool: Tool, values: Mapping[str, Value], instead_of: Pane | None = None) -> None:
        """Start *tool* in a pane of its own, in the place of *instead_of* if there is one."""
        reader = Reader(tool, values, self.backend.open_session)
        self.feeds.append(reader)
        reader.start()
        self._add(ToolPane(tool, reader), instead_of)

    def open_host(self) -> None:
        self._add(self._host_pane(), None)

    def close_pane(self, pane: Pane) -> None:
        if self.grid.panes == [pane] and isinstance(pane, HostPane):
            self.say("the last pane stays; q quits")
            return
        if self.grid.panes == [pane]:
            self._home = self._host_pane()
            self._add(self._home, pane)
        else:
            self.grid.take_out(pane)
            self._tidy()

    def _host_pane(self) -> HostPane:
        feed = HostFeed()
        self.feeds.append(feed)
        feed.start()
        return HostPane(feed, self.lock)

    def _add(self, pane: Pane, instead_of: Pane | None) -> None:
        """Show *pane*. The host's pane, if it is there only for want of another, makes room for it."""
        home, self._home = self._home, self._home if pane is self._home else None
        replaced = instead_of or (home if home is not pane and self.lock is None else None)
        self.grid.add(pane, replaced)
        self._tidy()

    def _tidy(self) -> None:
        self.feeds = [feed for feed in self.feeds if not feed.join(0)]

    def show_keys(self) -> None:
        pane = self.pane
        self.key_bar.show(pane.keys if pane is not None else ())

    # Dialogs.

    def say(self, text: str) -> None:
        self.notify(text, timeout=4, markup=False)

    def show_text(self, title: str, content: Sequence[Paragraph]) -> None:
        self.push_screen(TextDialog(title, content))

    def show_row(self, title: str, columns: Sequence[Column], row: Sequence[Any]) -> None:
        self.show_text(title, row_paragraphs(columns, row))

    def action_help(self) -> None:
        self.show_text("help", help_paragraphs())

    def action_add(self) -> None:
        pick_tool(self)

    def on_options_wanted(self, event: OptionsWanted) -> None:
        ask_options(self, event.pane.tool, event.pane.reader.values, event.pane)

    def action_commands(self) -> None:
        pick_command(self)

    def action_theme(self) -> None:
        pick_theme(self)

    def use_look(self, name: str) -> None:
        """Draw with the theme *name* from now on."""
        if name == self.look.name:
            return
        self.look = self.looks[name]
        self.theme = name
        for screen in self.screen_stack:
            for widget in screen.query(Painted):
                widget.notify_style_update()
                widget.refresh()

    def action_focus_pane(self, number: int) -> None:
        panes = self.grid.panes
        if number <= len(panes):
            self.grid.show(panes[number - 1])
            panes[number - 1].focus_view()

    def run_pane_action(self, name: str) -> None:
        """Do to the current pane what its key *name* does."""
        pane: Widget | None = self.pane
        if pane is not None:
            getattr(pane, f"action_{name}")()
