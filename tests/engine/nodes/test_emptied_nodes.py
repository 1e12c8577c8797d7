"""Pods leave nodes that are drained, or get a taint with NoExecute that they do not tolerate (R21.43)."""

from dataclasses import replace
from typing import Any

import pytest

from kueue_sim.engine import Run
from kueue_sim.engine.pods.emptied_nodes import leaves_after_ms
from kueue_sim.model import Taint, Timing, Toleration, Workload
from tests.engine.nodes import test_node_failures as placed
from tests.engine.worlds import act, job, log, nodes, run

SPOT = Taint("spot", "gone", "NoExecute")
LIFE = ("Interrupted", "Reassigned", "Evicted", "Started", "Finished")


def tolerating(*tolerations: Toleration) -> Workload:
    """Two pods that fill a node each by half, for an hour."""
    one = job("a", 2, 4)
    return one._replace(pod_sets=(replace(one.pod_sets[0], tolerations=tolerations),))


def ran(*actions: Any, tolerations: tuple[Toleration, ...] = (), grace_ms: int = 0) -> Run:
    return run([tolerating(*tolerations)], nodes(3), timeline=actions, timing=Timing(termination_ms=grace_ms))


def test_a_drained_node_is_left_and_takes_nobody() -> None:
    drained = ran(act(60_000, "drain", "n1"), grace_ms=30_000)
    assert log(drained, types=("Node", *LIFE)) == [
        "0 Started a n1, n2",
        "60 Node drain n1",
        "60 Interrupted a n1 lost 60",
        "90 Started a n2, n3",
        "3690 Finished a",
    ]
    assert [fact.reason for fact in drained.facts if fact.type == "Interrupted"] == ["NodeDrained"]


EXISTS = Toleration("spot", "Exists")


@pytest.mark.parametrize(
    ("taint", "tolerations", "leaves_s"),
    [
        (SPOT, (), 60),
        (SPOT, (EXISTS,), None),
        (SPOT, (replace(EXISTS, seconds=300),), 360),
        (SPOT, (replace(EXISTS, seconds=300), EXISTS), 360),
        (SPOT, (replace(EXISTS, seconds=-5),), 60),
        (replace(SPOT, effect="NoSchedule"), (), None),
        (replace(SPOT, effect="PreferNoSchedule"), (), None),
    ],
    ids=["not tolerated", "tolerated", "for five minutes", "the first counts", "not at all", "NoSchedule", "Prefer…"],
)
def test_a_taint_drives_off_pods_that_do_not_tolerate_it(
    taint: Taint, tolerations: tuple[Toleration, ...], leaves_s: int | None
) -> None:
    tainted = ran(act(60_000, "taint", "n1", taints=(taint,)), tolerations=tolerations)
    left = [fact.at_ms // 1000 for fact in tainted.facts if fact.type == "Interrupted"]
    assert left == ([] if leaves_s is None else [leaves_s])


def test_a_taint_that_is_taken_away_in_time_or_was_there_before_drives_nobody_off() -> None:
    tainted = act(60_000, "taint", "n1", taints=(SPOT,))
    patient = (replace(EXISTS, seconds=300),)
    assert log(ran(tainted, act(120_000, "taint", "n1"), tolerations=patient), types=LIFE) == [
        "0 Started a n1, n2",
        "3600 Finished a",
    ]
    other = act(120_000, "taint", "n1", taints=(SPOT, Taint("other", "", "NoExecute")))
    found = ran(tainted, other, tolerations=(EXISTS, Toleration("other", "Exists")))
    assert not [fact for fact in found.facts if fact.type == "Interrupted"]


def test_of_several_taints_the_first_to_drive_off_counts() -> None:
    both = (SPOT, Taint("other", "", "NoExecute"))
    assert leaves_after_ms((replace(EXISTS, seconds=9), Toleration("other", "Exists", seconds=5)), both) == 5000
    assert leaves_after_ms((EXISTS, Toleration("other", "Exists", seconds=5)), both) == 5000
    assert leaves_after_ms((EXISTS,), both) == 0


@pytest.mark.parametrize(
    ("flush_ms", "grace_ms", "moved", "started"), [(0, 0, "61", "61"), (1000, 30_000, "61.1", "90")]
)
def test_work_that_a_topology_placed_on_a_drained_node_gets_another(
    flush_ms: int, grace_ms: int, moved: str, started: str
) -> None:
    timing = Timing(flush_ms=flush_ms, termination_ms=grace_ms)
    cluster = [placed.node(name) for name in ("n1", "n2", "n3")]
    found = placed.run([placed.job("w", 2)], cluster, act(60_000, "drain", "n1"), timing=timing)
    assert log(found, types=LIFE) == [
        "0 Started w n1, n2",
        "60 Interrupted w n1 lost 60",
        f"{moved} Reassigned w",
        f"{started} Started w n2, n3",
    ]


def test_work_with_pods_that_stay_on_a_tainted_node_keeps_it() -> None:
    """Of two pod sets on one node one tolerates the taint: its pods hold the replacement back (R20.69)."""
    one = placed.job("w", 1)
    sets = (one.pod_sets[0], replace(one.pod_sets[0], name="stays", tolerations=(EXISTS,)))
    tainted = act(60_000, "taint", "n1", taints=(SPOT,))
    cluster = [placed.node("n1", gpus=4), placed.node("n2", gpus=4)]
    found = placed.run([one._replace(pod_sets=sets)], cluster, tainted)
    assert log(found, types=("Interrupted", "Reassigned")) == ["60 Interrupted w n1 lost 60"]
