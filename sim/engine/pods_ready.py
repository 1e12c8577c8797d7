"""Workloads whose pods do not become ready in time (waitForPodsReady, rules 6.4)."""

from collections.abc import Callable

from sim.engine.cluster import Cluster
from sim.engine.timers import Timers
from sim.model import Scenario, WaitForPodsReady
from sim.policy.entities import Held, Pending

Expired = Callable[[int, Pending, Held, WaitForPodsReady], None]


class PodsReady:
    """Keeps ``Held.ready`` and the deadlines. ``expired`` is told of workloads that miss theirs."""

    def __init__(self, scenario: Scenario, cluster: Cluster, timers: Timers, expired: Expired) -> None:
        settings = scenario.settings
        self.rules = None if settings.gate("DisableWaitForPodsReady") else settings.wait_for_pods_ready
        self.blocks_admission = self.rules is not None and self.rules.block_admission
        self._cluster = cluster
        self._timers = timers
        self._expired = expired
        self.start_ms = scenario.timing.pod_start_ms

    def all_ready(self) -> bool:
        """Whether every workload that holds quota has all its pods ready (R4.70)."""
        return all(held.ready for held in self._cluster.held.values())

    def delay_ms(self, pending: Pending, starts: int) -> int | None:
        """Milliseconds from admission to ready pods, for a workload that was admitted so often before; None: never."""
        times = pending.workload.ready_after_ms
        return times[min(starts, len(times) - 1)] if times else self.start_ms

    def admit(self, now: int, pending: Pending, held: Held, delay_ms: int | None, earliest_ms: int = 0) -> None:
        """It is admitted: its pods must be ready in time, which nobody checks before ``earliest_ms``. Implements
        R6.31–R6.32."""
        if self.rules is None:
            return
        held.ready = delay_ms == 0
        if self._cluster.pods is not None:
            held.ready = False
        elif delay_ms is not None and delay_ms > 0:
            self._timers.at(now + delay_ms, pending.key, lambda at: self.change(at, held, True))
        if not held.ready:
            self._watch(max(now + self.rules.timeout_ms, earliest_ms), pending, held)

    def change(self, now: int, held: Held, is_ready: bool) -> None:
        """All pods of an admitted workload are ready, or no longer; then they have time to recover."""
        rules = self.rules
        if rules is None or not self._is_current(held) or not held.admitted or held.ready is is_ready:
            return
        held.ready = is_ready
        timeout = rules.timeout_ms if rules.recovery_timeout_ms is None else rules.recovery_timeout_ms
        if not is_ready and timeout > 0:
            self._watch(now + timeout, self._cluster.pending[held.key], held)

    def _watch(self, deadline: int, pending: Pending, held: Held) -> None:
        """Its time is over at the deadline unless its pods are ready then or were since."""
        held.ready_deadline_ms = deadline

        def expire(now: int) -> None:
            rules = self.rules
            late = self._is_current(held) and not held.ready and held.ready_deadline_ms == deadline
            if late and rules is not None:
                self._expired(now, pending, held, rules)

        self._timers.at(deadline, pending.key, expire)

    def _is_current(self, held: Held) -> bool:
        return self._cluster.held.get(held.key) is held and not held.evicted
