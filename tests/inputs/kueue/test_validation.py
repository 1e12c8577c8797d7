"""What the API server and Kueue's webhooks would refuse is refused, rule by rule."""

from pathlib import Path

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.inputs.kueue.validation import RULES, Rule
from tests.inputs.jobs.objects import (
    Object,
    groups,
    job,
    named,
    pod_set,
    queue,
    quota_of,
    ray_job,
    work,
)
from tests.inputs.kueue.refused_jobs import GROUPS, HEAD, REFUSED_JOBS, REQUIRED, SLICED, SYNC
from tests.inputs.kueue.refused_objects import NAMED, REFUSED

GATES = {"configuration": {"featureGates": {"ConcurrentAdmission": True}}}


def mistakes(one: Object, version: str = "0.20") -> list[str]:
    """What is said about one object among sound ones, without the place in the scenario."""
    is_job = one["kind"] in ("CronJob", "Job", "RayJob", "StatefulSet")
    sound = [
        *(named("ResourceFlavor", f"f{n}") for n in range(64)),
        queue() | {"metadata": {"name": "other"}},
        named("LocalQueue", "other", spec={"clusterQueue": "other"}),
        named("AdmissionCheck", "check", spec={"controllerName": "c"}),
    ]
    document = {
        "apiVersion": "kueue-sim/v1",
        "kind": "Scenario",
        "kueue": {"version": version, **GATES} if version == "0.20" else {"version": version},
        "policy": {"objects": [*sound, *([] if is_job else [one])]},
        "workloads": [{"manifest": one}] if is_job else [],
    }
    with pytest.raises(InputError) as caught:
        scenario_from_dict(document)
    stem = "workloads[0].manifest" if is_job else f"policy.objects[{len(sound)}]"
    return [str(mistake).removeprefix(stem).lstrip(".: ") for mistake in caught.value.mistakes]


@pytest.mark.parametrize("name", [rule.name for rule in RULES])
def test_what_would_be_refused_is_a_mistake(name: str) -> None:
    one, expected = (REFUSED | REFUSED_JOBS)[name]
    assert mistakes(one)[0] == expected


@pytest.mark.parametrize(
    ("one", "version", "expected"),
    [
        (
            work(priority=1, priorityClassName="p", priorityClassSource="kueue.x-k8s.io/workloadpriorityclass"),
            "v1beta2",
            [
                "spec.priorityClassName: v1beta2 has no field 'priorityClassName'; write priorityClassRef",
                "spec.priorityClassSource: v1beta2 has no field 'priorityClassSource'; write priorityClassRef",
            ],
        ),
        (
            work(priority=1, priorityClassRef={"kind": "WorkloadPriorityClass", "name": "p"}),
            "v1beta1",
            [
                "spec.priorityClassRef: v1beta1 has no field 'priorityClassRef'; write priorityClassName and "
                "priorityClassSource"
            ],
        ),
        (
            named("AdmissionCheck", "a", spec={"controllerName": "c", "retryDelayMinutes": 3}),
            "v1beta2",
            ["spec.retryDelayMinutes: v1beta2 has no field 'retryDelayMinutes'; leave it out"],
        ),
        (
            queue(flavorFungibility={"whenCanBorrow": "Borrow", "whenCanPreempt": "Preempt"}),
            "v1beta2",
            [
                "spec.flavorFungibility.whenCanBorrow: 'Borrow' is not accepted; accepted: MayStopSearch, "
                "TryNextFlavor",
                "spec.flavorFungibility.whenCanPreempt: 'Preempt' is not accepted; accepted: MayStopSearch, "
                "TryNextFlavor",
            ],
        ),
        (
            queue(flavorFungibility={"whenCanBorrow": "Preempt", "whenCanPreempt": "Borrow"}),
            "v1beta1",
            [
                "spec.flavorFungibility.whenCanBorrow: 'Preempt' is not accepted; accepted: Borrow, MayStopSearch, "
                "TryNextFlavor",
                "spec.flavorFungibility.whenCanPreempt: 'Borrow' is not accepted; accepted: MayStopSearch, Preempt, "
                "TryNextFlavor",
            ],
        ),
    ],
)
def test_what_another_version_has_is_a_mistake(one: Object, version: str, expected: list[str]) -> None:
    assert mistakes({**one, "apiVersion": f"kueue.x-k8s.io/{version}"}) == expected


OLDER: dict[str, tuple[Object, str, str]] = {
    "flavors": (
        queue(resourceGroups=groups(*(f"f{n}" for n in range(17)))),
        "0.13.5",
        "spec.resourceGroups[0].flavors: 17 entries are too many; at most 16 are accepted",
    ),
    "fields of v1beta1": (
        queue(cohortName="c") | {"apiVersion": "kueue.x-k8s.io/v1beta1"},
        "0.13.5",
        "spec.cohortName: v1beta1 has no field 'cohortName'; write cohort",
    ),
    "pod sets": (
        work(podSets=[pod_set(name=f"p{n}") for n in range(9)]),
        "0.13.5",
        "spec.podSets: 9 entries are too many; at most 8 are accepted",
    ),
}


@pytest.mark.parametrize("name", OLDER)
def test_older_releases_accept_less(name: str) -> None:
    one, version, expected = OLDER[name]
    assert mistakes(one, version) == [expected]


def test_objects_applied_during_a_run_are_asked_as_well() -> None:
    action = {"at": "1m", "do": "apply", "objects": [queue(cohortName="C!")]}
    document = {
        "apiVersion": "kueue-sim/v1",
        "kind": "Scenario",
        "policy": {"objects": [queue()]},
        "timeline": [action],
    }
    with pytest.raises(InputError) as caught:
        scenario_from_dict(document)
    expected = f"timeline[0].objects[0].spec.cohortName: 'C!' is no name; accepted: {NAMED}"
    assert [str(one) for one in caught.value.mistakes] == [expected]


def test_the_page_has_a_row_for_every_rule() -> None:
    page = (Path(__file__).parents[3] / "docs" / "validation.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [row(rule) for rule in RULES]


def row(rule: Rule) -> str:
    cells = [
        f"`{rule.name}`",
        kinds_in_words(rule.kinds),
        f"`{rule.path or '.'}`",
        rule.form.accepted,
        told_by(rule),
    ]
    return f"| {' | '.join(cells)} |"


def told_by(rule: Rule) -> str:
    return rule.source + (f", since {rule.since[0]}.{rule.since[1]}" if rule.since > (0, 0) else "")


def kinds_in_words(kinds: tuple[str, ...]) -> str:
    return ", ".join(kinds) if len(kinds) <= 5 else f"{len(kinds)} kinds"


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (
            job({"metadata": {"annotations": {"kueue.x-k8s.io/podset-group-name": "12", REQUIRED: "a"}}}),
            ["must not be a number", "groups are of exactly 2 pod sets; this one is of 1"],
        ),
        (
            job({"metadata": {"annotations": SLICED}}),
            ["slices of 3 are larger than the pod set of 1 pods"],
        ),
        (
            job(
                {"metadata": {"annotations": {REQUIRED: "a"}}},
                {"annotations": {"kueue.x-k8s.io/elastic-job": "true"}},
            ),
            ["required topology is not supported with elastic jobs"],
        ),
        (job(metadata={"annotations": {next(iter(SYNC)): "perhaps"}}), ["'perhaps' is not true or false"]),
        (ray_job(entrypoint="x"), ["rayClusterSpec is required for jobs that use no clusterSelector"]),
        (
            ray_job(
                shutdownAfterJobFinishes=True,
                rayClusterSpec={"headGroupSpec": HEAD, "workerGroupSpecs": GROUPS},
            ),
            ["21 pod sets are too many for a Workload; at most 18"],
        ),
        (
            queue(concurrentAdmissionPolicy={"migration": {"mode": "RetainFirstAdmission", "constraints": {}}}),
            [
                "must have exactly one resource group with a concurrentAdmissionPolicy",
                "constraints may only be set with mode TryPreferredFlavors",
            ],
        ),
    ],
)  # fmt: skip
def test_jobs_and_queues_that_kueues_webhooks_refuse(one: Object, expected: list[str]) -> None:
    assert [text.rpartition(": ")[2] for text in mistakes(one)] == expected


def test_a_ray_job_in_a_cluster_that_exists_is_not_managed() -> None:
    one = ray_job(clusterSelector={"a": "b"}, entrypoint="x")
    document = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "workloads": [{"manifest": one}, {"manifest": job()}]}
    queues = [queue() | {"metadata": {"name": "other"}}, named("LocalQueue", "other", spec={"clusterQueue": "other"})]
    scenario = scenario_from_dict(document | {"policy": {"objects": queues}})
    assert [item.name for item in scenario.workloads] == ["j"]
    assert "RayJob r runs in a cluster that exists; Kueue does not manage it" in (*scenario.notes, *scenario.warnings)


@pytest.mark.parametrize(("version", "refused"), [("0.15", False), ("0.16", True), ("0.19", True)])
def test_rules_hold_from_the_release_that_has_them(version: str, refused: bool) -> None:
    one = queue(
        admissionChecksStrategy={"admissionChecks": [{"name": "check", "onFlavors": ["f9"]}]},
        resourceGroups=groups("f0"),
    )
    found = named("AdmissionCheck", "check", spec={"controllerName": "c"})
    document = {
        "apiVersion": "kueue-sim/v1",
        "kind": "Scenario",
        "kueue": {"version": version},
        "policy": {"objects": [named("ResourceFlavor", "f0"), named("ResourceFlavor", "f9"), found, one]},
    }
    if not refused:
        assert [item.name for item in scenario_from_dict(document).policy.cluster_queues] == ["q"]
        return
    with pytest.raises(InputError, match="the queue has no flavor 'f9'"):
        scenario_from_dict(document)


@pytest.mark.parametrize(
    ("version", "gates", "refused"),
    [
        ("0.16", {"ElasticJobsViaWorkloadSlices": True}, []),
        ("0.17", {"ElasticJobsViaWorkloadSlices": True}, ["required topology is not supported with elastic jobs"]),
        ("0.17", {}, []),
        ("0.18", {}, ["required topology is not supported with elastic jobs"]),
        ("0.18", {"ElasticJobsViaWorkloadSlices": False}, []),
    ],
)
def test_elastic_jobs_are_refused_a_topology_where_jobs_can_be_elastic(
    version: str, gates: dict[str, bool], refused: list[str]
) -> None:
    elastic = {"annotations": {"kueue.x-k8s.io/elastic-job": "true"}}
    one = job({"metadata": {"annotations": {REQUIRED: "a"}}}, elastic)
    document = {
        "apiVersion": "kueue-sim/v1",
        "kind": "Scenario",
        "kueue": {"version": version, "featureGates": gates},
        "policy": {
            "objects": [
                named("ResourceFlavor", "f0"),
                queue(),
                named("LocalQueue", "other", spec={"clusterQueue": "q"}),
            ]
        },
        "workloads": [{"manifest": one}],
    }
    try:
        scenario_from_dict(document)
        found = []
    except InputError as error:
        found = [str(one).rpartition(": ")[2] for one in error.mistakes]
    assert found == refused


@pytest.mark.parametrize("quota", ["0.5", "2500m", 3, 4.0])
def test_quantities_with_decimals_are_accepted_as_text_and_where_they_are_set(quota: object) -> None:
    document = {
        "apiVersion": "kueue-sim/v1",
        "kind": "Scenario",
        "policy": {"objects": [named("ResourceFlavor", "f0"), queue(resourceGroups=quota_of(nominalQuota=quota))]},
    }
    amount = {"0.5": 500, "2500m": 2500, 3: 3000, 4.0: 4000}[quota]
    for overrides, expected in (
        ((), amount),
        (("clusterQueues.q.cpu.nominalQuota=1.5", "clusterQueues.q.weight=0.5"), 1500),
    ):
        scenario = scenario_from_dict(document, overrides=overrides)
        assert scenario.policy.cluster_queues[0].resource_groups[0].flavors[0].resources[0][1].nominal == expected


@pytest.mark.parametrize(
    ("resources", "told"),
    [
        ({"requests": {"nvidia.com/gpu": 1}}, ["nvidia.com/gpu: Limit must be set for non overcommitable resources"]),
        ({"limits": {"gpu": 1}}, ["gpu: must be a standard resource type or fully qualified"]),
        ({"requests": {"nvidia.com/gpu": 1}, "limits": {"nvidia.com/gpu": 1}}, []),
        ({"limits": {"nvidia.com/gpu": 1}}, []),
        ({"requests": {"cpu": 1}}, []),
    ],
)
def test_what_a_pod_cannot_ask_for_is_told(resources: Object, told: list[str]) -> None:
    """The API server refuses such pods; quota counts the request all the same."""
    container = {"name": "c", "resources": resources}
    one = {**job({"spec": {"containers": [container]}}), "apiVersion": "batch/v1"}
    queues = [queue() | {"metadata": {"name": "other"}}, named("LocalQueue", "other", spec={"clusterQueue": "other"})]
    document = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "workloads": [{"manifest": one}]}
    notes = scenario_from_dict(document | {"policy": {"objects": queues}}).warnings
    refusal = "the API server refuses a pod of a Job that asks so for "
    assert [note.partition(refusal)[2] for note in notes if refusal in note] == told
