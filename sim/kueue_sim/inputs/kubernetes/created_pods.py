"""What does the API server add to a Pod that it does not add to a pod template? Requests that the Pod leaves open."""

from collections.abc import Mapping
from dataclasses import replace
from math import ceil

from kueue_sim.inputs.kubernetes.pods import exact_requests
from kueue_sim.inputs.text.field import Field

CONTAINERS = ("initContainers", "containers")
_OF_WHOLE_PODS = ("cpu", "memory")


def as_created(pod_spec: Field) -> Field:
    """The spec of a Pod with the requests that the API server gives it before LimitRanges are asked: of a container its
    limits, of the whole pod what its containers ask for, else its limits."""
    if not isinstance(pod_spec.value, Mapping):
        return pod_spec
    value = dict(pod_spec.value)
    for kind in CONTAINERS:
        if pod_spec.get(kind).present:
            value[kind] = [_requesting(container, {}) for container in pod_spec.get(kind).items()]
    if pod_spec.get("resources", "limits").present:
        asked = exact_requests(replace(pod_spec, value={kind: value.get(kind) for kind in CONTAINERS}))
        open_ones = {name: f"{ceil(asked[name] * 1000)}m" for name in _OF_WHOLE_PODS if name in asked}
        value |= {"resources": _requesting(pod_spec, open_ones)["resources"]}
    return replace(pod_spec, value=value)


def _requesting(holder: Field, asked: Mapping[str, object]) -> dict[str, object]:
    """A container or pod with all its requests: its own, else ``asked``, else its limits."""
    resources = holder.get("resources")
    if not resources.present:
        return dict(holder.mapping())
    requests = {**resources.get("limits").mapping(), **asked, **resources.get("requests").mapping()}
    return {**holder.mapping(), "resources": {**resources.mapping(), "requests": requests}}
