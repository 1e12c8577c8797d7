"""Which queue keeps a workload waiting because an administrator stopped it: what Kueue calls inactive, in full."""

from kueue_sim.engine.controllers.object_changes import changed
from kueue_sim.model import Scenario, StopPolicy, Workload


def inactive_in_full(scenario: Scenario, workload: Workload, message: str, at_ms: int) -> str:
    """What stands behind a message that calls a queue inactive, as ``stopped_queue`` says it; empty behind others."""
    return stopped_queue(scenario, workload, at_ms) if message.endswith((" is inactive", " is stopped")) else ""


def stopped_queue(scenario: Scenario, workload: Workload, at_ms: int) -> str:
    """``LocalQueue lq is stopped (stopPolicy Hold)`` or the same of its ClusterQueue; empty where neither is stopped at
    this instant (R6.60)."""
    policy = scenario.policy
    for action in sorted(scenario.timeline, key=lambda one: one.at_ms):
        if action.at_ms <= at_ms and action.do in ("apply", "stop"):
            policy = changed(policy, action)
    wanted = (workload.namespace, workload.queue_name)
    local = next((one for one in policy.local_queues if (one.namespace, one.name) == wanted), None)
    if local is None:
        return ""
    if local.stop_policy is not StopPolicy.NONE:
        return f"LocalQueue {local.name} is stopped (stopPolicy {local.stop_policy})"
    queue = next((one for one in policy.cluster_queues if one.name == local.cluster_queue), None)
    if queue is None or queue.stop_policy is StopPolicy.NONE:
        return ""
    return f"ClusterQueue {queue.name} is stopped (stopPolicy {queue.stop_policy})"
