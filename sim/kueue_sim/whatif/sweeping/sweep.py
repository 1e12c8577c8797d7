"""Many variants times many seeds into one table: one row per run, whoever made it.

The table depends on the scenario, the points and the seeds alone, so any executor gives the same bytes.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kueue_sim.errors import InputError, Mistake
from kueue_sim.report.text.wording import count
from kueue_sim.results.metrics.metric_path import MetricPath, expanded, read_metrics
from kueue_sim.results.tables.columns import Columns
from kueue_sim.units import parse_duration
from kueue_sim.whatif.comparing.compare import METRICS
from kueue_sim.whatif.execution.checkpoint import Kept
from kueue_sim.whatif.execution.execution import Progress, execute
from kueue_sim.whatif.execution.executors import Crew, crew_of
from kueue_sim.whatif.execution.replication import Cell, Cuts, Outcome
from kueue_sim.whatif.execution.scenario_source import FromFile
from kueue_sim.whatif.sweeping.grid import Axis, Settings, axes_of, number_of, points

if TYPE_CHECKING:
    import pandas as pd

    from kueue_sim.whatif.rendering.sweep_plots import SweepPlots


@dataclass(frozen=True)
class Sweep:
    """What a sweep found: the outcome of each run, points in order, seeds within."""

    title: str
    points: tuple[Settings, ...]
    seeds: tuple[int, ...]
    paths: tuple[MetricPath, ...]
    outcomes: tuple[Outcome, ...]

    @cached_property
    def varied(self) -> tuple[str, ...]:
        """The paths that points set, each once, in the order they appear."""
        return tuple(dict.fromkeys(path for point in self.points for path, _ in point))

    def columns(self) -> Columns:
        """The table: settings, seed, metrics, and for a failed run its stage and reason; None where there is none."""
        rows = [(dict(point), seed) for point in self.points for seed in self.seeds]
        table: Columns = {path: [_value(settings.get(path)) for settings, _ in rows] for path in self.varied}
        table["seed"] = [seed for _, seed in rows]
        table["status"] = ["failed" if outcome.failed else "ok" for outcome in self.outcomes]
        table["stage"] = [outcome.stage or None for outcome in self.outcomes]
        table["reason"] = [outcome.reason or None for outcome in self.outcomes]
        for path in self.paths:
            table[path.text] = [outcome.values.get(path.text) for outcome in self.outcomes]
        return table

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row per run."""
        import pandas as pd

        return pd.DataFrame(self.columns())

    @property
    def failures(self) -> int:
        return sum(outcome.failed for outcome in self.outcomes)

    @property
    def extent(self) -> str:
        """How much was run: ``6 points × 3 seeds = 18 runs, 0 failed``."""
        points, seeds = count(len(self.points), "point"), count(len(self.seeds), "seed")
        return f"{points} × {seeds} = {count(len(self.outcomes), 'run')}, {self.failures} failed"

    def samples(self, path: str) -> list[list[float]]:
        """What was measured at each point, over the seeds that have a value."""
        runs = len(self.seeds)
        return [
            [value for outcome in part if (value := outcome.values.get(path)) is not None]
            for part in (self.outcomes[index * runs : (index + 1) * runs] for index in range(len(self.points)))
        ]

    def means(self, path: str) -> list[float | None]:
        """The mean at each point, None where no run has a value."""
        return [sum(found) / len(found) if found else None for found in self.samples(path)]

    @property
    def plot(self) -> "SweepPlots":
        """Plots: each takes matplotlib axes (or makes its own) and returns them."""
        from kueue_sim.whatif.rendering.sweep_plots import SweepPlots

        return SweepPlots(self)

    def save(self, folder: str | Path, parquet: bool = False, plots: bool = False) -> Path:
        """Write ``sweep.csv``; on demand ``sweep.parquet`` (extra ``parquet``) and a picture per metric."""
        from kueue_sim.whatif.rendering.folders import save_sweep

        return save_sweep(self, Path(folder), parquet, plots)

    def __str__(self) -> str:
        from kueue_sim.whatif.rendering.sweep_text import sweep_text

        return sweep_text(self)

    def _repr_html_(self) -> str:
        return str(self.table.to_html(max_rows=20))


def _value(text: str | None) -> object:
    """A setting for the table: a number where it is one."""
    if text is None:
        return None
    number = number_of(text)
    return text if number is None else int(number) if number.is_integer() and "." not in text else number


def sweep(
    base: str | Path | FromFile,
    grid: Mapping[str, Sequence[object]] | None = None,
    cases: Sequence[Mapping[str, object]] = (),
    *,
    metrics: Sequence[str] = METRICS,
    seeds: int | Sequence[int] = 1,
    warm_up: str | int = 0,
    folder: str | Path | None = None,
    executor: str | Crew | Executor = "local",
    workers: int | None = None,
    address: str | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Run every combination of ``grid`` (path to values), with every one of ``cases``, under every seed.

    Finished runs are kept in ``folder``; the same sweep goes on where it stopped. A metric without a subject is
    measured in total and for every team. A run that fails is a row with its reason. Raises InputError.
    """
    listed = [
        tuple((axis.path, axis.values[0]) for axis in axes_of({k: [v] for k, v in case.items()})) for case in cases
    ]
    return swept(
        base if isinstance(base, FromFile) else FromFile(str(base)),
        axes_of(grid or {}),
        listed,
        metrics=metrics,
        seeds=seeds,
        warm_up_ms=parse_duration(warm_up),
        folder=None if folder is None else Path(folder),
        crew=crew_of(executor, workers, address),
        progress=progress,
    )


def swept(
    base: FromFile,
    axes: Sequence[Axis],
    cases: Sequence[Settings],
    *,
    metrics: Sequence[str],
    seeds: int | Sequence[int],
    warm_up_ms: int,
    folder: Path | None,
    crew: Crew,
    progress: Progress | None = None,
) -> Sweep:
    """As ``sweep``, with everything read already."""
    places = points(axes, cases)
    scenario = base.scenario()
    for place in {places[0], places[-1]}:
        at(base, place).scenario()
    paths = read_metrics(expanded(metrics, scenario.policy), scenario.policy)
    chosen = tuple(range(scenario.seed, scenario.seed + seeds) if isinstance(seeds, int) else seeds)
    if not chosen or len(set(chosen)) < len(chosen):
        raise InputError([Mistake(None, "at least one seed is needed, and each once")])
    identity, cuts = base.identity(scenario), Cuts(warm_up_ms)
    cells = [Cell(at(base, place), f"{identity} {place}", seed, paths, cuts) for place in places for seed in chosen]
    outcomes = execute(cells, crew, None if folder is None else Kept(folder), progress)
    return Sweep(scenario.name, tuple(places), chosen, paths, tuple(outcomes))


def at(base: FromFile, place: Settings) -> FromFile:
    """The scenario of one point."""
    return base.changed([f"{path}={value}" for path, value in place])
