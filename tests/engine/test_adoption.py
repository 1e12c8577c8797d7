"""A simulation that begins in the middle: running, waiting, terminating and backing-off work is taken over."""

from dataclasses import replace
from typing import Any

import pytest

from kueue_sim import run
from kueue_sim.engine import simulate
from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_text
from kueue_sim.model import Scenario, StopPolicy
from tests.scenario_text import scenario_text

HEAD = scenario_text(
    {"team-a": 8},
    "start: 2026-01-01T12:00:00Z\n",
    flavors=["h100", "a100"],
    preemption={"withinClusterQueue": "LowerPriority"},
)
H100 = "admitted: {flavors: {nvidia.com/gpu: h100}}"


def scenario(*workloads: str, more: str = "") -> Scenario:
    entries = "".join(f"- {{name: {text}}}\n" for text in workloads)
    return scenario_from_text(f"{HEAD}{more}workloads:\n{entries}")


def told(begins: Scenario) -> list[tuple[int, str, str]]:
    """Second, type and workload of every fact."""
    return [
        (fact.at_ms // 1000, fact.type, fact.workload.removeprefix("default/"))
        for fact in simulate(begins).facts
        if fact.type != "Pending"
    ]


def test_running_work_keeps_its_flavor_and_ends_when_its_run_time_is_over() -> None:
    begins = scenario(
        "old, team: team-a, requests: {nvidia.com/gpu: 6}, runtime: 6h, ranFor: 2h, "
        "admitted: {flavors: {nvidia.com/gpu: a100}}"
    )
    result = simulate(begins)
    assert [
        (fact.at_ms, fact.type, dict(fact.pod_sets[0].flavors) if fact.pod_sets else {}) for fact in result.facts
    ] == [
        (0, "Admitted", {"nvidia.com/gpu": "a100"}),
        (4 * 3600_000, "Finished", {}),
    ]


def test_waiting_work_is_admitted_by_its_age_and_has_waited_since_then() -> None:
    begins = scenario(
        f"old, team: team-a, requests: {{nvidia.com/gpu: 8}}, runtime: 2h, ranFor: 1h, {H100}",
        "big, team: team-a, requests: {nvidia.com/gpu: 8}, runtime: 1h, ranFor: 30m, "
        "admitted: {flavors: {nvidia.com/gpu: a100}}",
        "young, team: team-a, requests: {nvidia.com/gpu: 8}, runtime: 1h, waitingSince: 1h",
        "elder, team: team-a, requests: {nvidia.com/gpu: 8}, runtime: 1h, waitingSince: 2026-01-01T09:00:00Z",
    )
    result = run(begins)
    waits = result.workloads.set_index("workload")["wait_first_s"].dropna().to_dict()
    assert waits["default/elder"] == 3 * 3600 + 1800
    assert waits["default/young"] == 2 * 3600


def test_evicted_work_holds_its_quota_until_its_pods_are_gone() -> None:
    begins = scenario(
        f"victim, team: team-a, requests: {{nvidia.com/gpu: 16}}, pods: 1, waitingSince: 1h, {H100}, "
        "evicted: {reason: Preempted, since: 20s, preempted: InClusterQueue}",
        "next, team: team-a, requests: {nvidia.com/gpu: 8}, priority: 10, runtime: 10s, waitingSince: 25s",
        more="timing: {termination: 30s}\n",
    )
    assert (10, "Requeued", "victim") in told(begins)


@pytest.mark.parametrize(
    ("reason", "more"),
    [("WaitingForPreemptedWorkloads", ""), ("Pending", ". Pending the preemption of 1 workload(s)")],
    ids=["0.20", "before"],
)
def test_the_preemptor_stays_active_although_an_equal_was_looked_at_in_vain(reason: str, more: str) -> None:
    refused = "message: \"couldn't assign flavors to pod set main: insufficient unused quota"
    like = "team: team-a, requests: {nvidia.com/gpu: 8}, priority: 5, runtime: 1h"
    begins = scenario(
        "other, team: team-a, requests: {nvidia.com/gpu: 8}, priority: 9, runtime: 1h, "
        "admitted: {flavors: {nvidia.com/gpu: a100}}",
        f"victim, team: team-a, requests: {{nvidia.com/gpu: 8}}, runtime: 1h, waitingSince: 1h, {H100}, "
        "evicted: {reason: Preempted, since: 20s, preempted: InClusterQueue}",
        f'preemptor, {like}, waitingSince: 2h, pending: {{reason: {reason}, {refused}{more}"}}',
        f'equal, {like}, waitingSince: 1h, pending: {{reason: WaitingForQuota, {refused}"}}',
        more="timing: {termination: 30s}\n",
    )
    assert [fact for fact in told(begins) if fact[0] == 10] == [
        (10, "Requeued", "victim"),
        (10, "Admitted", "preemptor"),
    ]


def test_work_that_backs_off_comes_back_when_its_backoff_is_over() -> None:
    begins = scenario(
        "slow, team: team-a, requests: {nvidia.com/gpu: 8}, runtime: 10s, waitingSince: 1h, "
        "evicted: {reason: PodsReadyTimeout, since: 10s}, requeue: {at: 50s, count: 1, held: PodsReadyTimeout}",
        more="kueue: {configuration: {waitForPodsReady: {enable: true}}}\n",
    )
    assert told(begins) == [(0, "Submitted", "slow"), (50, "Admitted", "slow"), (60, "Finished", "slow")]


def test_more_than_the_quota_allows_is_kept_and_nothing_else_admitted() -> None:
    begins = scenario(
        f"over, team: team-a, requests: {{nvidia.com/gpu: 12}}, runtime: 1h, ranFor: 30m, {H100}",
        "next, team: team-a, requests: {nvidia.com/gpu: 8}, runtime: 1h, waitingSince: 10m",
    )
    assert told(begins)[:3] == [(0, "Admitted", "over"), (0, "Submitted", "next"), (0, "Admitted", "next")]
    assert simulate(begins).states["default/over"] == "finished"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("requests: {nvidia.com/gpu: 1}, admitted: {}", "flavors is missing: nvidia.com/gpu of ClusterQueue 'team-a'"),
        ("requests: {nvidia.com/gpu: 1}, ranFor: 1h", "ranFor comes with `admitted`"),
        ("requests: {nvidia.com/gpu: 1}, waitingSince: soon", "is neither a duration (2h30m) nor an instant"),
        ("requests: {nvidia.com/gpu: 1}, waitingSince: 2026-01-02T00:00:00Z", "lies behind the start"),
        (f"requests: {{nvidia.com/gpu: 1}}, submit: 1h, {H100}", "has `waitingSince` instead"),
        ("requests: {nvidia.com/gpu: 1}, admitted: {clusterQueue: team-x}", "there is no ClusterQueue 'team-x'"),
    ],
)
def test_mistakes_are_told_with_what_would_be_accepted(entry: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        scenario(f"one, team: team-a, {entry}")
    found: Any = str(caught.value)
    assert message in found


@pytest.mark.parametrize(
    ("stop", "entry", "answer"),
    [
        ("Hold", "reason: Pending, message: quota is short", ("Suspended", "ClusterQueue team-a is inactive")),
        ("None", "reason: Suspended, message: ClusterQueue team-a is inactive", ("WaitingForQuota", "")),
    ],
)
def test_what_a_queue_that_was_stopped_or_started_since_makes_void_is_said_no_more(
    stop: str, entry: str, answer: tuple[str, str]
) -> None:
    begins = scenario(
        f"old, team: team-a, requests: {{nvidia.com/gpu: 8}}, runtime: 2h, ranFor: 1h, {H100}",
        "other, team: team-a, requests: {nvidia.com/gpu: 8}, runtime: 2h, admitted: {flavors: {nvidia.com/gpu: a100}}",
        f"next, team: team-a, requests: {{nvidia.com/gpu: 8}}, runtime: 1h, waitingSince: 1h, pending: {{{entry}}}",
        more="horizon: 1s\n",
    )
    policy = begins.policy
    stopped = tuple(replace(one, stop_policy=StopPolicy(stop)) for one in policy.cluster_queues)
    reason, message = simulate(replace(begins, policy=replace(policy, cluster_queues=stopped))).pending["default/next"]
    assert (reason, message if answer[1] else "") == answer
