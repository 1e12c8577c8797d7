"""The resource scores of kube-scheduler, digit by digit."""

import pytest

from kueue_sim.policy.placement import NodeState
from kueue_sim.policy.placement.scores import (
    CPU_AND_MEMORY,
    balance,
    balanced_allocation,
    least_allocated,
    most_allocated,
    requested_to_capacity,
    resources_fit,
)
from tests.placement.builders import GI, GPU, node, pod

POD = pod(cpu=8, gi=64, gpu=1)
LOADS = {"n1": (0, 0, 0), "n2": (48, 256, 4), "n3": (8, 64, 7)}


def loaded(name: str, cpu: int, gi: int, gpu: int) -> NodeState:
    state = NodeState(node(name))
    if cpu:
        state.charge(pod(cpu, gi, gpu), 1)
    return state


def test_worked_example_of_an_empty_a_half_full_and_a_nearly_full_node() -> None:
    """Rules, 21.12 X1: the default takes the empty node, packing GPUs the node with one GPU left."""
    spread = resources_fit(POD, CPU_AND_MEMORY, least_allocated)
    pack = resources_fit(POD, {GPU: 1}, most_allocated)
    classic, since_136 = balanced_allocation(POD, classic=True), balanced_allocation(POD)
    found = {}
    for name, load in LOADS.items():
        state = loaded(name, *load)
        even = since_136(state)
        found[name] = (spread(state), classic(state), even, spread(state) + even, pack(state), pack(state) + even)
    assert found == {
        "n1": (92, 98, 74, 166, 12, 86),
        "n2": (54, 86, 74, 128, 62, 136),
        "n3": (85, 97, 74, 159, 100, 174),
    }


def test_a_pod_without_requests_counts_a_little_cpu_and_memory_in_the_fit_score_only() -> None:
    small = NodeState(node("n", cpu=1, gi=1))
    small.charge(pod(), 1)
    assert [resources_fit(pod(), {resource: 1}, most_allocated)(small) for resource in ("cpu", "memory")] == [
        2 * 100 * 100 // 1000,
        2 * 200 * 2**20 * 100 // GI,
    ]
    assert (small.used("cpu"), small.used("memory"), balanced_allocation(pod())(small)) == (0, 0, 0)


def test_gpus_count_for_pods_that_want_some_and_missing_resources_not_at_all() -> None:
    state = loaded("n", 48, 256, 4)
    weights = {"cpu": 1, GPU: 3, "example.com/fpga": 5}
    assert [
        resources_fit(POD, weights, most_allocated)(state),
        resources_fit(pod(cpu=8), weights, most_allocated)(state),
        resources_fit(pod(gpu=1), {"example.com/fpga": 1}, most_allocated)(state),
    ] == [(58 + 3 * 62) // 4, 58, 0]


@pytest.mark.parametrize(
    ("points", "scores"),
    [
        (((0, 0), (100, 10)), [0, 33, 66, 100, 100]),
        (((0, 10), (100, 0)), [100, 67, 34, 0, 0]),
        (((40, 2), (60, 8)), [20, 20, 80, 80, 80]),
    ],
)
def test_a_curve_is_followed_in_whole_steps(points: tuple[tuple[int, int], ...], scores: list[int]) -> None:
    curve = requested_to_capacity(points)
    assert [curve(used, 300) for used in (0, 100, 200, 300, 301)] == scores


def test_a_curve_leaves_out_resources_without_score_and_rounds_to_nearest() -> None:
    curve = requested_to_capacity(((0, 0), (100, 10)))
    state = loaded("n", 48, 256, 4)
    weights = {"cpu": 1, "memory": 1, GPU: 1}
    empty = NodeState(node("n", cpu=100_000, gi=100, gpu=100))
    assert (
        resources_fit(POD, weights, curve, skip_zero=True)(state),
        resources_fit(pod(cpu=1, gi=1, gpu=2), weights, curve, skip_zero=True)(empty),
    ) == (round((58 + 31 + 62) / 3), 2)


def test_balance_is_the_spread_of_the_used_fractions() -> None:
    assert [balance(fractions) for fractions in ([], [0.3], [0.5, 0.5], [1.0, 0.0], [0.0, 0.5, 1.0])] == [
        100,
        100,
        100,
        50,
        59,
    ]


def test_a_pod_that_evens_out_a_node_scores_above_one_that_tilts_it() -> None:
    tilted = NodeState(node("n", cpu=10, gi=10))
    tilted.charge(pod(cpu=5), 1)
    evens, tilts = pod(gi=5), pod(cpu=5)
    assert [balanced_allocation(evens)(tilted), balanced_allocation(tilts)(tilted)] == [
        50 + (50 + 100 - 75) // 2,
        50 + (50 + 50 - 75) // 2,
    ]
