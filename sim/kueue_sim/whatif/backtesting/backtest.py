"""Does the simulator reproduce the past of this cluster? Simulated against recorded starts, preemptions and use."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import mean, stdev

from kueue_sim.engine import Fact, Facts, simulate
from kueue_sim.model import PodSetAssignment, Workload, WorkloadStatus
from kueue_sim.report.text.wording import count
from kueue_sim.units import format_duration, is_accelerator
from kueue_sim.whatif.backtesting.recorded_jobs import is_scenario, recorded_jobs
from kueue_sim.whatif.backtesting.recorded_past import RecordedPast, Step, recorded_past

NEAR_MS = 600_000
"""A start is right within ten minutes, but no more than a tenth of the recording, or a fifth of the recorded wait."""
NEAR_SHARE = 0.2
_PARTS = 10
TRUSTED = 0.9
"""Share of right starts from which on a cluster's future may be asked for."""
FEW = 20
"""Fewer starts than these may be right by chance."""


_SHORT = "longer waits: all that were recorded are shorter than {near}, so being within {near} says little"
_TAKEN_OVER = ("Evicted", "Deactivated")
"""Facts of the start that only tell what was so before."""


_ORDER = (
    "whether parked work looks again before the cycles of an instant or after them; replayed as after them, which "
    "explains more of this recording"
)


@dataclass(frozen=True, slots=True)
class Parting:
    """The first instant at which simulated and recorded decisions differ: what only one side did, what each said."""

    at_ms: int
    recorded: tuple[str, ...]
    simulated: tuple[str, ...]
    recorded_says: tuple[str, ...]
    simulated_says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """First starts of one team and size, or of all. ``bias_s`` is the mean of simulated less recorded start, with its
    95 % interval, None below two jobs; ``right`` the share of starts near enough, as ``Backtest.right`` says it."""

    team: str
    size: str
    jobs: int
    recorded_wait_s: float
    simulated_wait_s: float | None
    bias_s: float | None
    low_s: float | None
    high_s: float | None
    right: float


@dataclass(frozen=True, slots=True)
class Backtest:
    """``rows`` begin with all work. ``used`` is the mean of the quota in use, recorded and simulated, and the mean
    distance of the two curves, in resource units. ``unknown`` is what the replay had to do without. Starts that are
    off by ``near_ms`` or less are right."""

    title: str
    jobs: int
    decisions: int
    same: int
    parting: Parting | None
    rows: tuple[Row, ...]
    preemptions: tuple[int, int]
    used: tuple[str, float, float, float]
    unknown: tuple[str, ...]
    near_ms: int = NEAR_MS

    @property
    def trusted(self) -> bool:
        """Whether the future of this cluster may be asked for."""
        return self.parting is None or (bool(self.rows) and self.rows[0].right >= TRUSTED)

    @property
    def right(self) -> str:
        """What a right start is."""
        return f"within {format_duration(self.near_ms)} or a fifth of the recorded wait"

    @property
    def verdict(self) -> str:
        """One sentence, and another where it rests on little."""
        if self.parting is None:
            said = (
                f"Every one of {self.decisions} decisions is as recorded: the simulator may be trusted on this cluster."
            )
            return said + self._reserve
        right = f"{self.rows[0].right:.0%} of first starts are {self.right}"
        if self.trusted:
            return f"{right}: the simulator may be trusted on this cluster, within the errors below.{self._reserve}"
        return f"Only {right}: do not decide by this simulation before the first difference is understood."

    @property
    def _reserve(self) -> str:
        """What to add where few starts were seen, "" otherwise."""
        starts = self.rows[0].jobs if self.rows else 0
        few = f" That rests on {starts} {'start' if starts == 1 else 'starts'} only; a longer recording says more."
        return few if starts < FEW else ""

    def content(self) -> dict[str, object]:
        """Everything as plain values."""
        return {**asdict(self), "trusted": self.trusted, "verdict": self.verdict}


def backtest(paths: Sequence[str | Path]) -> Backtest:
    """Plays the past of a watch stream again under the policy of a dump, or that of a job history, which is the trace
    of a scenario. Raises InputError."""
    files = [Path(path) for path in paths]
    if len(files) == 1 and is_scenario(files[0]):
        past = recorded_jobs(files[0])
        return compared(past, simulate(past.scenario).facts)
    return replayed(recorded_past(files))


def replayed(past: RecordedPast) -> Backtest:
    """A replay of a watch stream. Whether parked work looks again before or after the cycles of an instant is in no
    recording; where the one order does not explain everything, the other is tried, and the one that parts later is
    kept."""
    found = compared(past, simulate(past.scenario).facts)
    if found.parting is None:
        return found
    timing = replace(past.scenario.timing, cycles_first=not past.scenario.timing.cycles_first)
    other = replace(past, scenario=replace(past.scenario, timing=timing), unknown=(*past.unknown, _ORDER))
    again = compared(other, simulate(other.scenario).facts)
    return again if again.parting is None or again.parting.at_ms > found.parting.at_ms else found


def compared(past: RecordedPast, facts: Facts) -> Backtest:
    """A replay against the record."""
    end_ms = past.scenario.horizon_ms or max((fact.at_ms for fact in facts), default=0)
    before = {one.key: one.status for one in past.scenario.workloads if one.status is not None}
    ours, theirs = list(_steps(facts, before)), past.steps
    if not any(step.what for step in theirs):
        ours = [replace(step, what="") for step in ours if step.type != "Evicted"]
    at_ours, at_theirs = _by_instant(ours), _by_instant(theirs)
    same = sum((_counted(at_ours.get(at, ())) & _counted(steps)).total() for at, steps in at_theirs.items())
    workloads = {one.key: one for one in facts.workloads}
    starts = _starts(ours), _starts(theirs)
    parting = _parting(at_ours, at_theirs, facts, (*past.unseen, (end_ms // 1000 * 1000, end_ms)))
    waits = [at - workloads[key].created_ms for key, at in starts[1].items() if key in workloads]
    near_ms = min(NEAR_MS, end_ms // _PARTS // 1000 * 1000)
    short = parting is not None and waits and max(waits) < near_ms
    return Backtest(
        past.scenario.name,
        len(workloads),
        len(theirs),
        same,
        parting,
        tuple(_rows(workloads, *starts, near_ms)),
        (_preempted(theirs), _preempted(ours)),
        _use(workloads, ours, theirs, end_ms),
        (*past.unknown, *([_SHORT.format(near=format_duration(near_ms))] if short else ())),
        near_ms,
    )


def _steps(facts: Iterable[Fact], before: Mapping[str, WorkloadStatus]) -> Iterable[Step]:
    """What the simulation decided, in the words of the record; ``before`` existed when it began, with this status."""
    evicted = {key for key, status in before.items() if status.eviction is not None}
    for fact in facts:
        if fact.at_ms == 0 and fact.type in _TAKEN_OVER and fact.workload in evicted:
            continue
        if fact.type in ("Preempted", "Evicted"):
            evicted.add(fact.workload)
            reason = "Preempted" if fact.type == "Preempted" else fact.reason
            yield Step(fact.at_ms, "Evicted", fact.workload, reason, fact.message)
        elif fact.type == "Deactivated" and fact.workload not in evicted:
            yield Step(fact.at_ms, "Evicted", fact.workload, fact.reason, fact.message)
        elif fact.type == "Admitted" and (fact.at_ms > 0 or fact.workload not in before):
            evicted.discard(fact.workload)
            yield Step(fact.at_ms, "Admitted", fact.workload, f"{fact.cluster_queue}: {_given(fact.pod_sets)}")
        elif fact.type in ("Finished", "Deleted"):
            yield Step(fact.at_ms, fact.type, fact.workload)


def _given(pod_sets: Iterable[PodSetAssignment]) -> str:
    parts = [
        f"{one.name} {one.count} ({', '.join(f'{name} {flavor}' for name, flavor in sorted(one.flavors.items()))})"
        for one in pod_sets
    ]
    return "; ".join(sorted(parts))


def _by_instant(steps: Iterable[Step]) -> dict[int, list[Step]]:
    found: dict[int, list[Step]] = {}
    for step in steps:
        found.setdefault(step.at_ms // 1000 * 1000, []).append(step)
    return found


def _counted(steps: Iterable[Step]) -> Counter[tuple[str, str, str]]:
    return Counter((step.type, step.workload, step.what) for step in steps)


def _parting(
    ours: Mapping[int, Sequence[Step]],
    theirs: Mapping[int, Sequence[Step]],
    facts: Iterable[Fact],
    unseen: Sequence[tuple[int, int]],
) -> Parting | None:
    """Within ``unseen`` the recorder, who may have been stopped in the last instant, has not seen everything."""
    for at in sorted(ours.keys() | theirs.keys()):
        mine, real = _counted(ours.get(at, ())), _counted(theirs.get(at, ()))
        seen = not any(first <= at <= last for first, last in unseen)
        if real - mine or (seen and mine - real):
            why = [
                f"{fact.workload}: {fact.message}"
                for fact in facts
                if fact.type == "Pending" and fact.at_ms // 1000 * 1000 == at
            ]
            said = [f"{step.workload}: {step.message}" for step in theirs.get(at, ()) if step.message]
            only = _told((real - mine).elements()), _told((mine - real).elements())
            return Parting(at, *only, tuple(said[:5]), tuple(why[:5]))
    return None


def _told(steps: Iterable[tuple[str, str, str]]) -> tuple[str, ...]:
    return tuple(sorted(" ".join(part for part in step if part) for step in steps))


def _starts(steps: Iterable[Step]) -> dict[str, int]:
    found: dict[str, int] = {}
    for step in steps:
        if step.type == "Admitted":
            found.setdefault(step.workload, step.at_ms)
    return found


def _preempted(steps: Iterable[Step]) -> int:
    return sum(step.type == "Evicted" and step.what == "Preempted" for step in steps)


def _rows(
    workloads: Mapping[str, Workload], ours: Mapping[str, int], theirs: Mapping[str, int], near_ms: int
) -> Iterable[Row]:
    groups: dict[tuple[str, str], list[tuple[int, int | None]]] = {}
    for key, at in theirs.items():
        one = workloads.get(key)
        if one is None:
            continue
        begun = ours.get(key)
        wait = (at - one.created_ms, None if begun is None else begun - one.created_ms)
        for group in (("all", ""), (f"{one.namespace}/{one.queue_name}", _size(one))):
            groups.setdefault(group, []).append(wait)
    for (team, size), waits in sorted(groups.items(), key=lambda item: (item[0][0] != "all", item[0])):
        yield _row(team, size, waits, near_ms)


def _row(team: str, size: str, waits: Sequence[tuple[int, int | None]], near_ms: int) -> Row:
    errors = [(mine - real) / 1000 for real, mine in waits if mine is not None]
    low = high = None
    if len(errors) > 1:
        from scipy.stats import t

        half = float(t.ppf(0.975, len(errors) - 1)) * stdev(errors) / len(errors) ** 0.5
        low, high = mean(errors) - half, mean(errors) + half
    right = sum(mine is not None and abs(mine - real) <= max(near_ms, NEAR_SHARE * real) for real, mine in waits)
    simulated = [mine / 1000 for _, mine in waits if mine is not None]
    return Row(
        team,
        size,
        len(waits),
        mean(real / 1000 for real, _ in waits),
        mean(simulated) if simulated else None,
        mean(errors) if errors else None,
        low,
        high,
        right / len(waits),
    )


def _size(one: Workload) -> str:
    return count(sum(pods.count for pods in one.pod_sets), "pod")


def _use(
    workloads: Mapping[str, Workload], ours: Iterable[Step], theirs: Iterable[Step], end_ms: int
) -> tuple[str, float, float, float]:
    """The resource most asked for, its mean use recorded and simulated, and the mean distance of the two curves."""
    asked: Counter[str] = Counter(
        resource for one in workloads.values() for pods in one.pod_sets for resource in pods.requests
    )
    accelerators = [name for name in asked if is_accelerator(name)]
    resource = max(accelerators or asked, key=lambda name: (asked[name], name), default="")
    curves = [_curve(workloads, steps, resource) for steps in (theirs, ours)]
    times = sorted({0, end_ms, *curves[0], *curves[1]})
    levels, areas, distance = [0, 0], [0.0, 0.0], 0.0
    for at, following in pairwise(times):
        levels = [level + curve.get(at, 0) for level, curve in zip(levels, curves, strict=True)]
        length = following - at
        areas = [area + level * length for area, level in zip(areas, levels, strict=True)]
        distance += abs(levels[0] - levels[1]) * length
    span = max(1, end_ms)
    return resource, areas[0] / span, areas[1] / span, distance / span


def _curve(workloads: Mapping[str, Workload], steps: Iterable[Step], resource: str) -> dict[int, int]:
    changes: dict[int, int] = {}
    running: dict[str, int] = {}
    for step in steps:
        one = workloads.get(step.workload)
        amount = 0 if one is None else sum(pods.count * pods.requests.get(resource, 0) for pods in one.pod_sets)
        delta = 0
        if step.type == "Admitted" and step.workload not in running:
            running[step.workload] = delta = amount
        elif step.type != "Admitted":
            delta = -running.pop(step.workload, 0)
        changes[step.at_ms] = changes.get(step.at_ms, 0) + delta
    return changes
