"""Advice as plain text: what to change, what it brings, how sure it is, what it would cost to have less or more."""

from math import isfinite
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from kueue_sim.report.text.console import WIDTH, Words, plain_text
from kueue_sim.report.text.wording import amount, count
from kueue_sim.results.metrics.conditions import OPEN_ENDS, figure_text, shown
from kueue_sim.results.metrics.metric_path import MetricPath
from kueue_sim.whatif.advising.levers import is_move

if TYPE_CHECKING:
    from kueue_sim.whatif.advising.advice import Advice
    from kueue_sim.whatif.advising.search import Judged


def advice_text(advice: "Advice", width: int = WIDTH) -> str:
    """The whole advice; lines without trailing spaces, commands unbroken."""
    return plain_text(lambda console: print_advice(advice, console), width)


def print_advice(advice: "Advice", console: Console) -> None:
    """The change, the objectives before and after, the frontier, and what to apply."""
    console.print(Words(advice.title, style="bold"))
    console.print(Words(effort(advice), style="dim"))
    for note in advice.notes:
        console.print(Words(note, style="dim"))
    _title(console, "Advice")
    for line in verdict(advice):
        console.print(Padding(Words(line), (0, 0, 0, 2)))
    _title(console, "Objectives", basis(advice))
    console.print(Padding(_objectives(advice), (0, 0, 0, 2)))
    _title(console, "What less and more would cost", about_frontier(advice))
    console.print(Padding(_frontier(advice), (0, 0, 0, 2)))
    if advice.has_open_ends:
        console.print(Padding(Words(OPEN_ENDS, style="dim"), (0, 0, 0, 2)))
    found = advice.remedy
    if found is None:
        return
    _title(console, "To apply")
    for text in (*found.commands, found.manifests if not found.commands else ""):
        if text:
            console.print(Text(text.rstrip()), soft_wrap=True)
    for note in found.notes:
        console.print(Text(note))


def effort(advice: "Advice") -> str:
    """What was tried, how, and how often each."""
    return f"tried {advice.method}; {'one exact run' if advice.exact else count(advice.seeds, 'seed')} each"


def basis(advice: "Advice") -> str:
    """What the figures of the objectives rest on."""
    if advice.exact:
        return f"nothing here is random: exact{'' if advice.chosen else '; then: under the nearest'}"
    if advice.told is not None:
        return f"means over {count(advice.told.sure.n, 'fresh seed')} that decided nothing"
    return "means over seeds" if advice.chosen else "means over seeds; then: under the nearest"


def about_frontier(advice: "Advice") -> str:
    """Which changes the frontier holds, and under which seeds they were measured."""
    if advice.exact:
        return "changes that no cheaper one beats"
    passed = "; those passed over: under the seeds that refuted them" if advice.refuted else ""
    return f"changes that no cheaper one beats; means over {count(advice.seeds, 'seed')} of the search{passed}"


def _title(console: Console, text: str, note: str = "") -> None:
    console.print()
    console.print(Words.assemble((text, "bold"), (f"  {note}" if note else "", "dim")))


def verdict(advice: "Advice") -> list[str]:
    """What to do and how sure it is, a sentence or two each."""
    chosen = advice.chosen
    if chosen is None:
        nearest = advice.nearest
        words = f"The nearest is {change(advice, nearest)}." if isfinite(nearest.excess) else "All of it failed."
        return [f"Nothing that was tried meets all objectives. {words}"]
    if not chosen.move.settings:
        return ["Change nothing: the objectives are met as it is.", *chosen.rounds, *_sure(advice)]
    basis = "price times change" if advice.priced else "sum of relative changes"
    told = f"{change(advice, chosen)}; cost {amount(chosen.move.cost)} ({basis})."
    return [told, *advice.doubts, *chosen.rounds, *_sure(advice)]


def _sure(advice: "Advice") -> list[str]:
    lines = [_how_sure(advice)]
    if advice.met_so_far:
        lines.append(
            f"As far as the runs went: {', '.join(advice.met_so_far)} is about some work that was cut off at their "
            "end, so the true figure may be worse; --drain lets all waits end."
        )
    if advice.told is not None and advice.refuted:
        passed = "; ".join(change(advice, item) for item in advice.refuted)
        lines.append(f"Passed over, because they hold under the seeds of the search only: {passed}.")
    if advice.told is not None and not advice.confirmed:
        lines.append("Not confirmed: under the fresh seeds, which decided nothing, this does not hold.")
    return lines


def _how_sure(advice: "Advice") -> str:
    if advice.exact:
        return "Nothing here is random, so one run says it all of this work, and nothing about other work."
    if advice.told is None:
        return "How sure: not known, because no fresh seeds were asked for; those of the search chose the change."
    return f"How sure: {advice.told.sure}."


def change(advice: "Advice", judged: "Judged") -> str:
    """The settings of a move in words: ``path 8 -> 16``, and quota that goes elsewhere as ``team-a -> team-b 4``."""
    parts = [
        f"{path} {value}" if is_move(path) else f"{path} {advice.now[path]} -> {value}"
        for path, value in judged.move.settings
    ]
    return ", ".join(parts) or "no change"


def _objectives(advice: "Advice") -> Table:
    fresh = advice.told
    if fresh is None:
        table = _plain("objective", "now", "then", "met")
        for bound in advice.objectives:
            now, then = advice.present.means.get(bound.path.text), advice.nearest.means.get(bound.path.text)
            met = "yes" if bound.holds(then, now) else "no"
            sides = (measured(advice.present, bound.path), measured(advice.nearest, bound.path))
            table.add_row(Words(bound.text), *sides, met)
        return table
    table = _plain("objective", "now", "then", "interval", "met")
    for bound, item in zip(advice.objectives, fresh.objectives, strict=True):
        unit = bound.path.metric.unit
        ends = f"{shown(item.low, unit)} to {shown(item.high, unit)}"
        met = "yes" if item.met else "no"
        before, after = (
            figure_text(item.now, bound.path, item.now_open),
            figure_text(item.then, bound.path, item.then_open),
        )
        table.add_row(Words(bound.text), before, after, ends, met)
    return table


def measured(judged: "Judged", path: MetricPath) -> str:
    """What was measured of a move, marked where it has open ends."""
    return figure_text(judged.means.get(path.text), path, path.text in judged.open_ends)


def _frontier(advice: "Advice") -> Table:
    held = () if advice.exact else ("seeds",)
    table = _plain("change", "cost", *(bound.path.text for bound in advice.objectives), "missed by", *held)
    for item in advice.frontier:
        name, *values = frontier_row(advice, item)
        table.add_row(Words(_by_object(name)), *values)
    return table


def frontier_row(advice: "Advice", item: "Judged") -> tuple[str, ...]:
    """Change, cost, what was measured, by how much it misses, and under how many seeds it holds where those differ."""
    values = [measured(item, bound.path) for bound in advice.objectives]
    missed = f"{item.excess:.0%}" if isfinite(item.excess) else "–"
    held = () if advice.exact else (f"{item.share:.0%}",)
    return (change(advice, item), amount(item.move.cost), *values, missed, *held)


def _by_object(change: str) -> str:
    """A change for a narrow column: without the kind, which the advice above says in full."""
    return change.replace("clusterQueues.", "").replace("cohorts.", "")


def _plain(first: str, *others: str) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(Words(name), justify="right", overflow="fold")
    return table
