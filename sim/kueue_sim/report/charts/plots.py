"""Plots of one run: axes in, axes out. Colours are Okabe and Ito's, told apart also by hatch or dash.

A line differs from the one before in its dash, so that lines that lie on each other are all seen. Past eight teams the
colours repeat with another hatch (areas) or dash (lines), and what changes over time is drawn as a strip per team, so
that 15 teams can be told apart.
"""

from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from kueue_sim.engine.facts import NONE
from kueue_sim.report.charts.chart_style import PALETTE, dash_number, time_unit
from kueue_sim.report.charts.gantt import draw_gantt
from kueue_sim.report.text.wording import team_name
from kueue_sim.results.quota.fairness import Shares
from kueue_sim.results.quota.quota_over_time import unit_of
from kueue_sim.results.step_functions.series import Floats, averages, edges
from kueue_sim.results.step_functions.steps import Ints, Steps, union

if TYPE_CHECKING:
    from kueue_sim.results.run_result import RunResult

NAMES = ("gantt", "utilisation", "queue_length", "wait_cdf", "borrowing", "shares")
HATCHES = ("", "///", "...")
FEW = 8
"""Teams up to which lines can be told apart."""
LEGEND_ROWS = 20
"""Names beside a plot in one column; more would be cut off, and press the plot flat."""
_STRIP_BINS = 240
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))


def own_axes() -> Axes:
    """Axes on a figure of their own, independent of pyplot's global state."""
    return Figure(figsize=(9, 4.5), layout="constrained").add_subplot()


class Plots:
    """``result.plot.gantt()`` and so on; ``ax`` None draws on a new figure (``ax.figure``)."""

    def __init__(self, result: "RunResult") -> None:
        self._result = result
        self._teams = [team.cluster_queue for team in result.teams]
        self._unit, self._unit_name = time_unit(result.run.end_ms)

    def gantt(self, ax: Axes | None = None) -> Axes:
        """Every admission as a bar, by team, pale while its work does not run; a cross ends what was preempted, a
        stroke what was evicted for other reasons, and a thin line is waiting."""
        ax = ax if ax is not None else _new()
        draw_gantt(ax, self._result, {team: self._colour(team) for team in self._teams}, self._unit)
        self._time_axis(ax)
        ax.set_title(f"{self._result.scenario.name}: who ran when")
        return ax

    def utilisation(self, ax: Axes | None = None) -> Axes:
        """Accelerators held per team, stacked, against the teams' nominal quota together."""
        ax = ax if ax is not None else _new()
        held = {team: self._total(team, self._result.figures.held) for team in self._teams}
        nominal = [self._total(team, self._result.figures.nominal) for team in self._teams]
        times = self._instants([*held.values(), *nominal])
        base = np.zeros(len(times))
        for team, steps in held.items():
            top = base + steps.at(times) / unit_of(self._result.resource)
            ax.fill_between(
                times / self._unit, base, top, step="post", label=team_name(team), facecolor=self._colour(team),
                hatch=self._hatch(team), edgecolor="white", linewidth=0,
            )  # fmt: skip
            base = top
        quota = sum((steps.at(times) for steps in nominal), np.zeros(len(times))) / unit_of(self._result.resource)
        ax.step(times / self._unit, quota, where="post", color="black", linestyle="--", label="nominal, all")
        return self._finish(ax, f"held {self._amount_label()}", "quota in use")

    def queue_length(self, ax: Axes | None = None) -> Axes:
        """Workloads waiting per team."""
        ax = ax if ax is not None else _new()
        pending = self._result.history.pending
        steps = {team: pending.get(team, Steps.constant(0)) for team in self._teams}
        return self._over_time(ax, steps, 1, "workloads waiting", "queue length")

    def borrowing(self, ax: Axes | None = None) -> Axes:
        """Accelerators held above nominal quota per team."""
        ax = ax if ax is not None else _new()
        figures = self._result.figures
        steps = {}
        for team in self._teams:
            over = [
                used.over(figures.nominal.get(slot, Steps.constant(0)))
                for slot, used in figures.held.items()
                if slot[0] == team and slot[2] == self._result.resource
            ]
            steps[team] = Steps.sum(over)
        unit = unit_of(self._result.resource)
        return self._over_time(ax, steps, unit, f"borrowed {self._amount_label()}", "borrowing")

    def shares(self, ax: Axes | None = None) -> Axes:
        """Weighted share per team: borrowed ÷ lendable × 1000 ÷ weight."""
        ax = ax if ax is not None else _new()
        found = self._result.weighted_shares
        shares = {team: found[team] for team in self._teams if team in found}
        return self._over_time(ax, shares, 1, "weighted share (per thousand)", "weighted shares")

    def wait_cdf(self, ax: Axes | None = None) -> Axes:
        """Share of each team's workloads admitted within a wait; who never got in keeps the line below 1, and an
        arrow ends it where some wait still."""
        ax = ax if ax is not None else _new()
        history, waits, submitted = self._result.history, {}, {}
        still = {team.cluster_queue: team.waits.open_number for team in self._result.teams}
        for team in self._teams:
            theirs = history.work.queue == history.queue_numbers.get(team, len(history.queues))
            theirs &= history.work.submitted != NONE
            submitted[team] = int(np.count_nonzero(theirs))
            waits[team] = history.work.first_wait[theirs & (history.work.admissions > 0)]
        longest = max((int(values.max()) for values in waits.values() if len(values)), default=0)
        unit, name = time_unit(longest)
        end = longest / unit or 1.0
        for team, values in waits.items():
            if submitted[team]:
                x = np.concatenate(([0], np.sort(values) / unit, [end]))
                y = np.concatenate((np.arange(len(values) + 1), [len(values)])) / submitted[team]
                look = self._look(team)
                if still[team]:
                    look["label"] = f"{team_name(team)}: {still[team]:,} still waiting"
                    ax.plot(x[-1:], y[-1:], ">", color=look["color"], clip_on=False)
                ax.step(x, y, where="post", **look)
        ax.set_ylim(0, 1.02)
        ax.set_xlim(0, 1.02 * end)
        ax.set_xlabel(f"wait to first admission ({name})")
        ax.set_ylabel("share of submitted workloads")
        ax.set_title(f"{self._result.scenario.name}: waiting times")
        return _with_legend(ax)

    # -- helpers ------------------------------------------------------------------------------------------

    def _index(self, team: str) -> int:
        return self._teams.index(team)

    def _colour(self, team: str) -> str:
        return PALETTE[self._index(team) % len(PALETTE)]

    def _hatch(self, team: str) -> str:
        return HATCHES[self._index(team) // len(PALETTE) % len(HATCHES)]

    def _dash(self, team: str) -> Any:
        return DASHES[dash_number(self._index(team), len(DASHES))]

    def _look(self, team: str) -> dict[str, Any]:
        return {"label": team_name(team), "color": self._colour(team), "linestyle": self._dash(team)}

    def _amount_label(self) -> str:
        resource = self._result.resource
        return "CPU (cores)" if resource == "cpu" else f"{resource} (count)"

    def _total(self, team: str, table: dict[tuple[str, str, str], Steps]) -> Steps:
        return Steps.sum(
            [steps for slot, steps in table.items() if slot[0] == team and slot[2] == self._result.resource]
        )

    def _instants(self, steps: list[Steps]) -> Ints:
        ends = np.array([0, self._result.run.end_ms], dtype=np.int64)
        return union([ends, *(step.times for step in steps)])

    def _over_time(self, ax: Axes, table: Mapping[str, Steps | Shares], unit: int, label: str, title: str) -> Axes:
        """A line per team while they are few, a strip of colour per team beyond; infinite values stand at the top."""
        if len(table) > FEW:
            return self._strips(ax, table, unit, label, title)
        end = self._result.run.end_ms
        edge = _edge_above(np.concatenate([steps.values for steps in table.values()]) / unit) if table else inf
        for team, steps in table.items():
            values = np.minimum(np.append(steps.values, steps.values[-1]) / unit, edge)
            ax.step(np.append(steps.times, end) / self._unit, values, where="post", **self._look(team))
        self._finish(ax, label, title)
        if edge < inf:
            ax.set_ylim(0, 1.05 * edge)
            ax.text(0.005, edge, "∞", transform=ax.get_yaxis_transform(), va="bottom")
        return ax

    def _strips(self, ax: Axes, table: Mapping[str, Steps | Shares], unit: int, label: str, title: str) -> Axes:
        """Averages over equal stretches of time, darker for more."""
        limits = edges(self._result.run.end_ms, _STRIP_BINS)
        grid = np.array([averages(steps.times, steps.values, limits) / unit for steps in table.values()])
        rows = np.arange(len(table) + 1)
        most = max(float(np.max(grid[np.isfinite(grid)], initial=0)), 1.0)
        endless = np.isposinf(grid)
        shades = np.where(endless, 2 * most, grid)
        mesh = ax.pcolormesh(limits / self._unit, rows, shades, cmap="Blues", vmin=0, vmax=most, rasterized=True)
        ax.set_yticks(rows[:-1] + 0.5, [team_name(team) for team in table], fontsize="small")
        ax.invert_yaxis()
        figure = ax.get_figure()
        assert figure is not None
        figure.colorbar(mesh, ax=ax, label=label, pad=0.02, extend="max" if endless.any() else "neither")
        self._time_axis(ax)
        ax.set_title(f"{self._result.scenario.name}: {title}")
        ax.set_ylabel("team")
        return ax

    def _time_axis(self, ax: Axes) -> None:
        """Time since the start; a drain is shaded."""
        run = self._result.run
        if run.drained_from_ms is not None and run.drained_from_ms < run.end_ms:
            span = (run.drained_from_ms / self._unit, run.end_ms / self._unit)
            ax.axvspan(*span, color="grey", alpha=0.15, linewidth=0, label="drain", zorder=0)
        ax.set_xlabel(f"time since start ({self._unit_name})")
        ax.set_xlim(0, self._result.run.end_ms / self._unit or 1.0)

    def _finish(self, ax: Axes, label: str, title: str) -> Axes:
        self._time_axis(ax)
        ax.set_ylabel(label)
        ax.set_ylim(0, None if ax.dataLim.y1 > 0 else 1)
        if not ax.dataLim.y1 > 0:
            ax.text(0.5, 0.5, "none at any time", transform=ax.transAxes, ha="center", color="grey")
        whole = self._result.resource != "cpu" or ax.dataLim.y1 > FEW
        ax.yaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=whole))
        ax.set_title(f"{self._result.scenario.name}: {title}")
        return _with_legend(ax)


def _edge_above(values: Floats) -> float:
    """Where infinite values are drawn: above all others; infinity where all are finite."""
    endless = np.isposinf(values)
    return 1.1 * float(values[~endless].max(initial=1.0)) if endless.any() else inf


def _new() -> Axes:
    """New axes for a person at work: pyplot shows them in a notebook."""
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(9, 4.5), layout="constrained")[1]


def _with_legend(ax: Axes) -> Axes:
    number = len(ax.get_legend_handles_labels()[0])
    if number:
        columns = -(-number // LEGEND_ROWS)
        look = {"fontsize": "small"} if columns == 1 else {"fontsize": 6, "columnspacing": 1, "handlelength": 2.5}
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, ncols=columns, **look)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
