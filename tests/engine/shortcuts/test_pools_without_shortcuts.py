"""Pools of many equal jobs are where shortcuts carry the run: what they decide must be what the long way decides."""

from collections.abc import Callable

import pytest

from benchmarks.pool import PoolJobs, eight_queues, one_queue, pool_jobs
from kueue_sim.engine import simulation
from kueue_sim.model import Scenario


@pytest.mark.parametrize("load", [0.3, 0.85, 1.5])
@pytest.mark.parametrize("strategy", ["StrictFIFO", "BestEffortFIFO"])
@pytest.mark.parametrize("make", [one_queue, eight_queues])
def test_a_pool_is_decided_with_shortcuts_as_without(
    make: Callable[[PoolJobs, str], Scenario], strategy: str, load: float
) -> None:
    pool = make(pool_jobs(300, load), strategy)
    quick, slow = simulation(pool).run(), simulation(pool, shortcuts=False).run()
    assert list(quick.facts) == list(slow.facts)
    assert (quick.left, quick.pending) == (slow.left, slow.pending)
