"""A sweep as one self-contained page: where each metric is best, which lever moves it most, and every point."""

from collections.abc import Sequence
from html import escape
from math import inf
from typing import TYPE_CHECKING

from kueue_sim.report.page.drawing import chart
from kueue_sim.report.page.html import Marked, Section, cards, page, prose, table, together, warnings
from kueue_sim.report.text.wording import count
from kueue_sim.results.metrics.conditions import OPEN_ENDS, figure_text, shown
from kueue_sim.results.metrics.metric_path import SHARES_OF_QUOTA, MetricPath
from kueue_sim.whatif.rendering.sweep_plots import SweepPlots

if TYPE_CHECKING:
    from kueue_sim.whatif.sweeping.sweep import Sweep


def sweep_page(sweep: "Sweep") -> str:
    """Where each metric is best, how it changes over the points, what each lever does, and the table of means."""
    paths = sweep.told
    reasons = dict.fromkeys(f"{item.stage}: {item.reason}" for item in sweep.outcomes if item.failed)
    sections = [
        cards("Best points", [_best(sweep, path) for path in paths if path.metric.better]),
        warnings("Failed", reasons),
        warnings("Quota without nodes", sweep.unplaced),
        warnings("Work that goes round", sweep.rounds),
        *(_over_points(sweep, path) for path in paths),
        _means(sweep, paths),
        prose("Notes", *sweep.notes),
    ]
    return page(f"{sweep.title}: sweep", sections, f"{sweep.extent} · {sweep.basis}")


def _best(sweep: "Sweep", path: MetricPath) -> tuple[str, str]:
    sign = -1 if path.metric.better == "higher" else 1
    means = sweep.means(path.text)
    index = min(range(len(means)), key=lambda place: inf if means[place] is None else sign * (means[place] or 0.0))
    if means[index] is None:
        return "–", f"{path.text}, measured at no point"
    value = figure_text(means[index], path, sweep.open_ends(path.text)[index])
    alike = sum(mean == means[index] for mean in means) - 1
    if alike and alike == len(means) - 1:
        return value, f"{path.text}, the same at all points"
    more = f" and {count(alike, 'other point')}" if alike else ""
    return value, f"{_highest(sweep, path)} {path.text}, at {sweep.label(sweep.points[index])}{more}"


def _highest(sweep: "Sweep", path: MetricPath) -> str:
    """*best*, or *highest* where points differ in the quota that the metric is a share of: then neither is better."""
    return "highest" if path.name in SHARES_OF_QUOTA and any(map(_is_quota, sweep.varied)) else "best"


def _is_quota(path: str) -> bool:
    return path.endswith("nominalQuota")


def _over_points(sweep: "Sweep", path: MetricPath) -> Section:
    if not any(sweep.samples(path.text)):
        return Section(path.text, "")
    plots = SweepPlots(sweep)
    parts = [chart("points", lambda width: plots.metric(path.text, width=width), path.metric.meaning, key=path.text)]
    teams = plots.team_paths(path)
    if len(plots.moving) == 1 and teams:
        drawing = chart("teams", lambda width: plots.teams(path, width=width), "team by team", key=path.text)
        parts.append(drawing)
    if len(plots.moving) > 1:
        note = "how far the mean moves with each lever alone, averaged over the others"
        parts.append(chart("levers", lambda width: plots.tornado(path.text, width=width), note, key=path.text))
    return together(escape(path.text), *parts)


def _means(sweep: "Sweep", paths: Sequence[MetricPath]) -> Section:
    means = {path.text: sweep.means(path.text) for path in paths}
    errors = {path.text: sweep.errors(path.text) for path in paths}
    ends = {path.text: sweep.open_ends(path.text) for path in paths}
    rows = [
        (
            *(dict(point).get(name, "–") for name in sweep.varied),
            *(_cell(path, means[path.text][index], errors[path.text][index], ends[path.text][index]) for path in paths),
        )
        for index, point in enumerate(sweep.points)
    ]
    note = sweep.basis
    note += f". {OPEN_ENDS}" if any(any(found) for found in ends.values()) else ""
    heads = (*(sweep.names[name] for name in sweep.varied), *(path.text for path in paths))
    return table("Figures" if sweep.exact or len(sweep.seeds) == 1 else "Means", heads, rows, note, text_columns=0)


def _cell(path: MetricPath, mean: float | None, error: float | None, is_open: bool) -> str:
    text = figure_text(mean, path, is_open)
    if error is None:
        return Marked(text, "soft") if mean is None else text
    return f"{text} ± {shown(error, path.metric.unit)}"
