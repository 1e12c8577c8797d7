"""What holds on the nodes of any run, whatever arrives and whatever breaks."""

import re
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kueue_sim.engine import Run
from kueue_sim.model import Action, Placement, Timing, Workload
from tests.engine.worlds import GPU, MINUTE, act, job, nodes, run

JOBS = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from((1, 2, 3, 4)), st.integers(0, 20), st.integers(1, 30), st.booleans()),
    min_size=1,
    max_size=8,
)
EVENTS = st.lists(
    st.tuples(
        st.integers(1, 40),
        st.sampled_from(("fail", "repair", "cordon", "uncordon", "remove-node")),
        st.sampled_from(("n1", "n2", "n3")),
    ),
    max_size=6,
)
POLICIES = st.sampled_from(("GpuSpread", "GpuPack", "LeastAllocated", "Random"))
TIMINGS = st.builds(
    Timing, pod_start_ms=st.sampled_from((0, MINUTE // 2)), node_failure_ms=st.sampled_from((0, 2 * MINUTE))
)
HORIZON = 120 * MINUTE


def jobs(shapes: list[tuple[int, int, int, int, bool]], gangs_only: bool = False) -> list[Workload]:
    return [
        job(f"j{number}", pods, gpus, at * MINUTE, runtime * MINUTE, gang=gang or gangs_only)
        for number, (pods, gpus, at, runtime, gang) in enumerate(sorted(shapes, key=lambda shape: shape[2]))
    ]


def actions(events: list[tuple[int, str, str]]) -> list[Action]:
    return [act(at * MINUTE, do, target) for at, do, target in sorted(events)]


def most_on_a_node(ran: Run, work: list[Workload]) -> int:
    """The most GPUs that running gangs ever had on one node at one instant, by what the facts say."""
    gpus = {one.key: one.pod_sets[0].requests[GPU] for one in work}
    held: dict[str, Counter[str]] = {}
    most = 0
    for fact in ran.facts:
        if fact.type == "Started":
            pods = [re.fullmatch(r"(\w+)(?: \((\d+)\))?", part) for part in fact.message.split(", ")]
            held[fact.workload] = Counter(
                {match[1]: int(match[2] or 1) * gpus[fact.workload] for match in pods if match}
            )
        elif fact.type in ("Interrupted", "Finished"):
            held.pop(fact.workload, None)
        most = max([most, *sum(held.values(), Counter()).values()])
    return most


@settings(max_examples=60, deadline=None)
@given(JOBS, EVENTS, POLICIES, TIMINGS)
def test_no_node_ever_holds_more_than_it_has(shapes: list[Any], events: list[Any], policy: str, timing: Timing) -> None:
    work = jobs(shapes, gangs_only=True)
    ran = run(work, nodes(3, gpus=4), policy, timeline=actions(events), timing=timing, horizon_ms=HORIZON)
    assert most_on_a_node(ran, work) <= 4


@settings(max_examples=60, deadline=None)
@given(JOBS, POLICIES, TIMINGS)
def test_every_gpu_hour_of_a_node_is_work_or_waiting_of_some_gang(
    shapes: list[Any], policy: str, timing: Timing
) -> None:
    work = jobs(shapes, gangs_only=True)
    ran = run(work, nodes(3, gpus=4), policy, timing=timing, horizon_ms=HORIZON)
    assert ran.nodes is not None
    size = {one.key: one.pod_sets[0].count * one.pod_sets[0].requests[GPU] for one in work}
    ready = sum(
        size[one.workload] * ((HORIZON if one.ended_ms is None else one.ended_ms) - one.ready_ms)
        for one in ran.nodes.placed
        if one.ready_ms is not None
    )
    idle = sum(one.idle_ms for one in ran.nodes.placed)
    allocated = sum(use.allocated_ms for use in ran.nodes.nodes)
    assert (allocated, ran.nodes.free_ms) == (ready + idle, 3 * 4 * HORIZON - allocated)


@settings(max_examples=40, deadline=None)
@given(JOBS, EVENTS, POLICIES, TIMINGS, st.randoms(use_true_random=False))
def test_the_order_in_which_nodes_are_listed_changes_nothing(
    shapes: list[Any], events: list[Any], policy: str, timing: Timing, chance: Any
) -> None:
    listed = nodes(3, gpus=4)
    shuffled = list(listed)
    chance.shuffle(shuffled)
    more = {"timeline": actions(events), "timing": timing, "horizon_ms": HORIZON}
    one, other = (run(jobs(shapes), order, policy, **more) for order in (listed, shuffled))
    assert (list(one.facts), one.nodes) == (list(other.facts), other.nodes)


@settings(max_examples=60, deadline=None)
@given(JOBS, EVENTS, TIMINGS)
def test_work_ends_exactly_when_it_has_run_its_time_without_interruption(
    shapes: list[Any], events: list[Any], timing: Timing
) -> None:
    """Without checkpoints a gang has to run its whole time after its last start."""
    work = jobs(shapes, gangs_only=True)
    ran = run(work, nodes(3, gpus=4), timeline=actions(events), timing=timing, horizon_ms=HORIZON)
    started = {fact.workload: fact.at_ms for fact in ran.facts if fact.type == "Started"}
    ended = {fact.workload: fact.at_ms for fact in ran.facts if fact.type == "Finished"}
    assert {key: at - started[key] for key, at in ended.items()} == {
        one.key: one.runtime_ms for one in work if one.key in ended
    }


@settings(max_examples=30, deadline=None)
@given(JOBS)
def test_ample_nodes_make_no_difference_to_what_is_decided_and_when(shapes: list[Any]) -> None:
    """Quota decides alone when every pod finds a node."""
    work = jobs(shapes)
    kept = ("Admitted", "Finished")
    with_nodes, without = (
        [fact for fact in run(work, cluster, quota=12).facts if fact.type in kept] for cluster in (nodes(24), ())
    )
    assert with_nodes == without


def test_random_placement_follows_the_seed() -> None:
    work = [job(f"j{number}", 1, 1) for number in range(6)]
    found = [
        [fact.message for fact in run(work, nodes(8), chosen=Placement("Random"), seed=seed).facts if fact.message]
        for seed in (1, 1, 2)
    ]
    assert found[0] == found[1] != found[2]
