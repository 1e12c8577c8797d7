"""Values set from outside: short paths, written-out paths and overlays, with completion of near misses."""

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import load_scenario, scenario_from_dict
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.inputs.text.overrides import apply_to_document, read_overrides
from kueue_sim.model import Preemption, PreemptionPolicy, Quota, Scenario, StopPolicy

GPU = "nvidia.com/gpu"


def document(**sections: object) -> dict[str, Any]:
    def resources(nominal: int) -> list[dict[str, object]]:
        return [{"name": "cpu", "nominalQuota": 8}, {"name": GPU, "nominalQuota": nominal}]

    flavors = [{"name": "h100.80gb", "resources": resources(4)}, {"name": "l4", "resources": resources(2)}]
    group = {"coveredResources": ["cpu", GPU], "flavors": flavors}
    spec = {"cohort": "all", "namespaceSelector": {}, "resourceGroups": [group]}
    objects = [
        {"kind": "ResourceFlavor", "metadata": {"name": "h100.80gb"}},
        {"kind": "ResourceFlavor", "metadata": {"name": "l4"}},
        {"kind": "ClusterQueue", "metadata": {"name": "team.a"}, "spec": spec},
        {"kind": "Cohort", "metadata": {"name": "all"}, "spec": {}},
        {"kind": "LocalQueue", "metadata": {"name": "lq", "namespace": "x"}, "spec": {"clusterQueue": "team.a"}},
        {"kind": "WorkloadPriorityClass", "metadata": {"name": "high"}, "value": 10},
    ]
    return {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": {"objects": objects}, **sections}


def quota(scenario: Scenario, flavor: int, resource: int) -> Quota:
    return scenario.policy.cluster_queues[0].resource_groups[0].flavors[flavor].resources[resource][1]


def mistakes_of(*overrides: str, **sections: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        scenario_from_dict(document(**sections), overrides)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_short_paths_reach_every_kind_of_policy_object() -> None:
    scenario = scenario_from_dict(
        document(),
        [
            "clusterQueues.team.a.h100.80gb.nvidia.com/gpu.nominalQuota=16",
            "clusterQueues.team.a.l4.cpu.borrowingLimit=500m",
            "clusterQueues.team.a.preemption.withinClusterQueue=LowerPriority",
            "clusterQueues.team.a.cohort=others",
            "cohorts.all.weight=3",
            "localQueues.x/lq.stopPolicy=Hold",
            ("priorityClasses.high.value", 99),
        ],
    )
    policy = scenario.policy
    queue = policy.cluster_queues[0]
    assert (
        quota(scenario, 0, 1),
        quota(scenario, 1, 0),
        queue.preemption,
        queue.cohort,
        policy.cohorts[0].fair_weight,
        policy.local_queues[0].stop_policy,
        policy.priority_classes[0].value,
    ) == (
        Quota(16),
        Quota(8000, 500),
        Preemption(PreemptionPolicy.LOWER_PRIORITY),
        "others",
        3.0,
        StopPolicy.HOLD,
        99,
    )


@pytest.mark.parametrize(
    "word",
    ["workloadPriorityClasses", "workloadpriorityclasses", "WorkloadPriorityClass", "priorityclass", "PriorityClasses"],
)
def test_kinds_may_be_spelt_as_kubectl_does(word: str) -> None:
    policy = scenario_from_dict(document(), [f"{word}.high.value=99", "cq.team.a.weight=2"]).policy
    assert (policy.priority_classes[0].value, policy.cluster_queues[0].fair_weight) == (99, 2.0)
    assert mistakes_of(f"{word}.hihg.value=99") == [
        f"override {word}.hihg.value: no such value; did you mean 'priorityClasses.high.value'?"
    ]


def test_workloads_and_settings_have_short_paths_too() -> None:
    workloads = [
        {"name": "a.1", "queue": "lq", "requests": {GPU: 1}, "runtime": "1h"},
        {
            "generate": {
                "name": "g",
                "queue": "lq",
                "requests": {GPU: 1},
                "runtime": "5m",
                "count": 1,
                "arrivals": {"process": "fixed", "every": "1h"},
            }
        },
    ]
    scenario = scenario_from_dict(
        document(workloads=workloads),
        [
            f"workloads.a.1.requests.{GPU}=3",
            "workloads.a.1.runtime=2h",
            "workloads.g.runtime=7m",
            "settings.fairSharing.enable=true",
            "settings.version='0.19'",
            "settings.seed=5",
        ],
    )
    assert (
        [(one.name, dict(one.pod_sets[0].requests), one.runtime_ms) for one in scenario.workloads],
        scenario.settings.version,
        scenario.settings.fair_sharing,
        scenario.seed,
    ) == (
        [("a.1", {GPU: 3}, 7_200_000), ("g-0", {GPU: 1}, 420_000)],
        "0.19",
        ("LessThanOrEqualToFinalShare", "LessThanInitialShare"),
        5,
    )


def test_a_path_may_be_written_out() -> None:
    scenario = scenario_from_dict(
        document(), ["policy.objects[team.a].spec.stopPolicy=Hold", "[Cohort/all].spec.fairSharing.weight=2"]
    )
    policy = scenario.policy
    assert (policy.cluster_queues[0].stop_policy, policy.cohorts[0].fair_weight) == (StopPolicy.HOLD, 2.0)


def test_a_near_miss_is_completed() -> None:
    assert mistakes_of(
        "clusterQueues.team.b.l4.nvidia.com/gpu.nominalQuota=1",
        f"clusterQueues.team.a.{GPU}.nominalQuota=1",
        "workloads.a.runtime=1h",
        "nothing",
        workloads=[{"name": "a1", "queue": "lq"}],
    ) == [
        "override 'nothing' is not of the form path=value; "
        "accepted: PATH=VALUE, PATH+=AMOUNT (also -=, *=), or a move: GIVER -> TAKER AMOUNT [RESOURCE]",
        "override workloads.a.runtime: there is no such workload; did you mean 'a1'?",
        "override clusterQueues.team.b.l4.nvidia.com/gpu.nominalQuota: no such value; "
        "did you mean 'clusterQueues.team.a.l4.nvidia.com/gpu.nominalQuota'?",
        "override clusterQueues.team.a.nvidia.com/gpu.nominalQuota: no such value; did you mean one of "
        "'clusterQueues.team.a.h100.80gb.nvidia.com/gpu.nominalQuota', "
        "'clusterQueues.team.a.l4.nvidia.com/gpu.nominalQuota'?",
    ]


def test_a_part_of_a_path_is_completed_by_the_shortest_that_has_all_its_words() -> None:
    name = "clusterQueues.team.a.l4.nvidia.com/gpu.nominalQuota"
    for part in ("team.a.gpu", "team.a.l4.gpu", "gpu", "team.a.nominalQuota.gpu.l4"):
        part = f"clusterQueues.{part}"
        assert mistakes_of(f"{part}=3") == [f"override {part}: no such value; did you mean {name!r}?"]


def test_a_wrong_value_is_shown_at_its_override() -> None:
    assert mistakes_of("clusterQueues.team.a.l4.cpu.nominalQuota=two") == [
        "policy.objects[2].spec.resourceGroups[0].flavors[1].resources[0].nominalQuota: "
        "'two' is not a Kubernetes quantity (examples: 4, 500m, 1.5, 16Gi)"
    ]


def test_teams_of_hyperpod_go_by_their_plain_names() -> None:
    config = {"ComputeQuotaResources": [{"InstanceType": "ml.g5.8xlarge", "Count": 2}]}
    section = {"hyperpod": {"computeQuotas": [{"ComputeQuotaConfig": config, "ComputeQuotaTarget": {"TeamName": "a"}}]}}
    raw = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": section}
    scenario = scenario_from_dict(raw, [f"clusterQueues.a.ml.g5.8xlarge.{GPU}.nominalQuota=5"])
    assert quota(scenario, 0, 2) == Quota(5, 1)


BASE = """\
apiVersion: kueue-sim/v1
kind: Scenario
policy:
  objects:
  - kind: ResourceFlavor
    metadata: {name: gpu}
  - kind: ClusterQueue
    metadata: {name: a}
    spec:
      namespaceSelector: {}
      cohortName: all
      stopPolicy: Hold
      resourceGroups:
      - coveredResources: [cpu, memory]
        flavors:
        - name: gpu
          resources:
          - {name: cpu, nominalQuota: 4}
          - {name: memory, nominalQuota: 1Gi, lendingLimit: 1Gi}
  - kind: WorkloadPriorityClass
    metadata: {name: high}
    value: 1
"""


def overlaid(folder: Path, overlay: str) -> Scenario:
    (folder / "base.yaml").write_text(BASE)
    (folder / "overlay.yaml").write_text(dedent(overlay))
    return load_scenario(folder / "base.yaml", overlays=[folder / "overlay.yaml"])


def test_an_overlay_merges_by_kind_and_name_down_to_single_quotas(tmp_path: Path) -> None:
    scenario = overlaid(
        tmp_path,
        """\
        kind: ClusterQueue
        metadata: {name: a}
        spec:
          stopPolicy: null
          resourceGroups:
          - coveredResources: [cpu]
            flavors: [{name: gpu, resources: [{name: cpu, nominalQuota: 9, borrowingLimit: 1}]}]
        ---
        kind: WorkloadPriorityClass
        metadata: {name: high}
        $patch: delete
        ---
        kind: Cohort
        metadata: {name: all}
        spec: {fairSharing: {weight: 2}}
        """,
    )
    assert (
        quota(scenario, 0, 0),
        quota(scenario, 0, 1),
        scenario.policy.cluster_queues[0].stop_policy,
        scenario.policy.priority_classes,
        scenario.warnings,
    ) == (Quota(9000, 1000), Quota(2**30, None, 2**30), StopPolicy.NONE, (), ("overlay overlay.yaml adds Cohort all",))


def test_a_mistake_in_an_overlay_is_shown_in_the_overlay(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        overlaid(
            tmp_path,
            """\
            kind: ClusterQueue
            metadata: {name: a}
            spec:
              resourceGroups:
              - coveredResources: [cpu]
                flavors: [{name: gpu, resources: [{name: memory, lendingLimit: 2Gi}]}]
            """,
        )
    assert str(caught.value) == (
        f"{tmp_path}/overlay.yaml:6:68: spec.resourceGroups[0].flavors[0].resources[1].lendingLimit: "
        "lendingLimit 2Gi exceeds nominalQuota 1Gi; accepted: 0 to 1Gi"
    )


def test_the_managers_configuration_may_stand_among_the_manifests(tmp_path: Path) -> None:
    (tmp_path / "kueue.yaml").write_text(
        "apiVersion: config.kueue.x-k8s.io/v1beta2\nkind: Configuration\n"
        "fairSharing: {preemptionStrategies: [LessThanInitialShare]}\nfeatureGates: {PartialAdmission: false}\n"
    )
    file = tmp_path / "s.yaml"
    file.write_text(
        "apiVersion: kueue-sim/v1\nkind: Scenario\npolicy: {include: [kueue.yaml]}\n"
        "kueue: {configuration: {featureGates: {FlavorFungibility: false}}}\n"
    )
    settings = load_scenario(file).settings
    assert (settings.fair_sharing, settings.gates) == (
        ("LessThanInitialShare",),
        {"PartialAdmission": False, "FlavorFungibility": False},
    )


def test_a_text_that_is_read_again_does_not_know_what_was_changed_before(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(Path("scenarios/two-busy-teams.yaml").read_text())
    changed = load_scenario(path, ["horizon=1d", "clusterQueues.team-a.nvidia.com/gpu.nominalQuota=3"])
    again = load_scenario(path)
    assert (changed.horizon_ms, again.horizon_ms) == (86_400_000, 432_000_000)
    assert again == load_scenario("scenarios/two-busy-teams.yaml")


def dumped(name: str, namespace: str) -> dict[str, object]:
    return {"manifest": {"kind": "Workload", "metadata": {"name": name, "namespace": namespace}, "spec": {}}}


@pytest.mark.parametrize("path", ["workloads.one/a.priority", "workloads[one/a].priority", "workloads.b.priority"])
def test_work_of_a_manifest_goes_by_its_name_and_its_namespace(path: str) -> None:
    """As what `import` writes does."""
    entries = Field({"workloads": [dumped("a", "one"), dumped("a", "two"), dumped("b", "two")]}, Source(), Report())
    changes = read_overrides([f"{path}=7"], entries.report)
    apply_to_document(entries, changes)
    given = [entry.get("priority").value for entry in entries.get("workloads").items()]
    assert (given, entries.report.mistakes) == ([None, None, 7] if ".b." in path else [7, None, None], [])


def test_a_name_that_several_namespaces_have_is_asked_for_with_its_namespace() -> None:
    entries = Field({"workloads": [dumped("a", "one"), dumped("a", "two")]}, Source(), Report())
    apply_to_document(entries, read_overrides(["workloads.a.priority=7"], entries.report))
    assert [one.message for one in entries.report.mistakes] == [
        "override workloads.a.priority: 'a' is several workloads: one/a, two/a"
    ]
