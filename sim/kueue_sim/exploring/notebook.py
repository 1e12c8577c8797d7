"""The exploration as a widget for Jupyter: sliders beside a chart and a table that follow them."""

import io
from html import escape
from typing import TYPE_CHECKING, Any

from kueue_sim.errors import MissingExtra, SimError
from kueue_sim.exploring.exploration import COLUMNS, Exploration

if TYPE_CHECKING:
    from kueue_sim.result import Result


def widget(exploration: Exploration) -> Any:
    """An ipywidgets box. Its first child holds the sliders, its second the picture, the table and what went wrong.

    Raises MissingExtra without ipywidgets.
    """
    try:
        import ipywidgets
    except ImportError:
        raise MissingExtra("exploring in a notebook", "explore") from None

    picture = ipywidgets.Image(value=_png(exploration.base), format="png")
    table = ipywidgets.HTML(_table(exploration, exploration.base))
    wrong = ipywidgets.HTML()
    sliders = [
        ipywidgets.FloatSlider(
            value=one.value, min=one.low, max=one.high, step=one.step, description=one.label, readout_format="g",
            continuous_update=False, style={"description_width": "12em"}, layout={"width": "32em"},
        )
        for one in exploration.sliders
    ]  # fmt: skip
    paths = [one.path for one in exploration.sliders]

    def follow(change: object) -> None:
        try:
            result = exploration.moved({path: slider.value for path, slider in zip(paths, sliders, strict=True)})
        except SimError as error:
            wrong.value = f"<pre>{escape(str(error))}</pre>"
            return
        picture.value, table.value, wrong.value = _png(result), _table(exploration, result), ""

    for slider in sliders:
        slider.observe(follow, names="value")
    return ipywidgets.HBox([ipywidgets.VBox(sliders), ipywidgets.VBox([picture, table, wrong])])


def _png(result: "Result") -> bytes:
    """Use against quota over time."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from kueue_sim.report.charts.plots import own_axes

    axes = result.plot.utilisation(own_axes())
    figure = axes.get_figure(root=True)
    assert figure is not None
    drawn = io.BytesIO()
    FigureCanvasAgg(figure).print_png(drawn, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return drawn.getvalue()


def _table(exploration: Exploration, result: "Result") -> str:
    """The figures now, with those of the scenario as it is in brackets where they differ."""
    before = exploration.rows(exploration.base)
    rows = [
        "".join(f"<td>{escape(new if new == old else f'{new} ({old})')}</td>" for new, old in zip(*pair, strict=True))
        for pair in zip(exploration.rows(result), before, strict=True)
    ]
    head = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


__all__ = ["widget"]
