"""The same world under two releases of Kueue: which rules differ, which of them matter here, and what follows.

Whether a rule matters is found out by trial: the newer release is run with this one rule as the older release has it.
Where every event is the same, the rule is not touched by this world.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kueue_sim.engine import Fact
from kueue_sim.engine.simulate import simulation
from kueue_sim.errors import InputError
from kueue_sim.model import RULES, Scenario, decisive_gates, gate_defaults, has_since, release_of
from kueue_sim.results.run_result import RunResult
from kueue_sim.whatif.comparing.compare import Question, compared
from kueue_sim.whatif.comparing.comparison import Comparison
from kueue_sim.whatif.comparing.variants import Variant
from kueue_sim.whatif.execution.runs import Runs
from kueue_sim.whatif.execution.scenario_source import FromFile, FromScenario, Origin

DECISIONS = ("QuotaReserved", "Admitted", "Reassigned", "Preempted", "Evicted", "Requeued", "Deactivated", "Finished")
"""Facts that tell what was decided, or what follows at once."""
Happened = tuple[str, ...]
"""One decision: its kind, the workload, and what else tells it from others."""


@dataclass(frozen=True, slots=True)
class Change:
    """A rule or a feature gate that the two releases have differently. ``number`` is the rule's, "" for a gate;
    ``touched`` says whether anything here depends on it, None when that was not tried."""

    name: str
    number: str
    told: str
    before: bool
    after: bool
    touched: bool | None = None


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
    """``gone`` are settings of the scenario that one of the releases does not have, or reads otherwise. ``comparison``
    is None where one of the releases never settles."""

    title: str
    before: Side
    after: Side
    changes: tuple[Change, ...]
    gone: tuple[str, ...]
    first: FirstDifference | None
    comparison: Comparison | None

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

    ``tried``: find out by a run each which rules matter here.
    """
    old_origin = base.changed([f"kueue.version='{before}'"], [])
    old = old_origin.scenario()
    gone = [*_unknown_gates(old, after), *_fields(old, before), *_fields(old, after)]
    new = _newer(base, old, after)
    one, other = _play(old), _play(new)
    first = _first_difference(one.facts, other.facts)
    changes = _changes(old, new)
    if tried and (first is not None or one.side.loop_ms != other.side.loop_ms):
        changes = [_tried(change, new, other) for change in changes]
    elif first is None:
        changes = [replace(change, touched=False) for change in changes]
    sides = (Variant(f"Kueue {before}", old_origin), Variant(f"Kueue {after}", _origin(base, after, new)))
    comparison = compared(sides[0], [sides[1]], Question(fresh=False), runs)
    return Upgrade(old.name, one.side, other.side, tuple(changes), tuple(dict.fromkeys(gone)), first, comparison)


def _origin(base: FromFile, version: str, scenario: Scenario) -> Origin:
    origin = base.changed([f"kueue.version='{version}'"], [])
    try:
        origin.scenario()
    except InputError:
        return FromScenario(scenario)
    return origin


def _newer(base: FromFile, old: Scenario, version: str) -> Scenario:
    """The scenario under the other release, without the feature gates that this one does not have any more."""
    try:
        return base.changed([f"kueue.version='{version}'"], []).scenario()
    except InputError:
        known = gate_defaults(version)
        kept = {name: value for name, value in old.settings.gates.items() if name in known}
        if len(kept) == len(old.settings.gates):
            raise
        return replace(old, settings=replace(old.settings, version=version, gates=kept))


def _play(scenario: Scenario) -> _Played:
    running = simulation(scenario)
    loops = RunResult(scenario, running.run()).loops
    loop_ms = min((loop.from_ms for loop in loops), default=None)
    names = tuple(sorted({name for loop in loops for name in loop.workloads}))
    facts = list(running.facts)
    counts = Counter(fact.type for fact in facts if fact.type in DECISIONS)
    return _Played(facts, Side(scenario.settings.version, dict(sorted(counts.items())), loop_ms, names))


def _happened(fact: Fact) -> Happened:
    places = tuple(f"{one.name} {one.count} {sorted(one.flavors.items())} {one.topology}" for one in fact.pod_sets)
    return (fact.type, fact.workload, fact.cluster_queue, fact.reason, fact.by, *places)


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
    return tuple(_sentence(one) for one in sorted(happened))


def _sentence(one: Happened) -> str:
    kind, workload, queue, reason, by = one[:5]
    because = f" ({reason})" if reason else ""
    for_whom = f" for {by}" if by else ""
    where = f" in {queue}" if queue else ""
    return f"{kind} {workload}{where}{because}{for_whom}"


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


def _tried(change: Change, new: Scenario, played: _Played) -> Change:
    """Whether the newer release decides otherwise with this one rule as the older has it."""
    settings = new.settings
    if change.number:
        settings = replace(settings, rules={**settings.rules, change.name: change.before})
    else:
        settings = replace(settings, gates={**settings.gates, change.name: change.before})
    undone = _play(replace(new, settings=settings))
    same = undone.side.loop_ms == played.side.loop_ms and _by_instant(undone.facts) == _by_instant(played.facts)
    return replace(change, touched=not same)


def _unknown_gates(scenario: Scenario, version: str) -> list[str]:
    known = gate_defaults(version)
    return [
        f"Kueue {version} has no feature gate {name}, which is set here; it is left out"
        for name in sorted(scenario.settings.gates)
        if name not in known
    ]


def _fields(scenario: Scenario, version: str) -> list[str]:
    """Fields of the scenario that a release does not have, and what becomes of them."""
    release, found = release_of(version), []
    for queue in scenario.policy.cluster_queues:
        if queue.flavor_fungibility.preference is not None and not release.flavor_preference:
            found.append(f"Kueue {version} has no flavorFungibility.preference; ClusterQueue {queue.name} goes without")
    for cohort in scenario.policy.cohorts:
        if cohort.fair_weight != 1 and not release.tournament:
            found.append(f"Kueue {version} has no fairSharing of Cohorts; the weight of {cohort.name} is ignored")
    if scenario.policy.topologies and not scenario.settings.gate("TopologyAwareScheduling"):
        found.append(f"topology-aware scheduling is off by default in Kueue {scenario.settings.version}")
    if not has_since(version, "0.15.0"):
        found.append(f"Kueue {version} reads objects of kueue.x-k8s.io/v1beta1 only; v1beta2 is converted for it here")
    return found
