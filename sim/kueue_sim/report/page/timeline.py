"""The timeline: a bar per admission with its story under the pointer, or a map of use if they are many."""

import json
from dataclasses import dataclass, field

import numpy as np

from kueue_sim.engine.facts import CODE, NONE, TYPES
from kueue_sim.report.charts.chart_style import packed, seams
from kueue_sim.report.page.canvas import Canvas
from kueue_sim.report.page.figures import BORROWED, OWN, averaged
from kueue_sim.report.page.plot import INK, Panel, across, literal, plot
from kueue_sim.report.text.before_the_start import held_before
from kueue_sim.report.text.wording import count, rule_in_words, team_name
from kueue_sim.results.history.history import History
from kueue_sim.results.step_functions.series import series
from kueue_sim.results.step_functions.steps import Ints
from kueue_sim.units import format_duration, format_quantity

MOST_BARS = 20_000
"""Beyond this many admissions the page shows use per team over time instead of bars."""
MOST_TOLD = 3_000
"""Beyond this many admissions the pointer tells nothing about them: their stories would swell the page."""
WITH_MESSAGES = 400
"""Beyond this many the stories are without reasons and Kueue's longer messages."""
NAMED_ROWS = 120
WAITING = "#9aa3ad"
_STANDS = "#c4c9cf"
_THICK = 0.78
"""The part of a row that a bar fills."""


@dataclass(slots=True)
class _Bars:
    """What one team draws, in milliseconds and rows."""

    lefts: list[int] = field(default_factory=list)
    rights: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def add(self, left: int, right: int, row: int, text: str) -> None:
        self.lefts.append(left)
        self.rights.append(right)
        self.rows.append(row)
        self.texts.append(text)


def timeline(canvas: Canvas) -> tuple[str, str]:
    """Who ran when, and why it ended."""
    if not len(canvas.result.history.stays):
        return "", ""
    return _bars(canvas) if len(canvas.result.history.stays) <= MOST_BARS else _map(canvas)


def _bars(canvas: Canvas) -> tuple[str, str]:
    """A row per workload while they are few, else rows shared by workloads that do not overlap."""
    history, row = canvas.result.history, 0
    labels: list[tuple[float, str]] = []
    runs: dict[str, _Bars] = {}
    waits, stands, ends = _Bars(), _Bars(), _Bars()
    named = int(np.count_nonzero(history.work.there)) <= NAMED_ROWS
    for team in canvas.teams:
        numbers = _members(history, team)
        if not len(numbers):
            continue
        rows = list(range(len(numbers))) if named else packed(_spans(history, numbers, canvas.end_ms))
        place = dict(zip(numbers.tolist(), (row + r for r in rows), strict=True))
        if named:
            _add_waits(waits, canvas, place)
            labels += [(row + r + 0.5, history.facts.workloads[n].name) for r, n in zip(rows, numbers, strict=True)]
        runs[team] = _runs(canvas, team, place, stands, ends)
        row += max(rows) + 1
        if not named:
            labels.append((row - (max(rows) + 1) / 2, team_name(team)))
    height = max(60, row * 20) if named else max(160, min(900, 8 * row))
    panel = Panel(height, rows=[(at / row, text) for at, text in labels])
    panel.bars(canvas.part(waits.lefts), canvas.part(waits.rights), waits.rows, row, WAITING, 0.16)
    for team, bars in runs.items():
        panel.bars(canvas.part(bars.lefts), canvas.part(bars.rights), bars.rows, row, canvas.colour(team), _THICK)
        found = seams(list(zip(bars.lefts, bars.rights, bars.rows, strict=True)), canvas.end_ms)
        panel.ends(canvas.part([at for at, _ in found]), [place for _, place in found], row, "seam")
    panel.pale(canvas.part(stands.lefts), canvas.part(stands.rights), stands.rows, row, _THICK)
    panel.ends(canvas.part(ends.lefts), ends.rows, row)
    legend = [(team_name(team), canvas.colour(team), "area") for team in runs] if named else []
    legend += [("holds quota, does not run", _STANDS, "area")] if stands.rows else []
    legend += [("waiting", WAITING, "line")] if waits.rows else []
    legend += [("evicted", INK, "end")] if ends.rows else []
    told = len(history.stays) <= MOST_TOLD
    how = "A row per workload" if named else "Rows are shared by workloads that do not overlap"
    ask = "point at a bar for its story" if told else "events.csv tells of each"
    stories = _stories(canvas, [waits, *runs.values()], row) if told else ""
    return plot([panel], canvas.time(), legend, stories), f"{how}; {ask}. Drag to zoom in, double-click to see all."


def _stories(canvas: Canvas, groups: list[_Bars], rows: int) -> str:
    """What the pointer shows, for the page's script: left, right, row, text; a line for a line."""
    told = [
        [left, right, row, text]
        for bars in groups
        for left, right, row, text in zip(
            across(canvas.part(bars.lefts)).tolist(),
            across(canvas.part(bars.rights)).tolist(),
            bars.rows,
            bars.texts,
            strict=True,
        )
    ]
    text = json.dumps({"rows": rows, "bars": told}, ensure_ascii=False, separators=(",", ":"))
    return f'<div class="stories" hidden>{literal(text)}</div>'


def _members(history: History, team: str) -> Ints:
    mine = history.work.queue == history.queue_numbers.get(team, len(history.queues))
    return np.flatnonzero(mine & history.work.there)


def _spans(history: History, numbers: Ints, end_ms: int) -> list[tuple[int, int]]:
    """From the first admission to the last release of each workload; a moment at the end for those without any."""
    stays, first = history.stays, history.work.first_stay
    spans = []
    for number in numbers:
        a, b = int(first[number]), int(first[number + 1])
        last = int(stays.released[b - 1]) if b > a else end_ms
        spans.append((int(stays.reserved[a]) if b > a else end_ms, end_ms if last == NONE else last))
    return spans


def _runs(canvas: Canvas, team: str, place: dict[int, int], stands: _Bars, ends: _Bars) -> _Bars:
    """Bars of a team's admissions; where work does not run goes to ``stands``, where it is evicted to ``ends``."""
    stays, bars = canvas.result.history.stays, _Bars()
    number = canvas.result.history.queue_numbers[team]
    for index in np.flatnonzero(stays.queue == number):
        row = place.get(int(stays.workload[index]))
        if row is None:
            continue
        stop = int(stays.stopped[index])
        stop = canvas.end_ms if stop == NONE else stop
        bars.add(int(stays.reserved[index]), stop, row, _story(canvas, int(index), stop))
        for since, until in canvas.result.history.standing.get(int(index), ()):
            stands.add(since, until, row, "")
        if stays.ending[index] in (CODE["Preempted"], CODE["Evicted"]):
            ends.add(stop, stop, row, "")
    return bars


def _story(canvas: Canvas, index: int, stop: int) -> str:
    """What the pointer shows about one admission."""
    history, resource = canvas.result.history, canvas.result.resource
    stays = history.stays
    workload = history.facts.workloads[int(stays.workload[index])]
    begin, waited = int(stays.reserved[index]), max(0, int(stays.waited[index]))
    first = index == int(history.work.first_stay[stays.workload[index]])
    since = (held_before(workload) if first else "") or (
        f"admitted at {format_duration(begin)} after waiting {format_duration(waited)}"
    )
    ending, ran = int(stays.ending[index]), format_duration(stop - begin)
    stood = sum(until - since for since, until in history.standing.get(index, ()))
    held = f"{format_quantity(int(stays.amount[index]), resource)} {canvas.name}"
    end = f"{TYPES[ending].lower()} after {ran}" if ending != NONE else f"still holding quota after {ran}"
    end += f", {format_duration(stood)} of it without running" if stood else ""
    if len(stays) > WITH_MESSAGES:
        return f"{workload.key}\n{held}, waited {format_duration(waited)}\n{end}"
    lines = [
        f"{workload.key} (priority {workload.priority})",
        f"{held} of {team_name(history.queues[stays.queue[index]])}",
        since,
        end,
    ]
    if stays.text[index] != NONE:
        reason, message = history.facts.texts[int(stays.text[index])]
        lines += [f"{reason}: {rule_in_words(reason)}", message]
    return "\n".join(lines)


def _add_waits(bars: _Bars, canvas: Canvas, place: dict[int, int]) -> None:
    """Thin bars of waiting with Kueue's last answer."""
    facts = canvas.result.run.facts
    since: dict[str, int] = {}
    there = {facts.workloads[number].key: facts.workloads[number] for number in place}
    there = {key: one for key, one in there.items() if one.status is not None}
    answer = {key: one.status.message for key, one in there.items() if one.status is not None}
    rows = {facts.workloads[number].key: row for number, row in place.items()}

    def add(key: str, start: int, stop: int) -> None:
        if stop > start:
            waited = stop - (there[key].waits_from_ms if start == 0 and key in there else start)
            lines = (key, f"waits {format_duration(waited)}", answer.get(key, ""))
            bars.add(start, stop, rows[key], "\n".join(filter(None, lines)))

    for fact in facts:
        if fact.workload not in rows:
            continue
        if fact.type in ("Submitted", "Requeued", "Reactivated"):
            since.setdefault(fact.workload, fact.at_ms)
        elif fact.type == "Pending":
            answer[fact.workload] = fact.message or fact.reason
        elif fact.type in ("Admitted", "Deactivated", "Finished", "Deleted") and fact.workload in since:
            add(fact.workload, since.pop(fact.workload), fact.at_ms)
    for key, start in since.items():
        add(key, start, canvas.end_ms)


def _map(canvas: Canvas) -> tuple[str, str]:
    """Team by time: how much of its quota each team held, for runs with too many admissions to draw."""
    teams = canvas.largest()
    figures = canvas.result.figures
    drawn = series([canvas.total(figures.held, team) for team in teams], canvas.end_ms, most=300)
    nominal = series([canvas.total(figures.nominal, team) for team in teams], canvas.end_ms, most=300)
    quota = [np.interp(drawn.times, nominal.times, values) for values in nominal.values]
    panels = []
    for team, held, own in zip(teams, drawn.values, quota, strict=True):
        ratio = np.divide(held, own, out=np.zeros_like(held), where=own > 0)[:-1]
        panel = Panel(24, 1.0, team_name(team), bare=True, percent=True)
        x = canvas.part(drawn.times)
        panel.strip(x, np.where(ratio > 1, 0, ratio), OWN, "")
        panel.strip(x, np.where(ratio > 1, np.minimum(ratio / 2, 1), 0), BORROWED, "")
        panel.told(ratio, "of its nominal quota")
        panels.append(panel)
    number = count(len(canvas.result.history.stays), "admission")
    note = f"{number} are too many to draw one by one: quota held per team; above 100 % is borrowed.{averaged(drawn)}"
    legend = [("up to its nominal quota", OWN, "area"), ("above, borrowed", BORROWED, "area")]
    return plot(panels, canvas.time(), legend), note
