"""Metric paths: which are understood, what is said of the others, and what they measure."""

from dataclasses import replace

import pytest

from kueue_sim import run
from kueue_sim.engine.facts import Fact, Run
from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.model import (
    ClusterQueue,
    FlavorQuotas,
    LocalQueue,
    PodSet,
    PodSetAssignment,
    Policy,
    Quota,
    ResourceGroup,
    Scenario,
    Workload,
    WorkloadPriorityClass,
)
from kueue_sim.result import Result
from kueue_sim.results.metrics.conditions import Bound, read_bound
from kueue_sim.results.metrics.metric_path import MetricPath, Subject, Subjects, expanded, read_metric, read_metrics
from kueue_sim.results.metrics.metric_values import Measures
from tests.results.handmade import facts_of

GPU = "nvidia.com/gpu"
HOUR = 3_600_000


def queue(name: str, nominal: int, weight: float = 1.0) -> ClusterQueue:
    quota = FlavorQuotas("gpu", ((GPU, Quota(nominal)),))
    return ClusterQueue(name, (ResourceGroup((GPU,), (quota,)),), cohort="all", fair_weight=weight)


POLICY = Policy(
    cluster_queues=(queue("team-a", 2), queue("hyperpod-ns-b-clusterqueue", 2)),
    local_queues=(LocalQueue("a", "ml", "team-a"), LocalQueue("b", "ml", "hyperpod-ns-b-clusterqueue")),
    priority_classes=(WorkloadPriorityClass("high", 100),),
)
SUBJECTS = Subjects(POLICY)


def job(name: str, local_queue: str, gpus: int, at_h: float, priority: int = 0) -> Workload:
    return Workload(
        name, "ml", local_queue, (PodSet("main", gpus, {GPU: 1}),), created_ms=round(at_h * HOUR), priority=priority
    )


def admitted(at_h: float, name: str, team: str, gpus: int) -> Fact:
    pods = (PodSetAssignment("main", {GPU: "gpu"}, {GPU: gpus}, gpus),)
    return Fact(round(at_h * HOUR), "Admitted", f"ml/{name}", team, pod_sets=pods)


def story(policy: Policy = POLICY) -> Measures:
    """Team A borrows 1 GPU from B for its second hour, B takes it back; one job of A is never admitted."""
    workloads = (job("a1", "a", 3, 0), job("b1", "b", 2, 2, 100), job("a2", "a", 9, 3))
    b = "hyperpod-ns-b-clusterqueue"
    facts = (
        Fact(0, "Submitted", "ml/a1"),
        admitted(1, "a1", "team-a", 3),
        Fact(2 * HOUR, "Submitted", "ml/b1"),
        Fact(2 * HOUR, "Preempted", "ml/a1", "team-a", "InCohortReclamation", by="ml/b1", lost_ms=HOUR),
        Fact(2 * HOUR, "Requeued", "ml/a1", "team-a"),
        admitted(2.5, "b1", b, 2),
        Fact(3 * HOUR, "Submitted", "ml/a2"),
        Fact(4 * HOUR, "Finished", "ml/b1", b),
        admitted(4, "a1", "team-a", 3),
        Fact(5 * HOUR, "Finished", "ml/a1", "team-a"),
    )
    left = {"ml/a2": "pending"}
    scenario = Scenario("story", policy, workloads)
    return Measures(Result(scenario, Run(facts_of(facts, workloads), left, {}, 0, 6 * HOUR)))


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("team-a.wait.p95", MetricPath("team-a.wait.p95", Subject("team", "team-a"), "wait", "p95")),
        ("utilisation", MetricPath("utilisation", Subject("total"), "utilisation")),
        ("total.lost.gpu_hours", MetricPath("total.lost.gpu_hours", Subject("total"), "lost.gpu_hours")),
        ("b.preemptions", MetricPath("b.preemptions", Subject("team", "hyperpod-ns-b-clusterqueue"), "preemptions")),
        ("queue[ml/a].delay.max", MetricPath("queue[ml/a].delay.max", Subject("queue", "ml/a"), "delay", "max")),
        ("class[high].wait.mean", MetricPath("class[high].wait.mean", Subject("priority", "100"), "wait", "mean")),
        (
            "label[kueue.x/project=llm-2.0].queued.mean",
            MetricPath(
                "label[kueue.x/project=llm-2.0].queued.mean",
                Subject("label", "kueue.x/project=llm-2.0"),
                "queued",
                "mean",
            ),
        ),
        ("priority[-1].finished", MetricPath("priority[-1].finished", Subject("priority", "-1"), "finished")),
    ],
)
def test_a_path_names_a_subject_and_a_metric(text: str, want: MetricPath) -> None:
    assert read_metric(text, SUBJECTS) == want


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("team-x.wait.p95", "there is no team 'team-x'; did you mean 'team-a'?"),
        ("team-a.wait.p951", "there is no metric 'wait.p951'; did you mean 'wait.p95'?"),
        ("utilization", "there is no metric 'utilization'; did you mean 'utilisation'?"),
        ("queue[ml/c].finished", "there is no LocalQueue 'ml/c' of that name alone; did you mean 'ml/b'?"),
        ("class[hihg].finished", "there is no WorkloadPriorityClass 'hihg'; did you mean 'high'?"),
        ("priority[x].finished", "'x' is not a priority; a whole number is accepted"),
        ("label[project].finished", "a label has a key and a value: label[project=llm]"),
        ("label[project=llm].utilisation", "utilisation is known per ClusterQueue and in total, not per label"),
        ("queue[ml/a].utilisation", "utilisation is known per ClusterQueue and in total, not per queue"),
        ("team-a.jain", "jain is known in total, not per ClusterQueue"),
        ("weighted_share.mean", "weighted_share.mean is known per ClusterQueue, not in total"),
    ],
)
def test_a_wrong_path_is_answered_with_the_nearest_right_one(text: str, problem: str) -> None:
    assert read_metric(text, SUBJECTS) == problem


def test_all_wrong_paths_are_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read_metrics(["utilization", "wait.p95", "preemption"], POLICY)
    assert str(caught.value) == (
        "metric 'utilization': there is no metric 'utilization'; did you mean 'utilisation'?\n"
        "metric 'preemption': there is no metric 'preemption'; did you mean 'preemptions'?"
    )


def test_every_metric_of_a_run_has_its_value() -> None:
    texts = (
        "wait.mean wait.max delay.max completion.p50 workloads finished unfinished never_admitted preemptions "
        "b.preempting evictions lost.gpu_hours running.gpu_hours utilisation team-a.allocation goodput.gpu_hours "
        "borrowed.gpu_hours b.lent.gpu_hours pending.mean pending.max b.wait.mean class[high].wait.p50 "
        "jain jain.min team-a.weighted_share.mean team-a.weighted_share.max b.weighted_share.max"
    )
    measures = story()
    assert {text: measures.value(text) for text in texts.split()} == {
        "wait.mean": 2700.0,
        "wait.max": 3600.0,
        "delay.max": 10_800.0,
        "completion.p50": 12_600.0,
        "workloads": 3.0,
        "finished": 2.0,
        "unfinished": 1.0,
        "never_admitted": 1.0,
        "preemptions": 1.0,
        "b.preempting": 1.0,
        "evictions": 0.0,
        "lost.gpu_hours": 3.0,
        "running.gpu_hours": 9.0,
        "utilisation": 9 / 24,
        "team-a.allocation": 6 / 12,
        "goodput.gpu_hours": 6.0,
        "borrowed.gpu_hours": 2.0,
        "b.lent.gpu_hours": 2.0,
        "pending.mean": 6.5 / 6,
        "pending.max": 2.0,
        "b.wait.mean": 1800.0,
        "class[high].wait.p50": 1800.0,
        "jain": pytest.approx((0.5 + 0.25) ** 2 / (2 * (0.5**2 + 0.25**2))),
        "jain.min": 0.5,
        "team-a.weighted_share.mean": pytest.approx(1000 / 4 * 2 / 6),
        "team-a.weighted_share.max": 250.0,
        "b.weighted_share.max": 0.0,
    }


def test_windows_part_what_happened_in_them() -> None:
    measures = story()
    texts = ("workloads", "preemptions", "running.gpu_hours", "utilisation", "wait.mean", "borrowed.gpu_hours")
    paths = read_metrics(texts, POLICY)
    first, second = (measures.values(paths, window) for window in ((0, 2 * HOUR), (2 * HOUR, 6 * HOUR)))
    assert (first, second) == (
        dict(zip(texts, (1.0, 0.0, 3.0, 3 / 8, 3600.0, 1.0), strict=True)),
        dict(zip(texts, (2.0, 1.0, 6.0, 6 / 16, 1800.0, 1.0), strict=True)),
    )


def test_fairness_is_measured_in_windows_as_well() -> None:
    measures = story()
    texts = ("jain", "jain.min", "team-a.weighted_share.mean")
    assert [
        tuple(measures.values(read_metrics(texts, POLICY), window).values())
        for window in ((0, HOUR), (HOUR, 2 * HOUR), (2 * HOUR, 5 * HOUR))
    ] == [(None, None, 0.0), (1.0, 1.0, 250.0), (1.0, 0.5, pytest.approx(250 / 3))]


def test_metrics_without_a_subject_stand_for_those_they_exist_for() -> None:
    assert expanded(["jain", "weighted_share.max", "wait.p95", "b.finished"], POLICY) == [
        "jain",
        "team-a.weighted_share.max",
        "hyperpod-ns-b-clusterqueue.weighted_share.max",
        "wait.p95",
        "team-a.wait.p95",
        "hyperpod-ns-b-clusterqueue.wait.p95",
        "b.finished",
    ]


def test_an_infinite_share_is_no_value() -> None:
    """Kueue gives a borrower of weight 0 the largest share there is."""
    measures = story(replace(POLICY, cluster_queues=(queue("team-a", 2, 0.0), *POLICY.cluster_queues[1:])))
    texts = ("team-a.weighted_share.max", "team-a.weighted_share.mean")
    assert [measures.value(text) for text in texts] == [None, None]


def test_where_there_is_nothing_to_measure_there_is_no_value() -> None:
    measures = story()
    assert (measures.value("wait.p95", (5 * HOUR, 6 * HOUR)), measures.value("pending.mean", (9, 9))) == (None, None)


def test_a_label_is_a_subject_of_every_metric_about_workloads() -> None:
    """Two of three jobs are of the project; the second of them waits an hour for the first. Kueue's labels are none."""
    container = {"name": "c", "image": "i", "resources": {"requests": {GPU: 2}}}
    pod = {"restartPolicy": "Never", "containers": [container]}
    quota = {"name": "f", "resources": [{"name": GPU, "nominalQuota": 2}]}
    spec = {"namespaceSelector": {}, "resourceGroups": [{"coveredResources": [GPU], "flavors": [quota]}]}
    objects = [
        {"kind": "ResourceFlavor", "metadata": {"name": "f"}},
        {"kind": "ClusterQueue", "metadata": {"name": "q"}, "spec": spec},
        {"kind": "LocalQueue", "metadata": {"name": "q", "namespace": "default"}, "spec": {"clusterQueue": "q"}},
    ]
    entries = []
    for name, project in (("one", "llm"), ("two", "llm"), ("three", "vision")):
        labels = {"kueue.x-k8s.io/queue-name": "q", "example.com/project": project, "name": name}
        metadata = {"name": name, "namespace": "default", "labels": labels}
        job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": {"spec": pod}}}
        entries.append({"manifest": job, "runtime": "1h", "submit": f"{len(entries)}m"})
    head = {"apiVersion": "kueue-sim/v1", "kind": "Scenario"}
    result = run(scenario_from_dict({**head, "policy": {"objects": objects}, "workloads": entries}))
    assert result.history.facts.workloads[0].labels == (("example.com/project", "llm"), ("name", "one"))
    measures, llm = Measures(result), "label[example.com/project=llm]"
    asked = ("queued.mean", "queued.max", "workloads", "wait.within[1h]", "completion.max")
    assert [measures.value(f"{llm}.{metric}") for metric in asked] == [1770.0, 3540.0, 2.0, 1.0, 7140.0]
    other = ("label[example.com/project=vision].queued.mean", "label[name=three].workloads", "label[name=x].workloads")
    assert [measures.value(path) for path in other] == [7080.0, 1.0, 0.0]
    bound = read_bound(f"{llm}.queued.mean <= 30m", Subjects(result.scenario.policy))
    assert isinstance(bound, Bound)
    assert bound.holds(measures.value(bound.path))
