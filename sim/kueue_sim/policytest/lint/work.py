"""Rules about what is submitted: can it run, does it block others, will it end?"""

from collections.abc import Iterator
from dataclasses import replace

from kueue_sim.inputs.kueue.validation import REFUSED
from kueue_sim.model import ClusterQueue, PodSet, Scenario, StopPolicy, Workload
from kueue_sim.policytest.lint.findings import Found, rule
from kueue_sim.policytest.lint.inspected import Inspected, Submitted, flavors_of, listed, quotas_of
from kueue_sim.units import format_duration, format_quantity

_MANY_SHAPES = 300
"""So many shapes are tried out at most; more take longer than a check may."""


@rule("KS301", "pod-priority-class-unknown", "warning")
def pod_priority_class_unknown(world: Inspected) -> Iterator[Found]:
    """The pods of a job name a PriorityClass that is not among the manifests.

    Without a WorkloadPriorityClass label the priority of a workload is that of its pods (rule R1.30). An unknown
    name counts as priority 0 here; in a cluster the pods would be refused.

    Correct the name, add the PriorityClass to the policy, or label the job with a WorkloadPriorityClass.
    """
    for name, place in world.loaded.unknown_classes:
        yield f"there is no PriorityClass {name!r}; it counts as priority 0", place


@rule("KS302", "priority-classes-tied", "note")
def priority_classes_tied(world: Inspected) -> Iterator[Found]:
    """Two WorkloadPriorityClasses have the same value.

    Kueue compares values, not names: neither comes first, and neither preempts the other.

    Give them different values if one is meant to go first.
    """
    names: dict[int, list[str]] = {}
    for item in world.policy.priority_classes:
        names.setdefault(item.value, []).append(item.name)
    for value, tied in sorted(names.items()):
        if len(tied) > 1:
            place = world.place("WorkloadPriorityClass", sorted(tied)[1])
            yield f"WorkloadPriorityClasses {listed(tied)} have the same value {value}", place


@rule("KS401", "never-admitted", "error")
def never_admitted(world: Inspected) -> Iterator[Found]:
    """A workload is not admitted even when nothing else runs and nothing else waits.

    Each shape of workload is tried alone on the empty cluster, with queues that are stopped taken as open. What is
    not admitted then never will be: it asks for more than its queue may ever use, for a resource or flavor that the
    queue does not have, or for a topology that is not there. The message is Kueue's own. In a StrictFIFO queue whatever
    comes after it is never admitted either.

    Ask for less, choose another queue, or change quota, limits or flavors.
    """
    for item in world.submitted[:_MANY_SHAPES]:
        answer = _alone(world.scenario, item.first)
        if answer is not None:
            strict = item.queue.queueing_strategy == "StrictFIFO"
            behind = f"; ClusterQueue {item.queue.name} is StrictFIFO, so nothing behind it is either" if strict else ""
            yield f"{item.who} can never be admitted: {answer}{behind}", world.workload_place(item.first)


def _alone(scenario: Scenario, workload: Workload) -> str | None:
    """Kueue's answer to a workload that has the cluster to itself; None when it is admitted."""
    from kueue_sim.engine import simulate

    policy = replace(
        scenario.policy,
        cluster_queues=tuple(replace(item, stop_policy=StopPolicy.NONE) for item in scenario.policy.cluster_queues),
        local_queues=tuple(replace(item, stop_policy=StopPolicy.NONE) for item in scenario.policy.local_queues),
    )
    only = workload._replace(created_ms=0, runtime_ms=None, active=True, status=None)
    with_nodes = any(flavor.topology_name for flavor in policy.flavors)
    nodes, pods = (scenario.nodes, scenario.node_pods) if with_nodes else ((), ())
    alone = replace(scenario, policy=policy, workloads=(only,), timeline=(), horizon_ms=0, nodes=nodes, node_pods=pods)
    run = simulate(alone)
    if any(fact.type == "Admitted" for fact in run.facts) or run.states.get(only.key) != "pending":
        return None
    reason, message = run.pending.get(only.key, ("", ""))
    return message or reason or "no answer"


@rule("KS402", "strict-fifo-blocked", "warning")
def strict_fifo_blocked(world: Inspected) -> Iterator[Found]:
    """A workload in a StrictFIFO queue needs more than the queue owns, and everything behind it waits meanwhile.

    It can be admitted only while others lend. Until then it stays at the head, holds back the queue's free quota in
    every cycle, and neither smaller workloads of its own queue nor borrowers in others get in.

    Use BestEffortFIFO, give the queue enough quota for its largest gang, or split the gang.
    """
    for item in world.submitted:
        if item.queue.queueing_strategy == "StrictFIFO" and (short := _beyond_nominal(item)):
            yield (
                f"{item.who} asks for {short}, and ClusterQueue {item.queue.name} is StrictFIFO: while it waits, "
                "everything behind it waits",
                world.workload_place(item.first),
            )


def _beyond_nominal(item: Submitted) -> str:
    """What it asks for beyond the nominal quota of every flavor, "" when it fits into one."""
    best: dict[str, int] = {}
    for (_, resource), quota, _ in quotas_of(item.queue):
        best[resource] = max(best.get(resource, 0), quota.nominal)
    for resource, amount in sorted(item.totals.items()):
        if resource in best and amount > best[resource]:
            most = format_quantity(best[resource], resource)
            return f"{format_quantity(amount, resource)} {resource}, more than the {most} of any flavor of its queue"
    return ""


@rule("KS403", "gang-may-starve", "note")
def gang_may_starve(world: Inspected) -> Iterator[Found]:
    """A BestEffortFIFO queue takes large gangs beside much smaller work, and nothing protects the gangs.

    Whenever a little quota becomes free the small work behind the gang takes it, so the gang's share never comes
    together (Kueue issue 8309). A gang counts as large from half of the queue's quota on, when other work of the
    queue asks for a quarter of it or less, with the same or a higher priority.

    Give gangs a higher priority with `withinClusterQueue: LowerPriority`, a queue of their own, or StrictFIFO.
    """
    groups: dict[str, list[Submitted]] = {}
    for item in world.submitted:
        if item.queue.queueing_strategy == "BestEffortFIFO":
            groups.setdefault(item.queue.name, []).append(item)
    for name, items in sorted(groups.items()):
        for gang in items:
            resource, amount, quota = _main_demand(gang)
            small = [one for one in items if 0 < one.totals.get(resource, 0) * 4 <= amount]
            rivals = [one for one in small if one.first.priority >= gang.first.priority]
            if quota and 2 * amount >= quota and rivals:
                yield (
                    f"{gang.who} asks for {format_quantity(amount, resource)} of {format_quantity(quota, resource)} "
                    f"{resource} of ClusterQueue {name}, and small work such as {rivals[0].first.name} may always "
                    "be admitted before it",
                    world.workload_place(gang.first),
                )


def _main_demand(item: Submitted) -> tuple[str, int, int]:
    """The resource the workload takes the largest part of, its amount, and the queue's quota of it."""
    quota: dict[str, int] = {}
    for (_, resource), own, _ in quotas_of(item.queue):
        quota[resource] = quota.get(resource, 0) + own.nominal
    parts = [(amount / quota[name], name) for name, amount in item.totals.items() if quota.get(name)]
    if not parts:
        return "", 0, 0
    resource = max(parts)[1]
    return resource, item.totals[resource], quota[resource]


@rule("KS404", "runs-longer-than-allowed", "warning")
def runs_longer_than_allowed(world: Inspected) -> Iterator[Found]:
    """A workload runs longer than its maximum execution time.

    It is stopped and deactivated before it ends, and what it ran is lost.

    Raise the maximum, or shorten the work.
    """
    seen: set[str] = set()
    for workload in world.workloads:
        most, needed = workload.max_execution_ms, workload.runtime_ms
        prefix = workload.name.rpartition("-")[0] or workload.name
        if most is not None and needed is not None and needed > most and prefix not in seen:
            seen.add(prefix)
            yield (
                f"workload {workload.name} runs {format_duration(needed)} and may run {format_duration(most)}",
                world.workload_place(workload),
            )


@rule("KS405", "fewer-pods-not-possible", "warning")
def fewer_pods_not_possible(world: Inspected) -> Iterator[Found]:
    """A workload would be content with fewer pods, but partial admission is off.

    With the feature gate PartialAdmission off, `minPods` is ignored.

    Turn the gate on, or remove the field.
    """
    if world.settings.gate("PartialAdmission"):
        return
    for entry in world.entries():
        for pods in (entry, *entry.get("podSets").items()):
            if pods.get("minPods").present:
                field = pods.get("minPods")
                yield "minPods has no effect: partial admission is off", field.source.place(field.path, at_key=True)


@rule("KS406", "pod-larger-than-any-node", "error")
def pod_larger_than_any_node(world: Inspected) -> Iterator[Found]:
    """A pod asks for more than any node of its queue's flavors has.

    Quota is there, so Kueue admits the workload, but the pod fits on no node, not even on an empty one.

    Ask for less per pod and more pods, or add larger nodes.
    """
    if not world.nodes:
        return
    for item in world.submitted:
        for pods in item.first.pod_sets:
            short = _too_large(world, item.queue, pods)
            if short:
                yield f"a pod of {item.who} asks for {short}", world.workload_place(item.first)


def _too_large(world: Inspected, queue: ClusterQueue, pods: PodSet) -> str:
    """The first resource of which no node has enough, in words; "" when some node could hold the pod."""
    flavors = [world.flavors[item.name] for item in flavors_of(queue) if item.name in world.flavors]
    nodes = [node for flavor in flavors for node in world.nodes_of(flavor)]
    wanted = {resource: amount for resource, amount in pods.placement_requests.items() if amount and nodes}
    if any(all(node.allocatable.get(name, 0) >= amount for name, amount in wanted.items()) for node in nodes):
        return ""
    for resource, amount in sorted(wanted.items()):
        most = max(node.allocatable.get(resource, 0) for node in nodes)
        if amount > most:
            have = format_quantity(most, resource)
            return f"{format_quantity(amount, resource)} {resource}; the largest node has {have}"
    return "more of several resources than any one node has" if wanted else ""


@rule("KS407", "asks-for-nothing", "warning")
def asks_for_nothing(world: Inspected) -> Iterator[Found]:
    """A workload requests nothing that its queue governs.

    It is admitted at once whatever is in use, and its pods take capacity that no quota counts. Often the
    accelerators were forgotten, or are named differently.

    Add the requests.
    """
    for item in world.submitted:
        covered = {resource for (_, resource), _, _ in quotas_of(item.queue)}
        if not any(amount for resource, amount in item.totals.items() if resource in covered):
            yield (
                f"{item.who} asks for nothing that ClusterQueue {item.queue.name} has quota for ({listed(covered)})",
                world.workload_place(item.first),
            )


@rule("KS408", "submitted-after-the-end", "warning")
def submitted_after_the_end(world: Inspected) -> Iterator[Found]:
    """A workload is submitted, or something happens, after the horizon of the scenario.

    It plays no part in the run.

    Extend the horizon, or correct the time.
    """
    horizon = world.scenario.horizon_ms
    if horizon is None:
        return
    late = [workload for workload in world.workloads if workload.created_ms > horizon]
    if late:
        more = f" and {len(late) - 1} more" if len(late) > 1 else ""
        yield (
            f"workload {late[0].name}{more} is submitted after the horizon of {format_duration(horizon)}",
            world.workload_place(late[0]),
        )
    for index, action in enumerate(world.loaded.document.get("timeline").items()):
        if action.get("do").value != "submit" and action.get("at").duration() > horizon:
            yield f"timeline[{index}] happens after the horizon", action.source.place(action.path)


@rule("KS409", "key-mistyped", "warning")
def key_mistyped(world: Inspected) -> Iterator[Found]:
    """A job has a key that nobody reads and that looks like one that is read.

    Jobs have many fields that decide nothing for Kueue, so a key that is not known is passed over. An API server
    that checks fields strictly would refuse it, and one that does not would drop it.

    Correct the key, or take it out.
    """
    for text, place in world.loaded.document.report.remarks.items():
        if place is not None and not text.startswith(REFUSED):
            yield text, place


@rule("KS410", "pod-refused", "warning")
def pod_refused(world: Inspected) -> Iterator[Found]:
    """The pods of a job ask for a resource in a way that the API server refuses.

    A device is asked for as a limit, whole and by a name with a domain. Kueue counts what is requested and may admit
    the job, whose pods are then refused for ever, while its quota is taken.

    Set a limit of the same amount, or correct the name of the resource.
    """
    for text, place in world.loaded.document.report.remarks.items():
        if place is not None and text.startswith(REFUSED):
            yield text, place
