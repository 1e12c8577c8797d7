"""How is Kueue configured? The ``kueue`` and ``timing`` sections as settings (docs/kueue, page 8)."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from kueue_sim.inputs.kueue.release import Gates
from kueue_sim.inputs.kueue.validation.known_fields import served
from kueue_sim.inputs.text.field import Field, near_miss
from kueue_sim.inputs.text.schema import KUEUE, TIMING
from kueue_sim.model import (
    DECISIVE_GATES,
    NEWEST,
    PROFILES,
    S2A,
    S2B,
    AdmissionFairSharing,
    ClusterQueue,
    Policy,
    Settings,
    Timing,
    Transformation,
    WaitForPodsReady,
    decisive_gates,
    gate_defaults,
    has_since,
    parse_release,
    releases_of_gate,
)
from kueue_sim.units import shortened

if TYPE_CHECKING:
    from kueue_sim.inputs.hyperpod.governance import Governance

COUNTED = (
    "DRAExtendedResources",
    "DynamicResourceAllocation",
    "KueueDRAIntegration",
    "KueueDRAIntegrationExtendedResource",
    "KueueDRARejectWorkloadsWhenDRADisabled",
    "LocalQueueDefaulting",
)
"""Gates that decide which jobs are managed and how their devices are counted."""
_DAYS = re.compile(r"\d\s*d\b|\dd\d")
_OLD_API = "v1beta1"
STRATEGIES = ((S2A,), (S2B,), (S2A, S2B))
EFFECTIVE = ("fairSharing", "admissionFairSharing", "waitForPodsReady", "resources", "featureGates")
DECIDES_ELSEWHERE = (
    *("apiVersion", "kind", "metadata", "namespace"),
    *("manageJobsWithoutQueueName", "managedJobsNamespaceSelector", "integrations"),
)
"""Fields of the Configuration that say what it is, or which jobs are managed."""
WITHOUT_EFFECT: Mapping[str, str] = {
    "clientConnection": "`timing` has the rate of API writes",
    "controller": "reconcilers take no time unless `timing` says so",
    "health": "nothing here has it",
    "internalCertManagement": "nothing here has it",
    "leaderElection": "nothing here has it",
    "metrics": "nothing here has it",
    "multiKueue": "which cluster takes work that is dispatched is not modelled",
    "objectRetentionPolicies": "what has finished holds nothing",
    "pprofBindAddress": "nothing here has it",
    "preemption": "nothing here has it",
    "queueVisibility": "nothing here has it",
    "quotaReleaseStrategy": "nothing here has it",
    "tls": "nothing here has it",
    "visibility": "nothing here has it",
    "visibilityServer": "nothing here has it",
    "webhook": "nothing here has it",
}
"""Fields that are read and decide nothing, and why. docs/scenarios.md has the same table."""
_LOST = (("queueVisibility",), ("integrations", "podOptions"))
"""Fields of v1beta1 that later versions do not have."""
NOT_MODELLED = {
    "FlavorFungibilityImplicitPreferenceDefault": "a preference among flavors is what flavorFungibility says",
    "FailureRecoveryPolicy": "pods of lost nodes are not removed by force",
    "KueueDRAIntegrationConsumableCapacity": "capacity of shared devices is not counted",
    "KueueDRAIntegrationPartitionableDevices": "counters of partitioned devices are not counted",
    "MultiKueueManagerQuotaAutomation": "the quota of other clusters is not modelled",
    "MultiKueueOrchestratedPreemption": "gates of preemption open by actions of the timeline only",
    "TASReplaceNodeDueToNotReadyOverFixedTime": "a node that fails is replaced when its pods are given up",
}
"""Gates that decide something in Kueue and nothing here, while they are on."""


def settings(kueue: Field, governance: "Governance | None" = None) -> Settings:
    """The settings; HyperPod's fair sharing and Kueue version hold unless the section has its own."""
    kueue.only(*KUEUE)
    configuration = kueue.get("configuration")
    configuration.only(*EFFECTIVE, *DECIDES_ELSEWHERE, *WITHOUT_EFFECT)
    version = _release(kueue.get("version")) or (NEWEST if governance is None else governance.release)
    decisive = {name: value for name, value in gates(kueue, version).given.items() if name in DECISIVE_GATES}
    effective = {**decisive_gates(version), **decisive}
    resources = configuration.get("resources")
    resources.only("excludeResourcePrefixes", "transformations", "quotaCheckStrategy", "deviceClassMappings")
    strategy = resources.get("quotaCheckStrategy").choice(("BlockUndeclared", "IgnoreUndeclared"), "BlockUndeclared")
    fair = _fair_sharing(configuration.get("fairSharing"), _written_in(configuration))
    if not configuration.get("fairSharing").present and governance is not None:
        fair = governance.fair_sharing
    return Settings(
        version=version,
        gates=decisive,
        fair_sharing=fair,
        admission_fair_sharing=_admission_fair_sharing(configuration.get("admissionFairSharing")),
        wait_for_pods_ready=_wait_for_pods_ready(
            configuration.get("waitForPodsReady"), _written_in(configuration), version
        ),
        ignore_undeclared_resources=strategy == "IgnoreUndeclared" and effective["QuotaCheckStrategy"],
        exclude_resource_prefixes=resources.get("excludeResourcePrefixes").strings(),
        transformations=_transformations(resources.get("transformations")),
    )


def read_releases(field: Field) -> tuple[str, ...]:
    """Several releases, each named once and as in ``kueue.version``; none when absent."""
    found: list[str] = []
    items = field.items()
    if not items and isinstance(field.value, list | tuple):
        field.wrong("names no release")
    for item in items:
        if not item.present:
            item.wrong("a release is missing")
        release = _release(item)
        if release in found:
            item.wrong(f"Kueue {release} stands here twice")
        found += [release] if release else []
    return tuple(found)


def _release(field: Field) -> str | None:
    """One release of Kueue: a patch, a line for its newest patch, or a HyperPod add-on; None: absent or wrong."""
    if field.value is None:
        return None
    text = f"{field.value:.2f}" if field.value in (0.1, 0.2) else str(field.value)  # YAML reads 0.10 so
    try:
        return parse_release(text)
    except ValueError as problem:
        field.wrong(f"there is no release {text!r} of Kueue; {problem}")
        return None


def refuse_unknown_configuration(configuration: Field) -> None:
    """Kueue does not start with a Configuration that the release named by the file does not know."""
    given, release = configuration.get("apiVersion"), configuration.report.release
    if release and configuration.get("kind").value == "Configuration" and given.present:
        accepted = served("Configuration", release, "config.kueue.x-k8s.io")
        if given.value not in accepted:
            refusal = f'no kind "Configuration" is registered for version "{given.value}"'
            given.invalid(f"Kueue {release} does not know it ({refusal}); accepted: {', '.join(accepted)}")


def version_warnings(kueue: Settings, policy: Policy) -> list[str]:
    """Where a run is one of several possible ones, because the release looks at resources in random order (V10)."""
    if kueue.release.sorted_resources or not any(map(_depends_on_order, policy.cluster_queues)):
        return []
    return [
        f"Kueue {kueue.version} looks at the resources of a request in random order: where several resources compete "
        "for flavors, this run is one of several possible ones"
    ]


def _depends_on_order(queue: ClusterQueue) -> bool:
    return len(queue.resource_groups) > 1 or any(
        len(group.covered_resources) > 1 and len(group.flavors) > 1 for group in queue.resource_groups
    )


def gates(kueue: Field, version: str) -> Gates:
    """Every feature gate that the ``kueue`` section sets; names that the release does not know are mistakes."""
    known = gate_defaults(version)
    given: dict[str, bool] = {}
    for field in (kueue.get("configuration", "featureGates"), kueue.get("featureGates")):
        for name, child in field.entries():
            if not child.present:
                continue
            if name in known:
                given[name] = child.boolean(known[name])
            else:
                child.wrong(_unknown_gate(name, version, known), at_key=True)
    return Gates(version, given)


def _unknown_gate(name: str, version: str, known: Iterable[str]) -> str:
    lines = releases_of_gate(name)
    if not lines:
        return f"unknown feature gate {name!r}; {near_miss(name, known)}"
    return f"Kueue {version} has no feature gate {name!r}; releases that have it: {', '.join(lines)}"


def configuration_notes(configuration: Field) -> list[str]:
    """Which fields of the Configuration that a user set decide nothing here, and which sections are not what they look
    like in the version that it is written in."""
    found = [name for name in WITHOUT_EFFECT if configuration.get(name).present]
    notes = [f"fields of the Configuration that decide nothing here: {', '.join(found)}"] if found else []
    api = _written_in(configuration)
    for name in ("fairSharing", "waitForPodsReady"):
        section = configuration.get(name)
        if api == _OLD_API and section.present and not section.has("enable"):
            notes.append(f"{name} is off: in a Configuration of {api} it needs enable: true")
        if api and api != _OLD_API and section.has("enable"):
            notes.append(f"{_not_in(api, f'{name}.enable')}; a section that is there is on")
    if api and api != _OLD_API:
        notes += [_not_in(api, ".".join(path)) for path in _LOST if configuration.get(*path).present]
    elif configuration.get("integrations", "podOptions").present:
        notes.append("integrations.podOptions decides nothing here: managedJobsNamespaceSelector says which pods count")
    return notes


def _not_in(api: str, field: str) -> str:
    """That a version of the Configuration does not have a field."""
    return f'{api} has no field {field}, Kueue does not start with it (unknown field "{field}")'


def gate_notes(given: Gates) -> list[str]:
    """Which of the gates that are set decide nothing here, and which would decide something in Kueue."""
    idle = sorted(name for name in given.given if name not in DECISIVE_GATES and name not in COUNTED)
    missing = [name for name in sorted(given.given) if name in NOT_MODELLED and given.on(name)]
    listed = [name for name in idle if name not in missing]
    notes = [f"feature gates that decide nothing here: {', '.join(listed)}"] if listed else []
    return notes + [f"feature gate {name} is not modelled: {NOT_MODELLED[name]}" for name in missing]


def _written_in(configuration: Field) -> str:
    """The version of its API that a Configuration says, "" where it says none."""
    return str(configuration.get("apiVersion").value or "").rpartition("/")[2]


def _is_on(section: Field, api: str) -> bool:
    """Whether a section is in force: where it is there, in v1beta1 where it says ``enable: true`` as well."""
    return section.present and section.get("enable").boolean(api != _OLD_API)


def _fair_sharing(field: Field, api: str) -> tuple[str, ...] | None:
    field.only("enable", "preemptionStrategies")
    if not _is_on(field, api):
        return None
    given = field.get("preemptionStrategies")
    strategies = tuple(item.choice((S2A, S2B), S2A) for item in given.items()) or (S2A, S2B)
    if strategies not in STRATEGIES:
        given.wrong(f"accepted: [{S2A}], [{S2B}] or both in this order")
    return strategies


def _go_duration(field: Field) -> Field:
    """A duration as Go reads it: text with units up to the hour. Others keep Kueue's manager from starting."""
    value = field.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        field.invalid(f"{shortened(value)} is not text with a unit; '{value}s' is accepted for seconds")
    elif isinstance(value, str) and _DAYS.search(value):
        field.invalid(f"{shortened(value)}: Go has no day; accepted: h, m, s, ms, such as 168h for a week")
    return field


def _admission_fair_sharing(field: Field) -> AdmissionFairSharing | None:
    if not field.present:
        return None
    field.only("usageHalfLifeTime", "usageSamplingInterval", "resourceWeights")
    weights = {name: child.number(1.0) for name, child in field.get("resourceWeights").entries()}
    half_life = _go_duration(field.get("usageHalfLifeTime")).duration()
    interval = _go_duration(field.get("usageSamplingInterval"))
    sampling = interval.duration(300_000)
    if sampling == 0:
        interval.wrong("usageSamplingInterval must be greater than 0s")
        sampling = 300_000
    return AdmissionFairSharing(half_life, sampling, weights)


def _wait_for_pods_ready(field: Field, api: str, version: str) -> WaitForPodsReady | None:
    """Off unless the section is there: nothing would ever end while pods that fit nowhere are requeued.

    The defaults are those of the API that the Configuration is written in. From 0.11 to 0.15 pods have all the time to
    recover unless a time is given.
    """
    field.only("enable", "timeout", "recoveryTimeout", "blockAdmission", "requeuingStrategy")
    if not _is_on(field, api):
        return None
    old = api == _OLD_API
    endless = has_since(version, "0.11.0") and not has_since(version, "0.16.0")
    recovery = _go_duration(field.get("recoveryTimeout")).optional_duration()
    requeuing = field.get("requeuingStrategy")
    requeuing.only("timestamp", "backoffLimitCount", "backoffBaseSeconds", "backoffMaxSeconds")
    return WaitForPodsReady(
        timeout_ms=_go_duration(field.get("timeout")).duration(300_000 if old else 1_800_000) or 1_800_000,
        recovery_timeout_ms=0 if recovery is None and endless else recovery,
        block_admission=field.get("blockAdmission").boolean(old),
        requeue_by_eviction=requeuing.get("timestamp").choice(("Eviction", "Creation"), "Eviction") == "Eviction",
        backoff_base_ms=requeuing.get("backoffBaseSeconds").integer(60, minimum=0) * 1000,
        backoff_max_ms=requeuing.get("backoffMaxSeconds").integer(3600, minimum=0) * 1000,
        backoff_limit=requeuing.get("backoffLimitCount").optional_integer(minimum=0),
    )


def _transformations(field: Field) -> tuple[Transformation, ...]:
    rules: list[Transformation] = []
    for item in field.items():
        item.only("input", "strategy", "outputs", "multiplyBy")
        outputs = item.get("outputs").entries()
        for _, output in outputs:
            output.exact()
        rule = Transformation(
            input=item.get("input").needed("input"),
            outputs={name: str(output.value) for name, output in outputs},
            retain=item.get("strategy").choice(("Retain", "Replace"), "Retain") == "Retain",
            multiply_by=item.get("multiplyBy").optional_text(),
        )
        if any(other.input == rule.input for other in rules):
            item.get("input").wrong(f"a second transformation of {rule.input!r}; inputs are unique")
        rules.append(rule)
    return tuple(rules)


def timing(field: Field) -> Timing:
    """The latencies: a named profile, or numbers on top of *prompt* or of *ideal*."""
    if not isinstance(field.value, dict):
        return PROFILES[field.choice(PROFILES, "prompt")]
    field.only(*TIMING)
    base = PROFILES[field.get("profile").choice(("prompt", "ideal"), "prompt")]
    return Timing(
        cycles_first=base.cycles_first,
        round_ms=_least_round(field.get("leastRound"), base.round_ms),
        eviction_ms=field.get("eviction").duration(),
        cycle_ms=field.get("cycle").duration(),
        head_us=field.get("headMicroseconds").integer(0, minimum=0),
        place_ns=field.get("placeNanoseconds").integer(0, minimum=0),
        flush_ms=field.get("flush").duration(),
        writes_per_s=field.get("writesPerSecond").integer(0, minimum=0),
        write_burst=field.get("writeBurst").integer(0, minimum=0),
        write_ms=field.get("write").duration(),
        pod_start_ms=field.get("podStart").duration(),
        end_ms=field.get("end").duration(),
        termination_ms=field.get("termination").duration(),
        node_failure_ms=field.get("nodeFailure").duration(),
    )


def _least_round(field: Field, default: int) -> int:
    """The least time of an eviction in rounds that would take no time: something that pods could follow."""
    amount = field.duration(default)
    if amount < 1000:
        field.wrong(f"{field.value!r} is no time in which pods stop and start; at least 1s is accepted")
        return default
    return amount
