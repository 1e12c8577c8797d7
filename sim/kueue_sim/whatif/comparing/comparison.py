"""What a comparison found: one row per variant, subject and metric, with the interval of the difference.

The intervals hold each for itself. The words *better* and *worse* are stricter, because of many intervals some miss by
chance: they stand only where the difference remains after Holm's correction, within a metric over all variants, for the
totals and for the teams apart. Rows without any difference are no tests and do not count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kueue_sim.results.metrics.conditions import Bound, shown
from kueue_sim.results.metrics.metric_path import Better, MetricPath, Unit
from kueue_sim.whatif.comparing.statistics import Difference, holm, paired
from kueue_sim.whatif.execution.replication import Values

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Verdict = Literal["better", "worse", "more", "less", "perhaps", "unclear", "same", "one run"]
"""*more* and *less* for metrics without a wanted direction; *perhaps*: its interval alone leaves out zero."""


@dataclass(frozen=True, slots=True)
class Row:
    """One metric of one variant against the base, in the metric's own unit (seconds, shares, hours, counts).

    ``adjusted`` is the p-value corrected for its family of rows, None for rows that are no tests. Interval and p-value
    are None with fewer than two pairs.
    """

    variant: str
    path: MetricPath
    found: Difference
    adjusted: float | None
    verdict: Verdict

    @property
    def team(self) -> str:
        """Whom it is about, as written in the path."""
        return self.path.text[: -len(self.path.of)].rstrip(".") or "total"

    @property
    def unit(self) -> Unit:
        return self.path.metric.unit


@dataclass(frozen=True, slots=True)
class Samples:
    """What was measured for one variant: per seed, or per block of time; in the same order for all variants."""

    name: str
    values: tuple[Values, ...]


@dataclass(frozen=True)
class Comparison:
    """``replicates`` names what the pairs are: *seeds*, or blocks of time such as *weeks*. ``notes`` are what a reader
    of the figures must know; ``failures`` the runs that failed, each with stage and reason; ``bounds`` what no variant
    may do."""

    title: str
    base: Samples
    variants: tuple[Samples, ...]
    paths: Mapping[str, tuple[MetricPath, ...]]
    replicates: str
    confidence: float = 0.95
    notes: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    bounds: tuple[Bound, ...] = ()

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """All rows: by variant, then by metric, then by subject, in the order asked for."""
        found = [
            (variant.name, path, difference)
            for variant in self.variants
            for path in self.paths[variant.name]
            if (difference := self._difference(self.base, variant, path.text)) is not None
        ]
        families: dict[tuple[str, bool], list[int]] = {}
        for index, (_, path, difference) in enumerate(found):
            if difference.tested:
                families.setdefault((path.of, path.subject.kind == "total"), []).append(index)
        adjusted: dict[int, float] = {}
        for members in families.values():
            adjusted |= zip(members, holm([found[index][2].p or 0.0 for index in members]), strict=True)
        alpha = 1 - self.confidence
        return tuple(
            Row(
                name,
                path,
                difference,
                adjusted.get(index),
                judge(difference, adjusted.get(index), path.metric.better, alpha),
            )
            for index, (name, path, difference) in enumerate(found)
        )

    def _difference(self, base: Samples, other: Samples, path: str) -> Difference | None:
        mine, theirs = [[item.get(path) for item in side.values] for side in (base, other)]
        return paired(mine, theirs, self.confidence)

    def between(self, one: str, other: str, path: str) -> Difference | None:
        """The difference of two variants in one metric, ``other`` minus ``one``."""
        sides = {samples.name: samples for samples in (self.base, *self.variants)}
        return self._difference(sides[one], sides[other], path)

    def of(self, variant: str, path: str) -> Row | None:
        """One row, None when there is nothing to compare."""
        return next((row for row in self.rows if row.variant == variant and row.path.text == path), None)

    @property
    def n(self) -> int:
        """Pairs at most."""
        return len(self.base.values)

    @cached_property
    def recommendation(self) -> str:
        """What to do, in a sentence or two, with the interval that supports it."""
        from kueue_sim.whatif.rendering.verdicts import recommendation

        return recommendation(self)

    @cached_property
    def violations(self) -> tuple[str, ...]:
        """Each bound that holds for a variant, with the means it was judged by."""
        found = []
        for bound in self.bounds:
            for row in (row for row in self.rows if row.path.text == bound.path.text):
                if bound.holds(row.found.value, row.found.base):
                    value, base = shown(row.found.value, row.unit), shown(row.found.base, row.unit)
                    found.append(f"{bound.text}: {row.variant} has {value}, {self.base.name} {base}")
        return tuple(found)

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row per variant, team and metric."""
        import pandas as pd

        return pd.DataFrame(self.records())

    def records(self) -> list[dict[str, object]]:
        """The rows as plain values; None where there is no interval."""
        return [
            {
                "variant": row.variant,
                "team": row.team,
                "metric": row.path.of,
                "unit": row.unit,
                "base": row.found.base,
                "value": row.found.value,
                "difference": row.found.mean,
                "low": row.found.low,
                "high": row.found.high,
                "n": row.found.n,
                "p": row.found.p,
                "p_adjusted": row.adjusted,
                "verdict": row.verdict,
            }
            for row in self.rows
        ]

    def plot(self, metric: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """The intervals of a metric, by default the first, on ``ax`` or on a new figure (``ax.figure``)."""
        from kueue_sim.whatif.rendering.comparison_plots import intervals

        return intervals(self, metric or self.rows[0].path.of, ax)

    def json(self) -> str:
        """Everything as one JSON value."""
        from kueue_sim.report.exports.run_folder import as_json

        return as_json(
            {
                "base": self.base.name,
                "variants": [samples.name for samples in self.variants],
                "replicates": self.replicates,
                "n": self.n,
                "confidence": self.confidence,
                "rows": self.records(),
                "notes": list(self.notes),
                "failures": list(self.failures),
                "violations": list(self.violations),
                "recommendation": self.recommendation,
            }
        )

    def save(self, folder: str | Path) -> Path:
        """Write ``comparison.csv`` (rows), ``runs.csv`` (what was measured), ``comparison.json`` and a page."""
        from kueue_sim.whatif.rendering.folders import save_comparison

        return save_comparison(self, Path(folder))

    def __str__(self) -> str:
        from kueue_sim.whatif.rendering.comparison_text import comparison_text

        return comparison_text(self)

    def _repr_html_(self) -> str:
        from kueue_sim.whatif.rendering.pages import comparison_inline

        return comparison_inline(self)


def judge(found: Difference, adjusted: float | None, better: Better, alpha: float) -> Verdict:
    """What a difference amounts to."""
    if found.p is None:
        return "one run"
    if not found.tested or adjusted is None:
        return "same"
    if adjusted > alpha:
        return "perhaps" if found.p <= alpha else "unclear"
    if not better:
        return "more" if found.mean > 0 else "less"
    return "better" if (found.mean > 0) == (better == "higher") else "worse"


def subjects(rows: Sequence[Row]) -> list[str]:
    """The teams of some rows, each once, in order."""
    return list(dict.fromkeys(row.team for row in rows))
