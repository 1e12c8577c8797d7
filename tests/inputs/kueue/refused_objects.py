"""For each rule of Kueue's objects one that it refuses, and what is said of it."""

from tests.inputs.jobs.objects import (
    Object,
    flavor,
    groups,
    job,
    levels,
    limit,
    named,
    pod_set,
    queue,
    quota_of,
    work,
)

LONG = "a" * 64
NAMED = "at most 253 lower case letters, digits, '-' and '.', letters or digits at both ends (example: team-a)"
SHORT = "at most 63 lower case letters, digits and '-', letters or digits at both ends (example: team-a)"
KEYED = "at most 63 letters, digits, '-', '_' and '.', after a domain with '/' or alone (example: example.com/rack)"
VALUED = "at most 63 letters, digits, '-', '_' and '.', letters or digits at both ends"
WHOLE = "out of range; accepted: -2147483648 to 2147483647"

REFUSED: dict[str, tuple[Object, str]] = {
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
}
