"""Which scenario is a cluster at this moment? From the objects of a snapshot.

Nothing is submitted anew: running work holds what it holds and has run as long as it has run, waiting work has its age,
its backoff, the answers of its checks and its last answer. What becomes of every object is in the summary.
"""

from collections.abc import Container, Mapping

from kueue_sim.errors import InputError, Mistake
from kueue_sim.inputs.documents import VERSION
from kueue_sim.inputs.hyperpod.snapshot import described_twice, hyperpod_sections
from kueue_sim.inputs.recorded import applied
from kueue_sim.inputs.recorded.conditions import Manifest, is_true
from kueue_sim.inputs.recorded.doubts.contradictions import contradictions
from kueue_sim.inputs.recorded.doubts.unsampled import guessed_usage
from kueue_sim.inputs.recorded.dumped_jobs import (
    Parts,
    has_ended,
    job_lines,
    nodes_of_pods,
    places_of_work,
    pod_lines,
)
from kueue_sim.inputs.recorded.past import past_entries, was_replaced, with_earlier_slices
from kueue_sim.inputs.recorded.preemptors import waiting_preemptors
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
from kueue_sim.inputs.snapshot import Snapshot, created, holds_in, is_deleted, labels_of
from kueue_sim.units import format_instant, parse_instant

_CLOCKS_DIFFER_MS = 300_000
"""By so much the clocks of a cluster and of those who read it may differ."""


_LEFT_OUT = {
    "NodePool": "left out, node pools of Karpenter: nodes that it would make for what waits are missing "
    "(autoscale of cluster.nodePools makes some)"
}
"""What to say of kinds that are left out and decide what happens."""


def snapshot_scenario(snapshot: Snapshot, name: str, runtime: str | None = None, taken: str | None = None) -> Manifest:
    """The scenario document. ``runtime`` is how long everything runs in all, which a snapshot does not tell; ``taken``
    the instant of the snapshot, by default the latest one that occurs in it."""
    document: Manifest = {"apiVersion": VERSION, "kind": "Scenario", "name": name}
    moment = _moment(snapshot, taken)
    if moment:
        document["start"] = format_instant(parse_instant(moment))
    pools, hyperpod = hyperpod_sections(snapshot.described, [*map(labels_of, snapshot.nodes)], snapshot.cluster_queues)
    nodes = [*snapshot.nodes, *snapshot.pods.taking_room()]
    if nodes or pools:
        sections = {"nodePools": pools, "nodes": nodes}
        document["cluster"] = {key: value for key, value in sections.items() if value}
    objects = [*snapshot.policy, *([snapshot.configuration] if snapshot.configuration else [])]
    document["policy"] = {"objects": objects, **({"hyperpod": hyperpod} if hyperpod else {})}
    if snapshot.settings:
        document["kueue"] = snapshot.settings
    first = waiting_preemptors(snapshot.workloads, snapshot.local_queues)
    work = snapshot.kept(_work(snapshot))
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
    names = snapshot.cluster_queues
    kept = snapshot.kept(snapshot.unfinished)
    lost = [one for one in snapshot.unfinished if not snapshot.kept([one])]
    lines += work_lines(kept, snapshot.local_queues, at)
    bare = [one for one in kept if is_true(one, "QuotaReserved") and holds_in(one) is None]
    if bare:
        lines.append(counted("taken as waiting, they have quota and no status.admission", [*map(job_name, bare)]))
    if lost:
        lines.append(counted("left out, they hold quota of a ClusterQueue that does not exist", [*map(job_name, lost)]))
    finished = [one for one in snapshot.workloads if is_true(one, "Finished")]
    deleted = [one for one in snapshot.workloads if is_deleted(one) and one not in finished]
    if deleted:
        lines.append(counted("left out, they are being deleted", [*map(job_name, deleted)]))
    ended = [job_name(one) for one in finished if created(one)[0] and not was_replaced(one)]
    if ended:
        lines.append(counted("finished, forecasts learn from them", ended))
    lines += job_lines(snapshot.jobs, snapshot.workloads)
    if snapshot.nodes:
        lines.append(counted("nodes", [one["metadata"]["name"] for one in snapshot.nodes]))
    lines += described_twice(snapshot.described, [*map(labels_of, snapshot.nodes)], names)
    known = nodes_of_pods(snapshot.pods.own, kept, snapshot.owners)
    lines += [*places_of_work(kept, snapshot.nodes, known), *pod_lines(snapshot.pods)]
    lines += [
        counted(_LEFT_OUT.get(kind, f"left out, kind {kind}"), names)
        for kind, names in sorted(snapshot.skipped.items())
    ]
    guesses = guessed_usage(snapshot.policy, snapshot.workloads)
    lines += [*snapshot.notes, *guesses, *contradictions(kept, snapshot.policy)]
    lines += [*untold(kept, snapshot.local_queues, at), *dispatched(kept, snapshot.policy)]
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


def _work(snapshot: Snapshot) -> list[Manifest]:
    """Unfinished Workloads; without any Workloads, the jobs that have not ended."""
    if snapshot.workloads:
        return snapshot.unfinished
    return sorted((job for job in snapshot.jobs if not has_ended(job)), key=created)


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


def _key(one: Manifest) -> tuple[str, str]:
    return str(one["metadata"].get("namespace")), str(one["metadata"].get("name"))
