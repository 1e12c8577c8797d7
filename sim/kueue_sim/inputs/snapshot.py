"""Which scenario is a cluster at this moment? From dumps of `kubectl get … -o json` and answers of HyperPod.

Nothing is submitted anew: running work holds what it holds and has run as long as it has run, waiting work has its age,
its backoff, the answers of its checks and its last answer. What becomes of every object is in the summary.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kueue_sim.errors import InputError, Mistake, Place
from kueue_sim.inputs.documents import VERSION
from kueue_sim.inputs.hyperpod.requests import unfinished_answer, without_settings
from kueue_sim.inputs.hyperpod.snapshot import described_twice, hyperpod_sections, is_answer, note_misshapen
from kueue_sim.inputs.kueue.jobs import JOB_KINDS, QUEUE
from kueue_sim.inputs.kueue.manager.installed_release import installed_release, names_release
from kueue_sim.inputs.kueue.manifests import POLICY_KINDS
from kueue_sim.inputs.recorded import applied
from kueue_sim.inputs.recorded.conditions import Manifest, instants, is_true, since, status_of
from kueue_sim.inputs.recorded.doubts.completeness import missing_kinds, unknown_requests, unseen_work, without_nodes
from kueue_sim.inputs.recorded.doubts.contradictions import contradictions, without_lost_references
from kueue_sim.inputs.recorded.doubts.unsampled import guessed_usage
from kueue_sim.inputs.recorded.dump_files import dumped_objects
from kueue_sim.inputs.recorded.dumped_jobs import (
    DumpedPods,
    Parts,
    has_ended,
    job_lines,
    nodes_of_pods,
    owners_of,
    places_of_work,
    pod_lines,
    sorted_pods,
)
from kueue_sim.inputs.recorded.past import past_entries, was_replaced, with_earlier_slices
from kueue_sim.inputs.recorded.preemptors import waiting_preemptors
from kueue_sim.inputs.recorded.repeated import merged, newest
from kueue_sim.inputs.recorded.settings import betrayed_settings
from kueue_sim.inputs.recorded.shapes import is_shaped
from kueue_sim.inputs.recorded.summary import (
    counted,
    dispatched,
    job_name,
    job_names,
    policy_line,
    untold,
    work_lines,
)
from kueue_sim.inputs.recorded.workload_status import present_fields
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.inputs.text.foreign import HELM_HEAD, foreign, refusal
from kueue_sim.units import format_instant, parse_instant

CONFIGURATION = "controller_manager_config.yaml"
"""Key of the manager's ConfigMap that holds its Configuration."""
_CLOCKS_DIFFER_MS = 300_000
"""By so much the clocks of a cluster and of those who read it may differ."""
ELSEWHERE = ("LimitRange", "PriorityClass", "RuntimeClass", "ResourceClaimTemplate", "DeviceClass")
"""Kinds beside the policy that decide what work asks for."""
_NAMED = frozenset((*POLICY_KINDS, *ELSEWHERE, *JOB_KINDS, "Node", "Pod", "Workload", "ConfigMap"))
"""Kinds of which a scenario needs the name."""
_PLAIN = {"LocalQueue": applied.local_queue, "AdmissionCheck": applied.admission_check}


@dataclass(slots=True)
class Snapshot:
    """The objects of a cluster by what they are for. ``policy`` is as it would be applied; Workloads are as dumped.

    ``managers`` are Deployments of Kueue itself. ``owners`` are, by uid of an object, the uids of what it belongs to.
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
        elif kind in JOB_KINDS and QUEUE in _labels(manifest):
            self.jobs.append(manifest)
        else:
            self.skipped.setdefault(kind, []).append(_name(manifest))

    @property
    def unfinished(self) -> list[Manifest]:
        """Workloads that are there at this moment, those with quota first, each in the order they came to it. What is
        being deleted goes as soon as its pods do."""
        alive = [one for one in self.workloads if not is_true(one, "Finished") and not _deleted(one)]
        holding = sorted((one for one in alive if is_true(one, "QuotaReserved")), key=_reserved)
        return holding + sorted((one for one in alive if not is_true(one, "QuotaReserved")), key=_created)


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
    unseen = [*unseen_work(objects), *unknown_requests(objects)]
    objects, flat = without_nodes(objects)
    objects, lost = without_lost_references(objects) if not snapshot.described else (objects, [])
    for one in objects:
        snapshot.add(one)
    if snapshot.empty:
        report.mistakes.append(Mistake(Place(str(paths[0]), 1, 1), _nothing_of_a_cluster(snapshot)))
    report.check()
    snapshot.owners = {str(one["metadata"].get("uid")): owners_of(one) for one in objects if "metadata" in one}
    work = snapshot.workloads or [job for job in snapshot.jobs if not has_ended(job)]
    snapshot.pods = sorted_pods(snapshot.pods.others, _kept(work, _names(snapshot)), snapshot.owners)
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


def snapshot_scenario(snapshot: Snapshot, name: str, runtime: str | None = None, taken: str | None = None) -> Manifest:
    """The scenario document. ``runtime`` is how long everything runs in all, which a snapshot does not tell; ``taken``
    the instant of the snapshot, by default the latest one that occurs in it."""
    document: Manifest = {"apiVersion": VERSION, "kind": "Scenario", "name": name}
    moment = _moment(snapshot, taken)
    if moment:
        document["start"] = format_instant(parse_instant(moment))
    pools, hyperpod = hyperpod_sections(snapshot.described, [*map(_labels, snapshot.nodes)], _names(snapshot))
    nodes = [*snapshot.nodes, *snapshot.pods.taking_room()]
    if nodes or pools:
        sections = {"nodePools": pools, "nodes": nodes}
        document["cluster"] = {key: value for key, value in sections.items() if value}
    objects = [*snapshot.policy, *([snapshot.configuration] if snapshot.configuration else [])]
    document["policy"] = {"objects": objects, **({"hyperpod": hyperpod} if hyperpod else {})}
    if snapshot.settings:
        document["kueue"] = snapshot.settings
    first = waiting_preemptors(snapshot.workloads, _cluster_queues(snapshot))
    work = _kept(_work(snapshot), _names(snapshot))
    named = job_names(snapshot.unfinished)
    places = nodes_of_pods(snapshot.pods.own, snapshot.unfinished, snapshot.owners)
    entries = [_on_nodes(_entry(one, runtime, first, named), places.get(_key(one), {})) for one in work]
    if entries:
        document["workloads"] = with_earlier_slices(entries, work, snapshot.workloads)
    past = past_entries(snapshot.workloads)
    if past:
        document["past"] = past
    return document


def import_summary(snapshot: Snapshot, taken: str | None = None, runtime: str | None = None) -> list[str]:
    """What became of everything in a snapshot, line by line; ``taken`` and ``runtime`` as in ``snapshot_scenario``."""
    at = _moment(snapshot, taken)
    latest = "the latest instant that occurs in it; --taken says another"
    latest = latest if taken is None else f"clocks differ: it occurs in the dump, --taken is {taken}"
    lines = [f"taken at {at}" + ("" if taken == at else f" ({latest})")] if at else []
    lines += [policy_line(snapshot.policy)] if snapshot.policy else []
    names = _names(snapshot)
    kept = _kept(snapshot.unfinished, names)
    lost = [one for one in snapshot.unfinished if not _kept([one], names)]
    lines += work_lines(kept, _cluster_queues(snapshot), at)
    bare = [one for one in kept if is_true(one, "QuotaReserved") and _holds_in(one) is None]
    if bare:
        lines.append(counted("taken as waiting, they have quota and no status.admission", [*map(job_name, bare)]))
    if lost:
        lines.append(counted("left out, they hold quota of a ClusterQueue that does not exist", [*map(job_name, lost)]))
    finished = [one for one in snapshot.workloads if is_true(one, "Finished")]
    deleted = [one for one in snapshot.workloads if _deleted(one) and one not in finished]
    if deleted:
        lines.append(counted("left out, they are being deleted", [*map(job_name, deleted)]))
    ended = [job_name(one) for one in finished if not was_replaced(one)]
    if ended:
        lines.append(counted("finished, forecasts learn from them", ended))
    lines += job_lines(snapshot.jobs, snapshot.workloads)
    if snapshot.nodes:
        lines.append(counted("nodes", [one["metadata"]["name"] for one in snapshot.nodes]))
    lines += described_twice(snapshot.described, [*map(_labels, snapshot.nodes)], names)
    known = nodes_of_pods(snapshot.pods.own, kept, snapshot.owners)
    lines += [*places_of_work(kept, snapshot.nodes, known), *pod_lines(snapshot.pods)]
    lines += [counted(f"left out, kind {kind}", names) for kind, names in sorted(snapshot.skipped.items())]
    guesses = guessed_usage(snapshot.policy, snapshot.workloads)
    lines += [*snapshot.notes, *guesses, *contradictions(kept, snapshot.policy)]
    lines += [*untold(kept, _cluster_queues(snapshot), at), *dispatched(kept, snapshot.policy)]
    if kept and runtime is None:
        lines.append("run times are in no dump: work runs until it is deleted; --runtime says how long")
    return lines


def _moment(snapshot: Snapshot, taken: str | None) -> str:
    """When a dump was taken, "" where nobody says. Clocks that differ by a little may have written what lies ahead of
    ``taken``. Raises InputError where that is more."""
    if taken is None or not snapshot.latest or parse_instant(taken) >= parse_instant(snapshot.latest):
        return taken or snapshot.latest
    if parse_instant(snapshot.latest) - parse_instant(taken) > _CLOCKS_DIFFER_MS:
        said = (
            f"the dump cannot have been taken at {taken}: it holds {snapshot.latest} as the time of what had happened"
        )
        raise InputError([Mistake(None, said)])
    return snapshot.latest


def _names(snapshot: Snapshot) -> set[str]:
    """The ClusterQueues of a snapshot; HyperPod's answers name theirs later."""
    return {str(one["metadata"]["name"]) for one in snapshot.policy if one.get("kind") == "ClusterQueue"}


def _holds_in(one: Manifest) -> str | None:
    """The ClusterQueue whose quota a Workload holds, None when it holds none."""
    admission = status_of(one).get("admission") if is_true(one, "QuotaReserved") else None
    return str(admission.get("clusterQueue")) if admission else None


def _kept(work: Iterable[Manifest], names: Container[str]) -> list[Manifest]:
    """The work without what holds quota of a ClusterQueue that is none of ``names``."""
    return [one for one in work if _holds_in(one) is None or _holds_in(one) in names]


def _work(snapshot: Snapshot) -> list[Manifest]:
    """Unfinished Workloads; without any Workloads, the jobs that have not ended."""
    if snapshot.workloads:
        return snapshot.unfinished
    return sorted((job for job in snapshot.jobs if not has_ended(job)), key=_created)


def _cluster_queues(snapshot: Snapshot) -> dict[tuple[str, str], str]:
    """The ClusterQueue of each LocalQueue, by namespace and name."""
    return {
        (str(one["metadata"].get("namespace")), str(one["metadata"].get("name"))): str(one["spec"].get("clusterQueue"))
        for one in snapshot.policy
        if one.get("kind") == "LocalQueue"
    }


def _entry(
    one: Manifest, runtime: str | None, preemptors: Container[str], named: Mapping[tuple[str, str], str]
) -> Manifest:
    timed = {} if runtime is None else {"runtime": runtime}
    if one.get("kind") != "Workload":
        return {
            "waitingSince": one["metadata"].get("creationTimestamp") or "0s",
            **timed,
            "manifest": applied.applied(one),
        }
    fields = present_fields(one)
    if one["metadata"].get("uid") in preemptors:
        fields.setdefault("pending", {})["preemptor"] = True
    manifest = applied.workload(one)
    own = _key(one)
    if own in named:
        manifest["metadata"] = {**manifest["metadata"], "name": named[own]}
    return {**fields, **timed, "manifest": manifest}


def _on_nodes(entry: Manifest, pods: Parts) -> Manifest:
    """The entry with the nodes of its pods, where it runs; work of which a pod waits for its first node never began."""
    admitted = entry.get("admitted") or {}
    parts = admitted.get("podSets") or []
    for part in parts:
        found = pods.get(str(part.get("name"))) or (pods.get("") if len(parts) == 1 else None)
        if found is not None and found.nodes:
            part["nodes"] = list(found.nodes)
        if found is not None and not found.begun:
            admitted["podsScheduled"] = False
    return entry


def _deleted(one: Manifest) -> bool:
    return bool(one["metadata"].get("deletionTimestamp"))


def _key(one: Manifest) -> tuple[str, str]:
    return str(one["metadata"].get("namespace")), str(one["metadata"].get("name"))


def _reserved(manifest: Manifest) -> tuple[str, str]:
    return since(manifest, "QuotaReserved") or "", _created(manifest)[1]


def _created(manifest: Manifest) -> tuple[str, str]:
    return str(manifest["metadata"].get("creationTimestamp") or ""), _name(manifest)


def _name(manifest: Mapping[str, Any]) -> str:
    metadata = manifest.get("metadata") or {}
    return "/".join(str(part) for part in (metadata.get("namespace"), metadata.get("name")) if part)


def _labels(manifest: Manifest) -> Mapping[str, Any]:
    return manifest.get("metadata", {}).get("labels") or {}
