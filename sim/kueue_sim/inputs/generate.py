"""Which synthetic workloads arrive, when, and how large? Random numbers come from named streams of the seed.

Every generator has streams of its own for arrivals, run times and sizes: what one scenario changes elsewhere
leaves the jobs of a generator as they are (common random numbers).
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count as endless
from math import exp, log
from random import Random

from kueue_sim.inputs.kueue.queues import Directory
from kueue_sim.inputs.kueue.short_form import base_workload, renamed, with_life
from kueue_sim.inputs.text.field import Field
from kueue_sim.inputs.text.schema import ARRIVALS, DISTRIBUTION, GENERATE
from kueue_sim.model import PodSet, Workload

Draw = Callable[[Random], float]
Read = Callable[[Field], float]
LARGEST_EXPONENT = 700.0
"""Larger powers of e are no numbers any more."""
WIDEST_SIGMA = 20.0
"""A logarithm of larger deviation leaves the range of numbers."""
LIMIT = 1_000_000
"""So many arrivals at most, so that a mistyped interval does not fill the memory."""


def distribution(field: Field, read: Read) -> Draw:
    """How values are drawn; anything but a mapping is a constant."""
    if not isinstance(field.value, dict):
        constant = read(field)
        return lambda random: constant
    field.only(*DISTRIBUTION)
    low, high = field.get("min"), field.get("max")
    least = read(low) if low.present else float("-inf")
    most = read(high) if high.present else float("inf")
    draw = _kind(field, read)
    return lambda random: min(most, max(least, draw(random)))


def _kind(field: Field, read: Read) -> Draw:
    kinds: dict[str, Callable[[Field, Read], Draw]] = {
        "constant": _constant,
        "uniform": _uniform,
        "exponential": _exponential,
        "lognormal": _lognormal,
        "choice": _choice,
    }
    return kinds[field.get("distribution").choice(kinds, "constant")](field, read)


def _needs(field: Field, *names: str) -> None:
    for name in names:
        if not field.get(name).present:
            field.wrong(f"{field.get('distribution').value} needs {name}")


def _constant(field: Field, read: Read) -> Draw:
    _needs(field, "value")
    value = read(field.get("value"))
    return lambda random: value


def _uniform(field: Field, read: Read) -> Draw:
    _needs(field, "low", "high")
    low, high = read(field.get("low")), read(field.get("high"))
    return lambda random: random.uniform(low, high)


def _exponential(field: Field, read: Read) -> Draw:
    _needs(field, "mean")
    mean = read(field.get("mean")) or 1.0
    return lambda random: random.expovariate(1 / mean)


def _lognormal(field: Field, read: Read) -> Draw:
    sigma = field.get("sigma").number(1.0)
    if sigma > WIDEST_SIGMA:
        field.get("sigma").wrong(f"{sigma:g} is too large; at most {WIDEST_SIGMA:g} is accepted")
        sigma = WIDEST_SIGMA
    if field.get("median").present:
        center = log(max(1e-9, read(field.get("median"))))
    else:
        if not field.get("mean").present:
            field.wrong("lognormal needs median or mean")
        center = log(max(1e-9, read(field.get("mean")))) - sigma**2 / 2
    return lambda random: exp(min(LARGEST_EXPONENT, random.gauss(center, sigma)))


def _choice(field: Field, read: Read) -> Draw:
    _needs(field, "values")
    values = [read(item) for item in field.get("values").items()] or [0.0]
    weights = [item.number(1.0) for item in field.get("weights").items()] or [1.0] * len(values)
    if len(weights) != len(values) or not sum(weights) > 0:
        field.get("weights").wrong(f"{len(weights)} weights for {len(values)} values, with a sum above 0")
        weights = [1.0] * len(values)
    return lambda random: random.choices(values, weights)[0]


def _arrivals(field: Field, start: int, end: int | None, number: int | None, random: Random) -> Iterator[int]:
    """Times of submission in milliseconds."""
    field.only(*ARRIVALS)
    every = field.get("every").duration()
    poisson = field.get("process").choice(("poisson", "fixed"), "poisson") == "poisson"
    if every == 0:
        field.wrong("arrivals need `every`, longer than 0s")
        return
    at = float(start)
    for index in endless():
        if poisson:
            at += random.expovariate(1 / every)
        elif index:
            at += every
        if (number is not None and index >= number) or (end is not None and at >= end) or index >= LIMIT:
            return
        yield round(at)


def generated(field: Field, directory: Directory, seed: int, horizon: int | None) -> list[Workload]:
    """The workloads of one generator, in order of submission."""
    field.only(*GENERATE)
    name = field.get("name").needed("name")
    number, until = field.get("count").optional_integer(minimum=0), field.get("until").optional_duration()
    end = horizon if until is None and number is None else until
    if number is None and end is None:
        field.wrong("a generator needs count, until, or the scenario's horizon")
        return []
    runtime = distribution(field.get("runtime"), lambda item: float(item.duration()))
    pods = distribution(field.get("pods"), lambda item: float(item.integer(1, minimum=0)))
    template = base_workload(field, directory, name, count=1 if field.get("pods").present else None)
    template = _with_fixed_life(template, field)
    streams = {part: Random(f"{seed}:{name}:{part}") for part in ("arrivals", "runtime", "pods")}
    times = _arrivals(field.get("arrivals"), field.get("from").duration(), end, number, streams["arrivals"])
    endless_runtime = not field.get("runtime").present
    result = []
    for index, at in enumerate(times):
        count = max(1, round(pods(streams["pods"])))
        run = None if endless_runtime else max(1, round(runtime(streams["runtime"])))
        one = renamed(template, f"{name}-{index}", at)
        result.append(one._replace(runtime_ms=run, pod_sets=_sized(template.pod_sets[0], count)))
    return result


def _with_fixed_life(template: Workload, field: Field) -> Workload:
    """The checkpoint and restart fields; the run time is drawn for each workload."""
    fixed = {key: value for key, value in field.mapping().items() if key != "runtime"}
    return with_life(template, Field(fixed, field.source, field.report, field.path))


def _sized(pods: PodSet, count: int) -> tuple[PodSet, ...]:
    minimum = None if pods.min_count is None else min(pods.min_count, count)
    return (replace(pods, count=count, min_count=minimum),)
