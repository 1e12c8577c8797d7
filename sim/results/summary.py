"""The figures per team (ClusterQueue). Every average over time is an exact integral; docs/outputs.md defines each.

Plain numbers only: neither pandas nor matplotlib, so that a text report is quick.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.results.history import History, Life
from sim.results.ledger import Pair, lent
from sim.results.quota import Era, Slot, hours, natural, nominal_steps, quotas
from sim.results.steps import Changes, Steps


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds from submission to first admission, over those admitted; None when nobody was."""

    mean_s: float | None
    p50_s: float | None
    p90_s: float | None
    p95_s: float | None
    p99_s: float | None
    max_s: float | None
    open_max_s: float | None
    """Longest wait so far of a workload that was never admitted."""

    @classmethod
    def of(cls, lives: Sequence[Life], end_ms: int) -> "Waits":
        done = [_first_wait(life) / 1000 for life in lives if life.stays]
        still = [
            (end_ms - life.waiting_since) / 1000 for life in lives if not life.stays and life.waiting_since is not None
        ]
        longest = max(still, default=None)
        if not done:
            return cls(None, None, None, None, None, None, longest)
        p50, p90, p95, p99 = (float(value) for value in np.percentile(done, (50, 90, 95, 99)))
        return cls(sum(done) / len(done), p50, p90, p95, p99, max(done), longest)


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
    unplaced_hours: float
    waits: Waits
    pending_mean: float
    preempted: int
    preempting: int
    evicted: int

    def flat(self) -> dict[str, object]:
        """All figures in one row, waits as ``wait_…`` columns."""
        row: dict[str, object] = {}
        for name in self.__slots__:
            if name == "waits":
                row |= {f"wait_{part}": getattr(self.waits, part) for part in Waits.__slots__}
            else:
                row[name] = getattr(self, name)
        return row


class Summary:
    """``teams`` in order of the policy, ``total`` over all of them, ``pairs`` lent hours by (lender, borrower)."""

    def __init__(self, history: History, periods: list[Era], states: dict[str, str]) -> None:
        self._history = history
        self._states = states
        self.nominal = nominal_steps(periods)
        self.held = {slot: Steps.of(changes) for slot, changes in history.held.items()}
        resource = history.resource
        pairs = lent(periods, self.held, resource)
        self.pairs: dict[Pair, float] = {pair: hours(amount, resource) for pair, amount in pairs.items()}
        members: dict[str, list[Life]] = {queue.name: [] for era in periods for queue in era.policy.cluster_queues}
        for life in history.lives.values():
            members.setdefault(life.queue, []).append(life)
        self.teams = tuple(self._team(name, lives) for name, lives in members.items() if name)
        self.total = self._total(list(history.lives.values()), periods)

    def _slots(self, queue: str) -> list[Slot]:
        """The accelerator slots of a queue, those with quota first."""
        every = {**self.nominal, **self.held}
        return [slot for slot in every if slot[0] == queue and slot[2] == self._history.resource]

    def _team(self, name: str, lives: list[Life]) -> TeamSummary:
        end = self._history.end_ms
        zero = Steps.constant(0)
        nominal = held = borrowed = 0
        for slot in self._slots(name):
            used, quota = self.held.get(slot, zero), self.nominal.get(slot, zero)
            nominal += quota.integral(end)
            held += used.integral(end)
            borrowed += used.over(quota).integral(end)
        running = Steps.of(self._history.running.get(name, Changes.none())).integral(end)
        pending = Steps.of(self._history.pending.get(name, Changes.none())).integral(end)
        given = sum(amount for (lender, _), amount in self.pairs.items() if lender == name)
        return self._row(name, lives, (nominal, held, running, borrowed, pending), given)

    def _total(self, lives: list[Life], periods: list[Era]) -> TeamSummary:
        """Sums over the teams; nominal includes quota that cohorts own."""
        end, resource = self._history.end_ms, self._history.resource
        parts = [0, 0, 0, 0, 0]
        for name in [team.cluster_queue for team in self.teams]:
            slots = self._slots(name)
            zero = Steps.constant(0)
            parts[0] += sum(self.nominal.get(slot, zero).integral(end) for slot in slots)
            parts[1] += sum(self.held.get(slot, zero).integral(end) for slot in slots)
            parts[3] += sum(self.held.get(s, zero).over(self.nominal.get(s, zero)).integral(end) for s in slots)
        for era in periods:
            owned = (quota for cohort in era.policy.cohorts for _, name, quota in quotas(cohort) if name == resource)
            parts[0] += sum(quota.nominal for quota in owned) * (era.end_ms - era.start_ms)
        parts[2] = sum(Steps.of(changes).integral(end) for changes in self._history.running.values())
        parts[4] = sum(Steps.of(changes).integral(end) for changes in self._history.pending.values())
        nominal, held, running, borrowed, pending = parts
        return self._row("", lives, (nominal, held, running, borrowed, pending), sum(self.pairs.values()))

    def _row(self, name: str, lives: list[Life], areas: tuple[int, int, int, int, int], given: float) -> TeamSummary:
        nominal, held, running, borrowed, pending = areas
        resource, end = self._history.resource, self._history.end_ms
        submitted = [life for life in lives if life.submitted_ms is not None]
        states = [self._states.get(life.workload.key, "pending") for life in submitted]
        lost = sum(life.lost_amount_ms for life in lives)
        return TeamSummary(
            cluster_queue=name,
            resource=resource,
            nominal=natural(nominal, resource) / end if end else 0.0,
            workloads=len(submitted),
            finished=states.count("finished"),
            deleted=states.count("deleted"),
            unfinished=sum(state not in ("finished", "deleted") for state in states),
            never_admitted=sum(not life.stays for life in submitted),
            allocation=held / nominal if nominal else None,
            utilisation=running / nominal if nominal else None,
            held_hours=hours(held, resource),
            running_hours=hours(running, resource),
            goodput_hours=hours(running - lost, resource),
            borrowed_hours=hours(borrowed, resource),
            lent_hours=given,
            lost_hours=hours(lost, resource),
            unplaced_hours=hours(sum(life.unplaced_amount_ms for life in lives), resource),
            waits=Waits.of(submitted, end),
            pending_mean=pending / end if end else 0.0,
            preempted=sum(life.preempted for life in lives),
            preempting=sum(life.preempting for life in lives),
            evicted=sum(life.evicted for life in lives),
        )


def _first_wait(life: Life) -> int:
    return life.stays[0].waited_ms
