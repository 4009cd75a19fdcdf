"""The pane of the host: what psutil can tell, which needs no privilege."""

from __future__ import annotations

from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tuibpf.diagnostics import NotSupported
from tuibpf.tool.display import bytes_text
from tuibpf.tui.host import PROCESS_COLUMNS, HostFeed, HostSnapshot, Traffic
from tuibpf.tui.strips import Part, fit, strip_of
from tuibpf.tui.theme import Palette
from tuibpf.tui.widgets.line_view import Painted
from tuibpf.tui.widgets.pane import Pane
from tuibpf.tui.widgets.stream_view import RowChosen
from tuibpf.tui.widgets.table_view import TableView
from tuibpf.tui.widgets.text_view import Paragraph, TextView

__all__ = ["HostPane", "HostView", "LockNotice"]

_CELLS = " ▁▂▃▄▅▆▇█"
_LABEL = 7
_MOST_LINES = 6
_FULL = 0.9


class HostView(Painted):
    """Processors and memory on the left, disks, file systems and networks on the right."""

    DEFAULT_CSS = "HostView { height: 6; width: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.snapshot = HostSnapshot()

    def lines_wanted(self, width: int) -> int:
        return max(1, min(_MOST_LINES, max(3, len(self._right(width // 2)))))

    def paint(self, width: int, height: int) -> list[Strip]:
        if not self.snapshot.memory_total:
            return [strip_of([(" looking…", self.palette.muted)], width)]
        half = width // 2 if width >= 60 else width
        left, right = self._left(half - 1), self._right(width - half)
        lines = []
        for y in range(min(height, max(len(left), len(right)))):
            first = strip_of(left[y] if y < len(left) else (), half)
            second = strip_of(right[y] if y < len(right) else (), width - half)
            lines.append(Strip.join([first, second]))
        return lines

    def _left(self, width: int) -> list[list[Part]]:
        snapshot, palette = self.snapshot, self.palette
        cpus = snapshot.cpus
        mean = sum(cpus) / len(cpus) if cpus else 0.0
        lines = [_meter("cpu", mean, f"{mean * 100:.0f}%", width, palette)]
        room = max(1, width - _LABEL)
        for start in range(0, len(cpus), room):
            cells = "".join(_CELLS[min(8, round(share * 8))] for share in cpus[start : start + room])
            label = f" {len(cpus)} cpus" if not start else ""
            lines.append([(fit(label, _LABEL), palette.muted), (cells, palette.bar)])
        for name, used, total in (
            ("mem", snapshot.memory_used, snapshot.memory_total),
            ("swap", snapshot.swap_used, snapshot.swap_total),
        ):
            if total:
                text = f"{bytes_text(used)} of {bytes_text(total)}"
                lines.append(_meter(name, used / total, text, width, palette))
        return lines

    def _right(self, width: int) -> list[list[Part]]:
        snapshot, palette = self.snapshot, self.palette
        lines = [_traffic(item, "read", "write", palette) for item in snapshot.disks[:2]]
        lines += [_traffic(item, "in", "out", palette) for item in snapshot.networks[:2]]
        for filesystem in snapshot.filesystems[:2]:
            share = filesystem.used / filesystem.total
            text = f"{bytes_text(filesystem.used)} of {bytes_text(filesystem.total)}"
            style = palette.warning if share >= _FULL else palette.text
            lines.append([
                (fit(filesystem.path, 12), palette.path), (f" {text}", style), (f"  {share * 100:.0f}%", style)
            ])  # fmt: skip
        return lines


class LockNotice(TextView, can_focus=False):
    """Why the tools are locked, and what to do."""

    DEFAULT_CSS = "LockNotice { height: 5; border-top: solid $border-blurred; }"

    def __init__(self, lock: NotSupported) -> None:
        super().__init__(
            [Paragraph(lock.reason, "warning", "tools locked"), Paragraph(lock.remedy or "", "text", "remedy")]
        )

    def on_resize(self) -> None:
        """As high as its text, if there is room: the command to copy must be seen whole."""
        room = self.parent.size.height if isinstance(self.parent, Widget) else 0
        self.styles.height = max(3, min(self.count(), room // 2)) + 1


class HostPane(Pane):
    """The host's figures and its processes, the busiest first."""

    feed: HostFeed

    def __init__(self, feed: HostFeed, lock: NotSupported | None = None) -> None:
        """*lock* is why tools can not be used, which this pane then says."""
        super().__init__("system", feed)
        self._lock = lock
        self.figures_view = HostView()
        self.table = TableView(PROCESS_COLUMNS, ["pid"], ["cpu"])

    def on_mount(self) -> None:
        super().on_mount()
        self.body.mount(self.figures_view, self.table)
        if self._lock is not None:
            self.body.mount(LockNotice(self._lock))

    def draw(self) -> None:
        snapshot = self.feed.take()
        if snapshot is None:
            return
        if not self.paused:
            self.figures_view.snapshot = snapshot
            height = min(self.figures_view.lines_wanted(self.size.width), max(1, self.size.height // 3))
            if self.figures_view.styles.height is None or self.figures_view.styles.height.value != height:
                self.figures_view.styles.height = height
            self.figures_view.repaint()
        self.table.add(list(snapshot.processes))
        self.table.repaint()
        self.title_line.words = [(f"{len(snapshot.processes)} processes", "muted")]
        self.title_line.repaint()

    def info(self) -> list[Paragraph]:
        return [Paragraph("What the kernel tells everybody, by psutil: no probe runs for this pane.")]

    def on_row_chosen(self, event: Message) -> None:
        event.stop()
        if isinstance(event, RowChosen):
            self.dashboard.show_row("process", event.columns, event.row)


def _meter(name: str, share: float, text: str, width: int, palette: Palette) -> list[Part]:
    """``mem    ██████────  1.2G of 3.8G``"""
    room = max(4, min(30, width - _LABEL - len(text) - 2))
    full = min(room, round(share * room))
    style = palette.warning if share >= _FULL else palette.bar
    return [
        (fit(f" {name}", _LABEL), palette.muted),
        ("█" * full, style),
        ("─" * (room - full), palette.faint),
        (f" {text}", palette.warning if share >= _FULL else palette.text),
    ]


def _traffic(item: Traffic, into: str, out: str, palette: Palette) -> list[Part]:
    busy = palette.text if item.into + item.out >= 1 else palette.muted
    return [
        (fit(item.name, 12), palette.name),
        (f" {into} ", palette.muted), (fit(bytes_text(int(item.into)) + "/s", 8), busy),
        (f" {out} ", palette.muted), (bytes_text(int(item.out)) + "/s", busy),
    ]  # fmt: skip
