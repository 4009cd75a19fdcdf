"""A pane: a title and the views of one tool, or of the host. What the keys do to all of a pane's views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from tuibpf.tui.feed import Feed
from tuibpf.tui.widgets.filter_bar import FilterBar
from tuibpf.tui.widgets.line_view import LineView
from tuibpf.tui.widgets.output_view import OutputView
from tuibpf.tui.widgets.pane_title import PaneTitle
from tuibpf.tui.widgets.text_view import Paragraph

if TYPE_CHECKING:
    from tuibpf.tui.app import Dashboard

__all__ = ["Pane"]


class Pane(Vertical):
    """The frame around views. A subclass says what they show and ends its feed in ``shut``."""

    DEFAULT_CSS = """
    Pane { width: 1fr; height: 1fr; }
    Pane.-inner { border-left: solid $border-blurred; }
    Pane > .views { width: 1fr; height: 1fr; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "Pause"),
        Binding("c", "clear", "Clear"),
        Binding("x", "close", "Close"),
        Binding("m,z", "maximise", "Maximise"),
        Binding("slash", "filter", "Filter"),
        Binding("s", "sort", "Sort"),
        Binding("S", "reverse", "Reverse"),
        Binding("v", "mode", "View"),
        Binding("i", "info", "Info"),
    ]

    class Pending(Message):
        """The feed has something; sent once, until it is taken."""

    def __init__(self, name: str, feed: Feed[Any]) -> None:
        super().__init__()
        self.label = name
        self.feed = feed
        self.title_line = PaneTitle(name)
        self.filter_bar = FilterBar()
        self.body = Vertical(classes="views")
        self.paused = False

    @property
    def dashboard(self) -> Dashboard:
        return self.app  # type: ignore[return-value]

    @property
    def views(self) -> list[OutputView]:
        return [view for view in self.body.children if isinstance(view, OutputView)]

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """The keys that make sense for the view that has the focus, for the key bar."""
        view = self.view()
        own = view.keys if isinstance(view, OutputView) else ()
        return (*own, ("p", "pause"), ("c", "clear")) if self.views else own

    def view(self) -> Widget | None:
        """The view that has the focus, or had it last, or the first one."""
        focused = self.screen.focused
        children = [child for child in self.body.children if isinstance(child, LineView)]
        return focused if focused in children else next(iter(children), None)

    def compose(self) -> ComposeResult:
        yield self.title_line
        yield self.body
        yield self.filter_bar

    def on_mount(self) -> None:
        # The feed's thread only ever posts a message; all else happens in handlers.
        self.feed.connect(self._announce)

    def _announce(self) -> None:
        self.post_message(self.Pending())

    def on_unmount(self) -> None:
        self.feed.connect(None)
        self.feed.stop()
        self.dashboard.pace.forget(self)

    def on_pane_pending(self, event: Pending) -> None:
        event.stop()
        self.dashboard.pace.request(self, self.draw)

    def draw(self) -> None:
        """Take what is pending and show it. Called when the terminal is ready for a picture."""

    def info(self) -> list[Paragraph]:
        """What there is to know about the pane."""
        return []

    def set_number(self, number: int) -> None:
        self.title_line.number = number
        self.title_line.repaint()

    def mark(self) -> None:
        """Bring the title up to date with the state of the pane."""
        marks = []
        if self.paused:
            marks.append(("PAUSED", "warning"))
        if self.filter_bar.value:
            marks.append((f"/{self.filter_bar.value[:20]}", "warning"))
        self.title_line.marks = marks
        self.title_line.repaint()

    def focus_view(self) -> bool:
        """Give a view of this pane the focus; False if it has none yet."""
        view = self.view()
        if view is not None and view.is_attached:
            # Widget.focus() would do it later, and the next key, which may have been typed already, go elsewhere.
            view.screen.set_focus(view)
            return True
        return False

    def on_descendant_focus(self) -> None:
        self._light(True)

    def on_descendant_blur(self) -> None:
        self._light(False)

    def _light(self, on: bool) -> None:
        self.title_line.focused_pane = on
        self.title_line.repaint()
        self.dashboard.show_keys()

    # What the keys do.

    def action_pause(self) -> None:
        self.paused = not self.paused
        for view in self.views:
            view.pause(self.paused)
        self.mark()

    def action_clear(self) -> None:
        for view in self.views:
            view.clear()

    def action_close(self) -> None:
        self.dashboard.close_pane(self)

    def action_maximise(self) -> None:
        self.dashboard.grid.maximise(self)

    def action_sort(self) -> None:
        view = self.view()
        if not (isinstance(view, OutputView) and view.sort_next()):
            self.dashboard.say("nothing here can be sorted")

    def action_reverse(self) -> None:
        view = self.view()
        if not (isinstance(view, OutputView) and view.reverse()):
            self.dashboard.say("nothing here can be sorted")

    def action_mode(self) -> None:
        view = self.view()
        if not (isinstance(view, OutputView) and view.next_mode()):
            self.dashboard.say("there is one way only to show this")

    def action_info(self) -> None:
        self.dashboard.show_text(self.label, self.info())

    def action_filter(self) -> None:
        if not self.views:
            self.dashboard.say("there are no rows to filter")
            return
        self.filter_bar.add_class("-open")
        self.filter_bar.focus()

    def on_input_changed(self, event: FilterBar.Changed) -> None:
        event.stop()
        for view in self.views:
            view.set_filter(event.value)
        self.mark()

    def on_filter_bar_done(self, event: FilterBar.Done) -> None:
        event.stop()
        if event.drop:
            self.filter_bar.value = ""
        self.focus_view()
        self.filter_bar.remove_class("-open")
