"""The same world under two releases of Kueue: which rules differ, which of them matter here, and what follows.

Whether a rule matters is found out by trial: the newer release is run with this one rule as the older has it, and where
nothing changes by that, the older release with this one rule as the newer has it. Where every event is the same both
times, the rule is not touched by this world.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from kueue_sim.engine import Fact
from kueue_sim.engine.simulate import simulation
from kueue_sim.errors import InputError
from kueue_sim.inputs.kueue.newer_fields import newer_fields
from kueue_sim.inputs.loading import Loaded
from kueue_sim.inputs.text.field import Field
from kueue_sim.model import RULES, PodSetAssignment, Scenario, decisive_gates, gate_defaults
from kueue_sim.model.releases import Gate
from kueue_sim.results.run_result import RunResult
from kueue_sim.whatif.comparing.compare import Question, compared
from kueue_sim.whatif.comparing.comparison import Comparison
from kueue_sim.whatif.comparing.variants import Variant
from kueue_sim.whatif.execution.runs import Runs
from kueue_sim.whatif.execution.scenario_source import FromFile

DECISIONS = ("QuotaReserved", "Admitted", "Reassigned", "Preempted", "Evicted", "Requeued", "Deactivated", "Finished")
"""Facts that tell what was decided, or what follows at once."""
SOON_MS = 30 * 60 * 1000
"""How long an endless loop is followed when rules are tried."""
Happened = tuple[str, ...]
"""One decision: its kind, the workload, and what else tells it from others."""


@dataclass(frozen=True, slots=True)
class Change:
    """A rule or a feature gate that the two releases have differently. ``number`` is the rule's, "" for a gate;
    ``touched`` says whether anything here depends on it, None when that was not tried; ``settles`` whether the older
    release would not get into its first endless loop with this one rule of the newer, None where it has none or that
    was not tried."""

    name: str
    number: str
    told: str
    before: bool
    after: bool
    touched: bool | None = None
    settles: bool | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One release: how often what happened, the instant of an endless loop and who takes part (None, () without)."""

    version: str
    counts: Mapping[str, int]
    loop_ms: int | None = None
    loops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FirstDifference:
    """The first instant that differs: what was decided under one release only, and why others waited there."""

    at_ms: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    why_before: tuple[str, ...]
    why_after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Upgrade:
    """``gone`` are settings of the scenario that one of the releases does not have, or reads otherwise."""

    title: str
    before: Side
    after: Side
    changes: tuple[Change, ...]
    gone: tuple[str, ...]
    first: FirstDifference | None
    comparison: Comparison

    @property
    def differs(self) -> bool:
        """Whether anything is decided otherwise after the upgrade."""
        return self.first is not None or self.before.loop_ms != self.after.loop_ms


@dataclass(frozen=True)
class _Played:
    facts: Sequence[Fact]
    side: Side


def upgraded(base: FromFile, before: str, after: str, runs: Runs, tried: bool = True) -> Upgrade:
    """What changes in the scenario of ``base`` from one release to the other. Raises InputError.

    ``tried``: find out by runs of their own which rules matter here.
    """
    loaded = _loaded(base, before, after)
    gates = _gates_of(loaded)
    sides = [_under(base, version, gates) for version in (before, after)]
    old, new = (side.scenario() for side in sides)
    gone = [
        text
        for one in (old, new)
        for text in (
            *_unknown_gates(gates, one.settings.version),
            *_fields(one, one.settings.version, () if loaded.governed else loaded.manifests),
        )
    ]
    one, other = _play(old), _play(new)
    first = _first_difference(one.facts, other.facts)
    changes = _changes(old, new)
    if tried and (first is not None or one.side.loop_ms != other.side.loop_ms):
        shorter = _to_the_loop(old, one)
        changes = [_tried(change, shorter, (new, other)) for change in changes]
    elif first is None:
        changes = [replace(change, touched=False) for change in changes]
    variants = [Variant(f"Kueue {version}", side) for version, side in zip((before, after), sides, strict=True)]
    comparison = compared(variants[0], variants[1:], Question(fresh=False), runs)
    if comparison.interrupted:
        raise KeyboardInterrupt
    return Upgrade(old.name, one.side, other.side, tuple(changes), tuple(dict.fromkeys(gone)), first, comparison)


def _loaded(base: FromFile, before: str, after: str) -> Loaded:
    """The scenario as it is read under its own release or one of these. Raises InputError where none can read it."""
    error: InputError | None = None
    for version in (None, before, after):
        try:
            return base.loaded([] if version is None else [("kueue.version", version)])
        except InputError as found:
            error = found if error is None else error
    assert error is not None
    raise error


def _gates_of(loaded: Loaded) -> tuple[str, ...]:
    """The feature gates that the scenario sets."""
    kueue = loaded.kueue
    given = () if kueue is None else (kueue.get("configuration", "featureGates"), kueue.get("featureGates"))
    return tuple(sorted({name for field in given for name, _ in field.entries()}))


def _under(base: FromFile, version: str, gates: Iterable[str]) -> FromFile:
    """The scenario under a release, without the feature gates that this release does not have."""
    known = gate_defaults(version)
    without = [
        (f"kueue.{where}.{name}", None)
        for name in gates
        for where in ("featureGates", "configuration.featureGates")
        if name not in known
    ]
    return base.changed([("kueue.version", version), *without])


def _play(scenario: Scenario) -> _Played:
    running = simulation(scenario)
    loops = RunResult(scenario, running.run()).loops
    loop_ms = min((loop.from_ms for loop in loops), default=None)
    names = tuple(sorted({name for loop in loops for name in loop.workloads}))
    facts = list(running.facts)
    counts = Counter(fact.type for fact in facts if fact.type in DECISIONS)
    return _Played(facts, Side(scenario.settings.version, dict(sorted(counts.items())), loop_ms, names))


def _happened(fact: Fact) -> Happened:
    return (fact.type, fact.workload, fact.cluster_queue, fact.reason, fact.by, *map(_place, fact.pod_sets))


def _place(pod_set: PodSetAssignment) -> str:
    """How many pods of a pod set go where: flavors, and what the topology gave."""
    flavors = sorted(set(pod_set.flavors.values()))
    domains = () if pod_set.topology is None else pod_set.topology.domains
    at = ", ".join(f"{'/'.join(one.values)} {one.count}" for one in domains)
    where = " and ".join(flavors) + (f" at {at}" if at else "")
    return f"{pod_set.count} × {pod_set.name}" + (f" on {where}" if where else "")


def _by_instant(facts: Sequence[Fact]) -> dict[int, Counter[Happened]]:
    found: dict[int, Counter[Happened]] = {}
    for fact in facts:
        if fact.type in DECISIONS:
            found.setdefault(fact.at_ms, Counter())[_happened(fact)] += 1
    return found


def _first_difference(before: Sequence[Fact], after: Sequence[Fact]) -> FirstDifference | None:
    one, other = _by_instant(before), _by_instant(after)
    for at_ms in sorted(one.keys() | other.keys()):
        here, there = one.get(at_ms, Counter()), other.get(at_ms, Counter())
        if here != there:
            return FirstDifference(
                at_ms,
                _told((here - there).elements()),
                _told((there - here).elements()),
                _waiting(before, at_ms),
                _waiting(after, at_ms),
            )
    return None


def _told(happened: Iterable[Happened]) -> tuple[str, ...]:
    """What was decided, sorted; what happened several times stands once, with its number."""
    counted = sorted(Counter(map(_sentence, happened)).items())
    return tuple(sentence if number == 1 else f"{number} × {sentence}" for sentence, number in counted)


def _sentence(one: Happened) -> str:
    kind, workload, queue, reason, by, *places = one
    because = f" ({reason})" if reason else ""
    for_whom = f" for {by}" if by else ""
    where = f" in {queue}" if queue else ""
    what = f": {'; '.join(places)}" if places else ""
    return f"{kind} {workload}{where}{because}{for_whom}{what}"


def _waiting(facts: Sequence[Fact], at_ms: int) -> tuple[str, ...]:
    """Why workloads waited at an instant: their last answers there."""
    found = {fact.workload: fact.message for fact in facts if fact.at_ms == at_ms and fact.type == "Pending"}
    return tuple(f"{workload} waits: {message}" for workload, message in sorted(found.items()))


def _changes(old: Scenario, new: Scenario) -> list[Change]:
    one, other = old.settings, new.settings
    found = [
        Change(name, rule["number"], rule["told"], getattr(one.release, name), getattr(other.release, name))
        for name, rule in RULES.items()
    ]
    found += [
        Change(name, "", f"feature gate {name}", one.gate(name), other.gate(name))
        for name in decisive_gates(new.settings.version)
    ]
    return [change for change in found if change.before != change.after]


def _to_the_loop(scenario: Scenario, played: _Played) -> tuple[Scenario, _Played]:
    """A run that gets into an endless loop, cut off soon after: what comes later is more of the same, and dear."""
    if played.side.loop_ms is None:
        return scenario, played
    end_ms = played.side.loop_ms + SOON_MS
    cut = replace(scenario, horizon_ms=min(end_ms, scenario.horizon_ms or end_ms))
    again = _play(cut)
    return (cut, again) if again.side.loop_ms == played.side.loop_ms else (scenario, played)


def _tried(change: Change, old: tuple[Scenario, _Played], new: tuple[Scenario, _Played]) -> Change:
    """Whether the newer release decides otherwise with this one rule as the older has it, or the older with this one
    rule as the newer has it; and whether that one rule ends the loops of the older."""
    undone = _play(_with(new[0], change, change.before))
    touched = not _same(undone, new[1])
    if touched and old[1].side.loop_ms is None:
        return replace(change, touched=True)
    alone = _play(_with(old[0], change, change.after))
    settles = None if old[1].side.loop_ms is None else alone.side.loop_ms is None
    return replace(change, touched=touched or not _same(alone, old[1]), settles=settles)


def _with(scenario: Scenario, change: Change, value: bool) -> Scenario:
    settings = scenario.settings
    if change.number:
        settings = replace(settings, rules={**settings.rules, change.name: value})
    else:
        settings = replace(settings, gates={**settings.gates, cast(Gate, change.name): value})
    return replace(scenario, settings=settings)


def _same(one: _Played, other: _Played) -> bool:
    return one.side.loop_ms == other.side.loop_ms and _by_instant(one.facts) == _by_instant(other.facts)


def _unknown_gates(gates: Iterable[str], version: str) -> list[str]:
    known = gate_defaults(version)
    return [
        f"Kueue {version} has no feature gate {name}, which is set here; it is left out"
        for name in gates
        if name not in known
    ]


def _fields(scenario: Scenario, version: str, manifests: Iterable[Field]) -> list[str]:
    """Fields of the scenario that a release does not have, and what becomes of them."""
    found = newer_fields(version, scenario.policy, manifests)
    if scenario.policy.topologies and not scenario.settings.gate("TopologyAwareScheduling"):
        found.append(f"topology-aware scheduling is off by default in Kueue {scenario.settings.version}")
    return found
