"""The tables as plain columns: CSV files and DataFrames are both made from these. Times are seconds."""

from collections.abc import Callable

import numpy as np

from sim.engine.facts import Run
from sim.model import PodSetAssignment
from sim.results.history import History, Life
from sim.results.quota import natural, unit_of
from sim.results.steps import Steps
from sim.results.summary import Summary

Columns = dict[str, list[object]]


def seconds(at_ms: int | None) -> float | None:
    """Milliseconds as seconds, exact to the millisecond; None stays None."""
    return None if at_ms is None else at_ms / 1000


def flavors_text(pod_sets: tuple[PodSetAssignment, ...]) -> str:
    """Flavor per resource of an admission, pod sets apart: ``main: cpu=spot nvidia.com/gpu=a100``."""
    return "; ".join(
        f"{item.name}: " + " ".join(f"{resource}={flavor}" for resource, flavor in item.flavors.items())
        for item in pod_sets
    )


def requested(life: Life, resource: str) -> float:
    """What the whole workload asks for of ``resource``, in natural units."""
    return natural(sum(item.count * item.requests.get(resource, 0) for item in life.workload.pod_sets), resource)


def workload_columns(history: History, run: Run) -> Columns:
    """One row per submitted workload, in order of submission."""
    lives = [life for life in history.lives.values() if life.submitted_ms is not None]

    def column(of: Callable[[Life], object]) -> list[object]:
        return [of(life) for life in lives]

    return {
        "workload": column(lambda life: life.workload.key),
        "cluster_queue": column(lambda life: life.queue or None),
        "local_queue": column(lambda life: life.workload.queue_name),
        "kind": column(lambda life: life.workload.kind),
        "priority": column(lambda life: life.workload.priority),
        "pods": column(lambda life: sum(item.count for item in life.workload.pod_sets)),
        "requested": column(lambda life: requested(life, history.resource)),
        "state": column(lambda life: run.states.get(life.workload.key, "pending")),
        "unfinished": column(lambda life: life.ended_ms is None),
        "submitted_s": column(lambda life: seconds(life.submitted_ms)),
        "first_admitted_s": column(lambda life: seconds(life.stays[0].admitted_ms) if life.stays else None),
        "last_admitted_s": column(lambda life: seconds(life.stays[-1].admitted_ms) if life.stays else None),
        "ended_s": column(lambda life: seconds(life.ended_ms)),
        "wait_first_s": column(lambda life: seconds(life.stays[0].waited_ms) if life.stays else None),
        "wait_total_s": column(lambda life: seconds(life.waited_ms)),
        "runtime_s": column(lambda life: seconds(life.workload.runtime_ms)),
        "attempts": column(lambda life: life.attempts),
        "admissions": column(lambda life: len(life.stays)),
        "preempted": column(lambda life: life.preempted),
        "evicted": column(lambda life: life.evicted),
        "preempting": column(lambda life: life.preempting),
        "lost_s": column(lambda life: seconds(life.lost_ms)),
        "flavors": column(lambda life: flavors_text(life.stays[-1].pod_sets) if life.stays else None),
        "pending_reason": column(lambda life: run.pending.get(life.workload.key, (None, None))[0]),
        "pending_message": column(lambda life: run.pending.get(life.workload.key, (None, None))[1]),
    }


def event_columns(run: Run) -> Columns:
    """One row per fact, in the order it happened; empty text is None."""
    facts = run.facts
    return {
        "t_s": [fact.at_ms / 1000 for fact in facts],
        "type": [fact.type for fact in facts],
        "workload": [fact.workload or None for fact in facts],
        "cluster_queue": [fact.cluster_queue or None for fact in facts],
        "reason": [fact.reason or None for fact in facts],
        "message": [fact.message or None for fact in facts],
        "by": [fact.by or None for fact in facts],
        "flavors": [flavors_text(fact.pod_sets) or None for fact in facts],
        "lost_s": [fact.lost_ms / 1000 if fact.type in ("Preempted", "Evicted") else None for fact in facts],
    }


def usage_columns(summary: Summary) -> Columns:
    """One row per change of usage or quota of a slot, each slot from t=0 on."""
    columns: Columns = {
        name: [] for name in ("t_s", "cluster_queue", "flavor", "resource", "used", "nominal", "borrowed")
    }
    zero = Steps.constant(0)
    for slot in sorted({*summary.nominal, *summary.held}):
        used, nominal = summary.held.get(slot, zero), summary.nominal.get(slot, zero)
        times = np.union1d(used.times, nominal.times)
        have, quota = used.at(times), nominal.at(times)
        unit = unit_of(slot[2])
        columns["t_s"] += (times / 1000).tolist()
        for name, value in zip(("cluster_queue", "flavor", "resource"), slot, strict=True):
            columns[name] += [value] * len(times)
        columns["used"] += (have / unit).tolist()
        columns["nominal"] += (quota / unit).tolist()
        columns["borrowed"] += (np.maximum(have - quota, 0) / unit).tolist()
    return columns


def queue_columns(history: History, summary: Summary) -> Columns:
    """One row per change of the number of workloads waiting, each ClusterQueue from t=0 on."""
    columns: Columns = {"t_s": [], "cluster_queue": [], "pending": []}
    names = dict.fromkeys([*(team.cluster_queue for team in summary.teams), *history.pending])
    for name in names:
        changes = history.pending.get(name)
        steps = Steps.of(changes) if changes else Steps.constant(0)
        columns["t_s"] += (steps.times / 1000).tolist()
        columns["cluster_queue"] += [name or None] * len(steps.times)
        columns["pending"] += steps.values.tolist()
    return columns


def ledger_columns(summary: Summary) -> Columns:
    """One row per lender and borrower."""
    return {
        "lender": [lender for lender, _ in summary.pairs],
        "borrower": [borrower for _, borrower in summary.pairs],
        "hours": list(summary.pairs.values()),
    }
