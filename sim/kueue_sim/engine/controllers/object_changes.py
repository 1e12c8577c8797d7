"""What the administrator changes while the simulation runs: one action applied to a policy."""

from dataclasses import replace

from kueue_sim.model import Action, ClusterQueue, Policy, StopPolicy

_FIELDS = {
    "ResourceFlavor": "flavors",
    "ClusterQueue": "cluster_queues",
    "Cohort": "cohorts",
    "LocalQueue": "local_queues",
    "Namespace": "namespaces",
}


def changed(policy: Policy, action: Action) -> Policy:
    """The policy after an ``apply``, ``stop`` or ``remove`` action."""
    if action.do == "stop":
        return _stopped(policy, action.target, StopPolicy(action.stop_policy))
    if action.do == "remove":
        return _removed(policy, action.name, action.target)
    for item in action.objects:
        name = _FIELDS[type(item).__name__]
        kept = [old for old in getattr(policy, name) if _identity(old) != _identity(item)]
        policy = replace(policy, **{name: (*kept, _as_it_is(policy, item))})
    return policy


def without(policy: Policy, queue: str) -> Policy:
    """The policy after a ClusterQueue that was deleted is gone."""
    return replace(policy, cluster_queues=tuple(one for one in policy.cluster_queues if one.name != queue))


def _as_it_is(policy: Policy, item: object) -> object:
    """An object that is applied; one that is being deleted goes on being deleted."""
    if not isinstance(item, ClusterQueue):
        return item
    dying = any(old.terminating for old in policy.cluster_queues if old.name == item.name)
    return replace(item, terminating=dying)


def _identity(item: object) -> tuple[object, object]:
    return getattr(item, "namespace", None), getattr(item, "name", None)


def _removed(policy: Policy, kind: str, target: str) -> Policy:
    """A deleted ClusterQueue stays for now; other objects are gone. Implements R6.64."""
    if kind == "Cohort":
        return replace(policy, cohorts=tuple(one for one in policy.cohorts if one.name != target))
    if kind == "LocalQueue":
        kept = tuple(one for one in policy.local_queues if f"{one.namespace}/{one.name}" != target)
        return replace(policy, local_queues=kept)
    return replace(
        policy,
        cluster_queues=tuple(
            replace(queue, terminating=True) if queue.name == target else queue for queue in policy.cluster_queues
        ),
    )


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
