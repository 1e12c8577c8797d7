"""The console of every text report and its words: names of others are data, so they cannot move the cursor of a
terminal, and what HyperPod made for a team is called as the team."""

from collections.abc import Callable, Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from kueue_sim.errors import printable
from kueue_sim.model.team_names import with_teams

WIDTH = 120
"""Columns of a text that is shown nowhere yet."""


class Words(Text):
    """Text of a report: no markup in it is obeyed, and teams go by their names."""

    def __init__(self, text: str = "", style: str | Style = "", **layout: Any) -> None:
        super().__init__(with_teams(text), style, **layout)

    def append(self, text: Text | str, style: str | Style | None = None) -> Text:
        """As Rich appends, plain text with the names of teams."""
        return super().append(with_teams(text) if isinstance(text, str) else text, style)


class ReportConsole(Console):
    """Escapes control characters inside what it shows; colours and widths are its own."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As Rich renders, with every piece of text made printable."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


def plain_text(show: Callable[[Console], object], width: int) -> str:
    """What ``show`` prints, as text without colours, ``width`` columns wide; lines without trailing spaces."""
    console = ReportConsole(width=width, color_system=None, force_terminal=False, highlight=False)
    with console.capture() as captured:
        show(console)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"
