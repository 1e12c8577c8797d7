"""Which objects of a cluster do dumps of `kubectl get … -o json` and answers of HyperPod hold, and for what?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kueue_sim.errors import Mistake, Place
from kueue_sim.inputs.hyperpod.requests import unfinished_answer, without_settings
from kueue_sim.inputs.hyperpod.snapshot import is_answer, note_misshapen
from kueue_sim.inputs.kueue.jobs import JOB_KINDS, QUEUE
from kueue_sim.inputs.kueue.manager.installed_release import installed_release, names_release
from kueue_sim.inputs.kueue.manifests import POLICY_KINDS
from kueue_sim.inputs.recorded import applied
from kueue_sim.inputs.recorded.conditions import Manifest, instants, is_true, since, status_of
from kueue_sim.inputs.recorded.doubts.completeness import missing_kinds, unknown_requests, unseen_work, without_nodes
from kueue_sim.inputs.recorded.doubts.contradictions import without_lost_references
from kueue_sim.inputs.recorded.doubts.taken_out import taken_out
from kueue_sim.inputs.recorded.dump_files import dumped_objects
from kueue_sim.inputs.recorded.dumped_jobs import (
    DumpedPods,
    has_ended,
    identities,
    owners_of,
    sorted_pods,
)
from kueue_sim.inputs.recorded.repeated import merged, newest
from kueue_sim.inputs.recorded.settings import betrayed_settings
from kueue_sim.inputs.recorded.shapes import is_shaped
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.inputs.text.foreign import HELM_HEAD, foreign, refusal
from kueue_sim.units import parse_instant

CONFIGURATION = "controller_manager_config.yaml"
"""Key of the manager's ConfigMap that holds its Configuration."""
ELSEWHERE = (
    *("LimitRange", "PriorityClass", "RuntimeClass", "ResourceClaimTemplate", "DeviceClass"),
    "ProvisioningRequestConfig",
)
"""Kinds beside the policy that decide what work asks for, or when a check tries again."""
_NAMED = frozenset((*POLICY_KINDS, *ELSEWHERE, *JOB_KINDS, "Node", "Pod", "Workload", "ConfigMap"))
"""Kinds of which a scenario needs the name."""
_PLAIN = {"LocalQueue": applied.local_queue, "AdmissionCheck": applied.admission_check}


@dataclass(slots=True)
class Snapshot:
    """The objects of a cluster by what they are for. ``policy`` is as it would be applied; Workloads are as dumped.

    ``managers`` are Deployments of Kueue itself. ``owners`` are, by the identities of an object, what it belongs to.
    ``described`` are answers of HyperPod, ``skipped`` the names of what no scenario needs, by kind. ``latest`` is the
    last instant that occurs in any object, "" when none does. ``settings`` is what statuses and the manager's image
    betray of Kueue, and ``notes`` say what else the reader should know.
    """

    policy: list[Manifest] = field(default_factory=list)
    configuration: Manifest | None = None
    nodes: list[Manifest] = field(default_factory=list)
    managers: list[Manifest] = field(default_factory=list)
    pods: DumpedPods = field(default_factory=DumpedPods)
    owners: dict[str, list[str]] = field(default_factory=dict)
    workloads: list[Manifest] = field(default_factory=list)
    jobs: list[Manifest] = field(default_factory=list)
    described: list[Manifest] = field(default_factory=list)
    skipped: dict[str, list[str]] = field(default_factory=dict)
    latest: str = ""
    notes: list[str] = field(default_factory=list)
    settings: Manifest = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether nothing was found that a scenario could be made of."""
        return not (self.policy or self.nodes or self.workloads or self.jobs or self.described)

    def add(self, manifest: Manifest) -> None:
        """Keeps what a scenario needs of one object; other kinds are counted."""
        kind = str(manifest.get("kind"))
        if kind == "Deployment" and names_release(_bare(manifest)):
            self.managers.append(manifest)
        elif kind in POLICY_KINDS or kind in ELSEWHERE:
            self.policy.append(_PLAIN.get(kind, applied.applied)(manifest))
        elif kind == "Configuration":
            self.configuration = manifest
        elif kind == "Node":
            self.nodes.append(applied.node(manifest))
        elif kind == "Pod":
            self.pods.others.append(manifest)
        elif kind == "Workload":
            self.workloads.append(manifest)
        elif kind in JOB_KINDS and QUEUE in labels_of(manifest):
            self.jobs.append(manifest)
        else:
            self.skipped.setdefault(kind, []).append(_name(manifest))

    @property
    def unfinished(self) -> list[Manifest]:
        """Workloads that are there at this moment, those with quota first, each in the order they came to it. What is
        being deleted goes as soon as its pods do."""
        alive = [one for one in self.workloads if not is_true(one, "Finished") and not is_deleted(one)]
        holding = sorted((one for one in alive if is_true(one, "QuotaReserved")), key=_reserved)
        return holding + sorted((one for one in alive if not is_true(one, "QuotaReserved")), key=created)

    @property
    def cluster_queues(self) -> set[str]:
        """The names of the ClusterQueues; HyperPod's answers name theirs later."""
        return {str(one["metadata"]["name"]) for one in self.policy if one.get("kind") == "ClusterQueue"}

    @property
    def local_queues(self) -> dict[tuple[str, str], str]:
        """The ClusterQueue of each LocalQueue, by namespace and name."""
        return {
            (str(one["metadata"].get("namespace")), str(one["metadata"].get("name"))): str(
                one["spec"].get("clusterQueue")
            )
            for one in self.policy
            if one.get("kind") == "LocalQueue"
        }

    def kept(self, work: Iterable[Manifest]) -> list[Manifest]:
        """The work without what holds quota of a ClusterQueue that is not there."""
        names = self.cluster_queues
        return [one for one in work if holds_in(one) is None or holds_in(one) in names]


def read_snapshot(paths: Sequence[Path]) -> Snapshot:
    """The objects of dumps: YAML or JSON (also .gz), single objects, several documents, Lists, or watch streams.

    Raises InputError with every mistake.
    """
    report, snapshot = Report(), Snapshot()
    files = [(path, _objects(path, snapshot, report)) for path in paths]
    report.check()
    cut = [note for one in snapshot.described for note in unfinished_answer(one)]
    objects, repeated = merged([(path, newest(own)) for path, own in files])
    report.mistakes += [Mistake(None, message) for message in missing_kinds(objects)]
    report.check()
    unseen = [*unseen_work(objects), *unknown_requests(objects), *taken_out(objects)]
    objects, flat = without_nodes(objects)
    objects, lost = without_lost_references(objects) if not snapshot.described else (objects, [])
    for one in objects:
        snapshot.add(one)
    if snapshot.empty:
        report.mistakes.append(Mistake(Place(str(paths[0]), 1, 1), _nothing_of_a_cluster(snapshot)))
    report.check()
    snapshot.owners = {key: owners_of(one) for one in objects if "metadata" in one for key in identities(one)}
    work = snapshot.workloads or [job for job in snapshot.jobs if not has_ended(job)]
    snapshot.pods = sorted_pods(snapshot.pods.others, snapshot.kept(work), snapshot.owners)
    snapshot.latest = max((moment for one in objects for moment in instants(one)), key=parse_instant, default="")
    betrayed = betrayed_settings(objects, snapshot.configuration)
    snapshot.settings = betrayed.section
    installed = installed_release(_bare(one) for one in [*snapshot.managers, *snapshot.pods.others])
    if installed is not None:
        snapshot.settings["version"] = installed.version
        betrayed.notes.append(installed.warning or installed.told)
    snapshot.notes = [*snapshot.notes, *report.remarked(), *cut, *repeated, *flat, *lost, *unseen, *betrayed.notes]
    return snapshot


def _objects(path: Path, snapshot: Snapshot, report: Report) -> list[Manifest]:
    """The objects of one dump. Answers of HyperPod go to the snapshot, and so does what is said of what is passed over;
    what is neither is a mistake."""
    objects: list[Manifest] = []
    for manifest in dumped_objects(path, report):
        value = manifest.value
        if said := refusal(value):
            manifest.wrong(said)
        elif isinstance(value, dict) and manifest.get("kind").present:
            if is_shaped(manifest) and _has_metadata(manifest):
                objects.append(_configuration_of(manifest))
        elif isinstance(value, dict) and is_answer(value):
            note_misshapen(manifest)
            snapshot.described.append(value)
        elif unread := without_settings(value):
            snapshot.notes += unread
        elif isinstance(value, dict) and HELM_HEAD in value:
            continue
        else:
            message = "neither a Kubernetes object (kind is missing) nor an answer of HyperPod"
            if found := foreign(value):
                report.add(manifest.source, manifest.path, f"{message} but {found}")
            else:
                manifest.wrong(message)
    return objects


def _nothing_of_a_cluster(snapshot: Snapshot) -> str:
    """What stands in dumps of which nothing is played."""
    found = ", ".join(f"{len(names)} {kind}" for kind, names in sorted(snapshot.skipped.items()))
    found = found or "; ".join(snapshot.notes) or "nothing at all"
    return f"no policy, node or workload of a cluster stands here, but {found}"


def _bare(manifest: Manifest) -> Field:
    """An object of a dump without its place."""
    return Field(manifest, Source(), Report())


def _has_metadata(manifest: Field) -> bool:
    metadata = manifest.get("metadata")
    if manifest.get("kind").value not in _NAMED:
        return True
    if not isinstance(metadata.value, dict):
        (metadata if metadata.present else manifest).wrong("metadata with a name is missing")
        return False
    return bool(metadata.first("name", "generateName").needed("metadata.name"))


def _configuration_of(manifest: Field) -> Manifest:
    """The Configuration inside the manager's ConfigMap; every other object as it is."""
    value = manifest.value
    assert isinstance(value, dict)
    text = manifest.get("data", CONFIGURATION)
    if value.get("kind") != "ConfigMap" or not text.present:
        return value
    try:
        inner = yaml.safe_load(text.text())
    except yaml.YAMLError as error:
        text.wrong(f"not YAML: {' '.join(str(error).split())}")
        return value
    if not isinstance(inner, dict):
        text.wrong("the manager's Configuration is a mapping")
        return value
    return {"kind": "Configuration", **inner}


def holds_in(one: Manifest) -> str | None:
    """The ClusterQueue whose quota a Workload holds, None when it holds none."""
    admission = status_of(one).get("admission") if is_true(one, "QuotaReserved") else None
    return str(admission.get("clusterQueue")) if admission else None


def is_deleted(one: Manifest) -> bool:
    """Whether it goes as soon as its pods do."""
    return bool(one["metadata"].get("deletionTimestamp"))


def _reserved(manifest: Manifest) -> tuple[str, str]:
    return since(manifest, "QuotaReserved") or "", created(manifest)[1]


def created(manifest: Manifest) -> tuple[str, str]:
    """When it was created, and its name: the order of what came at once."""
    return str(manifest["metadata"].get("creationTimestamp") or ""), _name(manifest)


def _name(manifest: Mapping[str, Any]) -> str:
    metadata = manifest.get("metadata") or {}
    return "/".join(str(part) for part in (metadata.get("namespace"), metadata.get("name")) if part)


def labels_of(manifest: Manifest) -> Mapping[str, Any]:
    """The labels of an object, none where it has none."""
    return manifest.get("metadata", {}).get("labels") or {}
