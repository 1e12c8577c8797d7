"""May a workload be looked at at all? What keeps it back before any quota is asked for (R4.6–R4.9)."""

from kueue_sim.model.label_matching import selects
from kueue_sim.policy.compiled_policy import CompiledPolicy, CompiledQueue
from kueue_sim.policy.workloads.reasons import PendingReason, RequeueReason
from kueue_sim.policy.workloads.workload_info import Pending


def inadmissible_reason(
    pending: Pending, queue: CompiledQueue, compiled: CompiledPolicy
) -> tuple[RequeueReason, PendingReason, str] | None:
    """Why a head is not nominated: requeue reason, pending reason and message; None when it is."""
    if pending.status is not None and pending.status.failed_checks:
        return "Generic", "PendingEvaluation", "The workload has failed admission checks"
    if not queue.active:
        return "Generic", "Suspended", f"ClusterQueue {queue.name} is inactive"
    namespace = pending.workload.namespace
    if not queue.namespaces.get(namespace) and not _selects(queue, namespace, compiled):
        message = "workload namespace doesn't match ClusterQueue selector"
        return "NamespaceMismatch", "Misconfigured", message
    if pending.workload.infeasible_reason:
        return "Generic", "Misconfigured", pending.workload.infeasible_reason
    return None


def unselected_namespaces(compiled: CompiledPolicy) -> dict[str, set[str]]:
    """Per ClusterQueue, namespaces with LocalQueues of it from which it does not admit; none if it does from all."""
    found: dict[str, set[str]] = {}
    for local in compiled.local_queues.values():
        queue = compiled.queues.get(local.cluster_queue)
        if queue is not None and not _selects(queue, local.namespace, compiled):
            found.setdefault(queue.name, set()).add(local.namespace)
    return found


def _selects(queue: CompiledQueue, namespace: str, compiled: CompiledPolicy) -> bool:
    """Whether the queue admits from this namespace (R4.9)."""
    known = queue.namespaces.get(namespace)
    if known is None:
        space = compiled.namespaces.get(namespace)
        labels = dict(space.labels) if space is not None else {}
        labels.setdefault("kubernetes.io/metadata.name", namespace)
        known = queue.namespaces[namespace] = selects(queue.spec.namespace_selector, labels)
    return known
