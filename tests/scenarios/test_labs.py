"""Every public lab step by step: who runs, who waits with which message, who was evicted and why, who borrows."""

import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from kueue_sim.units import format_quantity
from tests.scenarios.observed import MINUTE, State, at, borrowed, nominal, play, share

GPU = "nvidia.com/gpu"
LABS = Path(__file__).parents[3] / "shared" / "hyperpod" / "lab_timelines.yaml"
A1, B2, MNIST = "imagenet-gpu-team-a-1", "imagenet-gpu-team-b-2", "hyperpod-cli-mnist-team-b"
QA, QB, QX = "team-a-qwen3-training-prio", "team-b-qwen3-training-prio", "team-b-qwen3-experimentation-prio"
G8, G12 = "ml.g5.8xlarge", "ml.g5.12xlarge"


def needed(amount: str, flavor: str, resource: str = GPU) -> str:
    return f"insufficient unused quota for {resource} in flavor {flavor}, {amount} more needed"


def gpus(state: State) -> dict[str, int]:
    return {team: used[GPU] for team, used in state.used.items()}


def steps(name: str, *minutes: int) -> list[dict[str, object]]:
    """The GPU side of the cluster after each step."""
    scenario, run = play(name)
    return [
        {
            "jobs": state.jobs,
            "gpus": gpus(state),
            "borrowed": borrowed(scenario, state, GPU),
            "preempted": state.preempted,
            "waits": state.waits,
        }
        for state in (at(run, minute * MINUTE) for minute in minutes)
    ]


def test_option_1_team_b_takes_back_what_it_owns_and_team_a_starts_again_from_zero() -> None:
    taken = {A1: (B2, "InCohortReclamation")}
    assert steps("lab-option-1", 0, 10, 40, 140) == [
        {"jobs": {A1: "Running"}, "gpus": {"team-a": 2}, "borrowed": {"team-a": 1}, "preempted": {}, "waits": {}},
        {
            "jobs": {A1: "Suspended", B2: "Running"},
            "gpus": {"team-b": 2},
            "borrowed": {},
            "preempted": taken,
            "waits": {A1: needed("1", G8)},
        },
        {
            "jobs": {A1: "Running", B2: "Deleted"},
            "gpus": {"team-a": 2},
            "borrowed": {"team-a": 1},
            "preempted": taken,
            "waits": {},
        },
        {"jobs": {A1: "Finished", B2: "Deleted"}, "gpus": {}, "borrowed": {}, "preempted": taken, "waits": {}},
    ]


def test_option_1_with_one_gpu_of_quota_team_b_waits_instead() -> None:
    _, run = play("lab-option-1", f"clusterQueues.team-b.{GPU}.nominalQuota=1")
    assert at(run, 10 * MINUTE).shown("jobs", "preempted", "waits") == {
        "jobs": {A1: "Running", B2: "Suspended"},
        "preempted": {},
        "waits": {B2: needed("2", G8)},
    }


def test_option_2_with_accelerator_quotas() -> None:
    taken = {A1: (B2, "InCohortReclamation")}
    assert steps("lab-option-2", 0, 10, 40) == [
        {"jobs": {A1: "Running"}, "gpus": {"team-a": 3}, "borrowed": {"team-a": 1}, "preempted": {}, "waits": {}},
        {
            "jobs": {A1: "Suspended", B2: "Running"},
            "gpus": {"team-b": 8},
            "borrowed": {},
            "preempted": taken,
            "waits": {A1: needed("1", G12)},
        },
        {
            "jobs": {A1: "Running", B2: "Deleted"},
            "gpus": {"team-a": 3},
            "borrowed": {"team-a": 1},
            "preempted": taken,
            "waits": {},
        },
    ]


def test_option_2_as_published_selects_nodes_that_its_quota_does_not_cover() -> None:
    selector = "nodeSelector[node.kubernetes.io/instance-type]"
    worker = "workloads[0].manifest.spec.pytorchReplicaSpecs.Worker"
    _, run = play("lab-option-2", f"{worker}.template.spec.{selector}=ml.g5.24xlarge")
    last = at(run, 100 * MINUTE)
    assert (last.admissions, last.waits) == ({B2: 1}, {A1: f"flavor {G12} doesn't match node affinity"})


def test_upstream_lab_reclaim_needs_no_priority_and_a_higher_class_evicts_its_own_team() -> None:
    assert steps("lab-upstream", 0, 10, 20) == [
        {"jobs": {A1: "Running"}, "gpus": {"team-a": 3}, "borrowed": {"team-a": 1}, "preempted": {}, "waits": {}},
        {
            "jobs": {A1: "Suspended", MNIST: "Running"},
            "gpus": {"team-b": 2},
            "borrowed": {},
            "preempted": {A1: (MNIST, "InCohortReclamation")},
            "waits": {A1: needed("1", G8)},
        },
        {
            "jobs": {A1: "Suspended", MNIST: "Suspended", B2: "Running"},
            "gpus": {"team-b": 2},
            "borrowed": {},
            "preempted": {A1: (MNIST, "InCohortReclamation"), MNIST: (B2, "InClusterQueue")},
            "waits": {A1: needed("1", G8), MNIST: needed("1", G8)},
        },
    ]


def figures(team: str, name: str, minute: int) -> dict[str, tuple[str, str]]:
    """Total and borrowed per resource, as Kueue's flavorsUsage prints them."""
    scenario, run = play(name)
    state = at(run, minute * MINUTE)
    return {
        resource: (
            format_quantity(state.used.get(team, {}).get(resource, 0), resource),
            format_quantity(borrowed(scenario, state, resource).get(team, 0), resource),
        )
        for resource in ("cpu", "memory", GPU, "aws.amazon.com/neurondevice", "vpc.amazonaws.com/efa")
    }


def test_walkthrough_usage_figures_are_those_published() -> None:
    expected = {
        "cpu": ("88", "40"),
        "memory": ("328Gi", "136Gi"),
        GPU: ("8", "4"),
        "aws.amazon.com/neurondevice": ("0", "0"),
        "vpc.amazonaws.com/efa": ("0", "0"),
    }
    assert [figures("team-a", "lab-cli-walkthrough", 0), figures("team-b", "lab-cli-walkthrough", 20)] == [expected] * 2


def test_walkthrough_a_borrowing_job_evicts_its_own_team_under_fair_sharing() -> None:
    def short(cpu: str, memory: str, gpu: str) -> str:
        amounts = ((cpu, "cpu"), (memory, "memory"), (gpu, GPU))
        return ", ".join(needed(amount, G12, resource) for amount, resource in amounts)

    assert steps("lab-cli-walkthrough", 0, 10, 20) == [
        {"jobs": {QA: "Running"}, "gpus": {"team-a": 8}, "borrowed": {"team-a": 4}, "preempted": {}, "waits": {}},
        {
            "jobs": {QA: "Suspended", QB: "Running"},
            "gpus": {"team-b": 4},
            "borrowed": {},
            "preempted": {QA: (QB, "InCohortReclamation")},
            "waits": {QA: short("36", "108Gi", "4")},
        },
        {
            "jobs": {QA: "Suspended", QB: "Suspended", QX: "Running"},
            "gpus": {"team-b": 8},
            "borrowed": {"team-b": 4},
            "preempted": {QA: (QB, "InCohortReclamation"), QB: (QX, "InClusterQueue")},
            "waits": {QA: short("80", "272Gi", "8"), QB: short("36", "108Gi", "4")},
        },
    ]


def test_walkthrough_without_fair_sharing_the_borrowing_job_waits() -> None:
    _, run = play("lab-cli-walkthrough", "settings.fairSharing.enable=false")
    assert at(run, 20 * MINUTE).jobs == {QA: "Suspended", QB: "Running", QX: "Suspended"}


def test_documented_sharing_needs_a_limit_of_sixty_percent() -> None:
    first = steps("docs-sharing", 10)[0]
    everything = {"a-work": "Running", "b-work": "Running", "b-more": "Running"}
    assert (first["jobs"], first["gpus"], first["borrowed"]) == (everything, {"team-a": 2, "team-b": 8}, {"team-b": 3})
    _, run = play("docs-sharing", f"clusterQueues.team-b.{GPU}.borrowingLimit=2")
    assert at(run, 10 * MINUTE).shown("jobs", "waits") == {
        "jobs": {**everything, "b-more": "Suspended"},
        "waits": {"b-more": needed("1", G8)},
    }


def test_documented_inference_spike_evicts_evaluation_of_its_own_team_newest_first() -> None:
    _, run = play("docs-inference")
    state = at(run, 10 * MINUTE)
    assert (gpus(state), state.preempted) == (
        {"team-a": 10, "team-b": 20},
        {f"b-evaluation-{9 - index}": (f"b-spike-{index}", "InClusterQueue") for index in range(5)},
    )


def test_documented_inference_spike_borrows_what_is_idle_before_it_evicts() -> None:
    scenario, run = play("docs-inference", "workloads.a-training.pods=6")
    state = at(run, 10 * MINUTE)
    assert (gpus(state), borrowed(scenario, state, GPU), state.preempted) == (
        {"team-a": 6, "team-b": 24},
        {"team-b": 4},
        {"b-evaluation-9": ("b-spike-4", "InClusterQueue")},
    )


LAB_FILES = {
    "seed-g5.8xlarge": ("lab-option-1", (0, 10, 40)),
    "seed-g5.12xlarge": ("lab-option-2", (0, 10, 40)),
    "upstream-g5.8xlarge": ("lab-upstream", (0, 10, 20)),
    "cli-walkthrough-g5.12xlarge": ("lab-cli-walkthrough", (0, 10, 20)),
}


def recorded(lab: str) -> dict[str, Any]:
    if not LABS.is_file():
        pytest.skip("the recorded labs (../shared/hyperpod) do not lie beside this checkout")
    data = yaml.safe_load(LABS.read_text(encoding="utf-8"))
    return next(item for item in data["labs"] if item["id"] == lab)


@pytest.mark.parametrize("lab", LAB_FILES)
def test_quotas_and_limits_are_those_recorded(lab: str) -> None:
    expected = recorded(lab)["quotas"]
    scenario, _ = play(LAB_FILES[lab][0])
    units = {"gpu": (GPU, 1), "vcpu": ("cpu", 1000), "memory_gib": ("memory", 2**30)}
    found: dict[str, dict[str, dict[str, int]]] = {}
    for team, queue in zip(expected, scenario.policy.cluster_queues, strict=True):
        quotas = dict(queue.resource_groups[0].flavors[0].resources)
        found[team] = {
            "nominal": {unit: quotas[name].nominal // size for unit, (name, size) in units.items()},
            "limit": {unit: (quotas[name].borrowing_limit or 0) // size for unit, (name, size) in units.items()},
        }
    assert found == {team: {part: quota[part] for part in ("nominal", "limit")} for team, quota in expected.items()}


@pytest.mark.parametrize("lab", LAB_FILES)
def test_every_recorded_state_of_a_lab_is_reached(lab: str) -> None:
    expected = recorded(lab)
    name, minutes = LAB_FILES[lab]
    scenario, run = play(name)
    states = [at(run, minute * MINUTE) for minute in minutes]
    differences = [
        (step["do"], key, value, got)
        for step, state in zip(expected["steps"], states, strict=True)
        for key, value, got in _compared(step, state, scenario, expected["jobs"])
        if value != got
    ]
    assert differences == []


def _compared(step: dict[str, Any], state: State, scenario: Any, jobs: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """Each recorded value that the facts can answer, with ours beside it."""
    rows: list[tuple[str, Any, Any]] = []
    quota = sum(nominal(scenario, GPU).values())
    for key, value in {**step.get("shown", {}), **step.get("derived", {})}.items():
        if key in jobs and value in ("Running", "Suspended"):
            rows.append((key, value, state.jobs.get(key)))
        elif key in jobs:
            rows.append((key, value, state.waits.get(key)))
        elif key in ("team-a", "team-b"):
            rows += [(f"{key}.{part}", amount, _usage(part, key, state, scenario)) for part, amount in value.items()]
        elif key == "cohort_free_gpu":
            rows.append((key, value, quota - sum(gpus(state).values())))
        elif key == "physical_free_gpu":
            there = sum(node.allocatable[GPU] for node in scenario.nodes)
            rows.append((key, value, there - sum(gpus(state).values())))
        elif key == "preempted":
            rows.append((key, value, list(state.preempted)[-1]))
        elif key == "preempted_reason":
            rows.append((key, value, list(state.preempted.values())[-1][1]))
        elif key == "preemptions_total":
            rows.append((key, value, len(state.preempted)))
        elif key == "team-a_weighted_share":
            rows.append((key, value, math.ceil(share(scenario, state, "team-a").weighted)))
        elif key == "unweighted_share":
            rows.append((key, max(value.values()), share(scenario, state, "team-a").ratio))
        elif key == "admissions_of_job_a":
            rows.append((key, value, state.admissions[A1]))
    return rows


def _usage(part: str, team: str, state: State, scenario: Any) -> object:
    """A recorded figure such as ``vcpu_borrowed``, in the unit in which it was recorded."""
    unit, kind = part.split("_")
    resource = {"gpu": GPU, "vcpu": "cpu", "memory": "memory"}[unit]
    amount = (
        state.used.get(team, {}).get(resource, 0)
        if kind == "used"
        else borrowed(scenario, state, resource).get(team, 0)
    )
    return format_quantity(amount, resource) if unit == "memory" else amount // (1000 if unit == "vcpu" else 1)
