"""The tables as plain columns: CSV files and DataFrames are both made from these. Times are seconds.

A column is an array (NaN: absent), a list, or text by number for columns that repeat few texts many times.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kueue_sim.engine.facts import ADMISSION, AT, BY, CODE, LOST, NONE, QUEUE, TEXT, TYPE, TYPES, WORKLOAD, Facts, Run
from kueue_sim.model import PodSetAssignment
from kueue_sim.results.history.history import History
from kueue_sim.results.quota.quota_over_time import unit_of
from kueue_sim.results.step_functions.steps import Ints, Steps
from kueue_sim.results.tables.summary import Summary
from kueue_sim.results.tables.waits import accelerators, submitted
from kueue_sim.units import format_quantity

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of text: the names it takes, each once, and the number of one per row (−1: none)."""

    codes: Ints
    names: tuple[str, ...]

    @classmethod
    def of(cls, codes: Ints, names: Iterable[str]) -> "Coded":
        """From numbers of ``names``, which may repeat; the empty name is none."""
        place: dict[str, int] = {}
        numbers = [place.setdefault(name, len(place)) if name else NONE for name in names]
        return cls(np.array([*numbers, NONE], dtype=np.int64)[codes], tuple(place))

    @classmethod
    def of_texts(cls, texts: Sequence[str]) -> "Coded":
        """From the text of each row."""
        return cls.of(np.arange(len(texts)), texts)

    def __len__(self) -> int:
        return len(self.codes)


Column = list[object] | Floats | Ints | NDArray[np.bool_] | Coded
Columns = dict[str, Column]


def seconds(times_ms: Ints) -> Floats:
    """Milliseconds as seconds, exact to the millisecond; −1 is absent."""
    found: Floats = np.where(times_ms == NONE, np.nan, times_ms / 1000)
    return found


def figures(values: Iterable[object]) -> Column:
    """A column of figures of which some, or all, are None: NaN. Without any None the values as they are."""
    found = list(values)
    return np.array([np.nan if value is None else value for value in found], np.float64) if None in found else found


def flavors_text(pod_sets: tuple[PodSetAssignment, ...]) -> str:
    """Flavor per resource of an admission, pod sets apart: ``main: cpu=spot nvidia.com/gpu=a100``."""
    return "; ".join(
        f"{item.name}: " + " ".join(f"{resource}={flavor}" for resource, flavor in item.flavors.items())
        for item in pod_sets
    )


def amounts_text(pod_sets: tuple[PodSetAssignment, ...]) -> str:
    """Amount per resource of an admission, pod sets apart: ``main: cpu=4 nvidia.com/gpu=8``."""
    return "; ".join(
        f"{item.name}: " + " ".join(f"{name}={format_quantity(item.usage.get(name, 0), name)}" for name in item.flavors)
        for item in pod_sets
    )


def _admitted_pods(facts: Facts, admission: Ints) -> Floats:
    """The number of pods of each admission, NaN for none."""
    counts = [float(sum(item.count for item in pod_sets)) for pod_sets in facts.admissions]
    found: Floats = np.array([*counts, np.nan])[admission]
    return found


def workload_columns(history: History, run: Run) -> Columns:
    """One row per submitted workload, in order of submission."""
    rows = submitted(history)
    work, stays = history.work, history.stays
    workloads = [history.facts.workloads[number] for number in rows]
    keys = [item.key for item in workloads]
    last = np.where(work.admissions[rows] > 0, work.first_stay[rows + 1] - 1, NONE)
    given = np.append(stays.admission, NONE)[last]
    pending = [run.pending.get(key, ("", "")) for key in keys]
    runtimes = np.array([NONE if item.runtime_ms is None else item.runtime_ms for item in workloads], dtype=np.int64)
    first_admitted = np.full(len(work.queue), NONE)
    admitted = np.flatnonzero(stays.admitted != NONE)[::-1]
    first_admitted[stays.workload[admitted]] = stays.admitted[admitted]
    return {
        "workload": list(keys),
        "cluster_queue": Coded.of(work.queue[rows], history.queues),
        "local_queue": Coded.of_texts([item.queue_name for item in workloads]),
        "kind": Coded.of_texts([item.kind for item in workloads]),
        "priority": np.array([item.priority for item in workloads], dtype=np.int64),
        "pods": np.array([sum(part.count for part in item.pod_sets) for item in workloads], dtype=np.int64),
        "requested": accelerators(history)[rows] / unit_of(history.resource),
        "state": Coded.of_texts([run.states.get(key, "pending") for key in keys]),
        "unfinished": work.ended[rows] == NONE,
        "submitted_s": work.created[rows] / 1000,
        "first_admitted_s": seconds(first_admitted[rows]),
        "last_admitted_s": seconds(np.append(stays.admitted, NONE)[last]),
        "ended_s": seconds(work.ended[rows]),
        "wait_first_s": seconds(work.first_wait[rows]),
        "wait_total_s": work.waited[rows] / 1000,
        "runtime_s": seconds(runtimes),
        "answers": work.answers[rows],
        "admissions": work.admissions[rows],
        "preempted": work.preempted[rows],
        "evicted": work.evicted[rows],
        "preempting": work.preempting[rows],
        "lost_s": work.lost[rows] / 1000,
        "flavors": Coded.of(given, map(flavors_text, history.facts.admissions)),
        "admitted_pods": _admitted_pods(history.facts, given),
        "amounts": Coded.of(given, map(amounts_text, history.facts.admissions)),
        "pending_reason": Coded.of_texts([reason for reason, _ in pending]),
        "pending_message": Coded.of_texts([message for _, message in pending]),
    }


def event_columns(run: Run) -> Columns:
    """One row per fact, in the order it happened."""
    facts, table = run.facts, run.facts.table
    keys = [workload.key for workload in facts.workloads]
    taken = np.isin(table[:, TYPE], [CODE["Preempted"], CODE["Evicted"], CODE["Interrupted"]])
    return {
        "t_s": table[:, AT] / 1000,
        "type": Coded.of(table[:, TYPE], TYPES),
        "workload": Coded.of(table[:, WORKLOAD], keys),
        "cluster_queue": Coded.of(table[:, QUEUE], facts.queues),
        "reason": Coded.of(table[:, TEXT], (reason for reason, _ in facts.texts)),
        "message": Coded.of(table[:, TEXT], (message for _, message in facts.texts)),
        "by": Coded.of(table[:, BY], keys),
        "flavors": Coded.of(table[:, ADMISSION], map(flavors_text, facts.admissions)),
        "pods": _admitted_pods(facts, table[:, ADMISSION]),
        "amounts": Coded.of(table[:, ADMISSION], map(amounts_text, facts.admissions)),
        "lost_s": np.where(taken, table[:, LOST] / 1000, np.nan),
    }


def usage_columns(summary: Summary) -> Columns:
    """One row per change of usage or quota of a slot, each slot from t=0 on."""
    zero = Steps.constant(0)
    slots = sorted({*summary.nominal, *summary.held})
    parts: list[tuple[Ints, Ints, Ints]] = []
    for slot in slots:
        used, nominal = summary.held.get(slot, zero), summary.nominal.get(slot, zero)
        times = np.union1d(used.times, nominal.times)
        parts.append((times, used.at(times), nominal.at(times)))
    lengths = [len(times) for times, _, _ in parts]
    which = np.repeat(np.arange(len(slots)), lengths)
    unit = np.repeat([unit_of(resource) for _, _, resource in slots], lengths) if slots else which
    times, used_, nominal_ = (np.concatenate([part[i] for part in parts]) if parts else which for i in range(3))
    names = [Coded.of(which, [slot[i] for slot in slots]) for i in range(3)]
    return {
        "t_s": times / 1000,
        **dict(zip(("cluster_queue", "flavor", "resource"), names, strict=True)),
        "used": used_ / unit,
        "nominal": nominal_ / unit,
        "borrowed": np.maximum(used_ - nominal_, 0) / unit,
    }


def queue_columns(history: History, summary: Summary) -> Columns:
    """One row per change of the number of workloads pending, each ClusterQueue from t=0 on."""
    names = list(dict.fromkeys([*(team.cluster_queue for team in summary.teams), *history.pending]))
    steps = [history.pending.get(name, Steps.constant(0)) for name in names]
    which = np.repeat(np.arange(len(names)), [len(item.times) for item in steps])
    return {
        "t_s": np.concatenate([item.times for item in steps]) / 1000 if steps else which / 1000,
        "cluster_queue": Coded.of(which, names),
        "pending": np.concatenate([item.values for item in steps]) if steps else which,
    }
