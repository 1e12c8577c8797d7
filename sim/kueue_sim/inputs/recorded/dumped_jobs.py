"""What became of the jobs of a dump, whose Workloads say more than they do themselves, and where are their pods?"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kueue_sim.inputs.kubernetes.nodes import HOSTNAME
from kueue_sim.inputs.kubernetes.pods import PREFIX, TOPOLOGY_ANNOTATIONS
from kueue_sim.inputs.recorded import applied
from kueue_sim.inputs.recorded.conditions import Manifest, is_true, status_of
from kueue_sim.inputs.recorded.summary import counted, job_name
from kueue_sim.inputs.recorded.topology_encoding import domains_of

_ENDED = frozenset(("Complete", "Completed", "Failed", "Succeeded", "Finished"))
"""Conditions, and phases, of jobs that have ended; in capitals where Ray and Spark say them."""
_BY_POD = frozenset(("Pod", "Deployment", "StatefulSet", "LeaderWorkerSet", "CronJob", "RayService"))
"""Kinds whose Workloads belong to something else than the object itself."""
_INDEX = "batch.kubernetes.io/job-completion-index"
_OVER = ("Succeeded", "Failed")
Key = tuple[str, str]
"""Namespace and name of a Workload."""


def has_ended(job: Mapping[str, Any]) -> bool:
    """Whether a job's own status says that it is over."""
    status = status_of(job)
    conditions = status.get("conditions") or ()
    if any(one.get("type") in _ENDED and one.get("status") == "True" for one in conditions if isinstance(one, Mapping)):
        return True
    state = status.get("applicationState")
    phases = (status.get("jobStatus"), status.get("phase"), state.get("state") if isinstance(state, Mapping) else None)
    return any(str(phase).capitalize() in _ENDED for phase in phases)


def job_lines(jobs: Sequence[Manifest], workloads: Iterable[Mapping[str, Any]]) -> list[str]:
    """A line for each thing that became of jobs."""
    owners = {owner for one in workloads for owner in owners_of(one)}
    alone = [job for job in jobs if job.get("kind") not in _BY_POD and owners.isdisjoint(identities(job))]
    ended = [job for job in (alone if owners else jobs) if has_ended(job)]
    if not owners and not any(True for _ in workloads):
        anew = [job for job in jobs if job not in ended]
        lines = {"jobs that wait anew, also those that run, as no Workload was dumped": anew}
    else:
        lines = {
            "jobs, their Workloads stand for them": [job for job in jobs if job not in alone],
            "left out, jobs without a Workload in the dump": [job for job in alone if job not in ended],
        }
    lines["left out, jobs that have ended"] = ended
    return [counted(what, [*map(_name, found)]) for what, found in lines.items() if found]


def places_of_work(workloads: Iterable[Manifest], nodes: Iterable[Manifest], known: Container[Key]) -> list[str]:
    """A line on running work that lost nodes of its topology assignment, gone ones and those that Kueue found
    unhealthy, and one on work of which neither that nor dumped pods (``known``) tell on which nodes it is."""
    there = {str((one["metadata"].get("labels") or {}).get(HOSTNAME) or one["metadata"]["name"]) for one in nodes}
    found, nowhere = [], []
    for one in workloads:
        status = status_of(one)
        lost = dict.fromkeys(str(node["name"]) for node in status.get("unhealthyNodes") or () if node.get("name"))
        lost |= dict.fromkeys(host for host in _hosts(status) if there and host not in there)
        if not is_true(one, "Admitted") or is_true(one, "Evicted") or status.get("clusterName"):
            continue
        if lost:
            found.append(f"{job_name(one)} on {', '.join(lost)}")
        elif there and not _hosts(status) and _key(one) not in known:
            nowhere.append(job_name(one))
    what = (
        "lost pods with nodes that are not in the dump or that Kueue found unhealthy, so that their work begins anew "
        "once they have others"
    )
    guessed = "on which nodes their pods are is not in the dump, so they are placed anew (kubectl get pods -A)"
    return [counted(text, names) for text, names in ((what, found), (guessed, nowhere)) if names]


def _key(one: Manifest) -> Key:
    return str(one["metadata"].get("namespace")), str(one["metadata"].get("name"))


def _hosts(status: Mapping[str, Any]) -> list[str]:
    """The nodes of a Workload's topology assignment, as far as its lowest level is the node."""
    parts = (status.get("admission") or {}).get("podSetAssignments") or ()
    places = [domains_of(part["topologyAssignment"]) for part in parts if part.get("topologyAssignment")]
    return [one["values"][-1] for each in places if each["levels"][-1:] == [HOSTNAME] for one in each["domains"]]


@dataclass(slots=True)
class DumpedPods:
    """Pods by who stands for them. ``own`` are those of Workloads, or of jobs that wait anew. ``left`` are still there
    though their work has finished, ``unknown`` have labels of Kueue and no Workload that stands for them, ``others``
    are not Kueue's."""

    own: list[Manifest] = field(default_factory=list)
    left: list[Manifest] = field(default_factory=list)
    unknown: list[Manifest] = field(default_factory=list)
    others: list[Manifest] = field(default_factory=list)

    def taking_room(self) -> list[Manifest]:
        """The pods that take room on their nodes though no work of the scenario has them there. What a topology placed
        is in the usage of its Workload, for Kueue; where that is not known the pod counts by itself."""
        unknown = [applied.pod(one) for one in self.unknown]
        for one in unknown:
            annotations = one["metadata"].get("annotations") or {}
            kept = {key: value for key, value in annotations.items() if key not in TOPOLOGY_ANNOTATIONS}
            one["metadata"] = {**one["metadata"], "annotations": kept}
        return [*(applied.pod(one) for one in (*self.others, *self.left)), *unknown]


def sorted_pods(pods: Iterable[Manifest], work: Iterable[Manifest], owners: Mapping[str, Sequence[str]]) -> DumpedPods:
    """The pods by who stands for them: ``work``, which are the Workloads of the dump or, where it has none, the jobs
    that wait anew. ``owners`` are those of other objects by their identities. Of what has finished pods that end take
    no room any more, and those that a topology placed none for Kueue."""
    found, standing, finished = DumpedPods(), set[object](), set[object]()
    for one in work:
        known = finished if is_true(one, "Finished") else standing
        known.update([_key(one), *owners_of(one)] if one.get("kind") == "Workload" else identities(one))
    for pod in pods:
        metadata = pod["metadata"]
        labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
        named = {(str(metadata.get("namespace")), str(name)) for name in _names_of_workload(labels, annotations)}
        of = {*named, *identities(pod), *ancestors_of(pod, owners)}
        ends = metadata.get("deletionTimestamp") or status_of(pod).get("phase") in _OVER
        if of & standing or (of & finished and (ends or any(name in annotations for name in TOPOLOGY_ANNOTATIONS))):
            found.own.append(pod)
        elif of & finished:
            found.left.append(pod)
        else:
            (found.unknown if any(name.startswith(PREFIX) for name in labels) else found.others).append(pod)
    return found


def _names_of_workload(labels: Mapping[str, Any], annotations: Mapping[str, Any]) -> list[Any]:
    """What a pod says its Workload is called: that of a group has the name of the group."""
    names = (annotations.get(f"{PREFIX}workload"), labels.get(f"{PREFIX}pod-group-name"))
    return [name for name in names if name]


def pod_lines(pods: DumpedPods) -> list[str]:
    """A line for each thing that became of pods."""
    found: dict[str, list[str]] = {}
    for whose, some in (
        ("pods of others", pods.others),
        ("pods of finished work", pods.left),
        ("pods with labels of Kueue whose work is not in the dump or left out", pods.unknown),
    ):
        for pod in some:
            if status_of(pod).get("phase") in _OVER:
                what = f"left out, {whose} that are over"
            elif (pod.get("spec") or {}).get("nodeName"):
                what = f"{whose} on these nodes"
            else:
                what = f"left out, {whose} without a node: they may take room that counts as free here"
            found.setdefault(what, []).append(_name(pod))
    lines = [counted(what, names) for what, names in sorted(found.items(), reverse=True)]
    own = [counted("pods of Kueue's work, which stands for them", [*map(_name, pods.own)])] if pods.own else []
    return [*lines, *own]


def workloads_of_jobs(workloads: Iterable[Mapping[str, Any]]) -> dict[str, Key]:
    """The Workload of each job, by what it says that it belongs to; without jobs that have several, such as elastic
    ones."""
    found: dict[str, list[Key]] = {}
    for one in workloads:
        for uid in owners_of(one):
            found.setdefault(uid, []).append((str(one["metadata"].get("namespace")), str(one["metadata"].get("name"))))
    return {uid: keys[0] for uid, keys in found.items() if len(keys) == 1}


def identities(one: Mapping[str, Any]) -> list[str]:
    """What others may say that they belong to: the uid of an object, and its kind and name, as somebody may have taken
    uids out of a dump."""
    metadata = one["metadata"]
    called = _called(one.get("kind"), metadata.get("namespace"), metadata.get("name"))
    return [str(metadata["uid"]), called] if metadata.get("uid") else [called]


def owners_of(one: Mapping[str, Any]) -> list[str]:
    """What an object belongs to, by uid or, where there is none, by kind and name."""
    space = one["metadata"].get("namespace")
    found = [owner for owner in one["metadata"].get("ownerReferences") or () if owner]
    return [str(owner.get("uid") or _called(owner.get("kind"), space, owner.get("name"))) for owner in found]


def _called(kind: object, namespace: object, name: object) -> str:
    return f"{kind} {namespace}/{name}"


def ancestors_of(one: Mapping[str, Any], owners: Mapping[str, Sequence[str]]) -> list[str]:
    """What an object belongs to, and what that belongs to: the Job of a pod, and the JobSet of the Job. ``owners`` are
    those of other objects by their identities; what is not there belongs to nothing further."""
    found = dict.fromkeys(owners_of(one))
    left = list(found)
    while left:
        further = [uid for uid in owners.get(left.pop(), ()) if uid not in found]
        found.update(dict.fromkeys(further))
        left += further
    return list(found)


@dataclass(slots=True)
class PodsOnNodes:
    """Pods of one pod set: the ``nodes`` of those that have one, in the order of their indexes or names. ``begun``:
    none of them waits for its first node, though one that took the place of another may wait."""

    nodes: list[str] = field(default_factory=list)
    begun: bool = True


Parts = dict[str, PodsOnNodes]
"""The pods of a Workload by pod set, "" where no label says which."""


def nodes_of_pods(
    pods: Iterable[Manifest], workloads: Sequence[Manifest], owners: Mapping[str, Sequence[str]]
) -> dict[Key, Parts]:
    """Where the pods of Workloads are. Pods belong to the Workload that their annotation names, or to that of their job
    or group, or of what that belongs to by ``owners``; those that are over or end are nowhere."""
    of_job = workloads_of_jobs(workloads)
    found: dict[tuple[Key, str], list[Manifest]] = {}
    for pod in sorted(pods, key=_rank):
        metadata = pod["metadata"]
        if metadata.get("deletionTimestamp") or status_of(pod).get("phase") in _OVER:
            continue
        named = (metadata.get("annotations") or {}).get(f"{PREFIX}workload")
        own = next((of_job[one] for one in (*identities(pod), *ancestors_of(pod, owners)) if one in of_job), None)
        key = (str(metadata.get("namespace")), str(named)) if named else own
        if key is not None:
            part = str((metadata.get("labels") or {}).get(f"{PREFIX}podset") or "")
            found.setdefault((key, part), []).append(pod)
    places: dict[Key, Parts] = {}
    for (key, part), alive in found.items():
        places.setdefault(key, {})[part] = _on_nodes(alive)
    return places


def _on_nodes(pods: Sequence[Manifest]) -> PodsOnNodes:
    """A pod that was made later than all that have their node stands for another, which had one before."""
    placed = [pod for pod in pods if (pod.get("spec") or {}).get("nodeName")]
    latest = max(map(_made, placed), default=None)
    first = [pod for pod in pods if pod not in placed and (latest is None or _made(pod) <= latest)]
    return PodsOnNodes([str(pod["spec"]["nodeName"]) for pod in placed], begun=not first)


def _made(pod: Manifest) -> str:
    return str(pod["metadata"].get("creationTimestamp") or "")


def _rank(pod: Manifest) -> tuple[int, str]:
    metadata = pod["metadata"]
    index = str((metadata.get("labels") or {}).get(_INDEX) or (metadata.get("annotations") or {}).get(_INDEX) or "")
    return int(index) if index.isdecimal() else 0, str(metadata.get("name"))


def _name(job: Manifest) -> str:
    metadata = job["metadata"]
    return "/".join(str(part) for part in (metadata.get("namespace"), metadata.get("name")) if part)
