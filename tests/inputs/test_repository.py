"""Files as they lie in repositories: folders, several, patterns, pipes and kustomizations are scenarios."""

import io
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from kueue_sim import run
from kueue_sim.errors import InputError
from kueue_sim.inputs import load_scenario
from kueue_sim.inputs.repository.given import Text
from kueue_sim.inputs.text.yamltext import read_yaml
from kueue_sim.policytest.lint.targets import check

QUEUES = """\
apiVersion: kueue.x-k8s.io/v1beta2
kind: ResourceFlavor
metadata: {name: f}
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: ClusterQueue
metadata: {name: q}
spec:
  namespaceSelector: {}
  resourceGroups: [{coveredResources: [cpu], flavors: [{name: f, resources: [{name: cpu, nominalQuota: 4}]}]}]
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: LocalQueue
metadata: {name: lq, namespace: team}
spec: {clusterQueue: q}
"""


def job(name: str, cpu: int = 1, labels: str = "kueue.x-k8s.io/queue-name: lq", namespace: str = "team") -> str:
    return dedent(f"""\
    apiVersion: batch/v1
    kind: Job
    metadata: {{name: {name}, namespace: {namespace}, labels: {{{labels}}}}}
    spec: {{template: {{spec: {{containers: [{{name: c, image: x, resources: {{requests: {{cpu: {cpu}}}}}}}]}}}}}}
    """)


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return folder


def amounts(folder: Path) -> dict[str, int]:
    """CPU quota of each ClusterQueue, in cores."""
    return {
        queue.name: dict(queue.resource_groups[0].flavors[0].resources)["cpu"].nominal // 1000
        for queue in load_scenario(folder).policy.cluster_queues
    }


# -- files, folders, pipes --------------------------------------------------------------------------------


def test_queues_and_jobs_in_one_folder_are_a_scenario(tmp_path: Path) -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n"
    write(tmp_path, {"q.yaml": QUEUES, "jobs/a.yaml": job("a") + "---\n" + service, "jobs/b.yaml": job("b", 4)})
    scenario = load_scenario(tmp_path, [("runtimes[*]", "1h")])
    result = run(scenario)
    assert (scenario.name, result.run.states) == (tmp_path.name, {"team/a": "finished", "team/b": "finished"})
    assert scenario.notes == (f"skipped, neither policy nor work: Service (s in {tmp_path}/jobs/a.yaml)",)
    assert scenario.warnings == ()


def test_jobs_without_a_run_time_are_told_and_rules_give_them_one(tmp_path: Path) -> None:
    write(tmp_path, {"q.yaml": QUEUES, "jobs.yaml": "---\n".join(job(name) for name in ("a", "b", "c"))})
    rules = [("runtimes[*]", "1h"), ("runtimes[team/b]", "2h")]
    assert [one.runtime_ms for one in load_scenario(tmp_path, rules).workloads] == [3_600_000, 7_200_000, 3_600_000]
    assert load_scenario(tmp_path, [("runtimes[a]", "1h")]).notes == (
        "b, c have no run time and run until deleted; --runtime 1h gives one to every job, "
        "--runtime 'PATTERN=1h' to some",
    )


def test_several_files_and_patterns_and_a_scenario_beside_manifests_are_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = "workloads: [{name: own, queue: team/lq, runtime: 1m}]\n"
    scenario = f"apiVersion: kueue-sim/v1\nkind: Scenario\nhorizon: 30m\n{own}"
    write(tmp_path, {"q.yaml": QUEUES, "jobs/a.yaml": job("a"), "jobs/b.json": "[]", "s.yaml": scenario})
    (tmp_path / "jobs/b.json").write_text(json.dumps({"kind": "List", "items": []}))
    monkeypatch.chdir(tmp_path)
    loaded = load_scenario(["s.yaml", "q.yaml", "jobs/*.yaml"])
    assert ([one.key for one in loaded.workloads], loaded.horizon_ms) == (["team/own", "team/a"], 1_800_000)
    assert loaded.policy.cluster_queues[0].name == "q"


def test_standard_input_is_read_like_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((QUEUES + "---\n" + job("a")).encode())))
    scenario = load_scenario("-")
    assert (scenario.name, [one.key for one in scenario.workloads]) == ("stdin", ["team/a"])


def test_a_list_that_kubectl_prints_is_read(tmp_path: Path) -> None:
    items = [{"kind": "ResourceFlavor", "metadata": {"name": "f"}}, {"kind": "Event", "metadata": {"name": "e"}}]
    (tmp_path / "all.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    scenario = load_scenario(tmp_path / "all.json")
    assert [flavor.name for flavor in scenario.policy.flavors] == ["f"]
    assert scenario.notes == (f"skipped, neither policy nor work: Event (e in {tmp_path}/all.json)",)


def test_what_kueue_does_not_manage_is_skipped_with_the_reason(tmp_path: Path) -> None:
    write(tmp_path, {"q.yaml": QUEUES, "j.yaml": job("plain", labels="app: x"), "values.yaml": "a: 1\n"})
    assert load_scenario(tmp_path).notes == (
        f"skipped, no Kubernetes manifest: a document ({tmp_path}/values.yaml)",
        f"skipped, no queue-name label, so Kueue does not manage it: Job (plain in {tmp_path}/j.yaml)",
    )


def test_a_misspelt_kind_of_kueue_is_a_mistake_and_not_skipped(tmp_path: Path) -> None:
    write(
        tmp_path, {"q.yaml": QUEUES + "---\napiVersion: kueue.x-k8s.io/v1beta2\nkind: LocalQeue\nmetadata: {name: x}\n"}
    )
    message = r"q\.yaml:18:7: kind: kind 'LocalQeue' is not accepted here; did you mean 'LocalQueue'"
    with pytest.raises(InputError, match=message):
        load_scenario(tmp_path)


def test_files_may_name_what_lies_elsewhere(tmp_path: Path) -> None:
    write(tmp_path, {"lq.yaml": QUEUES.split("---\n")[2], "j.yaml": job("a")})
    result = run(load_scenario(tmp_path))
    assert result.scenario.warnings[-1] == "there is no ClusterQueue 'q'; there are none"
    assert result.run.states == {"team/a": "pending"}


def test_the_second_of_two_equal_names_says_where_the_first_stands(tmp_path: Path) -> None:
    other = QUEUES.split("---\n")[1].replace("nominalQuota: 4", "nominalQuota: 5")
    write(tmp_path, {"a.yaml": QUEUES, "b.yaml": other, "j.yaml": job("x"), "k.yaml": job("x", 2)})
    with pytest.raises(InputError) as caught:
        load_scenario(tmp_path)
    assert [str(one) for one in caught.value.mistakes] == [
        f"{tmp_path}/b.yaml:3:18: metadata.name: a second ClusterQueue named 'q'; "
        f"the first stands at {tmp_path}/a.yaml:7:18",
        f"{tmp_path}/k.yaml:1:1: a second workload named 'x' in namespace 'team'; "
        f"the first stands at {tmp_path}/j.yaml:1:1",
    ]


def test_mistakes_in_manifests_keep_their_places(tmp_path: Path) -> None:
    write(tmp_path, {"q.yaml": QUEUES.replace("nominalQuota: 4", "nominalQuota: four")})
    with pytest.raises(InputError, match=r"q\.yaml:10:104: spec.resourceGroups"):
        load_scenario(tmp_path)


# -- beside a manifest ------------------------------------------------------------------------------------


def test_namespace_queue_name_and_class_stand_beside_a_manifest(tmp_path: Path) -> None:
    bare = job("a", labels="", namespace="").replace("namespace: , ", "")
    entry = (
        "{manifest: j.yaml, namespace: team, queue: lq, name: renamed, priority: 7, count: 2, every: 1m, runtime: 5m}"
    )
    text = f"apiVersion: kueue-sim/v1\nkind: Scenario\npolicy: {{include: [q.yaml]}}\nworkloads: [{entry}]\n"
    write(tmp_path, {"q.yaml": QUEUES, "j.yaml": bare, "s.yaml": text})
    found = [
        (one.key, one.queue_name, one.priority, one.created_ms) for one in load_scenario(tmp_path / "s.yaml").workloads
    ]
    assert found == [("team/renamed-0", "lq", 7, 0), ("team/renamed-1", "lq", 7, 60_000)]


def test_a_manifest_of_another_namespace_is_refused_as_kubectl_does(tmp_path: Path) -> None:
    text = (
        "apiVersion: kueue-sim/v1\nkind: Scenario\npolicy: {include: [q.yaml]}\n"
        "workloads:\n- {manifest: j.yaml, namespace: other}\n"
    )
    write(tmp_path, {"q.yaml": QUEUES, "j.yaml": job("a"), "s.yaml": text})
    with pytest.raises(InputError, match=r"s\.yaml:5:33: .*the manifest is for namespace 'team', not 'other'"):
        load_scenario(tmp_path / "s.yaml")


# -- kustomize --------------------------------------------------------------------------------------------

BASE = {
    "base/kustomization.yaml": "resources: [queues.yaml, job.yaml]\n",
    "base/queues.yaml": QUEUES,
    "base/job.yaml": job("train"),
    "overlays/small/kustomization.yaml": "resources: [../../base]\nnameSuffix: -s\n",
    "overlays/large/kustomization.yaml": """\
        resources: [../../base, extra.yaml]
        namespace: prod
        labels: [{pairs: {kueue.x-k8s.io/priority-class: high}}]
        patches:
        - path: quota.yaml
        - target: {kind: Job}
          patch: |
            - {op: replace, path: /spec/template/spec/containers/0/resources/requests/cpu, value: 3}
        """,
    "overlays/large/extra.yaml": "kind: WorkloadPriorityClass\nmetadata: {name: high}\nvalue: 9\n",
    "overlays/large/quota.yaml": """\
        kind: ClusterQueue
        metadata: {name: q}
        spec:
          resourceGroups:
          - coveredResources: [cpu]
            flavors: [{name: f, resources: [{name: cpu, nominalQuota: 64}]}]
        """,
    "overlays/large/forgotten.yaml": job("forgotten"),
}


def test_an_overlay_is_its_base_with_patches_labels_and_namespace(tmp_path: Path) -> None:
    write(tmp_path, BASE)
    scenario = load_scenario(tmp_path / "overlays/large")
    (one,) = scenario.workloads
    assert amounts(tmp_path / "overlays/large") == {"q": 64}
    assert (one.key, one.priority, one.pod_sets[0].requests) == ("prod/train", 9, {"cpu": 3000})
    assert scenario.notes == (
        f"skipped, no kustomization names it: {tmp_path}/overlays/large/forgotten.yaml",
        "train has no run time and runs until deleted; --runtime 1h gives one to every job, "
        "--runtime 'PATTERN=1h' to some",
    )
    assert amounts(tmp_path / "base") == {"q": 4}


def test_suffixes_change_names_and_not_what_kustomize_does_not_know_as_references(tmp_path: Path) -> None:
    write(tmp_path, BASE)
    scenario = load_scenario(tmp_path / "overlays/small")
    assert [queue.name for queue in scenario.policy.cluster_queues] == ["q-s"]
    assert "there is no ClusterQueue 'q'; accepted: q-s" in scenario.warnings


def test_two_overlays_of_one_base_are_alternatives(tmp_path: Path) -> None:
    write(tmp_path, BASE)
    with pytest.raises(InputError) as caught:
        load_scenario(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path} holds several scenarios: {tmp_path}/overlays/large, {tmp_path}/overlays/small; name one of them"
    )


def test_check_looks_at_each_overlay_by_itself(tmp_path: Path) -> None:
    write(tmp_path, BASE)
    done = check([tmp_path])
    assert [str(one) for one in done.mistakes] == []
    assert sorted({one.rule.number for one in done.findings}) == ["KS006", "KS207", "KS211"]


@pytest.mark.parametrize(
    ("kustomization", "message"),
    [
        ("resources: [nothing.yaml]\n", r"kustomization\.yaml:1:13: resources\[0\]: there is no file or folder"),
        ("resorces: []\n", r"kustomization\.yaml:1:1: .*unknown field 'resorces'; did you mean 'resources'"),
        (
            "resources: [q.yaml]\npatches:\n- patch: |\n    kind: ClusterQueue\n    metadata: {name: r}\n",
            r"there is no ClusterQueue 'r' to patch; accepted: f, lq, q",
        ),
        (
            "resources: [q.yaml]\npatches: [{target: {kind: LocalQueue}, patch: '[{op: remove, path: /spec/none}]'}]\n",
            r"'/spec/none' leads nowhere in LocalQueue",
        ),
    ],
)
def test_mistakes_of_a_kustomization_have_their_place(tmp_path: Path, kustomization: str, message: str) -> None:
    write(tmp_path, {"q.yaml": QUEUES, "kustomization.yaml": kustomization})
    with pytest.raises(InputError, match=message):
        load_scenario(tmp_path)


def test_what_is_not_built_is_named(tmp_path: Path) -> None:
    remote = "https://github.com/kubernetes-sigs/kueue//config/default?ref=v0.13.5"
    text = f"resources: [q.yaml, '{remote}']\nhelmCharts: [{{name: x}}]\nimages: [{{name: x, newTag: y}}]\n"
    write(tmp_path, {"q.yaml": QUEUES, "kustomization.yaml": text})
    file = tmp_path / "kustomization.yaml"
    release = f"Kueue 0.13.5 is simulated: the address of Kueue's manifests in {remote} is 0.13.5"
    assert load_scenario(tmp_path).notes == (
        f"{file}:1:21: {release}; kueue.version or --set kueue.version=… says another one",
        f"{file}: helmCharts is not followed; kustomize build {tmp_path} | kueue-sim … - is",
        f"{file}: {remote} lies in another repository and is left out",
    )


def test_deleted_objects_are_gone_and_patches_may_be_for_what_lies_elsewhere(tmp_path: Path) -> None:
    text = """\
        resources: [q.yaml, 'https://example.com/more.yaml']
        labels: [{pairs: {a: b}}]
        patches:
        - patch: "{$patch: delete, kind: LocalQueue, metadata: {name: lq}}"
        - {target: {kind: Deployment}, patch: "[{op: remove, path: /spec}]"}
        """
    write(tmp_path, {"q.yaml": QUEUES, "kustomization.yaml": text})
    policy = load_scenario(tmp_path).policy
    assert [(queue.namespace, queue.name) for queue in policy.local_queues] == [("default", "q")]


def test_components_change_what_is_there(tmp_path: Path) -> None:
    patch = "kind: ClusterQueue\nmetadata: {name: q}\nspec: {stopPolicy: Hold}\n"
    write(
        tmp_path,
        {
            "q.yaml": QUEUES,
            "kustomization.yaml": "resources: [q.yaml]\ncomponents: [held]\n",
            "held/kustomization.yaml": "kind: Component\npatches: [{path: p.yaml}]\n",
            "held/p.yaml": patch,
        },
    )
    assert [queue.stop_policy.value for queue in load_scenario(tmp_path).policy.cluster_queues] == ["Hold"]


def test_examples_of_equal_names_are_checked_one_by_one(tmp_path: Path) -> None:
    two, three = (QUEUES.replace("nominalQuota: 4", f"nominalQuota: {number}") for number in (2, 3))
    write(tmp_path, {"a/q.yaml": QUEUES, "a/j.yaml": job("x"), "b/one.yaml": two, "b/two.yaml": three})
    done = check([tmp_path])
    assert ([str(one) for one in done.mistakes], done.findings, done.files) == ([], [], 4)
    assert done.notes == ["objects of equal names lie in several files: each folder is checked by itself"]


def test_a_text_that_was_read_already_is_given_by_name() -> None:
    with pytest.raises(InputError, match=r"<stdin>:1:7: kind: kind 'Workloads'"):
        load_scenario(Text("<stdin>", "kind: Workloads\nmetadata: {name: x}\n"))


# -- what public repositories hold ------------------------------------------------------------------------


def test_objects_that_several_files_hold_alike_are_one(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": QUEUES, "b/q.yaml": QUEUES, "j.yaml": job("x"), "k.yaml": job("x")})
    scenario = load_scenario(tmp_path, [("runtimes[*]", "1h")])
    assert [one.name for one in scenario.workloads] == ["x"]
    assert scenario.notes == tuple(
        f"{what} stands in several places, the same each time"
        for what in ("ResourceFlavor f", "ClusterQueue q", "LocalQueue lq", "Job x")
    )
    assert check([tmp_path]).mistakes == []


@pytest.mark.parametrize(
    ("kind", "api"),
    [
        ("Topology", "kueue-bench.io/v1alpha1"),
        ("Workload", "scheduling.k8s.io/v1alpha1"),
        ("Configuration", "serving.knative.dev/v1"),
        ("Cohort", "example.com/v1"),
        ("Node", "longhorn.io/v1beta2"),
        ("PriorityClass", "volcano.sh/v1"),
    ],
)
def test_kinds_of_the_same_name_in_other_groups_are_skipped(tmp_path: Path, kind: str, api: str) -> None:
    other = f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: other}}\nspec: {{strange: true}}\n"
    write(tmp_path, {"q.yaml": QUEUES, "o.yaml": other})
    assert load_scenario(tmp_path).notes == (
        f"skipped, a {kind} of {api.rpartition('/')[0]}, which Kueue does not know: "
        f"{kind} (other in {tmp_path}/o.yaml)",
    )


def test_a_misspelt_group_of_kueue_is_a_mistake(tmp_path: Path) -> None:
    write(tmp_path, {"q.yaml": QUEUES.replace("kueue.x-k8s.io/v1beta2", "kueue.k8s.io/v1beta2")})
    with pytest.raises(InputError, match=r"'kueue\.k8s\.io/v1beta2' has no kind ResourceFlavor"):
        load_scenario(tmp_path)


def test_a_key_that_stands_twice_in_a_manifest_counts_as_kubectl_counts_it(tmp_path: Path) -> None:
    twice = job("x").replace("spec: {template", "spec: {parallelism: 3, parallelism: 2, template")
    write(tmp_path, {"q.yaml": QUEUES, "j.yaml": twice})
    scenario = load_scenario(tmp_path)
    assert [one.pod_sets[0].count for one in scenario.workloads] == [2]
    assert scenario.warnings[0] == (
        f"{tmp_path}/j.yaml:4:24: the key 'parallelism' stands here twice; the last counts, as with kubectl"
    )
    assert check([tmp_path]).notes == [scenario.warnings[0]]


def test_a_key_that_stands_twice_in_a_scenario_is_a_mistake(tmp_path: Path) -> None:
    write(tmp_path, {"s.yaml": "apiVersion: kueue-sim/v1\nkind: Scenario\nseed: 1\nseed: 2\n"})
    with pytest.raises(InputError, match=r"s\.yaml:4:1: the key 'seed' stands here twice"):
        load_scenario(tmp_path / "s.yaml")


def test_files_with_tags_of_other_programs_are_skipped_in_a_folder(tmp_path: Path) -> None:
    template = "Parameters: {Name: {Type: String}}\nResources: {Queue: {Value: !Ref Name, Kueue: !Sub '${Name}'}}\n"
    write(tmp_path, {"q.yaml": QUEUES, "cloudformation.yaml": template})
    assert load_scenario(tmp_path).notes == (
        f"skipped, no Kubernetes manifest: a document ({tmp_path}/cloudformation.yaml)",
    )


def test_a_patch_that_selects_nothing_is_told_and_changes_nothing_as_in_kustomize(tmp_path: Path) -> None:
    patch = "patches: [{target: {kind: Cohort}, patch: '[{op: remove, path: /spec}]'}]\n"
    write(tmp_path, {"q.yaml": QUEUES, "kustomization.yaml": "resources: [q.yaml]\n" + patch})
    assert amounts(tmp_path) == {"q": 4}
    assert load_scenario(tmp_path).notes == (
        f"{tmp_path}/kustomization.yaml:2:20: the patch selects no object; kustomize lets that pass",
    )


def test_patches_of_an_overlay_keep_the_namespace_that_a_base_has_set(tmp_path: Path) -> None:
    patch = "kind: LocalQueue\nmetadata: {name: lq, namespace: team}\nspec: {stopPolicy: Hold}\n"
    write(tmp_path, {"base/q.yaml": QUEUES, "base/kustomization.yaml": "resources: [q.yaml]\nnamespace: real\n"})
    write(
        tmp_path, {"prod/p.yaml": patch, "prod/kustomization.yaml": "resources: [../base]\npatches: [{path: p.yaml}]\n"}
    )
    queues = load_scenario(tmp_path / "prod").policy.local_queues
    assert [(one.namespace, one.name, one.stop_policy) for one in queues] == [("real", "lq", "Hold")]


# -- the manager's Configuration, wherever it stands ------------------------------------------------------

CONFIGURATION = """apiVersion: config.kueue.x-k8s.io/v1beta2
kind: Configuration
fairSharing: {preemptionStrategies: [LessThanInitialShare]}
featureGates: {FlavorFungibility: false}
"""


def _indented(text: str, by: int) -> str:
    return "".join(" " * by + line + "\n" for line in text.splitlines())


VALUES = f"""managerConfig:
  controllerManagerConfigYaml: |
{_indented(CONFIGURATION, 4)}\
controllerManager:
  featureGates:
  - {{name: PartialAdmission, enabled: false}}
"""
RELEASE = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: kueue}\nspec:\n  values:\n"
APPLICATION = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: kueue}\n"
    "spec:\n  source:\n    helm:\n      valuesObject:\n"
)


@pytest.mark.parametrize(
    "text",
    [
        VALUES,
        "kueue:\n" + _indented(VALUES, 2),
        RELEASE + _indented(VALUES, 4),
        APPLICATION + _indented(VALUES, 8),
    ],
    ids=["values", "values of a chart that contains it", "HelmRelease", "Application"],
)
def test_values_of_kueues_chart_are_its_configuration(tmp_path: Path, text: str) -> None:
    write(tmp_path, {"q.yaml": QUEUES, "values.yaml": text})
    scenario = load_scenario(tmp_path)
    assert scenario.notes == ()
    assert scenario.settings.fair_sharing == ("LessThanInitialShare",)
    assert scenario.settings.gates == {"FlavorFungibility": False, "PartialAdmission": False}


def test_mistakes_in_values_of_the_chart_have_their_place(tmp_path: Path) -> None:
    write(tmp_path, {"values.yaml": VALUES.replace("LessThanInitialShare", "LessThanFinalShare")})
    with pytest.raises(InputError, match=r"values\.yaml:5:\d+: configuration.fairSharing"):
        load_scenario(tmp_path)


def test_gates_in_the_arguments_of_the_manager_hold(tmp_path: Path) -> None:
    manager = """\
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: kueue-controller-manager, namespace: kueue-system}
    spec:
      template:
        spec:
          containers:
          - name: manager
            image: registry.k8s.io/kueue/kueue:v0.16.1
            args: ["--zap-log-level=2", "--feature-gates=PartialAdmission=false,FlavorFungibility=true"]
    """
    write(tmp_path, {"q.yaml": QUEUES, "c.yaml": CONFIGURATION, "manager.yaml": manager})
    assert load_scenario(tmp_path).settings.gates == {"FlavorFungibility": True, "PartialAdmission": False}
    (tmp_path / "c.yaml").unlink()
    assert load_scenario(tmp_path).settings.gates == {"FlavorFungibility": True, "PartialAdmission": False}


def test_gates_of_other_controllers_are_no_gates_of_kueue(tmp_path: Path) -> None:
    other = """\
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: kueue-slice-controller, namespace: kueue-system}
    spec:
      template:
        spec:
          containers: [{name: c, image: example.com/kueue-slice-controller:v1, args: [--feature-gates=Slices=true]}]
    """
    write(tmp_path, {"q.yaml": QUEUES, "other.yaml": other})
    assert load_scenario(tmp_path).settings.gates == {}


def test_a_kustomization_that_generates_the_configuration_is_followed(tmp_path: Path) -> None:
    generator = "configMapGenerator: [{name: c, behavior: replace, files: [controller_manager_config.yaml]}]\n"
    base = "kind: ConfigMap\nmetadata: {name: c}\ndata: {controller_manager_config.yaml: 'kind: Configuration'}\n"
    write(tmp_path, {"base/q.yaml": QUEUES, "base/c.yaml": base})
    write(tmp_path, {"base/kustomization.yaml": "resources: [q.yaml, c.yaml]\n"})
    write(tmp_path, {"prod/controller_manager_config.yaml": CONFIGURATION})
    write(tmp_path, {"prod/kustomization.yaml": "resources: [../base]\n" + generator})
    scenario = load_scenario(tmp_path / "prod")
    assert (scenario.settings.gates, scenario.notes) == ({"FlavorFungibility": False}, ())


# -- jobs that name no queue ------------------------------------------------------------------------------

DEFAULT = QUEUES + QUEUES.split("---\n")[2].join(["---\n", ""]).replace("name: lq", "name: default")


def test_jobs_without_a_queue_go_to_the_default_queue_of_their_namespace_in_folders_too(tmp_path: Path) -> None:
    named, free, lost = job("named"), job("free", labels=""), job("lost", labels="", namespace="elsewhere")
    write(tmp_path, {"a.yaml": free + "---\n" + lost, "jobs.yaml": named, "z/queues.yaml": DEFAULT})
    scenario = load_scenario(tmp_path, [("runtimes[*]", "1h")])
    assert [(one.name, one.queue_name) for one in scenario.workloads] == [("free", "default"), ("named", "lq")]
    skipped = f"skipped, no queue-name label, so Kueue does not manage it: Job (lost in {tmp_path}/a.yaml)"
    assert scenario.notes == (skipped,)
    assert (check([tmp_path]).notes, check([tmp_path]).mistakes) == ([skipped], [])


def test_the_gate_of_default_queues_leaves_such_jobs_out(tmp_path: Path) -> None:
    write(tmp_path, {"j.yaml": job("free", labels="") + "---\n" + job("named"), "q.yaml": DEFAULT})
    names = {
        release: [one.name for one in load_scenario(tmp_path, [("settings.version", release)]).workloads]
        for release in ("0.18", "0.11")
    }
    assert names == {"0.18": ["free", "named"], "0.11": ["named"]}


def test_a_configuration_that_manages_all_jobs_holds_in_folders_too(tmp_path: Path) -> None:
    every = "kind: Configuration\napiVersion: config.kueue.x-k8s.io/v1beta2\nmanageJobsWithoutQueueName: true\n"
    write(tmp_path, {"j.yaml": job("free", labels=""), "q.yaml": QUEUES, "c.yaml": every})
    assert [(one.name, one.queue_name) for one in load_scenario(tmp_path).workloads] == [("free", "")]


def test_a_folder_of_jobs_without_queues_holds_nothing_for_kueue(tmp_path: Path) -> None:
    write(tmp_path, {"j.yaml": job("free", labels="")})
    with pytest.raises(InputError, match="no scenario, no policy and no work"):
        load_scenario(tmp_path)
    assert (check([tmp_path]).files, len(check([tmp_path]).notes)) == (0, 1)


def test_a_name_that_is_none_is_a_mistake_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "queue.yaml").write_text(
        "apiVersion: kueue.x-k8s.io/v1beta2\nkind: ClusterQueue\nmetadata: {name: {a: b}}\nspec: {}\n", encoding="utf-8"
    )
    with pytest.raises(InputError) as found:
        load_scenario(tmp_path)
    assert [str(one.place).rpartition("/")[2] for one in found.value.mistakes] == ["queue.yaml:3:18"]


def test_files_that_other_charts_and_other_programs_need_are_not_kueues(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "q.yaml": QUEUES,
            "gpu-operator.yaml": "managerConfig:\n  controllerManagerConfigYaml: |\n    webhook: {port: 9443}\n",
            "gateway.yaml": "kind: Gateway\nspec:\n  a: b\n c: d\n",
            "space.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {generateName: e2e-}\n",
        },
    )
    assert load_scenario(tmp_path).notes == (
        f"skipped, no Kubernetes manifest: a document ({tmp_path}/gpu-operator.yaml)",
        f"skipped, the cluster makes up its name, so nothing can refer to it: Namespace ({tmp_path}/space.yaml)",
        f"skipped, not valid YAML, and nothing in it is Kueue's: {tmp_path}/gateway.yaml",
    )
    write(tmp_path, {"job.yaml": "kind: PyTorchJob\nspec:\n  a: b\n c: d\n"})
    with pytest.raises(InputError, match=r"job\.yaml:4:2: not valid YAML"):
        load_scenario(tmp_path)


def test_patches_of_what_a_base_generates_are_let_pass(tmp_path: Path) -> None:
    patch = "kind: ConfigMap\nmetadata: {name: env}\ndata: {a: b}\n"
    base = "resources: [q.yaml]\nconfigMapGenerator: [{name: env, literals: [a=c]}]\n"
    over = "resources: [../base]\npatches: [{path: p.yaml}]\n"
    write(tmp_path, {"base/q.yaml": QUEUES, "base/kustomization.yaml": base})
    write(tmp_path, {"prod/p.yaml": patch, "prod/kustomization.yaml": over})
    assert amounts(tmp_path / "prod") == {"q": 4}


def test_a_second_configuration_says_where_the_first_stands(tmp_path: Path) -> None:
    own = "apiVersion: config.kueue.x-k8s.io/v1beta2\nkind: Configuration\nmanageJobsWithoutQueueName: true\n"
    write(tmp_path, {"q.yaml": QUEUES, "a.yaml": own, "b.yaml": own.replace("true", "false")})
    with pytest.raises(InputError, match=rf"b\.yaml:2:7: .*; the first stands at {tmp_path}/a\.yaml:1:1"):
        load_scenario(tmp_path)


def test_a_template_that_is_named_itself_is_told_to_be_one(tmp_path: Path) -> None:
    write(tmp_path, {"t.yaml": "kind: Job\nmetadata:\n  name: {{ .Values.name }}\n"})
    with pytest.raises(InputError) as caught:
        load_scenario(tmp_path / "t.yaml")
    told = f"{tmp_path}/t.yaml:3:10: a template; pipe what makes manifests of it: helm template … | kueue-sim run -"
    assert [str(one) for one in caught.value.mistakes] == [told]


CHART = """\
managerConfig:
  controllerManagerConfigYaml: |
    apiVersion: config.kueue.x-k8s.io/v1beta1
    kind: Configuration
    manageJobsWithoutQueueName: %s
"""


def test_of_several_values_of_the_chart_those_are_meant_that_helm_takes_by_itself(tmp_path: Path) -> None:
    files = {"queues.yaml": QUEUES, "values-0.12.4.yaml": CHART % "false", "values.yaml": CHART % "true"}
    folder = write(tmp_path, {**files, "job.yaml": job("plain", labels="")})
    scenario = load_scenario(folder)
    assert [one.name for one in scenario.workloads] == ["plain"]
    told = f"skipped, other values of the chart than its values.yaml: {folder / 'values-0.12.4.yaml'}"
    assert told in scenario.notes


def test_large_files_of_data_are_skipped_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = json.dumps({"inputs": [0.5] * 50_000})
    folder = write(tmp_path, {"queues.yaml": QUEUES, "job.yaml": job("j"), "data.json": data})
    read: list[str] = []
    monkeypatch.setattr(
        "kueue_sim.inputs.repository.bundles.read_yaml",
        lambda text, file, report: read.append(Path(file).name) or read_yaml(text, file, report),
    )
    scenario = load_scenario(folder)
    assert read == ["job.yaml", "queues.yaml"]
    assert f"skipped, no Kubernetes manifest: a document ({folder / 'data.json'})" in scenario.notes


@pytest.mark.parametrize("left_open", ["${NAMESPACE}", "<user-namespace>", "__NAMESPACE__", "$NAMESPACE"])
def test_a_placeholder_is_named_as_the_cause(tmp_path: Path, left_open: str) -> None:
    folder = write(tmp_path, {"queues.yaml": QUEUES, "job.yaml": job("j", namespace=repr(left_open))})
    with pytest.raises(InputError) as caught:
        load_scenario(folder)
    expected = f"metadata.namespace: {left_open!r} is a placeholder; put a value in its place"
    assert [str(one).partition(": ")[2] for one in caught.value.mistakes] == [expected]


def test_findings_about_generated_names_have_the_place_of_the_job(tmp_path: Path) -> None:
    large = job("j", cpu=9).replace("name: j,", "generateName: train-,")
    folder = write(tmp_path, {"queues.yaml": QUEUES, "job.yaml": large})
    places = [(one.rule.number, one.place) for one in check([folder]).findings]
    assert [(number, place and (Path(place.file).name, place.line)) for number, place in places] == [
        ("KS401", ("job.yaml", 1))
    ]


def test_made_up_names_are_never_names_that_others_have(tmp_path: Path) -> None:
    made = job("j").replace("name: j,", "generateName: t-,")
    folder = write(tmp_path, {"queues.yaml": QUEUES, "jobs.yaml": f"{made}---\n{made}---\n{job('t-0')}"})
    assert sorted(one.name for one in load_scenario(folder).workloads) == ["t-0", "t-1", "t-2"]


def test_items_of_the_api_servers_lists_have_the_kind_of_their_list(tmp_path: Path) -> None:
    answer = {"apiVersion": "batch/v1", "kind": "JobList", "items": [{
        "metadata": {"name": "j", "namespace": "team", "labels": {"kueue.x-k8s.io/queue-name": "lq"}},
        "spec": {"template": {"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]}}},
    }]}  # fmt: skip
    folder = write(tmp_path, {"queues.yaml": QUEUES, "jobs.json": json.dumps(answer)})
    assert [(one.kind, one.key) for one in load_scenario(folder).workloads] == [("Job", "team/j")]


def test_typographic_quotes_are_named_as_the_cause(tmp_path: Path) -> None:
    folder = write(tmp_path, {"queues.yaml": QUEUES.replace("nominalQuota: 4", "nominalQuota: “4”")})
    with pytest.raises(InputError) as caught:
        load_scenario(folder)
    assert [str(one).rpartition(": ")[2] for one in caught.value.mistakes] == [
        "“ is a typographic quote; YAML knows \" and ' only"
    ]


def test_a_job_that_has_ended_in_the_cluster_it_comes_from_is_submitted_anew_with_a_note(tmp_path: Path) -> None:
    ended = job("over") + 'status: {conditions: [{type: Complete, status: "True"}]}\n'
    scenario = load_scenario(write(tmp_path, {"queues.yaml": QUEUES, "jobs.yaml": ended}))
    assert ([one.name for one in scenario.workloads], [one for one in scenario.notes if "ended" in one]) == (
        ["over"],
        ["Job over has ended, its status says; submitted anew, while kueue-sim import begins with a cluster as it is"],
    )


def test_a_tab_in_the_indentation_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_scenario(write(tmp_path, {"q.yaml": QUEUES, "j.yaml": "kind: Job\nmetadata:\n\tname: kueue\n"}))
    assert [str(mistake).replace(f"{tmp_path}/", "") for mistake in caught.value.mistakes] == [
        "j.yaml:3:1: not valid YAML: while scanning for the next token found character that cannot start any token"
        "; a line is indented by spaces, here stands a tab"
    ]
