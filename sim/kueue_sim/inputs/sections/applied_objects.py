"""Which objects make work, from when on, and what becomes of it when they are applied again, scaled or deleted?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from kueue_sim.inputs.kueue.replicas import with_replicas
from kueue_sim.inputs.kueue.work_kinds import REPLICATED, elastic
from kueue_sim.inputs.text.field import Field
from kueue_sim.model import Action, Workload

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
    """

    read: Callable[[Field, Field, int], list[Workload]]
    submit: Callable[[Workload], Workload]
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
            before, after = old.workloads[0], new[0]
            if _alike(before, after) and before.priority != after.priority and before.pod_sets == after.pod_sets:
                changed = before._replace(priority=after.priority, priority_class=after.priority_class)
                old.manifest, old.workloads = manifest, [changed]
                return [Action(at_ms, "priority", before.key, priority=after.priority, name=after.priority_class)]
            if before.pod_sets == after.pod_sets and _alike(before, after):
                old.manifest = manifest
                return []
            if self.slices and _alike(before, after) and elastic(manifest) and _differ_in_counts(before, after):
                old.manifest, old.workloads = manifest, [before._replace(pod_sets=after.pod_sets)]
                return [Action(at_ms, "scale", before.key, pod_sets=after.pod_sets)]
        gone = self.delete(key, at_ms)
        self._create(key, manifest, old.life, at_ms)
        return gone

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
