"""Feature gates and versions that change when and whom, each as the log of a small scene."""

from dataclasses import replace

import pytest

from kueue_sim.engine import simulate
from kueue_sim.model import (
    ClusterQueue,
    FlavorQuotas,
    PodSet,
    Preemption,
    PreemptionPolicy,
    Quota,
    ResourceGroup,
    Settings,
    Timing,
    WaitForPodsReady,
    Workload,
)
from kueue_sim.policy.compiled_policy import CompiledPolicy
from kueue_sim.policy.cycle import Scheduler
from kueue_sim.policy.preemption.candidates import Request, may_evict
from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.policy.workloads.reservations import Reservations
from kueue_sim.policy.workloads.workload_info import Pending, Reservation
from tests.engine.life.lives import act, compiled, job, live, queue


def test_the_older_version_gives_no_reasons_but_the_same_messages() -> None:
    runs = [simulate(compiled([job("big", 20)], settings=Settings(version))) for version in ("0.20", "0.19")]
    (new_reason, new_message), (old_reason, old_message) = (run.pending["default/big"] for run in runs)
    assert (new_reason, old_reason, new_message == old_message) == ("ExceedsMaxQuota", "Pending", True)


@pytest.mark.parametrize(
    ("buffer_ms", "newer_s", "expected"), [(0, 1, True), (300_000, 300, False), (300_000, 301, True)]
)
def test_an_equal_must_be_newer_by_more_than_the_buffer(buffer_ms: int, newer_s: int, expected: bool) -> None:
    workload, node = Workload("w", "ns", "lq", ()), QuotaNode("q", 0, 1.0, True)
    pending = Pending(workload, "ns/w", "q", 0, 0, 0, ())
    reservation = Reservation(workload, "ns/v", node, 0, newer_s * 1000, 0, (), frozenset(), ())
    request = Request(pending, node, (), frozenset(), buffer_ms=buffer_ms)
    assert may_evict(PreemptionPolicy.LOWER_OR_NEWER_EQUAL_PRIORITY, request, reservation) is expected


@pytest.mark.parametrize(("version", "admitted"), [("0.19", "40 Admitted b"), ("0.20", "31 Admitted b")])
def test_the_long_requeue_interval_is_a_gate_of_the_older_version_alone(version: str, admitted: str) -> None:
    settings = Settings(version, {"SchedulerLongRequeueInterval": True})
    jobs = [job("a", 10, runtime_s=30), job("b", 10, at_s=1, runtime_s=10)]
    assert admitted in live(jobs, settings=settings, timing=Timing(flush_ms=1_000))


def test_terminating_pods_hold_no_quota_with_fast_release() -> None:
    rules = Preemption(within_cluster_queue=PreemptionPolicy.LOWER_PRIORITY)
    jobs = [job("pod", 10, owned_by_pod=True), job("high", 10, at_s=10, priority=1, runtime_s=5)]
    logs = [
        live(jobs, [queue(preemption=rules)], timing=Timing(termination_ms=60_000), settings=Settings(gates=gates))
        for gates in ({}, {"FastQuotaReleaseInPodIntegration": True})
    ]
    assert ["70 Admitted high" in logs[0], "10 Admitted high" in logs[1]] == [True, True]


def test_a_workload_of_a_single_pod_does_not_come_back_unless_its_gate_is_off() -> None:
    rules = Preemption(within_cluster_queue=PreemptionPolicy.LOWER_PRIORITY)
    jobs = [job("pod", 10, owned_by_pod=True), job("high", 10, at_s=10, priority=1, runtime_s=5)]
    back = [
        "15 Admitted pod" in live(jobs, [queue(preemption=rules)], settings=Settings(gates=gates))
        for gates in ({}, {"SkipReassignmentForPodOwnedWorkloads": False})
    ]
    assert back == [False, True]


def test_equal_entries_of_different_queues_are_processed_by_uid() -> None:
    queues = [queue("a", cpu=5, cohort="c"), queue("b", cpu=5, cohort="c")]
    jobs = [job("z", 8, to="a", runtime_s=10), job("y", 8, to="b", runtime_s=10)]
    assert "0 Admitted y" in live(jobs, queues)


def test_without_sorting_by_priority_the_older_goes_first_across_queues() -> None:
    queues = [queue("a", cpu=5, cohort="c"), queue("b", cpu=5, cohort="c")]
    jobs = [
        job("blocker", 10, to="a", runtime_s=10),
        job("old", 8, at_s=1, to="a", runtime_s=10),
        job("urgent", 8, at_s=2, to="b", runtime_s=10, priority=5),
    ]
    firsts = [
        next(line for line in live(jobs, queues, settings=Settings(gates=gates)) if line.startswith("10 Admitted"))
        for gates in ({}, {"PrioritySortingWithinCohort": False})
    ]
    assert firsts == ["10 Admitted urgent", "10 Admitted old"]


def test_a_switched_off_readiness_watch_ignores_the_configuration() -> None:
    rules = WaitForPodsReady(timeout_ms=1_000)
    never = job("w", 1, ready_after_ms=(None,))
    off = Settings(gates={"DisableWaitForPodsReady": True}, wait_for_pods_ready=rules)
    assert live([never], settings=off, timeline=(act(5, "delete", "default/w"),)) == ["0 Admitted w", "5 Deleted w"]


def test_an_admission_names_the_flavor_it_got_and_not_those_that_were_tried_before() -> None:
    jobs = [job("first", 8, runtime_s=None), job("w", 8, at_s=1, runtime_s=None)]
    run = simulate(compiled(jobs, [queue(flavors=("reserved", "spot"))]))
    last = run.facts[-1]
    assert (last.type, last.workload, last.message, last.pod_sets[0].flavors) == (
        "Admitted",
        "default/w",
        "",
        {"cpu": "spot"},
    )


@pytest.mark.parametrize("fair_sharing", [None, ("LessThanOrEqualToFinalShare",)])
@pytest.mark.parametrize(("gate", "first"), [(False, "older"), (True, "preemptor")])
def test_a_preemptor_may_go_before_what_would_otherwise_be_processed_first(
    fair_sharing: tuple[str, ...] | None, gate: bool, first: str
) -> None:
    rules = Preemption(reclaim_within_cohort=PreemptionPolicy.ANY)
    queues = [
        queue("a", cohort="all", preemption=rules),
        queue("b", cohort="all", queueing_strategy="StrictFIFO"),
        queue("c", 0, cohort="all"),
    ]
    jobs = [job(f"c{number}", 10, to="c", runtime_s=None) for number in range(2)]
    jobs += [job("preemptor", 10, at_s=1, to="a"), job("older", 10, at_s=5, to="b", priority=5)]
    settings = Settings(gates={"PrioritizePreemptorWorkloads": gate}, fair_sharing=fair_sharing)
    timing = Timing(termination_ms=30_000)
    lines = live(jobs, queues, settings=settings, timing=timing, horizon_ms=32_000)
    assert [line.split()[-1] for line in lines if line.startswith("31 Admitted")] == [first]


@pytest.mark.parametrize(("gate", "outcome"), [(False, "Admitted"), (True, "Skipped")])
def test_a_preemptor_without_victims_may_keep_quota_from_others_although_its_queue_reclaims(
    gate: bool, outcome: str
) -> None:
    """12 of 14 cores are used by work that nobody may evict; the preemptor wants to borrow 4, another workload 2."""
    rules = Preemption(reclaim_within_cohort=PreemptionPolicy.ANY, borrow_within_cohort=PreemptionPolicy.LOWER_PRIORITY)
    queues = (queue("a", 10, cohort="all", preemption=rules), queue("b", 0, cohort="all"), queue("c", 4, cohort="all"))
    scene = compiled([], queues, settings=Settings(gates={"PrioritizePreemptorWorkloads": gate}))
    there = CompiledPolicy(scene.policy, scene.settings)
    for name, cores in (("a", 8), ("c", 4)):
        there.queues[name].node.add(0, cores * 1000)
    heads = []
    for number, (name, cores) in enumerate((("a", 4), ("b", 2))):
        one = job(name, cores, to=name)
        heads.append(Pending(one, one.key, name, 0, number, number, one.pod_sets, is_preemptor=name == "a"))
    entries = Scheduler(there, {name: Reservations() for name in "abc"}).decide(heads)
    assert [(entry.pending.key, entry.status) for entry in entries] == [
        ("default/a", "NotNominated"),
        ("default/b", outcome),
    ]


@pytest.mark.parametrize(("gate", "admitted"), [(True, "2 Admitted small"), (False, "50 Admitted small")])
def test_without_fungible_flavors_work_without_candidates_stays_in_front(gate: bool, admitted: str) -> None:
    jobs = [job("running", 8, runtime_s=50), job("big", 4, at_s=1), job("small", 2, at_s=2)]
    lines = live(jobs, settings=Settings(gates={"FlavorFungibility": gate}), horizon_ms=60_000)
    assert admitted in lines


def test_of_several_resources_without_room_the_first_in_order_of_hashes_is_reported() -> None:
    groups = tuple(
        ResourceGroup((name,), (FlavorQuotas(flavor, ((name, Quota(amount)),)),))
        for flavor, name, amount in (("plain", "cpu", 1_000), ("a100", "nvidia.com/gpu", 1))
    )
    scene = compiled([], [ClusterQueue("q", groups)])
    much = Workload("w", "default", "q", (PodSet("main", 1, {"cpu": 2_000, "nvidia.com/gpu": 2}),), uid="w")
    run = simulate(replace(scene, workloads=(much,)))
    assert run.pending["default/w"] == (
        "ExceedsMaxQuota",
        "couldn't assign flavors to pod set main: insufficient quota for nvidia.com/gpu in flavor a100, previously "
        "considered podsets requests (0) + current podset request (2) > maximum capacity (1)",
    )


def test_the_number_of_pods_is_no_part_of_what_victims_have_to_make_room_for() -> None:
    """The oracle sees that evicting two would do; the search is content with one, and so the preemptor waits."""
    resources = ("cpu", "pods")
    quotas = (FlavorQuotas("default", (("cpu", Quota(100_000)), ("pods", Quota(2)))),)
    rules = Preemption(within_cluster_queue=PreemptionPolicy.LOWER_PRIORITY)
    limited = ClusterQueue("q", (ResourceGroup(resources, quotas),), preemption=rules)
    low = [job(f"low{number}", 1, runtime_s=None) for number in range(2)]
    one, two = (job("high", 1, at_s=1, pods=pods, priority=1) for pods in (1, 2))
    outcomes = [live([*low, high], [limited], horizon_ms=2_000)[2:] for high in (one, two)]
    assert outcomes == [
        [
            "1 Preempted low0 InClusterQueue",
            "1 Pending high WaitingForPreemptedWorkloads",
            "1 Requeued low0",
            "1 Admitted high",
            "1 Pending low0 WaitingForQuota",
        ],
        ["1 Pending high WaitingForQuota"],
    ]


def test_a_pod_set_of_undeclared_resources_alone_does_not_keep_the_others_from_their_flavors() -> None:
    pods = (PodSet("launcher", 1, {"memory": 1}), PodSet("workers", 2, {"cpu": 2_000}))
    scene = compiled([], settings=Settings(ignore_undeclared_resources=True))
    run = simulate(replace(scene, workloads=(Workload("w", "default", "q", pods, uid="w"),)))
    assert [(one.name, one.usage) for one in run.facts[-1].pod_sets] == [("launcher", {}), ("workers", {"cpu": 4_000})]


def test_a_namespace_that_nothing_describes_exists() -> None:
    """Only a selector that asks for its labels keeps its work out."""
    scene = compiled([job("w", 1, runtime_s=10)])
    assert (scene.policy.namespaces, simulate(scene).states) == ((), {"default/w": "finished"})
