"""What does a workload in the scenario's short form ask for, and what becomes of it?"""

from collections.abc import Iterable

from kueue_sim.inputs.kubernetes.pods import amounts
from kueue_sim.inputs.kueue.queues import Directory
from kueue_sim.inputs.kueue.workload_objects import make_pod_set
from kueue_sim.inputs.text.field import Field, near_miss
from kueue_sim.inputs.text.schema import POD_SET, RECLAIM, TOPOLOGY, WORKLOAD
from kueue_sim.model import PodSet, Reclaim, SliceLayer, TopologyRequest, Workload

MOST_COPIES = 1_000_000
"""Copies of one workload at most, so that a mistyped count does not fill the memory."""


def topology_short(field: Field) -> TopologyRequest | None:
    """The topology request of the short form, None when absent."""
    if not field.present:
        return None
    field.only(*TOPOLOGY)
    level, size = field.get("sliceLevel"), field.get("sliceSize")
    layers = []
    for item in field.get("layers").items():
        item.only("level", "size")
        layers.append(SliceLayer(item.get("level").needed("level"), item.get("size").integer(1, minimum=1)))
    if level.present != size.present:
        field.wrong("sliceLevel and sliceSize come together")
    elif level.present:
        layers.append(SliceLayer(level.text(), size.integer(1, minimum=1)))
    required, preferred = field.get("required").optional_text(), field.get("preferred").optional_text()
    unconstrained = field.get("unconstrained")
    if sum((required is not None, preferred is not None, unconstrained.present)) > 1:
        field.wrong("only one of required, preferred and unconstrained is accepted")
    return TopologyRequest(
        required=required,
        preferred=preferred,
        unconstrained=unconstrained.boolean() if unconstrained.present else None,
        slice_layers=tuple(layers),
        group=field.get("group").optional_text(),
    )


def _pod_set(field: Field, directory: Directory, name: str, count: int | None) -> PodSet:
    pods = field.get("pods").integer(1, minimum=0) if count is None else count
    minimum = field.get("minPods").optional_integer(minimum=1)
    if minimum is not None and minimum > pods and count is None:
        field.get("minPods").wrong(f"minPods {minimum} exceeds pods {pods}")
    return make_pod_set(
        name=name,
        count=pods,
        pod_spec=field,
        settings=directory.settings,
        min_count=minimum,
        topology=topology_short(field.get("topology")),
        plain=amounts(field.get("requests")),
    )


def pod_sets(entry: Field, directory: Directory, count: int | None = None) -> tuple[PodSet, ...]:
    """The pod sets of an entry; ``count`` stands in for a number of pods that is drawn later."""
    several = entry.get("podSets")
    if not several.present:
        return (_pod_set(entry, directory, "main", count),)
    for name in POD_SET:
        if name != "name" and entry.get(name).present:
            entry.get(name).wrong(f"{name} belongs into the entries of podSets", at_key=True)
    found: list[PodSet] = []
    for index, item in enumerate(several.items()):
        item.only(*POD_SET)
        name = item.get("name").text(f"ps-{index}")
        if name in (other.name for other in found):
            item.get("name").wrong(f"a second pod set named {name!r}")
        found.append(_pod_set(item, directory, name, None))
    if sum(one.min_count is not None for one in found) > 1:
        several.wrong("only one pod set of a workload may have minPods")
    return tuple(found)


def with_life(workload: Workload, entry: Field) -> Workload:
    """The workload with the times that the entry gives: submission, run time, checkpoints."""
    every = entry.get("checkpointEvery")
    checkpoint = every.duration(default=1) if every.present else None
    if checkpoint == 0:
        every.wrong("checkpointEvery must be longer than 0s")
    return workload._replace(
        created_ms=entry.get("submit").duration(),
        runtime_ms=entry.get("runtime").optional_duration(),
        checkpoint_every_ms=checkpoint or None,
        restart_cost_ms=entry.get("restartCost").duration(),
        gang=entry.get("gang").boolean(True),
        keeps_work=_keeps_work(workload, entry.get("scaling")),
        ready_after_ms=_ready_times(entry.get("podsReady")),
        reclaims=_reclaims(entry.get("reclaimable"), workload.pod_sets),
    )


def _ready_times(field: Field) -> tuple[int | None, ...]:
    """Per start, milliseconds from admission until all pods are ready; None for never."""
    items = field.items() if isinstance(field.value, list) else [field] if field.present else []
    return tuple(None if item.value == "never" else item.duration() for item in items)


def _reclaims(field: Field, pod_sets: Iterable[PodSet]) -> tuple[Reclaim, ...]:
    """How the number of pods that need no quota any more grows, in order of time."""
    counts = {one.name: one.count for one in pod_sets}
    first = next(iter(counts), "")
    found = []
    for item in field.items():
        item.only(*RECLAIM)
        name = item.get("podSet").text(first)
        if name not in counts:
            item.get("podSet").wrong(f"there is no pod set {name!r}; {near_miss(name, counts)}")
        pods = item.get("pods").integer(0, minimum=0)
        if pods > counts.get(name, pods):
            item.get("pods").wrong(f"{pods} is more than the {counts[name]} pods of pod set {name!r}")
        found.append(Reclaim(item.get("after").duration(), name, pods))
    return tuple(sorted(found, key=lambda one: one.after_ms))


def _keeps_work(workload: Workload, scaling: Field) -> bool:
    """Whether fewer pods take longer; only work that may be admitted with fewer pods is asked."""
    kept = scaling.choice(("work", "time"), "work") == "work"
    return kept and any(one.min_count is not None for one in workload.pod_sets)


def base_workload(entry: Field, directory: Directory, name: str, count: int | None = None) -> Workload:
    """A workload with everything but its times."""
    namespace, queue = directory.queue(entry)
    return Workload(
        name=name,
        namespace=namespace,
        queue_name=queue,
        pod_sets=directory.shared(pod_sets(entry, directory, count)),
        uid=f"{namespace}/{name}",
        priority=directory.priority(entry),
        priority_class="" if entry.get("priority").present else directory.class_name(entry.get("priorityClass")),
        max_execution_ms=entry.get("maxExecutionTime").optional_duration(),
    )


def short_workloads(entry: Field, directory: Directory) -> list[Workload]:
    """The workloads of one entry in the short form."""
    entry.only(*WORKLOAD)
    name = entry.get("name").needed("name")
    return repeated(with_life(base_workload(entry, directory, name), entry), entry)


def renamed(workload: Workload, name: str, created_ms: int) -> Workload:
    """A copy with another name and time of submission."""
    return workload._replace(name=name, uid=f"{workload.namespace}/{name}", created_ms=created_ms)


def repeated(workload: Workload, entry: Field) -> list[Workload]:
    """The workload itself, or ``count`` copies of it, ``every`` so often."""
    if not entry.get("count").present:
        return [workload]
    count, every = entry.get("count").integer(1, minimum=0, maximum=MOST_COPIES), entry.get("every").duration()
    return [
        renamed(workload, f"{workload.name}-{index}", workload.created_ms + index * every) for index in range(count)
    ]
