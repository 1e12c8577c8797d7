"""How long is a run still marked by its empty beginning? White's MSER-5 rule on the delays of workloads.

The delays in order of submission are averaged in batches of five; the beginning is cut where the standard error of what
is left is smallest. A cut beyond the middle means that the run is too short to tell: it has not settled.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from kueue_sim._run import run
from kueue_sim.engine.facts import NONE
from kueue_sim.errors import InputError, Mistake
from kueue_sim.model import Scenario
from kueue_sim.units import format_duration
from kueue_sim.whatif.execution.replication import last_submission

AUTO = "auto"
"""The word for a warm-up that is looked for."""
BATCH = 5
FEWEST_BATCHES = 10
"""Batches below which nothing is cut."""
FEWEST_LEFT = 5
"""More batches than these are left after a cut: the error of a few is small by chance."""


def mser5(values: Sequence[float]) -> int | None:
    """How many of the first values to leave out, a multiple of five; None where the values have not settled."""
    number = len(values) // BATCH
    if number < FEWEST_BATCHES:
        return None
    means = np.asarray(values[: number * BATCH], dtype=float).reshape(number, BATCH).mean(axis=1)
    backwards = means[::-1]  # so that the sums so far are those of what is left after a cut
    sizes = np.arange(1, number + 1)
    averages = np.cumsum(backwards) / sizes
    squares = np.maximum(np.cumsum(backwards**2) - sizes * averages**2, 0.0)
    errors = (squares / sizes**2)[::-1][: number - FEWEST_LEFT]
    cut = int(np.argmin(errors))
    return cut * BATCH if cut <= number // 2 else None


def found_warm_up_ms(scenario: Scenario) -> int | None:
    """When the delays of a run have settled, in milliseconds; None where they do not or there are too few."""
    work = run(scenario).history.work
    known = work.submitted != NONE
    order = np.argsort(work.submitted[known], kind="stable")
    delays = np.where(work.admissions > 0, work.first_wait, work.waited)[known][order]
    cut = mser5([float(value) for value in delays])
    return None if cut is None else int(work.submitted[known][order][cut])


def check_warm_up(scenario: Scenario, warm_up_ms: int) -> None:
    """Raises InputError where the beginning that is left out is all there is."""
    last = last_submission(scenario)
    if warm_up_ms and warm_up_ms >= last:
        told = f"a warm-up of {format_duration(warm_up_ms)} leaves nothing to measure"
        raise InputError([Mistake(None, f"{told}; the last work is submitted at {format_duration(last)}")])


def longest(found: Mapping[str, int | None]) -> int:
    """What is left out of every run: the longest beginning that was found, nothing where none was."""
    return max((cut or 0 for cut in found.values()), default=0)


def warm_up_notes(found: Mapping[str, int | None]) -> Iterator[str]:
    """What was found, by the name of the side; nothing where nothing was looked for."""
    if not found:
        return
    told = (f"{name} {'not settled' if cut is None else format_duration(cut)}" for name, cut in found.items())
    sides = ", ".join(told)
    yield f"Warm-up found by MSER-5 on the delays of one run each: {sides}; the longest is left out everywhere."
    if None in found.values():
        yield "Where a run has not settled, its queue may still grow: figures depend on how long is looked."
