"""What stands beside jobs and decides about them: training runtimes, PriorityClasses, LimitRanges, claim templates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kueue_sim.inputs.kubernetes.limit_ranges import NamespaceLimits, limit_ranges
from kueue_sim.inputs.text.field import Field

CLUSTER_RUNTIME, RUNTIME = "ClusterTrainingRuntime", "TrainingRuntime"
KINDS = (
    CLUSTER_RUNTIME,
    RUNTIME,
    "PriorityClass",
    "LimitRange",
    "ResourceClaimTemplate",
    "ResourceClaim",
    "DeviceClass",
    "RuntimeClass",
)
PREBUILT = "kueue.x-k8s.io/prebuilt-workload-name"
BUILT_IN = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
"""PriorityClasses that every cluster has."""
Key = tuple[str, str, str]
"""Kind, namespace ("" for objects of the whole cluster) and name."""
_OF_CLUSTER = (CLUSTER_RUNTIME, "PriorityClass", "DeviceClass", "RuntimeClass")


@dataclass(slots=True)
class Companions:
    """Objects by kind, namespace and name, wherever a scenario has them. ``notes`` say what was passed over."""

    notes: dict[str, None] = field(default_factory=dict)
    _found: dict[Key, Field] = field(default_factory=dict)
    _there: set[Key] = field(default_factory=set)
    _queued: set[Key] = field(default_factory=set)
    _limits: Mapping[str, NamespaceLimits] | None = None

    def learn(self, manifests: Iterable[Field]) -> None:
        """Remembers objects that may decide about jobs; a second one of a name replaces the first."""
        for manifest in manifests:
            kind = manifest.get("kind").value
            if not isinstance(kind, str):
                continue
            key = key_of(manifest)
            self._there.add(key)
            if kind in KINDS:
                self._found[key] = manifest
                self._limits = None
            if kind == "Workload":
                self._queued.update(_owners(manifest))

    def of_kind(self, kind: str) -> list[Field]:
        """All objects of one kind."""
        return [manifest for (found, _, _), manifest in self._found.items() if found == kind]

    def find(self, kind: str, namespace: str, name: str) -> Field | None:
        """The object of this name, None when no manifest describes it."""
        return self._found.get((kind, namespace, name))

    def counted_elsewhere(self, manifest: Field) -> bool:
        """Whether an object's owner, or the Workload that Kueue made of the object, is among the manifests."""
        owners = [key for key in _owners(manifest) if key[0] != "CronJob"]
        return key_of(manifest) in self._queued or any(key in self._there for key in owners)

    def is_prebuilt(self, manifest: Field) -> bool:
        """Whether a job names a Workload that is made beside it, which is what Kueue queues; a job whose Workload no
        manifest describes waits for it, which is noted."""
        name = manifest.get("metadata", "labels").get(PREBUILT).value
        if not isinstance(name, str) or manifest.get("kind").value == "Workload":
            return False
        kind, namespace, own = key_of(manifest)
        if ("Workload", namespace, name) not in self._there:
            self.notes[f"{kind} {own} waits for the Workload {name}, which no manifest describes, and is left out"] = (
                None
            )
        return True

    def limits(self, namespace: str) -> NamespaceLimits:
        """The LimitRanges of a namespace."""
        if self._limits is None:
            self._limits = limit_ranges(self.of_kind("LimitRange"))
        return self._limits.get(namespace, {})

    def priority(self, name: str) -> int | None:
        """The value of a PriorityClass, without a name that of the default class or 0; None when there is none."""
        if not name:
            defaults = [one for one in self.of_kind("PriorityClass") if one.get("globalDefault").value is True]
            return min((one.get("value").integer() for one in defaults), default=0)
        known = self.find("PriorityClass", "", name)
        return BUILT_IN.get(name) if known is None else known.get("value").integer()

    def with_overhead(self, spec: Field) -> Field:
        """A pod's spec with what its RuntimeClass adds, where the pod itself says nothing of that (R1.24)."""
        name, overhead = spec.get("runtimeClassName"), spec.get("overhead")
        runtime = self.find("RuntimeClass", "", str(name.value)) if name.present else None
        if runtime is None or overhead.value or not isinstance(spec.value, Mapping):
            return spec
        added = runtime.get("overhead", "podFixed").value
        return replace(spec, value={**spec.value, "overhead": added}) if added else spec

    def training_runtime(self, reference: Field, namespace: str) -> Field | None:
        """The runtime that a TrainJob names; one that is described nowhere is noted."""
        kind, name = reference.get("kind").text(CLUSTER_RUNTIME), reference.get("name").needed("name of the runtime")
        found = self.find(kind, "" if kind == CLUSTER_RUNTIME else namespace, name)
        if found is None and name:
            self.notes[
                f"no manifest describes the {kind} {name}: its TrainJobs are counted as numNodes pods with "
                "resourcesPerNode and nothing else"
            ] = None
        return found


def key_of(manifest: Field) -> Key:
    """Kind, namespace and name of an object."""
    kind = str(manifest.get("kind").value)
    namespace = "" if kind in _OF_CLUSTER else manifest.get("metadata", "namespace").value or "default"
    return kind, str(namespace), str(manifest.get("metadata", "name").value)


def _owners(manifest: Field) -> list[Key]:
    namespace = key_of(manifest)[1]
    references = manifest.get("metadata", "ownerReferences").items()
    return [(str(one.get("kind").value), namespace, str(one.get("name").value)) for one in references]
