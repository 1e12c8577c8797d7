"""Cycles end when nothing changes any more, also when the last answer was not a final one."""

import pytest

from kueue_sim.engine import simulate
from kueue_sim.model import (
    ClusterQueue,
    FlavorFungibility,
    FlavorQuotas,
    LocalQueue,
    PodSet,
    Policy,
    Preemption,
    PreemptionPolicy,
    Quota,
    ResourceFlavor,
    ResourceGroup,
    Scenario,
    Timing,
)
from tests.engine.worlds import GPU, job, nodes

SLOT = "example.com/slot"


def test_a_preemptor_with_flavors_left_to_try_waits_for_its_victim_to_be_gone() -> None:
    """The scan stopped at the first of two flavors, so every cycle looks again; after six it is quiet until 40 s."""
    rules = Preemption(within_cluster_queue=PreemptionPolicy.LOWER_PRIORITY)
    flavors = tuple(FlavorQuotas(name, ((GPU, Quota(8)),)) for name in ("first", "second"))
    group = ResourceGroup((GPU,), flavors)
    first = FlavorFungibility(when_can_preempt="MayStopSearch")
    policy = Policy(
        flavors=(ResourceFlavor("first"), ResourceFlavor("second")),
        cluster_queues=(ClusterQueue("main", (group,), preemption=rules, flavor_fungibility=first),),
        local_queues=(LocalQueue("main", "default", "main"),),
    )
    workloads = (job("low", 1, 8), job("high", 1, 8, at_ms=10_000, priority=5))
    timing = Timing(termination_ms=30_000)
    run = simulate(Scenario("idle", policy, workloads, nodes=tuple(nodes(1)), timing=timing, horizon_ms=50_000))
    happened = [(fact.at_ms // 1000, fact.type, fact.workload) for fact in run.facts]
    assert [event for event in happened if event[1] in ("Admitted", "Preempted")] == [
        (0, "Admitted", "default/low"),
        (10, "Preempted", "default/low"),
        (40, "Admitted", "default/high"),
        (40, "Admitted", "default/low"),
    ]


@pytest.mark.parametrize("beside", [False, True], ids=["an even number of cycles", "an odd one"])
def test_whoever_is_admitted_to_the_queue_makes_scans_of_its_flavors_start_anew(beside: bool) -> None:
    """Kueue counts the quota of a queue anew after each admission to it. Which flavor a scan that never ends had come
    to is forgotten then, unless the workload was looked at in the cycle before (R2.12, R5.42).

    The first pods of ``wide`` take 3 of the 4 in ``first``, which leaves none for the others; the next scan starts at
    ``second``, where all 3 are taken, and the others fit. So it goes on, cycle by cycle; one more where a job of
    another queue is parked ``beside`` it.
    """
    rules = Preemption(within_cluster_queue=PreemptionPolicy.LOWER_PRIORITY)
    fungible = FlavorFungibility(when_can_borrow="MayStopSearch", when_can_preempt="TryNextFlavor")
    groups = (
        ResourceGroup((GPU,), (FlavorQuotas("first", ((GPU, Quota(4)),)), FlavorQuotas("second", ((GPU, Quota(3)),)))),
        ResourceGroup((SLOT,), (FlavorQuotas("slots", ((SLOT, Quota(2)),)),)),
    )
    names = ("first", "second", "slots")
    policy = Policy(
        flavors=tuple(ResourceFlavor(name, {"of": name}) for name in names),
        cluster_queues=tuple(
            ClusterQueue(name, groups, preemption=rules, flavor_fungibility=fungible) for name in ("main", "other")
        ),
        local_queues=tuple(LocalQueue(name, "default", name) for name in ("main", "other")),
    )
    wide, large = job("wide", 1, 3, at_ms=5_000, priority=1), job("large", 1, 9, at_ms=5_000)
    workloads = (
        job("held", 1, 3, priority=9, selector={"of": "second"}),
        wide._replace(pod_sets=(wide.pod_sets[0], PodSet("others", 4, {GPU: 1}))),
        *([large._replace(queue_name="other")] if beside else []),
        *(
            job(name, 1, 0, at_ms=10_000, priority=5)._replace(pod_sets=(PodSet("main", 1, {SLOT: 1}),))
            for name in ("a", "b")
        ),
    )
    run = simulate(Scenario("scans", policy, workloads, horizon_ms=20_000))
    happened = [(fact.type, fact.workload, fact.message) for fact in run.facts if fact.at_ms == 10_000]
    assert [name for kind, name, _ in happened if kind == "Admitted"] == ["default/a", "default/b"]
    told = [message for kind, name, message in happened if kind == "Pending" and name == "default/wide"]
    assert told[0].startswith("couldn't assign flavors to pod set others")


@pytest.mark.parametrize("flavors", [2, 9])
def test_a_scan_goes_on_to_the_last_flavor_however_many_cycles_change_nothing(flavors: int) -> None:
    """The first pods of ``wide`` fit into each flavor, one a cycle, the others into none: each cycle is idle."""
    names = [f"flavor-{number}" for number in range(flavors)]
    group = ResourceGroup((GPU,), tuple(FlavorQuotas(name, ((GPU, Quota(3)),)) for name in names))
    policy = Policy(
        flavors=tuple(ResourceFlavor(name) for name in names),
        cluster_queues=(ClusterQueue("main", (group,)),),
        local_queues=(LocalQueue("main", "default", "main"),),
    )
    wide = job("wide", 1, 3)
    wide = wide._replace(pod_sets=(wide.pod_sets[0], PodSet("others", 4, {GPU: 1})))
    assert simulate(Scenario("scan", policy, (wide,), horizon_ms=20_000)).cycles == flavors
