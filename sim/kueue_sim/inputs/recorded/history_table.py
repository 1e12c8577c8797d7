"""Finished Workloads as a job history: a CSV trace with recorded starts, which can be imported and backtested."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from kueue_sim.inputs.recorded.conditions import condition, eviction_count, is_true, since, status_of
from kueue_sim.inputs.recorded.summary import job_name
from kueue_sim.units import exact_quantity, is_accelerator, parse_instant

COLUMNS = ("name", "team", "submit", "start", "end", "runtime", "gpus", "pods", "priority", "evictions")


def history_table(workloads: Iterable[Mapping[str, Any]]) -> tuple[str, int]:
    """The text of the table and the number of its rows, of jobs that say when they were submitted, in that order.
    ``start`` is empty where an eviction came between, since only the last admission has its time; ``runtime`` are
    seconds of that last admission, ``gpus`` all accelerators a job held."""
    rows: list[Sequence[object]] = [row for one in workloads if (row := _row(one)) is not None]
    rows.sort(key=lambda row: str(row[2]))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(rows)
    return text.getvalue(), len(rows)


def _row(one: Mapping[str, Any]) -> Sequence[object] | None:
    finished, began = condition(one, "Finished") or {}, since(one, "Admitted")
    ended = finished.get("lastTransitionTime")
    created = one["metadata"].get("creationTimestamp")
    if not is_true(one, "Finished") or not began or not ended or finished.get("reason") == "WorkloadSliceReplaced":
        return None
    if not created:
        return None
    ready = since(one, "PodsReady") if is_true(one, "PodsReady") else None
    started = max(began, ready) if ready is not None and ready <= ended else began
    seconds = (parse_instant(ended) - parse_instant(started)) // 1000
    held = (status_of(one).get("admission") or {}).get("podSetAssignments") or ()
    pods = sum(int(part.get("count") or 0) for part in held)
    gpus = sum((_accelerators(part) for part in held), Fraction(0))
    spec, evictions = one.get("spec") or {}, eviction_count(one)
    name, team = job_name(one).partition("/")[2], spec.get("queueName")
    start = "" if evictions else began
    priority = spec.get("priority") or 0
    return name, team, created, start, ended, seconds, int(gpus), pods, priority, evictions


def _accelerators(part: Mapping[str, Any]) -> Fraction:
    """What a pod set held of devices that compute, such as nvidia.com/gpu; network cards beside them are none."""
    usage = part.get("resourceUsage") or {}
    return sum((exact_quantity(amount) for name, amount in usage.items() if is_accelerator(name)), Fraction(0))
