"""What of a pod spec is not modelled, but tells its workload from others or would matter to a node (R3.40, R21.9)."""

import json

from kueue_sim.inputs.text.field import Field

_WHOLE = ("runtimeClassName", "priority", "topologySpreadConstraints", "overhead", "resourceClaims", "resources")
_ON_CLAIMS = ("persistentVolumeClaim", "ephemeral")


def further_shape(pod_spec: Field) -> str:
    """What distinguishes the scheduling equivalence class of a pod beside its requests, selectors and tolerations, as
    text; "" for the plain pod of one container, or pods without containers. Implements R3.40."""
    if not pod_spec.get("containers").present:
        return ""
    spec = pod_spec.mapping()
    shape = {name: spec[name] for name in _WHOLE if spec.get(name)}
    affinity = {name: value for name, value in pod_spec.get("affinity").entries() if name != "nodeAffinity"}
    if affinity:
        shape["affinity"] = {name: field.value for name, field in affinity.items()}
    containers = [pod_spec.get(name).items() for name in ("initContainers", "containers")]
    ports = any(container.get("ports").value for group in containers for container in group)
    if ports or len(containers[0]) + len(containers[1]) > 1:
        shape["containers"] = [[_container(container) for container in group] for group in containers]
    return json.dumps(shape, sort_keys=True, default=str) if shape else ""


def _container(container: Field) -> object:
    return [container.get("resources", "requests").value, container.get("ports").value]


def without_effect(pod_spec: Field) -> list[str]:
    """What the pod asks of its node that nodes are not asked for here, in words."""
    found = []
    containers = [*pod_spec.get("initContainers").items(), *pod_spec.get("containers").items()]
    ports = [port for container in containers for port in container.get("ports").items()]
    if any(port.get("hostPort").value for port in ports) or (ports and pod_spec.get("hostNetwork").value):
        found.append("host ports")
    if any(volume.get(kind).present for volume in pod_spec.get("volumes").items() for kind in _ON_CLAIMS):
        found.append("volumes")
    if pod_spec.get("affinity", "podAffinity").present or pod_spec.get("affinity", "podAntiAffinity").present:
        found.append("pod affinity")
    if pod_spec.get("topologySpreadConstraints").items():
        found.append("topology spread constraints")
    return found
