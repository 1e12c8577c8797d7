"""Kustomizations are built as kustomize builds them; what is not built is named."""

from pathlib import Path

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import load_scenario
from kueue_sim.policytest.lint.targets import check
from tests.inputs.repository.repositories import QUEUES, amounts, job, write

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


def test_patches_of_what_a_base_generates_are_let_pass(tmp_path: Path) -> None:
    patch = "kind: ConfigMap\nmetadata: {name: env}\ndata: {a: b}\n"
    base = "resources: [q.yaml]\nconfigMapGenerator: [{name: env, literals: [a=c]}]\n"
    over = "resources: [../base]\npatches: [{path: p.yaml}]\n"
    write(tmp_path, {"base/q.yaml": QUEUES, "base/kustomization.yaml": base})
    write(tmp_path, {"prod/p.yaml": patch, "prod/kustomization.yaml": over})
    assert amounts(tmp_path / "prod") == {"q": 4}


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
