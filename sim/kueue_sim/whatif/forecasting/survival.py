"""How long will it still run? Run times drawn from a history in which some work has not ended yet.

Leaving out what still runs would make every forecast too early, because it is the long jobs that still run. The
Kaplan-Meier estimate counts them for as long as they have run.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from random import Random


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """The estimate: after ``times[i]`` milliseconds of run time a share of ``surviving[i]`` still runs.

    ``mean_ms`` is total run time per end; it gives the exponential tail behind the last end that was seen.
    """

    times: tuple[int, ...]
    surviving: tuple[float, ...]
    mean_ms: float

    @classmethod
    def of(cls, ended: Sequence[int], running: Sequence[int]) -> "Lifetimes":
        """From the run times of what ended and the run times so far of what has not, in milliseconds."""
        changes = sorted([(time, 0) for time in ended] + [(time, 1) for time in running])
        times: list[int] = []
        surviving: list[float] = []
        at_risk, share = len(changes), 1.0
        for time, kind in changes:
            if kind == 0:
                share *= (at_risk - 1) / at_risk
                if times and times[-1] == time:
                    surviving[-1] = share
                else:
                    times.append(time)
                    surviving.append(share)
            at_risk -= 1
        total = sum(time for time, _ in changes)
        return cls(tuple(times), tuple(surviving), total / max(1, len(ended)) or 1.0)

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
