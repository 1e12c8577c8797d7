"""What does a generator file of Kueue's own scheduler performance suites describe? Read as it is.

Follows: generator.go and topology_generator.go of Kueue's test/performance/scheduler/runner. Each ClusterQueue
has a namespace and a LocalQueue of its own name; each workloads set waits its interval before every creation, and
every creation waits for its turn at the API server. UIDs, which order what was created in one second, are random
there; here the seed draws them.
"""

import heapq
import random
from collections.abc import Iterator, Sequence
from itertools import product
from math import prod

from kueue_sim.inputs.kueue.manifests import Objects, flatten, read_objects
from kueue_sim.inputs.text.field import Field, Source
from kueue_sim.model import Node, PodSet, Settings, SliceLayer, TopologyRequest, Workload
from kueue_sim.units import parse_quantity

DEFAULT_FLAVOR = "rf"
NODE_GROUP, GROUP_VALUE = "tas-node-group", "tas"
CONSTRAINTS = ("required", "preferred", "balanced")
LIMIT = 1_000_000
"""So many cohorts, queues, workloads and nodes at most, so that a mistyped count does not fill the memory."""
EXTRAS = ("timing", "kueue", "horizon", "drain", "seed", "creationsPerSecond")
"""What overrides may add to a generator file: sections of a scenario, and what the API server can take."""
COHORT_FIELDS = ("className", "count", "queuesSets")
QUEUE_FIELDS = ("className", "count", "nominalQuota", "borrowingLimit", "reclaimWithinCohort", "withinClusterQueue")
WORKLOAD_FIELDS = (
    "className",
    "runtimeMs",
    "priority",
    "request",
    "podCount",
    "tasConstraint",
    "tasLevel",
    "sliceSize",
)


def class_of(workload: str) -> str:
    """The class of a generated workload: its name without the numbers of set, workload and template."""
    return workload.rsplit("-", 3)[0]


def read_generator(document: Field, settings: Settings) -> tuple[Objects, tuple[Node, ...], tuple[Workload, ...]]:
    """Policy objects, nodes and workloads of a generator file; mistakes go to its report."""
    document.only("topology", "resourceFlavor", "cohorts", *EXTRAS)
    if not document.get("cohorts").items():
        document.get("cohorts").wrong("at least one cohort is needed")
    if not _is_bounded(document):
        return read_objects([], settings), (), ()
    manifests = [_flavor(document), *_topology(document.get("topology"))]
    draw = random.Random(f"{document.get('seed').integer()}/uids")
    sets: list[list[Workload]] = []
    pods: dict[object, tuple[PodSet, ...]] = {}
    for queue, name, cohort in _queues(document):
        manifests += _queue_manifests(queue, name, cohort, manifests[0]["metadata"])
        for index, group in enumerate(queue.get("workloadsSets").items()):
            sets.append(_workloads(group, name, index, pods, draw))
    fields = [Field(manifest, Source("generator"), document.report) for manifest in manifests]
    objects = read_objects(flatten(fields), settings)
    workloads = created(sets, document.get("creationsPerSecond").integer(0, minimum=0))
    return objects, _nodes(document.get("topology")), workloads


def created(sets: Sequence[Sequence[Workload]], per_second: int = 0) -> tuple[Workload, ...]:
    """The workloads of all sets in order of creation.

    ``created_ms`` is the creation as planned. With a limit, whoever asked first is served first, and a set waits
    its interval anew after each creation: what is late makes all that follows late.
    """
    gap = 1000 / per_second if per_second else 0.0
    asking = [(float(one[0].created_ms), number, 0) for number, one in enumerate(sets) if one]
    heapq.heapify(asking)
    free_at, result = 0.0, []
    while asking:
        at, number, index = heapq.heappop(asking)
        one = sets[number][index]
        at = max(at, free_at)
        free_at = at + gap
        result.append(one._replace(created_ms=round(at)) if round(at) != one.created_ms else one)
        if index + 1 < len(sets[number]):
            following = sets[number][index + 1]
            heapq.heappush(asking, (at + following.created_ms - one.created_ms, number, index + 1))
    return tuple(sorted(result, key=lambda item: (item.created_ms, item.uid)))


def _is_bounded(document: Field) -> bool:
    """Whether cohorts, queues and workloads are few enough to be made; too many of them are a mistake."""
    cohorts = queues = workloads = 0
    for kind in document.get("cohorts").items():
        number = _count(kind)
        cohorts += number
        for group in kind.get("queuesSets").items():
            made = number * _count(group)
            queues += made
            for one in group.get("workloadsSets").items():
                workloads += made * _count(one) * len(one.get("workloads").items())
    for made, what in ((cohorts, "cohorts"), (queues, "ClusterQueues"), (workloads, "workloads")):
        if made > LIMIT:
            document.get("cohorts").wrong(f"{made:,} {what}; at most {LIMIT:,} are accepted")
            return False
    return True


def _count(field: Field) -> int:
    """The ``count`` of a part of the file, 0 where it is no number (which is told when the part is read)."""
    value = field.get("count").value
    return value if isinstance(value, int) and value > 0 else 0


def _queues(document: Field) -> Iterator[tuple[Field, str, str]]:
    """Queues set, name and cohort of every ClusterQueue."""
    for cohorts in document.get("cohorts").items():
        cohorts.only(*COHORT_FIELDS)
        for number in range(cohorts.get("count").integer(0, minimum=0)):
            cohort = f"{cohorts.get('className').needed('className')}-{number}"
            for set_index, queues in enumerate(cohorts.get("queuesSets").items()):
                queues.only(*QUEUE_FIELDS, "workloadsSets")
                for index in range(queues.get("count").integer(0, minimum=0)):
                    yield queues, f"{queues.get('className').text()}-{set_index}-{index}-{cohort}", cohort


def _flavor(document: Field) -> dict[str, object]:
    flavor = document.get("resourceFlavor")
    flavor.only("name", "nodeLabel", "topologyName")
    spec: dict[str, object] = {}
    if flavor.get("topologyName").present:
        label = flavor.get("nodeLabel").needed("nodeLabel, which a topology demands,")
        spec = {"topologyName": flavor.get("topologyName").text(), "nodeLabels": {label: GROUP_VALUE}}
    name = flavor.get("name").text() or DEFAULT_FLAVOR
    return {"kind": "ResourceFlavor", "metadata": {"name": name}, "spec": spec}


def _topology(topology: Field) -> list[dict[str, object]]:
    if not topology.present:
        return []
    topology.only("name", "levels")
    levels = [{"nodeLabel": level.get("nodeLabel").needed("nodeLabel")} for level in topology.get("levels").items()]
    name = topology.get("name").needed("name")
    return [{"kind": "Topology", "metadata": {"name": name}, "spec": {"levels": levels}}]


def _nodes(topology: Field) -> tuple[Node, ...]:
    """Nodes with the labels of their domains: ``block-0``, ``rack-3``, ``node-12``, numbered anew in each parent."""
    levels = topology.get("levels").items()
    if not levels:
        return ()
    for level in levels:
        level.only("name", "count", "nodeLabel", "capacity")
    capacity = levels[-1].get("capacity")
    amounts = {
        "cpu": parse_quantity("96", "cpu") if not capacity.get("cpu").present else capacity.get("cpu").quantity("cpu"),
        "memory": capacity.get("memory").quantity("memory") or parse_quantity("256Gi", "memory"),
        "pods": 110,
    }
    counts = [level.get("count").integer(0, minimum=0) for level in levels]
    if prod(counts) > LIMIT:
        topology.wrong(f"{prod(counts):,} nodes; at most {LIMIT:,} are accepted")
        return ()
    names = [level.get("name").needed("name") for level in levels]
    keys = [level.get("nodeLabel").text() for level in levels]
    nodes = []
    for numbers in product(*(range(count) for count in counts)):
        values = [f"{name}-{number}" for name, number in zip(names, numbers, strict=True)]
        node = "-".join(["node", *(f"{name[:1]}{number}" for name, number in zip(names, numbers, strict=True))])
        labels = {NODE_GROUP: GROUP_VALUE, **dict(zip(keys, values, strict=True))}
        nodes.append(Node(node, labels, (), amounts))
    return tuple(nodes)


def _queue_manifests(queue: Field, name: str, cohort: str, flavor: object) -> list[dict[str, object]]:
    quota: dict[str, object] = {"name": "cpu", "nominalQuota": queue.get("nominalQuota").value or 0}
    if queue.get("borrowingLimit").present:
        quota["borrowingLimit"] = queue.get("borrowingLimit").value
    preemption = {
        field: queue.get(field).value
        for field in ("reclaimWithinCohort", "withinClusterQueue")
        if queue.get(field).present
    }
    flavor_name = flavor["name"] if isinstance(flavor, dict) else DEFAULT_FLAVOR
    group = {"coveredResources": ["cpu"], "flavors": [{"name": flavor_name, "resources": [quota]}]}
    spec = {"cohortName": cohort, "namespaceSelector": {}, "resourceGroups": [group], "preemption": preemption}
    return [
        {"kind": "ClusterQueue", "metadata": {"name": name}, "spec": spec},
        {"kind": "LocalQueue", "metadata": {"name": name, "namespace": name}, "spec": {"clusterQueue": name}},
    ]


def _workloads(
    group: Field, queue: str, set_index: int, pods: dict[object, tuple[PodSet, ...]], draw: random.Random
) -> list[Workload]:
    """The workloads of one set in one queue, in the order of their creation."""
    group.only("count", "creationIntervalMs", "workloads")
    delay = group.get("creationIntervalMs").integer(0, minimum=0)
    models = [_model(template, queue, pods) for template in group.get("workloads").items()]
    at, found = 0, []
    for number in range(group.get("count").integer(0, minimum=0)):
        for index, model in enumerate(models):
            at += delay
            name = f"{model.name}-{set_index}-{number}-{index}"
            found.append(model._replace(name=name, uid=f"{draw.getrandbits(128):032x}", created_ms=at))
    return found


def _model(template: Field, queue: str, pods: dict[object, tuple[PodSet, ...]]) -> Workload:
    template.only(*WORKLOAD_FIELDS)
    key = (template.path, id(template.source))
    if key not in pods:
        pods[key] = (_pod_set(template),)
    return Workload(
        name=template.get("className").needed("className"),
        namespace=queue,
        queue_name=queue,
        pod_sets=pods[key],
        priority=template.get("priority").integer(),
        runtime_ms=template.get("runtimeMs").integer(0, minimum=0),
    )


def _pod_set(template: Field) -> PodSet:
    requests = {"cpu": template.get("request").quantity("cpu")}
    level = template.get("tasLevel").text()
    topology = None
    if level:
        constraint = template.get("tasConstraint").choice(CONSTRAINTS, "")
        size = template.get("sliceSize").integer(0, minimum=0)
        topology = TopologyRequest(
            required=level if constraint == "required" else None,
            preferred=level if constraint == "preferred" else None,
            slice_layers=(SliceLayer(level, size),) if constraint == "balanced" and size else (),
        )
    return PodSet("main", template.get("podCount").integer(1, minimum=0) or 1, requests, topology=topology)
