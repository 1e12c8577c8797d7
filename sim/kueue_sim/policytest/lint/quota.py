"""Rules about quota: is it there, can anybody use it, does it come back?"""

from collections.abc import Iterator

from kueue_sim.inputs.kubernetes.nodes import capacity
from kueue_sim.inputs.text.field import near_miss
from kueue_sim.policy.quota.quota_tree import QuotaForest
from kueue_sim.policytest.lint.findings import Found, rule
from kueue_sim.policytest.lint.inspected import Inspected, flavors_of, listed, quotas_of
from kueue_sim.units import format_quantity


@rule("KS001", "quota-over-capacity", "warning")
def quota_over_capacity(world: Inspected) -> Iterator[Found]:
    """The nominal quota of a resource in a flavor is larger than what the nodes of that flavor have.

    Kueue knows quota, not nodes: it admits workloads whose pods then stay Pending, holding quota that nobody else
    can use. The sum goes over all ClusterQueues and Cohorts, because all of it can be in use at once.

    Lower the quotas, or add nodes. Where more quota than nodes is meant (planning ahead), ignore this rule.
    """
    if not world.nodes:
        return
    total: dict[str, dict[str, int]] = {}
    for item in world.owners:
        for (flavor, resource), quota, _ in quotas_of(item):
            amounts = total.setdefault(flavor, {})
            amounts[resource] = amounts.get(resource, 0) + quota.nominal
    for flavor, amounts in sorted(total.items()):
        labels = world.flavors[flavor].node_labels if flavor in world.flavors else {}
        there = capacity(tuple(world.nodes), labels)
        over = [
            f"{format_quantity(amount, name)} {name} (they have {format_quantity(there.get(name, 0), name)})"
            for name, amount in amounts.items()
            if amount > there.get(name, 0)
        ]
        if over:
            yield (
                f"the quotas of flavor {flavor} add up to more than its nodes have: {listed(over)}",
                world.place("ResourceFlavor", flavor),
            )


@rule("KS002", "cohort-quota-unusable", "warning")
def cohort_quota_unusable(world: Inspected) -> Iterator[Found]:
    """A Cohort owns quota that no ClusterQueue of its tree can use.

    A ClusterQueue uses only the flavors and resources that it lists itself (rule R2.27). Quota of
    a Cohort for anything else is out of reach for everybody, however idle it is.

    List the flavor and resource in a ClusterQueue of that tree; a nominal quota of 0 is enough to borrow it.
    """
    for cohort in world.policy.cohorts:
        members = world.members(world.chain(cohort.name)[-1])
        listed_by_queues = {slot for queue in members for slot, _, _ in quotas_of(queue)}
        for slot, quota, path in quotas_of(cohort):
            if quota.nominal and slot not in listed_by_queues:
                flavor, resource = slot
                yield (
                    f"no ClusterQueue lists {resource} in flavor {flavor}, so nobody can use the "
                    f"{format_quantity(quota.nominal, resource)} that Cohort {cohort.name} owns",
                    world.place("Cohort", cohort.name, *path),
                )


@rule("KS003", "borrowing-limit-unreachable", "warning")
def borrowing_limit_unreachable(world: Inspected) -> Iterator[Found]:
    """A borrowing limit is larger than everything the others could ever lend.

    The limit looks like a promise and restricts nothing: with every other queue idle, less than that can be
    borrowed, because the others have less quota or lend less of it (lendingLimit).

    Lower the limit to what can be borrowed, remove it, or let the others lend more.
    """
    forest = QuotaForest(world.policy)
    for queue in world.policy.cluster_queues:
        node = forest.queues[queue.name]
        if node.parent is None:
            continue
        beyond: dict[str, list[str]] = {}
        for (flavor, resource), quota, _ in quotas_of(queue):
            index = forest.slot_of[flavor, resource]
            reach = max(0, node.local_quota[index] + node.parent.potential_available[index] - quota.nominal)
            if quota.borrowing_limit is not None and quota.borrowing_limit > reach:
                limit, most = format_quantity(quota.borrowing_limit, resource), format_quantity(reach, resource)
                beyond.setdefault(flavor, []).append(f"{limit} {resource} (at most {most} can be lent)")
        for flavor, limits in beyond.items():
            yield (
                f"ClusterQueue {queue.name} can never reach its borrowingLimit in flavor {flavor}: {listed(limits)}",
                world.place("ClusterQueue", queue.name, "spec", "resourceGroups"),
            )


@rule("KS004", "cohort-of-one", "warning")
def cohort_of_one(world: Inspected) -> Iterator[Found]:
    """A ClusterQueue is alone in its Cohort, so nobody lends to it and nobody borrows from it.

    A Cohort comes into being when a ClusterQueue names it. A misspelt name makes a new, lonely one without any
    error, and the queue loses all sharing.

    Correct the name, or leave it out if the queue is meant to be alone.
    """
    cohorts = {cohort.name: cohort for cohort in world.cohorts()}
    for queue in world.policy.cluster_queues:
        if not queue.cohort or world.neighbours(queue):
            continue
        if any(cohorts[name].resource_groups for name in world.chain(queue.cohort)):
            continue
        others = [name for name in cohorts if name != queue.cohort]
        hint = f"; {near_miss(queue.cohort, others)}" if others else ""
        yield (
            f"ClusterQueue {queue.name} is the only one in Cohort {queue.cohort}{hint}",
            world.place("ClusterQueue", queue.name, "spec", "cohortName")
            or world.place("ClusterQueue", queue.name, "spec", "cohort"),
        )


@rule("KS005", "no-quota", "error")
def no_quota(world: Inspected) -> Iterator[Found]:
    """A ClusterQueue has no quota of its own and no Cohort to borrow from: it admits nothing.

    Either it lists no resource at all, or everything it lists has a nominal quota of 0 while it belongs to no
    Cohort (or to one in which nobody has any).

    Give it quota, or put it into a Cohort that has some.
    """
    forest = QuotaForest(world.policy)
    for queue in world.policy.cluster_queues:
        node = forest.queues[queue.name]
        if not any(node.potential_available[forest.slot_of[slot]] for slot, _, _ in quotas_of(queue)):
            yield (
                f"ClusterQueue {queue.name} has no quota and nobody to borrow from; it admits nothing",
                world.place("ClusterQueue", queue.name),
            )


@rule("KS006", "unused-flavor", "note")
def unused_flavor(world: Inspected) -> Iterator[Found]:
    """A ResourceFlavor occurs in no ClusterQueue.

    Its nodes take no work through Kueue. Often it is the sign of a renamed or misspelt flavor.

    Add it to a ClusterQueue, or delete it.
    """
    used = {flavor.name for item in world.policy.cluster_queues for flavor in flavors_of(item)}
    for flavor in world.policy.flavors:
        if flavor.name not in used:
            yield f"no ClusterQueue uses flavor {flavor.name}", world.place("ResourceFlavor", flavor.name)


@rule("KS007", "lent-quota-not-reclaimable", "warning")
def lent_quota_not_reclaimable(world: Inspected) -> Iterator[Found]:
    """A ClusterQueue lends its quota and has no means to take it back.

    Without `reclaimWithinCohort` its own work waits until borrowers finish by themselves, however long that takes:
    its nominal quota is not guaranteed.

    Set `preemption.reclaimWithinCohort` to `Any` or `LowerPriority`, or keep a part back with `lendingLimit`.
    """
    for queue in world.policy.cluster_queues:
        if queue.preemption.reclaim_within_cohort != "Never":
            continue
        takers = {
            slot
            for other in world.neighbours(queue)
            for slot, quota, _ in quotas_of(other)
            if quota.borrowing_limit is None or quota.borrowing_limit
        }
        lent = [
            slot
            for slot, quota, _ in quotas_of(queue)
            if quota.nominal and (quota.lending_limit is None or quota.lending_limit) and slot in takers
        ]
        if lent:
            yield (
                f"ClusterQueue {queue.name} lends {listed(f'{resource} of {flavor}' for flavor, resource in lent)} "
                "and cannot take it back: reclaimWithinCohort is Never",
                world.place("ClusterQueue", queue.name, "spec", "preemption", "reclaimWithinCohort"),
            )
