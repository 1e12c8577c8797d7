"""How much does one pod ask for, of the node and of the quota? Implements R1.24, R1.25 and R20.7."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cache

from kueue_sim.inputs.text.field import Field
from kueue_sim.model import NodePod, Settings, Transformation
from kueue_sim.units import exact_quantity

Amounts = dict[str, Fraction]
PREFIX = "kueue.x-k8s.io/"
TOPOLOGY_ANNOTATIONS = tuple(
    PREFIX + name
    for name in (
        "podset-required-topology",
        "podset-preferred-topology",
        "podset-unconstrained-topology",
        "podset-slice-required-topology",
        "podset-slice-required-topology-constraints",
    )
)


@cache
def _exact(text: str) -> Fraction:
    return exact_quantity(text)


def canonical(amounts: Mapping[str, Fraction]) -> dict[str, int]:
    """Natural amounts in canonical units, rounded up, negative ones as 0 (R1.1)."""
    result = {}
    for resource, amount in amounts.items():
        scaled = amount * 1000 if resource == "cpu" else amount
        result[resource] = max(0, -((-scaled.numerator) // scaled.denominator))
    return result


def natural(requests: Mapping[str, int]) -> Amounts:
    """Canonical amounts in natural units: millicores become cores."""
    return {name: Fraction(amount, 1000 if name == "cpu" else 1) for name, amount in requests.items()}


def amounts(field: Field) -> Amounts:
    """Requests or limits in natural units; one without a value, as templates leave it, is 0, as for the API server."""
    found: Amounts = {}
    for resource, child in field.entries():
        try:
            found[resource] = _exact(str(child.value)) if child.present else Fraction(0)
        except ValueError as error:
            child.wrong(str(error))
            continue
        if found[resource] < 0:
            child.wrong(f"{child.value!r} is negative; requests start at 0")
        elif "/" in resource and found[resource].denominator != 1:
            child.invalid(f"{child.value!r} is not whole; a pod gets a device such as {resource} whole or not at all")
    return found


def _resources(field: Field) -> Amounts:
    """Requests of a container; a missing request takes the limit."""
    resources = field.get("resources")
    requests = {**amounts(resources.get("limits")), **amounts(resources.get("requests"))}
    if "pods" in requests:
        resources.wrong("a container cannot request 'pods'")
    return requests


def _add(total: Amounts, more: Mapping[str, Fraction]) -> None:
    for resource, amount in more.items():
        total[resource] = total.get(resource, Fraction(0)) + amount


def _raise(total: Amounts, floor: Mapping[str, Fraction]) -> None:
    for resource, amount in floor.items():
        total[resource] = max(total.get(resource, amount), amount)


def exact_requests(pod_spec: Field) -> Amounts:
    """Effective request of a pod in natural units (R1.24)."""
    total: Amounts = {}
    for container in pod_spec.get("containers").items():
        _add(total, _resources(container))
    sidecars: Amounts = {}
    stages: Amounts = {}
    for container in pod_spec.get("initContainers").items():
        request = _resources(container)
        if container.get("restartPolicy").value == "Always":
            _add(total, request)
            _add(sidecars, request)
            _raise(stages, sidecars)
        else:
            stage = dict(sidecars)
            _add(stage, request)
            _raise(stages, stage)
    _raise(total, stages)
    total.update(_resources(pod_spec))
    _add(total, amounts(pod_spec.get("overhead")))
    return total


def pod_requests(pod_spec: Field) -> dict[str, int]:
    """Effective request of a pod in canonical units (R1.24)."""
    return canonical(exact_requests(pod_spec))


def quota_requests(plain: Mapping[str, Fraction], settings: Settings) -> dict[str, int]:
    """What one pod asks of the quota, after filtering and transformations (R1.25)."""
    kept = {name: amount for name, amount in plain.items() if not name.startswith(settings.exclude_resource_prefixes)}
    rules = {rule.input: rule for rule in settings.transformations}
    outputs: Amounts = {}
    result: Amounts = {}
    for name, amount in kept.items():
        rule = rules.get(name)
        if rule is None or rule.retain:
            result[name] = amount
        if rule is not None:
            _add(outputs, _outputs(rule, amount, kept))
    _add(result, {name: max(Fraction(0), amount) for name, amount in outputs.items()})
    return canonical(result)


def _outputs(rule: Transformation, amount: Fraction, requests: Mapping[str, Fraction]) -> Amounts:
    if rule.multiply_by is not None:
        amount *= requests.get(rule.multiply_by, Fraction(1))
    return {name: amount * exact_quantity(factor) for name, factor in rule.outputs.items()}


def both_requests(plain: Mapping[str, Fraction], settings: Settings) -> tuple[dict[str, int], dict[str, int] | None]:
    """Quota request of a pod, and its plain request if that is another one."""
    whole = canonical(plain)
    if not settings.transformations and not settings.exclude_resource_prefixes:
        return whole, None
    quota = quota_requests(plain, settings)
    return quota, None if quota == whole else whole


def node_pods(pods: Iterable[Field]) -> tuple[NodePod, ...]:
    """Pods that take node capacity without being Kueue's to place (R20.7); ``pods: 1`` is not included."""
    found = []
    for pod in pods:
        node = pod.get("spec", "nodeName").text()
        annotations = pod.get("metadata", "annotations").mapping()
        ended = pod.get("status", "phase").value in ("Succeeded", "Failed")
        if node and not ended and not any(name in annotations for name in TOPOLOGY_ANNOTATIONS):
            found.append(NodePod(pod.get("metadata", "name").text(), node, pod_requests(pod.get("spec"))))
    return tuple(found)
