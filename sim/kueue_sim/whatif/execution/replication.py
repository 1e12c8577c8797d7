"""One run of many: which scenario under which seed, and what is measured of it.

A run that fails is an outcome like any other, with the stage it failed in and the reason: one bad cell does not
lose the sweep.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from kueue_sim._run import run
from kueue_sim.errors import InputError
from kueue_sim.model import Scenario
from kueue_sim.results.metrics.metric_path import MetricPath
from kueue_sim.results.metrics.metric_values import Measures, Window
from kueue_sim.whatif.execution.scenario_source import Origin, arrivals

Stage = Literal["", "load", "simulate", "measure", "worker"]
"""Where a run failed; "" if it did not, *worker* when the process that ran it died."""
Values = Mapping[str, float | None]
"""Metric path -> value."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """What part of a run counts. Times in milliseconds of simulated time.

    ``warm_up_ms`` at the beginning is left out. ``block_ms`` also parts the rest, up to the last submission, into
    blocks of that length; a shorter one at the end is left out. None: no blocks.
    """

    warm_up_ms: int = 0
    block_ms: int | None = None

    def blocks(self, last_ms: int) -> list[Window]:
        """The whole blocks before ``last_ms``."""
        if self.block_ms is None:
            return []
        number = max(0, (last_ms - self.warm_up_ms) // self.block_ms)
        starts = [self.warm_up_ms + index * self.block_ms for index in range(number)]
        return [(start, start + self.block_ms) for start in starts]


@dataclass(frozen=True, slots=True)
class Cell:
    """One run to be made. ``key`` follows from content alone: equal keys, equal outcomes."""

    origin: Origin
    identity: str
    seed: int
    paths: tuple[MetricPath, ...]
    cuts: Cuts = Cuts()

    @property
    def key(self) -> str:
        asked = [self.identity, self.seed, [path.text for path in self.paths], self.cuts]
        return hashlib.sha256(repr(asked).encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a cell. ``values`` are over the whole run after warm-up, ``blocks`` over each block.

    ``arrivals`` stands for what was submitted: equal texts, equal jobs.
    """

    values: Values
    blocks: tuple[Values, ...] = ()
    arrivals: str = ""
    stage: Stage = ""
    reason: str = ""

    @property
    def failed(self) -> bool:
        return self.stage != ""


def carry_out(cell: Cell) -> Outcome:
    """Make one run, in whatever process this is called. Never raises for what the run does wrong."""
    stage: Stage = "load"
    try:
        scenario = cell.origin.scenario(cell.seed)
        scenario = replace(scenario, workloads=tuple(scenario.workloads))
        stage = "simulate"
        result = run(scenario)
        stage = "measure"
        measures = Measures(result)
        end = measures.whole[1]
        whole = measures.values(cell.paths, (min(cell.cuts.warm_up_ms, end), end))
        blocks = [measures.values(cell.paths, block) for block in cell.cuts.blocks(last_submission(scenario))]
        return Outcome(whole, tuple(blocks), arrivals(scenario))
    except Exception as error:
        return failure(stage, error)


def last_submission(scenario: Scenario) -> int:
    """When the last workload is submitted, at most the horizon."""
    last = max((item.created_ms for item in scenario.workloads), default=0)
    return last if scenario.horizon_ms is None else min(last, scenario.horizon_ms)


def failure(stage: Stage, error: BaseException) -> Outcome:
    """The outcome of a run that failed; the reason is one line."""
    text = "; ".join(str(item) for item in error.mistakes) if isinstance(error, InputError) else str(error)
    return Outcome({}, stage=stage, reason=" ".join(f"{type(error).__name__}: {text}".split()))
