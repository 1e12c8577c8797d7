"""What do Kueue's policy manifests say? One reader per kind, v1beta1 and v1beta2 alike (R1.6–R1.18)."""

from collections.abc import Mapping
from dataclasses import replace

from kueue_sim.inputs.kubernetes.selectors import label_selector, taints, tolerations
from kueue_sim.inputs.text.field import Field
from kueue_sim.model import (
    AdmissionCheck,
    AdmissionCheckRule,
    ClusterQueue,
    Cohort,
    ConcurrentAdmissionPolicy,
    FlavorFungibility,
    FlavorQuotas,
    LocalQueue,
    Namespace,
    Preemption,
    PreemptionPolicy,
    Quota,
    ResourceFlavor,
    ResourceGroup,
    StopPolicy,
    Topology,
    WorkloadPriorityClass,
)
from kueue_sim.units import parse_instant

PROVISIONING_CONFIG = "ProvisioningRequestConfig"
_STOP, _NEXT = "MayStopSearch", "TryNextFlavor"
BORROW, PREEMPT = "BorrowingOverPreemption", "PreemptionOverBorrowing"
AFS_MODES = ("UsageBasedAdmissionFairSharing", "NoAdmissionFairSharing")
CONCURRENT_MODES = ("TryPreferredFlavors", "RetainFirstAdmission")
CQ_FIELDS = (
    "resourceGroups",
    "cohort",
    "cohortName",
    "queueingStrategy",
    "namespaceSelector",
    "flavorFungibility",
    "preemption",
    "admissionChecks",
    "admissionChecksStrategy",
    "stopPolicy",
    "fairSharing",
    "admissionScope",
    "concurrentAdmissionPolicy",
)


def name_of(manifest: Field) -> str:
    """The name of an object, which must be there."""
    return manifest.get("metadata", "name").needed("metadata.name")


def namespace_of(manifest: Field) -> str:
    """The namespace of an object; ``default`` when it names none."""
    return manifest.get("metadata", "namespace").text() or "default"


def resource_flavor(manifest: Field) -> ResourceFlavor:
    """Reads a ResourceFlavor (R1.6)."""
    spec = manifest.get("spec")
    spec.members("nodeLabels", "nodeTaints", "tolerations", "topologyName")
    flavor = ResourceFlavor(
        name=name_of(manifest),
        node_labels=spec.get("nodeLabels").labels(),
        node_taints=taints(spec.get("nodeTaints")),
        tolerations=tolerations(spec.get("tolerations")),
        topology_name=spec.get("topologyName").optional_text(),
    )
    if flavor.topology_name and not flavor.node_labels:
        spec.get("topologyName").invalid("a flavor with a topology needs at least one entry in nodeLabels")
    return flavor


def _weight(spec: Field) -> float:
    return spec.get("fairSharing", "weight").number(1.0)


def _stop_policy(spec: Field) -> StopPolicy:
    return StopPolicy(spec.get("stopPolicy").choice([policy.value for policy in StopPolicy], "None"))


def _quota(item: Field, in_tree: bool, may_lend_more: bool) -> tuple[str, Quota]:
    item.members("name", "nominalQuota", "borrowingLimit", "lendingLimit")
    resource = item.get("name").needed("name of the resource")
    if not item.get("nominalQuota").present:
        item.wrong("nominalQuota is missing")
    lending = item.get("lendingLimit")
    quota = Quota(
        nominal=item.get("nominalQuota").quantity(resource),
        borrowing_limit=item.get("borrowingLimit").optional_quantity(resource),
        lending_limit=lending.optional_quantity(resource),
    )
    if quota.lending_limit is not None and quota.lending_limit > quota.nominal and not may_lend_more:
        nominal = item.get("nominalQuota").value
        lending.invalid(f"lendingLimit {lending.value} exceeds nominalQuota {nominal}; accepted: 0 to {nominal}")
    for limit in (item.get("borrowingLimit"), lending):
        if limit.present and not in_tree:
            limit.invalid("a limit needs a cohort to borrow from and lend to")
    return resource, quota


def _resource_groups(field: Field, in_tree: bool, may_lend_more: bool) -> tuple[ResourceGroup, ...]:
    """Reads resource groups; a resource or flavor belongs to one group only (R1.11.1–1.11.5)."""
    groups = []
    seen: set[tuple[str, str]] = set()
    for item in field.items():
        item.members("coveredResources", "flavors")
        covered = item.get("coveredResources").strings()
        flavors = []
        for entry in item.get("flavors").items():
            entry.members("name", "resources")
            quotas = tuple(_quota(quota, in_tree, may_lend_more) for quota in entry.get("resources").items())
            if tuple(name for name, _ in quotas) != covered:
                entry.get("resources").invalid(
                    "resources must be those of coveredResources in the same order: " + ", ".join(covered)
                )
            flavors.append(FlavorQuotas(entry.get("name").needed("name of the flavor"), quotas))
            _once(seen, "flavor", flavors[-1].name, entry.get("name"))
        for index, resource in enumerate(covered):
            _once(seen, "resource", resource, item.get("coveredResources").items()[index])
        groups.append(ResourceGroup(covered, tuple(flavors)))
    return tuple(groups)


def _once(seen: set[tuple[str, str]], what: str, name: str, field: Field) -> None:
    if (what, name) in seen:
        field.invalid(f"{what} {name!r} is listed twice; it belongs to one resource group only")
    seen.add((what, name))


def _fungibility(field: Field, version: str) -> FlavorFungibility:
    """What becomes of the search for a flavor; up to v1beta1 MayStopSearch has another name in each of the fields."""
    field.members("whenCanBorrow", "whenCanPreempt", "preference")
    preference = field.get("preference")
    return FlavorFungibility(
        when_can_borrow=_when(field.get("whenCanBorrow"), _STOP, "Borrow", version),
        when_can_preempt=_when(field.get("whenCanPreempt"), _NEXT, "Preempt", version),
        preference=preference.choice((BORROW, PREEMPT), "") or None,
    )


def _when(field: Field, default: str, old_name: str, version: str) -> str:
    if version.endswith("v1beta2"):
        return field.choice((_STOP, _NEXT), default)
    chosen = field.choice((_STOP, _NEXT, old_name), default)
    return _STOP if chosen == old_name else chosen


def _preemption(field: Field) -> Preemption:
    field.members("withinClusterQueue", "reclaimWithinCohort", "borrowWithinCohort")
    borrow = field.get("borrowWithinCohort")
    borrow.members("policy", "maxPriorityThreshold")
    rules = Preemption(
        within_cluster_queue=PreemptionPolicy(
            field.get("withinClusterQueue").choice(("Never", "LowerPriority", "LowerOrNewerEqualPriority"), "Never")
        ),
        reclaim_within_cohort=_reclaim(field),
        borrow_within_cohort=PreemptionPolicy(borrow.get("policy").choice(("Never", "LowerPriority"), "Never")),
        max_priority_threshold=_signed(borrow.get("maxPriorityThreshold")),
    )
    never = PreemptionPolicy.NEVER
    reclaims = field.get("reclaimWithinCohort").value not in (None, "Never")  # a misspelt policy is meant as one
    if not reclaims and rules.reclaim_within_cohort is never and rules.borrow_within_cohort is not never:
        borrow.get("policy").invalid("borrowWithinCohort needs reclaimWithinCohort LowerPriority or Any")
    return rules


def _reclaim(field: Field) -> PreemptionPolicy:
    if field.present and not field.get("reclaimWithinCohort").present and not field.report.strict:
        return PreemptionPolicy.UNSET
    return PreemptionPolicy(field.get("reclaimWithinCohort").choice(("Never", "LowerPriority", "Any"), "Never"))


def _signed(field: Field) -> int | None:
    return field.integer() if field.present else None


def _checks(spec: Field) -> tuple[AdmissionCheckRule, ...]:
    rules = [AdmissionCheckRule(name) for name in spec.get("admissionChecks").strings()]
    for item in spec.get("admissionChecksStrategy", "admissionChecks").items():
        item.members("name", "onFlavors")
        rules.append(AdmissionCheckRule(item.get("name").needed("name"), item.get("onFlavors").strings()))
    return tuple(rules)


def _concurrent(field: Field) -> ConcurrentAdmissionPolicy | None:
    if not field.present:
        return None
    migration = field.get("migration")
    return ConcurrentAdmissionPolicy(
        mode=migration.get("mode").choice(CONCURRENT_MODES, "TryPreferredFlavors"),
        last_acceptable_flavor=migration.get("constraints", "lastAcceptableFlavorName").optional_text(),
    )


def cluster_queue(manifest: Field) -> ClusterQueue:
    """Reads a ClusterQueue (R1.9–R1.11)."""
    spec = manifest.get("spec")
    spec.members(*CQ_FIELDS)
    cohort = spec.first("cohortName", "cohort").optional_text()
    mode = spec.get("admissionScope", "admissionMode").choice(AFS_MODES, "")
    return ClusterQueue(
        name=name_of(manifest),
        resource_groups=_resource_groups(spec.get("resourceGroups"), cohort is not None, False),
        cohort=cohort,
        queueing_strategy=spec.get("queueingStrategy").choice(("BestEffortFIFO", "StrictFIFO"), "BestEffortFIFO"),
        namespace_selector=label_selector(spec.get("namespaceSelector")),
        flavor_fungibility=_fungibility(spec.get("flavorFungibility"), str(manifest.get("apiVersion").value)),
        preemption=_preemption(spec.get("preemption")),
        stop_policy=_stop_policy(spec),
        fair_weight=_weight(spec),
        admission_checks=_checks(spec),
        usage_based_admission=mode == AFS_MODES[0],
        concurrent_admission=_concurrent(spec.get("concurrentAdmissionPolicy")),
    )


def cohort(manifest: Field) -> Cohort:
    """Reads a Cohort (R1.12, R1.13)."""
    spec = manifest.get("spec")
    spec.members("parent", "parentName", "resourceGroups", "fairSharing")
    parent = spec.first("parentName", "parent").optional_text()
    groups = _resource_groups(spec.get("resourceGroups"), parent is not None, True)
    return Cohort(name_of(manifest), parent, groups, _weight(spec))


def local_queue(manifest: Field, start_ms: int = 0) -> LocalQueue:
    """Reads a LocalQueue (R1.16); its usage so far stands in its status, and the time of that counts from
    ``start_ms`` after the epoch (R7.5)."""
    spec = manifest.get("spec")
    spec.members("clusterQueue", "stopPolicy", "fairSharing")
    usage = manifest.get("status", "fairSharing", "admissionFairSharingStatus")
    updated = usage.get("lastUpdate")
    return LocalQueue(
        name_of(manifest),
        namespace_of(manifest),
        spec.get("clusterQueue").needed("clusterQueue"),
        _stop_policy(spec),
        _weight(spec),
        {name: amount.exact() for name, amount in usage.get("consumedResources").entries()},
        parse_instant(updated.text()) - start_ms if updated.present else 0,
    )


def priority_class(manifest: Field) -> WorkloadPriorityClass:
    """Reads a WorkloadPriorityClass; its value stands beside metadata."""
    if not manifest.get("value").present:
        manifest.wrong("value is missing")
    return WorkloadPriorityClass(name_of(manifest), manifest.get("value").integer())


def topology(manifest: Field) -> Topology:
    """Reads a Topology: its levels from the highest to the lowest (R20.1)."""
    levels = tuple(item.get("nodeLabel").needed("nodeLabel") for item in manifest.get("spec", "levels").items())
    if not levels or len(set(levels)) != len(levels) or "kubernetes.io/hostname" in levels[:-1]:
        manifest.get("spec", "levels").wrong(
            "levels must be distinct node labels, at least one, kubernetes.io/hostname only as the lowest"
        )
    return Topology(name_of(manifest), levels)


def admission_check(manifest: Field, provisioning: Mapping[str, Field]) -> AdmissionCheck:
    """Reads an AdmissionCheck; without a status it is active (R1.18). ``provisioning`` are the
    ProvisioningRequestConfigs by name."""
    conditions = manifest.get("status", "conditions").items()
    active = [item.get("status").value == "True" for item in conditions if item.get("type").value == "Active"]
    controller = manifest.get("spec", "controllerName").text()
    parameters = manifest.get("spec", "parameters")
    named = parameters.get("name").text() if parameters.get("kind").value == PROVISIONING_CONFIG else ""
    found = AdmissionCheck(name_of(manifest), controller, all(active))
    if named not in provisioning:
        return found
    strategy = provisioning[named].get("spec", "retryStrategy")
    return replace(
        found,
        retry_limit=strategy.get("backoffLimitCount").integer(found.retry_limit, minimum=0),
        retry_base_ms=1000 * strategy.get("backoffBaseSeconds").integer(found.retry_base_ms // 1000, minimum=0),
        retry_max_ms=1000 * strategy.get("backoffMaxSeconds").integer(found.retry_max_ms // 1000, minimum=0),
    )


def namespace(manifest: Field) -> Namespace:
    """Reads a Namespace with its labels, among them its own name as Kubernetes sets it."""
    name = name_of(manifest)
    labels = {"kubernetes.io/metadata.name": name, **manifest.get("metadata", "labels").labels()}
    return Namespace(name, labels)
