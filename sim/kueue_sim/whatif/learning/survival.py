"""How long does work run? The distribution of run times, of which some are known only to be longer than so far.

Leaving out what still runs would make every forecast too early, because it is the long jobs that still run. The
Kaplan-Meier estimate (scipy's) counts them for as long as they have run.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from random import Random


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """The estimate: after ``times[i]`` milliseconds of run time a share of ``surviving[i]`` still runs.

    ``mean_ms`` is total run time per end; it gives the exponential tail behind the last end that was seen. ``ends`` is
    how many run times are known.
    """

    times: tuple[int, ...]
    surviving: tuple[float, ...]
    mean_ms: float
    ends: int = 0

    @classmethod
    def of(cls, ended: Sequence[int], running: Sequence[int]) -> "Lifetimes":
        """From the run times of what ended and the run times so far of what has not, in milliseconds."""
        mean = (sum(ended) + sum(running)) / max(1, len(ended)) or 1.0
        if not ended:
            return cls((), (), mean)
        from scipy.stats import CensoredData, ecdf

        curve = ecdf(CensoredData(uncensored=list(ended), right=list(running))).sf
        times = tuple(int(time) for time in curve.quantiles)
        shares = tuple(float(share) for share in curve.probabilities)
        steps = [
            (time, share) for time, share, before in zip(times, shares, (1.0, *shares), strict=False) if share < before
        ]
        return cls(tuple(time for time, _ in steps), tuple(share for _, share in steps), mean, len(ended))

    def draw(self, random: Random, elapsed_ms: int = 0) -> int:
        """A run time longer than ``elapsed_ms``, from what is known of those that lasted that long."""
        place = bisect_right(self.times, elapsed_ms)
        alive = self.surviving[place - 1] if place else 1.0
        level = alive * random.random()
        for index in range(place, len(self.times)):
            if self.surviving[index] <= level:
                return self.times[index]
        last = max(elapsed_ms, self.times[-1] if self.times else 0)
        return last + max(1, round(-self.mean_ms * log(1.0 - random.random())))
