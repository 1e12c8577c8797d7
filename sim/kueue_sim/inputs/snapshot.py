"""Which scenario is a cluster at this moment? From dumps of `kubectl get … -o yaml` and answers of HyperPod.

What runs is submitted first, in the order in which it got its quota, then what waits, in the order of creation. So the
simulated cluster fills up as the real one did; what it decides from there on is the forecast.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kueue_sim.errors import Mistake, Place
from kueue_sim.inputs.documents import VERSION
from kueue_sim.inputs.hyperpod.snapshot import hyperpod_sections, is_answer
from kueue_sim.inputs.kubernetes.pods import PREFIX
from kueue_sim.inputs.kueue.jobs import QUEUE, READERS
from kueue_sim.inputs.kueue.manifests import POLICY_KINDS, flatten
from kueue_sim.inputs.text.field import Field, Report
from kueue_sim.inputs.text.textfile import read_text
from kueue_sim.inputs.text.yamltext import read_yaml

CONFIGURATION = "controller_manager_config.yaml"
"""Key of the manager's ConfigMap that holds its Configuration."""
ELSEWHERE = ("LimitRange", "PriorityClass")
_POD_SPEC = (
    "containers",
    "initContainers",
    "overhead",
    "resources",
    "nodeSelector",
    "affinity",
    "tolerations",
    "priorityClassName",
)
_CONTAINER = ("name", "resources", "restartPolicy")
_SPACING_S = 1
"""Workloads are submitted this far apart, because Kueue's order knows whole seconds."""

Manifest = dict[str, Any]


@dataclass(slots=True)
class Snapshot:
    """The objects of a cluster by what they are for."""

    policy: list[Manifest] = field(default_factory=list)
    nodes: list[Manifest] = field(default_factory=list)
    workloads: list[Manifest] = field(default_factory=list)
    jobs: list[Manifest] = field(default_factory=list)
    described: list[Manifest] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether nothing was found that a scenario could be made of."""
        return not (self.policy or self.nodes or self.workloads or self.jobs or self.described)

    def add(self, manifest: Manifest) -> None:
        """Keeps what a scenario needs of one object; other kinds are counted."""
        kind = str(manifest.get("kind"))
        if kind in POLICY_KINDS or kind in ELSEWHERE:
            self.policy.append(_plain(manifest))
        elif kind == "ConfigMap" and CONFIGURATION in (manifest.get("data") or {}):
            self.policy.append(yaml.safe_load(manifest["data"][CONFIGURATION]))
        elif kind == "Configuration":
            self.policy.append(manifest)
        elif kind == "Node":
            self.nodes.append(_node(manifest))
        elif kind == "Pod" and not _managed(manifest):
            self.nodes.append(_pod(manifest))
        elif kind == "Workload":
            self.workloads.append(manifest)
        elif kind in READERS and QUEUE in _labels(manifest):
            self.jobs.append(manifest)
        else:
            self.skipped[kind] = self.skipped.get(kind, 0) + 1


def read_snapshot(paths: Sequence[Path]) -> Snapshot:
    """The objects of dumps: YAML or JSON, single objects, several documents, or Lists. Raises InputError."""
    report = Report()
    snapshot = Snapshot()
    for path in paths:
        for manifest in flatten(_documents(path, report)):
            if isinstance(manifest.value, dict) and manifest.get("kind").present:
                snapshot.add(manifest.value)
            elif isinstance(manifest.value, dict) and is_answer(manifest.value):
                snapshot.described.append(manifest.value)
            else:
                manifest.wrong("neither a Kubernetes object (kind is missing) nor an answer of HyperPod")
    if snapshot.empty and not report.mistakes:
        found = ", ".join(f"{count} {kind}" for kind, count in sorted(snapshot.skipped.items())) or "nothing at all"
        message = f"no policy, node or workload of a cluster stands here, but {found}"
        report.mistakes.append(Mistake(Place(str(paths[0]), 1, 1), message))
    report.check()
    return snapshot


def _documents(path: Path, report: Report) -> list[Field]:
    return read_yaml(read_text(path), str(path), report)


def snapshot_scenario(snapshot: Snapshot, name: str, runtime: str) -> Manifest:
    """The scenario document. ``runtime`` is how long everything runs, which a snapshot does not tell."""
    document: Manifest = {"apiVersion": VERSION, "kind": "Scenario", "name": name}
    pools, hyperpod = hyperpod_sections(snapshot.described)
    if snapshot.nodes or pools:
        sections = {"nodePools": pools, "nodes": snapshot.nodes}
        document["cluster"] = {key: value for key, value in sections.items() if value}
    document["policy"] = {"objects": snapshot.policy, **({"hyperpod": hyperpod} if hyperpod else {})}
    entries = _entries(snapshot)
    if entries:
        document["workloads"] = [
            {"submit": f"{index * _SPACING_S}s", "runtime": runtime, "manifest": manifest}
            for index, manifest in enumerate(entries)
        ]
    return document


def _entries(snapshot: Snapshot) -> list[Manifest]:
    """Unfinished Workloads, those with quota first; without any Workloads, the jobs."""
    alive = [one for one in snapshot.workloads if not _is_true(one, "Finished")]
    if not snapshot.workloads:
        return [_plain(job) for job in sorted(snapshot.jobs, key=_created)]
    running = sorted((one for one in alive if _is_true(one, "QuotaReserved")), key=_reserved)
    waiting = sorted((one for one in alive if not _is_true(one, "QuotaReserved")), key=_created)
    return [_workload(one) for one in (*running, *waiting)]


def _conditions(manifest: Manifest) -> Iterator[Mapping[str, Any]]:
    yield from (manifest.get("status") or {}).get("conditions") or []


def _is_true(manifest: Manifest, kind: str) -> bool:
    return any(item.get("type") == kind and item.get("status") == "True" for item in _conditions(manifest))


def _reserved(manifest: Manifest) -> tuple[str, str]:
    times = [
        str(item.get("lastTransitionTime")) for item in _conditions(manifest) if item.get("type") == "QuotaReserved"
    ]
    return (times[0] if times else "", _created(manifest)[1])


def _created(manifest: Manifest) -> tuple[str, str]:
    metadata = manifest["metadata"]
    return str(metadata.get("creationTimestamp") or ""), f"{metadata.get('namespace')}/{metadata.get('name')}"


def _labels(manifest: Manifest) -> Mapping[str, Any]:
    return manifest.get("metadata", {}).get("labels") or {}


def _managed(pod: Manifest) -> bool:
    """Whether Kueue places a pod through its Workload: it must not count as foreign use of its node."""
    return any(label.startswith(PREFIX) for label in _labels(pod))


def _metadata(manifest: Manifest, *more: str) -> Manifest:
    kept = ("name", "namespace", "labels", *more)
    return {key: value for key, value in manifest["metadata"].items() if key in kept}


def _plain(manifest: Manifest) -> Manifest:
    """An object as it would be applied: without status and what the API server adds."""
    kept = {key: value for key, value in manifest.items() if key != "status"}
    return {**kept, "metadata": _metadata(manifest, "annotations")}


def _node(manifest: Manifest) -> Manifest:
    status = manifest.get("status") or {}
    ready = [item for item in status.get("conditions") or [] if item.get("type") == "Ready"]
    spec = {key: value for key, value in (manifest.get("spec") or {}).items() if key in ("taints", "unschedulable")}
    return {
        "kind": "Node",
        "metadata": _metadata(manifest),
        "spec": spec,
        "status": {
            "allocatable": status.get("allocatable") or status.get("capacity") or {},
            "conditions": [{"type": "Ready", "status": item.get("status")} for item in ready],
        },
    }


def _pod(manifest: Manifest) -> Manifest:
    spec = {**_pod_spec(manifest["spec"]), "nodeName": manifest["spec"].get("nodeName")}
    phase = (manifest.get("status") or {}).get("phase")
    return {"kind": "Pod", "metadata": _metadata(manifest, "annotations"), "spec": spec, "status": {"phase": phase}}


def _pod_spec(spec: Mapping[str, Any]) -> Manifest:
    """The part of a pod's spec that decides about quota and nodes."""
    kept = {key: value for key, value in spec.items() if key in _POD_SPEC}
    for name in ("containers", "initContainers"):
        if name in kept:
            kept[name] = [{key: item[key] for key in _CONTAINER if key in item} for item in kept[name]]
    return kept


def _workload(manifest: Manifest) -> Manifest:
    spec = dict(manifest["spec"])
    spec["podSets"] = [
        {**pod_set, "template": {"spec": _pod_spec(pod_set.get("template", {}).get("spec") or {})}}
        for pod_set in spec.get("podSets") or []
    ]
    metadata = _metadata(manifest, "annotations", "ownerReferences")
    return {"apiVersion": manifest.get("apiVersion"), "kind": "Workload", "metadata": metadata, "spec": spec}
