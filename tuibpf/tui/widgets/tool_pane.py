"""The pane of a tool: what it opened, the frames that come, or why it could not be opened."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from tuibpf.program import HistogramOutput, Output, StreamOutput
from tuibpf.tool.column import columns_of
from tuibpf.tool.option import Option
from tuibpf.tool.tool import Tool
from tuibpf.tui.figures import Figures
from tuibpf.tui.reader import Batch, Reader, Values
from tuibpf.tui.widgets.histogram_view import HistogramView
from tuibpf.tui.widgets.line_view import LineView
from tuibpf.tui.widgets.output_view import OutputView
from tuibpf.tui.widgets.pane import Pane
from tuibpf.tui.widgets.pane_title import figure_words
from tuibpf.tui.widgets.stream_view import RowChosen, StreamView
from tuibpf.tui.widgets.table_view import TableView
from tuibpf.tui.widgets.text_view import Paragraph, TextView, paragraphs

__all__ = ["OptionsWanted", "ToolPane", "command_line"]


class OptionsWanted(Message):
    """The options of this pane's tool are to be changed."""

    def __init__(self, pane: ToolPane) -> None:
        super().__init__()
        self.pane = pane


def command_line(name: str, options: tuple[Option, ...], values: Values) -> str:
    """How the tool would be started from a shell, without the options that have their defaults."""
    words = [name]
    for option in options:
        value = values.get(option.name, option.default)
        if value == option.default:
            continue
        spelling = option.short or option.long
        words.append(spelling if option.kind == "flag" else f"{spelling} {value}")
    return " ".join(words)


class ToolPane(Pane):
    """A tool that runs, or that could not. It is opened by the reader, in the reader's thread."""

    BINDINGS = [("o", "options", "Options")]  # noqa: RUF012 - Textual reads the class attribute

    def __init__(self, tool: Tool, reader: Reader) -> None:
        super().__init__(command_line(tool.name, tool.options, reader.values), reader)
        self.tool = tool
        self.reader = reader
        self.figures = Figures()
        self.failure: str | None = None
        self._by_name: dict[str, OutputView] = {}
        self._streams = False

    def on_mount(self) -> None:
        super().on_mount()
        self.body.mount(TextView([Paragraph("loading…", "muted")]))

    def draw(self) -> None:
        batch = self.reader.take()
        if batch is None:
            return
        if batch.outputs is not None:
            self._show(batch.outputs)
        for name in self._feed_views(batch):
            self._by_name[name].repaint()
        if batch.figures is not None:
            self.figures = batch.figures
            self.title_line.words = figure_words(batch.figures, self._streams)
            self.title_line.repaint()
        if batch.failure is not None:
            self._fail(batch.failure)

    def info(self) -> list[Paragraph]:
        tool, figures = self.tool, self.figures
        usage = tool.usage.strip().split("\n") if tool.usage else []
        losses = [(f"{count:,} {reason}", "error") for reason, count in figures.losses.items()]
        if figures.missed:
            losses.append((f"{figures.missed:,} runs that the kernel skipped", "error"))
        lines = [
            Paragraph(self.label, "strong", "started as"),
            Paragraph(tool.path, "path", "script"),
            Paragraph(f"{figures.rows:,}", "text", "rows so far"),
            *(Paragraph(text, role, "lost") for text, role in losses or [("nothing", "good")]),
        ]
        for text, role in figure_words(figures, self._streams):
            if role in ("text", "muted") and text != "0 lost":
                lines.append(Paragraph(text, "text", "last interval"))
        return [*lines, *(Paragraph(line) for line in ["", *usage])]

    def _show(self, outputs: tuple[Output, ...]) -> None:
        """A view for each output, in the place of whatever was there."""
        for output in outputs:
            self._by_name[output.name] = _view_of(output)
        self._streams = any(isinstance(output, StreamOutput) for output in outputs)
        views = list(self._by_name.values())
        self._replace(views or [TextView([Paragraph("this tool shows nothing", "muted")])])
        for view in views:
            if self.paused:
                view.pause(True)

    def _replace(self, views: Sequence[LineView]) -> None:
        """Put *views* in the place of what is there, and the focus on them if it was there."""
        before = list(self.body.children)
        focused = self.screen.focused in before
        self.body.mount_all(views)
        # First the focus, then the removal, which would give it to the neighbour.
        if focused:
            self.screen.set_focus(views[0])
        for view in before:
            view.remove()
        self.dashboard.show_keys()

    def _feed_views(self, batch: Batch) -> list[str]:
        """Give the views what is theirs; gives the names of those that have something new."""
        names = []
        for name, view in self._by_name.items():
            if isinstance(view, StreamView) and name in batch.rows:
                view.add(batch.rows[name], batch.skipped.get(name, 0))
            elif isinstance(view, TableView) and name in batch.tables:
                view.add(batch.tables[name].rows)
            elif isinstance(view, HistogramView) and name in batch.histograms:
                view.add(batch.histograms[name])
            else:
                continue
            names.append(name)
        return names

    def _fail(self, text: str) -> None:
        """Say what went wrong. Where rows have been shown they stay, above it."""
        self.failure = text
        view = TextView(paragraphs(text))
        if self._by_name:
            self.body.mount(view)
        else:
            self._replace([view])
        self.title_line.words = [("FAILED", "error")]
        self.title_line.repaint()

    def on_row_chosen(self, event: RowChosen) -> None:
        event.stop()
        self.dashboard.show_row(self.tool.name, event.columns, event.row)

    def action_options(self) -> None:
        self.post_message(OptionsWanted(self))


def _view_of(output: Output) -> OutputView:
    if isinstance(output, StreamOutput):
        return StreamView(columns_of(None, output.record))
    if isinstance(output, HistogramOutput):
        return HistogramView(output.unit, columns_of(output.key))
    columns = columns_of(output.key, output.value)
    return TableView(columns, [field.name for field in output.key.fields], output.sort)
