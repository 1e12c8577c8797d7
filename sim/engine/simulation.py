"""The run of one scenario: simulated time, arrivals, ends, evictions and scheduling cycles.

At one instant: ends, then completed evictions, then arrivals and the administrator's actions, then cycles back
to back until nothing changes any more. Time stands still while cycles run (unless a profile gives them a cost).
"""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush

import simpy
from simpy.events import Timeout

from sim.engine.cluster_state import ClusterState
from sim.engine.facts import Fact, Run
from sim.errors import EndlessPreemption, StopRun
from sim.model import Scenario, Workload

IDLE_CYCLES = 6
"""Cycles in a row without any change after which Kueue is known to wait for an event."""
LOOP_CYCLES = 1000
"""Cycles at one instant after which the same state coming back is taken for an endless loop."""

Progress = Callable[[int, int, int], None]
"""Called at every instant with simulated milliseconds, workloads submitted, workloads finished; may raise StopRun."""

FINISH, RELEASE, ARRIVE, ACT = range(4)


class Simulation:
    """One run. SimPy keeps the time; due work of an instant is done in the order of its kind, then by key."""

    def __init__(self, scenario: Scenario, progress: Progress | None = None) -> None:
        self._scenario = scenario
        self._env = simpy.Environment()
        self._state = ClusterState(scenario)
        self._progress = progress
        self._due: list[tuple[int, int, str, int, object]] = []
        self._serial = 0
        self._wake_at: int | None = None
        self._arrivals: Iterator[Workload] = iter(scenario.workloads)
        self._next: Workload | None = next(self._arrivals, None)
        self._actions = sorted(scenario.timeline, key=lambda action: action.at_ms)
        self._action_index = 0
        self._cycles = 0

    def run(self) -> Run:
        """Play the scenario to its horizon, or until nothing can happen any more. Raises EndlessPreemption."""
        self._arm()
        horizon = self._scenario.horizon_ms
        interrupted = False
        try:
            self._env.run(until=None if horizon is None else horizon + 1)
        except StopRun:
            interrupted = True
        state = self._state
        end = horizon if horizon is not None and not interrupted else round(self._env.now)
        return Run(tuple(state.facts), state.final_states(), state.pending_reasons(), self._cycles, end, interrupted)

    def _schedule(self, at_ms: int, kind: int, key: str, payload: object) -> None:
        self._serial += 1
        heappush(self._due, (at_ms, kind, key, self._serial, payload))

    def _arm(self) -> None:
        """Ask SimPy to wake us at the next due instant."""
        times = []
        if self._due:
            times.append(self._due[0][0])
        if self._next is not None:
            times.append(max(0, self._next.created_ms))
        if self._action_index < len(self._actions):
            times.append(self._actions[self._action_index].at_ms)
        if not times:
            return
        at = min(times)
        if self._wake_at is None or at < self._wake_at:
            self._wake_at = at
            Timeout(self._env, max(0, at - self._env.now)).callbacks.append(self._instant)

    def _instant(self, _: object) -> None:
        now = round(self._env.now)
        if self._wake_at is not None and self._wake_at > now:
            return
        self._wake_at = None
        self._collect(now)
        while self._due and self._due[0][0] <= now:
            _, kind, _, _, payload = heappop(self._due)
            self._apply(now, kind, payload)
        self._settle(now)
        if self._progress is not None:
            self._progress(now, self._state.submitted, self._state.finished)
        self._arm()

    def _collect(self, now: int) -> None:
        while self._next is not None and self._next.created_ms <= now:
            self._schedule(now, ARRIVE, self._next.key, self._next)
            self._next = next(self._arrivals, None)
        while self._action_index < len(self._actions) and self._actions[self._action_index].at_ms <= now:
            action = self._actions[self._action_index]
            self._schedule(now, ACT, f"{self._action_index:09d}", action)
            self._action_index += 1

    def _apply(self, now: int, kind: int, payload: object) -> None:
        state = self._state
        if kind == FINISH:
            state.finish(now, payload)
        elif kind == RELEASE:
            state.release(now, payload)
        elif kind == ARRIVE:
            state.arrive(now, payload)
        else:
            state.act(now, payload)

    def _settle(self, now: int) -> None:
        """Run cycles until nothing changes; the delay of evictions decides when victims come back."""
        state = self._state
        idle = 0
        cycles = 0
        seen: dict[object, int] = {}
        while idle < IDLE_CYCLES and state.has_heads():
            changed = state.cycle(now)
            self._cycles += 1
            cycles += 1
            for held, runtime in state.take_started():
                if runtime is not None:
                    self._schedule(now + runtime, FINISH, held.key, held)
            delay = self._scenario.timing.termination_ms
            for held in state.take_evicted():
                if delay == 0:
                    state.release(now, held)
                else:
                    self._schedule(now + delay, RELEASE, held.key, held)
            idle = 0 if changed else idle + 1
            if cycles > LOOP_CYCLES and changed:
                self._check_loop(now, seen)

    def _check_loop(self, now: int, seen: dict[object, int]) -> None:
        print_of_state = self._state.fingerprint()
        seen[print_of_state] = seen.get(print_of_state, 0) + 1
        if seen[print_of_state] > 2:
            workloads, queues = self._state.recent_victims(now)
            raise EndlessPreemption(now, workloads, queues)


def simulate(scenario: Scenario, progress: Progress | None = None) -> Run:
    """Play one scenario: what Kueue decides, and when. Raises EndlessPreemption where Kueue never settles."""
    return Simulation(scenario, progress).run()


__all__ = ["Fact", "Run", "Simulation", "simulate"]
