"""Pictures wait for the terminal: with a clock that stands until a test moves it."""

from __future__ import annotations

from collections.abc import Callable

from tuibpf.tui.pace import Pace


class Time:
    """A clock and what is due on it."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.due: list[tuple[float, Callable[[], None]]] = []

    def schedule(self, delay_s: float, callback: Callable[[], None]) -> None:
        self.due.append((self.now_s + delay_s, callback))

    def go(self, seconds: float) -> None:
        end = self.now_s + seconds
        while ready := sorted(item for item in self.due if item[0] <= end + 1e-9):
            item = ready[0]
            self.due.remove(item)
            self.now_s = max(self.now_s, item[0])
            item[1]()
        self.now_s = end


class Screen:
    """Counts what is drawn; *asks* says whether the terminal can be asked."""

    def __init__(self, asks: bool, fps: float = 5.0) -> None:
        self.time = Time()
        self.drawn: list[str] = []
        self.asked = 0
        self._asks = asks
        self.pace = Pace(self.time.schedule, self._ask, fps, clock=lambda: self.time.now_s)

    def _ask(self) -> bool:
        self.asked += self._asks
        return self._asks

    def want(self, who: str) -> None:
        self.pace.request(who, lambda: self.drawn.append(who))


def test_requests_are_drawn_together_once_each() -> None:
    screen = Screen(asks=False)
    for who in "ababb":
        screen.want(who)
    screen.time.go(0.01)
    assert screen.drawn == ["a", "b"]


def test_no_more_pictures_than_the_rate_allows() -> None:
    screen = Screen(asks=False, fps=5)
    for _ in range(100):
        screen.want("a")
        screen.time.go(0.02)
    assert 10 <= len(screen.drawn) <= 11


def test_nothing_is_drawn_before_the_answer() -> None:
    screen = Screen(asks=True)
    screen.want("a")
    screen.time.go(0.3)
    screen.want("a")
    screen.time.go(1.0)
    assert screen.drawn == ["a"]
    screen.pace.answered()
    screen.time.go(0.01)
    assert screen.drawn == ["a", "a"]


def test_a_terminal_that_never_answers_still_gets_pictures() -> None:
    screen = Screen(asks=True)
    for _ in range(100):
        screen.want("a")
        screen.time.go(0.1)
    assert 4 <= len(screen.drawn) <= 6


def test_what_is_forgotten_is_not_drawn() -> None:
    screen = Screen(asks=False)
    screen.want("a")
    screen.want("b")
    screen.pace.forget("a")
    screen.time.go(0.5)
    assert screen.drawn == ["b"]
