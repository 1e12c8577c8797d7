"""The run as a Chrome trace for ui.perfetto.dev: a process per team with its workloads as slices, counters beside it.

One tick of the trace is a microsecond. Workloads of a team that overlap lie on tracks of their own.
"""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from kueue_sim.engine.facts import CODE, NONE, TYPES
from kueue_sim.report.charts.chart_style import packed
from kueue_sim.report.text.wording import resource_name
from kueue_sim.results.history.history import History
from kueue_sim.results.quota.quota_over_time import unit_of
from kueue_sim.results.step_functions.series import series
from kueue_sim.results.step_functions.steps import Ints, Steps
from kueue_sim.results.tables.columns import flavors_text

if TYPE_CHECKING:
    from kueue_sim.results import RunResult

_COUNTER_POINTS = 20_000
_EVICTED = (CODE["Preempted"], CODE["Evicted"])
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def perfetto_parts(result: "RunResult") -> Iterator[str]:
    """The trace as JSON, part by part; one event a line."""
    yield '{"displayTimeUnit":"ms","otherData":' + _json({"scenario": result.scenario.name}) + ',"traceEvents":[\n'
    first = True
    for event in _events(result):
        yield ("" if first else ",\n") + _json(event)
        first = False
    yield "\n]}\n"


def _events(result: "RunResult") -> Iterator[dict[str, object]]:
    teams = [team.cluster_queue for team in result.teams]
    for process, team in enumerate(teams, start=1):
        yield _named("process_name", process, 0, team)
        yield {"ph": "M", "pid": process, "name": "process_sort_index", "args": {"sort_index": process}}
        yield from _slices(result, process, team)
        yield from _counters(result, process, team)


def _named(what: str, process: int, track: int, name: str) -> dict[str, object]:
    return {"ph": "M", "pid": process, "tid": track, "name": what, "args": {"name": name}}


def _slices(result: "RunResult", process: int, team: str) -> Iterator[dict[str, object]]:
    """Admissions and waits of a team, each on the first track that is free."""
    history = result.history
    queue = history.queue_numbers.get(team, len(history.queues))
    stays = np.flatnonzero(history.stays.queue == queue)
    spans = [_span(history, int(index), result.run.end_ms) for index in stays]
    tracks = packed(spans)
    for track in range(max(tracks, default=-1) + 1):
        yield _named("thread_name", process, track + 1, f"{team} #{track + 1}")
    for index, (start, stop), track in zip(stays, spans, tracks, strict=True):
        common = {"pid": process, "tid": track + 1}
        arguments = _arguments(result, int(index))
        name = arguments["workload"]
        yield {"ph": "X", "ts": start * 1000, "dur": (stop - start) * 1000, "name": name, "cat": "admission", **common,
               "args": arguments}  # fmt: skip
        if history.stays.ending[index] in _EVICTED:
            stopped = int(history.stays.stopped[index])
            yield {"ph": "i", "s": "t", "ts": stopped * 1000, "name": f"evicted: {arguments['reason']}",
                   "cat": "eviction", **common, "args": arguments}  # fmt: skip


def _span(history: History, index: int, end_ms: int) -> tuple[int, int]:
    released = int(history.stays.released[index])
    return int(history.stays.reserved[index]), end_ms if released == NONE else released


def _arguments(result: "RunResult", index: int) -> dict[str, object]:
    history = result.history
    stays, facts = history.stays, history.facts
    workload = facts.workloads[int(stays.workload[index])]
    ending, text = int(stays.ending[index]), int(stays.text[index])
    reason, message = facts.texts[text] if text != NONE else ("", "")
    return {
        "workload": workload.key,
        "priority": workload.priority,
        resource_name(result.resource): int(stays.amount[index]) / unit_of(result.resource),
        "flavors": flavors_text(facts.admissions[int(stays.admission[index])]),
        "waited_s": max(0, int(stays.waited[index])) / 1000,
        "ended": TYPES[ending] if ending != NONE else "",
        "reason": reason,
        "message": message,
    }


def _counters(result: "RunResult", process: int, team: str) -> Iterator[dict[str, object]]:
    """Quota held and nominal, and workloads pending."""
    figures, unit = result.figures, unit_of(result.resource)
    slots = figures.slots(team)
    held, nominal = (
        Steps.sum([table[slot] for slot in slots if slot in table]) for table in (figures.held, figures.nominal)
    )
    pending = result.history.pending.get(team, Steps.constant(0))
    name = resource_name(result.resource)
    for label, steps, size in (
        (f"{name} held", held, unit),
        (f"{name} nominal", nominal, unit),
        ("pending", pending, 1),
    ):
        drawn = series([steps], result.run.end_ms, most=_COUNTER_POINTS)
        values = drawn.values[0] / size
        moved: Ints = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
        for at, value in zip(drawn.times[moved].tolist(), values[moved].tolist(), strict=True):
            yield {"ph": "C", "pid": process, "tid": 0, "ts": at * 1000, "name": label, "args": {"value": value}}


__all__ = ["perfetto_parts"]
