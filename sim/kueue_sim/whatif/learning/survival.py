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

    ``mean_ms`` is total run time per end. ``ends`` is how many run times are known, and ``beyond_ms`` for how long
    work was seen to run, all in all, after the longest of them.
    """

    times: tuple[int, ...]
    surviving: tuple[float, ...]
    mean_ms: float
    ends: int = 0
    beyond_ms: int = 0

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
        longest = max(ended)
        beyond = sum(max(0, so_far - longest) for so_far in running)
        return cls(tuple(time for time, _ in steps), tuple(share for _, share in steps), mean, len(ended), beyond)

    def draw(self, random: Random, elapsed_ms: int = 0) -> int:
        """A run time longer than ``elapsed_ms``, from what is known of those that lasted that long.

        Behind the longest run time that is known the tail is exponential. Its mean is what was seen to run there
        without an end, as if one end had come now, and the mean of all: work that has outlived all others for days is
        not expected to end within hours because these did.
        """
        place = bisect_right(self.times, elapsed_ms)
        alive = self.surviving[place - 1] if place else 1.0
        level = alive * random.random()
        for index in range(place, len(self.times)):
            if self.surviving[index] <= level:
                return self.times[index]
        longest = self.times[-1] if self.times else 0
        beyond = max(self.beyond_ms, elapsed_ms - longest)
        return max(elapsed_ms, longest) + max(1, round(-(self.mean_ms + beyond) * log(1.0 - random.random())))
