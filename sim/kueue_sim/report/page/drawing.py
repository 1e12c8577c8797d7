"""Charts of matplotlib inside a page: small, sharp on paper, in the reader's colours, and once more for narrow
screens."""

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from kueue_sim.report.charts.chart_style import literal_text
from kueue_sim.report.page.html import Section, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDE, NARROW = 9.0, 4.0
"""Widths in inches; text is as large on both."""
_BLACK = re.compile(r"#000000|#262626")


def chart(heading: str, draw: Callable[[float], "Axes"], note: str = "", key: str = "") -> Section:
    """A chart as part of a page. ``draw`` makes it for a width in inches; ``key`` tells apart charts of one heading."""
    name = Section(f"chart {heading} {key}", "").anchor
    with literal_text():
        drawings = "".join(
            f'<div class="{kind}">{_svg(draw(width), f"{name}-{kind}", f"{heading} {note}")}</div>'
            for kind, width in (("wide", WIDE), ("narrow", NARROW))
        )
    said = f'<p class="note">{shown(note)}</p>' if note else ""
    return Section(heading, f'{said}<div class="figure">{drawings}</div>')


def _svg(axes: "Axes", name: str, title: str) -> str:
    """The chart as SVG with names of its own, whose black takes the colour of the text around it and whose white that
    of the page."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.patch.set_alpha(0)
    for part in figure.axes:
        part.patch.set_alpha(0)
    out = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.family": "sans-serif"}):
        metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
        FigureCanvasSVG(figure).print_svg(out, metadata=metadata)  # type: ignore[no-untyped-call]
    text = out.getvalue()
    text = _BLACK.sub("currentColor", text[text.index("<svg") :])
    text = text.replace("fill: #ffffff", "fill: var(--paper)")
    text = re.sub(r'id="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'(href="#|url\(#)([^")]+)', rf"\1{name}-\2", text)
    return re.sub(r"<svg ", f'<svg role="img" aria-label="{shown(title.strip())}" ', text, count=1).strip()


__all__ = ["NARROW", "WIDE", "chart"]
