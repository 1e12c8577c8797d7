"""The Gantt chart: a row per workload while they are few, else rows shared by workloads that do not overlap."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Patch

from kueue_sim.report.charts.chart_style import packed, seams
from kueue_sim.report.text.wording import team_name
from kueue_sim.results.history.workload_history import WorkloadHistory

if TYPE_CHECKING:
    from kueue_sim.results.run_result import RunResult

_NAMED_ROWS = 40
"""With more workloads than these, rows are shared and have the name of their team."""
_BAR = 0.8
"""Height of a bar in rows."""
_ROOMY = 25
"""Rows up to which marks have room for their whole size."""
_PALE = (1.0, 1.0, 1.0, 0.7)
"""What lies over a bar while its work does not run."""
_ENDS = {"Preempted": ("preempted", "x", 36), "Evicted": ("evicted", "|", 160)}
"""Word, mark and size of what ends an admission early."""


@dataclass(slots=True)
class _Bars:
    """What one team draws, in milliseconds and row numbers."""

    stays: list[tuple[int, int, int]]
    stands: list[tuple[int, int, int]]
    waits: list[tuple[int, int, int]]
    ends: dict[str, list[tuple[int, int]]]


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
    standing = _standing(result)
    row, labels, handles, seen, drawn = 0, [], [], set(), []
    for team, members in by_team.items():
        rows = list(range(len(members))) if named else packed([_span(life, result.run.end_ms) for life in members])
        bars = _bars(members, [row + index for index in rows], result.run.end_ms, named)
        bars.stands = [
            (since, until, row + index)
            for life, index in zip(members, rows, strict=True)
            for since, until in standing.get(life.workload.key, ())
        ]
        drawn.append((bars, colours[team]))
        seen |= {*bars.ends, *(["stands"] if bars.stands else [])}
        height = max(rows) + 1
        labels += (
            [(row + i, life.workload.name) for i, life in enumerate(members)]
            if named
            else [(row + height // 2, team_name(team))]
        )
        handles.append(Patch(color=colours[team], label=team_name(team)))
        row += height
        ax.axhline(row - 0.5, color="#cccccc", linewidth=0.6)
    for bars, colour in drawn:
        _draw(ax, bars, colour, unit, min(1.0, _ROOMY / row), result.run.end_ms)
    ax.set_ylim(max(row, 1) - 0.5, -0.5)
    ax.set_yticks([at for at, _ in labels], [text for _, text in labels], fontsize="small")
    ax.set_ylabel("workload" if named else "team (rows shared)")
    _legend(ax, handles if named else [], seen)


def _standing(result: "RunResult") -> dict[str, list[tuple[int, int]]]:
    """By workload, since and until when it was admitted and did not run."""
    history = result.history
    found: dict[str, list[tuple[int, int]]] = {}
    for stay, spans in history.standing.items():
        admitted = int(history.stays.admitted[stay])
        key = history.facts.workloads[int(history.stays.workload[stay])].key
        seen = [(max(since, admitted), until) for since, until in spans if until > admitted]
        found.setdefault(key, []).extend(seen)
    return found


def _span(life: WorkloadHistory, end_ms: int) -> tuple[int, int]:
    if not life.stays:
        return end_ms, end_ms
    last = life.stays[-1].released_ms
    return life.stays[0].admitted_ms, end_ms if last is None else last


def _bars(lives: list[WorkloadHistory], rows: list[int], end_ms: int, waits: bool) -> _Bars:
    bars = _Bars([], [], [], {})
    for life, row in zip(lives, rows, strict=True):
        for stay in life.stays:
            stop = end_ms if stay.stopped_ms is None else stay.stopped_ms
            bars.stays.append((stay.admitted_ms, stop, row))
            if stay.ending in _ENDS:
                bars.ends.setdefault(stay.ending, []).append((stop, row))
            if waits:
                bars.waits.append((stay.admitted_ms - stay.waited_ms, stay.admitted_ms, row))
        if waits and life.waiting_since is not None:
            bars.waits.append((life.waiting_since, end_ms, row))
    return bars


def _draw(ax: Axes, bars: _Bars, colour: str, unit: int, scale: float, end_ms: int) -> None:
    """Marks are drawn at this part of their size, so that those of many rows do not cover each other."""
    for spans, face in ((bars.stays, colour), (bars.stands, _PALE)):
        if spans:
            # One collection: a patch for each of thousands of bars takes seconds.
            outlines = [_bar(begin / unit, end / unit, row) for begin, end, row in spans]
            ax.add_collection(PolyCollection(outlines, facecolors=[face], edgecolors="none", zorder=2))
    found = seams(bars.stays, end_ms)
    if found:
        times, rows = zip(*found, strict=True)
        low, high = [row - _BAR / 2 for row in rows], [row + _BAR / 2 for row in rows]
        ax.vlines([at / unit for at in times], low, high, color="white", linewidth=0.8, zorder=2)
    if bars.stays:
        ax.autoscale_view()
    if bars.waits:
        starts, stops, rows = zip(*bars.waits, strict=True)
        ax.hlines(rows, [x / unit for x in starts], [x / unit for x in stops], color=colour, linewidth=1, zorder=1)
    for ending, places in bars.ends.items():
        times, rows = zip(*places, strict=True)
        _, mark, size = _ENDS[ending]
        ax.scatter(
            [x / unit for x in times],
            rows,
            marker=mark,
            color="black",
            s=size * scale**2,
            linewidth=1.5 * scale,
            zorder=3,
            clip_on=False,
        )


def _bar(begin: float, end: float, row: int) -> list[tuple[float, float]]:
    """The corners of a bar in the middle of its row."""
    top, bottom = row - _BAR / 2, row + _BAR / 2
    return [(begin, top), (end, top), (end, bottom), (begin, bottom)]


def _legend(ax: Axes, teams: list[Patch], seen: set[str]) -> None:
    """Teams, and of what else may be drawn that which is."""
    from matplotlib.lines import Line2D

    handles: list[Patch | Line2D] = [*teams]
    if "stands" in seen:
        handles.append(Patch(color="#cccccc", label="admitted, does not run"))
    for ending, (word, mark, _) in _ENDS.items():
        if ending in seen:
            handles.append(Line2D([], [], marker=mark, color="black", linestyle="", label=word))
    if handles:
        ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, fontsize="small")
    ax.spines[["top", "right"]].set_visible(False)
