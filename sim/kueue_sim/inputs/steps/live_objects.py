"""Which objects are there while a script runs, and what do selectors and a second ``apply`` make of them?"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kueue_sim.inputs.kueue.overlays import merged
from kueue_sim.inputs.kueue.stored import operated
from kueue_sim.inputs.text.field import Field, Source

Identity = tuple[str, str, str]
"""Kind, namespace ("" for objects of the whole cluster) and name."""
_OF_THE_CLUSTER = (
    *("ClusterQueue", "Cohort", "ResourceFlavor", "WorkloadPriorityClass", "PriorityClass", "AdmissionCheck"),
    *("Topology", "Node", "Namespace", "MultiKueueConfig", "MultiKueueCluster", "ProvisioningRequestConfig"),
    *("DeviceClass", "ClusterTrainingRuntime", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"),
)


@dataclass(slots=True)
class Live:
    """An object as it is, and as it was last applied; ``labels`` are what selectors look at."""

    manifest: Field
    applied: object
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class LiveObjects:
    """All objects that the script has made and not deleted, in the order they came."""

    known: dict[Identity, Live] = field(default_factory=dict)
    _generated: dict[tuple[str, str], int] = field(default_factory=dict)

    def key(self, manifest: Field, namespace: str = "") -> Identity:
        """What tells an object from others; ``namespace`` holds where the object itself says none."""
        kind, metadata = str(manifest.get("kind").value), manifest.get("metadata")
        space = str(metadata.get("namespace").value or namespace or "default")
        return kind, "" if kind in _OF_THE_CLUSTER else space, str(metadata.get("name").value)

    def named(self, manifest: Field, namespace: str) -> Field:
        """The manifest under the name that a cluster would make up, where it leaves that to the cluster."""
        metadata = manifest.get("metadata")
        prefix = metadata.get("generateName").value
        if metadata.get("name").present or not isinstance(prefix, str) or not isinstance(manifest.value, dict):
            return manifest
        place = (str(metadata.get("namespace").value or namespace), prefix)
        number = self._generated.get(place, 0)
        self._generated[place] = number + 1
        value = {**manifest.value, "metadata": {**manifest.value["metadata"], "name": f"{prefix}{number}"}}
        return Field(value, manifest.source, manifest.report, manifest.path)

    def applied(self, manifest: Field, namespace: str) -> Field:
        """What ``kubectl apply`` makes of an object: fields that others have set since the last time stay."""
        key = self.key(manifest, namespace)
        old = self.known.get(key)
        new = manifest
        if old is not None and old.applied != old.manifest.value:
            gone = _removed(old.applied, manifest.value)
            base = merged(old.manifest, Field(gone, Source(), manifest.report), lists_by_name=False)
            new = merged(base, manifest, lists_by_name=False)
        self.put(new, namespace, manifest.value)
        return new

    def put(self, manifest: Field, namespace: str, applied: object = None) -> None:
        """An object is there from now on as the manifest says."""
        labels = manifest.get("metadata", "labels").value
        plain = {str(name): str(value) for name, value in labels.items()} if isinstance(labels, Mapping) else {}
        self.known[self.key(manifest, namespace)] = Live(manifest, applied or manifest.value, plain)

    def patch(self, key: Identity, patch: Field) -> None:
        """A part of an object changes; its labels may."""
        old = self.known.get(key)
        if old is not None and isinstance(patch.value, dict | list):
            listed = isinstance(patch.value, list)
            new = operated(old.manifest, patch) if listed else merged(old.manifest, patch, lists_by_name=False)
            self.put(new, key[1], old.applied)

    def remove(self, kind: str, namespace: str, name: str = "") -> None:
        """An object is gone, or all of a kind; a namespace takes along what lies in it."""
        for key in [one for one in self.known if one[0] == kind and (not name or one[2] == name)]:
            if key[1] in ("", namespace or key[1]):
                del self.known[key]
        if kind == "Namespace":
            for key in [one for one in self.known if one[1] == name]:
                del self.known[key]

    def selected(self, kind: str, namespace: str, selector: str) -> Iterator[Identity]:
        """The objects of a kind that a selector such as ``app=x,tier!=gold`` means; namespace "" is every one."""
        for key, one in self.known.items():
            if key[0] == kind and (not namespace or key[1] in ("", namespace)) and _meant(one.labels, selector):
                yield key


def _removed(before: object, now: object) -> dict[object, object]:
    """Fields that were applied and are not any more, as a patch that removes them."""
    gone: dict[object, object] = {}
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key, value in before.items():
            if key not in now:
                gone[key] = None
            elif isinstance(value, Mapping) and isinstance(now[key], Mapping) and (inner := _removed(value, now[key])):
                gone[key] = inner
    return gone


def _meant(labels: Mapping[str, str], selector: str) -> bool:
    return all(_holds(labels, one.strip()) for one in re.split(r",(?![^(]*\))", selector) if one.strip())


def _holds(labels: Mapping[str, str], one: str) -> bool:
    among = re.fullmatch(r"(\S+)\s+(in|notin)\s*\((.*)\)", one)
    if among is not None:
        values = [value.strip() for value in among[3].split(",")]
        return (labels.get(among[1]) in values) == (among[2] == "in")
    pair = re.fullmatch(r"([^=!\s]+)\s*(!=|==|=)\s*(.*)", one)
    if pair is not None:
        return (labels.get(pair[1]) == pair[3]) == (pair[2] != "!=")
    return one[1:].strip() not in labels if one.startswith("!") else one in labels
