"""The dominant resource share of one ClusterQueue or Cohort, as a value that can be compared (R11.9–R11.13)."""

import math
from dataclasses import dataclass


@dataclass(slots=True, init=False)
class Share:
    """``ratio`` is borrowed ÷ lendable × 1000 of the dominant resource, before weighting (R11.9).

    ``borrowed_slots`` are the (flavor, resource) pairs used above quota; a share may be ``borrowing`` with ratio 0.
    ``weighted`` is the precise weighted share, infinite for a zero-weight borrower (R11.11). ``rank`` is the sort key,
    smaller is fairer (R11.13). Shares are asked for far more often than made, so all of this is worked out once.
    """

    ratio: float
    weight: float
    borrowed_slots: tuple[int, ...]
    borrowing: bool
    weighted: float
    rank: tuple[int, float]

    def __init__(self, ratio: float, weight: float, borrowed_slots: tuple[int, ...] = ()) -> None:
        self.ratio = ratio
        self.weight = weight
        self.borrowed_slots = borrowed_slots
        self.borrowing = bool(borrowed_slots)
        self.weighted = 0.0 if ratio == 0 else math.inf if weight == 0 else ratio / weight
        self.rank = (1, ratio) if weight == 0 and ratio > 0 else (0, self.weighted)
