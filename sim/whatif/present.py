"""Where does everything stand at an instant? A recorded or simulated past, cut off, as a scenario that starts there.

What runs is submitted first, a second apart in the order in which it got its quota, then what waits in the order of
creation; so the simulated cluster fills up as the real one did. ``Present.now_ms`` is the instant in the new time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sim.engine import Run, simulate
from sim.engine.facts import AT, CODE, TYPE, WORKLOAD
from sim.model import Action, Scenario, Workload

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


def present_of(scenario: Scenario, at_ms: int) -> Present:
    """The state of a scenario at an instant. Nothing that happens later is looked at."""
    past = tuple(item for item in scenario.workloads if item.created_ms <= at_ms)
    known = replace(scenario, workloads=past, horizon_ms=at_ms)
    run = simulate(known)
    begun = _last(run, "Started" if _has(run, "Started") else "Admitted")
    reserved = _last(run, "Admitted")
    ended = _last(run, "Finished")
    running = sorted(
        (item for item in past if run.states.get(item.key) in ("admitted", "quotaReserved")),
        key=lambda item: (reserved.get(item.key, at_ms), item.created_ms, item.key),
    )
    return Present(
        replace(scenario, workloads=()),
        tuple(Running(item, at_ms - begun.get(item.key, at_ms)) for item in running),
        tuple(item for item in past if run.states.get(item.key) == "pending"),
        tuple((item, ended[item.key] - begun[item.key]) for item in past if item.key in ended and item.key in begun),
        at_ms,
    )


def _has(run: Run, kind: str) -> bool:
    return bool((run.facts.table[:, TYPE] == CODE[kind]).any())


def _last(run: Run, kind: str) -> dict[str, int]:
    """When each workload last had a fact of this kind."""
    table = run.facts.table
    rows = table[table[:, TYPE] == CODE[kind]]
    keys = [item.key for item in run.facts.workloads]
    return {keys[number]: at for number, at in zip(rows[:, WORKLOAD].tolist(), rows[:, AT].tolist(), strict=True)}
