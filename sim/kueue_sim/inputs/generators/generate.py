"""Which synthetic workloads arrive, when, and how large? Random numbers come from named streams of the seed.

Every generator has streams of its own for arrivals, run times and sizes: what one scenario changes elsewhere
leaves the jobs of a generator as they are (common random numbers). The streams of generators outside the namespace
*default* carry the namespace, because a team has its own and names are unique in each only.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import exp
from random import Random

from kueue_sim.inputs.generators.arrivals import Arrivals, Window, read_arrivals
from kueue_sim.inputs.generators.distributions import Draw, by_size, distribution
from kueue_sim.inputs.kueue.queues import Directory
from kueue_sim.inputs.kueue.short_form import base_workload, renamed, with_life
from kueue_sim.inputs.text.field import Field
from kueue_sim.inputs.text.files import Files
from kueue_sim.inputs.text.schema import GENERATE
from kueue_sim.model import PodSet, Workload


@dataclass(frozen=True, slots=True)
class Randomness:
    """What a generator needs to know of its scenario: seed, horizon (None: open) and when time 0 is."""

    seed: int
    horizon_ms: int | None
    start_ms: int

    def stream(self, namespace: str, name: str, part: str) -> Random:
        """The random numbers of one part of one generator."""
        owner = name if namespace in ("", "default") else f"{namespace}/{name}"
        return Random(f"{self.seed}:{owner}:{part}")


@dataclass(frozen=True, slots=True)
class Generator:
    """The workloads of one generator, in order of submission; drawn anew, and alike, whenever they are gone through."""

    template: Workload
    arrivals: Arrivals
    pods: Draw
    runtime: Callable[[Random, int], float] | None
    """None: jobs run until they are deleted."""
    speeds: Sequence[float]
    """A factor on the run times of each user; empty where users run alike."""
    scenario: Randomness

    def __iter__(self) -> Iterator[Workload]:
        template, pods, runtime, speeds = self.template, self.pods, self.runtime, self.speeds
        of_pods, of_runtime = self._stream("pods"), self._stream("runtime")
        sizes = _sizes(template.pod_sets[0])
        submissions = self.arrivals.submissions(self._stream("arrivals"), self._stream("sessions"))
        for index, (at, user) in enumerate(submissions):
            count = max(1, round(pods(of_pods)))
            drawn = None if runtime is None else runtime(of_runtime, count) * (speeds[user] if speeds else 1.0)
            one = renamed(template, f"{template.name}-{index}", at)
            yield one._replace(
                runtime_ms=None if drawn is None else max(1, round(drawn)),
                pod_sets=sizes(count),
            )

    def _stream(self, part: str) -> Random:
        return self.scenario.stream(self.template.namespace, self.template.name, part)


def read_generator(field: Field, directory: Directory, files: Files, scenario: Randomness) -> Generator | None:
    """The generator that a field describes, None where it describes none."""
    field.only(*GENERATE)
    name = field.get("name").needed("name")
    number, until = field.get("count").optional_integer(minimum=0), field.get("until").optional_duration()
    end = scenario.horizon_ms if until is None and number is None else until
    if number is None and end is None:
        field.wrong("a generator needs count, until, or the scenario's horizon")
        return None
    runtime = by_size(field.get("runtime"), lambda item: float(item.duration()), files)
    pods = distribution(field.get("pods"), lambda item: float(item.integer(1, minimum=0)), files)
    template = base_workload(field, directory, name, count=1 if field.get("pods").present else None)
    template = _with_fixed_life(template, field)
    users = scenario.stream(template.namespace, name, "users")
    speeds = _speeds(field.get("arrivals", "sessions"), users)
    window = Window(field.get("from").duration(), end, number)
    arrivals = read_arrivals(field.get("arrivals"), window, scenario.start_ms, files)
    if arrivals is None:
        return None
    given = runtime if field.get("runtime").present else None
    return Generator(template, arrivals, pods, given, speeds, scenario)


def _speeds(sessions: Field, random: Random) -> list[float]:
    """A factor on the run times of each user, mean 1; empty where users run alike."""
    sigma = sessions.get("spread").number(0.0)
    users = sessions.get("users").integer(0, minimum=0)
    return [exp(random.gauss(-sigma * sigma / 2, sigma)) for _ in range(users)] if sigma > 0 else []


def _with_fixed_life(template: Workload, field: Field) -> Workload:
    """The checkpoint and restart fields; the run time is drawn for each workload."""
    fixed = {key: value for key, value in field.mapping().items() if key != "runtime"}
    return with_life(template, Field(fixed, field.source, field.report, field.path))


def _sizes(pods: PodSet) -> Callable[[int], tuple[PodSet, ...]]:
    """The pod sets for a number of pods; jobs of one size share them."""

    @cache
    def sized(count: int) -> tuple[PodSet, ...]:
        minimum = None if pods.min_count is None else min(pods.min_count, count)
        return (replace(pods, count=count, min_count=minimum),)

    return sized
