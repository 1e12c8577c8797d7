"""The interactive timeline: a bar per admission with its story under the pointer, or a map of use if they are many."""

from dataclasses import dataclass, field

import numpy as np
import plotly.graph_objects as go

from kueue_sim.engine.facts import CODE, NONE, TYPES
from kueue_sim.report.charts.chart_style import packed
from kueue_sim.report.page.canvas import Canvas, drawn_name, literal
from kueue_sim.report.page.figures import averaged
from kueue_sim.report.text.wording import count, rule_in_words
from kueue_sim.results.history.history import History
from kueue_sim.results.step_functions.series import series
from kueue_sim.results.step_functions.steps import Ints
from kueue_sim.units import format_duration, format_quantity

MOST_BARS = 20_000
"""Beyond this many admissions the page shows use per team over time instead of bars."""
WITH_MESSAGES = 2_000
"""Beyond this many the pointer shows reasons without Kueue's longer messages, which would swell the page."""
NAMED_ROWS = 120


@dataclass(slots=True)
class _Bars:
    """What one team draws, in milliseconds and rows."""

    lefts: list[float] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


def timeline(canvas: Canvas) -> tuple[go.Figure | None, str]:
    """Who ran when, and why it ended."""
    if not len(canvas.result.history.stays):
        return None, ""
    return _bars(canvas) if len(canvas.result.history.stays) <= MOST_BARS else _map(canvas)


def _bars(canvas: Canvas) -> tuple[go.Figure, str]:
    history = canvas.result.history
    figure, row = go.Figure(), 0
    ticks: list[tuple[float, str]] = []
    named = int(np.count_nonzero(history.work.submitted != NONE)) <= NAMED_ROWS
    crosses = _Bars()
    for team in canvas.teams:
        numbers = _members(history, team)
        if not len(numbers):
            continue
        rows = list(range(len(numbers))) if named else packed(_spans(history, numbers, canvas.end_ms))
        place = dict(zip(numbers.tolist(), (row + r for r in rows), strict=True))
        if named:
            _add_waits(figure, canvas, _waits(canvas, place), row == 0)
            ticks += [(row + r, history.facts.workloads[n].name) for r, n in zip(rows, numbers, strict=True)]
        _add_runs(figure, canvas, team, _runs(canvas, team, place, crosses), named)
        row += max(rows) + 1
        if not named:
            ticks.append((row - (max(rows) + 1) / 2 - 0.5, drawn_name(team)))
        figure.add_hline(y=row - 0.5, line_width=0.6, line_color="#c8ccd1")
    _add_crosses(figure, crosses)
    figure.update_layout(barmode="overlay", bargap=0.15)
    figure.update_yaxes(
        range=[row - 0.5, -0.5], tickvals=[at for at, _ in ticks], ticktext=[text for _, text in ticks], showgrid=False
    )
    canvas.time_axis(figure)
    canvas.finish(figure, max(260, min(900, 120 + (22 if named else 8) * row)))
    figure.update_layout(margin={"l": 150})
    how = "A row per workload" if named else "Rows are shared by workloads that do not overlap"
    return figure, f"{how}; a cross ends what was evicted. Drag to zoom, double-click to reset, hover for the reasons."


def _members(history: History, team: str) -> Ints:
    mine = history.work.queue == history.queue_numbers.get(team, len(history.queues))
    return np.flatnonzero(mine & (history.work.submitted != NONE))


def _spans(history: History, numbers: Ints, end_ms: int) -> list[tuple[int, int]]:
    """From the first admission to the last release of each workload; a moment at the end for those without any."""
    stays, first = history.stays, history.work.first_stay
    spans = []
    for number in numbers:
        a, b = int(first[number]), int(first[number + 1])
        last = int(stays.released[b - 1]) if b > a else end_ms
        spans.append((int(stays.reserved[a]) if b > a else end_ms, end_ms if last == NONE else last))
    return spans


def _runs(canvas: Canvas, team: str, place: dict[int, int], crosses: _Bars) -> _Bars:
    stays, bars = canvas.result.history.stays, _Bars()
    number = canvas.result.history.queue_numbers[team]
    for index in np.flatnonzero(stays.queue == number):
        row = place.get(int(stays.workload[index]))
        if row is None:
            continue
        stop = int(stays.stopped[index])
        stop = canvas.end_ms if stop == NONE else stop
        begin = int(stays.reserved[index])
        bars.lefts.append(begin / canvas.unit_ms)
        bars.widths.append((stop - begin) / canvas.unit_ms)
        bars.rows.append(row)
        bars.texts.append(_story(canvas, int(index), stop))
        if stays.ending[index] in (CODE["Preempted"], CODE["Evicted"]):
            crosses.lefts.append(stop / canvas.unit_ms)
            crosses.rows.append(row)
            crosses.texts.append(bars.texts[-1])
    return bars


def _story(canvas: Canvas, index: int, stop: int) -> str:
    """What the pointer shows about one admission."""
    history, resource = canvas.result.history, canvas.result.resource
    stays = history.stays
    workload = history.facts.workloads[int(stays.workload[index])]
    team = drawn_name(history.queues[stays.queue[index]])
    begin, waited = int(stays.reserved[index]), max(0, int(stays.waited[index]))
    lines = [
        f"<b>{literal(workload.key)}</b> (priority {workload.priority})",
        f"{format_quantity(int(stays.amount[index]), resource)} {canvas.name} of {team}",
        f"admitted at {format_duration(begin)} after waiting {format_duration(waited)}",
    ]
    ending = int(stays.ending[index])
    ran = format_duration(stop - begin)
    lines.append(f"{TYPES[ending].lower()} after {ran}" if ending != NONE else f"still holding quota after {ran}")
    if stays.text[index] != NONE:
        reason, message = history.facts.texts[int(stays.text[index])]
        lines.append(f"{reason}: {rule_in_words(reason)}")
        lines += _wrapped(message) if len(stays) <= WITH_MESSAGES else []
    return "<br>".join(lines)


def _waits(canvas: Canvas, place: dict[int, int]) -> _Bars:
    """Thin bars of waiting with Kueue's last answer."""
    bars, facts = _Bars(), canvas.result.run.facts
    since: dict[str, int] = {}
    answer: dict[str, str] = {}
    rows = {facts.workloads[number].key: row for number, row in place.items()}
    for fact in facts:
        if fact.workload not in rows:
            continue
        if fact.type in ("Submitted", "Requeued", "Reactivated"):
            since.setdefault(fact.workload, fact.at_ms)
        elif fact.type == "Pending":
            answer[fact.workload] = fact.message or fact.reason
        elif fact.type in ("Admitted", "Deactivated", "Finished", "Deleted") and fact.workload in since:
            _add_wait(bars, canvas, rows, fact.workload, since.pop(fact.workload), fact.at_ms, answer)
    for key, start in since.items():
        _add_wait(bars, canvas, rows, key, start, canvas.end_ms, answer)
    return bars


def _add_wait(
    bars: _Bars, canvas: Canvas, rows: dict[str, int], key: str, start: int, stop: int, answer: dict[str, str]
) -> None:
    if stop > start:
        bars.lefts.append(start / canvas.unit_ms)
        bars.widths.append((stop - start) / canvas.unit_ms)
        bars.rows.append(rows[key])
        lines = [f"<b>{literal(key)}</b>", f"waits {format_duration(stop - start)}", *_wrapped(answer.get(key, ""))]
        bars.texts.append("<br>".join(lines))


def _wrapped(text: str, width: int = 80) -> list[str]:
    from textwrap import wrap

    return [literal(line) for line in wrap(text, width)]


def _add_runs(figure: go.Figure, canvas: Canvas, team: str, bars: _Bars, legend: bool) -> None:
    number = canvas.teams.index(team) // 8 % 3
    figure.add_bar(
        x=bars.widths, base=bars.lefts, y=bars.rows, orientation="h", name=drawn_name(team), hovertext=bars.texts,
        hoverinfo="text",
        showlegend=legend,
        marker={"color": canvas.colour(team), "line": {"width": 0}, "pattern": {"shape": ("", "/", ".")[number]}},
    )  # fmt: skip


def _add_waits(figure: go.Figure, canvas: Canvas, bars: _Bars, legend: bool) -> None:
    figure.add_bar(
        x=bars.widths, base=bars.lefts, y=bars.rows, orientation="h", name="waiting", hovertext=bars.texts,
        hoverinfo="text", width=0.18, marker={"color": "#9aa3ad"}, legendgroup="waiting", showlegend=legend,
    )  # fmt: skip


def _add_crosses(figure: go.Figure, crosses: _Bars) -> None:
    if not crosses.rows:
        return
    size = 8 if len(crosses.rows) < 500 else 4
    figure.add_scatter(
        x=crosses.lefts, y=crosses.rows, mode="markers", name="evicted", hovertext=crosses.texts, hoverinfo="text",
        showlegend=True, marker={"symbol": "x-thin", "size": size, "line": {"width": 1.5, "color": "#1b1f24"}},
    )  # fmt: skip


def _map(canvas: Canvas) -> tuple[go.Figure, str]:
    """Team by time: how much of its quota each team held, for runs with too many admissions to draw."""
    teams = canvas.largest()
    figures = canvas.result.figures
    drawn = series([canvas.total(figures.held, team) for team in teams], canvas.end_ms, most=400)
    nominal = series([canvas.total(figures.nominal, team) for team in teams], canvas.end_ms, most=400)
    quota = [np.interp(drawn.times, nominal.times, values) for values in nominal.values]
    ratio = [
        np.divide(held, own, out=np.zeros_like(held), where=own > 0)
        for held, own in zip(drawn.values, quota, strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=[values[:-1] for values in ratio], x=canvas.hours(drawn.times), y=[*map(drawn_name, teams)],
            zmid=1.0, zmin=0.0, zmax=2.0,
            colorscale=[[0, "#ffffff"], [0.5, "#56B4E9"], [1, "#D55E00"]],
            colorbar={"title": {"text": "of nominal"}, "tickformat": ".0%", "thickness": 12},
            hovertemplate="%{y}: %{z:.0%} of its nominal quota<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed")
    canvas.time_axis(figure)
    canvas.finish(figure, 140 + 26 * len(teams))
    figure.update_layout(margin={"l": 150})
    number = count(len(canvas.result.history.stays), "admission")
    return (
        figure,
        f"{number} are too many to draw one by one: quota held per team; above 100 % is borrowed.{averaged(drawn)}",
    )
