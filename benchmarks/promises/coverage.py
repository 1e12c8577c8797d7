"""How often are the verdicts of comparisons wrong where there is no difference? And is the advice as good as it is
told?

Two teams with equal work and unequal quotas, and the same with the quotas swapped: the law of every total is the same,
so every *better* or *worse* is false, and every condition that is shown to be broken is broken by chance. Recorded work
is one trace per trial. For advice, the mean told of the chosen change is compared with its mean under many other seeds.

    python -m benchmarks.promises.coverage --trials 200
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import log
from random import Random
from statistics import fmean, stdev

import numpy as np
from scipy.stats import bootstrap, t

from kueue_sim.model import (
    ClusterQueue,
    FlavorQuotas,
    LocalQueue,
    Namespace,
    PodSet,
    Policy,
    Quota,
    ResourceFlavor,
    ResourceGroup,
    Scenario,
    Workload,
)
from kueue_sim.whatif.comparing.statistics import resampled, share_interval
from kueue_sim.whatif.facade import advise, compare, sweep

GPU = "nvidia.com/gpu"
HOUR, DAY = 3_600_000, 86_400_000
MEAN_H, SIGMA = 1.5, 1.0
QUOTAS = (6, 5)


def scenario(seed: object, days: int, load: float, quotas: Sequence[int]) -> Scenario:
    """Two teams that submit alike; ``load`` is that of the team with the smaller quota."""
    queues = tuple(
        ClusterQueue(name, (ResourceGroup((GPU,), (FlavorQuotas("gpu", ((GPU, Quota(gpus, borrowing_limit=0)),)),)),))
        for name, gpus in zip("ab", quotas, strict=True)
    )
    local = tuple(LocalQueue(queue.name, "ns", queue.name) for queue in queues)
    policy = Policy((ResourceFlavor("gpu"),), queues, (), local, (Namespace("ns"),))
    every = MEAN_H * HOUR / (load * min(quotas))
    work = [job for name in "ab" for job in jobs(f"{seed}:{name}", name, days, every)]
    return Scenario("mirror", policy, tuple(sorted(work, key=lambda job: job.created_ms)), horizon_ms=days * DAY)


def jobs(seed: str, queue: str, days: int, every_ms: float) -> Iterator[Workload]:
    """Poisson arrivals of single GPUs with lognormal run times."""
    random, at = Random(seed), 0.0
    center = log(MEAN_H * HOUR) - SIGMA**2 / 2
    pods = (PodSet("main", 1, {GPU: 1}),)
    while (at := at + random.expovariate(1 / every_ms)) < days * DAY:
        name = f"{queue}{round(at):010d}"
        runtime = round(random.lognormvariate(center, SIGMA))
        yield Workload(name, "ns", queue, pods, uid=name, priority=0, created_ms=round(at), runtime_ms=runtime)


def recorded(days: int, load: float, trials: int) -> list[bool]:
    """Whether each trial's verdict on the mean delay of all is false."""
    found = []
    for trial in range(trials):
        base, mirror = (scenario(trial, days, load, quotas) for quotas in (QUOTAS, QUOTAS[::-1]))
        row = compare(base, {"mirror": mirror}, metrics=["total.delay.mean"]).rows[0]
        found.append(row.verdict in ("better", "worse"))
    return found


def seeded(days: int, load: float, seeds: int, trials: int) -> dict[str, list[bool]]:
    """False verdicts, and gates that break or are passed by chance, of comparisons with seeds."""
    found: dict[str, list[bool]] = {"better or worse": [], "--fail-if 'delay.mean > +10%'": []}
    for trial in range(trials):
        base, mirror = (partial(_of_seed, days, load, quotas) for quotas in (QUOTAS, QUOTAS[::-1]))
        numbers = range(trial * seeds, (trial + 1) * seeds)
        made = compare(
            base, {"mirror": mirror}, metrics=["total.delay.mean"], seeds=numbers, bounds=["delay.mean > +10%"]
        )
        found["better or worse"].append(made.rows[0].verdict in ("better", "worse"))
        found["--fail-if 'delay.mean > +10%'"].append(bool(made.violations))
    return found


def _of_seed(days: int, load: float, quotas: Sequence[int], seed: int) -> Scenario:
    return scenario(seed, days, load, quotas)


@dataclass(frozen=True, slots=True)
class Known:
    """The mean of a change under many seeds, and the standard error of that mean."""

    mean: float
    error: float


@dataclass(frozen=True, slots=True)
class Advised:
    """One trial of advice: the chosen value, its mean as the seeds of the search saw it, its mean and interval as told
    by fresh seeds."""

    value: str
    seen: float
    told: float
    low: float
    high: float


FILE, DELAY = "scenarios/two-busy-teams.yaml", "team-a.delay.mean"
QUOTA = "clusterQueues.team-a.nvidia.com/gpu.nominalQuota"


def advice(trials: int, seeds: int) -> list[Advised]:
    """What is advised under ``seeds`` seeds, trial by trial, each with seeds of its own."""
    found = []
    for trial in range(trials):
        numbers = range(1000 * (trial + 1), 1000 * (trial + 1) + seeds)
        made = advise(FILE, [f"{DELAY} <= 1h"], {QUOTA: range(8, 22, 2)}, seeds=numbers)
        if made.chosen is None or made.told is None:
            continue
        told, value = made.told.objectives[0], dict(made.chosen.move.settings).get(QUOTA, "8")
        seen = made.chosen.means[DELAY]
        if seen is not None and told.then is not None and told.low is not None and told.high is not None:
            found.append(Advised(value, seen, told.then, told.low, told.high))
    return found


def known(values: Sequence[str], runs: int) -> dict[str, Known]:
    """What the means are, from ``runs`` seeds that no trial has."""
    long = sweep(FILE, {QUOTA: values}, metrics=[DELAY], seeds=range(500_000, 500_000 + runs))
    return {
        value: Known(fmean(samples), stdev(samples) / runs**0.5)
        for value, samples in zip(values, long.samples(DELAY), strict=True)
    }


def biased(found: Sequence[tuple[str, float]], truth: Mapping[str, Known]) -> str:
    """By how much means are off from the truth, as a share of it, on average: ``-2.0 % (-9.1 % to +5.1 %) of 20``.

    Student's 95 % interval; the error of the truth itself, which trials of one value share, counts in it.
    """
    off, n = [mean / truth[value].mean - 1 for value, mean in found], len(found)
    shares = Counter(value for value, _ in found)
    shared = sum((number / n * truth[value].error / truth[value].mean) ** 2 for value, number in shares.items())
    half = float(t.ppf(0.975, n - 1)) * (stdev(off) ** 2 / n + shared) ** 0.5
    return f"{fmean(off):+.1%} ({fmean(off) - half:+.1%} to {fmean(off) + half:+.1%}) of {n}"


def tell_advice(trials: int, runs: int) -> None:
    """Prints how far the means of chosen changes are from those of long runs of them."""
    found = advice(trials, 3)
    values = sorted({item.value for item in found}, key=int)
    truth = known(values, runs)
    for value in values:
        chosen = sum(item.value == value for item in found)
        print(f"  {value} GPUs, chosen {chosen} times: {truth[value].mean:.0f} s ± {truth[value].error:.0f} in truth")
    print(f"  as the seeds of the search saw it: {biased([(item.value, item.seen) for item in found], truth)}")
    print(f"  as told, by fresh seeds:           {biased([(item.value, item.told) for item in found], truth)}")
    hits = [item.low <= truth[item.value].mean <= item.high for item in found]
    print(f"  the interval told holds the truth: {shown(hits)}")


BLOCKS = 12
"""Weeks of a recorded quarter."""


def bootstraps(samples: int, seeds: int) -> dict[str, list[bool]]:
    """Whether each of three intervals from resamples of twelve weeks holds the true mean: the symmetric one that
    comparisons tell, the percentiles of the resamples, and SciPy's BCa. Weeks follow a normal law, an exponential one,
    or a lognormal one of sigma 1, each of mean 1."""
    random = np.random.default_rng(0)
    laws = {
        "normal": lambda: random.normal(1, 1, BLOCKS),
        "exponential": lambda: random.exponential(1, BLOCKS),
        "lognormal": lambda: random.lognormal(-0.5, 1, BLOCKS),
    }
    found: dict[str, list[bool]] = {}
    for law, draw in laws.items():
        for _ in range(samples):
            weeks = draw()
            means = weeks[random.integers(0, BLOCKS, (seeds, BLOCKS))].mean(axis=1)
            told = resampled([0.0] * seeds, [float(mean) for mean in means], BLOCKS, 0.95)
            assert told is not None and told.low is not None and told.high is not None
            bca = bootstrap((weeks,), np.mean, n_resamples=seeds, method="BCa", rng=random).confidence_interval
            low, high = np.quantile(means, [0.025, 0.975])
            for way, ends in {"symmetric": (told.low, told.high), "percentile": (low, high), "BCa": bca}.items():
                found.setdefault(f"{law}, {way}", []).append(bool(ends[0] <= 1 <= ends[1]))
    return found


def tell_bootstraps(samples: int) -> None:
    """Prints how often intervals from resamples hold the truth."""
    for seeds in (18, 200):
        print(f"95 % intervals of the mean of {BLOCKS} weeks, from {seeds} resamples, that hold it")
        for name, hits in bootstraps(samples, seeds).items():
            print(f"  {name:23} {shown(hits)}", flush=True)


def shown(hits: Sequence[bool]) -> str:
    """A share with its exact interval: ``4 % (2 to 8 %) of 200``."""
    low, high = share_interval(sum(hits), len(hits), 0.95)
    return f"{sum(hits) / len(hits):5.1%}  ({low:.1%} to {high:.1%}) of {len(hits)}"


def verdicts(trials: int) -> None:
    """Prints the table of false verdicts."""
    print("false verdicts at 5 %, recorded work")
    for days, load in ((3, 0.82), (14, 0.82), (28, 0.71)):
        print(f"  {days:2d} days, load {load}: {shown(recorded(days, load, trials))}", flush=True)
    for seeds in (5, 10):
        for what, hits in seeded(3, 0.7, seeds, trials).items():
            print(f"  {seeds:2d} seeds, {what}: {shown(hits)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200, help="trials of comparisons; 0 for none")
    parser.add_argument("--advice", type=int, default=120, help="trials of advice; 0 for none")
    parser.add_argument("--runs", type=int, default=1000, help="runs that tell what the mean of a change is")
    parser.add_argument("--resamples", type=int, default=1000, help="samples of weeks to resample; 0 for none")
    options = parser.parse_args()
    if options.resamples:
        tell_bootstraps(options.resamples)
    if options.trials:
        verdicts(options.trials)
    if options.advice:
        print("advice: mean delay of the chosen change against that of many runs of it")
        tell_advice(options.advice, options.runs)


if __name__ == "__main__":
    main()
