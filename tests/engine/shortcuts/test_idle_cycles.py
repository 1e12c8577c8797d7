"""Cycles end when nothing changes any more, also when the last answer was not a final one."""

from kueue_sim.engine import simulate
from kueue_sim.model import (
    ClusterQueue,
    FlavorFungibility,
    FlavorQuotas,
    LocalQueue,
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
