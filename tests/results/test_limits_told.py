"""``explain`` says which lending and borrowing limits keep quota from a workload, with their figures."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from kueue_sim import run
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.policy.quota.quota_tree import QuotaForest
from kueue_sim.policytest.random_worlds.worlds import seeded_world
from kueue_sim.report.text.limits import bounds

GPU = "nvidia.com/gpu"


def queue(name: str, gpus: int, cohort: str = "c", **limits: int) -> list[dict[str, Any]]:
    group = of_flavors({"f": quota(gpus, **limits)})
    spec = {"namespaceSelector": {}, "cohortName": cohort, "resourceGroups": [group]}
    local = {"kind": "LocalQueue", "metadata": {"name": name, "namespace": name}, "spec": {"clusterQueue": name}}
    return [{"kind": "ClusterQueue", "metadata": {"name": name}, "spec": spec}, local]


def quota(gpus: int, **limits: int) -> dict[str, Any]:
    return {"name": GPU, "nominalQuota": gpus, **limits}


def cohort(name: str, parent: str, gpus: int, **limits: int) -> dict[str, Any]:
    group = of_flavors({"f": quota(gpus, **limits)})
    return {"kind": "Cohort", "metadata": {"name": name}, "spec": {"parentName": parent, "resourceGroups": [group]}}


def of_flavors(quotas: dict[str, dict[str, Any]]) -> dict[str, Any]:
    flavors = [{"name": name, "resources": [one]} for name, one in quotas.items()]
    return {"coveredResources": [GPU], "flavors": flavors}


def job(name: str, team: str, gpus: int, minute: int = 0) -> dict[str, Any]:
    times = {"submit": f"{minute}m", "runtime": "1h"}
    return {"name": name, "team": team, "requests": {GPU: gpus}, **times}


def limits(objects: Sequence[dict[str, Any]], jobs: Sequence[dict[str, Any]], of: str, **more: Any) -> list[str]:
    """The lines of a job's life about limits."""
    flavor = {"kind": "ResourceFlavor", "metadata": {"name": "f"}}
    document = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": {"objects": [flavor, *objects]}, **more}
    result = run(scenario_from_dict({**document, "workloads": list(jobs)}))
    lines = [line.strip() for line in result.explain(of).splitlines()]
    return [line for line in lines if "Limit" in line or "nobody's end" in line]


LENDS_2_OF_8 = "lendingLimit of lender: lends at most 2 of 8 nvidia.com/gpu in f"
HOLDS_8 = job("holds", "asker", 8)


def test_quota_that_a_lending_limit_keeps_is_told() -> None:
    queues = [*queue("lender", 8, lendingLimit=2), *queue("asker", 8)]
    assert limits(queues, [HOLDS_8, job("waits", "asker", 3, 5)], "waits") == [f"{LENDS_2_OF_8}, keeps 6 unused"]


def test_what_the_owner_uses_of_it_is_kept_from_nobody() -> None:
    queues = [*queue("lender", 8, lendingLimit=2), *queue("asker", 8)]
    jobs = [HOLDS_8, job("own", "lender", 5), job("waits", "asker", 3, 5)]
    assert limits(queues, jobs, "waits") == [f"{LENDS_2_OF_8}, keeps 1 unused"]
    jobs[1] = job("own", "lender", 6)
    assert limits(queues, jobs, "waits") == []


def test_a_borrowing_limit_is_told_and_a_lending_limit_that_would_not_help_beside_it_is_not() -> None:
    queues = [*queue("lender", 8, lendingLimit=2), *queue("asker", 8, borrowingLimit=1)]
    assert limits(queues, [HOLDS_8, job("waits", "asker", 3, 5)], "waits") == [
        "borrowingLimit of asker: may use 8 nvidia.com/gpu in f and borrow 1, uses 8"
    ]


def test_limits_of_cohorts_are_told_along_the_tree() -> None:
    objects = [
        cohort("left", "root", 0, borrowingLimit=2), cohort("right", "root", 4, lendingLimit=3),
        *queue("asker", 8, "left"), *queue("lender", 8, "right", lendingLimit=6),
    ]  # fmt: skip
    waits = job("waits", "asker", 4, 5)
    borrowing = "borrowingLimit of cohort left: may use 8 nvidia.com/gpu in f and borrow 2, uses 8"
    assert limits(objects, [HOLDS_8, waits], "waits") == [borrowing]
    objects[0] = cohort("left", "root", 0)
    assert limits(objects, [HOLDS_8, waits], "waits") == [
        "lendingLimit of cohort right: lends at most 3 of 10 nvidia.com/gpu in f, keeps 7 unused",
        "lendingLimit of lender: lends at most 6 of 8 nvidia.com/gpu in f, keeps 2 unused",
    ]


@pytest.mark.parametrize(
    ("lender", "asker", "bound"),
    [
        ({"lendingLimit": 2}, {}, f"{LENDS_2_OF_8}, keeps 6 unused"),
        ({}, {"borrowingLimit": 2}, "borrowingLimit of asker: may use 8 nvidia.com/gpu in f and borrow 2"),
    ],
)
def test_what_can_never_fit_is_not_said_to_wait_for_those_who_hold_quota(
    lender: dict[str, int], asker: dict[str, int], bound: str
) -> None:
    queues = [*queue("lender", 8, **lender), *queue("asker", 8, **asker)]
    assert limits(queues, [HOLDS_8, job("waits", "asker", 11, 5)], "waits") == [
        "in f nobody's end would help: asker may never use so many nvidia.com/gpu", bound,
    ]  # fmt: skip


@pytest.mark.parametrize(("pods", "told"), [(1, 1), (2, 0)])
def test_in_old_words_what_pod_sets_ask_for_together_is_not_said_to_fit_never(pods: int, told: int) -> None:
    sets = [{"name": f"set-{n}", "pods": 1, "requests": {GPU: 11}} for n in range(pods)]
    waits = {"name": "waits", "team": "asker", "podSets": sets, "submit": "5m", "runtime": "1h"}
    queues = [*queue("lender", 8, lendingLimit=2), *queue("asker", 8)]
    lines = limits(queues, [waits], "waits", kueue={"version": "0.11"})
    assert sum("nobody's end" in line for line in lines) == told


def test_fewer_pods_may_fit_where_all_of_them_never_do() -> None:
    waits = {**job("waits", "asker", 0, 5), "podSets": [{"pods": 6, "minPods": 5, "requests": {GPU: 2}}]}
    del waits["requests"]
    queues = [*queue("lender", 8, lendingLimit=2), *queue("asker", 8)]
    assert limits(queues, [HOLDS_8, waits], "waits") == []


def test_a_limit_that_was_changed_in_mid_run_is_told_as_it_was_then() -> None:
    queues = [*queue("lender", 8, lendingLimit=2), *queue("asker", 8)]
    jobs = [HOLDS_8, job("waits", "asker", 5, 5)]
    change = {"at": "10m", "do": "apply", "set": {f"clusterQueues.lender.{GPU}.lendingLimit": 4}}
    assert limits(queues, jobs, "waits", timeline=[change]) == [
        f"{LENDS_2_OF_8}, keeps 6 unused",
        "lendingLimit of lender: lends at most 4 of 8 nvidia.com/gpu in f, keeps 4 unused",
    ]


def test_of_pod_sets_in_different_flavors_each_has_its_limits() -> None:
    """The driver fits in the small flavor, where there is too little for the workers; the large one is held."""
    objects = [*queue("lender", 0), *queue("asker", 0), {"kind": "ResourceFlavor", "metadata": {"name": "large"}}]
    objects[0]["spec"]["resourceGroups"] = [of_flavors({"f": quota(0), "large": quota(8, lendingLimit=2)})]
    objects[2]["spec"]["resourceGroups"] = [of_flavors({"f": quota(2), "large": quota(4)})]
    pods = [{"name": "driver", "pods": 1, "requests": {GPU: 2}}, {"name": "worker", "pods": 2, "requests": {GPU: 3}}]
    both = {"name": "waits", "team": "asker", "podSets": pods, "submit": "5m", "runtime": "1h"}
    assert limits(objects, [job("holds", "asker", 4), both], "waits") == [
        "lendingLimit of lender: lends at most 2 of 8 nvidia.com/gpu in large, keeps 6 unused",
        "in f nobody's end would help: asker may never use so many nvidia.com/gpu",
    ]  # the driver went to the large flavor then; that both together are too much for it is true of this try alone


def test_without_limits_nothing_is_told_of_them() -> None:
    queues = [*queue("lender", 8), *queue("asker", 8)]
    jobs = [HOLDS_8, job("own", "lender", 7), job("waits", "asker", 3, 5)]
    assert limits(queues, jobs, "waits") == []


@pytest.mark.parametrize("seed", range(40))
def test_the_bounds_are_those_that_decide(seed: int) -> None:
    """With limits at any place, and more used than is allowed, too."""
    forest, draw = QuotaForest(scenario_from_dict(seeded_world(seed)).policy), Random(seed)
    for node in forest.queues.values():
        for slot in node.slots:
            node.add(slot, draw.randrange(12))
    for node in forest.queues.values():
        for slot in node.slots:
            assert bounds(node, slot)[0] == node.raw_available(slot)
