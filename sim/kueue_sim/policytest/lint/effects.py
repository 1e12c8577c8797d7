"""Rules about settings that do nothing where they stand."""

from collections.abc import Iterator

from kueue_sim.inputs.kueue.configuration import version_warnings
from kueue_sim.model import FlavorFungibility, PreemptionPolicy, StopPolicy
from kueue_sim.policytest.lint.findings import Found, rule
from kueue_sim.policytest.lint.inspected import Inspected, flavors_of, listed, quotas_of

_NEVER = PreemptionPolicy.NEVER


@rule("KS101", "borrow-within-cohort-under-fair-sharing", "warning")
def borrow_within_cohort_under_fair_sharing(world: Inspected) -> Iterator[Found]:
    """`borrowWithinCohort` is set while fair sharing is on, where it has no effect.

    Under fair sharing the shares decide who may be preempted; the policy and its priority threshold choose no
    target (rules R10.4 and R11.50).

    Remove it, so that nobody relies on the threshold.
    """
    if world.settings.fair_sharing is None or not world.settings.release.tournament:
        return
    for queue in world.policy.cluster_queues:
        if queue.preemption.borrow_within_cohort is not _NEVER:
            path = ("spec", "preemption", "borrowWithinCohort")
            yield (
                f"borrowWithinCohort of ClusterQueue {queue.name} chooses nobody under fair sharing",
                world.place("ClusterQueue", queue.name, *path),
            )


@rule("KS102", "weight-without-fair-sharing", "warning")
def weight_without_fair_sharing(world: Inspected) -> Iterator[Found]:
    """A fair sharing weight is set while fair sharing is off.

    Weights count only when Kueue's Configuration has a `fairSharing` section. Without it borrowing goes by priority
    and age, whatever the weights say.

    Turn fair sharing on in the Configuration, or remove the weight.
    """
    if world.settings.fair_sharing is not None:
        return
    for kind, items in (("ClusterQueue", world.policy.cluster_queues), ("Cohort", world.policy.cohorts)):
        for item in items:
            if item.fair_weight != 1:
                yield (
                    f"weight {item.fair_weight:g} of {kind} {item.name} has no effect: fair sharing is off",
                    world.place(kind, item.name, "spec", "fairSharing", "weight"),
                )


@rule("KS103", "weight-at-the-root", "warning")
def weight_at_the_root(world: Inspected) -> Iterator[Found]:
    """A weight stands at a ClusterQueue without Cohort, or at a Cohort without parent.

    Weights divide what siblings share. Something without a parent has no siblings, so its weight is never used
    (rule R11.3).

    Move the weight to the members, or give it a parent.
    """
    if world.settings.fair_sharing is None:
        return
    for queue in world.policy.cluster_queues:
        if queue.fair_weight != 1 and not queue.cohort:
            yield (
                f"weight {queue.fair_weight:g} of ClusterQueue {queue.name} is never used: it has no Cohort",
                world.place("ClusterQueue", queue.name, "spec", "fairSharing", "weight"),
            )
    for cohort in world.policy.cohorts:
        if cohort.fair_weight != 1 and not cohort.parent:
            yield (
                f"weight {cohort.fair_weight:g} of Cohort {cohort.name} is never used: it has no parent",
                world.place("Cohort", cohort.name, "spec", "fairSharing", "weight"),
            )


@rule("KS104", "cohort-preemption-without-cohort", "warning")
def cohort_preemption_without_cohort(world: Inspected) -> Iterator[Found]:
    """`reclaimWithinCohort` is set in a ClusterQueue that belongs to no Cohort.

    There is nobody to reclaim from; the setting is accepted and does nothing (rule R10.2).

    Name the Cohort, or remove the setting.
    """
    for queue in world.policy.cluster_queues:
        if not queue.cohort and queue.preemption.reclaim_within_cohort not in (_NEVER, PreemptionPolicy.UNSET):
            yield (
                f"reclaimWithinCohort of ClusterQueue {queue.name} has no effect: it has no Cohort",
                world.place("ClusterQueue", queue.name, "spec", "preemption", "reclaimWithinCohort"),
            )


@rule("KS105", "threshold-without-policy", "warning")
def threshold_without_policy(world: Inspected) -> Iterator[Found]:
    """`maxPriorityThreshold` is set while `borrowWithinCohort.policy` is `Never`.

    The threshold narrows the policy; with `Never`, which is the default, there is nothing to narrow (rule R10.2).

    Set the policy to `LowerPriority`, or remove the threshold.
    """
    for queue in world.policy.cluster_queues:
        rules = queue.preemption
        if rules.max_priority_threshold is not None and rules.borrow_within_cohort is _NEVER:
            path = ("spec", "preemption", "borrowWithinCohort", "maxPriorityThreshold")
            yield (
                f"maxPriorityThreshold {rules.max_priority_threshold} of ClusterQueue {queue.name} has no effect: "
                "borrowWithinCohort.policy is Never",
                world.place("ClusterQueue", queue.name, *path),
            )


@rule("KS106", "fungibility-without-choice", "warning")
def fungibility_without_choice(world: Inspected) -> Iterator[Found]:
    """`flavorFungibility` is set in a ClusterQueue in which no resource has a second flavor.

    It says when to go on to the next flavor. Where there is none, it does nothing.

    Add the other flavors, or remove the setting.
    """
    for queue in world.policy.cluster_queues:
        alone = all(len(group.flavors) < 2 for group in queue.resource_groups)
        if alone and queue.flavor_fungibility != FlavorFungibility():
            yield (
                f"flavorFungibility of ClusterQueue {queue.name} has no effect: it has no second flavor",
                world.place("ClusterQueue", queue.name, "spec", "flavorFungibility"),
            )


@rule("KS107", "lending-limit-of-everything", "note")
def lending_limit_of_everything(world: Inspected) -> Iterator[Found]:
    """A lending limit equals the nominal quota.

    All of it is lent, as without a limit. Nothing is kept back for the owner.

    Lower the limit, or remove it.
    """
    for queue in world.policy.cluster_queues:
        for (flavor, resource), quota, path in quotas_of(queue):
            if quota.nominal and quota.lending_limit == quota.nominal:
                yield (
                    f"lendingLimit of {resource} in flavor {flavor} of ClusterQueue {queue.name} keeps nothing back",
                    world.place("ClusterQueue", queue.name, *path, "lendingLimit"),
                )


@rule("KS108", "half-life-zero", "warning")
def half_life_zero(world: Inspected) -> Iterator[Found]:
    """The half-life of admission fair sharing is zero, so all usage is forgotten at once.

    Every LocalQueue then counts as unused, and the order is that of priority and age, as without admission fair
    sharing (rule R7.22). Zero is also what an absent `usageHalfLifeTime` means.

    Set `usageHalfLifeTime` to the span over which past usage should count, for instance `168h`.
    """
    sharing = world.settings.admission_fair_sharing
    if sharing is not None and sharing.half_life_ms == 0:
        field = world.loaded.document.get("kueue", "configuration", "admissionFairSharing", "usageHalfLifeTime")
        yield "usageHalfLifeTime is 0: all usage is forgotten at once", field.source.place(field.path)


@rule("KS109", "usage-based-admission-not-configured", "warning")
def usage_based_admission_not_configured(world: Inspected) -> Iterator[Found]:
    """A ClusterQueue asks for usage-based admission, but the Configuration has no `admissionFairSharing`.

    Without that section the feature is off everywhere (rule R7.1), and LocalQueues are served by priority and age.

    Add `admissionFairSharing` to Kueue's Configuration, or remove `admissionScope`.
    """
    if world.settings.admission_fair_sharing is not None:
        return
    for queue in world.policy.cluster_queues:
        if queue.usage_based_admission:
            yield (
                f"admissionScope of ClusterQueue {queue.name} has no effect: admission fair sharing is not configured",
                world.place("ClusterQueue", queue.name, "spec", "admissionScope"),
            )


@rule("KS110", "admission-fair-sharing-unused", "note")
def admission_fair_sharing_unused(world: Inspected) -> Iterator[Found]:
    """Admission fair sharing is configured and no ClusterQueue uses it.

    It works only in ClusterQueues with `admissionScope.admissionMode: UsageBasedAdmissionFairSharing`.

    Set that mode in the ClusterQueues that are meant.
    """
    if world.settings.admission_fair_sharing is None:
        return
    if not any(queue.usage_based_admission for queue in world.policy.cluster_queues):
        field = world.loaded.document.get("kueue", "configuration", "admissionFairSharing")
        yield "no ClusterQueue has admissionMode UsageBasedAdmissionFairSharing", field.source.place(field.path)


@rule("KS111", "local-queue-weight-unused", "warning")
def local_queue_weight_unused(world: Inspected) -> Iterator[Found]:
    """A LocalQueue has a weight, but its ClusterQueue does not order LocalQueues by usage.

    Weights of LocalQueues count for admission fair sharing only. Fair sharing between ClusterQueues does not look
    at them.

    Turn on usage-based admission in the ClusterQueue and the Configuration, or remove the weight.
    """
    configured = world.settings.admission_fair_sharing is not None
    for local in world.policy.local_queues:
        queue = world.queues.get(local.cluster_queue)
        if local.fair_weight != 1 and not (configured and queue is not None and queue.usage_based_admission):
            name = f"{local.namespace}/{local.name}"
            yield (
                f"weight {local.fair_weight:g} of LocalQueue {name} has no effect: "
                f"ClusterQueue {local.cluster_queue} does not admit by usage",
                world.place("LocalQueue", name, "spec", "fairSharing", "weight"),
            )


@rule("KS112", "stopped-queue", "note")
def stopped_queue(world: Inspected) -> Iterator[Found]:
    """A queue is stopped, and work is submitted to it.

    With `stopPolicy: Hold` or `HoldAndDrain` nothing is admitted until somebody takes it off; in the tree of the
    queue its quota stays lendable.

    Remove `stopPolicy`, unless the queue is meant to stand still.
    """
    stopped = {queue.name for queue in world.policy.cluster_queues if queue.stop_policy is not StopPolicy.NONE}
    for name in sorted({item.queue.name for item in world.submitted} & stopped):
        yield (
            f"ClusterQueue {name} is stopped and work is submitted to it",
            world.place("ClusterQueue", name, "spec", "stopPolicy"),
        )
    used = {(item.first.namespace, item.first.queue_name) for item in world.submitted}
    for local in world.policy.local_queues:
        if local.stop_policy is not StopPolicy.NONE and (local.namespace, local.name) in used:
            name = f"{local.namespace}/{local.name}"
            yield (
                f"LocalQueue {name} is stopped and work is submitted to it",
                world.place("LocalQueue", name, "spec", "stopPolicy"),
            )


@rule("KS113", "preemption-among-equals", "note")
def preemption_among_equals(world: Inspected) -> Iterator[Found]:
    """A ClusterQueue preempts lower priorities of its own, and everything submitted to it has one priority.

    `withinClusterQueue: LowerPriority` never finds anybody then.

    Give the work different priorities, or use `LowerOrNewerEqualPriority` if older work is meant to go first.
    """
    priorities: dict[str, list[int]] = {}
    for workload in world.workloads:
        queue = world.queue_of(workload)
        if queue is not None:
            priorities.setdefault(queue.name, []).append(workload.priority)
    for queue in world.policy.cluster_queues:
        lower = queue.preemption.within_cluster_queue is PreemptionPolicy.LOWER_PRIORITY
        found = priorities.get(queue.name, [])
        if lower and len(found) > 1 and len(set(found)) == 1:
            yield (
                f"withinClusterQueue of ClusterQueue {queue.name} finds nobody: all its work has priority "
                f"{listed(map(str, found))}",
                world.place("ClusterQueue", queue.name, "spec", "preemption", "withinClusterQueue"),
            )


@rule("KS114", "gate-at-its-default", "note")
def gate_at_its_default(world: Inspected) -> Iterator[Found]:
    """A feature gate is set to the value it has anyway in this version of Kueue.

    Such lines outlive the version they were written for, and hide the gates that do change something.

    Remove it.
    """
    defaults = type(world.settings)(version=world.settings.version)
    document = world.loaded.document
    for name, value in sorted(world.settings.gates.items()):
        if defaults.gate(name) == value:
            field = document.get("kueue").get("featureGates", name)
            if not field.present:
                field = document.get("kueue", "configuration", "featureGates", name)
            yield (
                f"feature gate {name} is {str(value).lower()} anyway in Kueue {world.settings.version}",
                field.source.place(field.path, at_key=True),
            )


@rule("KS117", "one-of-several-runs", "note")
def one_of_several_runs(world: Inspected) -> Iterator[Found]:
    """The release looks at the resources of a request in random order, and something here depends on that order.

    Before 0.18.5 and 0.19.1 Kueue decides such a case now one way, now another: which flavor the second resource gets,
    where the next flavor scan starts, what the message says. A run shows one of the possible courses.

    Choose a newer release, or read the result as one of several.
    """
    for warning in version_warnings(world.settings, world.policy):
        field = world.loaded.document.get("kueue", "version")
        yield warning, field.source.place(field.path)


@rule("KS115", "weight-zero", "warning")
def weight_zero(world: Inspected) -> Iterator[Found]:
    """A weight is 0: whoever has it is always last to borrow and first to give back.

    Under fair sharing a borrower of weight 0 has an infinite share. It wins no comparison against a positive
    weight, and several of weight 0 are compared without any weights.

    Use a small positive weight, such as `0.1`, if the team should get little rather than nothing.
    """
    if world.settings.fair_sharing is None:
        return
    for kind, items in (("ClusterQueue", world.policy.cluster_queues), ("Cohort", world.policy.cohorts)):
        for item in items:
            if item.fair_weight == 0 and not item.name.startswith("hyperpod-ns-"):
                yield (
                    f"{kind} {item.name} has weight 0: every other borrower comes first",
                    world.place(kind, item.name, "spec", "fairSharing", "weight"),
                )


@rule("KS116", "shared-flavor-missing", "note")
def shared_flavor_missing(world: Inspected) -> Iterator[Found]:
    """A ClusterQueue cannot borrow from a neighbour because it does not list the neighbour's flavor.

    Only quota of listed flavors and resources can be borrowed (rule R2.27). If a neighbour's flavor is not listed,
    its idle quota stays idle.

    List the flavor with a nominal quota of 0 to make it borrowable, if that is wanted.
    """
    for queue in world.policy.cluster_queues:
        own = {flavor.name for flavor in flavors_of(queue)}
        covered = {resource for (_, resource), _, _ in quotas_of(queue)}
        missing = {
            flavor
            for other in world.neighbours(queue)
            for (flavor, resource), quota, _ in quotas_of(other)
            if flavor not in own and resource in covered and quota.nominal and quota.lending_limit != 0
        }
        if missing:
            yield (
                f"ClusterQueue {queue.name} cannot borrow from flavor {listed(missing)}: it does not list it",
                world.place("ClusterQueue", queue.name, "spec", "resourceGroups"),
            )
