"""A comparison in words: for whom each variant is better or worse, and what to do."""

from collections.abc import Sequence
from math import floor

from kueue_sim.results.metrics.conditions import shown
from kueue_sim.whatif.comparing.comparison import Comparison, Row

MOST_NAMED = 3
"""Teams named one by one; of longer lists the largest changes."""


WORDS = {"unclear": "no clear difference", "perhaps": "perhaps", "same": "no difference", "one run": "one run"}
"""Verdicts that say more than their own name."""


def basis(comparison: Comparison) -> str:
    """What the figures rest on: ``10 seeds · paired differences · 95 % intervals (Student t)``."""
    pairs = f"{comparison.n} {comparison.replicates if comparison.n != 1 else 'run'}"
    return f"{pairs} · paired differences · {_level(comparison)} intervals (Student t)"


def verdict(row: Row) -> str:
    return WORDS.get(row.verdict, row.verdict)


def cells(row: Row) -> tuple[str, ...]:
    """A row as shown: variant, values of base and variant, difference and its interval."""
    found, unit = row.found, row.unit
    values = (shown(found.base, unit), shown(found.value, unit), shown(found.mean, unit, True))
    return (row.variant, *values, interval(row))


def interval(row: Row) -> str:
    """The interval of a row's difference: ``-2h 10m to -1h 20m``; "" when there is none."""
    if row.found.low is None or row.found.high is None:
        return ""
    return f"{shown(row.found.low, row.unit, True)} to {shown(row.found.high, row.unit, True)}"


def change(row: Row, confidence: float) -> str:
    """A difference with its interval: ``-1h 45m (95 %: -2h 10m to -1h 20m)``."""
    text = shown(row.found.mean, row.unit, True)
    return f"{text} ({floor(confidence * 100)} %: {interval(row)})" if interval(row) else f"{text} (one run)"


def _level(comparison: Comparison) -> str:
    return f"{floor(comparison.confidence * 100)} %"


def variant_words(comparison: Comparison, variant: str) -> list[str]:
    """One line per metric: better for whom, worse for whom, unclear for how many."""
    lines = []
    for metric in metrics_of(comparison):
        rows = [row for row in comparison.rows if row.variant == variant and row.path.of == metric]
        teams = [row for row in rows if row.team != "total"]
        parts = [_for(teams, *words) for words in (("better", "better for"), ("worse", "worse for"))]
        parts += [_for(teams, *words) for words in (("more", "more for"), ("less", "less for"))]
        unclear = sum(row.verdict in ("unclear", "perhaps") for row in teams)
        parts.append(f"no clear difference for {unclear} of {len(teams)}" if unclear else "")
        total = [f"in total {change(row, comparison.confidence)}" for row in rows if row.team == "total"]
        said = [*total, *(part for part in parts if part)] or ["no difference"]
        lines.append(f"{metric}: {'; '.join(said)}")
    return lines


def metrics_of(comparison: Comparison) -> list[str]:
    """The metrics compared, each once, in the order asked for."""
    return list(dict.fromkeys(row.path.of for row in comparison.rows))


def _for(rows: Sequence[Row], verdict: str, words: str) -> str:
    found = sorted((row for row in rows if row.verdict == verdict), key=lambda row: (-abs(row.found.mean), row.team))
    if not found:
        return ""
    named = [f"{row.team} {shown(row.found.mean, row.unit, True)}" for row in found[:MOST_NAMED]]
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return f"{words} {', '.join(named)}{more}"


def recommendation(comparison: Comparison) -> str:
    """The variant that clearly helps most in the first metric, whom it harms, and whether another is as good."""
    metrics = metrics_of(comparison)
    if not metrics:
        return "No recommendation: nothing could be compared."
    totals = {
        row.variant: row for row in comparison.rows if row.path.of == metrics[0] and row.path.subject.kind == "total"
    }
    if not totals:
        return f"No recommendation: {metrics[0]} was not compared in total."
    if all(row.verdict == "one run" for row in totals.values()):
        return "No recommendation: one run shows no interval. Use more seeds or a longer scenario."
    good = [row for row in totals.values() if row.verdict == "better"]
    if not good:
        return _keep(comparison, metrics[0], list(totals.values()))
    good.sort(key=lambda row: (_harmed(comparison, row.variant, metrics[0]) != [], -abs(row.found.mean), row.variant))
    best = good[0]
    moved = shown(abs(best.found.mean), best.unit, best.unit == "share").removeprefix("+")
    verb = "falls" if best.found.mean < 0 else "rises"
    text = (
        f"Take {best.variant}: {metrics[0]} over everybody {verb} by {moved} ({_level(comparison)}: {interval(best)})."
    )
    return " ".join([text, _price(comparison, best.variant, metrics), *_rivals(comparison, best, good[1:])])


def _keep(comparison: Comparison, metric: str, totals: Sequence[Row]) -> str:
    """No variant is clearly better: say so, and how large a difference would have been seen."""
    worse = [row.variant for row in totals if row.verdict == "worse"]
    text = f"Keep {comparison.base.name}: no variant is clearly better in {metric} over everybody"
    text += f" ({', '.join(worse)} clearly worse)." if worse else "."
    widths = [
        (row.found.high - row.found.low) / 2
        for row in totals
        if row.found.high is not None and row.found.low is not None
    ]
    if widths and not worse:
        unit = totals[0].unit
        text += f" The intervals reach {shown(max(widths), unit)} to either side, so smaller differences may be hidden."
    return text


def _harmed(comparison: Comparison, variant: str, metric: str) -> list[Row]:
    return [
        row
        for row in comparison.rows
        if row.variant == variant and row.path.of == metric and row.verdict == "worse" and row.team != "total"
    ]


def _price(comparison: Comparison, variant: str, metrics: Sequence[str]) -> str:
    """Whom the variant helps and harms in the first metric, and what gets worse in total in the others."""
    rows = [row for row in comparison.rows if row.variant == variant]
    teams = [row for row in rows if row.path.of == metrics[0] and row.team != "total"]
    better = sum(row.verdict == "better" for row in teams)
    harmed = _harmed(comparison, variant, metrics[0])
    text = f"It is clearly better for {better} of {len(teams)} teams"
    if harmed:
        names = ", ".join(f"{row.team} by {change(row, comparison.confidence)}" for row in harmed[:MOST_NAMED])
        more = f" and {len(harmed) - MOST_NAMED} more" if len(harmed) > MOST_NAMED else ""
        text += f" and clearly worse for {names}{more}."
    else:
        text += " and clearly worse for none."
    prices = [
        f"{row.path.of} {change(row, comparison.confidence)}"
        for row in rows
        if row.team == "total" and row.verdict == "worse"
    ]
    return text + (f" The price: {'; '.join(prices)}." if prices else "")


def _rivals(comparison: Comparison, best: Row, others: Sequence[Row]) -> list[str]:
    """Variants that the figures cannot tell from the best."""
    found = []
    for row in others:
        difference = comparison.between(best.variant, row.variant, best.path.text)
        if difference is None or difference.p is None or difference.low is None or difference.high is None:
            continue
        if difference.p > 1 - comparison.confidence:
            low, high = shown(difference.low, best.unit, True), shown(difference.high, best.unit, True)
            found.append(f"{row.variant} cannot be told from it ({low} to {high} against {best.variant}).")
    return found
