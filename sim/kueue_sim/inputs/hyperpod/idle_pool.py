"""How much compute does no team own? HyperPod's pool of idle resources to borrow from (HyperPod facts, 4.7)."""

from collections.abc import Iterable, Sequence

from kueue_sim.inputs.hyperpod.compute_quota import Amounts
from kueue_sim.inputs.hyperpod.objects import API, NAMESPACE, resource_groups
from kueue_sim.inputs.kubernetes.instance_nodes import INSTANCE_TYPE
from kueue_sim.inputs.kubernetes.nodes import capacity
from kueue_sim.inputs.text.field import Field, Source
from kueue_sim.model import Node
from kueue_sim.model.team_names import IDLE_POOL, PREFIX
from kueue_sim.units import parse_quantity


def idle_pool(manifests: Sequence[Field], nodes: Iterable[Node], cohort: str, origin: Field) -> Field:
    """The pool's ClusterQueue: capacity of usable nodes less all nominal quotas, per flavor and resource, at least 0.

    Nodes that are not ready or cordoned do not count.
    """
    owned = _nominal(manifests)
    usable = tuple(node for node in nodes if node.ready and not node.unschedulable)
    rest: dict[str, Amounts] = {}
    for flavor, amounts in owned.items():
        there = capacity(usable, {INSTANCE_TYPE: flavor})
        rest[flavor] = {name: max(0, there.get(name, 0) - amount) for name, amount in amounts.items()}
    spec = {
        "cohortName": cohort,
        "namespaceSelector": {"matchLabels": {NAMESPACE: IDLE_POOL}},
        "resourceGroups": resource_groups(rest, None),
    }
    manifest = {"apiVersion": API, "kind": "ClusterQueue", "metadata": {"name": IDLE_POOL}, "spec": spec}
    place = origin.source.place(origin.path)
    return Field(manifest, Source("", {}, {(): place}) if place else Source("HyperPod"), origin.report)


def _nominal(manifests: Sequence[Field]) -> dict[str, Amounts]:
    """Nominal quota of all teams together, per flavor and resource."""
    total: dict[str, Amounts] = {}
    for manifest in manifests:
        name = manifest.get("metadata", "name").value
        if manifest.get("kind").value != "ClusterQueue" or not str(name).startswith(PREFIX) or name == IDLE_POOL:
            continue
        for group in manifest.get("spec", "resourceGroups").items():
            for flavor in group.get("flavors").items():
                amounts = total.setdefault(flavor.get("name").text(), {})
                for quota in flavor.get("resources").items():
                    resource = quota.get("name").text()
                    amounts[resource] = amounts.get(resource, 0) + _amount(quota.get("nominalQuota").value, resource)
    return total


def _amount(value: object, resource: str) -> int:
    """A quota; what is none counts nothing here and is noted by the reader of the ClusterQueue."""
    try:
        return parse_quantity(str(value), resource)
    except ValueError:
        return 0
