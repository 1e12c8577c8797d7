"""What has a script made before the first work comes? Objects by kind and name, requests, and Kueue's release."""

from dataclasses import dataclass, field

from kueue_sim.inputs.kueue.jobs.managing import DEFAULT_QUEUE
from kueue_sim.inputs.kueue.overlays import merged
from kueue_sim.inputs.kueue.stored import operated
from kueue_sim.inputs.repository.composed import Composed
from kueue_sim.inputs.text.field import Field

Identity = tuple[str, str, str]
"""Kind, namespace and name."""
_SPACED = ("LocalQueue", "Pod", "Workload", "LimitRange", "ResourceQuota")


def identity(manifest: Field, namespace: str = "") -> Identity:
    """What tells an object from others; ``namespace`` holds where the object itself says none."""
    kind, metadata = str(manifest.get("kind").value), manifest.get("metadata")
    space = str(metadata.get("namespace").value or namespace or "default") if kind in _SPACED else ""
    return kind, space, str(metadata.get("name").value)


@dataclass(slots=True)
class Setup:
    """The cluster as the script leaves it at time zero."""

    objects: dict[Identity, Field] = field(default_factory=dict)
    requests: list[Field] = field(default_factory=list)
    version: Field | None = None

    def default_queues(self) -> set[str]:
        """The namespaces whose jobs need not name a queue."""
        return {space for kind, space, name in self.objects if kind == "LocalQueue" and name == DEFAULT_QUEUE}

    def has_nodes(self) -> bool:
        """Whether any manifest, or a description of a cluster, says which nodes there are."""
        return any(kind in ("Node", "None") for kind, _, _ in self.objects)

    def put(self, manifest: Field, namespace: str) -> None:
        """An object that is applied; one of the same name is replaced."""
        key = identity(manifest, namespace)
        if namespace and key[0] in _SPACED and isinstance(manifest.value, dict):
            metadata = manifest.value.get("metadata")
            spaced = {"namespace": namespace, **(metadata if isinstance(metadata, dict) else {})}
            value = {**manifest.value, "metadata": spaced}
            manifest = Field(value, manifest.source, manifest.report, manifest.path)
        self.objects[key] = manifest

    def remove(self, kind: str, namespace: str, name: str) -> bool:
        """An object is deleted; False when there is none."""
        return self.objects.pop(self._key(kind, namespace, name), None) is not None

    def patch(self, kind: str, namespace: str, name: str, patch: Field) -> bool:
        """A part of an object changes; False when there is none."""
        key = self._key(kind, namespace, name)
        if key not in self.objects:
            return False
        old = self.objects[key]
        listed = isinstance(patch.value, list)
        self.objects[key] = operated(old, patch) if listed else merged(old, patch, lists_by_name=False)
        return True

    def _key(self, kind: str, namespace: str, name: str) -> Identity:
        return kind, (namespace or "default") if kind in _SPACED else "", name

    def write_to(self, document: Composed) -> None:
        """Puts everything into the sections of a scenario."""
        for manifest in self.objects.values():
            document.append(manifest, "policy", "objects")
        for request in self.requests:
            document.append(request, "policy", "hyperpod", "requests")
        if self.version is not None:
            document.put(self.version, "kueue", "version")
