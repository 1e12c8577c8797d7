"""What do the API server and Kueue's webhooks refuse? One table: the rule, the field, and what is accepted of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from kueue_sim.inputs.kueue.jobs import CRON_JOB, JOB_KINDS
from kueue_sim.inputs.kueue.validation import job_relations as of_jobs
from kueue_sim.inputs.kueue.validation import relations as related
from kueue_sim.inputs.kueue.validation.forms import (
    CRON_JOB_NAME,
    INT,
    JOB_NAME,
    KEY,
    LABEL_VALUE,
    NAME,
    NEEDED,
    NOT_EMPTY,
    QUANTITY,
    SHORT_NAME,
    TEXT,
    Fields,
    Form,
    Line,
    at_most,
    fields,
    one_of,
)
from kueue_sim.inputs.kueue.validation.known_fields import (
    JOB_SPEC,
    METADATA,
    OBJECT,
    PRIORITY_CLASS,
    TOPOLOGY_REQUEST,
    WORKLOAD_SPEC,
)
from kueue_sim.inputs.kueue.validation.relations import Relation
from kueue_sim.model.releases import Gate

Kinds = tuple[str, ...]
API, SCHEMA, WEBHOOK = "API server", "Kueue's schema", "Kueue's webhook"
GATED = "Kueue's webhook, with gate ConcurrentAdmission"
SLICED = "Kueue's webhook, with gate ElasticJobsViaWorkloadSlices"
GATES: Mapping[str, Gate] = {GATED: "ConcurrentAdmission", SLICED: "ElasticJobsViaWorkloadSlices"}
"""The gate that a rule of such a source waits for."""
QUEUE, FLAVOR, WORKLOAD = ("ClusterQueue",), ("ResourceFlavor",), ("Workload",)
QUOTA = (*QUEUE, "Cohort")
VERSIONED = (*QUOTA, "AdmissionCheck", *WORKLOAD)
KUEUE = ("AdmissionCheck", *QUOTA, "LocalQueue", *FLAVOR, "Topology", *WORKLOAD, "WorkloadPriorityClass")
JOBS = (*JOB_KINDS, CRON_JOB)
PLAIN_JOBS = (CRON_JOB, "Deployment", "Job", "Pod", "StatefulSet")
NAMED = (*KUEUE, *JOBS, "LimitRange", "Node", "PriorityClass")
ALL = (*NAMED, "Namespace")
OBJECTS = (*(kind for kind in (*KUEUE, *JOBS) if kind != "WorkloadPriorityClass"), "LimitRange", "Namespace", "Node")


@dataclass(frozen=True, slots=True)
class Rule:
    """What is accepted of a field of some kinds, and who refuses other values.

    ``path`` has ``[]`` for the items of a list, ``{key}`` and ``{value}`` for the entries of a mapping. ``since`` is
    the line of releases from which on the rule holds.
    """

    name: str
    path: str
    form: Form | Relation | Fields
    kinds: Kinds
    source: str
    since: Line = (0, 0)


_SINCE: Mapping[str, Line] = {
    "flavors-in-all": (0, 14), "flavors-of-checks": (0, 16), "pod-set-groups": (0, 14), "elastic-kinds": (0, 18),
    "elastic-alone": (0, 18), "elastic-topology": (0, 17),
}  # fmt: skip
"""Rules that came later than the others."""


def _rules(kinds: Kinds, source: str, *rows: tuple[str, str, Form | Relation | Fields]) -> tuple[Rule, ...]:
    return tuple(Rule(name, path, form, kinds, source, _SINCE.get(name, (0, 0))) for name, path, form in rows)


_GROUPS = "spec.resourceGroups"
_COVERED, _FLAVORS = f"{_GROUPS}[].coveredResources", f"{_GROUPS}[].flavors"
_QUOTAS = f"{_FLAVORS}[].resources[]"
_SELECTOR, _STRATEGY = "spec.namespaceSelector", "spec.admissionChecksStrategy"
_CHECKS = f"{_STRATEGY}.admissionChecks"
_SLICES = "podsetSliceRequiredTopologyConstraints"
_CONCURRENT, _REQUEST = "spec.concurrentAdmissionPolicy", "spec.podSets[].topologyRequest"
_ANNOTATIONS, _POD_METADATA = "metadata.annotations", "spec.template.metadata"

RULES: tuple[Rule, ...] = (
    *_rules(
        ALL,
        API,
        ("api-version", "apiVersion", related.api_version),
        ("metadata-fields", "metadata", fields(*METADATA, accepted="the fields of every object's metadata")),
        ("label-key", "metadata.labels{key}", KEY),
        ("label-value", "metadata.labels{value}", LABEL_VALUE),
        ("annotation-key", f"{_ANNOTATIONS}{{key}}", KEY),
        ("annotation-value", f"{_ANNOTATIONS}{{value}}", TEXT),
    ),
    *_rules(KUEUE, API, ("served-version", "apiVersion", related.served_version)),
    *_rules(OBJECTS, API, ("object-fields", "", fields(*OBJECT))),
    *_rules(("WorkloadPriorityClass",), API, ("class-fields", "", fields(*PRIORITY_CLASS))),
    *_rules(NAMED, API, ("object-name", "metadata.name", NAME)),
    *_rules(("Namespace",), API, ("namespace-name", "metadata.name", SHORT_NAME)),
    *_rules(("LocalQueue", *WORKLOAD, *JOBS), API, ("namespace-of-an-object", "metadata.namespace", SHORT_NAME)),
    *_rules(
        QUOTA,
        SCHEMA,
        ("resource-groups", _GROUPS, at_most(16)),
        ("covered-resources-needed", _COVERED, NOT_EMPTY),
        ("covered-resources", _COVERED, at_most(64, ((0, 13), 16))),
        ("flavors-needed", _FLAVORS, NOT_EMPTY),
        ("flavors", _FLAVORS, at_most(64, ((0, 13), 16))),
        ("flavor-name", f"{_FLAVORS}[].name", NAME),
        ("nominal-quota", f"{_QUOTAS}.nominalQuota", QUANTITY),
        ("borrowing-limit", f"{_QUOTAS}.borrowingLimit", QUANTITY),
        ("lending-limit", f"{_QUOTAS}.lendingLimit", QUANTITY),
    ),
    *_rules(VERSIONED, SCHEMA, ("fields-of-the-version", "spec", related.fields_of_the_version)),
    *_rules(
        QUOTA,
        WEBHOOK,
        ("flavors-in-all", _GROUPS, related.totals),
        ("resource-name", f"{_COVERED}[]", KEY),
        ("fair-weight", "spec.fairSharing.weight", related.fair_weight),
    ),
    *_rules(
        (*QUOTA, "LocalQueue"),
        SCHEMA,
        ("fair-sharing-fields", "spec.fairSharing", fields("weight")),
        ("weight", "spec.fairSharing.weight", QUANTITY),
    ),
    *_rules(
        QUEUE,
        SCHEMA,
        ("cohort-name", "spec.cohortName", NAME),
        ("cohort-name-of-v1beta1", "spec.cohort", NAME),
        ("one-cohort", "spec.cohort", related.one_cohort),
        ("strategy-fields", _STRATEGY, fields("admissionChecks")),
        ("checks-needed", _CHECKS, NOT_EMPTY),
        ("checks", _CHECKS, at_most(64)),
        ("checks-differ", _CHECKS, related.distinct_checks),
        ("flavor-preference", "spec.flavorFungibility.preference", related.flavor_preference),
        ("scope-fields", "spec.admissionScope", fields("admissionMode")),
        ("concurrent-fields", _CONCURRENT, fields("migration")),
        ("migration-fields", f"{_CONCURRENT}.migration", fields("mode", "constraints")),
        ("constraint-fields", f"{_CONCURRENT}.migration.constraints", fields("lastAcceptableFlavorName")),
        ("priority-threshold", "spec.preemption.borrowWithinCohort.maxPriorityThreshold", INT),
    ),
    *_rules(
        QUEUE,
        WEBHOOK,
        ("one-list-of-checks", "spec.admissionChecks", related.one_list_of_checks),
        ("selector-key", f"{_SELECTOR}.matchLabels{{key}}", KEY),
        ("selector-value", f"{_SELECTOR}.matchLabels{{value}}", LABEL_VALUE),
        ("selector-expression-key", f"{_SELECTOR}.matchExpressions[].key", KEY),
        ("selector-expression-value", f"{_SELECTOR}.matchExpressions[].values[]", LABEL_VALUE),
        ("selector-values", f"{_SELECTOR}.matchExpressions[]", related.selector_values),
        ("flavors-of-checks", f"{_CHECKS}[].onFlavors", related.flavors_of_checks),
    ),
    *_rules(
        QUEUE,
        GATED,
        ("last-acceptable-flavor", _CONCURRENT, related.last_acceptable_flavor),
        ("concurrent-admission", _CONCURRENT, related.concurrent_admission),
    ),
    *_rules(("Cohort",), SCHEMA, ("parent-name", "spec.parentName", NAME)),
    *_rules(("LocalQueue",), SCHEMA, ("queue-reference", "spec.clusterQueue", NAME)),
    *_rules(
        FLAVOR,
        SCHEMA,
        ("node-labels", "spec.nodeLabels", at_most(8)),
        ("node-taints", "spec.nodeTaints", at_most(8)),
        ("flavor-tolerations", "spec.tolerations", at_most(8)),
    ),
    *_rules(
        FLAVOR,
        WEBHOOK,
        ("node-label-key", "spec.nodeLabels{key}", KEY),
        ("node-label-value", "spec.nodeLabels{value}", LABEL_VALUE),
        ("taint-key", "spec.nodeTaints[].key", KEY),
        ("taint-value", "spec.nodeTaints[].value", LABEL_VALUE),
    ),
    *_rules(
        ("Topology",),
        SCHEMA,
        ("topology-levels", "spec.levels", at_most(16)),
        ("topology-label", "spec.levels[].nodeLabel", KEY),
        ("topology-fields", "spec", fields("levels")),
        ("topology-level-fields", "spec.levels[]", fields("nodeLabel")),
    ),
    *_rules(("WorkloadPriorityClass", "PriorityClass"), API, ("class-value", "value", INT)),
    *_rules(("PriorityClass",), API, ("class-value-of-users", "value", related.class_value_of_users)),
    *_rules(
        ("AdmissionCheck",),
        SCHEMA,
        ("check-fields", "spec", fields("controllerName", "parameters", "retryDelayMinutes")),
        ("check-controller", "spec.controllerName", NEEDED),
        ("check-parameters", "spec.parameters", fields("apiGroup", "kind", "name")),
    ),
    *_rules(
        ("LimitRange",),
        API,
        ("limit-type", "spec.limits[].type", one_of("Container", "Pod", "PersistentVolumeClaim")),
        ("limits-in-order", "spec.limits[]", related.limits_in_order),
    ),
    *_rules(
        WORKLOAD,
        SCHEMA,
        ("workload-fields", "spec", fields(*WORKLOAD_SPEC, accepted="the fields of a Workload's spec")),
        ("class-reference-fields", "spec.priorityClassRef", fields("group", "kind", "name")),
        ("preemption-gate-fields", "spec.preemptionGates[]", fields("name")),
        ("workload-priority", "spec.priority", INT),
        ("pod-sets-needed", "spec.podSets", NOT_EMPTY),
        ("pod-sets", "spec.podSets", at_most(18, ((0, 17), 8), ((0, 18), 10))),
        ("pod-set-name", "spec.podSets[].name", SHORT_NAME),
        ("pod-set-names", "spec.podSets[].name", related.pod_set_names),
        ("pod-set-count", "spec.podSets[].count", INT),
        ("pod-template-fields", "spec.podSets[].template", fields("metadata", "spec")),
        ("topology-request-fields", _REQUEST, fields(*TOPOLOGY_REQUEST)),
        ("slice-constraint-fields", f"{_REQUEST}.{_SLICES}[]", fields("topology", "size")),
    ),
    *_rules(
        PLAIN_JOBS,
        API,
        ("pod-label-value", f"{_POD_METADATA}.labels{{value}}", LABEL_VALUE),
        ("pod-annotation-value", f"{_POD_METADATA}.annotations{{value}}", TEXT),
        ("containers-needed", "spec.template.spec.containers", of_jobs.containers_needed),
        ("container-names", "spec.template.spec.containers[].name", of_jobs.container_names),
        ("request-within-limit", "spec.template.spec.containers[].resources", of_jobs.request_within_limit),
        ("restart-policy", "spec.template.spec.restartPolicy", of_jobs.restart_policy),
    ),
    *_rules(
        ("Job",),
        API,
        ("job-fields", "spec", fields(*JOB_SPEC, accepted="the fields of a Job's spec")),
        ("job-name", "metadata.name", JOB_NAME),
        ("indexed-completions", "spec.completionMode", of_jobs.indexed_completions),
    ),
    *_rules((CRON_JOB,), API, ("cron-job-name", "metadata.name", CRON_JOB_NAME)),
    *_rules(
        JOBS,
        WEBHOOK,
        ("queue-name", "metadata.labels.kueue.x-k8s.io/queue-name", NAME),
        ("one-topology-request", "spec.template.metadata.annotations", of_jobs.one_topology_request),
        ("topology-names", "spec.template.metadata.annotations", of_jobs.topology_names),
        ("pod-set-groups", "spec.template.metadata.annotations", of_jobs.pod_set_groups),
    ),
    *_rules(JOBS, SLICED, ("elastic-kinds", f"{_ANNOTATIONS}.kueue.x-k8s.io/elastic-job", of_jobs.elastic_kinds)),
    *_rules(("RayJob",), WEBHOOK, ("ray-job-cluster", "spec", of_jobs.ray_job_cluster)),
    *_rules(
        ("Job",),
        SLICED,
        ("elastic-alone", f"{_ANNOTATIONS}.kueue.x-k8s.io/elastic-job", of_jobs.elastic_alone),
        ("elastic-topology", f"{_ANNOTATIONS}.kueue.x-k8s.io/elastic-job", of_jobs.elastic_topology),
    ),
    *_rules(
        ("Job",),
        WEBHOOK,
        (
            "sync-completions",
            f"{_ANNOTATIONS}.kueue.x-k8s.io/job-completions-equal-parallelism",
            of_jobs.sync_completions,
        ),
    ),
)
"""All rules. Each has a case in refused_objects.py or refused_jobs.py of ``tests/inputs/kueue``, and a row in
docs/validation.md."""
