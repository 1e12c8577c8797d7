"""Which generator makes work like this? Run times, sizes and arrivals of recorded or written work, queue by queue.

Run times are fitted by maximum likelihood; the family with the smallest Akaike criterion is taken, and its largest
distance from the recorded share (Kolmogorov and Smirnov) says how well it does. Where none comes near, the recorded
values themselves are drawn. Hours and weekdays count in proportion to how often the history holds them.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kueue_sim.errors import InputError, Mistake
from kueue_sim.model import Scenario, Workload
from kueue_sim.results.quota.quota_over_time import accelerator
from kueue_sim.units import parse_instant

LEAST_JOBS = 20
"""Jobs of a queue from which on something is fitted."""
CHANCE = 0.01
"""How often an even flow of work would be told a rhythm."""
FAR_OFF = 0.1
"""A largest distance from which on no family is taken."""
HOUR_MS, DAY_MS, WEEK_MS = 3_600_000, 86_400_000, 604_800_000
_AFTER_MONDAY_MS = 3 * DAY_MS
Values = NDArray[np.float64]
Parameters = dict[str, float]


@dataclass(frozen=True, slots=True)
class FittedFamily:
    """One family as it comes nearest to run times in seconds. ``parameters`` as a generator takes them; ``aic`` is
    Akaike's criterion, ``distance`` the largest difference of the shares of jobs that are shorter (0 to 1)."""

    name: str
    parameters: Parameters
    aic: float
    distance: float
    below: Callable[[Values], Values]


@dataclass(frozen=True, slots=True)
class FittedQueue:
    """What a generator for one LocalQueue needs. ``every_ms`` is the mean time between submissions; ``hours`` and
    ``weekdays`` have mean 1 and are None where they may be even or the history is too short; ``sizes`` are accelerators
    of a job with their numbers of jobs. ``families`` begin with the best; ``runtimes_s`` are the recorded ones, sorted.
    """

    namespace: str
    queue: str
    jobs: int
    every_ms: float
    hours: tuple[float, ...] | None
    weekdays: tuple[float, ...] | None
    sizes: tuple[tuple[int, int], ...]
    families: tuple[FittedFamily, ...]
    runtimes_s: Values

    @property
    def best(self) -> FittedFamily | None:
        """The family to take, None where the recorded values are better drawn themselves."""
        return self.families[0] if self.families[0].distance <= FAR_OFF else None


@dataclass(frozen=True, slots=True)
class Fit:
    """The generators of a history. ``resource`` is the accelerator that sizes count; ``notes`` say what was left
    out."""

    resource: str
    queues: tuple[FittedQueue, ...]
    notes: tuple[str, ...]


def fitted(scenario: Scenario) -> Fit:
    """Generators for the work of a scenario. Raises InputError where no queue has enough jobs with a run time."""
    resource = accelerator(scenario.policy)
    groups: dict[tuple[str, str], list[Workload]] = {}
    without = 0
    for job in scenario.workloads:
        if job.runtime_ms is None or not _size(job, resource):
            without += 1
        else:
            groups.setdefault((job.namespace, job.queue_name), []).append(job)
    known = {key: jobs for key, jobs in groups.items() if len(jobs) >= LEAST_JOBS}
    if not known:
        raise InputError([Mistake(None, f"no queue has {LEAST_JOBS} jobs with a run time and {resource}")])
    notes = [f"{without} jobs without run time or without {resource} are left out"] if without else []
    few = sorted(f"{namespace}/{queue}" for namespace, queue in groups.keys() - known.keys())
    notes += [f"fewer than {LEAST_JOBS} jobs, not fitted: {', '.join(few)}"] if few else []
    begins = parse_instant(scenario.start)
    end = scenario.horizon_ms or max(job.created_ms for jobs in known.values() for job in jobs) + 1
    found = tuple(_queue(key, jobs, resource, begins, end) for key, jobs in sorted(known.items()))
    return Fit(resource, found, tuple(notes))


def _size(job: Workload, resource: str) -> int:
    return sum(pods.count * pods.requests.get(resource, 0) for pods in job.pod_sets)


def _queue(key: tuple[str, str], jobs: Sequence[Workload], resource: str, begins: int, end: int) -> FittedQueue:
    runtimes = np.sort(np.array([max(1, job.runtime_ms or 0) / 1000 for job in jobs]))
    instants = [begins + job.created_ms for job in jobs]
    sizes = Counter(_size(job, resource) for job in jobs)
    return FittedQueue(
        *key,
        jobs=len(jobs),
        every_ms=end / len(jobs),
        hours=_weights(instants, begins, end, HOUR_MS, 24) if end >= 2 * DAY_MS else None,
        weekdays=_weights(instants, begins, end, DAY_MS, 7) if end >= 2 * WEEK_MS else None,
        sizes=tuple(sorted(sizes.items())),
        families=families(runtimes),
        runtimes_s=runtimes,
    )


def _weights(instants: Sequence[int], begins: int, end: int, width: int, number: int) -> tuple[float, ...] | None:
    """Submissions of each hour of the day or day of the week, by how much of it there is, with mean 1; None where they
    may as well be even (chi-squared)."""
    from scipy.stats import chisquare

    slots = np.array([(at + _AFTER_MONDAY_MS) // width % number for at in instants])
    edges = np.arange(begins // width * width, begins + end, width)
    there = np.minimum(edges + width, begins + end) - np.maximum(edges, begins)
    exposure = np.bincount((edges + _AFTER_MONDAY_MS) // width % number, weights=there, minlength=number)
    counts = np.bincount(slots, minlength=number)
    if chisquare(counts, exposure * (counts.sum() / exposure.sum())).pvalue > CHANCE:
        return None
    rate = counts / np.maximum(exposure, 1)
    return tuple(float(value) for value in rate * number / rate.sum())


def families(runtimes: Values) -> tuple[FittedFamily, ...]:
    """All families fitted to run times in seconds, the best first."""
    from scipy import stats

    if runtimes[0] == runtimes[-1]:
        value = float(runtimes[0])
        return (
            FittedFamily("constant", {"value": value}, 0.0, 0.0, lambda values: (values >= value).astype(np.float64)),
        )
    laws: dict[str, tuple[object, Callable[[tuple[float, ...]], Parameters], int]] = {
        "exponential": (stats.expon, lambda p: {"mean": p[-1]}, 1),
        "lognormal": (stats.lognorm, lambda p: {"median": p[-1], "sigma": p[0]}, 2),
        "weibull": (stats.weibull_min, lambda p: {"shape": p[0], "scale": p[-1]}, 2),
        "gamma": (stats.gamma, lambda p: {"shape": p[0], "scale": p[-1]}, 2),
        "pareto": (stats.pareto, lambda p: {"shape": p[0], "low": p[-1]}, 2),
    }
    found = [_family(name, law, named, free, runtimes) for name, (law, named, free) in laws.items()]
    return tuple(sorted(found, key=lambda family: (family.aic, family.name)))


def _family(
    name: str, law: object, named: Callable[[tuple[float, ...]], Parameters], free: int, runtimes: Values
) -> FittedFamily:
    fit, logpdf, cdf = (getattr(law, part) for part in ("fit", "logpdf", "cdf"))
    if name == "pareto":
        low = float(runtimes[0])
        logs = float(np.log(runtimes / low).mean())
        parameters: tuple[float, ...] = (1 / max(logs, 1e-9), 0.0, low)
    else:
        parameters = tuple(float(value) for value in fit(runtimes, floc=0))

    def below(values: Values) -> Values:
        return np.asarray(cdf(values, *parameters), dtype=np.float64)

    model, n = below(runtimes), len(runtimes)
    steps = np.arange(1, n + 1) / n
    distance = float(max((steps - model).max(), (model - steps + 1 / n).max()))
    aic = 2 * free - 2 * float(np.sum(logpdf(runtimes, *parameters)))
    return FittedFamily(name, named(parameters), aic if np.isfinite(aic) else float("inf"), distance, below)
