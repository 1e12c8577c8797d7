"""Where does everything stand at an instant? A recorded or simulated past, cut off, as a scenario that begins there.

What runs goes on with what it holds, what waits keeps its age and place: ``Simulation.present``. ``Present.now_ms`` is
the instant in the new time, which begins with the last whole second.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kueue_sim.engine.facts import AT, CODE, NONE, TYPE, WORKLOAD
from kueue_sim.engine.pods.progress import pace_of, worked
from kueue_sim.engine.simulate import simulation
from kueue_sim.model import Action, Scenario, Workload


@dataclass(frozen=True, slots=True)
class Running:
    """A workload that holds quota, and for how long it has run, without runs that were thrown away."""

    workload: Workload
    elapsed_ms: int


@dataclass(frozen=True, slots=True)
class Present:
    """What is known at an instant: what runs, what waits, and how long what ended had run.

    ``scenario`` begins at the instant, without work. ``recorded``: work was taken over from a cluster, so
    that run times are learned from what that remembers.
    """

    scenario: Scenario
    running: tuple[Running, ...]
    waiting: tuple[Workload, ...]
    ended: tuple[tuple[Workload, int], ...]
    at_ms: int
    recorded: bool = False

    @property
    def now_ms(self) -> int:
        """The instant in the time of scenarios made from this."""
        return self.at_ms % 1000

    def light(self) -> "Present":
        """Without what has ended, which futures do not need."""
        return replace(self, ended=(), scenario=replace(self.scenario, past=()))

    def onward(
        self,
        runtimes: Sequence[int | None],
        waiting: Sequence[Workload],
        coming: Iterable[Workload],
        ahead_ms: int,
        actions: Sequence[Action] = (),
    ) -> Scenario:
        """The scenario from here on: total run times of what runs, what waits, and what comes, for ``ahead_ms``.

        ``coming`` is in the time of the new scenario, ``actions`` count from the instant; planned actions of the
        scenario come at their time.
        """
        now, scenario = self.now_ms, self.scenario
        known = [
            item.workload._replace(runtime_ms=None if runtime is None else max(runtime, item.elapsed_ms + 1))
            for item, runtime in zip(self.running, runtimes, strict=True)
        ]
        known += [one for one in waiting if one.status is not None]
        planned = [one._replace(created_ms=now) for one in waiting if one.status is None]
        extra = [replace(item, at_ms=item.at_ms + now) for item in actions]
        return replace(
            scenario,
            workloads=Onward((*known, *planned), coming),
            timeline=tuple(sorted([*scenario.timeline, *extra], key=lambda item: item.at_ms)),
            horizon_ms=now + ahead_ms,
        )


@dataclass(frozen=True, slots=True)
class Onward:
    """``known`` work, then what is ``coming``, in order of submission; the latter is made as it is needed."""

    known: tuple[Workload, ...]
    coming: Iterable[Workload]

    def __iter__(self) -> Iterator[Workload]:
        yield from self.known
        yield from self.coming


class Recording:
    """A scenario played up to ``until_ms``, to be looked at from ``instants``, each with the eyes of that instant.

    None: until nothing can happen any more.
    """

    def __init__(self, scenario: Scenario, until_ms: int | None, instants: Iterable[int] = ()) -> None:
        self._past = tuple(item for item in scenario.workloads if until_ms is None or item.created_ms <= until_ms)
        self._recorded = any(item.status is not None for item in self._past)
        running = simulation(replace(scenario, workloads=self._past, horizon_ms=until_ms, drain=False))
        self._present = {at: running.present(at) for at in sorted(set(instants))}
        run = running.run()
        self._table = run.facts.table
        self._keys = [item.key for item in run.facts.workloads]
        self._workloads = run.facts.workloads
        self.first_admitted = self._at_last(self._table[::-1], CODE["Admitted"])
        """When each workload was first admitted, by key; without those that never were."""

    def arrivals(self, at_ms: int) -> tuple[Workload, ...]:
        """What was submitted up to the instant."""
        return self._past[: bisect_right(self._past, at_ms, key=lambda item: item.created_ms)]

    def present(self, at_ms: int) -> Present:
        """How things stood at one of the instants. Nothing that happened later is looked at."""
        scenario = self._present[at_ms]
        table = self._table[: np.searchsorted(self._table[:, AT], at_ms, side="right")]
        ended = self._at_last(table, CODE["Finished"])
        now = at_ms % 1000
        running = [item for item in scenario.workloads if item.status is not None and item.status.admission is not None]
        waiting = [item for item in scenario.workloads if item.status is None or item.status.admission is None]
        return Present(
            replace(scenario, workloads=()),
            tuple(Running(item, elapsed_ms(item, now)) for item in running),
            tuple(waiting),
            tuple(
                (item, item.runtime_ms) for item in self._workloads if item.key in ended and item.runtime_ms is not None
            ),
            at_ms,
            self._recorded,
        )

    def _at_last(self, table: NDArray[np.int64], kind: int) -> dict[str, int]:
        """When the last fact of a kind was noted, in the order of these rows, by workload."""
        rows = table[table[:, TYPE] == kind]
        found = np.full(len(self._keys), NONE)
        found[rows[:, WORKLOAD]] = rows[:, AT]
        return {self._keys[number]: int(found[number]) for number in np.flatnonzero(found != NONE)}


def elapsed_ms(workload: Workload, now_ms: int) -> int:
    """How long work that holds quota has run at the instant, what survived earlier interruptions included."""
    status = workload.status
    if status is None or status.admission is None or status.admission.admitted_ms is None:
        return 0
    admission = status.admission
    if not admission.pods_scheduled:
        return status.done_ms
    began = -admission.ran_ms if admission.ran_ms is not None else admission.admitted_ms
    assert began is not None
    return status.done_ms + worked(max(0, now_ms - began), pace_of(workload, admission.pod_sets))


def present_of(scenario: Scenario, at_ms: int) -> Present:
    """The state of a scenario at an instant. Nothing that happens later is looked at."""
    return Recording(scenario, at_ms, [at_ms]).present(at_ms)
