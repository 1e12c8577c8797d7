"""Which objects make work, from when on, and what becomes of it when they are applied again, scaled or deleted?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from kueue_sim.inputs.kueue.replicas import with_replicas
from kueue_sim.inputs.kueue.work_kinds import REPLICATED, elastic
from kueue_sim.inputs.text.field import Field
from kueue_sim.model import Action, Workload
from kueue_sim.units import format_duration

Identity = tuple[str, str, str]
"""Kind, namespace and name."""


@dataclass(slots=True)
class Applied:
    """One object as it is now, with the workloads Kueue made of it. ``life`` says how long its work runs."""

    manifest: Field
    life: Field
    workloads: list[Workload]
    since_ms: int = 0


@dataclass(slots=True)
class AppliedObjects:
    """All objects with work, in the order they came. ``read`` gives the workloads of a manifest that is applied at an
    instant, ``submit`` takes one that comes at a time and gives it back under the name that was free. ``slices``:
    elastic jobs grow and shrink as they run (gate ElasticJobsViaWorkloadSlices); otherwise another size is another job.
    ``rename`` gives one that may come the name that is free for it. ``notes`` tell what follows of updates.
    """

    read: Callable[[Field, Field, int], list[Workload]]
    submit: Callable[[Workload], Workload]
    rename: Callable[[Workload], Workload]
    notes: list[str]
    slices: bool = True
    known: dict[Identity, Applied] = field(default_factory=dict)

    def note(self, manifest: Field, life: Field, workloads: Sequence[Workload], at_ms: int) -> None:
        """An object whose workloads are submitted already."""
        self.known[identity(manifest)] = Applied(manifest, life, list(workloads), at_ms)

    def apply(self, manifest: Field, life: Field, at_ms: int) -> list[Action]:
        """What follows when a manifest is applied: nothing new, another size, or work that comes or comes anew.

        One whose name is generated makes another object each time.
        """
        key = identity(manifest)
        if not manifest.get("metadata", "name").present:
            key = (*key[:2], f"{key[2]}{sum(known[:2] == key[:2] for known in self.known)}")
        old = self.known.get(key)
        if old is None:
            self._create(key, manifest, life, at_ms)
            return []
        if old.manifest.value == manifest.value:
            return []
        return self._change(key, old, manifest, at_ms)

    def _create(self, key: Identity, manifest: Field, life: Field, at_ms: int) -> None:
        made = self.read(manifest, life, at_ms)
        self.known[key] = Applied(manifest, life, [self.submit(one) for one in made], at_ms)

    def _change(self, key: Identity, old: Applied, manifest: Field, at_ms: int) -> list[Action]:
        new = self.read(manifest, old.life, at_ms)
        same = bool(new) and bool(old.workloads) and new[0].pod_sets == old.workloads[0].pod_sets
        if key[0] in REPLICATED and (same or not new or not old.workloads):
            return self._resize(key, old, manifest, new, at_ms)
        if len(new) == len(old.workloads) == 1:
            if key[0] != "Job" or _differ_in_counts(old.workloads[0], new[0]):
                return self._edit(key, old, manifest, new[0], at_ms)
            fixed = "the API server lets no update change spec.template"
            self.notes.append(f"Job {key[2]}: {fixed}; it is deleted and made again at {format_duration(at_ms)}")
        gone = self.delete(key, at_ms)
        self._create(key, manifest, old.life, at_ms)
        return gone

    def _edit(self, key: Identity, old: Applied, manifest: Field, after: Workload, at_ms: int) -> list[Action]:
        """What becomes of the one workload of a job depends on whether it holds quota then; the note says so."""
        before = old.workloads[0]
        if before.priority_class and not after.priority_class:
            self.notes.append(f"{key[0]} {key[2]}: Kueue lets no update take away its class {before.priority_class}")
            after = after._replace(priority=before.priority, priority_class=before.priority_class)
        if key[0] == "StatefulSet" and min(_sizes(before) + _sizes(after)) > 0 and _sizes(before) != _sizes(after):
            self.notes.append(f"{key[0]} {key[2]}: Kueue lets no update change its replicas, except from and to 0")
            return []
        old.manifest = manifest
        if before.active != after.active:
            old.workloads = [before._replace(active=after.active)]
            return [Action(at_ms, "activate" if after.active else "deactivate", before.key)]
        changed = before._replace(
            pod_sets=after.pod_sets,
            queue_name=after.queue_name,
            priority=after.priority,
            priority_class=after.priority_class,
        )
        if changed == before:
            return []
        if (
            before.pod_sets != after.pod_sets
            and self.slices
            and _alike(before, after)
            and elastic(manifest)
            and _differ_in_counts(before, after)
        ):
            old.workloads = [before._replace(pod_sets=after.pod_sets)]
            return [Action(at_ms, "scale", before.key, pod_sets=after.pod_sets)]
        old.workloads = [changed]
        if before.pod_sets != after.pod_sets:
            after = self.rename(after)
        self.notes += _told(key, before, changed, after.name, at_ms)
        return [Action(at_ms, "edit", before.key, workload=after)]

    def _resize(
        self, key: Identity, old: Applied, manifest: Field, new: Sequence[Workload], at_ms: int
    ) -> list[Action]:
        """Each replica is a workload of its own: some more come, or the latest go."""
        kept, extra = old.workloads[: len(new)], new[len(old.workloads) :]
        gone = [Action(at_ms, "delete", one.key) for one in old.workloads[len(new) :]]
        kept += [self.submit(one) for one in extra]
        self.known[key] = Applied(manifest, old.life, kept, old.since_ms)
        return gone

    def scale(self, key: Identity, pods: int, part: str, at_ms: int, where: Field) -> list[Action]:
        """The object with another number of pods; ``part`` names the pod set, "" its only or first one."""
        old = self.known[key]
        changed = with_replicas(old.manifest, pods, part, where)
        return [] if changed is None else self.apply(changed, old.life, at_ms)

    def delete(self, key: Identity, at_ms: int) -> list[Action]:
        """The object and all its work are deleted; what has finished is gone already."""
        return [Action(at_ms, "delete", one.key) for one in self.known.pop(key).workloads]

    def named(self, pattern: str, at_ms: int, namespace: str = "", kind: str = "") -> list[Identity]:
        """The objects there are at a time whose name, or namespace and name, a pattern with * means."""
        found = []
        for key, one in self.known.items():
            names = (key[2], f"{key[1]}/{key[2]}")
            meant = any(fnmatchcase(name, pattern) for name in names)
            if meant and one.since_ms <= at_ms and namespace in ("", key[1]) and kind in ("", key[0]):
                found.append(key)
        return found

    def owner(self, workload: str) -> Identity | None:
        """The object that a workload, given by its key, belongs to."""
        for key, one in self.known.items():
            if any(item.key == workload for item in one.workloads):
                return key
        return None


def identity(manifest: Field) -> Identity:
    """Kind, namespace and name of a manifest."""
    metadata = manifest.get("metadata")
    name = metadata.get("name").value or metadata.get("generateName").value
    return str(manifest.get("kind").value), str(metadata.get("namespace").value or "default"), str(name)


def _alike(before: Workload, after: Workload) -> bool:
    return before.queue_name == after.queue_name and before.namespace == after.namespace


def _differ_in_counts(before: Workload, after: Workload) -> bool:
    """Whether nothing but numbers of pods is different."""
    if len(before.pod_sets) != len(after.pod_sets):
        return False
    sized = zip(before.pod_sets, after.pod_sets, strict=True)
    return all(replace(old, count=new.count, min_count=new.min_count) == new for old, new in sized)


def _sizes(one: Workload) -> list[int]:
    return [part.count for part in one.pod_sets]


def _told(key: Identity, before: Workload, after: Workload, anew: str, at_ms: int) -> Iterator[str]:
    """What of an update depends on whether the job holds quota at that time."""
    job, at = f"{key[0]} {key[2]}", format_duration(at_ms)
    if before.pod_sets != after.pod_sets:
        yield f"{job} changes at {at}: it keeps its place while it waits; if it holds quota it starts anew as {anew}"
    if before.queue_name != after.queue_name:
        yield f"{job} goes to {after.queue_name} at {at} if it waits; Kueue refuses that of one that holds quota"
    if after.priority_class and not before.priority_class:
        yield f"{job} gets its class at {at} if it waits; Kueue refuses that of one that holds quota"
