"""The builders that users write their own tests with."""

from kueue_sim.model import Action, LocalQueue, Node, Quota
from kueue_sim.testing import GPU, a_cohort, a_job, a_queue, a_world, an_action, decisions, some_nodes


def test_a_team_takes_back_what_it_lent() -> None:
    world = a_world(
        a_queue("team-a", gpus=4, cohort="all"),
        a_queue("team-b", gpus=4, cohort="all", reclaim="Any"),
        a_job("big", "team-a", gpus=8, runtime_s=3600),
        a_job("own", "team-b", gpus=2, at_s=60, runtime_s=600),
    )
    assert decisions(world) == [
        "0s admitted default/big in team-a: main 1 × nvidia.com/gpu=default",
        "1m preempted default/big by default/own (InCohortReclamation)",
        "1m admitted default/own in team-b: main 1 × nvidia.com/gpu=default",
        "11m finished default/own",
        "11m admitted default/big in team-a: main 1 × nvidia.com/gpu=default",
        "1h 11m finished default/big",
    ]


def test_amounts_are_natural_numbers_or_quantities() -> None:
    queue = a_queue("a", gpus=2, cores=1.5, quota={"memory": "4Gi"}, borrow=1, lend=0)
    assert queue.resource_groups[0].flavors[0].resources == (
        (GPU, Quota(2, 1, 0)),
        ("cpu", Quota(1500, 1000, 0)),
        ("memory", Quota(4 << 30, 1, 0)),
    )
    assert a_job("j", "a", cores=0.5, requests={"memory": "1Ki"}).pod_sets[0].requests == {"cpu": 500, "memory": 1024}


def test_what_queues_and_jobs_name_is_made() -> None:
    world = a_world(
        a_queue("a", gpus=1, flavors=("spot", "reserved"), checks=("prov",), cohort="low"),
        a_cohort("low", "top", gpus=3),
        a_job("late", "a", at_s=5, namespace="ml"),
        a_job("early", "a", namespace="dev"),
    )
    policy = world.policy
    assert [flavor.name for flavor in policy.flavors] == ["spot", "reserved"]
    assert [check.name for check in policy.admission_checks] == ["prov"]
    assert policy.local_queues == (LocalQueue("a", "ml", "a"), LocalQueue("a", "dev", "a"))
    assert [job.name for job in world.workloads] == ["early", "late"]


def test_nodes_and_actions_are_parts_as_well() -> None:
    world = a_world(
        a_queue("a", gpus=16),
        *some_nodes(2),
        an_action(60, "delete", "default/x"),
        a_job("x", "a", gpus=8, pods=2),
        horizon_s=120,
    )
    assert world.nodes == (Node("n1", {"pool": "n"}, (), {GPU: 8}), Node("n2", {"pool": "n"}, (), {GPU: 8}))
    assert world.timeline == (Action(60_000, "delete", "default/x"),)
    assert decisions(world) == ["0s admitted default/x in a: main 2 × nvidia.com/gpu=default"]
