"""What pods is a job made of? Its roles: pod templates with their counts, as pod sets of a Workload (R1.24)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kueue_sim.errors import Place
from kueue_sim.inputs.kubernetes.created_pods import as_created
from kueue_sim.inputs.kubernetes.limit_ranges import with_defaults
from kueue_sim.inputs.kubernetes.pods import PREFIX
from kueue_sim.inputs.kueue.queues import Directory
from kueue_sim.inputs.kueue.workload_objects import make_pod_set, topology_request
from kueue_sim.inputs.text.field import Field, Path, Source
from kueue_sim.model import PodSet, Settings

_TOPOLOGY = {
    "podset-required-topology": "required",
    "podset-preferred-topology": "preferred",
    "podset-unconstrained-topology": "unconstrained",
    "podset-slice-required-topology": "podSetSliceRequiredTopology",
    "podset-slice-size": "podSetSliceSize",
    "podset-slice-required-topology-constraints": "podsetSliceRequiredTopologyConstraints",
    "podset-group-name": "podSetGroupName",
}


_NAMES = ("required", "preferred", "podSetSliceRequiredTopology", "podSetGroupName")
"""Annotations whose values are plain text."""


@dataclass(frozen=True, slots=True)
class Role:
    """Pods of one shape. ``spec`` is the template's pod spec as LimitRanges complete it; ``inadmissible_reason`` says
    why Kueue never queues a Workload with such pods, "" when it does."""

    template: Field
    spec: Field
    pod_set: PodSet
    inadmissible_reason: str = ""


@dataclass(frozen=True, slots=True)
class Roles:
    """Makes the roles of one job, in the order in which they are asked for. ``of_pods``: Kueue looks at the Pods, which
    the API server has completed, and not at their template."""

    directory: Directory
    namespace: str
    of_pods: bool = False
    made: list[Role] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        """Kueue's settings."""
        return self.directory.settings

    def of(self, template: Field, name: str, count: int, minimum: int | None = None) -> Role:
        """The role of ``count`` pods of a template; its name gets lower case, as in Kueue."""
        companions = self.directory.companions
        spec = as_created(template.get("spec")) if self.of_pods else template.get("spec")
        spec = with_defaults(companions.with_overhead(spec), companions.limits(self.namespace))
        topology = topology_request(_topology(template))
        slices = topology.slice_layers[:1] if topology is not None else ()
        if any(layer.size > count > 0 for layer in slices):
            annotations = template.get("metadata", "annotations")
            annotations.invalid(f"slices of {slices[0].size} are larger than the pod set of {count} pods")
        pod_set = make_pod_set(name.lower(), count, spec, self.settings, minimum, topology)
        pod_set, refused = self.directory.claims.counted(pod_set, spec, len(self.made), self.namespace, companions)
        self.made.append(Role(template, spec, pod_set, refused))
        return self.made[-1]


def count_of(field: Field, default: int = 1) -> int:
    """A number of pods or replicas: from 0 to what an int32 holds."""
    return field.integer(default, minimum=0, maximum=2**31 - 1)


def with_container(template: Field, name: str, resources: Mapping[str, object]) -> Field:
    """The template with one more container, as an operator adds it when it makes the pod."""
    spec = template.get("spec").mapping()
    containers = [*(item.value for item in template.get("spec", "containers").items())]
    added = {**spec, "containers": [*containers, {"name": name, "resources": resources}]}
    return replace(template, value={**template.mapping(), "spec": added})


def template_of(pod_spec: Mapping[str, object], origin: Field) -> Field:
    """A template that no manifest holds but an operator makes; its places are that of ``origin``."""
    return Field({"spec": pod_spec}, Source(origin.source.name, {}, _at(origin)), origin.report)


def _topology(template: Field) -> Field:
    """The topology annotations of a pod template in the form of a Workload's topologyRequest (R20.12)."""
    annotations = template.get("metadata", "annotations")
    request: dict[str, object] = {}
    for name, target in _TOPOLOGY.items():
        value = annotations.get(PREFIX + name)
        if not value.present:
            continue
        text = value.text()
        try:
            decoded = json.loads(text) if target not in _NAMES else text
        except (ValueError, RecursionError):
            decoded = text
        request[target] = text if isinstance(decoded, str) else decoded
    source = Source(template.source.name, {}, _at(template))
    return Field(request or None, source, template.report)


def _at(field: Field) -> dict[Path, Place]:
    place = field.source.place(field.path)
    return {(): place} if place else {}
