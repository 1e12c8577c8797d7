"""Which variants may still be the best? Ranking and selection after Kim and Nelson (2001), with common random numbers.

Variants are compared pair by pair in the first metric in total, the base among them. After at least ten seeds the
variance of each pair's difference is estimated once; a variant is out as soon as another is ahead of it by more than a
margin that shrinks with the seeds. With the probability of the comparison's confidence the best one is left, if it is
better than the others by more than the indifference zone.
"""

from math import fsum

from kueue_sim.whatif.comparing.comparison import Comparison
from kueue_sim.whatif.comparing.selection import Selection


def contenders(found: Comparison, indifference: float, before: Selection | None = None) -> Selection:
    """Who is left after the seeds so far; ``indifference`` is a share of the base's mean."""
    path = found.first_total
    values = (
        {side.name: [value or 0.0 for value in side.of(path)] for side in (found.base, *found.variants)} if path else {}
    )
    before = before or _first_stage(values, found)
    n = len(found.plan.seeds)
    zone = indifference * abs(fsum(values[found.base.name]) / n) if path else 0.0
    if not path or not zone:
        return before
    sign = -1.0 if found.better_is_higher else 1.0
    k, stage = len(values), before.stage
    eta = 0.5 * ((2 * (1 - found.confidence) / (k - 1)) ** (-2 / (stage - 1)) - 1)
    sums = {name: sign * fsum(values[name][:n]) for name in before.left}
    out = []
    for name in before.left:
        for rival in before.left:
            if rival == name:
                continue
            margin = max(0.0, zone / 2 * (2 * eta * (stage - 1) * before.variance(name, rival) / zone**2 - n))
            if sums[name] > sums[rival] + margin:
                out.append(name)
                break
    left = tuple(name for name in before.left if name not in out)
    return Selection(left, (*before.eliminated, *((name, n) for name in out)), stage, before.variances)


def _first_stage(values: dict[str, list[float]], found: Comparison) -> Selection:
    names = tuple(values)
    stage = len(found.plan.seeds)
    variances = {}
    for index, one in enumerate(names):
        for other in names[index + 1 :]:
            differences = [a - b for a, b in zip(values[one], values[other], strict=True)]
            mean = fsum(differences) / stage
            variances[one, other] = fsum((item - mean) ** 2 for item in differences) / max(1, stage - 1)
    return Selection(names, (), stage, variances)
