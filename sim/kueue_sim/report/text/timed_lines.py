"""Lines of which some say when something happened, as exactly as it takes to tell one instant from the next."""

from kueue_sim.units import format_moments

_LEAST_WIDTH = 9


class TimedLines:
    """Text that grows line by line; times stand in a column of their own."""

    def __init__(self) -> None:
        self._lines: list[tuple[str, int | None, str]] = []
        """What a line is: "plain", "at" an instant, or "more" of one; the instant, and the text."""

    def plain(self, text: str) -> None:
        """A line without a time, at the left margin."""
        self._lines.append(("plain", None, text))

    def at(self, at_ms: int, text: str) -> None:
        """A line about an instant, in milliseconds after the start."""
        self._lines.append(("at", at_ms, text))

    def more(self, text: str) -> None:
        """Another line about the instant of the line before."""
        self._lines.append(("more", None, text))

    def texts(self) -> list[str]:
        """All lines."""
        times = format_moments(at_ms for _, at_ms, _ in self._lines if at_ms is not None)
        width = max(_LEAST_WIDTH, *map(len, times.values()), 0)
        heads = {"plain": "", "more": " " * (width + 4)}
        return [
            f"{heads[kind] if at_ms is None else f'{times[at_ms]:>{width}}  '}{text}"
            for kind, at_ms, text in self._lines
        ]
