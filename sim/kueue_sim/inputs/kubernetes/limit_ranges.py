"""What do the LimitRanges of a namespace add to pods, and which pods do they refuse? Implements R1.24 (b), R4.9."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from kueue_sim.inputs.kubernetes.pods import amounts, canonical, exact_requests
from kueue_sim.inputs.text.field import Field

ABOVE = "requests must not be above the limitRange max"
BELOW = "requests must not be below the limitRange min"
OVER_LIMITS = "requests must not exceed its limits"
CONTAINERS = ("initContainers", "containers")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one type, ``Container`` or ``Pod``: the narrowest of all LimitRanges, the first default of each."""

    least: Mapping[str, Fraction]
    most: Mapping[str, Fraction]
    default_requests: Mapping[str, object]
    default_limits: Mapping[str, object]


_NONE = Limits({}, {}, {}, {})
NamespaceLimits = Mapping[str, Limits]
"""Type of limit to its bounds."""


def limit_ranges(manifests: Iterable[Field]) -> dict[str, NamespaceLimits]:
    """The bounds per namespace and type."""
    found: dict[str, dict[str, Limits]] = {}
    for manifest in manifests:
        namespace = manifest.get("metadata", "namespace").text() or "default"
        of_type = found.setdefault(namespace, {})
        for item in manifest.get("spec", "limits").items():
            kind = item.get("type").text()
            of_type[kind] = _narrower(of_type.get(kind, _NONE), item)
    return dict(found)


def _narrower(known: Limits, item: Field) -> Limits:
    least, most = dict(known.least), dict(known.most)
    for resource, amount in amounts(item.get("min")).items():
        least[resource] = max(amount, least.get(resource, amount))
    for resource, amount in amounts(item.get("max")).items():
        most[resource] = min(amount, most.get(resource, amount))
    requests, limits = _defaults(item)
    return Limits(least, most, {**requests, **known.default_requests}, {**limits, **known.default_limits})


def _defaults(item: Field) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """Requests and limits of containers that say none, as the API server completes an item for containers: a limit is
    the ``max``, a request the limit or else the ``min``. Recordings hold items as no API server has seen them."""
    requests, limits = item.get("defaultRequest").mapping(), item.get("default").mapping()
    if item.get("type").value != "Container" or not item.report.strict:
        return requests, limits
    limits = {**item.get("max").mapping(), **limits}
    return {**item.get("min").mapping(), **limits, **requests}, limits


def with_defaults(pod_spec: Field, limits: NamespaceLimits) -> Field:
    """The pod spec with the requests and limits that its containers leave to the LimitRanges."""
    of_container = limits.get("Container", _NONE)
    if not of_container.default_requests and not of_container.default_limits:
        return pod_spec
    value = dict(pod_spec.mapping())
    for kind in CONTAINERS:
        value[kind] = [_filled(container, of_container) for container in pod_spec.get(kind).items()]
    return replace(pod_spec, value=value)


def _filled(container: Field, limits: Limits) -> dict[str, object]:
    resources = container.get("resources")
    filled = {
        "requests": {**limits.default_requests, **resources.get("requests").mapping()},
        "limits": {**limits.default_limits, **resources.get("limits").mapping()},
    }
    return {**container.mapping(), "resources": filled}


def infeasible_reason(pod_specs: Sequence[Field], limits: NamespaceLimits) -> str:
    """Why pods of a Workload can never be created, in Kueue's words; "" when they can. Implements R4.9."""
    over = [text for index, spec in enumerate(pod_specs) for text in _over_limits(spec, _path(index))]
    if over:
        return f"resources validation failed: {_together(over)}"
    outside = [text for index, spec in enumerate(pod_specs) for text in _outside(spec, _path(index), limits)]
    return f"resources didn't satisfy LimitRange constraints: {_together(outside)}" if outside else ""


def _path(index: int) -> str:
    return f"spec.podSets[{index}].template.spec"


def _together(texts: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(texts))
    return distinct[0] if len(distinct) == 1 else f"[{', '.join(distinct)}]"


def _over_limits(pod_spec: Field, path: str) -> Iterable[str]:
    for field, place in _with_resources(pod_spec, path):
        limit = amounts(field.get("limits"))
        yield from _invalid(place, {**limit, **amounts(field.get("requests"))}, limit, OVER_LIMITS)


def _with_resources(pod_spec: Field, path: str) -> Iterable[tuple[Field, str]]:
    for kind in CONTAINERS:
        for index, container in enumerate(pod_spec.get(kind).items()):
            yield container.get("resources"), f"{path}.{kind}[{index}]"
    if pod_spec.get("resources").present:
        yield pod_spec.get("resources"), f"{path}.resources"


def _outside(pod_spec: Field, path: str, limits: NamespaceLimits) -> Iterable[str]:
    bounds = limits.get("Container")
    for kind in CONTAINERS if bounds is not None else ():
        assert bounds is not None
        for index, container in enumerate(pod_spec.get(kind).items()):
            limit = amounts(container.get("resources", "limits"))
            request = {**limit, **amounts(container.get("resources", "requests"))}
            low = {name: min(amount, limit.get(name, amount)) for name, amount in request.items()}
            high = {name: max(amount, limit.get(name, amount)) for name, amount in request.items()}
            place = f"{path}.{kind}[{index}]"
            yield from _invalid(place, high, bounds.most, ABOVE)
            yield from _invalid(place, bounds.least, low, BELOW)
    bounds = limits.get("Pod")
    if bounds is not None:
        total = exact_requests(pod_spec)
        yield from _invalid(path, total, bounds.most, ABOVE)
        yield from _invalid(path, bounds.least, total, BELOW)


def _invalid(place: str, lower: Mapping[str, Fraction], upper: Mapping[str, Fraction], message: str) -> Iterable[str]:
    """The complaint that some of ``lower`` is above ``upper``, if it is."""
    left, right = canonical(lower), canonical(upper)
    names = sorted(name for name, amount in left.items() if name in right and amount > right[name])
    if names:
        listed = ",".join(f'"{name}"' for name in names)
        yield f"{place}: Invalid value: [{listed}]: {message}"
