"""The run of one scenario: simulated time, arrivals, ends, evictions and scheduling cycles.

At one instant: ends, completed evictions, timers, arrivals and the administrator's actions, then cycles back
to back until nothing changes any more. Time stands still while cycles run (unless a profile gives them a cost).
Whatever is due at an instant is collected first, then worked off.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from operator import attrgetter
from sys import maxsize
from typing import Any, NamedTuple

import simpy
from simpy.events import Event, Timeout

from kueue_sim.engine.event_handlers import EventHandlers
from kueue_sim.engine.facts import Fact, Facts, Run
from kueue_sim.engine.garbage_collection import rare_collections
from kueue_sim.engine.pods.pods import Pods, has_nodes
from kueue_sim.errors import EndlessPreemption, StopRun
from kueue_sim.model import Action, Scenario, Workload
from kueue_sim.policy.workloads.workload_info import Reservation
from kueue_sim.units import format_instant, parse_instant

IDLE_CYCLES = 6
"""Cycles in a row without any change after which Kueue is known to wait for an event."""
LOOP_CYCLES = 1000
"""Cycles at one instant after which the same state coming back is taken for an endless loop."""

Progress = Callable[[int, int, int], None]
"""Called at every instant with simulated milliseconds, workloads submitted, workloads finished; may raise StopRun."""


class _Timer(NamedTuple):
    key: str
    do: Callable[[int], None]


class Simulation:
    """One run. Due work of an instant is done in the order of its kind, then by key."""

    with_pods = True
    """Whether pods are placed on the nodes; without, nodes only give a topology its capacity."""
    cycles_are_free = True
    """Whether a cycle takes no time, so that it may take place before the instant is over."""

    def __init__(self, scenario: Scenario, progress: Progress | None = None, shortcuts: bool = True) -> None:
        """``shortcuts`` off: the scheduler works out every answer anew, which takes longer and decides the same."""
        self._scenario = scenario
        self._shortcuts = shortcuts
        self._env = simpy.Environment()
        self._state = self._new_state()
        self._progress = progress
        self._pods: Pods | None = None
        if self.with_pods and has_nodes(scenario) and scenario.placement.policy != "none":
            self._pods = self._state.pods = Pods(scenario, self, self._state.pod_facts)
            if scenario.policy.topologies:
                self._pods.occupied = self._state.pod_moved
        self._ends: list[Any] = []
        self._releases: list[Any] = []
        self._timers: list[_Timer] = []
        self._arrivals: list[Any] = []
        self._actions: list[Action] = []
        self._source: Iterator[Workload] = iter(scenario.workloads)
        self._cycles = 0
        self._begun = False

    def _new_state(self) -> EventHandlers:
        return EventHandlers(self._scenario, self, self._shortcuts)

    def run(self) -> Run:
        """Play the scenario to its horizon, or until nothing can happen any more. Raises EndlessPreemption."""
        self._begin()
        horizon = self._scenario.horizon_ms
        interrupted = False
        try:
            with rare_collections():
                self._play(maxsize if horizon is None else horizon + 1)
        except StopRun:
            interrupted = True
        state = self._state
        end = horizon if horizon is not None and not interrupted else round(self._env.now)
        nodes = None if self._pods is None else self._pods.report(end)
        return Run(state.facts, state.left(), state.pending_reasons(), self._cycles, end, interrupted, nodes)

    def present(self, at_ms: int) -> Scenario:
        """The scenario that begins with the state at this instant, up to which the run is played; instants of several
        calls rise. It starts at the last whole second; planned actions come, workloads of later submission do not."""
        self._begin()
        with rare_collections():
            self._play(at_ms + 1)
        base_ms = at_ms // 1000 * 1000
        policy, nodes, workloads = self._state.present(base_ms)
        scenario = self._scenario
        planned = [replace(one, at_ms=one.at_ms - base_ms) for one in scenario.timeline if one.at_ms > at_ms]
        start = format_instant(parse_instant(scenario.start) + base_ms)
        horizon = None if scenario.horizon_ms is None else scenario.horizon_ms - base_ms
        return replace(
            scenario,
            policy=policy,
            nodes=nodes,
            workloads=workloads,
            timeline=tuple(planned),
            start=start,
            horizon_ms=horizon,
        )

    def _begin(self) -> None:
        """What is there already is taken over and settles; everything else comes in its time."""
        if self._begun:
            return
        self._begun = True
        for action in sorted(self._scenario.timeline, key=lambda item: item.at_ms):
            self._after(max(0, action.at_ms), self._actions, action)
        present = []
        for workload in self._source:
            if workload.status is None:
                self._source = chain((workload,), self._source)
                break
            present.append(workload)
        if present:
            self._state.take_over(present)
            self._instant(0)
        self._feed()

    @property
    def facts(self) -> Facts:
        """What happened so far, also after a run that was stopped by an error."""
        return self._state.facts

    # -- what is due when ---------------------------------------------------------------------------------

    def _after(self, delay_ms: int, due: list[Any], item: object) -> None:
        """After this time ``item`` is due; what is due is worked off when the instant is complete."""

        def note(event: Event) -> None:
            due.append(item)

        Timeout(self._env, delay_ms).callbacks.append(note)

    def at(self, at_ms: int, key: str, do: Callable[[int], None]) -> None:
        """Run something at a later time, or once more in this instant."""
        self._after(max(0, at_ms - int(self._env.now)), self._timers, _Timer(key, do))

    def finish_after(self, reservation: Reservation, runtime_ms: int) -> None:
        """What was admitted runs from now on."""
        Timeout(self._env, runtime_ms, reservation).callbacks.append(self._ended)

    def _ended(self, event: Event) -> None:
        self._ends.append(event.value)

    def _feed(self) -> None:
        """Wait for the next workload of the source; only one is known ahead, however long a trace is."""
        workload = next(self._source, None)
        if workload is not None:
            delay = workload.created_ms - self._env.now
            Timeout(self._env, delay if delay > 0 else 0, workload).callbacks.append(self._arrived)

    def _arrived(self, event: Event) -> None:
        self._arrivals.append(event.value)
        self._feed()

    # -- one instant --------------------------------------------------------------------------------------

    def _play(self, end_ms: int) -> None:
        """Instant by instant: its events say what is due, then that is worked off."""
        peek, step, instant = self._env.peek, self._env.step, self._instant
        now: Any = peek()
        while now < end_ms:
            step()
            while peek() == now:
                step()
            instant(now)
            now = peek()

    def _instant(self, now: int) -> None:
        state = self._state
        state.take_samples(now - 1)
        if self._ends:
            for reservation in _taken(self._ends):
                state.finish(now, reservation)
        if self._releases:
            for reservation in _taken(self._releases):
                state.release(now, reservation)
        if self._timers:
            for timer in _taken(self._timers):
                timer.do(now)
        state.take_samples(now)
        if self._arrivals:
            alone = self.cycles_are_free and len(self._arrivals) == 1 and not self._actions
            for workload in _taken(self._arrivals):
                if state.arrive(now, workload, alone=alone):
                    self._cycles += 1
        if self._actions:
            actions = list(self._actions)
            self._actions.clear()
            for action in actions:
                state.act(now, action)
        if state.evicted:
            self._end_evictions(now)
        if state.changed:
            self._settle(now)
        if self._pods is not None:
            self._place(now, self._pods)
        if self._progress is not None:
            self._progress(now, state.submitted, state.finished)

    def _settle(self, now: int) -> None:
        """Run cycles until nothing changes; the delay of evictions decides when victims come back."""
        state = self._state
        idle = cycles = 0
        seen: dict[object, int] = {}
        scanned: set[object] = set()
        while state.unsettled and (idle < IDLE_CYCLES or state.scans not in scanned):
            if idle >= IDLE_CYCLES:
                scanned.add(state.scans)
            idle = 0 if state.cycle(now) else idle + 1
            cycles += 1
            if state.evicted:
                self._end_evictions(now)
                if cycles > LOOP_CYCLES:
                    self._check_loop(now, seen)
        self._cycles += cycles

    def _end_evictions(self, now: int) -> None:
        """The last cycle's victims give back their quota, at once or when their pods are gone."""
        for reservation in _taken(self._state.evicted):
            if reservation.gone_after_ms == 0:
                self._state.release(now, reservation)
            else:
                self._after(reservation.gone_after_ms, self._releases, reservation)

    def _place(self, now: int, pods: Pods) -> None:
        """Pods of this instant find their nodes; what becomes of them may call for cycles again.

        Only news does: where cycles gave up, they would get the same answers once more.
        """
        state = self._state
        while True:
            given_up = state.set_aside()
            pods.place(now)
            news = state.unsettled
            state.take_up(given_up)
            if not news:
                return
            self._settle(now)

    def _check_loop(self, now: int, seen: dict[object, int]) -> None:
        print_of_state = self._state.fingerprint()
        seen[print_of_state] = seen.get(print_of_state, 0) + 1
        if seen[print_of_state] > 2:
            workloads, queues = self._state.recent_victims(now)
            raise EndlessPreemption(now, workloads, queues)


def _taken(due: list[Any]) -> list[Any]:
    """What is due, by key in byte order; the list is emptied."""
    if len(due) == 1:
        return [due.pop()]
    taken = sorted(due, key=attrgetter("key"))
    due.clear()
    return taken


__all__ = ["Fact", "Facts", "Run", "Simulation"]
