"""A comparison in words: for whom each variant is better or worse, and what to do."""

from collections.abc import Sequence
from math import ceil, floor
from statistics import fmean

from kueue_sim.results.metrics.conditions import OPEN_ENDS, figure_text, shown
from kueue_sim.results.metrics.metric_path import AVERAGES_OVER_TIME
from kueue_sim.units import format_duration, format_quantity
from kueue_sim.whatif.comparing import unplaced
from kueue_sim.whatif.comparing.comparison import Comparison, Row, sums_over_run
from kueue_sim.whatif.comparing.goes_round import beware

MOST_NAMED = 3
"""Teams named one by one; of longer lists the largest changes."""

HARDLY = 0.01
"""A smaller part of the base is no reason to harm a team."""

WORDS = {
    "unclear": "no clear difference", "perhaps": "perhaps", "same": "no difference", "one run": "one run",
    "too little": "too little data",
}  # fmt: skip
"""Verdicts that say more than their own name."""


def basis(comparison: Comparison) -> str:
    """What the figures rest on: ``10 seeds · paired differences · 95 % intervals (Student t)``."""
    kind = comparison.plan.basis
    if kind == "exact":
        return "nothing here is random: one run each, exact differences"
    number = f"{comparison.n} {comparison.replicates if comparison.n != 1 else 'run'}"
    number += f" (interrupted after {comparison.interrupted})" if comparison.interrupted else ""
    if kind == "parts":
        return f"one recorded run each, {number} · values over all of it · {_level(comparison)} intervals"
    if comparison.n == 1:
        return f"{number} of each side · one difference, so no intervals and no verdicts"
    if kind == "resamples":
        return f"{number}, recorded work drawn anew · {_level(comparison)} bootstrap intervals"
    return f"{number} · paired differences · {_level(comparison)} intervals (Student t)"


def about_verdicts(comparison: Comparison) -> str:
    """How to read the verdicts; "" where there are none to read."""
    tested = sum(row.adjusted is not None for row in comparison.rows)
    if not tested:
        return ""
    return (
        f"Each interval holds by itself at {_level(comparison)}; of {tested} some miss by chance. Better, worse, more, "
        "less: clear also after Holm's correction over all variants, per metric, for the totals and the teams apart. "
        "Perhaps: only the interval itself leaves out zero."
    )


def dependence(comparison: Comparison) -> str:
    """What was found about the parts of a recorded run that lean on each other; "" where they do not."""
    merged = [row for row in comparison.rows if row.serial is not None and row.serial.parts < comparison.n]
    alike = [row.serial.lag1 for row in comparison.rows if row.serial is not None and row.serial.lag1 > 0]
    if not merged and not alike:
        return ""
    text = f"Neighbouring {comparison.replicates} are alike"
    if merged:
        fewest = min(row.serial.parts for row in merged if row.serial is not None)
        text += f": they were merged for {len(merged)} of {len(comparison.rows)} rows, down to {fewest} parts"
    if alike:
        text += f"; what correlation was left, up to {max(alike):.2f}, widens the intervals"
    return text + "."


def open_ends(comparison: Comparison) -> str:
    """What the marks of figures mean; "" where none has open ends."""
    return OPEN_ENDS if any(any(row.open_ends) for row in comparison.rows) else ""


def flattered(comparison: Comparison) -> str:
    """Which figures have no better side because other workloads are left out of them; "" where none has."""
    names = sorted({
        row.path.of
        for row in comparison.rows
        if row.verdict in ("more", "less") and comparison.flatters(row.variant, row.path, row.found.mean)
    })  # fmt: skip
    if not names:
        return ""
    return (
        f"{', '.join(names)}: who was never admitted is left out, or counts as far as a run went that ended sooner. "
        "Lower is not called better where that are more, nor higher worse where that are fewer; delay and queued of "
        "runs with one end (--until) leave nobody out."
    )


def lengths(comparison: Comparison) -> str:
    """Whose runs end at other times than the base's, so that averages over time are of something else; "" for none."""
    of_horizon = set(comparison.of_other_horizon)
    paths = {
        row.path.of
        for row in comparison.rows
        if row.path.name in AVERAGES_OVER_TIME or (row.variant in of_horizon and sums_over_run(row.path))
    }
    other = set(comparison.of_other_length)
    if not paths or not other:
        return ""
    sides = [side for side in (comparison.base, *comparison.variants) if side.name in {comparison.base.name, *other}]
    means = [round(fmean([length for length in side.lasted_ms if length])) for side in sides]
    told = ", ".join(f"{side.name} {format_duration(mean)}" for side, mean in zip(sides, means, strict=True))
    mean = "on average " if len(comparison.base.lasted_ms) > 1 else ""
    if of_horizon:
        return (
            f"Runs are of different length ({mean}{told}). Sums and averages over a run ({', '.join(sorted(paths))}) "
            "are of as long as it lasts: none is called better where horizons differ. --until sets one end for all."
        )
    return (
        f"Runs end with their work, at different times ({mean}{told}). Averages over time ({', '.join(sorted(paths))}) "
        "are over as long as each lasts, so of a team's neither is called better. --until sets the same end for all."
    )


def what_changes(comparison: Comparison, variant: str) -> list[tuple[str, str, str, str]]:
    """Object, field, before and after of all that a variant changes; where quota or nodes do, then what is promised and
    what exists."""
    changes = comparison.changes.get(variant)
    if changes is None:
        return []
    lines = [(item.object, item.field, item.before, item.after) for item in changes.lines]
    resource = changes.before.resource
    totals = changes.totals()
    if not changes.moves(resource) and all(before == after for _, before, after in totals):
        return lines
    for what, before, after in totals:
        if before is not None or after is not None:
            texts = ["–" if amount is None else format_quantity(amount, resource) for amount in (before, after)]
            gained = f" ({(after or 0) - (before or 0):+,})" if before != after and None not in (before, after) else ""
            lines.append((resource, what, texts[0], texts[1] + gained))
    return lines


def doubts(comparison: Comparison) -> list[tuple[str, str]]:
    """Warnings with the side they are about: those of the base once, of a variant only what is new there, and last of
    more quota that finds no nodes."""
    base = comparison.warnings.get(comparison.base.name, ())
    found = [(comparison.base.name, text) for text in base]
    for samples in comparison.variants:
        found += [(samples.name, text) for text in comparison.warnings.get(samples.name, ()) if text not in base]
    return found + unplaced.unplaced_told(comparison)


def verdict(row: Row) -> str:
    """The verdict of a row as it is shown."""
    return WORDS.get(row.verdict, row.verdict)


def cells(row: Row) -> tuple[str, ...]:
    """A row as shown: variant, values of base and variant, difference and its interval."""
    found, unit = row.found, row.unit
    sides = zip((found.base, found.value), row.open_ends, strict=True)
    values = (*(figure_text(value, row.path, is_open) for value, is_open in sides), shown(found.mean, unit, True))
    return (row.variant, *values, interval(row))


def interval(row: Row) -> str:
    """The interval of a row's difference: ``-2h 10m to -1h 20m``; "" when there is none, *exact* where none is
    needed."""
    if row.found.low is None or row.found.high is None:
        return ""
    if row.found.p is None:
        return "exact"
    return f"{shown(row.found.low, row.unit, True)} to {shown(row.found.high, row.unit, True)}"


def change(row: Row, confidence: float) -> str:
    """A difference with its interval: ``-1h 45m (95 %: -2h 10m to -1h 20m)``."""
    text = shown(row.found.mean, row.unit, True)
    if interval(row) == "exact":
        return f"{text} (exact)"
    return f"{text} ({floor(confidence * 100)} %: {interval(row)})" if interval(row) else f"{text} (one run)"


def _level(comparison: Comparison) -> str:
    return f"{floor(comparison.confidence * 100)} %"


def variant_words(comparison: Comparison, variant: str) -> list[str]:
    """One line per metric: better for whom, worse for whom, perhaps for whom, unclear for how many, and beside those
    the same for how many."""
    lines = []
    for metric in comparison.metrics:
        rows = [row for row in comparison.rows if row.variant == variant and row.path.of == metric]
        teams = [row for row in rows if row.team != "total"]
        parts = [_for(teams, *words) for words in (("better", "better for"), ("worse", "worse for"))]
        parts += [_for(teams, *words) for words in (("more", "more for"), ("less", "less for"))]
        parts.append(_for(teams, "perhaps", "perhaps for"))
        unclear, same = (sum(row.verdict == verdict for row in teams) for verdict in ("unclear", "same"))
        none = f", none at all for {same}" if same else ""
        parts.append(f"no clear difference for {unclear} of {len(teams)}{none}" if unclear else "")
        total = [f"in total {change(row, comparison.confidence)}" for row in rows if row.team == "total"]
        nobody = comparison.missing(variant, metric)
        nothing = f"cannot be compared, {nobody} has none" if nobody else "no difference"
        said = [*total, *(part for part in parts if part)] or [nothing]
        lines.append(f"{metric}: {'; '.join(said)}")
    return lines


def _for(rows: Sequence[Row], verdict: str, words: str) -> str:
    found = sorted((row for row in rows if row.verdict == verdict), key=lambda row: (-abs(row.found.mean), row.team))
    if not found:
        return ""
    named = [f"{row.team} {shown(row.found.mean, row.unit, True)}" for row in found[:MOST_NAMED]]
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return f"{words} {', '.join(named)}{more}"


def recommendation(comparison: Comparison) -> str:
    """The variant that clearly helps most in the first metric, whom it harms, and whether another is as good."""
    if not comparison.metrics:
        return "No recommendation: nothing could be compared."
    metric, totals = comparison.metrics[0], comparison.totals
    if not totals and comparison.first_total:
        return f"No recommendation: {comparison.first_total} decides, and has no value to compare."
    if not totals:
        return f"No recommendation: {metric} was not compared in total."
    verdicts = {row.verdict for row in totals.values()}
    if verdicts == {"one run"}:
        return "No recommendation: one run shows no interval. Use more seeds."
    if verdicts == {"too little"}:
        return "No recommendation: the recorded run is too short to judge by its parts."
    best = comparison.best
    if best is None:
        return _keep(comparison, metric, list(totals.values()))
    if comparison.harmed(best.variant) and abs(best.found.mean) < HARDLY * abs(best.found.base):
        share = f"{abs(best.found.mean / best.found.base):.1%}"
        return (
            f"No recommendation: {best.variant} hardly changes {metric} over everybody "
            f"({change(best, comparison.confidence)}, {share}) and moves it from some teams to others. "
            f"{_price(comparison, best.variant)}"
        )
    told = _fresh_row(comparison, best) or best
    moved = shown(abs(told.found.mean), told.unit, told.unit == "share").removeprefix("+")
    verb = "falls" if told.found.mean < 0 else "rises"
    text = f"Take {best.variant}: {metric} over everybody {verb} by {moved} ({_how_sure(comparison, told)})."
    parts = [text, *_confirmed(comparison, best), _capacity(comparison, best.variant)]
    parts += [_price(comparison, best.variant), beware(comparison, best.variant)]
    parts += [unplaced.beware(comparison, best.variant), *_rivals(comparison, best)]
    return " ".join(part for part in parts if part)


def _how_sure(comparison: Comparison, row: Row) -> str:
    return "exact" if interval(row) == "exact" else f"{_level(comparison)}: {interval(row)}"


def _fresh_row(comparison: Comparison, best: Row) -> Row | None:
    """The deciding row of the recommended variant under fresh seeds."""
    return None if comparison.fresh is None else comparison.fresh.of(best.variant, best.path.text)


def _confirmed(comparison: Comparison, best: Row) -> list[str]:
    """How the figures of the choice compare with the fresh ones, which did not choose."""
    fresh = _fresh_row(comparison, best)
    if fresh is None or comparison.fresh is None:
        return []
    number, chosen = len(comparison.fresh.plan.seeds), shown(best.found.mean, best.unit, True)
    said = f"That is under {number} fresh seeds; under those it was chosen by the difference was {chosen}."
    return [said if fresh.verdict == best.verdict else f"{said} The fresh seeds do not confirm it clearly."]


def _capacity(comparison: Comparison, variant: str) -> str:
    """What the recommended variant promises more or less, and what it buys or gives back."""
    changes = comparison.changes.get(variant)
    if changes is None:
        return ""
    before, after = changes.before, changes.after
    kinds = [("quota of", before.quota, after.quota), ("nodes with", before.existing, after.existing)]
    taken = [
        f"{kind} {then:,} {after.resource} instead of {now:,} ({then - now:+,})"
        for kind, now, then in kinds
        if now is not None and then is not None and now != then
    ]
    if not taken:
        return ""
    text = f"It takes {' and '.join(taken)}"
    if after.existing is not None and after.quota > after.existing:
        text += f", and the nodes have {after.existing:,}"
    return f"{text}."


def _keep(comparison: Comparison, metric: str, totals: Sequence[Row]) -> str:
    """No variant is clearly better: say so, and how large a difference would have been seen."""
    worse = [row.variant for row in totals if row.verdict == "worse"]
    clearly = "" if comparison.plan.basis == "exact" else "clearly "
    text = f"Keep {comparison.base.name}: no variant is {clearly}better in {metric} over everybody"
    text += f" ({', '.join(worse)} {clearly}worse)." if worse else "."
    widths = [
        (row.found.high - row.found.low) / 2
        for row in totals
        if row.found.p is not None and row.found.high is not None and row.found.low is not None
    ]
    if widths and not worse and not max(widths):
        return f"{text} Every seed has the same figure on every side."
    if widths and not worse:
        unit = totals[0].unit
        text += f" The intervals reach {shown(max(widths), unit)} to either side, so smaller differences may be hidden."
        text += _more_seeds(comparison, max(widths), totals)
    return text


def _more_seeds(comparison: Comparison, half: float, totals: Sequence[Row]) -> str:
    """How many seeds would tell a difference of a tenth."""
    base = abs(totals[0].found.base)
    if comparison.plan.basis != "seeds" or not base or half <= base / 10:
        return ""
    seeds = ceil(comparison.n * (half / base * 10) ** 2)
    return f" About {seeds:,} seeds would tell a difference of 10 % (--precision 10%)."


def _price(comparison: Comparison, variant: str) -> str:
    """Whom the variant helps and harms in the first metric, and what gets worse in total in the others."""
    rows = [row for row in comparison.rows if row.variant == variant]
    teams = [row for row in rows if row.path.of == comparison.metrics[0] and row.team != "total"]
    better = sum(row.verdict == "better" for row in teams)
    harmed = comparison.harmed(variant)
    clearly = "" if comparison.plan.basis == "exact" else "clearly "
    text = f"It is {clearly}better for {better} of {len(teams)} teams"
    if not teams:
        text = f"Whom it helps or harms was not asked; --metric {comparison.metrics[0]} asks for every team."
    elif harmed:
        names = ", ".join(f"{row.team} by {change(row, comparison.confidence)}" for row in harmed[:MOST_NAMED])
        more = f" and {len(harmed) - MOST_NAMED} more" if len(harmed) > MOST_NAMED else ""
        text += f" and {clearly}worse for {names}{more}."
    else:
        text += f" and {clearly}worse for none."
    prices = [
        f"{row.path.of} {change(row, comparison.confidence)}"
        for row in rows
        if row.team == "total" and row.verdict == "worse"
    ]
    return text + (f" The price: {'; '.join(prices)}." if prices else "")


def _rivals(comparison: Comparison, best: Row) -> list[str]:
    """Variants that the figures cannot tell from the best."""
    found = []
    for row in comparison.clearly_better[1:]:
        difference = comparison.between(best.variant, row.variant, best.path)
        if difference is None or difference.p is None or difference.low is None or difference.high is None:
            continue
        if difference.p > 1 - comparison.confidence:
            low, high = shown(difference.low, best.unit, True), shown(difference.high, best.unit, True)
            found.append(f"{row.variant} cannot be told from it ({low} to {high} against {best.variant}).")
    return found
