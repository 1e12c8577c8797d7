"""The figures per team of a run in parts: those that are sums over workloads, and their waits.

Hours are summed as whole unit-milliseconds, so they are those of the undivided run to the last digit. What needs all
workloads of a moment at once is not here: hours borrowed and lent, and the longest queue.
"""

from dataclasses import dataclass, field, fields

import numpy as np

from kueue_sim.engine.facts import NONE, Run
from kueue_sim.model import Scenario
from kueue_sim.results.history.history import History
from kueue_sim.results.quota.quota_over_time import Era, eras, hours, natural, nominal_steps, span_of, until
from kueue_sim.results.step_functions.steps import Ints
from kueue_sim.results.tables.waits import Waits, first_waits_ms, in_one_row, later_waits_ms, waits_to_start_ms


@dataclass(frozen=True, slots=True)
class TeamSums:
    """As in ``TeamSummary``, as far as sums go."""

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
    lost_hours: float
    unplaced_hours: float
    waits: Waits
    again: Waits
    pending_mean: float
    preempted: int
    preempting: int
    evicted: int
    to_start: Waits

    def flat(self) -> dict[str, object]:
        """All figures in one row, waits as ``wait_…``, ``again_…`` and ``to_start_…`` columns."""
        return in_one_row(self)


@dataclass(frozen=True, slots=True)
class Streamed:
    """What is known of a run at its end. ``run`` has only the facts that are in no part but the last."""

    run: Run
    resource: str
    teams: tuple[TeamSums, ...]
    total: TeamSums
    parts: int
    events: int


@dataclass(slots=True)
class _Sums:
    """Of one team. ``held``, ``running``, ``lost``, ``spoilt`` (of what was lost that which had run since the
    simulation began) and ``unplaced`` are unit-milliseconds, ``pending`` workload-milliseconds; waits in milliseconds,
    those that ended and those that are open."""

    workloads: int = 0
    finished: int = 0
    ended: int = 0
    never_admitted: int = 0
    preempted: int = 0
    preempting: int = 0
    evicted: int = 0
    held: int = 0
    running: int = 0
    lost: int = 0
    spoilt: int = 0
    unplaced: int = 0
    pending: int = 0
    waits: tuple[list[Ints], list[Ints]] = field(default_factory=lambda: ([], []))
    again: tuple[list[Ints], list[Ints]] = field(default_factory=lambda: ([], []))
    to_start: tuple[list[Ints], list[Ints]] = field(default_factory=lambda: ([], []))


class Sums:
    """Adds up parts of a run. ``resource`` is what hours count."""

    def __init__(self, resource: str) -> None:
        self.resource = resource
        self._by_team: dict[str, _Sums] = {}

    def add(self, history: History, preempting: Ints) -> None:
        """The workloads of a part; ``preempting`` says how often others were preempted for each."""
        queues = history.work.queue
        for number in np.unique(queues):
            mine = np.flatnonzero(queues == number)
            self._add_workloads(self._team(history.queues[number] if number != NONE else ""), history, mine, preempting)
        end = history.measured_ms
        for (name, _, resource), steps in history.held.items():
            if resource == self.resource:
                self._team(name).held += steps.integral(end)
        for name, steps in history.running.items():
            self._team(name).running += steps.integral(end)
        for name, steps in history.pending.items():
            self._team(name).pending += steps.integral(end)

    def _team(self, name: str) -> _Sums:
        return self._by_team.setdefault(name, _Sums())

    def _add_workloads(self, sums: _Sums, history: History, numbers: Ints, preempting: Ints) -> None:
        work, suffered = history.work, history.suffered
        submitted = numbers[work.submitted[numbers] != NONE]
        sums.workloads += len(submitted)
        sums.finished += int(np.count_nonzero(work.finished[submitted]))
        sums.ended += int(np.count_nonzero(work.ended[submitted] != NONE))
        sums.never_admitted += int(np.count_nonzero(work.admissions[submitted] == 0))
        sums.preempted += int(suffered.preempted[numbers].sum())
        sums.preempting += int(preempting[numbers].sum())
        sums.evicted += int(suffered.evicted[numbers].sum())
        sums.lost += int(suffered.lost_amount[numbers].sum())
        sums.spoilt += int(suffered.spoilt_amount[numbers].sum())
        sums.unplaced += int(work.unplaced[numbers].sum())
        for kept, found in (
            (sums.waits, first_waits_ms(history, submitted)),
            (sums.again, later_waits_ms(history, submitted)),
            (sums.to_start, waits_to_start_ms(history, submitted)),
        ):
            for parts, waits in zip(kept, found, strict=True):
                parts.append(waits.copy())

    def figures(self, scenario: Scenario, run: Run) -> tuple[tuple[TeamSums, ...], TeamSums]:
        """Of each team, those of the policies first and in their order, and of all together."""
        periods = eras(scenario, run)
        known = [queue.name for era in periods for queue in era.policy.cluster_queues]
        names = dict.fromkeys((*known, *sorted(name for name in self._by_team if name)))
        nominal = self._nominal(periods, run.measured_ms)
        end = run.measured_ms
        teams = tuple(self._row(name, self._team(name), nominal.get(name, 0), end) for name in names)
        everything = sum(nominal.values()) + self._of_cohorts(periods, run.measured_ms)
        return teams, self._row("", self._together(), everything, end)

    def _nominal(self, periods: list[Era], end_ms: int) -> dict[str, int]:
        found: dict[str, int] = {}
        for (name, _, resource), steps in nominal_steps(periods).items():
            if resource == self.resource:
                found[name] = found.get(name, 0) + steps.integral(span_of(end_ms))
        return found

    def _of_cohorts(self, periods: list[Era], end_ms: int) -> int:
        return sum(
            quota.nominal * span_of(era.end_ms - era.start_ms)
            for era in until(periods, end_ms)
            for cohort in era.policy.cohorts
            for group in cohort.resource_groups
            for flavor in group.flavors
            for resource, quota in flavor.resources
            if resource == self.resource
        )

    def _together(self) -> _Sums:
        whole = _Sums()
        for one in self._by_team.values():
            for name in (part.name for part in fields(_Sums)):
                value = getattr(one, name)
                if isinstance(value, int):
                    setattr(whole, name, getattr(whole, name) + value)
                else:
                    for parts, more in zip(getattr(whole, name), value, strict=True):
                        parts.extend(more)
        return whole

    def _row(self, name: str, sums: _Sums, nominal: int, end: int) -> TeamSums:
        resource = self.resource
        return TeamSums(
            cluster_queue=name,
            resource=resource,
            nominal=natural(nominal, resource) / span_of(end),
            workloads=sums.workloads,
            finished=sums.finished,
            deleted=sums.ended - sums.finished,
            unfinished=sums.workloads - sums.ended,
            never_admitted=sums.never_admitted,
            allocation=sums.held / nominal if end and nominal else None,
            utilisation=sums.running / nominal if end and nominal else None,
            held_hours=hours(sums.held, resource),
            running_hours=hours(sums.running, resource),
            goodput_hours=hours(sums.running - sums.spoilt, resource),
            lost_hours=hours(sums.lost, resource),
            unplaced_hours=hours(sums.unplaced, resource),
            waits=Waits.of(*map(_joined, sums.waits)),
            again=Waits.of(*map(_joined, sums.again)),
            pending_mean=sums.pending / end if end else 0.0,
            preempted=sums.preempted,
            preempting=sums.preempting,
            evicted=sums.evicted,
            to_start=Waits.of(*map(_joined, sums.to_start)),
        )


def _joined(parts: list[Ints]) -> Ints:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
