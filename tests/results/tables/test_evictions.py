"""Preemptions counted by who and why, those for nothing, and what a run calls out."""

from kueue_sim import run
from kueue_sim.engine.facts import Fact, Run
from kueue_sim.model import PodSetAssignment, Scenario
from kueue_sim.result import Result
from kueue_sim.results.tables.evictions import EvictionGroup
from tests.results.handmade import facts_of
from tests.results.scenes import GPU, HOUR, introductory_lab, job, policy, queue

ONE_GPU = (PodSetAssignment("main", {GPU: "a100"}, {GPU: 1}, 1),)
RECLAIM = "InCohortReclamation"


def admitted(at_h: int, name: str, team: str) -> Fact:
    return Fact(at_h * HOUR, "Admitted", f"{team}/{name}", team, pod_sets=ONE_GPU)


def preempted(at_h: int) -> list[Fact]:
    return [
        Fact(at_h * HOUR, "Preempted", "team-a/old", "team-a", RECLAIM, by="team-b/new", lost_ms=HOUR),
        Fact(at_h * HOUR, "Requeued", "team-a/old", "team-a"),
    ]


def story(*facts: Fact, end_h: int = 10) -> Result:
    """Team A's job ``old`` and team B's job ``new`` on the same GPU."""
    jobs = (job("old", "team-a", 1), job("new", "team-b", 1))
    scenario = Scenario("story", policy(queue("team-a", 0), queue("team-b", 1)), jobs)
    begin = [Fact(0, "Submitted", "team-a/old", "team-a"), Fact(0, "Submitted", "team-b/new", "team-b")]
    return Result(scenario, Run(facts_of([*begin, *facts], jobs), {}, {}, 0, end_h * HOUR))


def test_preemptions_are_counted_by_reason_victim_and_preemptor() -> None:
    assert run(introductory_lab()).evictions.groups == (EvictionGroup(RECLAIM, "team-a", "team-b", 1, 1.0, 0),)


def test_a_preemption_is_idle_when_the_victim_is_admitted_again_first() -> None:
    for_nothing = story(admitted(0, "old", "team-a"), *preempted(1), admitted(1, "old", "team-a"))
    of_use = story(
        admitted(0, "old", "team-a"), *preempted(1), admitted(1, "new", "team-b"), admitted(2, "old", "team-a")
    )
    assert (for_nothing.evictions.idle.tolist(), of_use.evictions.idle.tolist()) == ([True], [False])


def test_who_caused_the_loss_is_charged_with_it() -> None:
    figures = story(admitted(0, "old", "team-a"), *preempted(1), admitted(1, "new", "team-b")).teams
    assert [(team.cluster_queue, team.lost_hours, team.caused_hours) for team in figures] == [
        ("team-a", 1.0, 0.0),
        ("team-b", 0.0, 1.0),
    ]


def test_work_evicted_again_and_again_is_called_out_with_its_cost() -> None:
    facts = [fact for at in range(3) for fact in (admitted(at, "old", "team-a"), *preempted(at + 1))]
    assert story(*facts, end_h=4).findings == (
        "2 preemptions for nothing: the victim was admitted again before the preemptor; 2 GPU-h lost",
        "1 workload evicted 3 times or more, team-a/old 3 times; 3 GPU-h lost, mostly for the work of team-b",
        "1 workload never admitted after waiting more than half of the run",
    )


def test_what_a_failed_node_took_is_not_called_lost_for_another_team() -> None:
    """Three preemptions that cost little, and a node that took ten hours with it."""
    facts = [fact for at in range(3) for fact in (admitted(at, "old", "team-a"), *preempted(at + 1))]
    failed = Fact(4 * HOUR, "Interrupted", "team-a/old", "team-a", lost_ms=10 * HOUR)
    found = story(*facts, admitted(3, "old", "team-a"), failed).findings
    assert "1 workload evicted 3 times or more, team-a/old 3 times; 13 GPU-h lost, mostly with failed nodes" in found


def test_a_quiet_run_has_nothing_to_call_out() -> None:
    assert run(introductory_lab()).findings == ()


def test_quota_held_without_a_node_is_called_out() -> None:
    found = story(
        admitted(0, "new", "team-b"),
        Fact(0, "Unschedulable", "team-b/new", "team-b"),
        admitted(0, "old", "team-a"),
        Fact(2 * HOUR, "Started", "team-b/new", "team-b"),
    )
    assert found.findings == ("2 GPU-h of quota without use: 1 workload held it while no node had room for the pods",)


def test_a_moment_without_a_node_is_not_called_out() -> None:
    found = story(
        admitted(0, "new", "team-b"),
        Fact(0, "Unschedulable", "team-b/new", "team-b"),
        admitted(0, "old", "team-a"),
        Fact(1, "Started", "team-b/new", "team-b"),
    )
    assert found.findings == ()
