"""What the administrator changes while the simulation runs: one action applied to a policy."""

from dataclasses import replace

from kueue_sim.model import Action, Policy, StopPolicy

_FIELDS = {
    "ResourceFlavor": "flavors",
    "ClusterQueue": "cluster_queues",
    "Cohort": "cohorts",
    "LocalQueue": "local_queues",
    "Namespace": "namespaces",
}


def changed(policy: Policy, action: Action) -> Policy:
    """The policy after an ``apply`` or ``stop`` action."""
    if action.do == "stop":
        return _stopped(policy, action.target, StopPolicy(action.stop_policy))
    for item in action.objects:
        name = _FIELDS[type(item).__name__]
        kept = [old for old in getattr(policy, name) if _identity(old) != _identity(item)]
        policy = replace(policy, **{name: (*kept, item)})
    return policy


def _identity(item: object) -> tuple[object, object]:
    return getattr(item, "namespace", None), getattr(item, "name", None)


def _stopped(policy: Policy, target: str, stop: StopPolicy) -> Policy:
    """``target`` is the name of a ClusterQueue, or namespace/name of a LocalQueue."""
    if "/" in target:
        queues = tuple(
            replace(queue, stop_policy=stop) if f"{queue.namespace}/{queue.name}" == target else queue
            for queue in policy.local_queues
        )
        return replace(policy, local_queues=queues)
    return replace(
        policy,
        cluster_queues=tuple(
            replace(queue, stop_policy=stop) if queue.name == target else queue for queue in policy.cluster_queues
        ),
    )
