"""Where does everything stand at an instant? A recorded or simulated past, cut off, as a scenario that starts there.

What runs is submitted first, a second apart in the order in which it got its quota, then what waits in the order of
creation; so the simulated cluster fills up as the real one did. ``Present.now_ms`` is the instant in the new time.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kueue_sim.engine import simulate
from kueue_sim.engine.facts import AT, CODE, NONE, TYPE, WORKLOAD
from kueue_sim.model import Action, Scenario, Workload

SPACING_MS = 1000
"""Workloads are submitted this far apart, because Kueue's order knows whole seconds."""
PLACING = ("cordon", "uncordon", "fail", "repair", "add-nodes", "remove-node", "apply", "stop")
"""Actions of the past that still hold."""


@dataclass(frozen=True, slots=True)
class Running:
    """A workload that holds quota, and for how long it has run."""

    workload: Workload
    elapsed_ms: int


@dataclass(frozen=True, slots=True)
class Present:
    """What is known at an instant: what runs, what waits, and how long what ended had run.

    ``scenario`` is all but the work.
    """

    scenario: Scenario
    running: tuple[Running, ...]
    waiting: tuple[Workload, ...]
    ended: tuple[tuple[Workload, int], ...]
    at_ms: int

    @property
    def now_ms(self) -> int:
        """The instant in the time of scenarios made from this."""
        return SPACING_MS * (len(self.running) + len(self.waiting) + 1)

    def light(self) -> "Present":
        """Without what has ended, which futures do not need."""
        return replace(self, ended=())

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
        work = [
            item.workload._replace(
                created_ms=SPACING_MS * index,
                runtime_ms=None if runtime is None else now - SPACING_MS * index + max(1, runtime - item.elapsed_ms),
            )
            for index, (item, runtime) in enumerate(zip(self.running, runtimes, strict=True))
        ]
        begun = len(work)
        work += [item._replace(created_ms=SPACING_MS * (begun + index)) for index, item in enumerate(waiting)]
        held = [replace(item, at_ms=0) for item in scenario.timeline if item.at_ms <= self.at_ms and item.do in PLACING]
        planned = [
            replace(item, at_ms=item.at_ms - self.at_ms + now) for item in scenario.timeline if item.at_ms > self.at_ms
        ]
        extra = [replace(item, at_ms=item.at_ms + now) for item in actions]
        return replace(
            scenario,
            workloads=Onward(tuple(work), coming),
            timeline=tuple(sorted([*held, *planned, *extra], key=lambda item: item.at_ms)),
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
    """A scenario played up to ``until_ms``, to be looked at from any instant before, with the eyes of that instant.

    None: until nothing can happen any more.
    """

    def __init__(self, scenario: Scenario, until_ms: int | None) -> None:
        self._past = tuple(item for item in scenario.workloads if until_ms is None or item.created_ms <= until_ms)
        run = simulate(replace(scenario, workloads=self._past, horizon_ms=until_ms))
        self._rest = replace(scenario, workloads=())
        self._table = run.facts.table
        self._keys = [item.key for item in run.facts.workloads]
        self.first_admitted = self._last(self._table[::-1], (CODE["Admitted"],), AT)
        """When each workload was first admitted, by key; without those that never were."""

    def arrivals(self, at_ms: int) -> tuple[Workload, ...]:
        """What was submitted up to the instant."""
        return self._past[: bisect_right(self._past, at_ms, key=lambda item: item.created_ms)]

    def present(self, at_ms: int) -> Present:
        """How things stood at the instant. Nothing that happened later is looked at."""
        table = self._table[: np.searchsorted(self._table[:, AT], at_ms, side="right")]
        past = self.arrivals(at_ms)
        state = self._last(table, tuple(_STATES), TYPE)
        reserved = self._last(table, (CODE["Admitted"],), AT)
        begun = self._last(table, (CODE["Started"],), AT) or reserved
        ended = self._last(table, (CODE["Finished"],), AT)
        running = sorted(
            (item for item in past if _STATES.get(state.get(item.key, -1)) == "holds quota"),
            key=lambda item: (reserved.get(item.key, at_ms), item.created_ms, item.key),
        )
        return Present(
            self._rest,
            tuple(Running(item, at_ms - begun.get(item.key, at_ms)) for item in running),
            tuple(item for item in past if _STATES.get(state.get(item.key, -1)) == "waits"),
            tuple(
                (item, ended[item.key] - begun[item.key]) for item in past if item.key in ended and item.key in begun
            ),
            at_ms,
        )

    def _last(self, table: NDArray[np.int64], kinds: tuple[int, ...], column: int) -> dict[str, int]:
        """A column of the last row of one of these kinds, by workload."""
        rows = table[np.isin(table[:, TYPE], kinds)]
        found = np.full(len(self._keys), NONE)
        found[rows[:, WORKLOAD]] = rows[:, column]
        return {self._keys[number]: int(found[number]) for number in np.flatnonzero(found != NONE)}


_STATES = {
    CODE[name]: state
    for state, names in {
        "waits": ("Submitted", "Requeued", "Deactivated", "Reactivated"),
        "holds quota": ("QuotaReserved", "Admitted"),
        "is gone": ("Finished", "Deleted"),
    }.items()
    for name in names
}
"""What a workload does from a fact on; other facts change nothing of it."""


def present_of(scenario: Scenario, at_ms: int) -> Present:
    """The state of a scenario at an instant. Nothing that happens later is looked at."""
    return Recording(scenario, at_ms).present(at_ms)
