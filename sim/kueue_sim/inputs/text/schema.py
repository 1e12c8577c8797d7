"""Which fields does a scenario file have? One table per section, for the readers and for the JSON Schema."""

from collections.abc import Mapping

from kueue_sim.inputs.text.schema_action import ACTION
from kueue_sim.inputs.text.schema_expectation import DECISION, EXPECTATION
from kueue_sim.inputs.text.schema_present import PRESENT, PRESENT_SECTIONS, Table

SCENARIO: Table = {
    "apiVersion": ("kueue-sim/v1", "Version of the file format"),
    "kind": ("Scenario", "Always Scenario"),
    "name": ("text", "Name of the scenario; the file's name when absent"),
    "description": ("text", "What the scenario shows"),
    "start": ("text", "Instant of simulated time zero, RFC 3339; 2026-01-01T00:00:00Z when absent"),
    "validation": ("refuse|accept", "What becomes of objects that an API server would refuse; refuse when absent"),
    "seed": ("int", "Seed of all random streams; 0 when absent"),
    "horizon": ("duration", "When the simulation ends; absent: when nothing can happen any more"),
    "drain": ("bool", "Nothing is submitted after the horizon, and the run goes on until nobody waits"),
    "placement": ("placement", "How pods are spread over nodes: a policy, or a policy with its details"),
    "timing": ("timing", "prompt (the default), ideal, typical, calibrated, or the latencies"),
    "cluster": ("#cluster", "The nodes; without any only quota counts"),
    "prices": ("text|object", "What hours cost: a price file, the word example, or the prices themselves"),
    "policy": ("#policy", "Kueue's queues, quotas and flavors"),
    "kueue": ("#kueue", "Kueue's version and configuration"),
    "workloads": ("[#workload]", "What is submitted"),
    "runtimes": ("object", "Run times of jobs that say none: pattern of namespace/name to duration"),
    "past": ("[#pastJob]", "Work of the past, from which forecasts learn run times and arrivals"),
    "timeline": ("[#action]", "What else happens, and when"),
    "admissionChecks": ("[#admissionCheck]", "What admission checks answer; one that is not listed is Ready at once"),
    "expect": ("[#expectation]", "Expectations for `kueue-sim test`; see docs/policy-tests.md"),
    "versions": ("releases", "Kueue releases under each of which `kueue-sim test` asks for what is expected"),
}
TIMING: Table = {
    "profile": (
        "prompt|ideal",
        "What the latencies are on top of: Kueue's order (prompt), or that of its recorded runs",
    ),
    "cycle": ("duration", "Time one scheduling cycle takes"),
    "headMicroseconds": ("int", "Time a cycle takes besides for each head"),
    "placeNanoseconds": ("int", "And for each head whose pods a topology has to place, per node of it"),
    "flush": ("duration", "How long moves of parked workloads are batched"),
    "writesPerSecond": ("int", "API writes of Kueue's client (clientConnection.qps); no limit when absent"),
    "writeBurst": ("int", "API writes it may make at once (clientConnection.burst)"),
    "write": ("duration", "From an API write until others see it"),
    "podStart": ("duration", "From admission to running pods"),
    "end": ("duration", "From the end of a run to released quota"),
    "termination": ("duration", "From eviction to released quota, for pods that are on nodes"),
    "eviction": ("duration", "The least time from any eviction to released quota"),
    "leastRound": (
        "duration",
        "The least time an eviction takes in rounds of evictions that would take none; 10s when absent",
    ),
    "nodeFailure": ("duration", "From the failure of a node until its pods are known to be gone and created again"),
}
PLACEMENT: Table = {
    "policy": (
        "LeastAllocated|MostAllocated|RequestedToCapacityRatio|GpuSpread|GpuPack|FirstFit|Random|none",
        "Which of the nodes that fit a pod gets; LeastAllocated when absent; with none pods are not placed",
    ),
    "weights": ("object", "Scoring policies: how much each resource counts"),
    "curve": ("[#curvePoint]", "RequestedToCapacityRatio: score by used share"),
    "balancedAllocation": ("1.36|classic", "Formula of the balance score; that of Kubernetes 1.36 when absent"),
    "tieBreak": ("name|random", "Which of equally good nodes; the first by name when absent"),
    "podOrder": (
        "sequential|alternating",
        "Whether workloads that start together get their pods placed one after the other or in turns",
    ),
}
CURVE_POINT: Table = {
    "utilization": ("int", "Used share in percent"),
    "score": ("int", "Score from 0 to 10"),
}
CLUSTER: Table = {
    "nodePools": ("[#nodePool]", "Groups of equal nodes"),
    "nodes": ("list", "Node and Pod manifests"),
    "nodeList": ("#nodeList", "Nodes from a table of a public trace"),
    "include": ("list", "Files with Node and Pod manifests, or answers to describe-cluster, relative to this file"),
    "systemShare": ("kubelet|none", "What the system takes of HyperPod instances; what the kubelet keeps when absent"),
}
NODE_POOL: Table = {
    "name": ("text", "Prefix of the node names; the instance type when absent"),
    "instanceType": ("text", "Instance type that gives the resources, such as ml.p5.48xlarge"),
    "resources": ("quantities", "Resources of a node; added to and replacing those of the instance type"),
    "systemShare": ("kubelet|none", "What the system takes of an instance; that of the cluster when absent"),
    "reserved": ("quantities", "Taken off besides"),
    "mig": ("object", "MIG partitions of each GPU: profile to number, such as {1g.5gb: 7}"),
    "count": ("int", "Number of nodes; 1 when absent, or what autoscale keeps at least"),
    "autoscale": ("#autoscale", "Nodes come for pods without a place, and go when they are empty"),
    "labels": ("labels", "Labels of every node"),
    "taints": ("list", "Taints of every node"),
    "topology": ("[#topologyLevel]", "Labels that group consecutive nodes, from the largest group down"),
}
AUTOSCALE: Table = {
    "min": ("int", "Nodes that stay; 0 when absent"),
    "max": ("int", "Nodes there may be at most"),
    "delay": ("duration", "From the order of a node until it is there; 5m when absent"),
    "idle": ("duration", "How long a node is empty before it goes; 10m when absent"),
}
TOPOLOGY_LEVEL: Table = {
    "label": ("text", "Label key, such as cloud.provider.com/topology-rack"),
    "nodes": ("int", "Number of consecutive nodes that share a value"),
}
NODE_LIST: Table = {
    "file": ("text", "CSV file with one row per node, relative to this file"),
    "preset": ("openb", "Which trace's table it is"),
    "limit": ("int", "At most this many nodes, from the top"),
    "labels": ("labels", "Labels of every node"),
}
POLICY: Table = {
    "objects": ("list", "Kueue manifests"),
    "include": ("list", "Files with Kueue manifests, relative to this file"),
    "hyperpod": ("#hyperpod", "HyperPod task governance: cluster policy and compute quotas"),
    "teams": ("#teamQuotas", "One ClusterQueue and LocalQueue per row of a table of capacities"),
}
HYPERPOD: Table = {
    "addonVersion": (
        "text",
        "Version of the add-on, such as v1.6.0-eksbuild.1: the release of Kueue it brings is used",
    ),
    "commands": ("text", "`aws sagemaker create-…` commands as they stand in documentation"),
    "include": ("list", "Files with such commands, or with requests or answers of the service as JSON or YAML"),
    "requests": ("list", "Requests, answers of the service, or CloudFormation templates, as values"),
    "clusterSchedulerConfig": ("object", "The cluster policy: a request, or an answer to describe"),
    "computeQuotas": ("list", "Compute quotas: requests, or answers to describe or list"),
    "settings": ("#hyperpodSettings", "What HyperPod does not publish, each with a default"),
}
HYPERPOD_SETTINGS: Table = {
    "cohort": ("text", "Name of the cohort that all teams share; hyperpod when absent"),
    "queueingStrategy": ("BestEffortFIFO|StrictFIFO", "Of every team's queue; BestEffortFIFO when absent"),
    "reclaimWithinCohort": ("Never|LowerPriority|Any", "Whom an owner takes its quota back from; Any when absent"),
    "borrowWithinCohort": (
        "Never|LowerPriority",
        "Whom a borrower may evict, only while FairShare is Disabled; LowerPriority when absent",
    ),
    "whenCanBorrow": ("MayStopSearch|TryNextFlavor", "With several instance types; MayStopSearch when absent"),
    "whenCanPreempt": ("MayStopSearch|TryNextFlavor", "With several instance types; TryNextFlavor when absent"),
    "fairSharingStrategies": ("list", "Preemption strategies while FairShare is Enabled; Kueue's two when absent"),
    "borrowLimitRounding": ("down|nearest|up", "Rounding of a percentage to whole units; down when absent"),
    "dontLend": ("limits|alone", "DontLend as limits of 0, or as a queue without cohort; limits when absent"),
    "topology": ("auto|on|off", "Topology-aware scheduling on instance types whose network is known; auto when absent"),
    "taskPrioritization": (
        "ranking|fcfs",
        "Whether priority classes order the tasks (ranking), or all count the same, whatever their labels say (fcfs)",
    ),
    "efa": ("ratio|none", "EFA interfaces in a quota: their share rounded down, or none; ratio when absent"),
    "disabledQuota": ("Hold|HoldAndDrain|absent", "What ActivationState Disabled does to a queue; Hold when absent"),
}
TEAM_QUOTAS: Table = {
    "file": ("text", "CSV file with one row per team, relative to this file"),
    "preset": ("philly", "Columns of a known public trace; what is written here goes before"),
    "columns": ("#teamColumns", "Which column holds what"),
    "factor": ("number", "Every quota is multiplied by this and rounded down; 1 when absent"),
    "flavor": ("text", "Name of the ResourceFlavor; gpu when absent"),
    "gpuResource": ("text", "Resource with quota; nvidia.com/gpu when absent"),
    "borrowingLimit": ("quantity", "Borrowing limit of every quota"),
    "lendingLimit": ("quantity", "Lending limit of every quota"),
    "clusterQueue": ("object", "Spec of every ClusterQueue: cohortName, queueingStrategy, preemption, …"),
}
TEAM_COLUMNS: Table = {
    "team": ("text", "Name of the team"),
    "gpus": ("object", "GPUs of the team, or {column, scale} when counted in nodes"),
}
KUEUE: Table = {
    "version": (
        "release",
        "Kueue release, such as 0.16.4, v0.18, or the HyperPod add-on v1.6.0; absent: 0.20, with hyperpod the add-on's",
    ),
    "featureGates": ("object", "Feature gates: name to true or false"),
    "configuration": ("object", "Kueue's Configuration: fairSharing, admissionFairSharing, resources, …"),
}
POD_SET: Table = {
    "name": ("text", "Name of the pod set"),
    "pods": ("int", "Number of pods; 1 when absent"),
    "minPods": ("int", "Fewest pods that are enough (partial admission)"),
    "requests": ("quantities", "Requests of each pod"),
    "topology": ("#topology", "Topology-aware placement"),
    "nodeSelector": ("labels", "Labels the node must have"),
    "affinity": ("object", "Pod affinity as in Kubernetes; nodeAffinity counts"),
    "tolerations": ("list", "Tolerations as in Kubernetes"),
}
TOPOLOGY: Table = {
    "required": ("text", "Label of the level whose one domain must hold all pods"),
    "preferred": ("text", "Label of the level whose one domain should hold all pods"),
    "unconstrained": ("bool", "Any nodes, small gaps first"),
    "sliceLevel": ("text", "Label of the level whose one domain must hold each slice"),
    "sliceSize": ("int", "Pods per slice"),
    "layers": ("list", "Nested slices, coarse to fine: level and size"),
    "group": ("text", "Pod sets of one group are placed together"),
}
LIFE: Table = {
    "submit": ("duration", "When it is submitted; 0s when absent"),
    "runtime": ("duration", "How long it runs; absent: until it is deleted"),
    "checkpointEvery": ("duration", "Progress is kept at these intervals; absent: eviction loses all progress"),
    "restartCost": ("duration", "Extra time after every restart"),
    "gang": ("bool", "Progress needs all pods at once; true when absent"),
    "scaling": (
        "work|time",
        "Admitted with fewer pods: the work stays, so it runs longer (work, when absent), or it runs as long (time)",
    ),
    "podsReady": ("ready", "From admission to ready pods: a duration, never, or a list for the first, second, … start"),
    "reclaimable": ("[#reclaim]", "Pods that need no quota any more after it ran for a while"),
}
WORKLOAD: Table = {
    **POD_SET,
    **LIFE,
    **PRESENT,
    "name": ("text", "Name, unique in its namespace"),
    "team": ("text", "Team whose queue it goes to"),
    "queue": ("text", "LocalQueue, or namespace/LocalQueue"),
    "namespace": ("text", "Namespace of the LocalQueue"),
    "priority": ("int", "Priority as a number"),
    "priorityClass": ("text", "WorkloadPriorityClass"),
    "maxExecutionTime": ("duration", "It is deactivated after running this long"),
    "count": ("int", "Number of equal workloads; names get -0, -1, …"),
    "every": ("duration", "Time between equal workloads"),
    "podSets": ("[#podSet]", "Several pod sets instead of one"),
    "manifest": ("object", "Job manifest with Kueue's labels, or the name of a file with some"),
    "generate": ("#generate", "Synthetic arrivals"),
    "trace": ("#trace", "Jobs of a CSV or SWF file"),
}
RECLAIM: Table = {
    "after": ("duration", "Time since admission"),
    "podSet": ("text", "The pod set; the first one when absent"),
    "pods": ("int", "Number of its pods that need no quota any more"),
}
ADMISSION_CHECK: Table = {
    "check": ("text", "The AdmissionCheck"),
    "workload": ("text", "Only for this workload, as name or namespace/name"),
    "answers": ("[#checkAnswer]", "For the first, second, … reservation; the last one holds for all further ones"),
    "retryLimit": ("int", "Failed: how often it is retried before it is Rejected; 3 when absent"),
    "retryBase": ("duration", "Failed: the first wait; 1m when absent"),
    "retryMax": ("duration", "Failed: the longest wait; 30m when absent"),
}
CHECK_ANSWER: Table = {
    "state": ("Ready|Retry|Rejected|Failed", "The answer; Failed is a failed ProvisioningRequest"),
    "after": ("duration", "Time since the reservation of quota"),
    "requeueAfter": ("duration", "Retry: how long the workload waits"),
    "podSetUpdates": ("[#podSetUpdate]", "Ready: what is added to the pods"),
}
POD_SET_UPDATE: Table = {
    "name": ("text", "Pod set; absent: all pod sets"),
    "nodeSelector": ("labels", "Labels that nodes must have"),
    "tolerations": ("list", "Tolerations as in a pod"),
}
_NOT_GENERATED = ("submit", "every", "generate", "trace", "manifest", "podSets", *PRESENT)
_BESIDE_MANIFEST = ("count", "every", "manifest", "name", "namespace", "priority", "priorityClass", "queue")
MANIFEST_ENTRY: Table = {**LIFE, **PRESENT, **{name: WORKLOAD[name] for name in _BESIDE_MANIFEST}}
GENERATE: Table = {
    **{key: value for key, value in WORKLOAD.items() if key not in _NOT_GENERATED},
    "name": ("text", "Prefix of the names and name of the random stream"),
    "arrivals": ("#arrivals", "When they are submitted"),
    "count": ("int", "Number of workloads; absent: as many as come before `until`"),
    "from": ("duration", "Start of the arrivals; 0s when absent"),
    "until": ("duration", "End of the arrivals; the horizon when absent"),
    "runtime": ("duration distribution", "How long each runs"),
    "pods": ("int distribution", "Number of pods of each"),
}
ARRIVALS: Table = {
    "process": ("poisson|fixed", "Random or regular arrivals; poisson when absent"),
    "every": ("duration", "Mean time between two arrivals, over a week where there is a rhythm"),
    "rhythm": ("rhythm", "How much is submitted at which time: `workdays`, or weights of your own; even when absent"),
    "sessions": ("#sessions", "Each arrival is a user who submits several jobs; one job each when absent"),
}
RHYTHM: Table = {
    "hours": ("list", "24 weights, from midnight on; alike when absent"),
    "weekdays": ("value", "Seven weights from Monday on, or a mapping from `mon` … `sun`; alike when absent"),
}
SESSIONS: Table = {
    "jobs": ("int distribution", "Number of jobs of a session"),
    "gap": ("duration distribution", "Time from one job of a session to the next; all at once when absent"),
    "users": ("int", "Number of users; every session is one of them"),
    "spread": (
        "number",
        "How differently users run: standard deviation of the logarithm of a user's factor on run times",
    ),
}
DISTRIBUTION: Table = {
    "distribution": (
        "constant|uniform|exponential|lognormal|weibull|gamma|pareto|hyperexponential|choice|empirical",
        "Kind of distribution",
    ),
    "value": ("value", "constant: the value"),
    "low": ("value", "uniform, pareto: the lowest value"),
    "high": ("value", "uniform: the highest value"),
    "mean": ("value", "exponential, lognormal, weibull, gamma: the mean"),
    "median": ("value", "lognormal: the median"),
    "sigma": ("number", "lognormal: standard deviation of the logarithm"),
    "shape": (
        "number",
        "weibull, gamma, pareto: the shape; below 1 a weibull or gamma varies more than an exponential",
    ),
    "scale": ("value", "weibull, gamma: the scale, instead of the mean"),
    "means": ("list", "hyperexponential: the mean of each phase"),
    "values": ("list", "choice: the values"),
    "weights": ("list", "choice, hyperexponential: how often each is drawn; equal when absent"),
    "file": ("text", "empirical: CSV file with the values, relative to this file; .gz is unpacked"),
    "column": ("text", "empirical: the column that holds them"),
    "min": ("value", "Smaller values become this one"),
    "max": ("value", "Larger values become this one"),
    "by": ("text", "Instead of one distribution: one for each size, in `of`"),
    "of": ("list", "Distributions for sizes that go up, each with `upTo` (pods), the last without"),
}
TRACE: Table = {
    "resample": ("day|week", "Draw the days (of a weekday) or weeks anew, by the seed; as recorded when absent"),
    "load": ("number", "Factor on the number of jobs, by thinning or by laying others over them; 1 when absent"),
    "growth": ("number", "Factor on the load every 30 days, 1.05 is 5 % more; 1 when absent"),
    "file": ("text", "CSV, SWF or JSON file, relative to this file; .gz is unpacked"),
    "preset": (
        "philly|openb|sacct",
        "Columns of a known trace; what is written here goes before",
    ),
    "format": ("csv|swf|json", "By the file's name and how it begins when absent"),
    "name": ("text", "Prefix of the workload names"),
    "columns": ("#traceColumns", "Which column holds what"),
    "timeUnit": ("ns|us|ms|s|m|h", "Unit of numbers in the time columns; s when absent"),
    "timeZone": (
        "text",
        "Zone of times that say none, such as Europe/Berlin or +02:00; UTC when absent",
    ),
    "dateOrder": (
        "day-month|month-day",
        "Order in dates such as 01/02/2026, where none of them has a day beyond 12",
    ),
    "gpuResource": ("text", "Resource the `gpus` column counts; nvidia.com/gpu when absent"),
    "gpusPerPod": ("int", "A job with more GPUs is split into pods of this size; 8 when absent"),
    "teams": ("labels", "Team for each value of the team column, where it is not the value itself"),
    "where": ("object", "Only rows whose column has this value, or one of these"),
    "from": ("duration", "Only rows submitted from here on, or from this instant on; becomes time zero"),
    "until": ("duration", "Only rows submitted before, on the trace's clock as `from`"),
    "limit": ("int", "At most this many rows"),
    "sort": ("bool", "Rows are not in order of submission: all are read, then sorted"),
    "strict": ("bool", "Wrong rows are mistakes; when absent they are counted, reported and skipped"),
    "defaults": ("#traceDefaults", "What no column says: team, requests, priority, …"),
}
_NOT_DEFAULTED = (
    *("name", "submit", "runtime", "count", "every", "generate", "trace", "manifest"),
    *("podSets", "minPods", "scaling", "reclaimable", *PRESENT),
)
TRACE_DEFAULTS: Table = {key: value for key, value in WORKLOAD.items() if key not in _NOT_DEFAULTED}
TRACE_COLUMNS: Table = {
    "submit": ("column", "Submission: a number or an instant; of all times also {column, unit} in a unit of its own"),
    "runtime": ("column", "Run time"),
    "start": ("column", "Start of the run; with `end` instead of `runtime`, and what `backtest` holds waits against"),
    "end": ("column", "End of the run"),
    "wait": ("column", "Wait from submission to start, what `backtest` holds waits against"),
    "name": ("text", "Name of the job"),
    "team": ("text", "Team"),
    "state": ("text", "State: a job that waits is a wrong row, one that runs has run so far"),
    "gpus": ("text", "GPUs of the whole job"),
    "pods": ("text", "Number of pods"),
    "priority": ("text", "Priority as a number"),
    "requests": ("object", "Per resource the column with the request of each pod, or {column, scale}"),
}

SECTIONS: Mapping[str, Table] = {
    "decision": DECISION,
    "expectation": EXPECTATION,
    "curvePoint": CURVE_POINT,
    "cluster": CLUSTER,
    "nodePool": NODE_POOL,
    "autoscale": AUTOSCALE,
    "nodeList": NODE_LIST,
    "topologyLevel": TOPOLOGY_LEVEL,
    "policy": POLICY,
    "hyperpod": HYPERPOD,
    "hyperpodSettings": HYPERPOD_SETTINGS,
    "teamQuotas": TEAM_QUOTAS,
    "teamColumns": TEAM_COLUMNS,
    "kueue": KUEUE,
    "workload": WORKLOAD,
    "podSet": POD_SET,
    "topology": TOPOLOGY,
    "generate": GENERATE,
    "arrivals": ARRIVALS,
    "sessions": SESSIONS,
    "trace": TRACE,
    "traceColumns": TRACE_COLUMNS,
    "traceDefaults": TRACE_DEFAULTS,
    "action": ACTION,
    "reclaim": RECLAIM,
    **PRESENT_SECTIONS,
    "admissionCheck": ADMISSION_CHECK,
    "checkAnswer": CHECK_ANSWER,
    "podSetUpdate": POD_SET_UPDATE,
}
