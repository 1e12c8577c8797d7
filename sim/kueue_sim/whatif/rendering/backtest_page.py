"""A backtest as one self-contained page: the verdict, the first difference, the errors of starts, what is not known."""

from kueue_sim.report.page.html import cards, page, prose, table
from kueue_sim.report.text.wording import amount, share
from kueue_sim.units import format_duration
from kueue_sim.whatif.backtesting.backtest import Backtest
from kueue_sim.whatif.rendering.backtest_text import HEADS, cells


def backtest_page(found: Backtest) -> str:
    """The page as one text."""
    recorded, simulated = found.preemptions
    resource, real, ours, distance = found.used
    figures = [
        (share(found.same / found.decisions if found.decisions else None), "of decisions at the same second"),
        (share(found.rows[0].right if found.rows else None), "of first starts right"),
        (f"{simulated} / {recorded}", "preemptions simulated / recorded"),
        (f"{amount(ours)} / {amount(real)}", f"{resource} in use, simulated / recorded"),
        (amount(distance), f"{resource}, mean distance of the curves"),
    ]
    parting = found.parting
    first = []
    if parting is not None:
        first = [
            f"After {format_duration(parting.at_ms)}.",
            *(f"Recorded: {text}" for text in parting.recorded or ("nothing besides",)),
            *parting.recorded_says,
            *(f"Simulated: {text}" for text in parting.simulated or ("nothing besides",)),
            *parting.simulated_says,
        ]
    note = "Right: within ten minutes or a fifth of the recorded wait."
    sections = [
        prose("May it be trusted here?", found.verdict),
        cards("How near", figures),
        prose("First difference", *first),
        table("Waits to the first start", HEADS, [cells(row) for row in found.rows], note, text_columns=2),
        prose("What the replay does not know", *found.unknown),
    ]
    return page(f"{found.title}: backtest", sections, f"{found.jobs} workloads, {found.decisions} decisions")
