"""What does a range file of Kueue's performance suites demand? The wall-clock limit of a real machine is left out."""

from kueue_sim.inputs.text.field import Field
from kueue_sim.policytest.expectations import ClassRange

USAGE, TIMES = "clusterQueueClassesMinUsage", "wlClassesMaxAvgTimeToAdmissionMs"


def class_ranges(document: Field) -> list[ClassRange]:
    """One expectation per class of ClusterQueues and of workloads; mistakes go to the document's report."""
    document.only("cmd", USAGE, TIMES)
    found = []
    for name, limit in document.get(USAGE).entries():
        found.append(ClassRange("cluster_queues", name, limit.number() / 100, limit.source.place(limit.path)))
    for name, limit in document.get(TIMES).entries():
        found.append(ClassRange("workloads", name, limit.number() / 1000, limit.source.place(limit.path)))
    return found
