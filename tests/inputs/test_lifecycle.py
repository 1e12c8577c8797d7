"""What a scenario says about the life of workloads, and LimitRanges, as values or mistakes."""

import pytest

from kueue_sim.inputs import scenario_from_dict
from kueue_sim.inputs.kueue.manifests import load_objects
from kueue_sim.model import Action, CheckAnswer, CheckBehavior, PodSetUpdate, Reclaim, Toleration, Workload
from tests.inputs.test_scenario import GPU, document, mistakes_of

CHECK = {"kind": "AdmissionCheck", "metadata": {"name": "prov"}, "spec": {"controllerName": "any"}}


UPDATED = {"podSetUpdates": [{"name": "main", "nodeSelector": {"a": "b"}, "tolerations": [{"operator": "Exists"}]}, {}]}
UPDATES = (PodSetUpdate("main", {"a": "b"}, (Toleration(operator="Exists"),)), PodSetUpdate())


def with_check(**sections: object) -> dict[str, object]:
    raw = document(**sections)
    raw["policy"]["objects"].append(CHECK)
    return raw


def test_readiness_reclaimable_pods_checks_and_changes_are_read() -> None:
    one = {"name": "a", "team": "team-a", "pods": 4, "requests": {GPU: 1}}
    scenario = scenario_from_dict(
        with_check(
            workloads=[
                {**one, "podsReady": ["never", "30s"], "reclaimable": [{"after": "2m", "pods": 3}]},
                {**one, "name": "b", "podsReady": "1m"},
            ],
            admissionChecks=[
                {"check": "prov", "answers": [{"state": "Failed", "after": "5m"}, {"after": "1m"}], "retryLimit": 1},
                {"check": "prov", "workload": "b", "answers": [{"state": "Retry", "requeueAfter": "10s"}, UPDATED]},
            ],
            timeline=[
                {"at": "1m", "do": "deactivate", "workload": "a"},
                {"at": "2m", "do": "activate", "workload": "default/a"},
                {"at": "3m", "do": "check", "workload": "b", "check": "prov", "state": "Rejected"},
                {"at": "4m", "do": "openGate", "workload": "b", "gate": "g"},
                {"at": "5m", "do": "priority", "workload": "b", "priority": 7},
                {"at": "6m", "do": "podsFailed", "workload": "b"},
            ],
        )
    )
    a, b = scenario.workloads
    assert (a.ready_after_ms, a.reclaims, b.ready_after_ms) == (
        (None, 30_000),
        (Reclaim(120_000, "main", 3),),
        (60_000,),
    )
    assert scenario.checks == (
        CheckBehavior("prov", (CheckAnswer("Failed", 300_000), CheckAnswer("Ready", 60_000)), retry_limit=1),
        CheckBehavior("prov", (CheckAnswer("Retry", 0, 10_000), CheckAnswer(updates=UPDATES)), "default/b"),
    )
    assert scenario.timeline == (
        Action(60_000, "deactivate", "default/a"),
        Action(120_000, "activate", "default/a"),
        Action(180_000, "check", "default/b", name="prov", state="Rejected"),
        Action(240_000, "open-gate", "default/b", name="g"),
        Action(300_000, "priority", "default/b", priority=7),
        Action(360_000, "pods-failed", "default/b"),
    )


def test_every_mistake_about_a_workloads_life_is_named() -> None:
    one = {"name": "a", "team": "team-a", "pods": 2, "requests": {GPU: 1}}
    assert mistakes_of(
        with_check(
            workloads=[{**one, "podsReady": "soon", "reclaimable": [{"pods": 3}, {"podSet": "x"}]}],
            admissionChecks=[{"check": "prof", "workload": "b", "answers": [{"state": "Done", "podSetUpdates": [{}]}]}],
            timeline=[
                {"at": "1m", "do": "activate", "workload": "a", "gate": "g"},
                {"at": "1m", "do": "check", "workload": "a", "check": "prov"},
            ],
        )
    ) == [
        "workloads[0].podsReady: 'soon' is not a duration (examples: 30m, 1h30m, 250ms, 2d)",
        "workloads[0].reclaimable[0].pods: 3 is more than the 2 pods of pod set 'main'",
        "workloads[0].reclaimable[1].podSet: there is no pod set 'x'; accepted: main",
        "timeline[0].gate: gate has no effect with activate; accepted: workload",
        "timeline[1]: state is missing; accepted: Pending, Ready, Rejected, Retry",
        "admissionChecks[0].check: there is no AdmissionCheck 'prof'; did you mean 'prov'?",
        "admissionChecks[0].workload: there is no workload 'default/b'; did you mean 'default/a'?",
        "admissionChecks[0].answers[0].podSetUpdates: podSetUpdates come with the state Ready",
        "admissionChecks[0].answers[0].state: 'Done' is not accepted; accepted: Failed, Ready, Rejected, Retry",
    ]


def workload_with(requests: dict[str, str], limits: dict[str, str] | None = None) -> dict[str, object]:
    container = {"name": "c", "resources": {"requests": requests, "limits": limits or {}}}
    pod_set = {"count": 1, "template": {"spec": {"containers": [container]}}}
    return {"kind": "Workload", "metadata": {"name": "w"}, "spec": {"podSets": [pod_set]}}


def limit_range(**item: object) -> dict[str, object]:
    limits = {"type": "Container", **item}
    return {"kind": "LimitRange", "metadata": {"name": "l", "namespace": "default"}, "spec": {"limits": [limits]}}


def test_limit_ranges_fill_in_requests_and_refuse_what_is_outside() -> None:
    low = limit_range(min={"cpu": "500m"}, default={"memory": "2Gi"}, defaultRequest={"cpu": "1"})
    high = limit_range(type="Pod", max={"memory": "1Gi"})
    filled, small = (load_objects([low, high, workload_with(r)]).workloads[0] for r in ({}, {"cpu": "100m"}))
    path = "spec.podSets[0].template.spec"
    above = f'{path}: Invalid value: ["memory"]: requests must not be above the limitRange max'
    below = f'{path}.containers[0]: Invalid value: ["cpu"]: requests must not be below the limitRange min'
    assert dict(filled.pod_sets[0].requests) == {"cpu": 1000, "memory": 2 << 30}
    assert (filled.infeasible_reason, small.infeasible_reason) == (
        f"resources didn't satisfy LimitRange constraints: {above}",
        f"resources didn't satisfy LimitRange constraints: [{below}, {above}]",
    )


def test_limit_ranges_hold_for_job_manifests_as_well() -> None:
    limits = limit_range(max={"cpu": "4"}, defaultRequest={"cpu": "1"})
    beyond = {"spec": {"containers": [{"resources": {"requests": {"cpu": 5}}}]}}
    metadata = {"name": "a", "labels": {"kueue.x-k8s.io/queue-name": "team-a"}}

    def read(kind: str, spec: dict[str, object]) -> Workload:
        raw = document(workloads=[{"manifest": {"kind": kind, "metadata": metadata, "spec": spec}}])
        raw["policy"]["objects"].append(limits)
        (one,) = scenario_from_dict(raw).workloads
        return one

    plain, much = ({"spec": {"containers": [{"resources": {"limits": asked}}]}} for asked in ({}, {"cpu": 5}))
    job = read("Job", {"template": plain})
    leader = {"size": 3, "leaderTemplate": plain, "workerTemplate": much}
    pair = read("LeaderWorkerSet", {"leaderWorkerTemplate": leader})
    bare = read("Workload", {"queueName": "team-a", "podSets": [{"name": "main", "count": 1, "template": much}]})
    template = 'template.spec.containers[0]: Invalid value: ["cpu"]: requests must not be above the limitRange max'
    refused = "resources didn't satisfy LimitRange constraints: spec.podSets"
    over = 'template.spec.containers[0]: Invalid value: ["cpu"]: requests must not exceed its limits'
    assert read("Job", {"template": beyond}).infeasible_reason == (
        f"resources validation failed: spec.podSets[0].{over}"
    ), "the API server makes of max the limit of containers without one"
    assert (dict(job.pod_sets[0].requests), job.infeasible_reason) == ({"cpu": 1000}, "")
    assert (pair.infeasible_reason, bare.infeasible_reason) == (f"{refused}[1].{template}", f"{refused}[0].{template}")


def test_requests_above_their_limits_make_pods_impossible() -> None:
    one = load_objects([workload_with({"cpu": "2", "memory": "1"}, {"cpu": "1", "memory": "1"})]).workloads[0]
    place = "spec.podSets[0].template.spec.containers[0]"
    expected = f'resources validation failed: {place}: Invalid value: ["cpu"]: requests must not exceed its limits'
    assert one.infeasible_reason == expected


def test_a_limit_range_of_another_namespace_changes_nothing() -> None:
    other = limit_range(max={"cpu": "1m"})
    other["metadata"] = {"name": "l", "namespace": "elsewhere"}
    assert load_objects([other, workload_with({"cpu": "1"})]).workloads[0].infeasible_reason == ""


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("0.16.4", "0.16.4"),
        ("v0.18", "0.18"),
        ("0.10.0", "0.10.0"),
        ("v1.6.0", "0.19.2"),
        ("1.3", "0.12"),
    ],
)
def test_any_patch_of_a_release_can_be_chosen(text: str, release: str) -> None:
    assert scenario_from_dict(document(kueue={"version": text})).settings.version == release


@pytest.mark.parametrize("text", ["0.9.1", "0.21", "0.16.44", "newest", "v1.4.0"])
def test_a_release_that_is_not_known_is_refused(text: str) -> None:
    assert "kueue.version" in str(mistakes_of(document(kueue={"version": text})))


def test_a_gate_that_a_release_does_not_have_is_refused_with_those_that_have_it() -> None:
    (told,) = mistakes_of(document(kueue={"version": "0.16.4", "featureGates": {"QuotaCheckStrategy": True}}))
    assert "0.18" in told


@pytest.mark.parametrize(
    ("kueue", "ignored"),
    [
        ({"version": "0.17"}, False),
        ({"version": "0.18"}, False),
        ({"version": "0.18", "featureGates": {"QuotaCheckStrategy": True}}, True),
        ({"version": "0.19"}, True),
        ({"version": "0.19", "featureGates": {"QuotaCheckStrategy": False}}, False),
    ],
)
def test_undeclared_resources_are_ignored_only_where_the_gate_for_it_is_on(
    kueue: dict[str, object], ignored: bool
) -> None:
    kueue |= {"configuration": {"resources": {"quotaCheckStrategy": "IgnoreUndeclared"}}}
    assert scenario_from_dict(document(kueue=kueue)).settings.ignore_undeclared_resources is ignored


def test_a_gate_without_a_value_is_not_set() -> None:
    kueue = {"version": "0.16.4", "featureGates": {"QuotaCheckStrategy": None, "TASProfileMixed": False}}
    assert scenario_from_dict(document(kueue=kueue)).settings.gates == {"TASProfileMixed": False}
