"""The console of every text report: names of others are data, so they cannot move the cursor of a terminal."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from kueue_sim.errors import printable


class ReportConsole(Console):
    """Escapes control characters inside what it shows; colours and widths are its own."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As Rich renders, with every piece of text made printable."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


def plain(width: int) -> ReportConsole:
    """A console for text without colours, ``width`` columns wide."""
    return ReportConsole(width=width, color_system=None, force_terminal=False, highlight=False)
