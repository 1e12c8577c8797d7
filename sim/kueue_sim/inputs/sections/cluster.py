"""Which nodes does a scenario have, in whatever way it says so? Pools, manifests, described clusters, node lists."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kueue_sim.inputs.hyperpod.snapshot import GROUPS, group_pool, labels_of, machines_of, said_by, said_of
from kueue_sim.inputs.kubernetes.instance_nodes import SYSTEM_SHARES
from kueue_sim.inputs.kubernetes.nodes import node_pool, read_pools
from kueue_sim.inputs.kueue.manifests import flatten, read_objects
from kueue_sim.inputs.text.field import Field, Path, Source
from kueue_sim.inputs.text.files import Files
from kueue_sim.inputs.text.schema import CLUSTER, NODE_POOL
from kueue_sim.model import AutoscaledPool, Node, NodePod, Settings

KINDS = ("Node", "Pod")


@dataclass(frozen=True, slots=True)
class ClusterSection:
    """``pools`` has the names of each pool's nodes; ``node_pods`` hold a part of the nodes already;
    ``autoscaled`` pools change their number of nodes; ``notes`` say what stands for what."""

    pools: dict[str, tuple[str, ...]]
    nodes: tuple[Node, ...]
    node_pods: tuple[NodePod, ...]
    autoscaled: tuple[AutoscaledPool, ...] = ()
    notes: tuple[str, ...] = ()


def read_cluster(section: Field, files: Files, settings: Settings, beside: Iterable[Field] = ()) -> ClusterSection:
    """All nodes of the ``cluster`` section; mistakes go to its report. Machines of a described cluster that are Nodes
    as well, in the section or among the objects ``beside`` it, are there once."""
    section.only(*CLUSTER)
    system = section.get("systemShare").choice(SYSTEM_SHARES, SYSTEM_SHARES[0])
    pools, nodes, scaled = read_pools(section, system)
    found = [*section.get("nodes").items(), *files.manifests(section.get("include"))]
    described = [document for document in found if document.get(GROUPS).present]
    manifests = flatten(document for document in found if not document.get(GROUPS).present)
    for manifest in manifests:
        kind = manifest.get("kind")
        if not kind.present:
            kind.wrong(f"kind is missing; only Node and Pod are accepted here{_of_pool(manifest)}")
        elif kind.value not in KINDS:
            kind.wrong(f"kind {kind.value!r} is not accepted here; only Node and Pod")
    objects = read_objects([item for item in manifests if item.get("kind").value in KINDS], settings)
    notes: list[str] = []
    dumped = [node.labels for node in objects.nodes]
    dumped += [labels_of(one) for one in beside if one.get("kind").value == "Node"]
    for document in described:
        for group in document.get(GROUPS).items():
            name = group.get("InstanceGroupName").needed("InstanceGroupName") if isinstance(group.value, dict) else ""
            machines = machines_of(group, dumped) if isinstance(group.value, dict) else 0
            if said := said_of(group, machines):
                notes.append(said)
            if machines:
                continue
            made = _group_nodes(group, system)
            pools[name] = tuple(node.name for node in made)
            nodes += made
    if section.get("nodeList").present:
        from kueue_sim.inputs.traces.node_list import read_node_list

        nodes += read_node_list(section.get("nodeList"), files)
    return ClusterSection(pools, nodes + objects.nodes, objects.node_pods, scaled, tuple(notes))


def _of_pool(manifest: Field) -> str:
    """A hint where what has no kind has fields of a pool, "" where it has none."""
    is_pool = isinstance(manifest.value, dict) and not manifest.value.keys().isdisjoint(NODE_POOL)
    return "; a pool of equal nodes belongs under cluster.nodePools" if is_pool else ""


def _group_nodes(group: Field, system: str) -> tuple[Node, ...]:
    """The nodes of an instance group; mistakes are shown at the field of the group that says it."""
    if not isinstance(group.value, dict):
        group.unexpected("an instance group")
        return ()
    own: dict[Path, Path] = {(name,): (*group.path, said) for name, said in said_by(group).items()}
    places = {path: group.source.place(said) for path, said in [((), group.path), *own.items()]}
    known = {path: place for path, place in places.items() if place is not None}
    written = {path: group.source.written(said) for path, said in own.items()}
    source = Source("InstanceGroups", {}, known, parts=written)
    return node_pool(Field(group_pool(group), source, group.report), system)


def refuse_equal_names(nodes: Sequence[Node], cluster: Field) -> None:
    """Notes every node whose name another one has, wherever it was described."""
    seen: set[str] = set()
    for node in nodes:
        if node.name in seen:
            cluster.wrong(f"a second Node named {node.name!r}; names are unique")
        seen.add(node.name)


def refuse_autoscaling(pools: Field) -> None:
    """Without placement no pod waits for a node, so nodes would never come."""
    for pool in pools.items():
        if pool.get("autoscale").present:
            why = "no pod is placed with placement: none, so no node would come; give count, or another placement"
            pool.get("autoscale").wrong(why, at_key=True)
