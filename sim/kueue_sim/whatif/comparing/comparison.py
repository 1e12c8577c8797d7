"""What a comparison found: one row per variant, subject and metric, with the interval of the difference.

The intervals hold each for itself. The words *better* and *worse* are stricter, because of many intervals some miss by
chance: they stand only where the difference remains after Holm's correction, within a metric over all variants, for the
totals and for the teams apart. Rows without any difference are no tests and do not count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from kueue_sim.report.text.wording import team_name
from kueue_sim.results.metrics.conditions import figure_text
from kueue_sim.results.metrics.metric_path import (
    AVERAGES_OVER_TIME,
    CUTS_OFF,
    LEAVES_OUT,
    SHARES_OF_QUOTA,
    WITHIN,
    Better,
    MetricPath,
    Unit,
)
from kueue_sim.results.tables.loops import Loop
from kueue_sim.whatif.comparing.changes import Changes
from kueue_sim.whatif.comparing.design import Plan
from kueue_sim.whatif.comparing.gates import Gate, Judged, evidence, line
from kueue_sim.whatif.comparing.judging import Verdict, judge, judge_exact
from kueue_sim.whatif.comparing.recorded import SAME, Line, recorded
from kueue_sim.whatif.comparing.selection import Selection
from kueue_sim.whatif.comparing.serial import Serial
from kueue_sim.whatif.comparing.statistics import Difference, holm, paired, resampled
from kueue_sim.whatif.execution.fates import Fate, differences_of
from kueue_sim.whatif.execution.replication import Part, Values


@dataclass(frozen=True, slots=True)
class Row:
    """One metric of one variant against the base, in the metric's own unit (seconds, shares, hours, counts).

    ``adjusted`` is the p-value corrected for its family of rows, None for rows that are no tests. Interval and p-value
    are None with fewer than two pairs. ``serial`` tells how the parts of a recorded run were used, None without parts.
    ``open_ends``: whether the figures of base and variant have any, such as waits that went on when the run ended.
    """

    variant: str
    path: MetricPath
    found: Difference
    adjusted: float | None
    verdict: Verdict
    serial: Serial | None = None
    open_ends: tuple[bool, bool] = (False, False)

    @property
    def team(self) -> str:
        """Whom it is about, as written in the path; teams of HyperPod go by their plain names."""
        return team_name(self.subject)

    @property
    def subject(self) -> str:
        """Whom it is about, as written in the path: a ClusterQueue by its whole name, or *total*."""
        return self.path.text[: -len(self.path.of)].rstrip(".") or "total"

    @property
    def unit(self) -> Unit:
        """The unit of the values and of their difference."""
        return self.path.metric.unit


@dataclass(frozen=True, slots=True)
class Samples:
    """What was measured for one variant: per seed, in the same order for all variants.

    ``levels`` are the parts of the only run, from many to few; ``fates`` what became of its workloads; ``open_ends``
    the paths with open ends in any run; ``lasted_ms`` how long each run was, 0 for one that failed; ``loops`` what goes
    round in each.
    """

    name: str
    values: tuple[Values, ...]
    levels: tuple[tuple[Part, ...], ...] = ()
    fates: tuple[Fate, ...] = ()
    open_ends: frozenset[str] = frozenset()
    lasted_ms: tuple[int, ...] = ()
    loops: tuple[tuple[Loop, ...], ...] = ()

    def of(self, path: str) -> list[float | None]:
        """The values of one metric."""
        return [values.get(path) for values in self.values]


@dataclass(frozen=True)
class Comparison:
    """``plan`` says what differences are judged by. ``notes`` are what a reader of the figures must know; ``failures``
    the runs that failed, each with stage and reason; ``gates`` what variants may not do, or must.

    ``changes`` holds what each variant changes, ``warnings`` what is doubtful about each side; ``selection`` who may be
    the best, where seeds were spent on that; ``fresh`` the recommended variant under seeds that took no part in
    recommending it. ``interrupted`` says how much was run by Ctrl-C, such as *4 of 10 seeds*; "" where everything was.
    """

    title: str
    base: Samples
    variants: tuple[Samples, ...]
    paths: Mapping[str, tuple[MetricPath, ...]]
    plan: Plan
    confidence: float = 0.95
    notes: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    gates: tuple[Gate, ...] = ()
    changes: Mapping[str, Changes] = field(default_factory=dict)
    warnings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    selection: Selection | None = None
    fresh: "Comparison | None" = None
    interrupted: str = ""

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """All rows: by variant, then by metric, then by subject, in the order asked for."""
        found = [
            (variant.name, path, *estimated)
            for variant in self.variants
            for path in self.paths[variant.name]
            if (estimated := self._estimate(self.base, variant, path)) is not None
        ]
        families: dict[tuple[str, bool], list[int]] = {}
        for index, (_, path, difference, _) in enumerate(found):
            if difference.tested:
                families.setdefault((path.of, path.subject.kind == "total"), []).append(index)
        adjusted: dict[int, float] = {}
        for members in families.values():
            adjusted |= zip(members, holm([found[index][2].p or 0.0 for index in members]), strict=True)
        variants = {samples.name: samples for samples in self.variants}
        return tuple(
            Row(
                name,
                path,
                difference,
                adjusted.get(index),
                self._verdict(name, path, difference, adjusted.get(index)),
                serial,
                (path.text in self.base.open_ends, path.text in variants[name].open_ends),
            )
            for index, (name, path, difference, serial) in enumerate(found)
        )

    def _verdict(self, variant: str, path: MetricPath, found: Difference, adjusted: float | None) -> Verdict:
        better = self.wanted(variant, path)
        if self.flatters(variant, path, found.mean):
            better = ""
        if self.plan.basis == "exact":
            return judge_exact(found.mean, better)
        if self.plan.basis == "parts" and found.p is None:
            return "too little"
        return judge(found, adjusted, better, 1 - self.confidence)

    def flatters(self, variant: str, path: MetricPath, difference: float) -> bool:
        """Whether a figure that leaves out who was never admitted fell where more are left out, or rose where fewer
        are: that by itself is neither better nor worse. Of runs that end at different times the same holds of figures
        that count waits as far as they went."""
        cut_off = path.name in CUTS_OFF and variant in self.of_other_length
        if path.name not in LEAVES_OUT and not cut_off:
            return False
        sides = {samples.name: samples for samples in self.variants}
        before, after = (side.of(never_path(path)) for side in (self.base, sides[variant]))
        more = sum(b - a for a, b in zip(before, after, strict=True) if a is not None and b is not None)
        return more * difference < 0

    def wanted(self, variant: str, path: MetricPath) -> Better:
        """Which direction is better; neither for a share of quota where the variant has another quota, nor for a
        team's average over time where the runs end at different times: then it is an average of something else. Where
        horizons differ, no sum or average over the run is better, only what is said of workloads."""
        changes = self.changes.get(variant)
        if self.of_other_time(variant, path):
            return ""
        if path.resource and path.name in SHARES_OF_QUOTA and changes is not None and changes.moves(path.resource):
            return ""
        subject = "total" if path.subject.kind == "total" else path.subject.name
        if path.name in SHARES_OF_QUOTA and changes is not None and subject in changes.moved:
            return ""
        return path.metric.better

    def of_other_time(self, variant: str, path: MetricPath) -> bool:
        """Whether a figure is of more or less time than the base's: a sum or an average over a run with another
        horizon, or a team's average over one that ended with its work at another time."""
        if variant in self.of_other_horizon and sums_over_run(path):
            return True
        return path.name in AVERAGES_OVER_TIME and path.subject.kind != "total" and variant in self.of_other_length

    def _estimate(
        self, base: Samples, other: Samples, path: MetricPath, line: Line = SAME, confidence: float | None = None
    ) -> tuple[Difference, Serial | None] | None:
        """The difference in one metric; ``line`` turns values of the base into what they are measured against."""
        level = self.confidence if confidence is None else confidence
        if self.plan.basis == "parts":
            sides = [(side.of(path.text)[0], side.levels) for side in (base, other)]
            return recorded(path, sides[0], sides[1], level, line)
        before = [None if value is None else line[0] * value + line[1] for value in base.of(path.text)]
        after = other.of(path.text)
        if self.plan.basis == "resamples":
            found = resampled(before, after, self.plan.drawn_from or 0, level)
        else:
            found = paired(before, after, level)
        if found is not None and self.plan.basis == "exact":
            found = replace(found, low=found.mean, high=found.mean)
        return None if found is None else (found, None)

    def between(self, one: str, other: str, path: MetricPath) -> Difference | None:
        """The difference of two variants in one metric, ``other`` minus ``one``."""
        sides = {samples.name: samples for samples in (self.base, *self.variants)}
        found = self._estimate(sides[one], sides[other], path)
        return None if found is None else found[0]

    def missing(self, variant: str, metric: str) -> str:
        """The side that has no value of a metric for anybody, so that nothing is compared; "" where both have."""
        sides = {samples.name: samples for samples in (self.base, *self.variants)}
        paths = [path for path in self.paths[variant] if path.of == metric]
        for name in (variant, self.base.name):
            if paths and all(value is None for path in paths for value in sides[name].of(path.text)):
                return name
        return ""

    def of(self, variant: str, path: str) -> Row | None:
        """One row, None when there is nothing to compare."""
        return next((row for row in self.rows if row.variant == variant and row.path.text == path), None)

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The metrics compared, each once, in the order asked for."""
        return tuple(dict.fromkeys(row.path.of for row in self.rows))

    @cached_property
    def of_other_length(self) -> tuple[str, ...]:
        """The variants whose runs do not all end when those of the base do: they end when their work has."""

        def other(side: Samples) -> bool:
            return any(a != b and a and b for a, b in zip(self.base.lasted_ms, side.lasted_ms, strict=False))

        return tuple(side.name for side in self.variants if other(side))

    @property
    def of_other_horizon(self) -> tuple[str, ...]:
        """Those of them that are asked to end at another time."""
        return tuple(name for name in self.of_other_length if name in self.changes and self.changes[name].horizon)

    @property
    def first_total(self) -> str:
        """The path of the first metric in total, which decides; "" where it is not compared in total."""
        first = next(iter(self.paths.values()))[0].of
        paths = [path for side in self.paths.values() for path in side if path.of == first]
        return next((path.text for path in paths if path.subject.kind == "total"), "")

    @property
    def totals(self) -> dict[str, Row]:
        """The rows that decide, by variant."""
        return {row.variant: row for row in self.rows if row.path.text == self.first_total}

    @property
    def better_is_higher(self) -> bool:
        """Whether more of the first metric is better."""
        return any(row.path.metric.better == "higher" for row in self.totals.values())

    @property
    def precision(self) -> float | None:
        """How far the widest deciding interval reaches to either side, as a share of the base; None without any."""
        widths = [
            (row.found.high - row.found.low) / 2 / abs(row.found.base)
            for row in self.totals.values()
            if row.found.low is not None and row.found.high is not None and row.found.base
        ]
        return max(widths, default=None)

    @property
    def clearly_better(self) -> list[Row]:
        """The deciding rows that are better, the recommended variant first: one that harms no team, then the
        largest."""
        good = [row for row in self.totals.values() if row.verdict == "better"]
        return sorted(good, key=lambda row: (self.harmed(row.variant) != [], -abs(row.found.mean), row.variant))

    @property
    def best(self) -> Row | None:
        """The deciding row of the recommended variant; None where none is clearly better."""
        return next(iter(self.clearly_better), None)

    def harmed(self, variant: str) -> list[Row]:
        """The teams for which a variant is clearly worse in the first metric."""
        return [
            row
            for row in self.rows
            if row.variant == variant
            and row.path.of == self.metrics[0]
            and row.verdict == "worse"
            and row.team != "total"
        ]

    @property
    def n(self) -> int:
        """How many pairs or parts differences come from, before parts are merged."""
        return self.plan.cuts.levels[0] if self.plan.basis == "parts" else len(self.base.values)

    @property
    def replicates(self) -> str:
        """What those are: *seeds*, *weeks* and so on."""
        return self.plan.replicates

    @cached_property
    def judged(self) -> tuple[Judged, ...]:
        """What the evidence says about each gate and variant, each gate at the comparison's confidence, one-sided."""
        return tuple(self._judge(gate, variant) for gate in self.gates for variant in self.variants)

    def _judge(self, gate: Gate, variant: Samples) -> Judged:
        bound = gate.bound
        estimated = self._estimate(self.base, variant, bound.path, line(bound), max(0.0, 2 * self.confidence - 1))
        sides = [self._value(side, bound.path) for side in (variant, self.base)]
        ends = [bound.path.text in side.open_ends for side in (variant, self.base)]
        value, base = (figure_text(side, bound.path, is_open) for side, is_open in zip(sides, ends, strict=True))
        said = evidence(bound, None if estimated is None else estimated[0])
        text = f"{bound.text}: {variant.name} has {value}, {self.base.name} {base}"
        if bound.change:
            unlike = self._unlike(variant.name, bound.path)
            return Judged(gate, variant.name, "open" if unlike else said, text, unlike)
        sure = {"holds": (">", ">="), "fails": ("<", "<="), "open": (bound.operator,)}
        cut_off = ends[0] and bound.operator not in sure[said]
        return Judged(gate, variant.name, said, text, _CUT_OFF if cut_off else "")

    def _unlike(self, variant: str, path: MetricPath) -> str:
        """Why a figure of a variant is of something else than that of the base, so that no change of it is shown; ""
        where it is of the same."""
        if self.of_other_time(variant, path):
            return "the runs end at different times; --until sets one end for all"
        found = self.between(self.base.name, variant, path)
        if found is None or not self.flatters(variant, path, found.mean):
            return ""
        counts = "leaves it out" if path.name in LEAVES_OUT else "counts it as far as the runs went"
        return f"{'more' if found.mean < 0 else 'less'} work than before was never admitted, and {path.of} {counts}"

    def _value(self, side: Samples, path: MetricPath) -> float | None:
        known = [value for value in side.of(path.text) if value is not None]
        return sum(known) / len(known) if known else None

    @property
    def violations(self) -> tuple[str, ...]:
        """Each gate that a variant does not pass, with the values and what the evidence says."""
        return tuple(f"{item.text} ({item.said})" for item in self.judged if not item.passed)

    @property
    def cautions(self) -> tuple[str, ...]:
        """Each gate that a variant passes by figures that do not say everything, and what they leave out."""
        return tuple(f"{item.text} ({item.said})" for item in self.judged if item.passed and item.caveat)

    def happened(self, variant: str) -> list[str]:
        """What happened differently under a variant, one line per workload; empty where many runs were made."""
        sides = {samples.name: samples for samples in self.variants}
        return differences_of(self.base.fates, sides[variant].fates)

    def records(self) -> list[dict[str, object]]:
        """The rows as plain values, teams by the names of their ClusterQueues; None where there is no interval."""
        return [
            {
                "variant": row.variant,
                "team": row.subject,
                "metric": row.path.of,
                "unit": row.unit,
                "base": row.found.base,
                "value": row.found.value,
                "base_open": row.open_ends[0],
                "value_open": row.open_ends[1],
                "difference": row.found.mean,
                "low": row.found.low,
                "high": row.found.high,
                "n": row.found.n,
                "lag1": None if row.serial is None else row.serial.lag1,
                "p": row.found.p,
                "p_adjusted": row.adjusted,
                "verdict": row.verdict,
            }
            for row in self.rows
        ]


def never_path(path: MetricPath) -> str:
    """The metric of how many of the same workloads were never admitted."""
    return path.text[: -len(path.of)] + "never_admitted"


_CUT_OFF = "work that had not come so far when the runs ended is missing in part; --drain lets all waits end"


def sums_over_run(path: MetricPath) -> bool:
    """Whether a metric is a sum or an average over the whole run, and not a statistic of its workloads."""
    return not path.statistic and path.name != WITHIN


def subjects(rows: Sequence[Row]) -> list[str]:
    """The teams of some rows, each once, in order."""
    return list(dict.fromkeys(row.team for row in rows))
