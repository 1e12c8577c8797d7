"""What do Workload manifests ask for? Implements R1.22–R1.31 and the requests of R20.12."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import get_args

from kueue_sim.inputs.kubernetes.limit_ranges import NamespaceLimits, infeasible_reason, with_defaults
from kueue_sim.inputs.kubernetes.pod_shape import further_shape, without_effect
from kueue_sim.inputs.kubernetes.pods import PREFIX, Amounts, both_requests, exact_requests
from kueue_sim.inputs.kubernetes.selectors import preferred_affinity, required_affinity, tolerations
from kueue_sim.inputs.kueue.policy_objects import name_of, namespace_of
from kueue_sim.inputs.text.field import Field
from kueue_sim.model import CheckState, PodSet, Release, Settings, SliceLayer, TopologyRequest, Workload
from kueue_sim.units import parse_instant

REPLACES = PREFIX + "workload-slice-replacement-for"
GATED_BY = PREFIX + "admission-gated-by"
BOOST = PREFIX + "priority-boost"
POD_GROUP = PREFIX + "is-group-workload"
ALLOWED_FLAVORS = PREFIX + "workload-allowed-resource-flavors"
CLASS_SOURCE = "kueue.x-k8s.io/workloadpriorityclass"
JOB_UID = PREFIX + "job-uid"
_OWN = "kueue.x-k8s.io/"
USER_LABELS = ("user", "username", "owner", "created-by")
"""Names of labels, whatever their prefix, that say who submitted a job."""


def topology_request(field: Field) -> TopologyRequest | None:
    """The topology request of a pod set, None when it has none."""
    if not field.present:
        return None
    required = field.get("required").optional_text()
    preferred = field.get("preferred").optional_text()
    unconstrained = field.get("unconstrained")
    group = field.get("podSetGroupName").optional_text()
    return TopologyRequest(
        required=required,
        preferred=preferred,
        unconstrained=unconstrained.boolean() if unconstrained.present else None,
        slice_layers=_slice_layers(field),
        group=group if required or preferred else None,
    )


def _slice_layers(field: Field) -> tuple[SliceLayer, ...]:
    constraints = field.get("podsetSliceRequiredTopologyConstraints")
    layers = [
        SliceLayer(item.get("topology").needed("topology"), item.get("size").integer(1, minimum=1))
        for item in constraints.items()
    ]
    level, size = field.get("podSetSliceRequiredTopology"), field.get("podSetSliceSize")
    if level.present != size.present:
        field.wrong("podSetSliceRequiredTopology and podSetSliceSize come together")
    elif level.present:
        layers.append(SliceLayer(level.text(), size.integer(1, minimum=1)))
    return tuple(layers)


def _as_known(request: TopologyRequest, release: Release) -> TopologyRequest:
    """A topology request as far as a release knows its fields; others it passes over (V24)."""
    if not release.pod_set_groups:
        request = replace(request, slice_layers=(), group=None)
    return request if release.topology_everywhere else replace(request, unconstrained=None)


def make_pod_set(
    name: str,
    count: int,
    pod_spec: Field,
    settings: Settings,
    min_count: int | None = None,
    topology: TopologyRequest | None = None,
    plain: Amounts | None = None,
) -> PodSet:
    """A pod set from its pod template's spec; ``plain`` is the request per pod if not that of its containers."""
    requests, own = both_requests(exact_requests(pod_spec) if plain is None else plain, settings)
    pod_spec.report.without_effect.update(without_effect(pod_spec))
    return PodSet(
        name=name,
        count=count,
        requests=requests,
        min_count=min_count if settings.gate("PartialAdmission") else None,
        node_selector=pod_spec.get("nodeSelector").labels(),
        required_affinity=required_affinity(pod_spec),
        preferred_affinity=preferred_affinity(pod_spec),
        tolerations=tolerations(pod_spec.get("tolerations")),
        topology=None if topology is None else _as_known(topology, settings.release),
        pod_requests=own,
        further_shape=further_shape(pod_spec),
    )


def pod_set(field: Field, settings: Settings, pod_spec: Field) -> PodSet:
    """A pod set of a Workload manifest; ``pod_spec`` is that of its template with all defaults."""
    field.members("name", "count", "minCount", "template", "topologyRequest")
    count = field.get("count").integer(1, minimum=0)
    minimum = field.get("minCount").optional_integer(minimum=1)
    if minimum is not None and minimum > count:
        field.get("minCount").wrong(f"minCount {minimum} exceeds count {count}")
    return make_pod_set(
        name=field.get("name").text("main"),
        count=count,
        pod_spec=pod_spec,
        settings=settings,
        min_count=minimum,
        topology=topology_request(field.get("topologyRequest")),
    )


def instant(field: Field) -> int:
    """Milliseconds since the epoch of a timestamp; absent is 0."""
    if not field.present:
        return 0
    try:
        return parse_instant(field.text())
    except ValueError:
        field.wrong(f"{field.value!r} is not an instant (example: 2026-01-01T00:00:00Z)")
        return 0


def _priority(manifest: Field, classes: Mapping[str, int]) -> int:
    spec = manifest.get("spec")
    given = spec.get("priority")
    reference = spec.get("priorityClassName").text() or spec.get("priorityClassRef", "name").text()
    return given.integer() if given.present else classes.get(reference, 0)


def priority_class(spec: Field) -> str:
    """The WorkloadPriorityClass the priority comes from, "" for none; v1beta1 names the kind in priorityClassSource."""
    reference = spec.get("priorityClassRef")
    if reference.get("kind").value == "WorkloadPriorityClass":
        return reference.get("name").text()
    return spec.get("priorityClassName").text() if spec.get("priorityClassSource").value == CLASS_SOURCE else ""


def _boost(manifest: Field, settings: Settings) -> int:
    """What is added to the priority (R1.31)."""
    boost = manifest.get("metadata", "annotations").mapping().get(BOOST)
    if boost is None or not settings.gate("PriorityBoost"):
        return 0
    try:
        return int(str(boost))
    except ValueError:
        manifest.get("metadata", "annotations", BOOST).unexpected("a whole number in quotes")
        return 0


def _reclaimable(manifest: Field, counts: Mapping[str, int]) -> dict[str, int]:
    result = {}
    for item in manifest.get("status", "reclaimablePods").items():
        name, count = item.get("name").text(), item.get("count").integer(0, minimum=0)
        if name not in counts:
            item.get("name").wrong(f"there is no pod set {name!r}; accepted: {', '.join(counts)}")
        result[name] = count
    return result


def workload(
    manifest: Field,
    settings: Settings,
    classes: Mapping[str, int],
    start_ms: int = 0,
    limits: Mapping[str, NamespaceLimits] | None = None,
    with_overhead: Callable[[Field], Field] | None = None,
) -> Workload:
    """Reads a Workload; its time of creation counts from ``start_ms`` after the epoch.

    ``limits`` are the LimitRanges by namespace; ``with_overhead`` adds to a pod's spec what its RuntimeClass does,
    None where there are no RuntimeClasses.
    """
    spec, metadata = manifest.get("spec"), manifest.get("metadata")
    bounds = (limits or {}).get(namespace_of(manifest), {})
    items = spec.get("podSets").items()
    specs = [item.get("template", "spec") for item in items]
    pod_specs = [with_defaults(spec if with_overhead is None else with_overhead(spec), bounds) for spec in specs]
    pod_sets = tuple(pod_set(item, settings, pod_spec) for item, pod_spec in zip(items, pod_specs, strict=True))
    if sum(one.min_count is not None for one in pod_sets) > 1:
        spec.get("podSets").invalid("only one pod set of a workload may have minCount")
    annotations = metadata.get("annotations").mapping()
    owners = metadata.get("ownerReferences").items()
    limit = spec.get("maximumExecutionTimeSeconds").optional_integer(minimum=1)
    gated = bool(annotations.get(GATED_BY)) and settings.gate("AdmissionGatedBy")
    replaces = annotations.get(REPLACES)
    created = metadata.get("creationTimestamp")
    boost = _boost(manifest, settings)
    return Workload(
        name=name_of(manifest),
        namespace=namespace_of(manifest),
        queue_name=spec.get("queueName").text(),
        pod_sets=pod_sets,
        uid=metadata.get("uid").text(),
        created_ms=instant(created) - start_ms if created.present else 0,
        priority=_priority(manifest, classes) + boost,
        active=spec.get("active").boolean(True) and not gated,
        max_execution_ms=None if limit is None else limit * 1000,
        reclaimable=_reclaimable(manifest, {one.name: one.count for one in pod_sets}),
        replaces=str(replaces) if replaces else None,
        owned_by_pod=len(owners) == 1 and owners[0].get("kind").value == "Pod" and annotations.get(POD_GROUP) != "true",
        kind=owners[0].get("kind").text() if owners else "Workload",
        job_uid=metadata.get("labels", JOB_UID).text(),
        priority_boost=boost,
        infeasible_reason=infeasible_reason(pod_specs, bounds),
        preemption_gates=_closed_gates(manifest),
        parent=next((owner.get("uid").text() for owner in owners if owner.get("kind").value == "Workload"), ""),
        allowed_flavors=_allowed_flavors(metadata, settings),
        checks=_checks(manifest.get("status", "admissionChecks")),
        priority_class=priority_class(spec),
        user=user_of(metadata.get("labels").mapping()),
        labels=labels_of(metadata.get("labels").mapping()),
    )


def is_user_label(name: str) -> bool:
    """Whether a label says who submitted a job."""
    return name.rpartition("/")[2] in USER_LABELS


def labels_of(labels: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """The labels that are not Kueue's own, sorted."""
    return tuple(sorted((str(key), str(value)) for key, value in labels.items() if _OWN not in str(key)))


def user_of(labels: Mapping[str, object]) -> str:
    """Who submitted it, as far as one of the usual labels says so."""
    names = {str(key).rpartition("/")[2]: value for key, value in labels.items() if is_user_label(str(key))}
    return next((str(names[name]) for name in USER_LABELS if names.get(name)), "")


def _closed_gates(manifest: Field) -> tuple[str, ...]:
    """Preemption gates that are not open yet; without a status a gate is closed (R4.36)."""
    states = manifest.get("status", "preemptionGates").items()
    opened = {item.get("name").value for item in states if item.get("position").value == "Open"}
    names = (item.get("name").needed("name") for item in manifest.get("spec", "preemptionGates").items())
    return tuple(name for name in names if name not in opened)


def _checks(field: Field) -> tuple[tuple[str, CheckState], ...]:
    """What the admission checks of a Workload's status say."""
    return tuple(
        (item.get("name").needed("name"), item.get("state").choice(get_args(CheckState), "Pending"))  # type: ignore[misc]
        for item in field.items()
    )


def _allowed_flavors(metadata: Field, settings: Settings) -> tuple[str, ...]:
    """The only flavors a variant may have (R6.90), empty for all."""
    text = metadata.get("annotations", ALLOWED_FLAVORS).text()
    if not settings.gate("ConcurrentAdmission"):
        return ()
    return tuple(name.strip() for name in text.split(",") if name.strip())
