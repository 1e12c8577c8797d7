"""Every preemption and eviction: who, by whom, why, what it cost, and whether it was of any use."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kueue_sim.engine.facts import CODE, NONE, TEXT
from kueue_sim.results.history.by_workload import Mask
from kueue_sim.results.history.history import History
from kueue_sim.results.quota.quota_over_time import hours
from kueue_sim.results.step_functions.steps import Ints


@dataclass(frozen=True, slots=True)
class EvictionGroup:
    """Evictions of the same kind between the same teams. ``hours`` are accelerator-hours of run time thrown away.

    ``by`` is the preemptor's ClusterQueue, "" for evictions nobody asked for; ``idle`` counts preemptions after
    which the victim was admitted again before the preemptor was.
    """

    reason: str
    team: str
    by: str
    number: int
    hours: float
    idle: int


class Evictions:
    """One entry per eviction of the run, in the order they happened. Numbers are those of ``History``."""

    def __init__(self, history: History) -> None:
        self._history = history
        by_workload = history.by_workload
        places = np.flatnonzero(by_workload.of("Preempted") | history.evicted)
        places = places[np.argsort(by_workload.order[places], kind="stable")]
        self._places: Ints = places
        self.at: Ints = by_workload.at[places]
        self.victim: Ints = by_workload.workload[places]
        self.by: Ints = by_workload.by[places]
        self.preempted: Mask = by_workload.kind[places] == CODE["Preempted"]
        self.lost: Ints = by_workload.lost[places] * history.amounts_at(places)
        """Accelerator-milliseconds thrown away."""
        self.queue: Ints = history.queue_at(places)
        self.by_queue: Ints = np.append(history.work.queue, NONE)[self.by]
        self.text: Ints = by_workload.column(TEXT)[places]
        """Numbers of ``facts.texts``."""

    def __len__(self) -> int:
        return len(self.at)

    @cached_property
    def idle(self) -> Mask:
        """Preemptions after which the victim, and not the preemptor, was admitted next (R10.7 cannot see that)."""
        history = self._history
        admitted = np.flatnonzero(history.by_workload.of("Admitted"))
        preemptor = self.by != NONE
        victim_next = self._next_admission(admitted, self.victim)
        preemptor_next = self._next_admission(admitted, np.where(preemptor, self.by, self.victim))
        idle: Mask = preemptor & (victim_next < preemptor_next)
        return idle

    def _next_admission(self, admitted: Ints, workloads: Ints) -> Ints:
        """When, in the order of all facts, each workload was next admitted; beyond everything when it never was."""
        by_workload = self._history.by_workload
        never = np.int64(len(self._history.facts))
        if not len(admitted):
            return np.full(len(self), never)
        # Facts lie by workload and then by time, so one number orders them: workload × facts + order.
        keys = by_workload.workload[admitted] * never + by_workload.order[admitted]
        index = np.searchsorted(keys, workloads * never + by_workload.order[self._places])
        found = admitted[np.minimum(index, len(admitted) - 1)]
        inside = (index < len(admitted)) & (by_workload.workload[found] == workloads)
        answer: Ints = np.where(inside, by_workload.order[found], never)
        return answer

    @cached_property
    def groups(self) -> tuple[EvictionGroup, ...]:
        """Counted by reason, victim's team and preemptor's team, in that order; those of the drain are left out."""
        texts, queues = self._history.facts.texts, (*self._history.queues, "")
        inside = self.at <= self._history.measured_ms
        reasons = sorted({reason for reason, _ in texts} | {""})
        place = {reason: index for index, reason in enumerate(reasons)}
        reason = np.array([place[reason] for reason, _ in texts] + [place[""]], dtype=np.int64)[self.text]
        width = len(queues)
        key = (reason * width + self.queue % width) * width + self.by_queue % width
        keys, which, number = np.unique(key[inside], return_inverse=True, return_counts=True)
        lost = np.zeros(len(keys), dtype=np.int64)
        np.add.at(lost, which, self.lost[inside])
        idle = np.bincount(which, weights=self.idle[inside], minlength=len(keys))
        found = [
            EvictionGroup(
                reasons[int(k) // width // width],
                queues[int(k) // width % width],
                queues[int(k) % width],
                int(number[i]),
                hours(int(lost[i]), self._history.resource),
                int(idle[i]),
            )
            for i, k in enumerate(keys)
        ]
        return tuple(sorted(found, key=lambda group: (group.reason, group.team, group.by)))
