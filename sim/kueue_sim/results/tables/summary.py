"""The figures per team (ClusterQueue). Every average over time is an exact integral; docs/outputs.md defines each.

Plain numbers only: neither pandas nor matplotlib, so that a text report is quick.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kueue_sim.engine.facts import NONE
from kueue_sim.results.history.history import History
from kueue_sim.results.quota.ledger import Pair, lent
from kueue_sim.results.quota.quota_over_time import Era, Slot, hours, natural, nominal_steps, quotas, span_of, until
from kueue_sim.results.step_functions.steps import Ints, Steps
from kueue_sim.results.tables.evictions import Evictions
from kueue_sim.results.tables.waits import Waits, first_waits, in_one_row, later_waits, waits_to_start

ZERO = Steps.constant(0)


@dataclass(frozen=True, slots=True)
class TeamSummary:
    """One team's run. Hours are resource-hours of ``resource``; shares are of nominal quota, None without any."""

    cluster_queue: str
    resource: str
    nominal: float
    workloads: int
    finished: int
    deleted: int
    unfinished: int
    never_admitted: int
    allocation: float | None
    utilisation: float | None
    held_hours: float
    running_hours: float
    goodput_hours: float
    borrowed_hours: float
    lent_hours: float
    lost_hours: float
    caused_hours: float
    unplaced_hours: float
    waits: Waits
    again: Waits
    pending_mean: float
    pending_max: int
    preempted: int
    preempting: int
    evicted: int
    to_start: Waits

    def flat(self) -> dict[str, object]:
        """All figures in one row, waits as ``wait_…``, ``again_…`` and ``to_start_…`` columns."""
        return in_one_row(self)

    def of_quota(self) -> dict[str, object]:
        """The figures that count the resource, in one row."""
        return {name: getattr(self, name) for name in OF_QUOTA}


OF_QUOTA = (
    "resource", "cluster_queue", "nominal", "allocation", "utilisation", "held_hours", "running_hours", "goodput_hours",
    "borrowed_hours", "lent_hours", "lost_hours", "caused_hours", "unplaced_hours",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Areas:
    """Integrals over the run in unit-milliseconds; ``pending`` in workload-milliseconds. ``nominal`` is that of one
    millisecond where the run takes no time (``span_of``)."""

    nominal: int
    held: int
    running: int
    borrowed: int
    pending: int
    pending_max: int


class Summary:
    """``teams`` in order of the policy, ``total`` over all of them, ``pairs`` lent hours by (lender, borrower).

    Averages, hours and evictions are over the time that is measured, without the drain; waits and states of
    workloads are those at the end of the run. ``nominal`` and ``held`` are step functions over all of it.
    """

    def __init__(self, history: History, evictions: Evictions, periods: list[Era]) -> None:
        self._history = history
        self._evictions = evictions
        self._measured = evictions.at <= history.measured_ms
        self._periods = periods
        self._until = until(periods, history.measured_ms)
        self.nominal = nominal_steps(periods)
        self.held = history.held
        self.cohort_quota = _cohort_quota(self._until)
        """Nominal quota that cohorts own, times milliseconds, by flavor and resource."""

    @cached_property
    def pairs(self) -> dict[Pair, float]:
        """Hours lent by (lender, borrower)."""
        resource = self._history.resource
        return {pair: hours(amount, resource) for pair, amount in lent(self._until, self.held, resource).items()}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The teams in order of the policy, then those that only work names."""
        return tuple(name for name in self._numbers if name)

    @cached_property
    def teams(self) -> tuple[TeamSummary, ...]:
        """The figures of each team, in order of the policy, then of those that only work names."""
        return tuple(self._team(name, numbers) for name, numbers in self._numbers.items() if name)

    @cached_property
    def total(self) -> TeamSummary:
        """The figures over all workloads."""
        return self._total(np.arange(len(self._history.facts.workloads)))

    @cached_property
    def _numbers(self) -> dict[str, Ints]:
        return self._members([queue.name for era in self._periods for queue in era.policy.cluster_queues])

    def _members(self, known: list[str]) -> dict[str, Ints]:
        """Numbers of the workloads of each team: those of the policies first, in their order."""
        queue = self._history.work.queue
        order = np.argsort(queue, kind="stable").astype(np.int64)
        present, first = np.unique(queue[order], return_index=True)
        last = np.append(first[1:], len(order))[: len(first)]
        members: dict[str, Ints] = {name: order[:0] for name in known}
        for number, start, stop in zip(present, first, last, strict=True):
            members[self._history.queues[number] if number != NONE else ""] = order[start:stop]
        return members

    def slots(self, queue: str) -> list[Slot]:
        """The accelerator slots of a queue, those with quota first."""
        every = {**self.nominal, **self.held}
        return [slot for slot in every if slot[0] == queue and slot[2] == self._history.resource]

    def _team(self, name: str, numbers: Ints) -> TeamSummary:
        end = self._history.measured_ms
        used = [(self.held.get(slot, ZERO), self.nominal.get(slot, ZERO)) for slot in self.slots(name)]
        pending = self._history.pending.get(name, ZERO)
        areas = _Areas(
            sum(quota.integral(span_of(end)) for _, quota in used),
            sum(held.integral(end) for held, _ in used),
            self._history.running.get(name, ZERO).integral(end),
            sum(held.over(quota).integral(end) for held, quota in used),
            pending.integral(end),
            pending.most(end),
        )
        given = sum(amount for (lender, _), amount in self.pairs.items() if lender == name)
        number = self._history.queue_numbers.get(name)
        caused = self._measured & (self._evictions.by_queue == number if number is not None else False)
        return self._row(name, numbers, areas, given, int(self._evictions.lost[caused].sum()))

    def _total(self, numbers: Ints) -> TeamSummary:
        """Sums over the teams; nominal includes quota that cohorts own."""
        end, resource = self._history.measured_ms, self._history.resource
        slots = [slot for name in self.names for slot in self.slots(name)]
        used = [(self.held.get(slot, ZERO), self.nominal.get(slot, ZERO)) for slot in slots]
        nominal = sum(quota.integral(span_of(end)) for _, quota in used)
        nominal += sum(area for (_, name), area in self.cohort_quota.items() if name == resource)
        pending = Steps.sum(list(self._history.pending.values()))
        areas = _Areas(
            nominal,
            sum(held.integral(end) for held, _ in used),
            sum(steps.integral(end) for steps in self._history.running.values()),
            sum(held.over(quota).integral(end) for held, quota in used),
            pending.integral(end),
            pending.most(end),
        )
        caused = int(self._evictions.lost[(self._evictions.by_queue != NONE) & self._measured].sum())
        return self._row("", numbers, areas, sum(self.pairs.values()), caused)

    def _row(self, name: str, numbers: Ints, areas: _Areas, given: float, caused: int) -> TeamSummary:
        resource, end, work = self._history.resource, self._history.measured_ms, self._history.work
        suffered = self._history.suffered
        submitted = numbers[work.submitted[numbers] != NONE]
        finished = int(np.count_nonzero(work.finished[submitted]))
        ended = int(np.count_nonzero(work.ended[submitted] != NONE))
        lost, spoilt = (int(each[numbers].sum()) for each in (suffered.lost_amount, suffered.spoilt_amount))
        return TeamSummary(
            cluster_queue=name,
            resource=resource,
            nominal=natural(areas.nominal, resource) / span_of(end),
            workloads=len(submitted),
            finished=finished,
            deleted=ended - finished,
            unfinished=len(submitted) - ended,
            never_admitted=int(np.count_nonzero(work.admissions[submitted] == 0)),
            allocation=areas.held / areas.nominal if end and areas.nominal else None,
            utilisation=areas.running / areas.nominal if end and areas.nominal else None,
            held_hours=hours(areas.held, resource),
            running_hours=hours(areas.running, resource),
            goodput_hours=hours(areas.running - spoilt, resource),
            borrowed_hours=hours(areas.borrowed, resource),
            lent_hours=given,
            lost_hours=hours(lost, resource),
            caused_hours=hours(caused, resource),
            unplaced_hours=hours(int(work.unplaced[numbers].sum()), resource),
            waits=first_waits(self._history, submitted),
            again=later_waits(self._history, submitted),
            pending_mean=areas.pending / end if end else 0.0,
            pending_max=areas.pending_max,
            preempted=int(suffered.preempted[numbers].sum()),
            preempting=int(suffered.preempting[numbers].sum()),
            evicted=int(suffered.evicted[numbers].sum()),
            to_start=waits_to_start(self._history, submitted),
        )


def _cohort_quota(periods: list[Era]) -> dict[tuple[str, str], int]:
    areas: dict[tuple[str, str], int] = {}
    for era in periods:
        for cohort in era.policy.cohorts:
            for flavor, resource, quota in quotas(cohort):
                width = span_of(era.end_ms - era.start_ms)
                areas[flavor, resource] = areas.get((flavor, resource), 0) + quota.nominal * width
    return areas
