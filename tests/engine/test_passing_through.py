"""A workload that arrives alone where nobody waits is decided at once; a turn in the queue must not change a thing."""

from collections.abc import Callable

import pytest

from benchmarks.pool import PoolJobs, eight_queues, one_queue, pool_jobs
from kueue_sim.engine.event_handlers import EventHandlers
from kueue_sim.engine.simulation import Simulation
from kueue_sim.model import Scenario
from kueue_sim.policy.compiled_policy import CompiledQueue
from kueue_sim.policy.workloads.workload_info import Pending


class _CountedState(EventHandlers):
    through = 0

    def _passes_through(self, now: int, pending: Pending, queue: CompiledQueue) -> bool:
        passed = super()._passes_through(now, pending, queue)
        self.through += passed
        return passed


class _AtOnce(Simulation):
    def _new_state(self) -> EventHandlers:
        self.counted = _CountedState(self._scenario, self)
        return self.counted


class _InTurn(Simulation):
    """Everybody waits for a cycle after the instant."""

    cycles_are_free = False


@pytest.mark.parametrize("load", [0.3, 0.85, 1.5])
@pytest.mark.parametrize("strategy", ["StrictFIFO", "BestEffortFIFO"])
@pytest.mark.parametrize("make", [one_queue, eight_queues])
def test_passing_through_decides_what_a_turn_in_the_queue_does(
    make: Callable[[PoolJobs, str], Scenario], strategy: str, load: float
) -> None:
    pool = make(pool_jobs(500, load), strategy)
    playing = _AtOnce(pool)
    at_once, in_turn = playing.run(), _InTurn(pool).run()
    assert list(at_once.facts) == list(in_turn.facts)
    assert (at_once.left, at_once.pending, at_once.cycles) == (in_turn.left, in_turn.pending, in_turn.cycles)
    assert playing.counted.through > (30 if load > 1 else 150)
