"""What do Kueue and Kubernetes manifests say? ``load_objects`` turns them into the model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default

from kueue_sim.inputs.kubernetes.limit_ranges import NamespaceLimits, limit_ranges
from kueue_sim.inputs.kubernetes.pods import node_pods
from kueue_sim.inputs.kubernetes.selectors import taints
from kueue_sim.inputs.kueue import policy_objects as read
from kueue_sim.inputs.kueue.companions import KINDS as COMPANIONS
from kueue_sim.inputs.kueue.workload_objects import workload
from kueue_sim.inputs.text.field import Field, Report, Source, near_miss
from kueue_sim.model import Node, NodePod, Policy, Settings, Workload

POLICY_KINDS = (
    "ResourceFlavor",
    "ClusterQueue",
    "Cohort",
    "LocalQueue",
    "Namespace",
    "WorkloadPriorityClass",
    "Topology",
    "AdmissionCheck",
)
OBJECT_KINDS = (*POLICY_KINDS, "Node", "Pod", "Workload")
MULTIKUEUE_KINDS = ("MultiKueueConfig", "MultiKueueCluster")
IGNORED_KINDS = (*COMPANIONS, *MULTIKUEUE_KINDS, "ResourceQuota", read.PROVISIONING_CONFIG, "Configuration")


_DEFAULTS = Settings()
_NO_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Objects:
    """Everything a set of manifests describes. ``limits`` are the LimitRanges by namespace, ``others`` the kinds that
    change no decision here."""

    policy: Policy = _NO_POLICY
    nodes: tuple[Node, ...] = ()
    node_pods: tuple[NodePod, ...] = ()
    workloads: tuple[Workload, ...] = ()
    limits: Mapping[str, NamespaceLimits] = default(default_factory=dict)
    others: tuple[Mapping[str, object], ...] = ()


def load_objects(
    documents: Sequence[Mapping[str, object]],
    settings: Settings = _DEFAULTS,
    *,
    start_ms: int = 0,
    validate: bool = False,
) -> Objects:
    """The objects of plain manifests. Raises InputError with all mistakes.

    ``validate`` also applies the API server's rules across fields, such as lendingLimit <= nominalQuota.
    """
    report = Report(strict=validate)
    fields = [Field(document, Source(_title(document)), report) for document in documents]
    objects = read_objects(fields, settings, start_ms=start_ms)
    report.check()
    return objects


def _title(document: object) -> str:
    if not isinstance(document, Mapping):
        return "document"
    metadata = document.get("metadata")
    name = metadata.get("name", "") if isinstance(metadata, Mapping) else ""
    return f"{document.get('kind', 'document')} {name}".strip()


def flatten(manifests: Iterable[Field]) -> list[Field]:
    """The manifests with every ``List`` replaced by its items; empty documents are dropped."""
    result: list[Field] = []
    for manifest in manifests:
        kind = str(manifest.get("kind").value or "")
        if kind.endswith("List"):
            if manifest.get("metadata", "continue").value:
                manifest.report.remarks[f"a {kind} ends with metadata.continue: what comes after it is missing"] = None
            result += flatten(
                _of_list(item, kind, manifest.get("apiVersion")) for item in manifest.get("items").items()
            )
        elif manifest.present:
            result.append(manifest)
    return result


def _of_list(item: Field, kind: str, api_version: Field) -> Field:
    """An item of a list; in answers of the API server the kind stands at the list alone, as in ``JobList``."""
    own = kind.removesuffix("List")
    if not own or item.get("kind").present or not isinstance(item.value, dict):
        return item
    return Field({"apiVersion": api_version.value, **item.value, "kind": own}, item.source, item.report, item.path)


def read_objects(manifests: Iterable[Field], settings: Settings, *, start_ms: int = 0) -> Objects:
    """The objects of manifests with places; mistakes go to their report."""
    kinds: dict[str, list[Field]] = {kind: [] for kind in (*OBJECT_KINDS, *IGNORED_KINDS)}
    for manifest in flatten(manifests):
        kind = manifest.get("kind")
        if kind.text() in kinds:
            kinds[kind.text()].append(manifest)
        elif not kind.present:
            manifest.wrong("this is no manifest: kind is missing")
        else:
            kind.wrong(f"kind {kind.value!r} is not accepted here; {near_miss(kind.value, OBJECT_KINDS)}")
    _report_duplicates(kinds)
    policy = _policy(kinds, start_ms)
    classes = {item.name: item.value for item in policy.priority_classes}
    limits = limit_ranges(kinds["LimitRange"])
    return Objects(
        policy=policy,
        nodes=tuple(node(field) for field in kinds["Node"]),
        node_pods=node_pods(kinds["Pod"]),
        workloads=tuple(workload(field, settings, classes, start_ms, limits) for field in kinds["Workload"]),
        limits=limits,
        others=tuple(field.mapping() for kind in IGNORED_KINDS for field in kinds[kind]),
    )


def _policy(kinds: Mapping[str, Sequence[Field]], start_ms: int) -> Policy:
    provisioning = {read.name_of(field): field for field in kinds[read.PROVISIONING_CONFIG]}
    return Policy(
        flavors=tuple(map(read.resource_flavor, kinds["ResourceFlavor"])),
        cluster_queues=tuple(map(read.cluster_queue, kinds["ClusterQueue"])),
        cohorts=tuple(map(read.cohort, kinds["Cohort"])),
        local_queues=tuple(read.local_queue(field, start_ms) for field in kinds["LocalQueue"]),
        namespaces=tuple(map(read.namespace, kinds["Namespace"])),
        priority_classes=tuple(map(read.priority_class, kinds["WorkloadPriorityClass"])),
        topologies=tuple(map(read.topology, kinds["Topology"])),
        admission_checks=tuple(read.admission_check(field, provisioning) for field in kinds["AdmissionCheck"]),
    )


def first_stands(field: Field) -> str:
    """Where the first of two equal names stands, in words."""
    place = field.source.place(field.path)
    return f"the first stands at {place}" if place else "names are unique"


def _report_duplicates(kinds: Mapping[str, Sequence[Field]]) -> None:
    for kind in OBJECT_KINDS:
        seen: dict[tuple[str, str], Field] = {}
        for field in kinds[kind]:
            namespaced = kind in ("LocalQueue", "Pod", "Workload")
            name = field.get("metadata", "name")
            namespace = str(field.get("metadata", "namespace").value) if namespaced else ""
            key = (namespace, str(name.value))
            if isinstance(name.value, str) and key in seen:
                name.wrong(f"a second {kind} named {name.value!r}; {first_stands(seen[key])}")
            seen.setdefault(key, name)


def node(manifest: Field) -> Node:
    """Reads a Node; without conditions it is ready, without allocatable its capacity counts."""
    status = manifest.get("status")
    conditions = status.get("conditions").items()
    ready = [item.get("status").value == "True" for item in conditions if item.get("type").value == "Ready"]
    return Node(
        name=read.name_of(manifest),
        labels=manifest.get("metadata", "labels").labels(),
        taints=taints(manifest.get("spec", "taints")),
        allocatable=status.first("allocatable", "capacity").quantities(),
        ready=any(ready) if conditions else True,
        unschedulable=manifest.get("spec", "unschedulable").boolean(),
    )
