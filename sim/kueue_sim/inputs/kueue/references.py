"""Does every name in the policy exist, and does its quota fit the cluster?"""

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kueue_sim.inputs.kubernetes.nodes import capacity
from kueue_sim.inputs.kueue.workload_objects import priority_class
from kueue_sim.inputs.text.field import Field, near_miss
from kueue_sim.model import LocalQueue, Namespace, Node, Policy
from kueue_sim.model.team_names import IDLE_POOL
from kueue_sim.units import format_quantity

MOST_SHOWN = 20
"""Names of a circle of Cohorts that a message holds, and Cohorts of one circle that are told of it."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A reference to an object that is not there: Kueue accepts it, and waits for the object."""

    field: Field
    message: str


def report_missing(missing: Iterable[Elsewhere], elsewhere: list[Elsewhere] | None) -> list[Elsewhere]:
    """All missing references, where the files may refer to what lies elsewhere; otherwise they are mistakes.

    ``elsewhere`` has those found already, None where a scenario describes its world as a whole.
    """
    if elsewhere is None:
        for one in missing:
            one.field.missing(one.message)
        return []
    return list({one.message: one for one in (*missing, *elsewhere)}.values())


def check_references(manifests: Sequence[Field], policy: Policy) -> list[Elsewhere]:
    """References to flavors, ClusterQueues, topologies and checks that are not there.

    Cycles of Cohorts, and Cohorts that are called almost like another one, are mistakes.
    """
    found: list[Elsewhere] = []
    flavors = [item.name for item in policy.flavors]
    cohorts = _cohort_names(policy)
    queues = [item.name for item in policy.cluster_queues]
    for manifest in manifests:
        spec, kind = manifest.get("spec"), manifest.get("kind").value
        if kind in ("ClusterQueue", "Cohort"):
            for group in spec.get("resourceGroups").items():
                for flavor in group.get("flavors").items():
                    _known(found, flavor.get("name"), flavors, "ResourceFlavor")
            _check_rules(found, spec, policy, flavors)
            _check_cohort(spec.first("cohortName", "cohort", "parentName", "parent"), policy, cohorts)
        elif kind == "LocalQueue":
            _known(found, spec.get("clusterQueue"), queues, "ClusterQueue")
        elif kind == "ResourceFlavor":
            _known(found, spec.get("topologyName"), [item.name for item in policy.topologies], "Topology")
        elif kind == "Workload":
            _check_workload(found, manifest, policy)
    _check_cycles(manifests, policy)
    return found


def _check_workload(found: list[Elsewhere], manifest: Field, policy: Policy) -> None:
    """The LocalQueue of a Workload in its namespace, and the class that its priority comes from where it says none."""
    spec, space = manifest.get("spec"), manifest.get("metadata", "namespace").value or "default"
    queue, there = spec.get("queueName"), [(one.namespace, one.name) for one in policy.local_queues]
    if isinstance(queue.value, str) and queue.value and (space, queue.value) not in there:
        accepted = near_miss(f"{space}/{queue.value}", map("/".join, there))
        found.append(Elsewhere(queue, f"there is no LocalQueue {queue.value!r} in {space}; {accepted}"))
    classes = [one.name for one in policy.priority_classes]
    for field in (spec.get("priorityClassRef", "name"), spec.get("priorityClassName")):
        if priority_class(spec) == field.value and not spec.get("priority").present:
            _known(found, field, classes, "WorkloadPriorityClass")


def _known(found: list[Elsewhere], field: Field, names: Iterable[str], kind: str) -> None:
    if isinstance(field.value, str) and field.value and field.value not in names:
        found.append(Elsewhere(field, f"there is no {kind} {field.value!r}; {near_miss(field.value, names)}"))


def _cohort_names(policy: Policy) -> Counter[str]:
    """How often each cohort is named; those that have an object count once more than enough."""
    names = Counter(queue.cohort for queue in policy.cluster_queues if queue.cohort)
    names.update(cohort.parent for cohort in policy.cohorts if cohort.parent)
    names.update(name for cohort in policy.cohorts for name in (cohort.name, cohort.name))
    return names


def _check_cohort(field: Field, policy: Policy, names: Counter[str]) -> None:
    """A cohort needs no object in Kueue; one that nobody else names and that is called almost like one is a slip."""
    name = field.value
    if not isinstance(name, str) or names[name] > 1:
        return
    known = [item.name for item in policy.cohorts]
    close = [other for other in difflib.get_close_matches(name, known, cutoff=0.8) if _digits(other) == _digits(name)]
    if close and not field.report.partly:
        field.invalid(f"there is no Cohort {name!r} and nobody else names it; did you mean {close[0]!r}?")


def _digits(text: str) -> str:
    """Names that differ in their numbers are meant to differ."""
    return "".join(letter for letter in text if letter.isdigit())


def _check_rules(found: list[Elsewhere], spec: Field, policy: Policy, flavors: Sequence[str]) -> None:
    checks = [item.name for item in policy.admission_checks]
    for rule in spec.get("admissionChecksStrategy", "admissionChecks").items():
        _known(found, rule.get("name"), checks, "AdmissionCheck")
        for flavor in rule.get("onFlavors").items():
            _known(found, flavor, flavors, "ResourceFlavor")


def _check_cycles(manifests: Sequence[Field], policy: Policy) -> None:
    on_cycle = _cycles({item.name: item.parent for item in policy.cohorts})
    for manifest in manifests:
        name = manifest.get("metadata", "name").value
        if manifest.get("kind").value != "Cohort" or not isinstance(name, str):
            continue
        if name in on_cycle:
            cycle = " -> ".join(_shown([*on_cycle[name], name]))
            manifest.get("spec").first("parentName", "parent").wrong(f"the Cohorts form a cycle: {cycle}")


def _cycles(parents: Mapping[str, str | None]) -> dict[str, list[str]]:
    """Per name on a circle of parents the names of the circle, from that name on. Each name is looked at once."""
    found: dict[str, list[str]] = {}
    done: set[str] = set()
    for first in parents:
        chain: dict[str, int] = {}
        name: str | None = first
        while name is not None and name not in done and name not in chain:
            chain[name] = len(chain)
            name = parents.get(name)
        if name is not None and name in chain:
            circle = list(chain)[chain[name] :]
            found.update({one: circle[at:] + circle[:at] for at, one in enumerate(circle[:MOST_SHOWN])})
        done.update(chain)
    return found


def _shown(names: Sequence[str]) -> list[str]:
    """The names of a circle as a message shows them: the first and the last few."""
    return list(names) if len(names) <= MOST_SHOWN else [*names[: MOST_SHOWN - 1], "…", names[-1]]


def complete(policy: Policy) -> Policy:
    """The policy with a LocalQueue for each ClusterQueue that has none, and the Namespaces in use.

    Such a LocalQueue is named like its ClusterQueue, in namespace ``default``.
    """
    served = {queue.cluster_queue for queue in policy.local_queues}
    taken = {(queue.namespace, queue.name) for queue in policy.local_queues}
    made = tuple(
        LocalQueue(item.name, "default", item.name)
        for item in policy.cluster_queues
        if item.name != IDLE_POOL and item.name not in served and ("default", item.name) not in taken
    )
    queues = policy.local_queues + made
    known = {item.name for item in policy.namespaces}
    missing = sorted({queue.namespace for queue in queues} - known)
    spaces = tuple(Namespace(name, {"kubernetes.io/metadata.name": name}) for name in missing)
    return replace(policy, local_queues=queues, namespaces=policy.namespaces + spaces)


MULTIKUEUE = "kueue.x-k8s.io/multikueue"
"""Controller of the admission checks that send work to other clusters."""


def dispatch_warnings(policy: Policy, kinds: Collection[str]) -> list[str]:
    """What it means that MultiKueue is configured; ``kinds`` are those of all manifests."""
    checks = [check.name for check in policy.admission_checks if check.controller == MULTIKUEUE]
    queues = dispatching(policy)
    if not queues and not checks and "MultiKueueConfig" not in kinds and "MultiKueueCluster" not in kinds:
        return []
    if not queues:
        return ["MultiKueue sends no work to other clusters: no ClusterQueue has an admission check of it"]
    return [
        f"work of {', '.join(queues)} runs in other clusters and takes no node here: MultiKueue's checks count as "
        "Ready at once, and pods run from then on; the workers' queues and quota, and admission anew after an eviction "
        "there, are not modelled"
    ]


def dispatching(policy: Policy) -> list[str]:
    """The ClusterQueues whose work MultiKueue sends to other clusters."""
    checks = [check.name for check in policy.admission_checks if check.controller == MULTIKUEUE]
    return [queue.name for queue in policy.cluster_queues if any(one.name in checks for one in queue.admission_checks)]


def resource_quota_warnings(kinds: Collection[str]) -> list[str]:
    """What it means that namespaces have ResourceQuotas; ``kinds`` are those of all manifests."""
    if "ResourceQuota" not in kinds:
        return []
    return ["a ResourceQuota decides nothing here: Kueue does not look at it, and pods are made beyond it"]


def policy_warnings(policy: Policy, nodes: tuple[Node, ...]) -> list[str]:
    """What is allowed but hardly meant: quota without nodes, queues that admit nothing."""
    warnings = [
        f"ClusterQueue {item.name} has no namespaceSelector and so admits nothing; "
        "`namespaceSelector: {}` admits from every namespace"
        for item in policy.cluster_queues
        if item.namespace_selector is None
    ]
    return warnings + (_over_capacity(policy, nodes) if nodes else _without_nodes(policy))


def _without_nodes(policy: Policy) -> list[str]:
    """Flavors with a topology find no place for a pod when there are no nodes at all."""
    levels = {item.name: item.levels for item in policy.topologies}
    found: list[str] = []
    for flavor in policy.flavors:
        if flavor.topology_name in levels:
            labels = ", ".join(levels[flavor.topology_name])
            found.append(
                f"flavor {flavor.name} has topology {flavor.topology_name} and there are no nodes, so nothing is "
                f"admitted with it; add cluster.nodePools with topology labels: {labels}"
            )
    return found


def placement_warnings(without_effect: Iterable[str], has_nodes: bool) -> list[str]:
    """Where pods are placed on nodes, what they ask of these in vain."""
    found = sorted(without_effect) if has_nodes else []
    return [f"{', '.join(found)}: pods are placed on nodes as if they had none"] if found else []


def _over_capacity(policy: Policy, nodes: tuple[Node, ...]) -> list[str]:
    """Quota beyond what the nodes have; that of ClusterQueues whose work runs in other clusters needs none."""
    quota: dict[tuple[str, str], int] = {}
    elsewhere = dispatching(policy)
    owned = [queue.resource_groups for queue in policy.cluster_queues if queue.name not in elsewhere]
    owned += [cohort.resource_groups for cohort in policy.cohorts]
    for groups in owned:
        for group in groups:
            for flavor in group.flavors:
                for resource, amount in flavor.resources:
                    key = (flavor.name, resource)
                    quota[key] = quota.get(key, 0) + amount.nominal
    labels = {item.name: item.node_labels for item in policy.flavors}
    result = []
    for (name, resource), total in sorted(quota.items()):
        there = capacity(nodes, labels.get(name, {})).get(resource, 0)
        if total > there:
            result.append(
                f"nominal quota of {resource} in flavor {name} is {format_quantity(total, resource)}, "
                f"the nodes have {format_quantity(there, resource)}"
            )
    return result
