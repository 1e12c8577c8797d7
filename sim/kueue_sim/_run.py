"""The one place that wires engine and results: a scenario in, its result out."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kueue_sim.result import Result

if TYPE_CHECKING:
    from kueue_sim.model import Scenario


def run(scenario: "Scenario", progress: Callable[[int, int, int], None] | None = None) -> Result:
    """Simulate ``scenario``. ``progress`` hears simulated ms, workloads submitted and finished now and then."""
    from kueue_sim.engine import simulate

    if not isinstance(scenario.workloads, Sequence):
        scenario = replace(scenario, workloads=tuple(scenario.workloads))
    return Result(scenario, simulate(scenario, progress))


__all__ = ["run"]
