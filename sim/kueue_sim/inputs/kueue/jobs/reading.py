"""The Workloads of one manifest: is it a job, does Kueue manage it, what are its pods and its priority?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from kueue_sim.inputs.kubernetes.limit_ranges import infeasible_reason
from kueue_sim.inputs.kubernetes.pods import PREFIX
from kueue_sim.inputs.kueue.jobs.groups import Group, group_of
from kueue_sim.inputs.kueue.jobs.kinds import JobKind
from kueue_sim.inputs.kueue.jobs.managing import Managed, managed, queue_label
from kueue_sim.inputs.kueue.jobs.registry import CRON_JOB, JOB_KINDS, job_kind
from kueue_sim.inputs.kueue.jobs.roles import Role, Roles
from kueue_sim.inputs.kueue.jobs.schedules import MINUTE_MS, runs
from kueue_sim.inputs.kueue.jobs.without_effect import fields_without_effect
from kueue_sim.inputs.kueue.queues import Directory
from kueue_sim.inputs.kueue.release import line_of
from kueue_sim.inputs.kueue.short_form import MOST_COPIES
from kueue_sim.inputs.kueue.workload_objects import labels_of, user_of, workload
from kueue_sim.inputs.text.field import Field
from kueue_sim.model import Workload
from kueue_sim.units import parse_instant

_MOST_ROLES = (((0, 17), 8), ((0, 18), 10))
"""So many pod sets did Workloads have up to these releases; since then 18."""
PRIORITY, MAX_TIME = PREFIX + "priority-class", PREFIX + "max-exec-time-seconds"


class Submitted(NamedTuple):
    """A Workload and the pod group it belongs to, if it is one pod of a group; ``after_ms`` counts from the instant
    at which the manifest is applied."""

    workload: Workload
    group: Group | None = None
    after_ms: int = 0


def job_workloads(manifest: Field, directory: Directory, at_ms: int = 0, exists: bool = False) -> list[Submitted]:
    """The workloads of a manifest that is applied at an instant, without their times.

    What is no work or not managed by Kueue is noted in the directory. ``exists``: a cluster holds a Workload already,
    so its LocalQueue may be missing; it waits until there is one.
    """
    kind = manifest.get("kind").value
    if kind == "Workload":
        return [Submitted(_plain_workload(manifest, directory, exists))]
    if directory.companions.counted_elsewhere(manifest) or directory.companions.is_prebuilt(manifest):
        return []
    directory.idle_fields.update(dict.fromkeys(fields_without_effect(manifest)))
    if kind == CRON_JOB:
        return list(_scheduled(manifest, directory, at_ms))
    if kind == "RayJob" and manifest.get("spec", "clusterSelector").value:
        name = manifest.get("metadata").first("name", "generateName").value
        directory.companions.notes[f"RayJob {name} runs in a cluster that exists; Kueue does not manage it"] = None
        return []
    found = job_kind(manifest, directory.companions.notes)
    return [] if found is None else _Job(manifest, found, directory).submitted()


@dataclass(frozen=True, slots=True)
class _Job:
    """One manifest of a known kind."""

    manifest: Field
    kind: JobKind
    directory: Directory

    @property
    def namespace(self) -> str:
        return self.manifest.get("metadata", "namespace").text() or "default"

    def submitted(self) -> list[Submitted]:
        answer = managed(self.manifest, self.kind, self.namespace, self.directory)
        of_pods = self.kind.split in ("pods", "group") or not isinstance(answer, Managed)
        made = self.kind.roles(self.manifest, Roles(self.directory, self.namespace, of_pods))
        name = self.directory.generated_name(self.manifest.get("metadata"))
        if isinstance(answer, Managed):
            return list(self._workloads(name, answer.queue, made))
        loose = [one for role in made for one in self._loose(name, role, len(made) > 1)]
        if not loose:
            self.directory.unmanaged.append((self.manifest.get("metadata"), f"{self.kind.kind} {name}", answer))
        return loose

    def _workloads(self, name: str, queue: str, made: Sequence[Role]) -> Iterator[Submitted]:
        one = self._workload(self.kind.kind, name, queue, made, self.manifest.get("metadata"))
        if self.kind.split == "group":
            yield Submitted(one._replace(owned_by_pod=True), group_of(self.manifest))
            return
        if self.kind.split == "gang":
            yield Submitted(one)
            return
        copies = made[0].pod_set.count
        if self.kind.split == "replicas":
            copies = self.manifest.get("spec", "replicas").integer(1, minimum=0, maximum=MOST_COPIES)
        else:
            alone = replace(made[0].pod_set, count=1)
            one = one._replace(pod_sets=(alone,), owned_by_pod=True)
        for index in range(min(copies, MOST_COPIES)):
            yield Submitted(_renamed(one, f"{name}-{index}"))

    def _loose(self, name: str, role: Role, several: bool) -> Iterator[Submitted]:
        """The pods of a job that is not managed itself while its pod template names a queue (pod integration)."""
        metadata = role.template.get("metadata")
        label = queue_label(metadata, self.directory)
        if not label.present or not self.directory.integrations.enabled("pod"):
            return
        queue = self.directory.named(label, self.namespace)[1]
        alone = replace(role, pod_set=replace(role.pod_set, name="main", count=1, min_count=None))
        one = self._workload("Pod", name, queue, [alone], metadata)._replace(owned_by_pod=True)
        stem = f"{name}-{role.pod_set.name}" if several else name
        group = group_of(role.template)
        for index in range(min(role.pod_set.count, MOST_COPIES)):
            yield Submitted(_renamed(one, f"{stem}-{index}"), group)

    def _workload(self, kind: str, name: str, queue: str, made: Sequence[Role], metadata: Field) -> Workload:
        """The Workload of all roles; labels are those of ``metadata``, the job's or its pod template's."""
        labels = metadata.get("labels")
        most = next((most for until, most in _MOST_ROLES if line_of(self.directory.settings.version) <= until), 18)
        if len(made) > most:
            self.manifest.get("spec").invalid(f"{len(made)} pod sets are too many for a Workload; at most {most}")
        limit = labels.get(MAX_TIME)
        if limit.present and not (limit.text().isdecimal() and 0 < int(limit.text()) < 2**31):
            limit.unexpected("a whole number of seconds above 0 in quotes")
        limits = self.directory.companions.limits(self.namespace)
        seconds = int(limit.text()) if limit.present and limit.text().isdecimal() else None
        return Workload(
            name=name,
            namespace=self.namespace,
            queue_name=queue,
            uid=f"{self.namespace}/{name}",
            pod_sets=self.directory.shared(tuple(role.pod_set for role in made)),
            priority=self._priority(labels.get(PRIORITY), made),
            priority_class=self.directory.class_name(labels.get(PRIORITY)),
            max_execution_ms=None if seconds is None else seconds * 1000,
            kind=kind,
            user=user_of(labels.mapping()),
            labels=labels_of(labels.mapping()),
            infeasible_reason=infeasible_reason([role.spec for role in made], limits),
            inadmissible_reason=next((role.inadmissible_reason for role in made if role.inadmissible_reason), ""),
        )

    def _priority(self, label: Field, made: Sequence[Role]) -> int:
        """In Kueue's order: the label, the default class, the kind's own class, the class of the first pods (R1.30)."""
        named = self.kind.own_class(self.manifest)
        field = self.manifest.get("spec", "runPolicy") if named else self.manifest
        for role in made if not named else ():
            field = role.spec.get("priorityClassName")
            if field.text():
                named = field.text()
                break
        return self.directory.class_priority(label, named, field)


def _renamed(one: Workload, name: str) -> Workload:
    return one._replace(name=name, uid=f"{one.namespace}/{name}")


def _scheduled(manifest: Field, directory: Directory, at_ms: int) -> Iterator[Submitted]:
    """The Jobs of a CronJob at the times of its schedule, named as the controller names them."""
    template = manifest.get("spec", "jobTemplate")
    metadata = {**template.get("metadata").mapping(), "namespace": manifest.get("metadata", "namespace").value}
    value = {**template.mapping(), "kind": "Job", "metadata": metadata}
    name = directory.generated_name(manifest.get("metadata"))
    start_ms = parse_instant(directory.start)
    for run_ms in runs(manifest, directory.start, at_ms, directory.horizon_ms, directory.companions.notes):
        value["metadata"] = {**metadata, "name": f"{name}-{(start_ms + run_ms) // MINUTE_MS}"}
        job = replace(template, value=value)
        for one in _Job(job, JOB_KINDS["Job"], directory).submitted():
            yield one._replace(after_ms=run_ms - at_ms)


def _plain_workload(manifest: Field, directory: Directory, exists: bool) -> Workload:
    classes = {item.name: item.value for item in directory.policy.priority_classes}
    namespace = manifest.get("metadata", "namespace").text() or "default"
    companions = directory.companions
    limits = {namespace: companions.limits(namespace)}
    one = workload(manifest, directory.settings, classes, limits=limits, with_overhead=companions.with_overhead)
    if not exists:
        directory.named(manifest.get("spec", "queueName"), one.namespace)
    specs = [item.get("template", "spec") for item in manifest.get("spec", "podSets").items()]
    claimed = [
        directory.claims.counted(pod_set, spec, index, namespace, companions)
        for index, (pod_set, spec) in enumerate(zip(one.pod_sets, specs, strict=True))
    ]
    return one._replace(
        uid=one.uid or one.key,
        pod_sets=tuple(pod_set for pod_set, _ in claimed),
        inadmissible_reason=next((refused for _, refused in claimed if refused), ""),
    )
