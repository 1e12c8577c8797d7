"""Which pods make one Workload? Plain pods of one group, together once the last of them is there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from kueue_sim.inputs.kubernetes.pods import PREFIX
from kueue_sim.inputs.text.field import Field
from kueue_sim.model import PodSet, Workload

GROUP, TOTAL = PREFIX + "pod-group-name", PREFIX + "pod-group-total-count"
FAST = PREFIX + "pod-group-fast-admission"


@dataclass(frozen=True, slots=True)
class Group:
    """A pod's group: ``total`` pods belong to it; ``fast`` ones are queued when the first of them is there."""

    name: str
    total: int
    fast: bool = False


def group_of(pod: Field) -> Group | None:
    """The group a pod or pod template belongs to, None when to none."""
    labels, annotations = pod.get("metadata", "labels"), pod.get("metadata", "annotations")
    name = annotations.get(GROUP) if annotations.get(GROUP).present else labels.get(GROUP)
    total = annotations.get(TOTAL)
    if not name.present and not total.present:
        return None
    if not (name.present and total.present):
        pod.get("metadata").wrong(f"both the {TOTAL!r} annotation and the {GROUP!r} label should be set")
        return None
    if not total.text().isdecimal() or int(total.text()) < 1:
        total.unexpected("a whole number above 0 in quotes")
        return None
    return Group(name.text(), int(total.text()), annotations.get(FAST).value == "true")


@dataclass(slots=True)
class PodGroups:
    """The groups whose pods are not all there yet."""

    _open: dict[tuple[str, str], tuple[Group, list[Workload]]] = field(default_factory=dict)
    _done: set[tuple[str, str]] = field(default_factory=set)
    notes: dict[str, None] = field(default_factory=dict)

    def add(self, group: Group, pod: Workload) -> Workload | None:
        """The Workload of the group, when this pod completes the group."""
        key = (pod.namespace, group.name)
        if key in self._done:
            if not group.fast:
                self.notes[
                    f"pod group {'/'.join(key)} has more pods than its total of {group.total}; the rest is left out"
                ] = None
            return None
        first, pods = self._open.setdefault(key, (group, []))
        pods.append(pod)
        if first.total != group.total:
            self.notes[
                f"the pods of group {'/'.join(key)} disagree on its total; that of the first holds, {first.total}"
            ] = None
        if pod.queue_name != pods[0].queue_name:
            self.notes[f"the pods of group {'/'.join(key)} have different queues; Kueue makes no Workload of them"] = (
                None
            )
        if len(pods) < first.total and not first.fast:
            return None
        del self._open[key]
        self._done.add(key)
        return _together(first, pods)

    def _note(self, pod: Workload, group: Group, text: str) -> None:
        self.notes[f"pod group {pod.namespace}/{group.name} {text}"] = None

    def incomplete(self) -> Iterator[str]:
        """What is wrong with groups that never got all of their pods."""
        for (namespace, name), (group, pods) in self._open.items():
            yield (
                f"pod group {namespace}/{name} has {len(pods)} of {group.total} pods; Kueue queues the group when all "
                "are there, so none of them is admitted"
            )


def _together(group: Group, pods: list[Workload]) -> Workload:
    """The Workload of a group: created with its last pod, as important as its first, done when all are."""
    last = max(pods, key=lambda pod: pod.created_ms)
    times = [pod.runtime_ms for pod in pods]
    sets = [replace(pods[0].pod_sets[0], count=group.total)] if group.fast else _by_role(pods)
    return pods[0]._replace(
        name=group.name,
        uid=f"{pods[0].namespace}/{group.name}",
        pod_sets=tuple(sets),
        created_ms=last.created_ms,
        runtime_ms=None if None in times else max(time for time in times if time is not None),
        owned_by_pod=False,
    )


def _by_role(pods: Iterable[Workload]) -> list[PodSet]:
    """One pod set for each shape of pod, in the order in which the shapes appear."""
    roles: list[PodSet] = []
    for one in (pod.pod_sets[0] for pod in pods):
        shape = replace(one, name="", count=0)
        same = next((index for index, role in enumerate(roles) if replace(role, name="", count=0) == shape), None)
        if same is None:
            roles.append(replace(one, name=f"role-{len(roles)}"))
        else:
            roles[same] = replace(roles[same], count=roles[same].count + one.count)
    return roles
