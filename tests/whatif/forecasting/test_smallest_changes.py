"""The changes that let work start now are the smallest ones, whoever else starts or goes with them."""

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from kueue_sim.engine import simulate
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.model import Action, ClusterQueue, Workload
from kueue_sim.policytest.random_worlds.worlds import Limits, seeded_world
from kueue_sim.results.quota.quota_over_time import quotas
from kueue_sim.whatif.forecasting.admit import admit
from kueue_sim.whatif.forecasting.unblock import SOON_MS, Unblocking, unblocking
from kueue_sim.whatif.learning.present import Present, present_of

Manifest = dict[str, Any]


def running(name: str, **more: object) -> Manifest:
    return {"name": name, "runtime": "6h", "admitted": {}, "ranFor": "2h", **more}


def waiting(name: str, since: str, **more: object) -> Manifest:
    return {"name": name, "runtime": "1h", "waitingSince": since, **more}


def changes(folder: Path, quota: Manifest, *work: Manifest, within: str = "LowerPriority") -> list[str]:
    """What would let ``last`` start in a queue with these quotas, beside other work."""
    resources = [{"name": name, "nominalQuota": amount} for name, amount in quota.items()]
    group = {"coveredResources": list(quota), "flavors": [{"name": "h100", "resources": resources}]}
    preemption = {"withinClusterQueue": within}
    objects = [
        {"kind": "ResourceFlavor", "metadata": {"name": "h100"}},
        {
            "kind": "ClusterQueue",
            "metadata": {"name": "team-a"},
            "spec": {"namespaceSelector": {}, "resourceGroups": [group], "preemption": preemption},
        },
    ]
    head = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "start": "2026-01-20T00:00:00Z"}
    work = tuple({"team": "team-a", **one} for one in work)
    path = folder / "now.yaml"
    path.write_text(yaml.safe_dump({**head, "policy": {"objects": objects}, "workloads": [*work]}))
    (found,) = admit(path, ["last"])
    return [str(one) for one in found.changes or ()]


PATH = "clusterQueues.team-a.h100"


def test_others_who_start_with_a_change_may_make_room_by_whom_they_preempt(tmp_path: Path) -> None:
    """With five CPUs the first one evicts the old one, of whose GPUs it needs half; the last one takes two more."""
    assert changes(
        tmp_path,
        {"gpu": 8, "cpu": 4},
        running("old", requests={"gpu": 8}),
        waiting("first", "30m", priority=5, requests={"gpu": 4, "cpu": 5}),
        waiting("last", "10m", requests={"gpu": 2, "cpu": 1}),
    )[:2] == [f"{PATH}.gpu.nominalQuota 8 -> 10", f"{PATH}.cpu.nominalQuota 4 -> 6"]


def test_of_a_queue_that_holds_more_than_its_quota_what_it_holds_counts(tmp_path: Path) -> None:
    """Somebody cut its quota to two, while six are in use."""
    old, last = running("old", requests={"gpu": 6}), waiting("last", "10m", requests={"gpu": 1})
    assert changes(tmp_path, {"gpu": 2}, old, last, within="Never") == [f"{PATH}.gpu.nominalQuota 2 -> 7"]


def test_the_priority_of_another_is_enough_where_newer_equals_may_be_preempted(tmp_path: Path) -> None:
    old = running("old", priority=5, waitingSince="3h", requests={"gpu": 8})
    last = waiting("last", "4h", requests={"gpu": 8})
    assert changes(tmp_path, {"gpu": 8}, old, last, within="LowerOrNewerEqualPriority")[-1] == (
        "priority of last 0 -> 5, which preempts default/old"
    )


def test_quota_of_pods_is_quota(tmp_path: Path) -> None:
    old, last = running("old", requests={"gpu": 2}), waiting("last", "10m", requests={"gpu": 2})
    assert changes(tmp_path, {"gpu": 8, "pods": 1}, old, last)[0] == f"{PATH}.pods.nominalQuota 1 -> 2"


MOST = 40
"""Amounts that are tried one by one in random worlds."""


def starts(present: Present, target: Workload, queue: ClusterQueue) -> bool:
    """Whether work starts when its queue is applied like this."""
    runtimes = [None] * len(present.running)
    changed = [Action(0, "apply", objects=(queue,))]
    run = simulate(present.onward(runtimes, present.waiting, (), SOON_MS, changed))
    return run.states[target.key] in ("admitted", "quotaReserved")


def one_by_one(present: Present, target: Workload, queue: ClusterQueue) -> dict[str, int]:
    """The smallest nominal quotas that let work start, by flavor and resource; without those beyond ``MOST``."""
    found = {}
    for flavor, resource, quota in quotas(queue):
        unit = 1000 if resource == "cpu" else 1
        for steps in range(1, MOST):
            more = replace(quota, nominal=quota.nominal + steps * unit)
            if starts(present, target, changed(queue, flavor, resource, more)):
                found[f"{flavor}.{resource}"] = quota.nominal // unit + steps
                break
    return found


def changed(queue: ClusterQueue, flavor: str, resource: str, quota: object) -> ClusterQueue:
    def of(group: Any) -> Any:
        own = [
            replace(one, resources=tuple((name, quota if name == resource else old) for name, old in one.resources))
            if one.name == flavor
            else one
            for one in group.flavors
        ]
        return replace(group, flavors=tuple(own))

    return replace(queue, resource_groups=tuple(map(of, queue.resource_groups)))


def amount_of(change: Unblocking) -> tuple[str, int]:
    return change.what.split(".", 2)[2].removesuffix(".nominalQuota"), int(change.then)


@pytest.mark.parametrize("seed", [1, 7, 18])
def test_in_random_worlds_no_smaller_amount_works(seed: int) -> None:
    scenario = scenario_from_dict(seeded_world(seed, Limits(workloads=25)))
    last_ms = max(fact.at_ms for fact in simulate(scenario).facts)
    present = present_of(scenario, 1000 * Random(seed).randrange(1 + last_ms // 1000)).light()
    compared = 0
    for target in present.waiting:
        queue = next(one for one in present.scenario.policy.cluster_queues if one.name == target.queue_name)
        told = unblocking(present, target) or ()
        nominal = dict(amount_of(one) for one in told if one.what.endswith("nominalQuota") and not one.also)
        if nominal:
            assert nominal == one_by_one(present, target, queue)
        compared += len(nominal)
    assert compared > 0
