"""Which word does a difference deserve? *Better* and *worse* only where it remains after the correction for many."""

from typing import Literal

from kueue_sim.results.metrics.metric_path import Better
from kueue_sim.whatif.comparing.statistics import Difference

Verdict = Literal["better", "worse", "more", "less", "perhaps", "unclear", "same", "one run", "too little"]
"""*more* and *less* for metrics without a wanted direction; *perhaps*: its interval alone leaves out zero; *too
little*: too few parts of a recorded run to judge by."""


def judge(found: Difference, adjusted: float | None, better: Better, alpha: float) -> Verdict:
    """What a difference amounts to."""
    if found.p is None:
        return "one run"
    if not found.tested or adjusted is None:
        return "same"
    if adjusted > alpha:
        return "perhaps" if found.p <= alpha else "unclear"
    return judge_exact(found.mean, better)


def judge_exact(difference: float, better: Better) -> Verdict:
    """What a difference amounts to that is beyond doubt."""
    if difference == 0:
        return "same"
    if not better:
        return "more" if difference > 0 else "less"
    return "better" if (difference > 0) == (better == "higher") else "worse"
