"""How do the Kueue objects of a team look that HyperPod makes? (HyperPod facts, sections 4.1, 4.3 and 4.5)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kueue_sim.inputs.hyperpod.compute_quota import COVERED, Amounts
from kueue_sim.inputs.kubernetes.instance_nodes import INSTANCE_TYPE
from kueue_sim.inputs.text.field import Field
from kueue_sim.model.team_names import PREFIX, queue_of
from kueue_sim.units import format_quantity

API = "kueue.x-k8s.io/v1beta2"
NAMESPACE = "kubernetes.io/metadata.name"
Manifest = dict[str, object]


@dataclass(frozen=True, slots=True)
class Choices:
    """The settings that HyperPod does not publish."""

    cohort: str
    queueing_strategy: str
    reclaim: str
    borrow: str
    when_can_borrow: str
    when_can_preempt: str
    strategies: tuple[str, ...]
    rounding: str
    dont_lend_alone: bool
    efa: bool
    disabled: str
    ranking: bool = True
    topology: str = "auto"


@dataclass(frozen=True, slots=True)
class Team:
    """One team's allocation: amounts per instance type, and how it is shared."""

    name: str
    nominal: Mapping[str, Amounts]
    limits: Mapping[str, Amounts]
    strategy: str
    preempts: str
    weight: int
    enabled: bool
    place: Field


def priority_classes(policy: Field, ranking: bool) -> list[tuple[Manifest, Field]]:
    """Task ranking: a class per entry, named as jobs refer to it. Without any, first come first served.

    Without ``ranking`` all of them count the same, so that labelled jobs come in their turn.
    """
    return [
        (
            {
                "apiVersion": API,
                "kind": "WorkloadPriorityClass",
                "metadata": {"name": f"{item.get('Name').value}-priority"},
                "value": item.get("Weight").integer(0) if ranking else 0,
            },
            item,
        )
        for item in policy.get("PriorityClasses").items()
    ]


def flavors_of(teams: Sequence[Team]) -> list[tuple[Manifest, Field]]:
    """A ResourceFlavor per instance type, with the place of the first team that has it."""
    found: dict[str, tuple[Manifest, Field]] = {}
    for team in teams:
        for name in team.nominal:
            found.setdefault(name, (flavor(name), team.place))
    return list(found.values())


def flavor(name: str) -> Manifest:
    """The ResourceFlavor of an instance type."""
    spec = {"nodeLabels": {INSTANCE_TYPE: name}}
    return {"apiVersion": API, "kind": "ResourceFlavor", "metadata": {"name": name}, "spec": spec}


def team_objects(team: Team, choices: Choices, fair: bool) -> list[Manifest]:
    """Namespace, ClusterQueue and LocalQueue of one team."""
    space = f"{PREFIX}{team.name}"
    labels = {
        "sagemaker.amazonaws.com/sagemaker-managed-queue": "true",
        "sagemaker.amazonaws.com/quota-allocation-id": team.name,
    }
    alone = team.strategy == "DontLend" and choices.dont_lend_alone
    queue = queue_of(team.name)
    preemption: Manifest = {"withinClusterQueue": team.preempts, "reclaimWithinCohort": choices.reclaim}
    if not fair and choices.borrow != "Never" and choices.reclaim != "Never":
        preemption["borrowWithinCohort"] = {"policy": choices.borrow}
    spec: Manifest = {
        **({} if alone else {"cohortName": choices.cohort}),
        "namespaceSelector": {"matchLabels": {NAMESPACE: space}},
        "queueingStrategy": choices.queueing_strategy,
        "flavorFungibility": {"whenCanBorrow": choices.when_can_borrow, "whenCanPreempt": choices.when_can_preempt},
        "preemption": preemption,
        "fairSharing": {"weight": str(team.weight)},
        **({} if team.enabled else {"stopPolicy": choices.disabled}),
        "resourceGroups": resource_groups(team.nominal, None if alone else team),
    }
    local = {"name": f"{space}-localqueue", "namespace": space}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space, "labels": labels}},
        {"apiVersion": API, "kind": "ClusterQueue", "metadata": {"name": queue}, "spec": spec},
        {"apiVersion": API, "kind": "LocalQueue", "metadata": local, "spec": {"clusterQueue": queue}},
    ]


def resource_groups(nominal: Mapping[str, Amounts], team: Team | None) -> list[Manifest]:
    """One group with a flavor per instance type; ``team`` None has no limits."""
    partitions = sorted({name for amounts in nominal.values() for name in amounts} - set(COVERED))
    covered = [*COVERED, *partitions]
    flavors: list[Manifest] = []
    for name, amounts in nominal.items():
        resources: list[Manifest] = []
        for resource in covered:
            quota: Manifest = {"name": resource, "nominalQuota": format_quantity(amounts.get(resource, 0), resource)}
            if team is not None:
                quota |= _shared(team, name, resource)
            resources.append(quota)
        flavors.append({"name": name, "resources": resources})
    return [{"coveredResources": covered, "flavors": flavors}] if flavors else []


def _shared(team: Team, flavor_name: str, resource: str) -> Manifest:
    """The limits of one quota (section 4.3): absent where the strategy sets none."""
    borrows = team.strategy in ("LendAndBorrow", "Borrow")
    limit = team.limits.get(flavor_name, {}).get(resource, 0) if borrows else 0
    result: Manifest = {"borrowingLimit": format_quantity(limit, resource)}
    if team.strategy in ("DontLend", "Borrow"):
        result["lendingLimit"] = "0"
    return result
