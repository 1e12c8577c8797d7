"""The run of one scenario: simulated time, arrivals, ends, evictions and scheduling cycles.

At one instant: ends, completed evictions, timers, arrivals and the administrator's actions, then cycles back to
back until nothing changes any more. Time stands still while cycles run (unless a profile gives them a cost).
Whatever is due at an instant is collected first, then worked off.

SimPy's queue holds one entry per thing that is to happen; beside it one arrival is expected, the next one when it has
come. With the first entry of a millisecond all others of it are drawn as well, and applied kind by kind (``due``),
within a kind by key. Each may change the queues; none decides. Then heads are taken and cycles decided, one after
another, as long as a cycle changes something. Six in a row that change nothing end the instant (a scan that moves on
counts as a change); an instant that repeats itself is told as endless preemption.

Worked number: queues ``a`` and ``b`` own 4 GPUs each. At 100 s a job of 8 ends; another one of 8 waits in ``a``, and
one of 4 arrives in ``b`` at this very instant. The first cycle has both as heads: ``b`` borrows nothing and goes
first, ``a`` is skipped. Worked off one after another, the job that waited would have got all 8.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain, takewhile
from math import inf
from sys import maxsize

from kueue_sim.engine.agenda import Agenda
from kueue_sim.engine.controllers.scheduling import Look
from kueue_sim.engine.due import (
    ACTION,
    ARRIVAL,
    END,
    RELEASE,
    SAMPLES,
    SAMPLES_BEFORE,
    TIMER,
    Planned,
    Timer,
    in_turn,
    taken,
)
from kueue_sim.engine.event_handlers import EventHandlers
from kueue_sim.engine.facts import Fact, Facts, Run
from kueue_sim.engine.nodes.autoscaler import NodeAutoscaler
from kueue_sim.engine.pods.node_actions import has_nodes
from kueue_sim.engine.pods.node_report import NodeReport
from kueue_sim.engine.pods.pods import Pods
from kueue_sim.engine.queues.timers import IsVoid, Timers
from kueue_sim.engine.rounds.endless_rounds import EndlessRounds, RoundAndRound
from kueue_sim.engine.rounds.thrash import Thrash
from kueue_sim.errors import StopRun
from kueue_sim.garbage_collection import rare_collections
from kueue_sim.model import Action, Scenario, Workload
from kueue_sim.policy.workloads.workload_info import Reservation
from kueue_sim.units import format_instant, parse_instant

IDLE_CYCLES = 6
"""Cycles in a row without any change after which Kueue is known to wait for an event."""

Progress = Callable[[int, int, int], None]
"""Called at every instant with simulated milliseconds, workloads submitted, workloads finished; may raise StopRun."""


class Simulation(Timers):
    """One run. Due work of an instant is done in the order of its kind, then by key."""

    with_pods = True
    """Whether pods are placed on the nodes; without, nodes only give a topology its capacity."""
    cycles_are_free = True
    """Whether a cycle takes no time, so that the next one may follow at the same instant."""

    def __init__(self, scenario: Scenario, progress: Progress | None = None, shortcuts: bool = True) -> None:
        """``shortcuts`` off: the scheduler works out every answer anew, which takes longer and decides the same."""
        self._scenario = scenario
        self._shortcuts = shortcuts
        self._env = Agenda()
        self._thrash = Thrash(scenario.timing.round_ms)
        self._state = self._new_state()
        self._endless = EndlessRounds(self._thrash, self._state.rounds, self._env)
        self._progress = progress
        self._pods: Pods | None = None
        if self.with_pods and has_nodes(scenario) and scenario.placement.policy != "none":
            self._pods = self._state.pods = Pods(scenario, self, self._state.pod_facts)
            self._state.pod_facts.finish = self._finish
            self._pods.emptying.tell = self._state.driven_off
            if scenario.policy.topologies:
                self._pods.occupied = self._state.pod_moved
        self._autoscaler: NodeAutoscaler | None = None
        self._samples_usage = self._state.samples_usage
        self._dirty = self._state.scheduling.dirty
        """Partitions that the next cycle has to look at."""
        self._put_off = self._state.put_off
        """Trees whose inadmissible workloads come back once cycles have come to rest."""
        self._since = self._thrash.since
        """Evictions per workload since something else happened."""
        self._looked_on = self._pods is not None or progress is not None
        """Whether anything else than cycles follows an instant whatever happens at it."""
        self._actions: list[Action] = []
        """What the administrator does at this instant, once everything else has happened."""
        self._cycles = 0
        self._begun = False
        self._end_ms = scenario.horizon_ms
        """How far rounds may be counted."""
        if self._pods is not None and scenario.node_pools:
            held = self._state.reservations
            self._autoscaler = NodeAutoscaler(scenario, self._pods, self, held, self._actions.append)
            self._state.provision_with(self._autoscaler)

    def _new_state(self) -> EventHandlers:
        return EventHandlers(self._scenario, self, self._shortcuts)

    def run(self) -> Run:
        """Play the scenario to its horizon, or until nothing new can happen any more."""
        horizon = self._scenario.horizon_ms
        interrupted, drained_from, measured = False, None, None
        try:
            self._begin()
            with rare_collections():
                self._play(maxsize if horizon is None else horizon + 1)
                if horizon is not None and self._scenario.drain:
                    drained_from, measured = horizon, self._nodes(horizon)
                    self._drain()
        except StopRun:
            interrupted = True
        except RoundAndRound:
            pass
        end = self._end_of_run(interrupted)
        state, thrash, nodes = self._state, self._thrash, self._nodes(end)
        state.verify(end)
        return Run(
            state.facts,
            state.left(),
            state.pending_reasons(),
            self._cycles,
            end,
            interrupted,
            nodes if measured is None else measured,
            tuple(thrash.standstills),
            tuple(thrash.counted),
            drained_from,
            () if nodes is None else nodes.placed,
        )

    def _nodes(self, end_ms: int) -> NodeReport | None:
        return None if self._pods is None else self._pods.report(end_ms)

    def _end_of_run(self, interrupted: bool) -> int:
        """When the run ended: at its horizon, where it was stopped, or with the last thing that happened."""
        if interrupted:
            return self._env.now_ms
        horizon, facts = self._scenario.horizon_ms, self.facts
        last = facts[-1].at_ms if facts else 0
        if horizon is None:
            return last
        return max(horizon, last) if self._scenario.drain else horizon

    def _drain(self) -> None:
        """Nothing more is submitted; instant by instant until nobody waits, or nothing can happen any more."""
        self._end_ms = None
        while not self._drained() and (at := self._env.peek()) < inf:
            self._play(int(at) + 1)

    def _drained(self) -> bool:
        return self._state.drain.over

    def present(self, at_ms: int) -> Scenario:
        """The scenario that begins with the state at this instant, up to which the run is played; instants of several
        calls rise. It starts at the last whole second; planned actions come, workloads of later submission do not."""
        self._begin()
        end_ms, self._end_ms = self._end_ms, at_ms
        with rare_collections():
            self._play(at_ms + 1)
        self._end_ms = end_ms
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
            node_pools=() if self._autoscaler is None else self._autoscaler.present(base_ms),
            workloads=workloads,
            timeline=tuple(planned),
            start=start,
            horizon_ms=horizon,
        )

    @property
    def scans_flavors(self) -> bool:
        """Whether the flavor scan of a waiting workload has stopped on its way (R5.40), which the scheduler's memory
        alone holds: no object of a cluster tells it, and so neither does ``present``."""
        return self._state.scans_flavors

    def witnessed_by(self, look: Look) -> None:
        """``look`` is told of every cycle before it is carried out; it may raise StopRun."""
        self._state.scheduling.watch(look)

    def _begin(self) -> None:
        """What is there already is taken over and settles; everything else comes in its time."""
        if self._begun:
            return
        self._begun = True
        for action in sorted(self._scenario.timeline, key=lambda item: item.at_ms):
            self._env.plan(max(0, action.at_ms), ACTION, action)
        workloads, present = _submitted(self._scenario), []
        for workload in workloads:
            if workload.status is None:
                workloads = chain((workload,), workloads)
                break
            present.append(workload)
        if present:
            self._state.take_over(present)
            if self._pods is not None:
                self._pods.place(0)  # Pods whose nodes are not known have had some before anything is decided.
            self._instant(0, [])
        self._env.expect(workloads)

    @property
    def facts(self) -> Facts:
        """What happened so far, also after a run that was stopped by an error."""
        return self._state.facts

    def hand_over(self, take: Callable[[Facts], Iterable[int]]) -> bool:
        """Give ``take`` what happened since the last time, but for the latest facts, and forget it with the workloads
        whose numbers it answers; the facts of the run are those that are left. False, and nothing is given, while work
        is evicted in rounds: what they repeat is looked up among the facts."""
        if self._since:
            return False
        self._state.recorder.hand_over(take)
        return True

    # -- what is due when ---------------------------------------------------------------------------------

    def at(
        self, at_ms: int, key: str, do: Callable[[int], None], what: str = "", is_void: IsVoid | None = None
    ) -> None:
        """Run something at a later time, or once more in this instant."""
        self._env.plan_at(at_ms, TIMER, Timer(key, do, what, is_void))

    @property
    def finish_after(self) -> Callable[[Reservation, int], None]:
        """What was admitted runs from now on."""
        return self._env.end_after

    # -- one instant --------------------------------------------------------------------------------------

    def _play(self, end_ms: int) -> None:
        """Instant by instant."""
        if self._samples_usage or not self.cycles_are_free:
            self._env.play(end_ms, self._instant)
        else:
            self._env.play(end_ms, self._instant, self._arrival, self._end, self._timer)

    def _instant(self, now: int, due: list[Planned]) -> None:
        """What is due takes place in turn, then what follows from it."""
        if self._samples_usage:
            due += [(now, SAMPLES_BEFORE, 0, now - 1), (now, SAMPLES, 0, now)]
            due.sort(key=in_turn)
        state, arrivals = self._state, 0
        for _, kind, _, item in due:
            if kind == END:
                self._finish(now, item)
            elif kind == ARRIVAL:
                arrivals = arrivals or [one[1] for one in due].count(ARRIVAL)
                self._arrive(now, item, alone=arrivals == 1)
            elif kind == TIMER:
                timer: Timer = item
                if timer.is_void is None or not timer.is_void():
                    timer.do(now)
            elif kind == RELEASE:
                state.release(now, item)
            elif kind == ACTION:
                self._actions.append(item)
            else:
                state.take_samples(item)
        self._come_to_rest(now)

    def _arrival(self, now: int, workload: Workload) -> None:
        """The only thing due is that somebody arrives; mostly nobody waits, and no cycle follows."""
        if self._since:
            self._thrash.something_else()
        if self._state.arrive(now, workload, not self._actions):
            self._cycles += 1
        if self._dirty or self._put_off or self._looked_on:
            self._come_to_rest(now)

    def _end(self, now: int, reservation: Reservation) -> None:
        """The only thing due is that work ends; mostly nobody waits who could be served then."""
        if self._state.finish(now, reservation) and self._since:
            self._thrash.something_else()
        if self._dirty or self._put_off or self._since or self._looked_on:
            self._come_to_rest(now)

    def _timer(self, now: int, timer: Timer) -> None:
        """The only thing due is something timed."""
        if timer.is_void is None or not timer.is_void():
            timer.do(now)
        self._come_to_rest(now)

    def _come_to_rest(self, now: int) -> None:
        """Cycles run until nothing changes any more; then pods find nodes."""
        state, thrash = self._state, self._thrash
        if self._actions:
            self._act(now)
        if self._dirty:
            if state.evicted:
                self._end_evictions(now)
            self._settle(now)
        while self._put_off and state.wake():
            self._settle(now)
        if self._pods is not None:
            self._place(now, self._pods)
            if self._autoscaler is not None:
                self._autoscaler.look(now)
        if self._since and thrash.goes_round_at(now):
            self._cycles += self._endless.go_round(now, self._cycles, self._end_ms)
        if self._progress is not None:
            self._progress(now, state.submitted, state.finished)

    def _arrive(self, now: int, workload: Workload, alone: bool) -> None:
        """A workload is submitted, ``alone`` where no other one is at this instant."""
        if self._since:
            self._thrash.something_else()
        if self._state.arrive(now, workload, alone and not self._actions):
            self._cycles += 1

    def _finish(self, now: int, reservation: Reservation) -> bool:
        """The pods of a workload have done their work; False when it has ended already."""
        finished = self._state.finish(now, reservation)
        if finished and self._since:
            self._thrash.something_else()
        return finished

    def _act(self, now: int) -> None:
        """The administrator's actions, which are news for whatever goes round."""
        if self._since:
            self._thrash.something_else()
        actions = list(self._actions)
        self._actions.clear()
        for action in actions:
            self._state.act(now, action)

    def _settle(self, now: int) -> None:
        """Run cycles until nothing changes; the delay of evictions decides when victims come back."""
        state, thrash = self._state, self._thrash
        scheduling, dirty = state.scheduling, self._dirty
        in_turn, idle, cycles = scheduling.in_turn, 0, 0
        scanned: set[object] = set()
        while scheduling.due if in_turn else dirty:
            if idle >= IDLE_CYCLES:
                if scheduling.scans in scanned:
                    break
                scanned.add(scheduling.scans)
            idle = 0 if scheduling.cycle(now) else idle + 1
            cycles += 1
            if state.evicted:
                again = thrash.evictions(now, state.evicted)
                self._end_evictions(now)
                if again and thrash.stands_still(state.rounds.state(), state.rounds.known):
                    self._endless.stand_still(now, thrash.evicted_twice, now)
        self._cycles += cycles

    def _end_evictions(self, now: int) -> None:
        """The last cycle's victims give back their quota, at once or when their pods are gone."""
        for reservation in taken(self._state.evicted):
            if reservation.gone_after_ms == 0:
                self._state.release(now, reservation)
            else:
                self._env.plan(reservation.gone_after_ms, RELEASE, reservation)

    def _place(self, now: int, pods: Pods) -> None:
        """Pods of this instant find their nodes; what becomes of them may call for cycles again.

        Only news does: where cycles gave up, they would get the same answers once more.
        """
        state, scheduling = self._state, self._state.scheduling
        while True:
            given_up = scheduling.set_aside()
            pods.place(now)
            news = state.wake() or scheduling.due
            scheduling.take_up(given_up)
            if not news:
                return
            self._settle(now)
            while state.wake():
                self._settle(now)


def _submitted(scenario: Scenario) -> Iterator[Workload]:
    """The workloads in order of submission; before a drain those alone that come by its beginning."""
    last_ms = scenario.horizon_ms
    if not scenario.drain or last_ms is None:
        return iter(scenario.workloads)
    return takewhile(lambda one: one.created_ms <= last_ms, scenario.workloads)


__all__ = ["Fact", "Facts", "Run", "Simulation"]
