"""Is a dump whole? Kinds that its objects name and nobody dumped, work that its statuses count and it lacks, and work
that asks for something else than Kueue counted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kueue_sim.inputs.kubernetes.pods import canonical
from kueue_sim.inputs.recorded.conditions import Manifest, is_true, status_of
from kueue_sim.inputs.recorded.summary import MOST_NAMES, job_name
from kueue_sim.model import PodSetAssignment, Workload
from kueue_sim.units import exact_quantity, format_quantity

_COMMANDS = {
    "ClusterQueue": "clusterqueues",
    "LocalQueue": "localqueues -A",
    "ResourceFlavor": "resourceflavors",
    "Topology": "topologies",
    "AdmissionCheck": "admissionchecks",
    "Namespace": "namespaces",
}
_OWN_NAME = "kubernetes.io/metadata.name"
"""The label that every namespace has."""
_UNKNOWN = {
    "RuntimeClass": ("runtimeclasses", "no overhead of pods counts"),
    "ResourceClaimTemplate": ("resourceclaimtemplates -A", "the work is taken as one that Kueue cannot queue"),
    "Configuration": (
        "configmap kueue-manager-config -n kueue-system",
        "the work is taken as one that Kueue cannot queue",
    ),
}
"""Kinds that decide how much pods ask for: the name that kubectl knows, and what is done where one is missing."""
_LACKING = (
    "of which Kueue counted something else: what decides that is not in the dump, or has changed since (Kueue's "
    "Configuration with transformations, excludeResourcePrefixes or deviceClassMappings; LimitRanges; RuntimeClasses), "
    "so answers about such work are those of other work"
)


def missing_kinds(objects: Sequence[Manifest]) -> list[str]:
    """One sentence for each kind of which the dump holds nothing although other objects name some. Without these
    kinds every answer would be wrong; that some of a kind are missing is found elsewhere."""
    there = {str(one.get("kind")) for one in objects}
    named: dict[str, dict[str, None]] = {}
    for one in objects:
        for kind, name in _references(one):
            named.setdefault(kind, {})[name] = None
    return [
        f"the dump holds no {kind}, but its objects name {len(named[kind])} ({_some(named[kind])}): "
        f"add the output of `kubectl get {command} -o json` as one more file"
        for kind, command in _COMMANDS.items()
        if kind in named and kind not in there
    ]


def _references(one: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    spec = one.get("spec") or {}
    kind = one.get("kind")
    if kind == "Workload" and spec.get("queueName") and not is_true(one, "Finished"):
        yield "LocalQueue", f"{one['metadata'].get('namespace')}/{spec['queueName']}"
    elif kind == "LocalQueue" and spec.get("clusterQueue"):
        yield "ClusterQueue", str(spec["clusterQueue"])
    elif kind == "ResourceFlavor" and spec.get("topologyName"):
        yield "Topology", str(spec["topologyName"])
    elif kind == "ClusterQueue":
        for group in spec.get("resourceGroups") or ():
            yield from (("ResourceFlavor", str(flavor.get("name"))) for flavor in group.get("flavors") or ())
        for label in _labels_of_namespaces(spec.get("namespaceSelector") or {}):
            yield "Namespace", f"those that {one['metadata']['name']} selects by the label {label}"
        checks = [{"name": name} for name in spec.get("admissionChecks") or ()]
        checks += (spec.get("admissionChecksStrategy") or {}).get("admissionChecks") or ()
        yield from (("AdmissionCheck", str(check.get("name"))) for check in checks)


def _labels_of_namespaces(selector: Mapping[str, Any]) -> list[str]:
    """The labels by which a ClusterQueue selects namespaces, without that of their name."""
    labels = [*(selector.get("matchLabels") or {}), *(one.get("key") for one in selector.get("matchExpressions") or ())]
    return [str(label) for label in labels if label not in (None, _OWN_NAME)]


def unseen_work(objects: Iterable[Manifest]) -> list[str]:
    """A sentence for each ClusterQueue whose status counts more Workloads with quota than were dumped: those of other
    namespaces, as a rule."""
    counted: dict[str, int] = {}
    held: dict[str, int] = {}
    for one in objects:
        status = status_of(one)
        if one.get("kind") == "ClusterQueue" and "reservingWorkloads" in status:
            counted[str(one["metadata"]["name"])] = int(status["reservingWorkloads"] or 0)
        elif one.get("kind") == "Workload" and is_true(one, "QuotaReserved") and not is_true(one, "Finished"):
            queue = str((status.get("admission") or {}).get("clusterQueue"))
            held[queue] = held.get(queue, 0) + 1
    return [
        f"{name} reserves quota for {number} Workloads, of which {number - held.get(name, 0)} are not in the dump: "
        "what they hold counts as free (kubectl get workloads -A)"
        for name, number in sorted(counted.items())
        if number > held.get(name, 0)
    ]


def unknown_requests(objects: Iterable[Manifest]) -> list[str]:
    """A sentence for each kind that decides how much pods ask for, where unfinished work names some of it that nobody
    dumped."""
    objects = list(objects)
    there = {(str(one.get("kind")), *_own_name(one)) for one in objects}
    configured = any(one.get("kind") == "Configuration" for one in objects)
    missing: dict[str, dict[str, None]] = {}
    for work in objects:
        if work.get("kind") != "Workload" or is_true(work, "Finished"):
            continue
        for kind, namespace, name in _asked_through(work):
            if (kind, namespace, name) not in there:
                missing.setdefault(kind, {})[f"{name} of {job_name(work)}"] = None
            if kind == "ResourceClaimTemplate" and not configured:
                missing.setdefault("Configuration", {})[f"with deviceClassMappings for {job_name(work)}"] = None
    return [
        f"what pods ask for is not all known: the dump lacks {kind} {_some(missing[kind])}; "
        f"without it {_UNKNOWN[kind][1]} (kubectl get {_UNKNOWN[kind][0]} -o json)"
        for kind in _UNKNOWN
        if kind in missing
    ]


def _own_name(one: Mapping[str, Any]) -> tuple[str, str]:
    metadata = one.get("metadata") or {}
    return str(metadata.get("namespace") or ""), str(metadata.get("name"))


def _asked_through(work: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Kind, namespace and name of what the pods of a Workload ask for more by than their containers say."""
    for part in _spec(work).get("podSets") or ():
        pods = (part.get("template") or {}).get("spec") or {}
        if pods.get("runtimeClassName") and not pods.get("overhead"):
            yield "RuntimeClass", "", str(pods["runtimeClassName"])
        for claim in pods.get("resourceClaims") or ():
            if claim.get("resourceClaimTemplateName"):
                yield "ResourceClaimTemplate", _own_name(work)[0], str(claim["resourceClaimTemplateName"])


def without_nodes(objects: Sequence[Manifest]) -> tuple[list[Manifest], list[str]]:
    """The objects, and what to say where a topology has no node because nobody dumped any: then only quota decides."""
    kinds = {str(one.get("kind")) for one in objects}
    levels = [one for one in objects if one.get("kind") == "ResourceFlavor" and _spec(one).get("topologyName")]
    if "Node" in kinds or not levels:
        return list(objects), []
    kept = [_flat(one) for one in objects if one.get("kind") != "Topology"]
    names = _some({str(one["metadata"]["name"]): None for one in levels})
    return kept, [
        f"the dump holds no nodes, so topologies are left out and only quota decides in flavors {names}: work may "
        "start here that finds no place there; add the output of `kubectl get nodes -o json` to place it"
    ]


def _spec(one: Mapping[str, Any]) -> Mapping[str, Any]:
    return one.get("spec") or {}


def _flat(one: Manifest) -> Manifest:
    """An object without what it says of topology."""
    if one.get("kind") == "ResourceFlavor":
        return {**one, "spec": {name: value for name, value in _spec(one).items() if name != "topologyName"}}
    if one.get("kind") != "Workload":
        return one
    pod_sets = [_without(part, "topologyRequest") for part in _spec(one).get("podSets") or ()]
    found: Manifest = {**one, "spec": {**_spec(one), "podSets": pod_sets}}
    admission = status_of(one).get("admission")
    if admission:
        held = [
            _without(part, "topologyAssignment", "delayedTopologyRequest")
            for part in admission.get("podSetAssignments") or ()
        ]
        found["status"] = {**status_of(one), "admission": {**admission, "podSetAssignments": held}}
    return found


def _without(part: Mapping[str, Any], *names: str) -> Manifest:
    return {name: value for name, value in part.items() if name not in names}


def _some(names: Mapping[str, None]) -> str:
    shown = list(names)[:MOST_NAMES]
    return ", ".join(shown) + (f", and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else "")


def counted_otherwise(dumped: Iterable[Mapping[str, Any]], workloads: Iterable[Workload]) -> list[str]:
    """A line that names the unfinished Workloads whose pods ask for other amounts than stand in their status, with
    both; none where all agree. ``workloads`` are what the dump was read as."""
    known = {one.uid: one for one in workloads if one.uid}
    found = []
    for manifest in dumped:
        read = known.get(str(manifest["metadata"].get("uid")))
        if read is None or is_true(manifest, "Finished"):
            continue
        theirs, ours = _counted(manifest), _asked(read)
        if any(_with_flavor(read, name, ours.get(name, {})) != amounts for name, amounts in theirs.items()):
            found.append(f"{job_name(manifest)} ({_text(ours)}, Kueue: {_text(theirs)})")
    shown = "; ".join(found[:MOST_NAMES]) + (f"; and {len(found) - MOST_NAMES} more" if found[MOST_NAMES:] else "")
    return [f"work {_LACKING}: {shown}"] if found else []


def _counted(manifest: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """What Kueue counted for all pods of each pod set: of work that holds quota what it holds, else what it was tried
    with last; nothing where it never was."""
    status = status_of(manifest)
    holds = (status.get("admission") or {}).get("podSetAssignments") if is_true(manifest, "QuotaReserved") else None
    parts = [(one, "resourceUsage") for one in holds or ()] or [
        (one, "resources") for one in status.get("resourceRequests") or ()
    ]
    return {str(one.get("name")): _amounts(one.get(field) or {}) for one, field in parts}


def _amounts(texts: Mapping[str, Any]) -> dict[str, int]:
    exact = {name: exact_quantity(str(text)) for name, text in texts.items() if name != "pods"}
    return {name: amount for name, amount in canonical(exact).items() if amount}


def _asked(read: Workload) -> dict[str, dict[str, int]]:
    """The same as it was read: of work that holds quota as many pods as it holds quota for."""
    held, found = _held(read), {}
    for pods in read.pod_sets:
        count = held[pods.name].count if pods.name in held else pods.count - read.reclaimable.get(pods.name, 0)
        found[pods.name] = {name: amount * count for name, amount in pods.requests.items() if amount * count}
    return found


def _held(read: Workload) -> dict[str, PodSetAssignment]:
    admission = None if read.status is None else read.status.admission
    return {} if admission is None else {one.name: one for one in admission.pod_sets}


def _with_flavor(read: Workload, part: str, amounts: Mapping[str, int]) -> Mapping[str, int]:
    """Of what a pod set asks for that which has a flavor, where it holds quota; all of it where it waits."""
    held = _held(read).get(part)
    return amounts if held is None else {name: amount for name, amount in amounts.items() if name in held.flavors}


def _text(parts: Mapping[str, Mapping[str, int]]) -> str:
    total: dict[str, int] = {}
    for amounts in parts.values():
        for name, amount in amounts.items():
            total[name] = total.get(name, 0) + amount
    return ", ".join(f"{format_quantity(amount, name)} {name}" for name, amount in sorted(total.items())) or "nothing"
