"""The one place that wires inputs, engine and results: a scenario in, its result out."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kueue_sim.result import Result

if TYPE_CHECKING:
    from kueue_sim.inputs.assembled import StepOptions
    from kueue_sim.inputs.repository.given import Given
    from kueue_sim.inputs.text.overrides import Override
    from kueue_sim.model import Scenario


def run(scenario: "Scenario", progress: Callable[[int, int, int], None] | None = None) -> Result:
    """Simulate ``scenario``. ``progress`` hears simulated ms, workloads submitted and finished now and then."""
    from kueue_sim.engine import simulate

    if not isinstance(scenario.workloads, Sequence):
        scenario = replace(scenario, workloads=tuple(scenario.workloads))
    return Result(scenario, simulate(scenario, progress))


def load_scenario(
    path: "Given | Sequence[Given]",
    overrides: "Sequence[Override]" = (),
    overlays: Sequence[str | Path] = (),
    *,
    strict: bool = False,
    steps: "StepOptions | None" = None,
) -> "Scenario":
    """The scenario of a file, a folder, several of them, or standard input (``-``).

    A scenario file stands for itself; Kueue manifests, jobs, HyperPod requests and scripts become one. How long
    ``kubectl wait`` of a script takes is found by playing what the script has done so far.

    ``overrides`` set single values (``path=value`` or ``(path, value)``); ``overlays`` are files with manifests that
    are merged into the policy by kind and name, or with partial scenarios merged into this one. ``strict`` takes wrong
    rows of traces for mistakes. Raises InputError with all mistakes.
    """
    from kueue_sim.engine.waits import PLAYED
    from kueue_sim.inputs import scenario

    return scenario.load_scenario(path, overrides, overlays, strict=strict, steps=steps or PLAYED)


__all__ = ["load_scenario", "run"]
