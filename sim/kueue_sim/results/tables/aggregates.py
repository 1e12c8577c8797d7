"""Tables of aggregates as plain columns: waits by group, flavors, evictions, shares, fairness, the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np

from kueue_sim.engine.facts import NONE
from kueue_sim.results.history.history import History
from kueue_sim.results.quota.fairness import Fairness, Shares
from kueue_sim.results.quota.quota_over_time import hours, span_of, unit_of
from kueue_sim.results.step_functions.steps import Ints, Steps
from kueue_sim.results.tables.columns import Coded, Columns, figures
from kueue_sim.results.tables.evictions import Evictions
from kueue_sim.results.tables.summary import Summary
from kueue_sim.results.tables.waits import KINDS, accelerators, submitted


def waits_columns(history: History) -> Columns:
    """Statistics of waits to the first admission, to those after an eviction, and to every one, by different groups.

    Groups are everybody, each team, each priority, and each size (accelerators asked for).
    """
    rows = submitted(history)
    work = history.work
    priorities = np.array([history.facts.workloads[number].priority for number in rows], dtype=np.int64)
    sizes = accelerators(history)[rows] / unit_of(history.resource)
    groups: list[tuple[str, str, Ints]] = [("all", "", rows)]
    groups += [
        ("team", history.queues[queue] if queue != NONE else "", rows[work.queue[rows] == queue])
        for queue in np.unique(work.queue[rows])
    ]
    groups += [("priority", str(value), rows[priorities == value]) for value in np.unique(priorities)]
    groups += [("size", f"{value:g}", rows[sizes == value]) for value in np.unique(sizes)]
    table: dict[str, list[object]] = {name: [] for name in ("by", "value", "kind")}
    for by, value, numbers in groups:
        for kind, waits_of in KINDS.items():
            waits = waits_of(history, numbers)
            row = {"by": by, "value": value, "kind": kind, **asdict(waits)}
            for name, cell in row.items():
                table.setdefault(name, []).append(cell)
    return {name: figures(cells) for name, cells in table.items()}


def flavor_columns(summary: Summary, end_ms: int) -> Columns:
    """One row per flavor and resource: averages over the run, all ClusterQueues and Cohorts together."""
    pairs = sorted({slot[1:] for slot in (*summary.nominal, *summary.held)} | set(summary.cohort_quota))
    table: dict[str, list[object]] = {
        name: [] for name in ("flavor", "resource", "nominal", "held", "allocation", "held_hours", "borrowed_hours")
    }
    zero = Steps.constant(0)
    for flavor, resource in pairs:
        slots = [slot for slot in {**summary.nominal, **summary.held} if slot[1:] == (flavor, resource)]
        used = [(summary.held.get(slot, zero), summary.nominal.get(slot, zero)) for slot in slots]
        nominal = sum(quota.integral(span_of(end_ms)) for _, quota in used) + summary.cohort_quota.get(
            (flavor, resource), 0
        )
        held = sum(steps.integral(end_ms) for steps, _ in used)
        borrowed = sum(steps.over(quota).integral(end_ms) for steps, quota in used)
        span = span_of(end_ms) * unit_of(resource)
        averages = (nominal / span, held / span, held / nominal if end_ms and nominal else None)
        row = (flavor, resource, *averages, hours(held, resource), hours(borrowed, resource))
        for name, cell in zip(table, row, strict=True):
            table[name].append(cell)
    return {name: figures(cells) for name, cells in table.items()}


def resource_columns(by_resource: Mapping[str, Summary]) -> Columns:
    """One row per resource that matters and ClusterQueue, then one for all of them together."""
    rows = [team.of_quota() for summary in by_resource.values() for team in (*summary.teams, summary.total)]
    return {name: figures(row[name] for row in rows) for name in rows[0]}


def eviction_columns(evictions: Evictions) -> Columns:
    """Preemptions and evictions counted by reason, victim's team and preemptor's team."""
    groups = evictions.groups
    return {
        "reason": [group.reason or None for group in groups],
        "team": [group.team or None for group in groups],
        "by": [group.by or None for group in groups],
        "number": [group.number for group in groups],
        "lost_hours": [group.hours for group in groups],
        "idle": [group.idle for group in groups],
    }


def share_columns(shares: Mapping[str, Shares]) -> Columns:
    """One row per change of a ClusterQueue's weighted share."""
    which = np.repeat(np.arange(len(shares)), [len(item.times) for item in shares.values()])
    none = np.zeros(0)
    return {
        "t_s": np.concatenate([none, *(item.times / 1000 for item in shares.values())]),
        "cluster_queue": Coded.of(which, shares),
        "weighted_share": np.concatenate([none, *(item.values for item in shares.values())]),
    }


def fairness_columns(found: Sequence[Fairness]) -> Columns:
    """One row per window."""
    return {
        "start_s": [item.start_ms / 1000 for item in found],
        "end_s": [item.end_ms / 1000 for item in found],
        "jain": figures(item.jain for item in found),
        "teams": [item.teams for item in found],
    }


def ledger_columns(summary: Summary) -> Columns:
    """One row per lender and borrower."""
    return {
        "lender": [lender for lender, _ in summary.pairs],
        "borrower": [borrower for _, borrower in summary.pairs],
        "hours": list(summary.pairs.values()),
    }
