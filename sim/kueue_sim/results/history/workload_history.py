"""The life of one workload as one value, for those who look at few: explanations, drawings, expectations."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from kueue_sim.engine.facts import NONE, TYPES, Facts
from kueue_sim.model import PodSetAssignment, Scenario, Workload
from kueue_sim.results.history.admission_table import Admissions, Work


@dataclass(frozen=True, slots=True)
class Admission:
    """One admission. ``stopped_ms`` is the end of its run, ``released_ms`` of its quota; None: still open.

    ``admitted_ms`` is the instant at which quota was reserved while admission checks are not through yet.
    ``ending`` is the type of the fact that stopped it, "" while it is open. ``started_ms``: its work began, None where
    it did not, or was there before the simulation.
    """

    admitted_ms: int
    waited_ms: int
    amount: int
    pod_sets: tuple[PodSetAssignment, ...]
    stopped_ms: int | None = None
    released_ms: int | None = None
    ending: str = ""
    reason: str = ""
    started_ms: int | None = None


@dataclass(frozen=True, slots=True)
class WorkloadHistory:
    """What happened to one workload. Times in milliseconds; None: it did not happen. ``submitted_ms`` is negative for
    what waited when the simulation began, and None for what held quota then."""

    workload: Workload
    queue: str
    submitted_ms: int | None = None
    ended_ms: int | None = None
    waiting_since: int | None = None
    waited_ms: int = 0
    stays: tuple[Admission, ...] = field(default=())
    preempted: int = 0
    evicted: int = 0
    preempting: int = 0
    lost_ms: int = 0
    answers: int = 0


class WorkloadHistories(Mapping[str, WorkloadHistory]):
    """Lives by workload key, in order of submission; those of the scenario that were never submitted come last.

    A life is made when it is asked for: go through the arrays of ``History`` where there may be many.
    """

    def __init__(
        self, scenario: Scenario, facts: Facts, queues: tuple[str, ...], work: Work, admissions: Admissions
    ) -> None:
        self._scenario = scenario
        self._facts = facts
        self._queues = queues
        self._work = work
        self._admissions = admissions

    @cached_property
    def _number(self) -> dict[str, int]:
        return {workload.key: index for index, workload in enumerate(self._facts.workloads)}

    @cached_property
    def _unborn(self) -> dict[str, Workload]:
        known = self._number
        return {item.key: item for item in self._scenario.workloads if item.key not in known}

    def __getitem__(self, key: str) -> WorkloadHistory:
        number = self._number.get(key)
        return self.at(number) if number is not None else self._unborn_life(self._unborn[key])

    def __iter__(self) -> Iterator[str]:
        yield from self._number
        yield from self._unborn

    def __len__(self) -> int:
        return len(self._number) + len(self._unborn)

    def _unborn_life(self, workload: Workload) -> WorkloadHistory:
        queues = self._scenario.policy.local_queues
        wanted = (workload.namespace, workload.queue_name)
        target = (queue.cluster_queue for queue in queues if (queue.namespace, queue.name) == wanted)
        return WorkloadHistory(workload, next(target, ""))

    def at(self, number: int) -> WorkloadHistory:
        """The life of the workload with this number in the facts."""
        work = self._work
        first, last = int(work.first_stay[number]), int(work.first_stay[number + 1])
        queue = int(work.queue[number])
        return WorkloadHistory(
            self._facts.workloads[number],
            self._queues[queue] if queue != NONE else "",
            None if work.submitted[number] == NONE else int(work.created[number]),
            _maybe(work.ended[number]),
            _maybe(work.waiting_since[number]),
            int(work.waited[number]),
            tuple(self._stay(index) for index in range(first, last)),
            int(work.preempted[number]),
            int(work.evicted[number]),
            int(work.preempting[number]),
            int(work.lost[number]),
            int(work.answers[number]),
        )

    def _stay(self, index: int) -> Admission:
        stays, facts = self._admissions, self._facts
        admitted, ending, text = int(stays.admitted[index]), int(stays.ending[index]), int(stays.text[index])
        return Admission(
            admitted if admitted != NONE else int(stays.reserved[index]),
            max(0, int(stays.waited[index])),
            int(stays.amount[index]),
            facts.admissions[int(stays.admission[index])],
            _maybe(stays.stopped[index]),
            _maybe(stays.released[index]),
            TYPES[ending] if ending != NONE else "",
            facts.texts[text][0] if text != NONE else "",
            _maybe(stays.started[index]),
        )


def _maybe(value: int) -> int | None:
    return None if value == NONE else int(value)
