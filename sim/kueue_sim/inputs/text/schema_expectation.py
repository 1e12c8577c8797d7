"""Which fields does an expectation of a policy test have?"""

from kueue_sim.inputs.text.schema_present import Table

DECISION: Table = {
    "admitted": ("names", "Workloads that are admitted: a name, a pattern with *, or a list of those"),
    "started": ("names", "Workloads whose work begins: their pods are ready on nodes, where there are nodes"),
    "preempted": ("names", "Workloads that are preempted"),
    "evicted": ("names", "Workloads that are evicted for another reason"),
    "waits": ("names", "Workloads that wait at the end, or at an instant"),
    "finished": ("names", "Workloads that finish"),
    "at": ("duration", "How things stand once this instant has settled; of an eviction the instant itself"),
    "within": ("duration", "At this instant or before"),
    "flavors": ("object", "admitted: the flavor of all resources, or of some"),
    "pods": ("int", "admitted: the number of pods"),
    "nodes": ("object", "admitted: pods per node (or lowest domain) of the topology, all of them"),
    "times": ("int", "How often it happens"),
    "by": ("text", "preempted: the preemptor"),
    "reason": ("text", "Kueue's reason"),
    "message": ("text", "A part of Kueue's message, of started: of the nodes; * stands for anything"),
}
EXPECTATION: Table = {
    **DECISION,
    "never": ("#decision", "A decision that is not made for any of its workloads"),
    "order": ("list", "Workloads, each first admitted (or finished) no later than the next"),
    "of": ("admitted|finished", "order: of what; admitted when absent"),
    "metric": ("text", "A condition on a metric, such as team-b.wait.p95 <= 30m"),
    "seeds": ("int", "metric: the whole interval over so many seeds must keep it; 1 when absent"),
    "confidence": ("number", "metric: of that interval; 0.95 when absent"),
    "rangespec": ("text", "File with ranges as Kueue's performance tests use them"),
    "endlessPreemption": ("endless", "An instant would repeat itself for ever: true, or it (at) and the workloads"),
    "loops": ("none", "No work is evicted and admitted again in rounds"),
    "decisions": ("text", "File with all decisions, as --update recorded them"),
}
