"""Ready properties of a policy: each looks at one run and says where it is broken, with the instant and the workloads.

Some hold for every policy Kueue accepts, some only for policies that are meant to have them, and some are broken by
Kueue itself under certain settings; docs/policy-tests.md says which. ``require`` turns a breach into a failure of a
test and keeps the scenario.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kueue_sim.engine.facts import Run
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.model import ClusterQueue, PreemptionPolicy, Scenario, Workload
from kueue_sim.policytest.random_worlds.instants import Instant, instants
from kueue_sim.policytest.random_worlds.invariants import breaches
from kueue_sim.policytest.random_worlds.reference_quota import ReferenceQuota, Slot
from kueue_sim.policytest.random_worlds.worlds import world_text
from kueue_sim.units import format_duration

Property = Callable[[Scenario, Run], list[str]]
"""What a run breaks, in words; empty when it keeps the property."""


class PropertyBroken(AssertionError):
    """A property does not hold. ``file`` is the scenario that shows it, if it could be kept."""

    def __init__(self, message: str, file: Path | None = None) -> None:
        self.file = file
        super().__init__(message)


def require(
    property_: Property, document: Mapping[str, Any], keep_in: str | Path | None = None, name: str | None = None
) -> None:
    """Run a scenario document and raise PropertyBroken where it breaks the property.

    With ``keep_in`` the scenario is written there as a file that ``kueue-sim run`` and ``explain`` take; hypothesis
    calls this again for ever smaller scenarios, so that the file ends as the smallest one.
    """
    from kueue_sim.engine import simulate

    scenario = scenario_from_dict(document)
    found = property_(scenario, simulate(scenario))
    if not found:
        return
    title = name or property_.__name__.replace("_", " ")
    text = f"{title}: broken\n" + "\n".join(found)
    if keep_in is None:
        raise PropertyBroken(text)
    file = Path(keep_in) / f"{title.replace(' ', '-')}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(world_text(document, text), encoding="utf-8")
    raise PropertyBroken(f"{text}\nrun it: kueue-sim run {file}", file)


# -- for every policy ---------------------------------------------------------------------------------------


def decisions_are_sound(scenario: Scenario, run: Run) -> list[str]:
    """Quota and limits are kept, victims are allowed, strict queues keep their order, lives are complete."""
    return breaches(scenario, run)


def no_queue_beyond_its_borrowing_limit(scenario: Scenario, run: Run) -> list[str]:
    """No ClusterQueue holds more than nominal quota plus borrowing limit, those that leave not counted."""
    books, found = ReferenceQuota(scenario.policy), []
    limits = {
        (queue.name, (flavor.name, resource)): quota.nominal + quota.borrowing_limit
        for queue in scenario.policy.cluster_queues
        for group in queue.resource_groups
        for flavor in group.flavors
        for resource, quota in flavor.resources
        if quota.borrowing_limit is not None
    }
    if not limits:
        return []
    for now in instants(scenario, run, books):
        for (queue, slot), limit in limits.items():
            if books.used(queue, slot) > limit:
                found.append(f"{_at(now)}: {queue} holds {books.used(queue, slot)} of {limit} of {slot}")
    return found


def no_more_lent_than_the_lending_limit(scenario: Scenario, run: Run) -> list[str]:
    """Whatever is admitted leaves every lender at least what it does not lend."""
    books, found = ReferenceQuota(scenario.policy), []
    for now in instants(scenario, run, books):
        for queue in scenario.policy.cluster_queues:
            excess = books.excess(queue.name, _slots(queue))
            if excess:
                found.append(f"{_at(now)}: {excess}")
    return found


def higher_priority_first_in_strict_queues(scenario: Scenario, run: Run) -> list[str]:
    """In a StrictFIFO queue nothing waits that came before, or ranks above, what was just admitted there."""
    strict = {queue.name for queue in scenario.policy.cluster_queues if queue.queueing_strategy == "StrictFIFO"}
    books, found = ReferenceQuota(scenario.policy), []
    ranks = {workload.key: _rank(workload) for workload in scenario.workloads}
    for now in instants(scenario, run, books):
        back = {fact.workload for fact in now.facts if fact.type == "Requeued"}
        for fact in now.facts:
            if fact.type != "Admitted" or fact.cluster_queue not in strict or fact.workload not in now.holding:
                continue
            waiting = now.waiting.get(fact.cluster_queue, {})
            ahead = [key for key in waiting if key not in back and ranks[key] < ranks[fact.workload]]
            if ahead:
                found.append(f"{_at(now)}: {fact.workload} admitted before {', '.join(ahead)}")
    return found


# -- for policies that are meant to have them -----------------------------------------------------------------


def owners_reach_their_quota(scenario: Scenario, run: Run) -> list[str]:
    """With reclaimWithinCohort Any, the first in line of a queue never waits for quota that the queue owns.

    Looked at once an instant has settled and nobody is leaving any more, for queues with one flavor. Trees with a
    StrictFIFO queue that may not reclaim from anybody are left out: its head holds owners back in every cycle. So are
    queues and Cohorts of weight 0 under fair sharing of releases in which they cannot reclaim what is theirs (V33).
    """
    books, found = ReferenceQuota(scenario.policy), []
    owners = [
        queue
        for queue in scenario.policy.cluster_queues
        if _reclaims(queue)
        and queue.cohort
        and _one_flavor(queue)
        and not _holders_back(scenario, books, queue)
        and not _has_the_greatest_share(scenario, queue)
    ]
    if not owners:
        return []
    for now in instants(scenario, run, books):
        if now.leaving:
            continue
        for queue in owners:
            line = sorted(now.waiting.get(queue.name, {}).values(), key=_rank)
            if line and _within_nominal(books, queue, line[0]):
                found.append(f"{_at(now)}: {line[0].key} waits although {queue.name} owns the quota")
    return found


def no_idle_quota_beside_work_that_fits(scenario: Scenario, run: Run) -> list[str]:
    """Once an instant has settled, nothing waits that the free quota could hold.

    For trees of BestEffortFIFO queues with one flavor; a StrictFIFO queue keeps quota idle by intent.
    """
    books, found = ReferenceQuota(scenario.policy), []
    strict = {queue.name for queue in scenario.policy.cluster_queues if queue.queueing_strategy == "StrictFIFO"}
    queues = [
        queue
        for queue in scenario.policy.cluster_queues
        if _one_flavor(queue) and not strict & books.neighbours(queue.name)
    ]
    if not queues:
        return []
    for now in instants(scenario, run, books):
        if now.leaving:
            continue
        for queue in queues:
            for workload in now.waiting.get(queue.name, {}).values():
                if books.fits(queue.name, _wanted(queue, workload)):
                    found.append(f"{_at(now)}: {workload.key} waits although it fits into {queue.name}")
    return found


def no_preemption_without_benefit(scenario: Scenario, run: Run) -> list[str]:
    """Once its victims are gone, whoever had them evicted holds quota. Broken by Kueue in rare cases (R12.36)."""
    books, found = ReferenceQuota(scenario.policy), []
    owed: dict[str, set[str]] = {}
    for now in instants(scenario, run, books):
        for fact in now.facts:
            if fact.type == "Preempted":
                owed.setdefault(fact.by, set()).add(fact.workload)
            elif fact.type in ("Admitted", "Deleted"):
                owed.pop(fact.workload, None)
        for preemptor, victims in list(owed.items()):
            if not victims & now.leaving.keys():
                found.append(f"{_at(now)}: {preemptor} waits although {', '.join(sorted(victims))} had to go for it")
                del owed[preemptor]
    return found


def nobody_starves(within: str | int) -> Property:
    """A property: everything submitted is admitted for the first time within a span, such as ``2h`` (or in ms)."""
    from kueue_sim.units import parse_duration

    most = parse_duration(within) if isinstance(within, str) else within

    def nobody_waits_too_long(scenario: Scenario, run: Run) -> list[str]:
        first: dict[str, int] = {}
        for fact in run.facts:
            if fact.type == "Admitted":
                first.setdefault(fact.workload, fact.at_ms)
        late = []
        for workload in scenario.workloads:
            until = first.get(workload.key, run.end_ms)
            if until - workload.created_ms > most and run.states.get(workload.key) != "deleted":
                late.append(f"{workload.key} waits {format_duration(until - workload.created_ms)} from its submission")
        return late

    return nobody_waits_too_long


def more_quota_never_waits_longer(queue: str, resource: str, more: int = 1) -> Property:
    """A property: with ``more`` nominal quota of its first flavor nothing in ``queue`` starts later.

    Not true of Kueue in general: quota that a team owns is also quota that a bigger job ahead may now be given.
    """
    from dataclasses import replace

    from kueue_sim.engine import simulate

    def no_later_start(scenario: Scenario, run: Run) -> list[str]:
        policy = replace(
            scenario.policy,
            cluster_queues=tuple(
                _enlarged(item, resource, more) if item.name == queue else item
                for item in scenario.policy.cluster_queues
            ),
        )
        before, after = _starts(run), _starts(simulate(replace(scenario, policy=policy)))
        locals_ = {(item.namespace, item.name) for item in policy.local_queues if item.cluster_queue == queue}
        found = []
        for workload in scenario.workloads:
            if (workload.namespace, workload.queue_name) not in locals_:
                continue
            old, new = before.get(workload.key), after.get(workload.key)
            if old is not None and (new is None or new > old):
                then = "never" if new is None else format_duration(new)
                found.append(
                    f"{workload.key} starts at {format_duration(old)}; with {more} more {resource} for {queue}: {then}"
                )
        return found

    return no_later_start


# -- what they share ----------------------------------------------------------------------------------------


def _reclaims(queue: ClusterQueue) -> bool:
    return queue.preemption.reclaim_within_cohort is PreemptionPolicy.ANY


def _holders_back(scenario: Scenario, books: ReferenceQuota, owner: ClusterQueue) -> list[str]:
    """StrictFIFO queues of the same tree whose head may reserve in every cycle what it cannot reclaim (R4.50)."""
    tree = books.neighbours(owner.name)
    strict = [queue for queue in scenario.policy.cluster_queues if queue.queueing_strategy == "StrictFIFO"]
    return [queue.name for queue in strict if queue.name in tree and not _reclaims(queue)]


def _has_the_greatest_share(scenario: Scenario, owner: ClusterQueue) -> bool:
    """Whether the queue, or a Cohort above it, has the greatest share of all though it borrows nothing (V33)."""
    if scenario.settings.fair_sharing is None or scenario.settings.release.weight_zero_owns_its_quota:
        return False
    cohorts = {cohort.name: cohort for cohort in scenario.policy.cohorts}
    weights, above = [owner.fair_weight], cohorts.get(owner.cohort or "")
    while above is not None and len(weights) <= len(cohorts):
        weights.append(above.fair_weight)
        above = cohorts.get(above.parent or "")
    return 0 in weights


def _at(now: Instant) -> str:
    return f"at {format_duration(now.at_ms)}"


def _rank(workload: Workload) -> tuple[int, int, str]:
    return -workload.priority, workload.created_ms // 1000, workload.uid


def _slots(queue: ClusterQueue) -> Sequence[Slot]:
    return [
        (flavor.name, name)
        for group in queue.resource_groups
        for flavor in group.flavors
        for name, _ in flavor.resources
    ]


def _one_flavor(queue: ClusterQueue) -> bool:
    return len(queue.resource_groups) == 1 and len(queue.resource_groups[0].flavors) == 1


def _wanted(queue: ClusterQueue, workload: Workload) -> dict[Slot, int]:
    """What the whole workload asks for, in the queue's one flavor."""
    flavor = queue.resource_groups[0].flavors[0].name
    amounts: dict[Slot, int] = {}
    for pods in workload.pod_sets:
        for resource, amount in pods.requests.items():
            amounts[flavor, resource] = amounts.get((flavor, resource), 0) + amount * pods.count
    return amounts


def _within_nominal(books: ReferenceQuota, queue: ClusterQueue, workload: Workload) -> bool:
    return all(
        books.used(queue.name, slot) + amount <= books.nominal(queue.name, slot)
        for slot, amount in _wanted(queue, workload).items()
    )


def _starts(run: Run) -> dict[str, int]:
    starts: dict[str, int] = {}
    for fact in run.facts:
        if fact.type == "Admitted":
            starts.setdefault(fact.workload, fact.at_ms)
    return starts


def _enlarged(queue: ClusterQueue, resource: str, more: int) -> ClusterQueue:
    """The queue with more nominal quota of a resource in the first flavor that has it."""
    from dataclasses import replace

    groups = []
    for group in queue.resource_groups:
        first, *others = group.flavors
        resources = tuple(
            (name, replace(quota, nominal=quota.nominal + more) if name == resource else quota)
            for name, quota in first.resources
        )
        groups.append(replace(group, flavors=(replace(first, resources=resources), *others)))
    return replace(queue, resource_groups=tuple(groups))


__all__ = [
    "Property",
    "PropertyBroken",
    "decisions_are_sound",
    "higher_priority_first_in_strict_queues",
    "more_quota_never_waits_longer",
    "no_idle_quota_beside_work_that_fits",
    "no_more_lent_than_the_lending_limit",
    "no_preemption_without_benefit",
    "no_queue_beyond_its_borrowing_limit",
    "nobody_starves",
    "owners_reach_their_quota",
    "require",
]
