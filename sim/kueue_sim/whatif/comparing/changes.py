"""What does a variant change? Object by object and field by field, and how many GPUs are promised, and exist, after
it."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kueue_sim.model import (
    Action,
    AutoscaledPool,
    ClusterQueue,
    Cohort,
    Node,
    Policy,
    Scenario,
    Workload,
)
from kueue_sim.model.team_names import IDLE_POOL
from kueue_sim.results.quota.field_changes import (
    NONE,
    Change,
    as_text,
    field_changes,
    full_name,
    policy_changes,
    spelled,
)
from kueue_sim.results.quota.quota_over_time import accelerator, hours, quotas
from kueue_sim.results.quota.resources import resource_of
from kueue_sim.units import format_duration, format_quantity

INSTANCE_TYPE = "node.kubernetes.io/instance-type"
_NAMES_OF_WORK = {"created_ms": "submit", "pod_sets": "pods"}
"""Fields of a workload that scenarios call otherwise."""
_MOST_NAMED = 5
"""So many nodes or workloads are told one by one."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """Units of the accelerator: ``quota`` of ClusterQueues and Cohorts together, ``granted`` to ClusterQueues alone,
    ``existing`` on nodes (None: the scenario has no nodes). At the start of the run."""

    resource: str
    quota: int
    granted: int
    existing: int | None

    @classmethod
    def of(cls, scenario: Scenario) -> "Capacity":
        """The capacity of a scenario."""
        policy, resource = scenario.policy, accelerator(scenario.policy)
        granted = sum(_nominal(queue, resource) for queue in policy.cluster_queues)
        owned = sum(_nominal(cohort, resource) for cohort in policy.cohorts)
        nodes = scenario.nodes
        existing = sum(node.allocatable.get(resource, 0) for node in nodes) if nodes else None
        return cls(resource, granted + owned, granted, existing)


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything a variant changes. ``moved`` names the ClusterQueues, and *total*, whose nominal quota is another, so
    that shares of it are shares of something else."""

    lines: tuple[Change, ...]
    before: Capacity
    after: Capacity
    moved: frozenset[str]

    @property
    def horizon(self) -> bool:
        """Whether the run is asked to end at another time."""
        return any((line.object, line.field) == ("run", "horizon") for line in self.lines)

    def moves(self, resource: str) -> bool:
        """Whether anybody's nominal quota of a resource is another."""
        return any(line.field.endswith(f"{resource}.nominalQuota") for line in self.lines)

    def records(self) -> list[dict[str, str]]:
        """The lines as plain values."""
        return [
            {"object": item.object, "field": item.field, "before": item.before, "after": item.after}
            for item in self.lines
        ]

    def totals(self) -> list[tuple[str, int | None, int | None]]:
        """What is promised and what exists, before and after."""
        return [
            ("quota in total", self.before.quota, self.after.quota),
            ("granted to ClusterQueues", self.before.granted, self.after.granted),
            ("on nodes", self.before.existing, self.after.existing),
        ]


def changes_between(base: Scenario, variant: Scenario) -> Changes:
    """What ``variant`` changes in ``base``; of work that differs in more than a few jobs, how much there is, because
    nobody reads it job by job."""
    lines = [
        *policy_changes(base.policy, variant.policy),
        *field_changes("settings", base.settings, variant.settings),
        *field_changes("placement", base.placement, variant.placement),
        *field_changes("timing", base.timing, variant.timing),
        *_nodes(base.nodes, variant.nodes),
        *_pools(base.node_pools, variant.node_pools),
        *_work(base, variant),
        *_run(base, variant),
    ]
    return Changes(tuple(lines), Capacity.of(base), Capacity.of(variant), _moved(base, variant))


def _moved(base: Scenario, variant: Scenario) -> frozenset[str]:
    """Whose nominal quota differs; with another timeline, everybody's may, and with another pool of idle resources
    after what it does, that of the pool and the total."""
    resource = accelerator(base.policy)
    names = [queue.name for queue in (*base.policy.cluster_queues, *variant.policy.cluster_queues)]
    if _written(base.timeline) != _written(variant.timeline):
        return frozenset((*names, "total"))
    before, after = (
        {queue.name: _nominal(queue, resource) for queue in side.policy.cluster_queues} for side in (base, variant)
    )
    found = {name for name in names if before.get(name) != after.get(name)}
    if base.timeline != variant.timeline:
        found |= {IDLE_POOL, "total"}
    if Capacity.of(base).quota != Capacity.of(variant).quota:
        found.add("total")
    return frozenset(found)


def _written(timeline: Sequence[Action]) -> list[Action]:
    """The actions of a timeline without those of HyperPod, whose pool of idle resources follows nodes and quotas."""
    return [one for one in timeline if not _follows(one)]


def _follows(action: Action) -> bool:
    return action.do == "apply" and {full_name(one) for one in action.objects} == {IDLE_POOL}


def _nominal(owner: ClusterQueue | Cohort, resource: str) -> int:
    return sum(quota.nominal for _, name, quota in quotas(owner) if name == resource)


def _nodes(before: tuple[Node, ...], after: tuple[Node, ...]) -> Iterator[Change]:
    """How many nodes of each kind there are, and what differs in those that stay."""
    old, new = (Counter(_kind(node) for node in side) for side in (before, after))
    for kind in dict.fromkeys((*old, *new)):
        if old[kind] != new[kind]:
            yield Change("nodes", kind, str(old[kind]), str(new[kind]))
    was, now = ({node.name: node for node in side} for side in (before, after))
    others = [name for name in was if name in now and was[name] != now[name]]
    for name in others[:_MOST_NAMED]:
        yield from field_changes(f"Node {name}", was[name], now[name])
    if others[_MOST_NAMED:]:
        yield Change("nodes", "changed as well", NONE, str(len(others) - _MOST_NAMED))


def _pools(before: tuple[AutoscaledPool, ...], after: tuple[AutoscaledPool, ...]) -> Iterator[Change]:
    """The settings of the autoscaler, pool by pool."""
    old, new = ({pool.name: _scaling(pool) for pool in side} for side in (before, after))
    for name in dict.fromkeys((*old, *new)):
        was, now = old.get(name, {}), new.get(name, {})
        for field in was or now:
            if was.get(field) != now.get(field):
                yield Change(f"node pool {name}", f"autoscale.{field}", was.get(field, NONE), now.get(field, NONE))


def _scaling(pool: AutoscaledPool) -> dict[str, str]:
    return {
        "min": str(pool.minimum),
        "max": str(len(pool.nodes)),
        "delay": format_duration(pool.delay_ms),
        "idle": format_duration(pool.idle_ms),
    }


def _kind(node: Node) -> str:
    """The instance type of a node, else its accelerators."""
    named = node.labels.get(INSTANCE_TYPE)
    gpus = ", ".join(f"{amount} {name}" for name, amount in node.allocatable.items() if "/" in name)
    return named or gpus or "nodes without accelerators"


def _work(base: Scenario, variant: Scenario) -> Iterator[Change]:
    """How many workloads there are, and what they ask for, under the first seed. What a class is worth is a change of
    the class, not of the work that has it; that Kueue looks again at what waits follows from other changes."""
    before, after, resource = base.workloads, variant.workloads, resource_of(base)
    if isinstance(before, Sequence) and isinstance(after, Sequence):
        if before == after:
            return
        edited = _edited(base.policy, variant.policy)
        old_work, new_work = ([_in_itself(one, edited) for one in side] for side in (before, after))
        if old_work == new_work:
            return
        named = list(_one_by_one(old_work, new_work))
        if named:
            yield from named
            return
    old, new = _asked(before, resource), _asked(after, resource)
    for field, was, now in zip(("workloads", f"{resource} hours asked for"), old, new, strict=True):
        if was != now:
            yield Change("work", field, was, now)
    if old == new and isinstance(before, Sequence):
        yield Change("work", "workloads", old[0], f"{new[0]} others")


def _one_by_one(before: Sequence[Workload], after: Sequence[Workload]) -> Iterator[Change]:
    """What differs in a few workloads, where all others are the same; they may be submitted in another order."""
    known = {one.key: one for one in after}
    others = [(was, known[was.key]) for was in before if was.key in known and known[was.key] != was]
    if {one.key for one in before} != known.keys() or len(before) != len(after) or len(others) > _MOST_NAMED:
        return
    for was, now in others:
        for name, old, new in zip(was._fields, was, now, strict=True):
            if old != new:
                texts = _of_work(name, old), _of_work(name, new)
                if texts[0] == texts[1]:
                    texts = "as it is", "another"
                field = _NAMES_OF_WORK.get(name, spelled(name.removesuffix("_ms")))
                yield Change(f"Workload {was.key}", field, *texts)


def _of_work(name: str, value: object) -> str:
    """A field of a workload as text, as far as one says it in short; "" for others."""
    if name == "pod_sets" and isinstance(value, tuple):
        return " and ".join(f"{one.count} of {_amounts(one.requests)}" for one in value) or NONE
    if name.endswith("_ms") and isinstance(value, int):
        return format_duration(value)
    return as_text(value) if isinstance(value, int | str | None) else ""


def _amounts(requests: Mapping[str, int]) -> str:
    return ", ".join(f"{format_quantity(amount, name)} {name}" for name, amount in requests.items()) or "nothing"


def _edited(before: Policy, after: Policy) -> frozenset[str]:
    """The WorkloadPriorityClasses that have another value, which all their work has then."""
    values = {one.name: one.value for one in before.priority_classes}
    return frozenset(one.name for one in after.priority_classes if values.get(one.name) != one.value)


def _in_itself(workload: Workload, edited: Container[str]) -> Workload:
    """A workload without what the policy makes of it; ``edited`` are the classes that have another value."""
    status = workload.status
    return workload._replace(
        priority=0 if workload.priority_class in edited else workload.priority,
        status=None if status is None else replace(status, woken=False),
    )


def _asked(workloads: Iterable[Workload], resource: str) -> tuple[str, str]:
    number = amount = 0
    for one in workloads:
        number += 1
        amount += (one.runtime_ms or 0) * sum(part.count * part.requests.get(resource, 0) for part in one.pod_sets)
    return f"{number:,}", f"{hours(amount, resource):,.1f}"


def _run(base: Scenario, variant: Scenario) -> Iterator[Change]:
    if base.horizon_ms != variant.horizon_ms:
        before, after = (
            NONE if side.horizon_ms is None else format_duration(side.horizon_ms) for side in (base, variant)
        )
        yield Change("run", "horizon", before, after)
    if base.drain != variant.drain:
        yield Change("run", "drain", *(str(side.drain).lower() for side in (base, variant)))
    planned, other = _written(base.timeline), _written(variant.timeline)
    if planned != other:
        yield Change("run", "timeline", f"{len(planned)} actions", f"{len(other)} other actions")
    if base.prices != variant.prices:
        yield from field_changes("prices", base.prices, variant.prices)
    if base.checks != variant.checks:
        yield Change("run", "admissionChecks", "as in the base", "others")


__all__ = ["Capacity", "Change", "Changes", "changes_between"]
