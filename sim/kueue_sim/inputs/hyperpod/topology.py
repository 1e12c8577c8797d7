"""Which of HyperPod's flavors know their place in the network? Topologies by instance type (HyperPod facts, 4.8)."""

from collections.abc import Mapping, Sequence

from kueue_sim.inputs.hyperpod.objects import API
from kueue_sim.inputs.kubernetes.instance_nodes import INSTANCE_TYPE, NETWORK_LAYERS
from kueue_sim.inputs.kubernetes.nodes import HOSTNAME
from kueue_sim.inputs.text.field import Field
from kueue_sim.model import Node
from kueue_sim.model.team_names import PREFIX

TOPOLOGY = "hyperpod-default"


def with_topology(manifests: Sequence[Field], nodes: Sequence[Node], setting: str) -> tuple[list[Field], list[str]]:
    """The manifests with a Topology, and flavors that have it, where all nodes of a type carry the network's labels.

    ``auto`` leaves the topology out where a team owns instances with and without one: there Kueue closes flavors with a
    topology to pods that ask for none. Notes say what was left out.
    """
    known = _located(nodes) if setting != "off" else set()
    ours = [one for one in manifests if _is_flavor(one) and _type_of(one) in known]
    if setting == "auto":
        mixed = _mixed(manifests, {str(one.get("metadata", "name").value) for one in ours})
        ours = [one for one in ours if one.get("metadata", "name").value not in mixed]
        left = sorted(mixed)
    else:
        left = []
    notes = [
        f"no topology for {', '.join(left)}: teams own other instance types beside them, and pods that ask for no "
        "topology could not use them; policy.hyperpod.settings.topology: on gives them one"
    ] if left else []  # fmt: skip
    if not ours:
        return list(manifests), notes
    levels = [{"nodeLabel": label} for label in (*NETWORK_LAYERS, HOSTNAME)]
    topology = {"apiVersion": API, "kind": "Topology", "metadata": {"name": TOPOLOGY}, "spec": {"levels": levels}}
    first = ours[0]
    return [
        *(_aware(one) if one in ours else one for one in manifests),
        Field(topology, first.source, first.report, first.path),
    ], notes


def _located(nodes: Sequence[Node]) -> set[str]:
    """Instance types of which every node tells its place."""
    types = {node.labels.get(INSTANCE_TYPE, "") for node in nodes}
    without = {node.labels.get(INSTANCE_TYPE, "") for node in nodes if not set(NETWORK_LAYERS) <= set(node.labels)}
    return types - without


def _is_flavor(manifest: Field) -> bool:
    return manifest.get("kind").value == "ResourceFlavor" and not manifest.get("spec", "topologyName").present


def _type_of(flavor: Field) -> object:
    labels = flavor.get("spec", "nodeLabels").value
    return labels.get(INSTANCE_TYPE) if isinstance(labels, Mapping) else None


def _mixed(manifests: Sequence[Field], aware: set[str]) -> set[str]:
    """Those of the flavors that a team has beside others without topology."""
    found: set[str] = set()
    for manifest in manifests:
        if manifest.get("kind").value != "ClusterQueue":
            continue
        if not str(manifest.get("metadata", "name").value).startswith(PREFIX):
            continue
        groups = manifest.get("spec", "resourceGroups").items()
        names = {str(flavor.get("name").value) for group in groups for flavor in group.get("flavors").items()}
        found |= names & aware if names - aware else set()
    return found


def _aware(flavor: Field) -> Field:
    spec = flavor.get("spec").mapping()
    value = {**flavor.mapping(), "spec": {**spec, "topologyName": TOPOLOGY}}
    return Field(value, flavor.source, flavor.report, flavor.path)
