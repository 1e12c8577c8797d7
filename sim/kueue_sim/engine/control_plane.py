"""The run of a scenario in which the control plane itself takes time.

The scheduler is busy for as long as a cycle takes: a fixed part, a part per head, and the API writes it waits
for. Kueue's client may write so often per second (a token bucket that serves in order). Admissions are written in
the background: their quota is taken at once, their pods start when the write is through, and only then does
anybody else see them. Evictions and answers to workloads that keep waiting are written before the next cycle.

There are no pods here, as in Kueue's own performance test: a workload runs from the write of its admission.
"""

from collections.abc import Callable
from math import ceil

from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.controllers.decisions import Decisions
from kueue_sim.engine.controllers.pods_ready import PodsReady
from kueue_sim.engine.controllers.scheduling import Scheduling
from kueue_sim.engine.controllers.workload_controller import WorkloadController
from kueue_sim.engine.due import ACTION, ARRIVAL, END, FREE, RELEASE, TIMER, WRITTEN, Planned, in_turn
from kueue_sim.engine.event_handlers import EventHandlers
from kueue_sim.engine.facts import CODE
from kueue_sim.engine.simulation import IDLE_CYCLES, Progress, Simulation
from kueue_sim.model import Scenario
from kueue_sim.policy.workloads.workload_info import Pending, Reservation

_STARTED = CODE["Started"]
_NEWS = frozenset((END, ARRIVAL, ACTION))

LOOP_CYCLES = 1000
"""Cycles without news after which the same state coming back is taken for a loop."""
LOOK_BACK_MS = 5_000
"""Who took part in a loop is who evicted or was evicted within this time before it was noticed."""


class Writes:
    """A client's limit: ``burst`` writes at once, then ``per_s``; 0 is no limit. Times in milliseconds.

    Follows: the token bucket of client-go, whose waiters are served in the order of their requests.
    """

    def __init__(self, per_s: int, burst: int) -> None:
        self._per_ms = per_s / 1000
        self._burst = float(max(1, burst))
        self._tokens = self._burst
        self._at_ms = 0.0

    def granted(self, at_ms: float) -> float:
        """When a write that is asked for at ``at_ms`` goes out."""
        if not self._per_ms:
            return at_ms
        if at_ms > self._at_ms:
            self._tokens = min(self._burst, self._tokens + (at_ms - self._at_ms) * self._per_ms)
            self._at_ms = at_ms
        self._tokens -= 1
        return max(at_ms, self._at_ms - min(0.0, self._tokens) / self._per_ms)


class CountedDecisions(Decisions):
    """Counts the answers that have to be written: those that say something else than the workload's status."""

    def __init__(self, cluster: Cluster, life: WorkloadController) -> None:
        super().__init__(cluster, life)
        self.to_write = 0
        self.tell = self._count
        self._written: dict[str, tuple[str, str]] = {}

    def _count(self, now: int, pending: Pending, reason: str, message: str) -> None:
        self._cluster.tell(now, pending, reason, message)
        if self._written.get(pending.key) != (reason, message):
            self._written[pending.key] = (reason, message)
            self.to_write += 1

    def forget(self, key: str) -> None:
        """The workload is admitted; its status says so."""
        self._written.pop(key, None)


class CountedCycles(Scheduling):
    """Knows how many heads the last cycle looked at, and on how many nodes it counted the room for their pods."""

    def __init__(self, cluster: Cluster, pods: PodsReady, decisions: CountedDecisions) -> None:
        super().__init__(cluster, pods, decisions)
        self._counted = decisions
        self._lets_pass = False
        self.heads = self.counted_nodes = 0

    def pop_heads(self) -> list[Pending]:
        """The heads, counted; no answer has to be written by now."""
        heads = super().pop_heads()
        self.heads, self._counted.to_write = len(heads), 0
        self.counted_nodes = sum(self._nodes(head) for head in heads)
        return heads

    def _nodes(self, head: Pending) -> int:
        """The nodes of the topologies in which the pods of a head may be placed."""
        cache = self._cluster.cache
        flavors = cache.topologies.flavors
        if not flavors or all(pods.topology is None for pods in head.pod_sets):
            return 0
        groups = cache.compiled.queues[head.queue].groups
        return sum(
            len(flavors[name].tree.leaf_of_node) for group in groups for name, _ in group.flavors if name in flavors
        )


class PacedState(EventHandlers):
    """Counts what cycles look at and what they have to write."""

    def _new_decisions(self) -> CountedDecisions:
        self.counted = CountedDecisions(self._cluster, self._life)
        return self.counted

    def _new_scheduling(self) -> CountedCycles:
        self.cycles = CountedCycles(self._cluster, self._life.pods, self.counted)
        return self.cycles

    def start(self, now: int, reservation: Reservation) -> bool:
        """The admission is written and the work begins; False when it does not stand any more."""
        if self._cluster.cache.reservations.get(reservation.key) is not reservation or reservation.evicted:
            return False
        self.counted.forget(reservation.key)
        self._cluster.note(now, _STARTED, self._cluster.pending[reservation.key])
        return True


class TimedControlPlane(Simulation):
    """One run in which cycles and writes take time."""

    with_pods = False
    cycles_are_free = False

    def __init__(self, scenario: Scenario, progress: Progress | None = None, shortcuts: bool = True) -> None:
        super().__init__(scenario, progress, shortcuts)
        self._timing = scenario.timing
        self._deciding = False
        self._admitted: list[tuple[Reservation, int]] = []
        self._writes = Writes(self._timing.writes_per_s, self._timing.write_burst)
        self._busy_until = 0
        self._idle = 0
        self._cycles_without_news = 0

    def _new_state(self) -> PacedState:
        self._paced = PacedState(self._scenario, self, self._shortcuts)
        return self._paced

    def _instant(self, now: int, due: list[Planned]) -> None:
        """What was written by now begins before anything else happens, and may be over at once; what is news makes the
        scheduler look again."""
        written = [item for _, kind, _, item in due if kind == WRITTEN]
        if written:
            for reservation, runtime_ms in written:
                self._started(now, reservation, runtime_ms)
            due += self._env.due(now)
            due.sort(key=in_turn)
        due = [planned for planned in due if planned[1] < WRITTEN]
        kinds = {kind for _, kind, _, _ in due}
        if not kinds.isdisjoint(_NEWS):
            self._cycles_without_news = 0
        if TIMER in kinds or not kinds.isdisjoint(_NEWS):
            self._idle = 0
        super()._instant(now, due)

    def _settle(self, now: int) -> None:
        """One cycle, if the scheduler is free and has not looked in vain often enough."""
        if now < self._busy_until or self._idle >= IDLE_CYCLES:
            return
        state = self._paced
        self._deciding = True
        changed = state.cycles.cycle(now)
        self._deciding = False
        if not state.cycles.heads:
            return
        self._idle = 0 if changed else self._idle + 1
        self._cycles += 1
        self._cycles_without_news += 1
        timing = self._timing
        work_us = state.cycles.heads * timing.head_us + state.cycles.counted_nodes * timing.place_ns / 1000
        decided = now + timing.cycle_ms + work_us / 1000
        self._write_admissions(now, decided)
        evicted = bool(state.evicted)
        self._thrash.evictions(0, state.evicted)
        done = self._write_answers(self._write_evictions(now, decided))
        self._busy_until = ceil(done)
        self._env.plan(self._busy_until - now, FREE, None)
        looks = evicted and self._cycles_without_news > LOOP_CYCLES
        if looks and self._thrash.stands_still(state.rounds.state(), state.rounds.known):
            self._endless.stand_still(now, self._thrash.in_rounds, now - LOOK_BACK_MS)
        if evicted and self._thrash.slow:
            self._endless.look_ahead(now, self._end_ms)

    def _drained(self) -> bool:
        """As ever, and every admission is written."""
        return super()._drained() and not any(kind == WRITTEN for _, kind, _, _ in self._env.ahead)

    @property
    def finish_after(self) -> Callable[[Reservation, int], None]:
        """What was admitted runs once that is written."""
        return self._write_admission

    def _write_admission(self, reservation: Reservation, runtime_ms: int) -> None:
        """The workload is admitted, which is to be written: after the cycle, or now when something else admitted it."""
        self._admitted.append((reservation, runtime_ms))
        if not self._deciding:
            now = self._env.now_ms
            self._write_admissions(now, now)

    def _end_evictions(self, now: int) -> None:
        """What other events than a cycle evicted."""
        self._write_evictions(now, now)

    def _write_admissions(self, now: int, decided: float) -> None:
        """Admissions of one cycle are written at once, and reach the client in no order that means anything: by uid."""
        for reservation, runtime in sorted(self._admitted, key=_by_uid):
            delay = ceil(self._written_at(decided) - now)
            self._env.plan(delay, WRITTEN, (reservation, runtime))
        self._admitted.clear()

    def _written_at(self, asked: float) -> float:
        return self._writes.granted(asked) + self._timing.write_ms

    def _started(self, now: int, reservation: Reservation, runtime_ms: int) -> None:
        if self._paced.start(now, reservation):
            self._env.plan(runtime_ms + self._timing.end_ms, END, reservation)

    def _write_evictions(self, now: int, decided: float) -> float:
        """Victims leave once their eviction is written; returns when the last one is."""
        done = decided
        for reservation in sorted(self._state.evicted, key=lambda item: item.key):
            written = self._written_at(decided)
            done = max(done, written)
            delay = ceil(written - now) + reservation.gone_after_ms
            self._env.plan(delay, RELEASE, reservation)
        self._state.evicted.clear()
        return done

    def _write_answers(self, at: float) -> float:
        """Answers are written one after the other; returns when the last one is."""
        for _ in range(self._paced.counted.to_write):
            at = self._written_at(at)
        return at


def _by_uid(admitted: tuple[Reservation, int]) -> str:
    return admitted[0].uid
