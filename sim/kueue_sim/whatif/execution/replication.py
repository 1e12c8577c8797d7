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
from kueue_sim.result import Result
from kueue_sim.results.metrics.metric_path import MetricPath
from kueue_sim.results.metrics.metric_values import Measures
from kueue_sim.results.quota.quota_over_time import Window
from kueue_sim.results.tables.loops import Loop
from kueue_sim.whatif.execution.fates import Fate, fates
from kueue_sim.whatif.execution.scenario_source import Origin, arrivals

Stage = Literal["", "load", "simulate", "measure", "worker"]
"""Where a run failed; "" if it did not, *worker* when the process that ran it died."""
_FORMAT = "with open ends, lengths and loops"
"""What outcomes hold; those that were kept with less are made again."""
Values = Mapping[str, float | None]
"""Metric path -> value."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a run: what was measured in it, and how long it is."""

    values: Values
    length_ms: int


@dataclass(frozen=True, slots=True)
class Cuts:
    """What part of a run counts. Times in milliseconds of simulated time.

    ``warm_up_ms`` at the beginning is left out. Each of ``levels`` cuts the rest into that many parts, equally long up
    to the last submission; the last part goes on to the end of the run, so that the parts together are the whole.
    """

    warm_up_ms: int = 0
    levels: tuple[int, ...] = ()

    def windows(self, level: int, last_ms: int, end_ms: int) -> list[Window]:
        """The parts of one level; ``last_ms`` is the last submission, ``end_ms`` the end of the run."""
        start, span = self.warm_up_ms, last_ms - self.warm_up_ms
        cuts = [start + span * index // level for index in range(level)]
        return list(zip(cuts, [*cuts[1:], max(end_ms, last_ms + 1)], strict=True))


@dataclass(frozen=True, slots=True)
class Cell:
    """One run to be made. ``key`` follows from content alone: equal keys, equal outcomes."""

    origin: Origin
    identity: str
    seed: int
    paths: tuple[MetricPath, ...]
    cuts: Cuts = Cuts()
    with_fates: bool = False

    @property
    def key(self) -> str:
        """What a kept outcome is found by: hex digits that stand for everything the outcome depends on."""
        asked = [_FORMAT, self.identity, self.seed, [path.text for path in self.paths], self.cuts, self.with_fates]
        return hashlib.sha256(repr(asked).encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a cell. ``values`` are over the whole run after warm-up, ``levels`` over the parts of each level.

    ``arrivals`` stands for what was submitted: equal texts, equal jobs. ``fates`` say what became of each workload,
    where that was asked for. ``open_ends`` are the paths whose values leave out, or count with its time so far,
    work that had not come to its end when the run did. ``lasted_ms`` is how long the run was, without its drain;
    ``loops`` are those of the whole run.
    """

    values: Values
    levels: tuple[tuple[Part, ...], ...] = ()
    arrivals: str = ""
    fates: tuple[Fate, ...] = ()
    stage: Stage = ""
    reason: str = ""
    open_ends: frozenset[str] = frozenset()
    lasted_ms: int = 0
    loops: tuple[Loop, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the run came to no end."""
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
        values, levels, open_ends = measured(cell, result)
        known = fates(result) if cell.with_fates else ()
        lasted_ms, loops = result.run.measured_ms, result.loops
        return Outcome(values, levels, arrivals(scenario), known, open_ends=open_ends, lasted_ms=lasted_ms, loops=loops)
    except Exception as error:
        return failure(stage, error)


def measured(cell: Cell, result: Result) -> tuple[Values, tuple[tuple[Part, ...], ...], frozenset[str]]:
    """The values over the whole run, over the parts of each level, and which of the former have open ends."""
    measures, cuts = Measures(result), cell.cuts
    end = measures.whole[1]
    last = last_submission(result.scenario)
    counted = (min(cuts.warm_up_ms, end), end)
    levels = [
        tuple(
            Part(measures.values(cell.paths, window), window[1] - window[0])
            for window in cuts.windows(level, last, end)
        )
        for level in cuts.levels
    ]
    return measures.values(cell.paths, counted), tuple(levels), measures.open_ends(cell.paths, counted)


def last_submission(scenario: Scenario) -> int:
    """When the last workload is submitted, at most the horizon."""
    last = max((item.created_ms for item in scenario.workloads), default=0)
    return last if scenario.horizon_ms is None else min(last, scenario.horizon_ms)


def failure(stage: Stage, error: BaseException) -> Outcome:
    """The outcome of a run that failed; the reason is one line."""
    text = "; ".join(str(item) for item in error.mistakes) if isinstance(error, InputError) else str(error)
    return Outcome({}, stage=stage, reason=" ".join(f"{type(error).__name__}: {text}".split()))
