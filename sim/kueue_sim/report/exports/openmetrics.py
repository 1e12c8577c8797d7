"""Kueue's metrics with simulated timestamps, in OpenMetrics text: ``promtool tsdb create-blocks-from openmetrics``.

Values are what a scrape at that instant would have read. Scrapes are a whole number of minutes apart, at most
``MOST_SCRAPES`` of them; counters and histograms are repeated only when they changed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kueue_sim.engine.facts import NONE
from kueue_sim.results.history.history import History
from kueue_sim.results.quota.quota_over_time import Slot, unit_of
from kueue_sim.results.step_functions.steps import Ints, Steps
from kueue_sim.units import parse_instant

if TYPE_CHECKING:
    from kueue_sim.results import RunResult

MOST_SCRAPES = 1000
BUCKETS = (1.0, *(2.5 * 2**step for step in range(13)))
"""Kueue's own upper bounds of waiting times, in seconds."""
_MINUTE = 60_000
_ZERO = Steps.constant(0)
Labels = tuple[tuple[str, str], ...]
Values = NDArray[np.float64] | Ints


@dataclass(frozen=True, slots=True)
class _Sample:
    """One series: its name with suffix, labels, and a value per scrape; ``shown`` are the scrapes it is written at."""

    name: str
    labels: Labels
    values: Values
    shown: Ints


def openmetrics_parts(result: "RunResult") -> Iterator[str]:
    """The whole exposition, metric family by metric family."""
    scrapes = scrape_times(result.run.end_ms)
    start_s = parse_instant(result.scenario.start) / 1000
    stamps = [f"{start_s + at / 1000:.0f}" for at in scrapes.tolist()]
    for name, kind, text, samples in _families(result, scrapes):
        lines = list(_lines(samples, stamps))
        if lines:
            yield f"# TYPE {name} {kind}\n# HELP {name} {text}\n"
            yield "".join(lines)
    yield "# EOF\n"


def scrape_times(end_ms: int) -> Ints:
    """Milliseconds of every scrape, from 0 to the last one within the run."""
    minutes = max(1, -(-end_ms // (_MINUTE * MOST_SCRAPES)))
    return np.arange(0, end_ms + 1, minutes * _MINUTE, dtype=np.int64)


def _lines(samples: Iterable[_Sample], stamps: list[str]) -> Iterator[str]:
    """All series of a family; those of one histogram go scrape by scrape."""
    for _, group in groupby(samples, key=lambda sample: tuple(item for item in sample.labels if item[0] != "le")):
        series = list(group)
        heads = [f"{sample.name}{{{_labels(sample.labels)}}}" for sample in series]
        for scrape in series[0].shown.tolist():
            for head, sample in zip(heads, series, strict=True):
                yield f"{head} {_number(sample.values[scrape])} {stamps[scrape]}\n"


def _labels(labels: Labels) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    if np.isinf(value):
        return "NaN"
    return repr(int(value)) if value == int(value) else repr(float(value))


def _families(result: "RunResult", scrapes: Ints) -> Iterator[tuple[str, str, str, list[_Sample]]]:
    """Name, type, help and samples of every metric family."""
    yield from _queue_gauges(result, scrapes)
    yield from _counters(result, scrapes)
    yield (
        "kueue_admission_wait_time_seconds",
        "histogram",
        "Time from submission or return to the queue until admission",
        _wait_histograms(result, scrapes),
    )
    yield from _quota_gauges(result, scrapes)


def _gauge(name: str, labels: Labels, values: Values) -> _Sample:
    return _Sample(name, labels, values, np.arange(len(values)))


def _counter(name: str, labels: Labels, times: Ints, scrapes: Ints) -> _Sample:
    """A count of events at ``times``."""
    values = np.searchsorted(np.sort(times), scrapes, side="right")
    return _Sample(name, labels, values, _changes(values))


def _changes(values: Values) -> Ints:
    """The first and last scrape and those at which a value differs from the one before."""
    moved = np.append(True, values[1:] != values[:-1])
    moved[-1] = True
    return np.flatnonzero(moved)


# -- per ClusterQueue -------------------------------------------------------------------------------------


def _queue_gauges(result: "RunResult", scrapes: Ints) -> Iterator[tuple[str, str, str, list[_Sample]]]:
    history = result.history
    teams = [team.cluster_queue for team in result.teams]
    name = "kueue_pending_workloads"
    pending = [
        _gauge(name, (("cluster_queue", team), ("status", "active")), history.pending.get(team, _ZERO).at(scrapes))
        for team in teams
    ]
    yield name, "gauge", "Workloads pending; parked ones count as active here", pending
    stays = history.stays
    for name, begins, text in (
        ("kueue_reserving_active_workloads", stays.reserved, "Workloads that hold quota"),
        ("kueue_admitted_active_workloads", stays.admitted, "Workloads that are admitted and not finished"),
    ):
        samples = []
        for team in teams:
            mine = (stays.queue == history.queue_numbers.get(team, len(history.queues))) & (begins != NONE)
            ends = stays.released[mine & (stays.released != NONE)]
            values = _passed(begins[mine], scrapes) - _passed(ends, scrapes)
            samples.append(_gauge(name, (("cluster_queue", team),), values))
        yield name, "gauge", text, samples


def _passed(times: Ints, scrapes: Ints) -> Ints:
    """How many of ``times`` are at or before each scrape."""
    found: Ints = np.searchsorted(np.sort(times), scrapes, side="right")
    return found


def _counters(result: "RunResult", scrapes: Ints) -> Iterator[tuple[str, str, str, list[_Sample]]]:
    history, evictions = result.history, result.evictions
    stays = history.stays
    for name, times, text in (
        ("kueue_quota_reserved_workloads", stays.reserved, "Quota reservations"),
        ("kueue_admitted_workloads", stays.admitted, "Admissions"),
    ):
        happened = times != NONE
        keys: list[tuple[str, ...]] = [(queue,) for queue in _names(history, stays.queue[happened])]
        yield name, "counter", text, _by_label(name, ("cluster_queue",), keys, times[happened], scrapes)
    reasons = [history.facts.texts[text][0] if text != NONE else "" for text in evictions.text.tolist()]
    why = ["Preempted" if by else reason for by, reason in zip(evictions.preempted.tolist(), reasons, strict=True)]
    keys = [*zip(_names(history, evictions.queue), why, strict=True)]
    name = "kueue_evicted_workloads"
    yield name, "counter", "Evictions", _by_label(name, ("cluster_queue", "reason"), keys, evictions.at, scrapes)
    forced = np.flatnonzero(evictions.preempted)
    preemptors = _names(history, evictions.by_queue[forced])
    causes: list[tuple[str, ...]] = [
        (queue, reasons[index]) for queue, index in zip(preemptors, forced.tolist(), strict=True)
    ]
    name = "kueue_preempted_workloads"
    labels = ("preempting_cluster_queue", "reason")
    yield name, "counter", "Preemptions", _by_label(name, labels, causes, evictions.at[forced], scrapes)


def _names(history: History, queues: Ints) -> list[str]:
    names = (*history.queues, "")
    return [names[queue] for queue in queues.tolist()]


def _by_label(
    name: str, labels: tuple[str, ...], keys: list[tuple[str, ...]], times: Ints, scrapes: Ints
) -> list[_Sample]:
    """A counter per distinct key, in order of the keys."""
    places: dict[tuple[str, ...], list[int]] = {}
    for index, key in enumerate(keys):
        places.setdefault(key, []).append(index)
    return [
        _counter(f"{name}_total", tuple(zip(labels, key, strict=True)), times[places[key]], scrapes)
        for key in sorted(places)
    ]


def _wait_histograms(result: "RunResult", scrapes: Ints) -> list[_Sample]:
    history, name = result.history, "kueue_admission_wait_time_seconds"
    stays, samples = history.stays, []
    for team in result.teams:
        queue = history.queue_numbers.get(team.cluster_queue, len(history.queues))
        mine = np.flatnonzero((stays.queue == queue) & (stays.admitted != NONE) & ~history.taken_over)
        mine = mine[np.argsort(stays.admitted[mine], kind="stable")]
        times, waits = stays.admitted[mine], stays.waited[mine]
        labels = (("cluster_queue", team.cluster_queue),)
        total = _passed(times, scrapes)
        shown = _changes(total)
        for bound in BUCKETS:
            within = _passed(times[waits <= bound * 1000], scrapes)
            samples.append(_Sample(f"{name}_bucket", (*labels, ("le", repr(bound))), within, shown))
        samples.append(_Sample(f"{name}_bucket", (*labels, ("le", "+Inf")), total, shown))
        samples.append(_Sample(f"{name}_count", labels, total, shown))
        sums = np.concatenate(([0], np.cumsum(waits)))[total] / 1000
        samples.append(_Sample(f"{name}_sum", labels, sums, shown))
    return samples


# -- per quota entry --------------------------------------------------------------------------------------


def _quota_gauges(result: "RunResult", scrapes: Ints) -> Iterator[tuple[str, str, str, list[_Sample]]]:
    cohorts = {queue.name: queue.cohort or "" for queue in result.scenario.policy.cluster_queues}
    slots = sorted({*result.figures.nominal, *result.figures.held})

    def samples(name: str, table: Mapping[Slot, Steps]) -> list[_Sample]:
        found = []
        for queue, flavor, resource in slots:
            owner = (("cohort", cohorts.get(queue, "")), ("cluster_queue", queue))
            labels = (*owner, ("flavor", flavor), ("resource", resource))
            values = table.get((queue, flavor, resource), _ZERO).at(scrapes) / unit_of(resource)
            found.append(_gauge(name, labels, values))
        return found

    for name, table, text in (
        ("kueue_cluster_queue_resource_usage", result.figures.held, "Quota in use"),
        ("kueue_cluster_queue_resource_reservation", result.figures.held, "Quota reserved"),
        ("kueue_cluster_queue_nominal_quota", result.figures.nominal, "Nominal quota"),
    ):
        yield name, "gauge", text, samples(name, table)
    name = "kueue_cluster_queue_weighted_share"
    shares = [
        _gauge(
            name,
            (("cluster_queue", queue), ("cohort", cohorts.get(queue, ""))),
            share.values[np.searchsorted(share.times, scrapes, side="right") - 1],
        )
        for queue, share in sorted(result.weighted_shares.items())
    ]
    yield name, "gauge", "Weighted share of the ClusterQueue", shares
