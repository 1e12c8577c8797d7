"""Which synthetic workloads arrive, when, and how large? Random numbers come from named streams of the seed.

Every generator has streams of its own for arrivals, run times and sizes: what one scenario changes elsewhere
leaves the jobs of a generator as they are (common random numbers). The streams of generators outside the namespace
*default* carry the namespace, because a team has its own and names are unique in each only.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from math import exp
from random import Random

from kueue_sim.inputs.generators.arrivals import Window, arrivals, in_sessions, read_rhythm, read_sessions
from kueue_sim.inputs.generators.distributions import by_size, distribution
from kueue_sim.inputs.kueue.queues import Directory
from kueue_sim.inputs.kueue.short_form import base_workload, renamed, with_life
from kueue_sim.inputs.text.field import Field
from kueue_sim.inputs.text.files import Files
from kueue_sim.inputs.text.schema import ARRIVALS, GENERATE
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


def generated(field: Field, directory: Directory, files: Files, scenario: Randomness) -> list[Workload]:
    """The workloads of one generator, in order of submission."""
    field.only(*GENERATE)
    name = field.get("name").needed("name")
    number, until = field.get("count").optional_integer(minimum=0), field.get("until").optional_duration()
    end = scenario.horizon_ms if until is None and number is None else until
    if number is None and end is None:
        field.wrong("a generator needs count, until, or the scenario's horizon")
        return []
    runtime = by_size(field.get("runtime"), lambda item: float(item.duration()), files)
    pods = distribution(field.get("pods"), lambda item: float(item.integer(1, minimum=0)), files)
    template = base_workload(field, directory, name, count=1 if field.get("pods").present else None)
    template = _with_fixed_life(template, field)
    parts = ("arrivals", "runtime", "pods", "sessions", "users")
    streams = {part: scenario.stream(template.namespace, name, part) for part in parts}
    window = Window(field.get("from").duration(), end, number)
    speeds = _speeds(field.get("arrivals", "sessions"), streams["users"])
    sizes = _sizes(template.pod_sets[0])
    endless_runtime = not field.get("runtime").present
    result = []
    for index, (at, user) in enumerate(_submissions(field.get("arrivals"), window, files, scenario, streams)):
        count = max(1, round(pods(streams["pods"])))
        drawn = None if endless_runtime else runtime(streams["runtime"], count) * (speeds[user] if speeds else 1.0)
        run = None if drawn is None else max(1, round(drawn))
        one = renamed(template, f"{name}-{index}", at)
        result.append(one._replace(runtime_ms=run, pod_sets=sizes(count)))
    return result


def _submissions(
    field: Field, window: Window, files: Files, scenario: Randomness, streams: dict[str, Random]
) -> Iterator[tuple[int, int]]:
    """Instant and user (0 without users) of every job, in order of submission."""
    field.only(*ARRIVALS)
    rhythm = read_rhythm(field.get("rhythm"), scenario.start_ms)
    sessions = read_sessions(field.get("sessions"), files)
    if sessions is None:
        return ((at, 0) for at in arrivals(field, window, rhythm, streams["arrivals"]))
    starts = arrivals(field, window, rhythm, streams["arrivals"])
    return iter(sorted(in_sessions(starts, sessions, window, streams["sessions"])))


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
