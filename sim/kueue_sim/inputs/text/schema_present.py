"""Which fields say what a workload is already when the simulation begins?"""

from collections.abc import Mapping

Table = Mapping[str, tuple[str, str]]
"""Field -> (type, meaning). Types: text, int, number, bool, duration, ago, quantity, labels, quantities, object, list,
``#section``, ``[#section]``, ``a|b`` for words; ``distribution`` after a type allows a distribution instead."""

PRESENT: Table = {
    "waitingSince": ("ago", "It was submitted before the start: so long ago, or at this instant"),
    "admitted": ("#admitted", "It is admitted when the simulation begins: what it holds"),
    "quotaReserved": ("#admitted", "It holds quota, and its admission checks are outstanding"),
    "ranFor": ("duration", "admitted: how long it has run; absent: since it was admitted"),
    "progress": ("duration", "Run time of earlier admissions that need not be repeated"),
    "evicted": ("#evicted", "It was evicted; with `admitted` its pods still terminate"),
    "requeue": ("#requeue", "Its requeue state: backoff, and what it waits for before it may be queued"),
    "checks": ("[#recordedCheck]", "What its admission checks say at the start"),
    "pending": ("#pending", "Why it waits, in Kueue's words; absent: it was not looked at yet"),
    "admissions": ("int", "How often it got quota so far, this time included"),
    "executedBefore": ("duration", "How long it was admitted before; counts for maxExecutionTime"),
}
ADMITTED: Table = {
    "clusterQueue": ("text", "The ClusterQueue whose quota it holds; that of its LocalQueue when absent"),
    "reserved": ("ago", "When its quota was reserved; when it was admitted when absent"),
    "since": ("ago", "When it was admitted; at the start, less `ranFor`, when absent"),
    "flavors": ("labels", "Flavor of each resource of all its pods; needed where there are several"),
    "podSets": ("[#admittedPodSet]", "What each pod set holds; all pods with `flavors` when absent"),
    "podsScheduled": ("bool", "Whether all its pods have a node, without which a gang does not run; true when absent"),
    "podsReady": ("bool", "Whether all its pods are ready; true when absent"),
    "unreadySince": ("ago", "Since when pods that were ready are so no more"),
    "unhealthyNodes": ("list", "Nodes that failed under it"),
}
ADMITTED_POD_SET: Table = {
    "name": ("text", "Name of the pod set"),
    "pods": ("int", "Number of pods; those of the pod set when absent"),
    "flavors": ("labels", "Flavor of each resource"),
    "usage": ("quantities", "What all its pods hold; their requests when absent"),
    "topology": ("#admittedTopology", "Where its pods are"),
    "topologyPending": ("bool", "Its pods get their places when the admission checks are ready"),
    "nodes": ("list", "The node of each pod, where it is known"),
}
ADMITTED_TOPOLOGY: Table = {
    "levels": ("list", "Node label keys"),
    "domains": ("[#admittedDomain]", "Pods per domain"),
}
ADMITTED_DOMAIN: Table = {
    "values": ("list", "Values of the labels"),
    "pods": ("int", "Number of pods"),
}
EVICTED: Table = {
    "reason": ("text", "Kueue's reason: Preempted, PodsReadyTimeout, AdmissionCheck, …"),
    "since": ("ago", "When; at the start when absent"),
    "preempted": ("text", "Kueue's reason of a preemption: InClusterQueue, InCohortReclamation, …"),
    "message": ("text", "Kueue's message, which stands as the answer once its pods are gone"),
}
REQUEUE: Table = {
    "at": ("ago", "The end of its backoff: so long from the start, or this instant"),
    "count": ("int", "How often its pods were not ready in time"),
    "held": ("text", "Reason why it is not requeued before something happens (condition Requeued is False)"),
}
RECORDED_CHECK: Table = {
    "check": ("text", "The AdmissionCheck"),
    "state": ("Pending|Ready|Retry|Rejected", "What it says; Pending when absent"),
    "since": ("ago", "Since when"),
    "requeueAfter": ("duration", "Retry: how long the workload waits"),
    "retries": ("int", "How often it said Retry"),
    "podSetUpdates": ("[#podSetUpdate]", "Ready: what was added to the pods"),
}
PENDING: Table = {
    "reason": ("text", "Reason of the condition QuotaReserved"),
    "message": ("text", "Its message"),
    "preemptor": ("bool", "It preempted others and was not admitted since, so it goes before all of its ClusterQueue"),
}
PAST_JOB: Table = {
    "submitted": ("ago", "When it was submitted; at the start when absent"),
    "admitted": ("ago", "When it was first admitted"),
    "ended": ("ago", "When it ended; absent: it had not"),
    "ran": (
        "duration",
        "How long it ran in all, or so far; without runs that an eviction threw away",
    ),
    "evictions": ("int", "How often it was evicted"),
    "executedBefore": ("duration", "How long it was admitted before those evictions, in all"),
    "manifest": ("object", "Its manifest; or the fields of a workload in the short form"),
    "like": ("text", "An earlier entry, by namespace/name, whose manifest it had but for its own `name`"),
    **{name: ("object", "As of a workload") for name in ("name", "team", "queue", "namespace", "pods", "requests")},
    "priority": ("int", "As of a workload"),
}
PRESENT_SECTIONS: Mapping[str, Table] = {
    "admitted": ADMITTED,
    "admittedPodSet": ADMITTED_POD_SET,
    "admittedTopology": ADMITTED_TOPOLOGY,
    "admittedDomain": ADMITTED_DOMAIN,
    "evicted": EVICTED,
    "requeue": REQUEUE,
    "recordedCheck": RECORDED_CHECK,
    "pending": PENDING,
    "pastJob": PAST_JOB,
}
