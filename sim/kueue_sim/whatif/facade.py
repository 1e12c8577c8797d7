"""What people hold after a question about many runs: values that also show, plot and save themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from kueue_sim.units import parse_duration
from kueue_sim.whatif.advising.advice import Advice
from kueue_sim.whatif.advising.advise import BUDGET, FRESH_SEEDS, Wish, advised
from kueue_sim.whatif.comparing.compare import METRICS, Question, compared
from kueue_sim.whatif.comparing.comparison import Comparison
from kueue_sim.whatif.comparing.variants import Changes, Variant, variants_of
from kueue_sim.whatif.comparing.warm_up import AUTO
from kueue_sim.whatif.execution.runs import RunOptions, Runs
from kueue_sim.whatif.execution.scenario_source import FromFile, Given, origin_of
from kueue_sim.whatif.forecasting.asked import Work
from kueue_sim.whatif.forecasting.forecast import HINDCASTS, SEEDS, Forecast
from kueue_sim.whatif.forecasting.forecast import forecast as forecasted
from kueue_sim.whatif.sweeping.grid import axes_of
from kueue_sim.whatif.sweeping.sweep import Sweep, swept

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from kueue_sim.whatif.rendering.sweep_plots import SweepPlots

_Shown = TypeVar("_Shown")


def shown_as(kind: type[_Shown], value: Any) -> _Shown:
    """A comparison, sweep, advice or forecast as the report of ``kind``, with the same content."""
    return kind(**{item.name: getattr(value, item.name) for item in fields(value)})


@dataclass(frozen=True)
class ComparisonReport(Comparison):
    """A comparison to read, plot and save."""

    @property
    def recommendation(self) -> str:
        """What to do, in a sentence or two, with the interval that supports it."""
        from kueue_sim.whatif.rendering.verdicts import recommendation

        return recommendation(self)

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row per variant, team and metric."""
        import pandas as pd

        return pd.DataFrame(self.records())

    def plot(self, metric: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """The intervals of a metric, by default the first, on ``ax`` or on a new figure (``ax.figure``)."""
        from kueue_sim.whatif.rendering.comparison_plots import intervals

        return intervals(self, metric or self.metrics[0], ax)

    def json(self) -> str:
        """Everything as one JSON value."""
        from kueue_sim.report.exports.run_folder import as_json
        from kueue_sim.whatif.rendering.comparison_text import comparison_content

        return as_json(comparison_content(self))

    def save(self, folder: str | Path, plots: bool = False) -> Path:
        """Write ``comparison.csv`` (rows), ``runs.csv`` (what was measured), ``comparison.json``, a page, and on demand
        a picture per metric."""
        from kueue_sim.whatif.rendering.folders import save_comparison

        return save_comparison(self, Path(folder), plots)

    def __str__(self) -> str:
        from kueue_sim.whatif.rendering.comparison_text import comparison_text

        return comparison_text(self)

    def _repr_html_(self) -> str:
        from kueue_sim.whatif.rendering.comparison_page import comparison_inline

        return comparison_inline(self)


def compare(
    base: Given,
    variants: Mapping[str, Changes],
    *,
    metrics: Sequence[str] = METRICS,
    bounds: Sequence[str] = (),
    required: Sequence[str] = (),
    warm_up: str | int = 0,
    block: str | int | None = None,
    confidence: float = 0.95,
    precision: float | None = None,
    select: float | None = None,
    fresh: bool = True,
    runs: Runs | None = None,
    **options: Unpack[RunOptions],
) -> ComparisonReport:
    """Compare ``variants`` (name to scenario, or to overrides of the base's file) with ``base``.

    A metric without a subject is compared in total and for every team; the first one in total decides. By default ten
    seeds where arrivals depend on the seed, one run judged by its weeks, days or hours where a trace was recorded, and
    one exact run where there is nothing random and little work. ``block``: judge one run by parts of this length.
    ``warm_up`` is left out of every run; "auto" finds how much (MSER-5). ``confidence`` is that of every interval.
    ``bounds`` are what no variant may be shown to do, such as ``team-a.wait.p95 > +10%``; ``required`` what every
    variant must be shown to do. ``precision`` 0.1 adds seeds until the first metric is told within 10 % of the base,
    ``select`` 0.05 spends them on the variants that may be the best.
    ``fresh``: of several variants the recommended one is run again under other seeds. After Ctrl-C the seeds that every
    side has met are compared, and ``interrupted`` says so; KeyboardInterrupt where there are none. Raises InputError.
    """
    question = Question(
        tuple(metrics), tuple(bounds), tuple(required), _warm_up(warm_up) or 0,
        None if block is None else parse_duration(block), confidence, precision, select, fresh,
        find_warm_up=warm_up == AUTO,
    )  # fmt: skip
    found = compared(Variant("base", origin_of(base)), variants_of(base, variants), question, Runs.of(runs, **options))
    return shown_as(ComparisonReport, found)


@dataclass(frozen=True)
class SweepReport(Sweep):
    """A sweep to read, plot and save."""

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row per run."""
        import pandas as pd

        return pd.DataFrame(self.columns())

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


def sweep(
    base: str | Path | FromFile,
    grid: Mapping[str, Sequence[object]] | None = None,
    cases: Sequence[Mapping[str, object]] = (),
    *,
    metrics: Sequence[str] = METRICS,
    warm_up: str | int = 0,
    runs: Runs | None = None,
    **options: Unpack[RunOptions],
) -> SweepReport:
    """Run every combination of ``grid`` (path to values), with every one of ``cases``, under every seed (one by
    default).

    A metric without a subject is measured in total and for every team. A run that fails is a row with its reason.
    ``warm_up`` is left out of every run; "auto" finds how much (MSER-5). Raises InputError.
    """
    listed = [
        tuple((axis.path, axis.values[0]) for axis in axes_of({key: [value] for key, value in case.items()}))
        for case in cases
    ]
    found = swept(
        _file(base),
        axes_of(grid or {}),
        listed,
        metrics=metrics,
        warm_up_ms=_warm_up(warm_up),
        runs=Runs.of(runs, **options),
    )
    return shown_as(SweepReport, found)


def _warm_up(given: str | int) -> int | None:
    """Milliseconds; None where the warm-up is looked for."""
    return None if given == AUTO else parse_duration(given)


def _file(base: str | Path | FromFile) -> FromFile:
    return base if isinstance(base, FromFile) else FromFile(str(base))


@dataclass(frozen=True)
class AdviceReport(Advice):
    """Advice to read and save."""

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row per change tried."""
        import pandas as pd

        return pd.DataFrame(self.records())

    def save(self, folder: str | Path, plots: bool = False) -> Path:
        """Write ``advice.json``, ``tried.csv``, a page and, where there is one, ``change.yaml`` or ``change.sh``; on
        demand a picture."""
        from kueue_sim.whatif.rendering.folders import save_advice

        return save_advice(self, Path(folder), plots)

    def __str__(self) -> str:
        from kueue_sim.whatif.rendering.advice_text import advice_text

        return advice_text(self)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def advise(
    base: str | Path | FromFile,
    objectives: Sequence[str],
    vary: Mapping[str, Sequence[object]],
    *,
    prices: Mapping[str, float] | None = None,
    budget: int = BUDGET,
    fresh_seeds: int = FRESH_SEEDS,
    assurance: float | None = None,
    confidence: float = 0.95,
    warm_up: str | int = 0,
    search_seed: int = 0,
    runs: Runs | None = None,
    **options: Unpack[RunOptions],
) -> AdviceReport:
    """The cheapest change within ``vary`` (path to values) that meets ``objectives`` such as ``wait.p95 <= 30m``.

    An objective is met when its mean over the seeds, five by default, meets it, and then that over ``fresh_seeds``
    more; with ``assurance`` 0.9 all objectives must also hold under nine in ten of those. ``budget`` is how many
    changes may be tried. ``prices`` say what moving a path by one costs; without any, relative changes count.
    ``warm_up`` is left out of every run; "auto" finds how much. ``search_seed`` is the optimiser's. Raises InputError.
    """
    wish = Wish(
        tuple(objectives), tuple(axes_of(vary)), prices or {}, budget, fresh_seeds, assurance, confidence,
        _warm_up(warm_up), search_seed,
    )  # fmt: skip
    return shown_as(AdviceReport, advised(_file(base), wish, Runs.of(runs, **options)))


@dataclass(frozen=True)
class ForecastReport(Forecast):
    """A forecast to read and save."""

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row per workload."""
        import pandas as pd

        return pd.DataFrame(self.records())

    def save(self, folder: str | Path, plots: bool = False) -> Path:
        """Write ``forecast.csv``, ``forecast.json``, a page, and on demand a picture."""
        from kueue_sim.whatif.rendering.folders import save_forecast

        return save_forecast(self, Path(folder), plots)

    def __str__(self) -> str:
        from kueue_sim.whatif.rendering.forecast_text import forecast_text

        return forecast_text(self)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def forecast(
    base: Given,
    work: Sequence[Work] = (),
    *,
    at: str | int | None = None,
    history: Given | None = None,
    ahead: str | int | None = None,
    hindcasts: int = HINDCASTS,
    explain: bool = True,
    within_s: float | None = None,
    runs: Runs | None = None,
    **options: Unpack[RunOptions],
) -> ForecastReport:
    """When ``work`` (without any: all that waits) starts, seen from the instant ``at``, by default the last submission.

    Nothing of the scenario behind that instant is used but its planned timeline. ``history`` is a scenario to draw run
    times and arrivals from, by default the past of ``base``. ``hindcasts`` is at how many earlier instants the same is
    tried first, to correct the times by what was missed there; 0: never. ``explain`` False leaves out what would help,
    which takes a number of runs for each workload. ``ahead`` is how far to look, a week when absent, from a cluster
    with a short memory less. The seeds, fifty by default, are the futures; after ``within_s`` seconds or Ctrl-C those
    that were played by then are the answer. Raises InputError.
    """
    chosen = Runs.of(runs, **options)
    found = forecasted(
        base,
        work,
        at=at,
        history=history,
        seeds=len(chosen.chosen(0, SEEDS)),
        ahead=ahead,
        hindcasts=hindcasts,
        explain=explain,
        executor=chosen.executor,
        workers=chosen.workers,
        address=chosen.address,
        progress=chosen.progress,
        within_s=within_s,
    )
    return shown_as(ForecastReport, found)
