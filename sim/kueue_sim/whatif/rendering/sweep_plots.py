"""Plots of a sweep: a heat map or a line per metric, and what two metrics cost each other."""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from kueue_sim.report.charts.chart_style import PALETTE, dash_number, scale
from kueue_sim.report.text.wording import count, team_name
from kueue_sim.results.metrics.conditions import marked
from kueue_sim.results.metrics.metric_path import MetricPath
from kueue_sim.whatif.rendering.comparison_plots import NARROW, labels, name_rows, new_axes, tell_zeros
from kueue_sim.whatif.sweeping.grid import number_of

if TYPE_CHECKING:
    from kueue_sim.whatif.sweeping.sweep import Sweep

LINES = ("o-", "s--", "^:", "D-.")
"""Markers and dashes of teams."""
ON_COLOUR = "on-colour"
"""Name of texts that stand on a coloured ground."""
LONGEST = 33
"""Letters of a part of a name that have room below a narrow figure."""
_ROOMY = 6
"""Columns of a heat map up to which its numbers may be large."""
_CLOSE = 0.08
"""Settings nearer to each other, as a share of the axis, have no ticks of their own."""


class SweepPlots:
    """``sweep.plot.metric("delay.mean")`` and so on; ``ax`` None draws on a new figure (``ax.figure``)."""

    def __init__(self, sweep: "Sweep") -> None:
        self._sweep = sweep

    @property
    def moving(self) -> list[str]:
        """The paths that take more than one value."""
        return [path for path in self._sweep.varied if len(self._values(path)) > 1]

    def metric(self, path: str, ax: Axes | None = None, width: float = 9) -> Axes:
        """A heat map where two paths vary, a line where one does, else one mark per point."""
        ax = new_axes(width) if ax is None and len(self.moving) <= 2 else ax
        varied = self.moving
        if len(varied) == 2 and len(self._sweep.points) == np.prod([len(self._values(path)) for path in varied]):
            return self._heat_map(path, varied[1], varied[0], ax)
        numbers = [number_of(value) for value in self._values(varied[0])] if len(varied) == 1 else [None]
        return self._line(path, varied[0], ax) if None not in numbers else self._marks(path, ax)

    def pareto(self, x: str, y: str, ax: Axes | None = None) -> Axes:
        """Each point by the means of two metrics; the line joins those that no other beats in both."""
        ax = new_axes() if ax is None else ax
        one, other = self._path(x), self._path(y)
        found = [
            (a, b, point)
            for a, b, point in zip(self._sweep.means(x), self._sweep.means(y), self._sweep.points, strict=True)
            if a is not None and b is not None
        ]
        x_size, x_unit = scale([a for a, _, _ in found], one.metric.unit)
        y_size, y_unit = scale([b for _, b, _ in found], other.metric.unit)
        signs = [1 if path.metric.better == "higher" else -1 for path in (one, other)]
        best = undominated([(signs[0] * a, signs[1] * b) for a, b, _ in found])
        ax.scatter([a / x_size for a, _, _ in found], [b / y_size for _, b, _ in found], color="#999999", s=18)
        front = sorted((found[index] for index in best), key=lambda item: item[:2])
        ax.plot(
            [a / x_size for a, _, _ in front],
            [b / y_size for _, b, _ in front],
            "o-",
            color=PALETTE[0],
            label="not beaten in both",
        )
        for a, b, point in front:
            ax.annotate(
                self._sweep.label(point),
                (a / x_size, b / y_size),
                xytext=(4, 4),
                textcoords="offset points",
                fontsize="x-small",
            )
        ax.set_xlabel(_axis(one, x_unit))
        ax.set_ylabel(_axis(other, y_unit))
        return _finish(ax, f"{self._sweep.title}: {x} against {y}", legend=True)

    def team_paths(self, path: MetricPath) -> list[MetricPath]:
        """The same metric for every team that was measured."""
        return [one for one in self._sweep.paths if one.of == path.of and one.subject.kind == "team"]

    def teams(self, path: MetricPath, ax: Axes | None = None, width: float = 9) -> Axes:
        """The means of each team along the only path that varies, hollow where they have open ends."""
        ax = new_axes(width) if ax is None else ax
        teams, x = self.team_paths(path), self.moving[0]
        names = labels([team_name(one.text[: -len(one.of)].rstrip(".")) for one in teams], width)
        means = {one.text: self._sweep.means(one.text) for one in teams}
        size, unit = scale([mean for found in means.values() for mean in found if mean is not None], path.metric.unit)
        numbers = [number_of(dict(point)[x]) for point in self._sweep.points]
        for index, one in enumerate(teams):
            pairs = enumerate(zip(numbers, means[one.text], self._sweep.open_ends(one.text), strict=True))
            kept = [
                (place if number is None else number, mean / size, is_open)
                for place, (number, mean, is_open) in pairs
                if mean is not None
            ]
            style, colour = LINES[dash_number(index, len(LINES))], PALETTE[index % len(PALETTE)]
            drawn = [at for at, _, _ in kept], [mean for _, mean, _ in kept]
            ax.plot(*drawn, style, color=colour, label=names[index], ms=4)
            cut = [(at, mean) for at, mean, is_open in kept if is_open]
            if cut:
                ax.plot(*zip(*cut, strict=True), style[0], color=colour, markerfacecolor="white", markersize=4)
        self._tick_settings(x, ax)
        ax.set_xlabel(_broken(self._sweep.names[x], _width(ax)))
        ax.set_ylabel(f"{path.of} ({unit})")
        tell_zeros(ax)
        return _finish(ax, "", legend=True)

    def tornado(self, path: str, ax: Axes | None = None, width: float = 9) -> Axes:
        """How far each lever alone moves the mean, averaged over the others; the widest on top."""
        ax = new_axes(width, 1.2 + 0.4 * len(self.moving)) if ax is None else ax
        one, means = self._path(path), self._sweep.means(path)
        effects = {}
        for lever in self.moving:
            averages = []
            for value in self._values(lever):
                found = [
                    mean
                    for point, mean in zip(self._sweep.points, means, strict=True)
                    if dict(point).get(lever) == value and mean is not None
                ]
                averages += [(sum(found) / len(found), value)] if found else []
            if averages:
                effects[lever] = (min(averages), max(averages))
        size, unit = scale([end for low, high in effects.values() for end in (low[0], high[0])], one.metric.unit)
        order = sorted(effects, key=lambda lever: effects[lever][1][0] - effects[lever][0][0])
        for row, lever in enumerate(order):
            (low, least), (high, most) = effects[lever]
            ax.barh(row, (high - low) / size, left=low / size, color=PALETTE[0], height=0.5)
            ax.annotate(least, (low / size, row), xytext=(-3, 0), textcoords="offset points", ha="right", va="center")
            ax.annotate(most, (high / size, row), xytext=(3, 0), textcoords="offset points", ha="left", va="center")
        ax.set_yticks(range(len(order)), [_broken(self._sweep.names[lever], width) for lever in order])
        ax.use_sticky_edges = False
        ax.margins(x=0.2)
        ax.set_xlabel(_axis(one, unit))
        return _finish(ax, "")

    def _path(self, text: str) -> MetricPath:
        return next(path for path in self._sweep.paths if path.text == text)

    def _values(self, path: str) -> list[str]:
        """The values a path takes, in order."""
        return list(dict.fromkeys(dict(point).get(path, "") for point in self._sweep.points))

    def _heat_map(self, text: str, x: str, y: str, ax: Axes | None) -> Axes:
        ax = new_axes() if ax is None else ax
        path, means = self._path(text), self._sweep.means(text)
        columns, rows = self._values(x), self._values(y)
        size, unit = scale([mean for mean in means if mean is not None], path.metric.unit)
        grid = np.full((len(rows), len(columns)), np.nan)
        ends = np.zeros(grid.shape, dtype=bool)
        for point, mean, is_open in zip(self._sweep.points, means, self._sweep.open_ends(text), strict=True):
            settings = dict(point)
            place = rows.index(settings[y]), columns.index(settings[x])
            grid[place], ends[place] = np.nan if mean is None else mean / size, is_open
        low, high = (float(np.nanmin(grid)), float(np.nanmax(grid))) if np.isfinite(grid).any() else (0.0, 0.0)
        limits = (low, high) if low < high else sorted((0.0, low or 1.0))
        image = ax.imshow(grid, cmap="cividis", aspect="auto", origin="lower", vmin=limits[0], vmax=limits[1])
        ax.figure.colorbar(image, ax=ax, label=_axis(path, unit))
        ax.set_xticks(range(len(columns)), columns)
        ax.set_yticks(range(len(rows)), rows)
        font = "medium" if len(columns) <= _ROOMY and _width(ax) >= NARROW else "x-small"
        for (row, column), value in np.ndenumerate(grid) if grid.size <= 150 else ():
            # Neither is the black of the page, which follows the reader's colours: it stands on a colour of its own.
            colour = "#fefefe" if value < sum(limits) / 2 else "#101010"
            content = "–" if np.isnan(value) else marked(f"{value:.3g}", bool(ends[row, column]), path.lower_bound)
            ax.text(column, row, content, ha="center", va="center", fontsize=font, color=colour).set_gid(ON_COLOUR)
        ax.set_xlabel(_broken(self._sweep.names[x], _width(ax)))
        ax.set_ylabel(self._sweep.names[y])
        ax.set_title(f"{self._sweep.title}: {text}, {self._over()}", fontsize="medium")
        return ax

    def _line(self, text: str, x: str, ax: Axes | None) -> Axes:
        ax = new_axes() if ax is None else ax
        path, samples = self._path(text), self._sweep.samples(text)
        at = [float(dict(point)[x]) for point in self._sweep.points]
        kept = sorted((place, found) for place, found in zip(at, samples, strict=True) if found)
        size, unit = scale([value for _, found in kept for value in found], path.metric.unit)
        places = [place for place, _ in kept]
        means = [sum(found) / len(found) / size for _, found in kept]
        ax.plot(places, means, "o-", color=PALETTE[0], label=self._over())
        ends = [place for place, is_open in zip(at, self._sweep.open_ends(text), strict=True) if is_open]
        cut = [(place, mean) for place, mean in zip(places, means, strict=True) if place in ends]
        if cut:
            ax.plot(*zip(*cut, strict=True), "o", color=PALETTE[0], markerfacecolor="white", label="with open ends")
        if self._is_mean:
            low, high = ([end(found) / size for _, found in kept] for end in (min, max))
            ax.fill_between(places, low, high, color=PALETTE[0], alpha=0.2, linewidth=0, label="lowest to highest seed")
        self._tick_settings(x, ax)
        ax.set_xlabel(_broken(self._sweep.names[x], _width(ax)))
        ax.set_ylabel(_axis(path, unit))
        tell_zeros(ax)
        return _finish(ax, f"{self._sweep.title}: {text}", legend=True)

    def _marks(self, text: str, ax: Axes | None) -> Axes:
        ax = new_axes(9, 1.5 + 0.25 * len(self._sweep.points)) if ax is None else ax
        path, samples = self._path(text), self._sweep.samples(text)
        size, unit = scale([value for found in samples for value in found], path.metric.unit)
        ends = self._sweep.open_ends(text)
        for row, found in enumerate(samples):
            ax.plot([value / size for value in found], [row] * len(found), "|", color="#999999")
            fill = "white" if ends[row] else PALETTE[0]
            mean = [sum(found) / len(found) / size] if found else []
            ax.plot(mean, [row] * len(mean), "o", color=PALETTE[0], markerfacecolor=fill)
        hollow = ", hollow: with open ends" if any(ends) else ""
        name_rows(ax, [self._sweep.label(point) for point in self._sweep.points])
        ax.set_xlabel(_axis(path, unit))
        dots = "dots are means, ticks single seeds" if self._is_mean else self._over()
        return _finish(ax, f"{self._sweep.title}: {text} ({dots}{hollow})")

    def _tick_settings(self, path: str, ax: Axes) -> None:
        """Ticks where settings were tried, where they are far enough apart to be read."""
        settings = [dict(point)[path] for point in self._sweep.points]
        numbers = [number_of(setting) for setting in settings]
        at = dict(sorted((row if number is None else number, settings[row]) for row, number in enumerate(numbers)))
        places = list(at)
        if all(b - a >= _CLOSE * (places[-1] - places[0]) for a, b in pairwise(places)):
            ax.set_xticks(places, list(at.values()))

    @property
    def _is_mean(self) -> bool:
        """Whether a figure is the mean of several that may differ."""
        return len(self._sweep.seeds) > 1 and not self._sweep.exact

    def _over(self) -> str:
        """What a figure is: *exact*, *one seed*, *mean over 3 seeds*."""
        if self._is_mean:
            return f"mean over {count(len(self._sweep.seeds), 'seed')}"
        return "exact" if self._sweep.exact else "one seed"


def undominated(points: list[tuple[float, float]]) -> list[int]:
    """Indices of the points that no other exceeds in one coordinate and reaches in the other."""
    return [
        index
        for index, (a, b) in enumerate(points)
        if not any(c >= a and d >= b and (c > a or d > b) for c, d in points)
    ]


def _width(ax: Axes) -> float:
    """The width in inches of the figure that axes are on."""
    figure = ax.get_figure(root=True)
    return 9.0 if figure is None else float(figure.get_figwidth())


def _broken(name: str, width: float) -> str:
    """A name in lines of its parts, where there is little room; of a long part the middle is left out."""
    if width >= NARROW:
        return name
    return "\n".join(part if len(part) <= LONGEST else f"{part[:16]}…{part[-16:]}" for part in name.split("."))


def _axis(path: MetricPath, unit: str) -> str:
    return f"{path.text} ({unit})"


def _finish(ax: Axes, title: str, legend: bool = False) -> Axes:
    if title:
        ax.set_title(title, fontsize="medium")
    ax.spines[["top", "right"]].set_visible(False)
    if legend:
        ax.legend(frameon=False, fontsize="small")
    return ax
