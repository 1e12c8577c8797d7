"""Work that a dump shows before Kueue's controllers came to it: in a stopped queue, deactivated, refused by a check."""

from dataclasses import replace

import pytest

from kueue_sim.engine import simulate
from kueue_sim.inputs import scenario_from_text
from kueue_sim.model import Scenario, StopPolicy
from tests.engine.test_adoption import H100, told
from tests.scenario_text import scenario_text

CHECK = {"admissionChecksStrategy": {"admissionChecks": [{"name": "budget"}]}}
BUDGET = """\
  - {kind: AdmissionCheck, metadata: {name: budget}, spec: {controllerName: example.com/budget}}
start: 2026-01-01T12:00:00Z
horizon: 1h
"""
RUNS = f"runs, team: team-a, requests: {{nvidia.com/gpu: 8}}, runtime: 2h, ranFor: 1h, {H100}"


def scenario(workload: str, more: str = "") -> Scenario:
    head = scenario_text({"team-a": 8}, BUDGET + more, flavors=["h100", "a100"], **CHECK)
    return scenario_from_text(f"{head}workloads:\n- {{name: {workload}}}\n")


def stopped(begins: Scenario, stop: StopPolicy, local: bool) -> Scenario:
    """The scenario with its LocalQueues or its ClusterQueues stopped."""
    policy = begins.policy
    if local:
        queues = tuple(replace(one, stop_policy=stop) for one in policy.local_queues)
        return replace(begins, policy=replace(policy, local_queues=queues))
    return replace(
        begins,
        policy=replace(policy, cluster_queues=tuple(replace(one, stop_policy=stop) for one in policy.cluster_queues)),
    )


@pytest.mark.parametrize("local", [False, True])
def test_what_runs_in_a_queue_that_drains_is_evicted_though_nobody_has_done_it_yet(local: bool) -> None:
    begins = scenario(RUNS)
    facts = simulate(stopped(begins, StopPolicy.HOLD_AND_DRAIN, local)).facts
    assert [fact.reason for fact in facts if fact.type == "Evicted" and fact.at_ms == 0] == [
        "LocalQueueStopped" if local else "ClusterQueueStopped"
    ]
    held = simulate(stopped(begins, StopPolicy.HOLD, local))
    assert [fact.type for fact in held.facts] == ["Admitted", "Finished"]


def test_a_reservation_that_waits_for_its_checks_goes_back_where_the_queue_is_held() -> None:
    begins = scenario(
        "reserved, team: team-a, requests: {nvidia.com/gpu: 8}, runtime: 2h, "
        "quotaReserved: {flavors: {nvidia.com/gpu: h100}}, checks: [{check: budget}]",
        more="admissionChecks: [{check: budget, answers: [{state: Ready, after: 10m}]}]\n",
    )
    assert simulate(begins).states["default/reserved"] == "admitted"
    run = simulate(stopped(begins, StopPolicy.HOLD, local=False))
    assert run.pending["default/reserved"] == ("Suspended", "ClusterQueue team-a is stopped")


@pytest.mark.parametrize(
    ("check", "facts"),
    [
        ("state: Retry, since: 1m, requeueAfter: 5m", [(240, "Evicted"), (240, "Requeued"), (240, "Admitted")]),
        ("state: Retry, since: 1m", [(0, "Evicted"), (0, "Requeued"), (0, "Admitted")]),
        ("state: Rejected, since: 1m", [(0, "Evicted"), (0, "Deactivated")]),
    ],
)
def test_a_check_that_asked_for_another_attempt_is_heeded(check: str, facts: list[tuple[int, str]]) -> None:
    """Work that runs, too: it keeps its quota until the time that the check gave is over."""
    begins = scenario(f"{RUNS}, checks: [{{check: budget, {check}}}]")
    found = [(second, what) for second, what, _ in told(begins) if what in dict.fromkeys(one for _, one in facts)]
    assert found[-len(facts) :] == facts


def test_work_that_was_deactivated_gives_up_what_it_holds() -> None:
    begins = scenario(RUNS)
    off = tuple(one._replace(active=False) for one in begins.workloads)
    assert told(replace(begins, workloads=off, horizon_ms=0))[1:] == [
        (0, "Evicted", "runs"),
        (0, "Deactivated", "runs"),
    ]


@pytest.mark.parametrize("local", [False, True])
def test_what_a_drained_queue_had_evicted_comes_back_when_the_queue_runs(local: bool) -> None:
    reason = "LocalQueueStopped" if local else "ClusterQueueStopped"
    begins = scenario(
        "old, team: team-a, requests: {nvidia.com/gpu: 8}, runtime: 2h, waitingSince: 1h, "
        f"evicted: {{reason: {reason}, since: 10m}}, requeue: {{held: {reason}}}"
    )
    assert (0, "Admitted", "old") in told(begins)


@pytest.mark.parametrize("requeue", ["at: 2026-01-01T11:59:00Z, ", ""])
def test_a_backoff_that_was_over_before_the_start_holds_nobody_back(requeue: str) -> None:
    """Kueue had not looked at the end of it when the dump was taken."""
    begins = scenario(
        "old, team: team-a, requests: {nvidia.com/gpu: 8}, runtime: 2h, waitingSince: 1h, "
        f"evicted: {{reason: PodsReadyTimeout, since: 10m}}, requeue: {{{requeue}held: PodsReadyTimeout}}"
    )
    assert (0, "Admitted", "old") in told(begins)
