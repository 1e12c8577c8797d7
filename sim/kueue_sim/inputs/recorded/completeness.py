"""Is a dump whole? Kinds that its objects name and nobody dumped, and work that its statuses count and it lacks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kueue_sim.inputs.recorded.conditions import Manifest, is_true, status_of
from kueue_sim.inputs.recorded.summary import MOST_NAMES, job_name

_COMMANDS = {
    "ClusterQueue": "clusterqueues",
    "LocalQueue": "localqueues -A",
    "ResourceFlavor": "resourceflavors",
    "Topology": "topologies",
    "AdmissionCheck": "admissionchecks",
}


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
        checks = [{"name": name} for name in spec.get("admissionChecks") or ()]
        checks += (spec.get("admissionChecksStrategy") or {}).get("admissionChecks") or ()
        yield from (("AdmissionCheck", str(check.get("name"))) for check in checks)


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


_UNKNOWN = {
    "RuntimeClass": ("runtimeclasses", "no overhead of pods counts"),
    "ResourceClaimTemplate": ("resourceclaimtemplates -A", "the work is taken as one that Kueue cannot queue"),
    "Configuration": (
        "configmap kueue-manager-config -n kueue-system",
        "the work is taken as one that Kueue cannot queue",
    ),
}
"""Kinds that decide how much pods ask for: the name that kubectl knows, and what is done where one is missing."""


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
