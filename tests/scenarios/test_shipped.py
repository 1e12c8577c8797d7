"""Each shipped scenario shows what its description says."""

from pathlib import Path

import pytest

from kueue_sim import load_scenario
from tests.scenarios.observed import MINUTE, SCENARIOS, State, at, play

GPU = "nvidia.com/gpu"
HOUR = 60 * MINUTE


def gpus(state: State) -> dict[str, int]:
    return {team: used[GPU] for team, used in sorted(state.used.items())}


def waiting(state: State) -> list[str]:
    return sorted(job for job, word in state.jobs.items() if word == "Suspended")


@pytest.mark.parametrize("file", sorted(SCENARIOS.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_scenario_is_named_like_its_file_and_says_what_to_look_at(file: Path) -> None:
    scenario = load_scenario(file)
    text = file.read_text(encoding="utf-8")
    assert (f"{scenario.name}.yaml", "Look at:" in text) == (file.name, True)


def test_borrow_and_reclaim_evicts_one_job_the_newest_borrower() -> None:
    _, run = play("borrow-and-reclaim")
    assert [at(run, minute * MINUTE).shown("jobs", "preempted") for minute in (59, 60, 120)] == [
        {"jobs": {f"a-{index}": "Running" for index in range(4)}, "preempted": {}},
        {
            "jobs": {"a-0": "Running", "a-1": "Running", "a-2": "Running", "a-3": "Suspended", "b": "Running"},
            "preempted": {"a-3": ("b", "InCohortReclamation")},
        },
        {
            "jobs": {**{f"a-{index}": "Running" for index in range(4)}, "b": "Finished"},
            "preempted": {"a-3": ("b", "InCohortReclamation")},
        },
    ]


def test_fair_sharing_divides_idle_quota_by_weight_however_late_a_team_comes() -> None:
    variants = ([], ["clusterQueues.team-gold.weight=1"], ["settings.fairSharing.enable=false"])
    found = [gpus(at(play("fair-sharing-weights", *overrides)[1], 3 * HOUR)) for overrides in variants]
    assert found == [
        {"team-bronze": 4, "team-gold": 7, "team-silver": 5},
        {"team-bronze": 5, "team-gold": 4, "team-silver": 7},
        {"team-bronze": 7, "team-gold": 2, "team-silver": 7},
    ]


def test_a_cohorts_borrowing_limit_ends_what_its_teams_can_use_together() -> None:
    _, run = play("hierarchical-cohorts")
    _, wider = play("hierarchical-cohorts", f"cohorts.research.{GPU}.borrowingLimit=8")
    states = [at(run, 10 * MINUTE), at(run, HOUR), at(wider, 10 * MINUTE)]
    assert [(gpus(state), waiting(state), state.preempted) for state in states] == [
        ({"vision": 16}, ["vision-4", "vision-5"], {}),
        (
            {"speech": 4, "vision": 12},
            ["vision-3", "vision-4", "vision-5"],
            {"vision-3": ("speech", "InCohortReclamation")},
        ),
        ({"vision": 20}, ["vision-5"], {}),
    ]


def test_strict_first_in_first_out_lets_nothing_pass_and_best_effort_starves_the_big_job() -> None:
    _, run = play("strict-or-best-effort")
    states = {minute: at(run, minute * MINUTE) for minute in (32, 90)}
    assert {minute: (gpus(state), state.jobs["s-big"], state.jobs["b-big"]) for minute, state in states.items()} == {
        32: ({"best-effort": 6, "strict": 3}, "Suspended", "Suspended"),
        90: ({"best-effort": 3, "strict": 8}, "Running", "Suspended"),
    }


def test_a_higher_priority_evicts_the_newest_of_the_lowest_in_its_own_queue() -> None:
    _, run = play("priority-preemption")
    assert at(run, 2 * HOUR).preempted == {
        "batch-7": ("urgent-a", "InClusterQueue"),
        "batch-6": ("urgent-a", "InClusterQueue"),
        "batch-5": ("urgent-b", "InCohortReclamation"),
        "batch-4": ("urgent-b", "InCohortReclamation"),
    }


def test_a_lending_limit_keeps_quota_free_for_its_owner() -> None:
    _, run = play("lending-limits")
    _, lending = play("lending-limits", f"clusterQueues.team-a.{GPU}.lendingLimit=8")
    assert [(gpus(at(one, 10 * MINUTE)), waiting(at(one, 10 * MINUTE))) for one in (run, lending)] == [
        ({"team-b": 10}, ["b-2"]),
        ({"team-b": 15}, []),
    ]


def test_quota_above_capacity_admits_a_job_whose_pods_find_no_node() -> None:
    scenario, run = play("quota-above-capacity")
    unplaced = [
        (fact.at_ms // MINUTE, fact.workload, fact.message) for fact in run.facts if fact.type == "Unschedulable"
    ]
    assert (scenario.warnings, gpus(at(run, 40 * MINUTE)), unplaced) == (
        ("nominal quota of nvidia.com/gpu in flavor h100 is 16, the nodes have 8",),
        {"team-a": 8, "team-b": 8},
        [(30, "team-b/b", "0/1 nodes are available: 1 Insufficient nvidia.com/gpu.")],
    )


def test_a_job_that_must_stay_in_one_rack_waits_for_topology_not_for_quota() -> None:
    _, run = play("topology")
    state = at(run, 10 * MINUTE)
    racks = {
        fact.workload.partition("/")[2]: sorted(
            (domain.values[-1], domain.count) for domain in fact.pod_sets[0].topology.domains
        )
        for fact in run.facts
        if fact.type == "Admitted" and fact.pod_sets[0].topology is not None
    }
    assert (state.jobs, state.waits, racks) == (
        {"loose": "Running", "tight": "Running", "tight-2": "Suspended"},
        {
            "tight-2": 'topology "racks" allows to fit only 10 out of 12 pod(s). '
            'Total nodes: 4; excluded: resource "nvidia.com/gpu": 1'
        },
        {
            "loose": [("gpu-0", 6)],
            "tight": [("gpu-2", 8), ("gpu-3", 4)],
            "tight-2": [("gpu-0", 8), ("gpu-1", 4)],
        },
    )


def test_free_gpus_on_two_nodes_do_not_help_a_pod_that_needs_a_whole_one() -> None:
    spread, packed = (play("fragmentation", *overrides)[1] for overrides in ([], ["placement=GpuPack"]))
    started = [
        [(f.at_ms, f.message) for f in run.facts if f.type == "Started" and "large" in f.workload]
        for run in (spread, packed)
    ]
    assert started == [[(HOUR, "gpu-0")], [(MINUTE, "gpu-1")]]


def test_a_failed_node_costs_the_work_since_the_last_checkpoint_and_the_wait_for_another() -> None:
    ideal, typical = (play("node-failure", *overrides)[1] for overrides in ([], ["timing=typical"]))
    told = [
        [
            (fact.at_ms / MINUTE, fact.type, fact.lost_ms / MINUTE)
            for fact in run.facts
            if fact.type in ("Interrupted", "Started", "Finished")
        ]
        for run in (ideal, typical)
    ]
    assert told == [
        [(0, "Started", 0), (80, "Interrupted", 20), (120, "Started", 0), (120 + 5 + 180, "Finished", 0)],
        [
            (0.25, "Started", 0),
            (80, "Interrupted", 19.75),
            (120.25, "Started", 0),
            (120.25 + 5 + 180, "Finished", 0),
        ],
    ]
