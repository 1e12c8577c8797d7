"""Where does a manifest say how many pods there are? ``kubectl scale`` for every kind of work."""

from kueue_sim.inputs.text.field import Field, near_miss

Steps = tuple[str | int, ...]
_PLAIN: dict[str, Steps] = {
    "Job": ("spec", "parallelism"),
    "Deployment": ("spec", "replicas"),
    "ReplicaSet": ("spec", "replicas"),
    "StatefulSet": ("spec", "replicas"),
    "LeaderWorkerSet": ("spec", "replicas"),
    "InferenceEndpointConfig": ("spec", "replicas"),
    "TrainJob": ("spec", "trainer", "numNodes"),
}
_LISTED: dict[str, tuple[Steps, str]] = {
    "RayCluster": (("spec", "workerGroupSpecs"), "groupName"),
    "RayJob": (("spec", "rayClusterSpec", "workerGroupSpecs"), "groupName"),
    "RayService": (("spec", "rayClusterConfig", "workerGroupSpecs"), "groupName"),
    "JobSet": (("spec", "replicatedJobs"), "name"),
    "HyperPodPyTorchJob": (("spec", "replicaSpecs"), "name"),
}


def with_replicas(manifest: Field, pods: int, part: str, where: Field) -> Field | None:
    """A copy of the manifest with this number of pods; None, and a mistake at ``where``, when there is no such part.

    ``part`` names a worker group, role or replicated job; "" is the only one, or the first that is no head or master.
    """
    kind = str(manifest.get("kind").value)
    steps = _PLAIN.get(kind)
    if steps is None and kind in _LISTED:
        steps = _in_list(manifest, *_LISTED[kind], part, where)
    elif steps is None:
        steps = _in_roles(manifest, part, where)
    if steps is None:
        return None
    return Field(_with(manifest.value, steps, pods), manifest.source, manifest.report, manifest.path)


def _in_list(manifest: Field, steps: Steps, key: str, part: str, where: Field) -> Steps | None:
    items = manifest.get(*map(str, steps)).items()
    names = [str(item.get(key).value) for item in items]
    wanted = [index for index, name in enumerate(names) if part in ("", name, name.lower())]
    if not wanted:
        where.wrong(f"{manifest.get('kind').value} has no part {part!r}; {near_miss(part, names)}")
        return None
    return (*steps, wanted[0], "replicas")


def _in_roles(manifest: Field, part: str, where: Field) -> Steps | None:
    """A role of a Kubeflow job: the workers unless another one is named."""
    spec = manifest.get("spec")
    key = next((key for key, _ in spec.entries() if key.endswith("ReplicaSpecs")), "")
    roles = [name for name, _ in spec.get(key).entries()] if key else []
    wanted = [name for name in roles if name.lower() == (part or "worker").lower()] or ([] if part else roles[-1:])
    if not wanted:
        where.wrong(f"{manifest.get('kind').value} cannot be scaled{f' by {part}' if part else ''}")
        return None
    return ("spec", key, wanted[0], "replicas")


def _with(value: object, steps: Steps, pods: int) -> object:
    if not steps:
        return pods
    first, rest = steps[0], steps[1:]
    if isinstance(value, list) and isinstance(first, int):
        return [_with(item, rest, pods) if index == first else item for index, item in enumerate(value)]
    known = value if isinstance(value, dict) else {}
    return {**known, str(first): _with(known.get(str(first)), rest, pods)}
