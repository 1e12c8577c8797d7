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
    from kueue_sim.results.tables.sums import Streamed

INSTANTS = 100_000
"""What is streamed is written after so many instants."""


def run(scenario: "Scenario", progress: Callable[[int, int, int], None] | None = None) -> Result:
    """Simulate ``scenario``. ``progress`` hears simulated ms, workloads submitted and finished now and then."""
    from kueue_sim.engine import simulate

    if not isinstance(scenario.workloads, Sequence):
        scenario = replace(scenario, workloads=tuple(scenario.workloads))
    return Result(scenario, simulate(scenario, progress))


def stream(
    scenario: "Scenario",
    folder: str | Path,
    progress: Callable[[int, int, int], None] | None = None,
    instants: int = INSTANTS,
) -> "Streamed":
    """Simulate ``scenario`` and write its events and workloads into ``folder`` while it goes on, as Parquet files of a
    part each, one after so many ``instants`` at which something happened.

    Memory depends on how many workloads exist at a time, not on how many there are: for traces too long for ``run``.
    Figures per team are those of ``run`` as far as they are sums. Raises MissingExtra without pyarrow.
    """
    from kueue_sim.engine import simulation
    from kueue_sim.report.exports.run_parts import RunParts

    seen = 0

    def look(now_ms: int, submitted: int, finished: int) -> None:
        nonlocal seen
        seen += 1
        if seen >= instants and played.hand_over(parts.take):
            seen = 0
        if progress is not None:
            progress(now_ms, submitted, finished)

    parts = RunParts(scenario, Path(folder))
    played = simulation(scenario, look)
    return parts.finish(played.run())


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


__all__ = ["load_scenario", "run", "stream"]
