"""The Gantt chart: a row per workload while they are few, else rows shared by workloads that do not overlap."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Patch

from kueue_sim.report.charts.chart_style import packed
from kueue_sim.report.text.wording import team_name
from kueue_sim.results.history.workload_history import WorkloadHistory

if TYPE_CHECKING:
    from kueue_sim.results.run_result import RunResult

_NAMED_ROWS = 40
"""With more workloads than these, rows are shared and have the name of their team."""
_BAR = 0.8
"""Height of a bar in rows."""


@dataclass(slots=True)
class _Bars:
    """What one team draws, in milliseconds and row numbers."""

    runs: list[tuple[int, int, int]]
    waits: list[tuple[int, int, int]]
    crosses: list[tuple[int, int]]


def draw_gantt(ax: Axes, result: "RunResult", colours: dict[str, str], unit: int) -> None:
    """Draw on ``ax`` with time divided by ``unit``; rows from the top in order of team and submission."""
    lives = [
        life
        for life in result.history.lives.values()
        if life.queue in colours and (life.submitted_ms is not None or life.stays)
    ]
    by_team = {team: [life for life in lives if life.queue == team] for team in colours}
    by_team = {team: members for team, members in by_team.items() if members}
    named = len(lives) <= _NAMED_ROWS
    row, labels, handles, preempted = 0, [], [], False
    for team, members in by_team.items():
        rows = list(range(len(members))) if named else packed([_span(life, result.run.end_ms) for life in members])
        bars = _bars(members, [row + index for index in rows], result.run.end_ms, named)
        _draw(ax, bars, colours[team], unit)
        preempted = preempted or bool(bars.crosses)
        height = max(rows) + 1
        labels += (
            [(row + i, life.workload.name) for i, life in enumerate(members)]
            if named
            else [(row + height // 2, team_name(team))]
        )
        handles.append(Patch(color=colours[team], label=team_name(team)))
        row += height
        ax.axhline(row - 0.5, color="#cccccc", linewidth=0.6)
    ax.set_ylim(max(row, 1) - 0.5, -0.5)
    ax.set_yticks([at for at, _ in labels], [text for _, text in labels], fontsize="small")
    ax.set_ylabel("workload" if named else "team (rows shared)")
    _legend(ax, handles if named else [], preempted)


def _span(life: WorkloadHistory, end_ms: int) -> tuple[int, int]:
    if not life.stays:
        return end_ms, end_ms
    last = life.stays[-1].released_ms
    return life.stays[0].admitted_ms, end_ms if last is None else last


def _bars(lives: list[WorkloadHistory], rows: list[int], end_ms: int, waits: bool) -> _Bars:
    bars = _Bars([], [], [])
    for life, row in zip(lives, rows, strict=True):
        for stay in life.stays:
            stop = end_ms if stay.stopped_ms is None else stay.stopped_ms
            bars.runs.append((stay.admitted_ms, stop - stay.admitted_ms, row))
            if stay.ending == "Preempted":
                bars.crosses.append((stop, row))
            if waits:
                bars.waits.append((stay.admitted_ms - stay.waited_ms, stay.admitted_ms, row))
        if waits and life.waiting_since is not None:
            bars.waits.append((life.waiting_since, end_ms, row))
    return bars


def _draw(ax: Axes, bars: _Bars, colour: str, unit: int) -> None:
    if bars.runs:
        # One collection: a patch for each of thousands of bars takes seconds.
        outlines = [_bar(left / unit, (left + width) / unit, row) for left, width, row in bars.runs]
        ax.add_collection(PolyCollection(outlines, facecolors=colour, edgecolors="none", zorder=2))
        ax.autoscale_view()
    if bars.waits:
        starts, stops, rows = zip(*bars.waits, strict=True)
        ax.hlines(rows, [x / unit for x in starts], [x / unit for x in stops], color=colour, linewidth=1, zorder=1)
    if bars.crosses:
        times, rows = zip(*bars.crosses, strict=True)
        ax.scatter([x / unit for x in times], rows, marker="x", color="black", s=36, zorder=3, clip_on=False)


def _bar(begin: float, end: float, row: int) -> list[tuple[float, float]]:
    """The corners of a bar in the middle of its row."""
    top, bottom = row - _BAR / 2, row + _BAR / 2
    return [(begin, top), (end, top), (end, bottom), (begin, bottom)]


def _legend(ax: Axes, teams: list[Patch], preempted: bool) -> None:
    from matplotlib.lines import Line2D

    crosses = [Line2D([], [], marker="x", color="black", linestyle="", label="preempted")] if preempted else []
    if teams or crosses:
        handles = [*teams, *crosses]
        ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, fontsize="small")
    ax.spines[["top", "right"]].set_visible(False)
