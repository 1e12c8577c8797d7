"""What the API server and Kueue's webhooks would refuse is refused, rule by rule."""

from pathlib import Path
from typing import Any

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.inputs.kueue.validation import RULES, Rule

Object = dict[str, Any]
LONG = "a" * 64
NAMED = "at most 253 lower case letters, digits, '-' and '.', letters or digits at both ends (example: team-a)"
SHORT = "at most 63 lower case letters, digits and '-', letters or digits at both ends (example: team-a)"
KEYED = "at most 63 letters, digits, '-', '_' and '.', after a domain with '/' or alone (example: example.com/rack)"
VALUED = "at most 63 letters, digits, '-', '_' and '.', letters or digits at both ends"
WHOLE = "out of range; accepted: -2147483648 to 2147483647"


def queue(**spec: object) -> Object:
    return {"kind": "ClusterQueue", "metadata": {"name": "q"}, "spec": {"namespaceSelector": {}, **spec}}


def groups(*flavors: str, resource: str = "cpu") -> list[Object]:
    quota = {"name": resource, "nominalQuota": 1}
    return [{"coveredResources": [resource], "flavors": [{"name": name, "resources": [quota]} for name in flavors]}]


def quota_of(**fields: object) -> list[Object]:
    quota = {"name": "cpu", "nominalQuota": 1, **fields}
    return [{"coveredResources": ["cpu"], "flavors": [{"name": "f0", "resources": [quota]}]}]


def flavor(**spec: object) -> Object:
    return {"kind": "ResourceFlavor", "metadata": {"name": "g"}, "spec": spec}


def work(**spec: object) -> Object:
    pod_sets = [{"name": "main", "count": 1, "template": {"spec": {"containers": []}}}]
    return {"kind": "Workload", "metadata": {"name": "w"}, "spec": {"queueName": "other", "podSets": pod_sets, **spec}}


def pod_set(**fields: object) -> Object:
    return {"name": "main", "count": 1, "template": {"spec": {"containers": []}}, **fields}


def job(template: Object | None = None, metadata: Object | None = None, kind: str = "Job", **spec: object) -> Object:
    labels = {"kueue.x-k8s.io/queue-name": "other"}
    pods = {"spec": {"containers": [{"name": "c"}]}, **(template or {})}
    about = {"name": "j", "labels": labels, **(metadata or {})}
    return {"kind": kind, "metadata": about, "spec": {"template": pods, **spec}}


def ray_job(**spec: object) -> Object:
    labels = {"kueue.x-k8s.io/queue-name": "other"}
    return {"kind": "RayJob", "metadata": {"name": "r", "labels": labels}, "spec": spec}


def limit(**item: object) -> Object:
    return {"kind": "LimitRange", "metadata": {"name": "l"}, "spec": {"limits": [{"type": "Container", **item}]}}


def named(kind: str, name: str, **more: object) -> Object:
    return {"kind": kind, "metadata": {"name": name}, **more}


def levels(*labels: str) -> Object:
    return named("Topology", "t", spec={"levels": [{"nodeLabel": label} for label in labels]})


GPU = {
    "containers": [{"name": "c", "resources": {"requests": {"example.com/gpu": 1}, "limits": {"example.com/gpu": 2}}}]
}
ANNOTATED = {
    "metadata": {"annotations": {f"kueue.x-k8s.io/podset-{word}-topology": "a" for word in ("required", "preferred")}}
}
PARTIAL = "kueue.x-k8s.io/job-min-parallelism"
REQUIRED, SLICES = "kueue.x-k8s.io/podset-required-topology", "kueue.x-k8s.io/podset-slice"
PREFERRED = "kueue.x-k8s.io/podset-preferred-topology"
SLICED = {REQUIRED: "a", f"{SLICES}-required-topology": "b", f"{SLICES}-size": "3"}
HEAD = {"template": {"spec": {"containers": []}}}
GROUPS = [{"groupName": f"g{n}", "template": {"spec": {"containers": []}}} for n in range(19)]
SYNC = {"kueue.x-k8s.io/job-completions-equal-parallelism": "true"}

GATES = {"configuration": {"featureGates": {"ConcurrentAdmission": True}}}

CASES: dict[str, tuple[Object, str]] = {
    "api-version": (
        {**flavor(), "apiVersion": "apps/v1"},
        "apiVersion: 'apps/v1' has no kind ResourceFlavor; accepted: kueue.x-k8s.io/v1beta2, kueue.x-k8s.io/v1beta1",
    ),
    "metadata-fields": (
        {"kind": "ResourceFlavor", "metadata": {"name": "g", "label": {}}},
        "metadata.label: unknown field 'label'; did you mean 'labels'?",
    ),
    "label-key": (
        {"kind": "ResourceFlavor", "metadata": {"name": "g", "labels": {"a b": "c"}}},
        f"metadata.labels.a b: 'a b' is no key; accepted: {KEYED}",
    ),
    "label-value": (
        {"kind": "ResourceFlavor", "metadata": {"name": "g", "labels": {"a": "!!"}}},
        f"metadata.labels.a: '!!' is no label value; accepted: {VALUED}",
    ),
    "annotation-key": (
        {"kind": "ResourceFlavor", "metadata": {"name": "g", "annotations": {"a b": "c"}}},
        f"metadata.annotations.a b: 'a b' is no key; accepted: {KEYED}",
    ),
    "served-version": (
        named("Cohort", "c") | {"apiVersion": "kueue.x-k8s.io/v1alpha1"},
        'apiVersion: Kueue 0.20 does not serve it (no matches for kind "Cohort" in version "kueue.x-k8s.io/v1alpha1"); '
        "accepted: kueue.x-k8s.io/v1beta2, kueue.x-k8s.io/v1beta1",
    ),
    "object-fields": ({**flavor(), "sepc": {}}, "sepc: unknown field 'sepc'; did you mean 'spec'?"),
    "object-name": (named("ResourceFlavor", "A b"), f"metadata.name: 'A b' is no name; accepted: {NAMED}"),
    "namespace-name": (named("Namespace", "a.b"), f"metadata.name: 'a.b' is no name; accepted: {SHORT}"),
    "namespace-of-an-object": (
        job(metadata={"namespace": "A"}),
        f"metadata.namespace: 'A' is no name; accepted: {SHORT}",
    ),
    "resource-groups": (
        queue(resourceGroups=[group for n in range(17) for group in groups(f"f{n}", resource=f"r{n}")]),
        "spec.resourceGroups: 17 entries are too many; at most 16 are accepted",
    ),
    "covered-resources-needed": (
        queue(resourceGroups=[{"coveredResources": [], "flavors": [{"name": "f0", "resources": []}]}]),
        "spec.resourceGroups[0].coveredResources: the list is empty; at least one entry is needed",
    ),
    "covered-resources": (
        queue(
            resourceGroups=[
                {
                    "coveredResources": [f"r{n}" for n in range(65)],
                    "flavors": [{"name": "f0", "resources": [{"name": f"r{n}", "nominalQuota": 1} for n in range(65)]}],
                }
            ]
        ),
        "spec.resourceGroups[0].coveredResources: 65 entries are too many; at most 64 are accepted",
    ),
    "flavors-needed": (
        queue(resourceGroups=groups()),
        "spec.resourceGroups[0].flavors: the list is empty; at least one entry is needed",
    ),
    "flavors": (
        queue(resourceGroups=groups(*(f"f{n}" for n in range(65)))),
        "spec.resourceGroups[0].flavors: 65 entries are too many; at most 64 are accepted",
    ),
    "flavor-name": (
        queue(resourceGroups=groups("F!")),
        f"spec.resourceGroups[0].flavors[0].name: 'F!' is no name; accepted: {NAMED}",
    ),
    "fields-of-the-version": (
        {**queue(cohort="c"), "apiVersion": "kueue.x-k8s.io/v1beta2"},
        "spec.cohort: v1beta2 has no field 'cohort'; write cohortName",
    ),
    **{
        rule: (
            queue(cohortName="c", resourceGroups=quota_of(**{field: 0.5})),
            f"spec.resourceGroups[0].flavors[0].resources[0].{field}: 0.5 is neither a whole number nor text, put it "
            "in quotes",
        )
        for rule, field in (
            ("nominal-quota", "nominalQuota"),
            ("borrowing-limit", "borrowingLimit"),
            ("lending-limit", "lendingLimit"),
        )
    },
    "weight": (
        queue(fairSharing={"weight": 0.5}),
        "spec.fairSharing.weight: 0.5 is neither a whole number nor text, put it in quotes",
    ),
    "flavors-in-all": (
        queue(
            resourceGroups=[
                group
                for n in range(5)
                for group in groups(*(f"f{n}-{flavor}" for flavor in range(60)), resource=f"r{n}")
            ]
        ),
        "spec.resourceGroups: 300 flavors in all are too many; at most 256 are accepted",
    ),
    "resource-name": (
        queue(resourceGroups=groups("f0", resource="a b")),
        f"spec.resourceGroups[0].coveredResources[0]: 'a b' is no key; accepted: {KEYED}",
    ),
    "fair-weight": (
        queue(fairSharing={"weight": "1n"}),
        "spec.fairSharing.weight: '1n' is too small; accepted: 0, or more than 1n",
    ),
    "annotation-value": (
        job(metadata={"annotations": {"kueue.x-k8s.io/job-min-parallelism": 2}}),
        "metadata.annotations.kueue.x-k8s.io/job-min-parallelism: 2 is not text, put it in quotes",
    ),
    "pod-label-value": (
        job({"metadata": {"labels": {"version": 1.5}}}),
        "spec.template.metadata.labels.version: 1.5 is not text, put it in quotes",
    ),
    "pod-annotation-value": (
        job({"metadata": {"annotations": {"sidecar.istio.io/inject": False}}}),
        "spec.template.metadata.annotations.sidecar.istio.io/inject: False is not text, put it in quotes",
    ),
    "class-fields": (
        named("WorkloadPriorityClass", "p", value=1, globalDefault=True),
        "globalDefault: unknown field 'globalDefault'; accepted: apiVersion, description, kind, metadata, value",
    ),
    "strategy-fields": (
        queue(admissionChecksStrategy={"admissionCheck": [{"name": "check"}]}),
        "spec.admissionChecksStrategy.admissionCheck: unknown field 'admissionCheck'; did you mean 'admissionChecks'?",
    ),
    "scope-fields": (
        queue(admissionScope={"mode": "UsageBasedAdmissionFairSharing"}),
        "spec.admissionScope.mode: unknown field 'mode'; accepted: admissionMode",
    ),
    "concurrent-fields": (
        queue(resourceGroups=groups("f0"), concurrentAdmissionPolicy={"mode": "TryPreferredFlavors"}),
        "spec.concurrentAdmissionPolicy.mode: unknown field 'mode'; accepted: migration",
    ),
    "migration-fields": (
        queue(resourceGroups=groups("f0"), concurrentAdmissionPolicy={"migration": {"constraint": {}}}),
        "spec.concurrentAdmissionPolicy.migration.constraint: unknown field 'constraint'; did you mean 'constraints'?",
    ),
    "constraint-fields": (
        queue(
            resourceGroups=groups("f0"),
            concurrentAdmissionPolicy={"migration": {"constraints": {"lastFlavor": "f0"}}},
        ),
        "spec.concurrentAdmissionPolicy.migration.constraints.lastFlavor: unknown field 'lastFlavor'; "
        "accepted: lastAcceptableFlavorName",
    ),
    "topology-fields": (
        named("Topology", "t", spec={"levels": [{"nodeLabel": "a"}], "level": "a"}),
        "spec.level: unknown field 'level'; did you mean 'levels'?",
    ),
    "check-fields": (
        named("AdmissionCheck", "a", spec={"controllerName": "c", "parameter": {}}),
        "spec.parameter: unknown field 'parameter'; did you mean 'parameters'?",
    ),
    "check-parameters": (
        named("AdmissionCheck", "a", spec={"controllerName": "c", "parameters": {"apiVersion": "v1"}}),
        "spec.parameters.apiVersion: unknown field 'apiVersion'; accepted: apiGroup, kind, name",
    ),
    "class-reference-fields": (
        work(priorityClassRef={"apiVersion": "v1", "kind": "WorkloadPriorityClass", "name": "p"}),
        "spec.priorityClassRef.apiVersion: unknown field 'apiVersion'; accepted: group, kind, name",
    ),
    "preemption-gate-fields": (
        work(preemptionGates=[{"name": "g", "position": "Open"}]),
        "spec.preemptionGates[0].position: unknown field 'position'; accepted: name",
    ),
    "pod-template-fields": (
        work(podSets=[pod_set(template={"sepc": {}})]),
        "spec.podSets[0].template.sepc: unknown field 'sepc'; did you mean 'spec'?",
    ),
    "topology-request-fields": (
        work(podSets=[pod_set(topologyRequest={"requred": "rack"})]),
        "spec.podSets[0].topologyRequest.requred: unknown field 'requred'; did you mean 'required'?",
    ),
    "slice-constraint-fields": (
        work(
            podSets=[
                pod_set(
                    topologyRequest={
                        "required": "block",
                        "podsetSliceRequiredTopologyConstraints": [{"topology": "rack", "count": 1}],
                    }
                )
            ]
        ),
        "spec.podSets[0].topologyRequest.podsetSliceRequiredTopologyConstraints[0].count: unknown field 'count'; "
        "accepted: size, topology",
    ),
    "fair-sharing-fields": (
        queue(fairSharing={"wait": 2}),
        "spec.fairSharing.wait: unknown field 'wait'; did you mean 'weight'?",
    ),
    "cohort-name": (queue(cohortName="C!"), f"spec.cohortName: 'C!' is no name; accepted: {NAMED}"),
    "cohort-name-of-v1beta1": (queue(cohort="C!"), f"spec.cohort: 'C!' is no name; accepted: {NAMED}"),
    "one-cohort": (
        queue(cohort="a", cohortName="b"),
        "spec.cohort: cohort 'a' and cohortName 'b' differ; leave one out",
    ),
    "checks-needed": (
        queue(admissionChecksStrategy={"admissionChecks": []}),
        "spec.admissionChecksStrategy.admissionChecks: the list is empty; at least one entry is needed",
    ),
    "checks": (
        queue(admissionChecksStrategy={"admissionChecks": [{"name": "check"}] * 65}),
        "spec.admissionChecksStrategy.admissionChecks: 65 entries are too many; at most 64 are accepted",
    ),
    "flavor-preference": (
        queue(flavorFungibility={"preference": "PreemptionOverBorrowing"}),
        "spec.flavorFungibility.preference: preference needs whenCanBorrow and whenCanPreempt to be TryNextFlavor",
    ),
    "priority-threshold": (
        queue(
            preemption={
                "reclaimWithinCohort": "Any",
                "borrowWithinCohort": {"policy": "LowerPriority", "maxPriorityThreshold": 2**40},
            }
        ),
        f"spec.preemption.borrowWithinCohort.maxPriorityThreshold: 1099511627776 is {WHOLE}",
    ),
    "one-list-of-checks": (
        queue(admissionChecks=["check"], admissionChecksStrategy={"admissionChecks": [{"name": "check"}]}),
        "spec.admissionChecks: admissionChecks and admissionChecksStrategy exclude each other",
    ),
    "selector-key": (
        queue(namespaceSelector={"matchLabels": {"a b": "c"}}),
        f"spec.namespaceSelector.matchLabels.a b: 'a b' is no key; accepted: {KEYED}",
    ),
    "selector-value": (
        queue(namespaceSelector={"matchLabels": {"a": "b c"}}),
        f"spec.namespaceSelector.matchLabels.a: 'b c' is no label value; accepted: {VALUED}",
    ),
    "selector-expression-key": (
        queue(namespaceSelector={"matchExpressions": [{"key": "a b", "operator": "Exists"}]}),
        f"spec.namespaceSelector.matchExpressions[0].key: 'a b' is no key; accepted: {KEYED}",
    ),
    "selector-expression-value": (
        queue(namespaceSelector={"matchExpressions": [{"key": "a", "operator": "In", "values": ["b c"]}]}),
        f"spec.namespaceSelector.matchExpressions[0].values[0]: 'b c' is no label value; accepted: {VALUED}",
    ),
    "selector-values": (
        queue(namespaceSelector={"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}),
        "spec.namespaceSelector.matchExpressions[0].values: operator Exists has no values",
    ),
    "flavors-of-checks": (
        queue(
            resourceGroups=groups("f0"),
            admissionChecksStrategy={"admissionChecks": [{"name": "check", "onFlavors": ["g0"]}]},
        ),
        "spec.admissionChecksStrategy.admissionChecks[0].onFlavors[0]: the queue has no flavor 'g0'; accepted: f0",
    ),
    "last-acceptable-flavor": (
        queue(
            resourceGroups=groups("f0"),
            concurrentAdmissionPolicy={"migration": {"constraints": {"lastAcceptableFlavorName": "h"}}},
        ),
        "spec.concurrentAdmissionPolicy.migration.constraints.lastAcceptableFlavorName: the queue has no flavor 'h'; "
        "accepted: f0",
    ),
    "parent-name": (
        named("Cohort", "c", spec={"parentName": "P!"}),
        f"spec.parentName: 'P!' is no name; accepted: {NAMED}",
    ),
    "queue-reference": (
        named("LocalQueue", "l", spec={"clusterQueue": "Q!"}),
        f"spec.clusterQueue: 'Q!' is no name; accepted: {NAMED}",
    ),
    "node-labels": (
        flavor(nodeLabels={f"l{n}": "v" for n in range(9)}),
        "spec.nodeLabels: 9 entries are too many; at most 8 are accepted",
    ),
    "node-taints": (
        flavor(nodeTaints=[{"key": f"t{n}", "effect": "NoSchedule"} for n in range(9)]),
        "spec.nodeTaints: 9 entries are too many; at most 8 are accepted",
    ),
    "flavor-tolerations": (
        flavor(tolerations=[{"key": f"t{n}"} for n in range(9)]),
        "spec.tolerations: 9 entries are too many; at most 8 are accepted",
    ),
    "node-label-key": (
        flavor(nodeLabels={"a b": "v"}),
        f"spec.nodeLabels.a b: 'a b' is no key; accepted: {KEYED}",
    ),
    "node-label-value": (
        flavor(nodeLabels={"a": LONG}),
        f"spec.nodeLabels.a: '{LONG[:59]}… (64 characters) is no label value; accepted: {VALUED}",
    ),
    "taint-key": (
        flavor(nodeTaints=[{"key": "a b", "effect": "NoSchedule"}]),
        f"spec.nodeTaints[0].key: 'a b' is no key; accepted: {KEYED}",
    ),
    "taint-value": (
        flavor(nodeTaints=[{"key": "a", "value": "b c", "effect": "NoSchedule"}]),
        f"spec.nodeTaints[0].value: 'b c' is no label value; accepted: {VALUED}",
    ),
    "topology-levels": (
        levels(*(f"l{n}" for n in range(17))),
        "spec.levels: 17 entries are too many; at most 16 are accepted",
    ),
    "topology-label": (levels("a b"), f"spec.levels[0].nodeLabel: 'a b' is no key; accepted: {KEYED}"),
    "topology-level-fields": (
        named("Topology", "t", spec={"levels": [{"nodeLabel": "a", "nodes": 2}]}),
        "spec.levels[0].nodes: unknown field 'nodes'; accepted: nodeLabel",
    ),
    "class-value": (named("WorkloadPriorityClass", "p", value=2**31), f"value: 2147483648 is {WHOLE}"),
    "class-value-of-users": (
        named("PriorityClass", "p", value=1_000_000_001),
        "value: 1000000001 is too large; at most 1000000000 is accepted for classes that are not the system's",
    ),
    "check-controller": (named("AdmissionCheck", "a", spec={}), "spec.controllerName: controllerName is missing"),
    "limit-type": (
        limit(type="Bogus"),
        "spec.limits[0].type: 'Bogus' is not accepted; accepted: Container, Pod, PersistentVolumeClaim",
    ),
    "limits-in-order": (
        limit(min={"cpu": 2}, max={"cpu": 1}),
        "spec.limits[0].min.cpu: min of cpu is above max",
    ),
    "workload-fields": (work(podSet=[]), "spec.podSet: unknown field 'podSet'; did you mean 'podSets'?"),
    "workload-priority": (work(priority=2**31), f"spec.priority: 2147483648 is {WHOLE}"),
    "pod-sets-needed": (work(podSets=[]), "spec.podSets: the list is empty; at least one entry is needed"),
    "pod-sets": (
        work(podSets=[pod_set(name=f"p{n}") for n in range(19)]),
        "spec.podSets: 19 entries are too many; at most 18 are accepted",
    ),
    "pod-set-name": (
        work(podSets=[pod_set(name="P!")]),
        f"spec.podSets[0].name: 'P!' is no name; accepted: {SHORT}",
    ),
    "pod-set-names": (
        work(podSets=[pod_set(), pod_set()]),
        "spec.podSets[1].name: a second pod set named 'main'",
    ),
    "pod-set-count": (work(podSets=[pod_set(count=2**31)]), f"spec.podSets[0].count: 2147483648 is {WHOLE}"),
    "concurrent-admission": (
        queue(concurrentAdmissionPolicy={}, resourceGroups=groups("f0"), queueingStrategy="StrictFIFO"),
        "spec.queueingStrategy: StrictFIFO cannot be used with a concurrentAdmissionPolicy",
    ),
    "checks-differ": (
        queue(admissionChecksStrategy={"admissionChecks": [{"name": "check"}, {"name": "check"}]}),
        "spec.admissionChecksStrategy.admissionChecks[1].name: a second check named 'check'",
    ),
    "containers-needed": (
        job({"spec": {"containers": []}}),
        "spec.template.spec.containers: the list is empty; at least one container is needed",
    ),
    "container-names": (
        job({"spec": {"initContainers": [{"name": "c"}], "containers": [{"name": "c"}]}}),
        "spec.template.spec.containers[0].name: a second container 'c'; names of containers differ",
    ),
    "job-name": (
        job(metadata={"name": LONG}),
        f"metadata.name: '{'a' * 59}… (64 characters) is too long; at most 63 characters are accepted, as it is a "
        "label of the pods",
    ),
    "indexed-completions": (
        job(completionMode="Indexed", parallelism=2),
        "spec.completionMode: completionMode Indexed needs completions",
    ),
    "cron-job-name": (
        named("CronJob", "c" * 53, spec={"schedule": "@daily", "jobTemplate": {"spec": job()["spec"]}}),
        f"metadata.name: '{'c' * 53}' is too long; at most 52 characters are accepted, as its Jobs are called by it "
        "and their time",
    ),
    "request-within-limit": (
        job({"spec": GPU}),
        "spec.template.spec.containers[0].resources.requests.example.com/gpu: request 1 of example.com/gpu must equal "
        "the limit 2",
    ),
    "job-fields": (job(paralellism=2), "spec.paralellism: unknown field 'paralellism'; did you mean 'parallelism'?"),
    "queue-name": (
        job(metadata={"labels": {"kueue.x-k8s.io/queue-name": "a_b"}}),
        f"metadata.labels.kueue.x-k8s.io/queue-name: 'a_b' is no name; accepted: {NAMED}",
    ),
    "one-topology-request": (
        job(ANNOTATED),
        "spec.template.metadata.annotations: only one of the topology annotations is accepted: "
        "kueue.x-k8s.io/podset-required-topology, kueue.x-k8s.io/podset-preferred-topology",
    ),
    "topology-names": (
        job({"metadata": {"annotations": {"kueue.x-k8s.io/podset-required-topology": "a b"}}}),
        "spec.template.metadata.annotations.kueue.x-k8s.io/podset-required-topology: 'a b' is no key; accepted: "
        + KEYED,
    ),
    "pod-set-groups": (
        job({"metadata": {"annotations": {"kueue.x-k8s.io/podset-group-name": "g"}}}),
        "spec.template.metadata.annotations.kueue.x-k8s.io/podset-group-name: may not be set when neither "
        "kueue.x-k8s.io/podset-preferred-topology nor kueue.x-k8s.io/podset-required-topology is specified",
    ),
    "elastic-kinds": (
        job(kind="StatefulSet", metadata={"annotations": {"kueue.x-k8s.io/elastic-job": "true"}}),
        "metadata.annotations.kueue.x-k8s.io/elastic-job: elastic job is not supported for StatefulSet; accepted: Job, "
        "RayCluster, RayJob, RayService",
    ),
    "ray-job-cluster": (
        ray_job(clusterSelector={"a": "b"}, rayClusterSpec={"headGroupSpec": {}}),
        "spec.clusterSelector: a kueue managed job should not use an existing cluster",
    ),
    "elastic-alone": (
        job(metadata={"annotations": {"kueue.x-k8s.io/elastic-job": "true", PARTIAL: "2"}}, parallelism=4),
        "metadata.annotations.kueue.x-k8s.io/job-min-parallelism: partial admission and elastic job cannot be used "
        "together",
    ),
    "restart-policy": (
        job({"spec": {"restartPolicy": "Always", "containers": [{"name": "c"}]}}),
        "spec.template.spec.restartPolicy: 'Always' is not accepted for Job; accepted: OnFailure, Never",
    ),
    "elastic-topology": (
        job(
            {"metadata": {"annotations": {PREFERRED: "a"}}},
            {"annotations": {"kueue.x-k8s.io/elastic-job": "true"}},
        ),
        f"spec.template.metadata.annotations.{PREFERRED}: preferred topology is not supported with elastic jobs",
    ),
    "sync-completions": (
        job(metadata={"annotations": SYNC}),
        "metadata.annotations.kueue.x-k8s.io/job-completions-equal-parallelism: should not be enabled for "
        "NonIndexed jobs",
    ),
}


def mistakes(one: Object, version: str = "0.20") -> list[str]:
    """What is said about one object among sound ones, without the place in the scenario."""
    is_job = one["kind"] in ("CronJob", "Job", "RayJob", "StatefulSet")
    sound = [
        *(named("ResourceFlavor", f"f{n}") for n in range(64)),
        queue() | {"metadata": {"name": "other"}},
        named("LocalQueue", "other", spec={"clusterQueue": "other"}),
        named("AdmissionCheck", "check", spec={"controllerName": "c"}),
    ]
    document = {
        "apiVersion": "kueue-sim/v1",
        "kind": "Scenario",
        "kueue": {"version": version, **GATES} if version == "0.20" else {"version": version},
        "policy": {"objects": [*sound, *([] if is_job else [one])]},
        "workloads": [{"manifest": one}] if is_job else [],
    }
    with pytest.raises(InputError) as caught:
        scenario_from_dict(document)
    stem = "workloads[0].manifest" if is_job else f"policy.objects[{len(sound)}]"
    return [str(mistake).removeprefix(stem).lstrip(".: ") for mistake in caught.value.mistakes]


@pytest.mark.parametrize("name", [rule.name for rule in RULES])
def test_what_would_be_refused_is_a_mistake(name: str) -> None:
    one, expected = CASES[name]
    assert mistakes(one)[0] == expected


@pytest.mark.parametrize(
    ("one", "version", "expected"),
    [
        (
            work(priority=1, priorityClassName="p", priorityClassSource="kueue.x-k8s.io/workloadpriorityclass"),
            "v1beta2",
            [
                "spec.priorityClassName: v1beta2 has no field 'priorityClassName'; write priorityClassRef",
                "spec.priorityClassSource: v1beta2 has no field 'priorityClassSource'; write priorityClassRef",
            ],
        ),
        (
            work(priority=1, priorityClassRef={"kind": "WorkloadPriorityClass", "name": "p"}),
            "v1beta1",
            [
                "spec.priorityClassRef: v1beta1 has no field 'priorityClassRef'; write priorityClassName and "
                "priorityClassSource"
            ],
        ),
        (
            named("AdmissionCheck", "a", spec={"controllerName": "c", "retryDelayMinutes": 3}),
            "v1beta2",
            ["spec.retryDelayMinutes: v1beta2 has no field 'retryDelayMinutes'; leave it out"],
        ),
        (
            queue(flavorFungibility={"whenCanBorrow": "Borrow", "whenCanPreempt": "Preempt"}),
            "v1beta2",
            [
                "spec.flavorFungibility.whenCanBorrow: 'Borrow' is not accepted; accepted: MayStopSearch, "
                "TryNextFlavor",
                "spec.flavorFungibility.whenCanPreempt: 'Preempt' is not accepted; accepted: MayStopSearch, "
                "TryNextFlavor",
            ],
        ),
        (
            queue(flavorFungibility={"whenCanBorrow": "Preempt", "whenCanPreempt": "Borrow"}),
            "v1beta1",
            [
                "spec.flavorFungibility.whenCanBorrow: 'Preempt' is not accepted; accepted: Borrow, MayStopSearch, "
                "TryNextFlavor",
                "spec.flavorFungibility.whenCanPreempt: 'Borrow' is not accepted; accepted: MayStopSearch, Preempt, "
                "TryNextFlavor",
            ],
        ),
    ],
)
def test_what_another_version_has_is_a_mistake(one: Object, version: str, expected: list[str]) -> None:
    assert mistakes({**one, "apiVersion": f"kueue.x-k8s.io/{version}"}) == expected


OLDER: dict[str, tuple[Object, str, str]] = {
    "flavors": (
        queue(resourceGroups=groups(*(f"f{n}" for n in range(17)))),
        "0.13.5",
        "spec.resourceGroups[0].flavors: 17 entries are too many; at most 16 are accepted",
    ),
    "fields of v1beta1": (
        queue(cohortName="c") | {"apiVersion": "kueue.x-k8s.io/v1beta1"},
        "0.13.5",
        "spec.cohortName: v1beta1 has no field 'cohortName'; write cohort",
    ),
    "pod sets": (
        work(podSets=[pod_set(name=f"p{n}") for n in range(9)]),
        "0.13.5",
        "spec.podSets: 9 entries are too many; at most 8 are accepted",
    ),
}


@pytest.mark.parametrize("name", OLDER)
def test_older_releases_accept_less(name: str) -> None:
    one, version, expected = OLDER[name]
    assert mistakes(one, version) == [expected]


def test_objects_applied_during_a_run_are_asked_as_well() -> None:
    action = {"at": "1m", "do": "apply", "objects": [queue(cohortName="C!")]}
    document = {
        "apiVersion": "kueue-sim/v1",
        "kind": "Scenario",
        "policy": {"objects": [queue()]},
        "timeline": [action],
    }
    with pytest.raises(InputError) as caught:
        scenario_from_dict(document)
    expected = f"timeline[0].objects[0].spec.cohortName: 'C!' is no name; accepted: {NAMED}"
    assert [str(one) for one in caught.value.mistakes] == [expected]


def test_the_page_has_a_row_for_every_rule() -> None:
    page = (Path(__file__).parents[2] / "docs" / "validation.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [row(rule) for rule in RULES]


def row(rule: Rule) -> str:
    cells = [
        f"`{rule.name}`",
        kinds_in_words(rule.kinds),
        f"`{rule.path or '.'}`",
        rule.form.accepted,
        told_by(rule),
    ]
    return f"| {' | '.join(cells)} |"


def told_by(rule: Rule) -> str:
    return rule.source + (f", since {rule.since[0]}.{rule.since[1]}" if rule.since > (0, 0) else "")


def kinds_in_words(kinds: tuple[str, ...]) -> str:
    return ", ".join(kinds) if len(kinds) <= 5 else f"{len(kinds)} kinds"


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (
            job({"metadata": {"annotations": {"kueue.x-k8s.io/podset-group-name": "12", REQUIRED: "a"}}}),
            ["must not be a number", "groups are of exactly 2 pod sets; this one is of 1"],
        ),
        (
            job({"metadata": {"annotations": SLICED}}),
            ["slices of 3 are larger than the pod set of 1 pods"],
        ),
        (
            job(
                {"metadata": {"annotations": {REQUIRED: "a"}}},
                {"annotations": {"kueue.x-k8s.io/elastic-job": "true"}},
            ),
            ["required topology is not supported with elastic jobs"],
        ),
        (job(metadata={"annotations": {next(iter(SYNC)): "perhaps"}}), ["'perhaps' is not true or false"]),
        (ray_job(entrypoint="x"), ["rayClusterSpec is required for jobs that use no clusterSelector"]),
        (
            ray_job(
                shutdownAfterJobFinishes=True,
                rayClusterSpec={"headGroupSpec": HEAD, "workerGroupSpecs": GROUPS},
            ),
            ["21 pod sets are too many for a Workload; at most 18"],
        ),
        (
            queue(concurrentAdmissionPolicy={"migration": {"mode": "RetainFirstAdmission", "constraints": {}}}),
            [
                "must have exactly one resource group with a concurrentAdmissionPolicy",
                "constraints may only be set with mode TryPreferredFlavors",
            ],
        ),
    ],
)  # fmt: skip
def test_jobs_and_queues_that_kueues_webhooks_refuse(one: Object, expected: list[str]) -> None:
    assert [text.rpartition(": ")[2] for text in mistakes(one)] == expected


def test_a_ray_job_in_a_cluster_that_exists_is_not_managed() -> None:
    one = ray_job(clusterSelector={"a": "b"}, entrypoint="x")
    document = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "workloads": [{"manifest": one}, {"manifest": job()}]}
    queues = [queue() | {"metadata": {"name": "other"}}, named("LocalQueue", "other", spec={"clusterQueue": "other"})]
    scenario = scenario_from_dict(document | {"policy": {"objects": queues}})
    assert [item.name for item in scenario.workloads] == ["j"]
    assert "RayJob r runs in a cluster that exists; Kueue does not manage it" in (*scenario.notes, *scenario.warnings)


@pytest.mark.parametrize(("version", "refused"), [("0.15", False), ("0.16", True), ("0.19", True)])
def test_rules_hold_from_the_release_that_has_them(version: str, refused: bool) -> None:
    one = queue(
        admissionChecksStrategy={"admissionChecks": [{"name": "check", "onFlavors": ["f9"]}]},
        resourceGroups=groups("f0"),
    )
    found = named("AdmissionCheck", "check", spec={"controllerName": "c"})
    document = {
        "apiVersion": "kueue-sim/v1",
        "kind": "Scenario",
        "kueue": {"version": version},
        "policy": {"objects": [named("ResourceFlavor", "f0"), named("ResourceFlavor", "f9"), found, one]},
    }
    if not refused:
        assert [item.name for item in scenario_from_dict(document).policy.cluster_queues] == ["q"]
        return
    with pytest.raises(InputError, match="the queue has no flavor 'f9'"):
        scenario_from_dict(document)


@pytest.mark.parametrize(
    ("version", "gates", "refused"),
    [
        ("0.16", {"ElasticJobsViaWorkloadSlices": True}, []),
        ("0.17", {"ElasticJobsViaWorkloadSlices": True}, ["required topology is not supported with elastic jobs"]),
        ("0.17", {}, []),
        ("0.18", {}, ["required topology is not supported with elastic jobs"]),
        ("0.18", {"ElasticJobsViaWorkloadSlices": False}, []),
    ],
)
def test_elastic_jobs_are_refused_a_topology_where_jobs_can_be_elastic(
    version: str, gates: dict[str, bool], refused: list[str]
) -> None:
    elastic = {"annotations": {"kueue.x-k8s.io/elastic-job": "true"}}
    one = job({"metadata": {"annotations": {REQUIRED: "a"}}}, elastic)
    document = {
        "apiVersion": "kueue-sim/v1",
        "kind": "Scenario",
        "kueue": {"version": version, "featureGates": gates},
        "policy": {
            "objects": [
                named("ResourceFlavor", "f0"),
                queue(),
                named("LocalQueue", "other", spec={"clusterQueue": "q"}),
            ]
        },
        "workloads": [{"manifest": one}],
    }
    try:
        scenario_from_dict(document)
        found = []
    except InputError as error:
        found = [str(one).rpartition(": ")[2] for one in error.mistakes]
    assert found == refused


@pytest.mark.parametrize("quota", ["0.5", "2500m", 3])
def test_quantities_with_decimals_are_accepted_as_text_and_where_they_are_set(quota: object) -> None:
    document = {
        "apiVersion": "kueue-sim/v1",
        "kind": "Scenario",
        "policy": {"objects": [named("ResourceFlavor", "f0"), queue(resourceGroups=quota_of(nominalQuota=quota))]},
    }
    amount = {"0.5": 500, "2500m": 2500, 3: 3000}[quota]
    for overrides, expected in (
        ((), amount),
        (("clusterQueues.q.cpu.nominalQuota=1.5", "clusterQueues.q.weight=0.5"), 1500),
    ):
        scenario = scenario_from_dict(document, overrides=overrides)
        assert scenario.policy.cluster_queues[0].resource_groups[0].flavors[0].resources[0][1].nominal == expected


@pytest.mark.parametrize(
    ("resources", "told"),
    [
        ({"requests": {"nvidia.com/gpu": 1}}, ["nvidia.com/gpu: Limit must be set for non overcommitable resources"]),
        ({"limits": {"gpu": 1}}, ["gpu: must be a standard resource type or fully qualified"]),
        ({"requests": {"nvidia.com/gpu": 1}, "limits": {"nvidia.com/gpu": 1}}, []),
        ({"limits": {"nvidia.com/gpu": 1}}, []),
        ({"requests": {"cpu": 1}}, []),
    ],
)
def test_what_a_pod_cannot_ask_for_is_told(resources: Object, told: list[str]) -> None:
    """The API server refuses such pods; quota counts the request all the same."""
    container = {"name": "c", "resources": resources}
    one = {**job({"spec": {"containers": [container]}}), "apiVersion": "batch/v1"}
    queues = [queue() | {"metadata": {"name": "other"}}, named("LocalQueue", "other", spec={"clusterQueue": "other"})]
    document = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "workloads": [{"manifest": one}]}
    notes = scenario_from_dict(document | {"policy": {"objects": queues}}).warnings
    refusal = "the API server refuses a pod of a Job that asks so for "
    assert [note.partition(refusal)[2] for note in notes if refusal in note] == told
