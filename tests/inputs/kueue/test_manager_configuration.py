"""The manager's Configuration is found wherever it stands, and decides about jobs that name no queue."""

from pathlib import Path

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import load_scenario
from kueue_sim.policytest.lint.targets import check
from tests.inputs.repository.repositories import QUEUES, job, write

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


CONFIG_MAP = """apiVersion: v1
kind: ConfigMap
metadata: {name: kueue-manager-config, namespace: kueue-system}
data:
  controller_manager_config.yaml: |
"""


OLD = """apiVersion: config.kueue.x-k8s.io/v1beta1
kind: Configuration
fairSharing: {}
waitForPodsReady: {enable: true}
"""


@pytest.mark.parametrize("head", ["", CONFIG_MAP], ids=["by itself", "in its ConfigMap"])
def test_a_configuration_among_the_objects_has_the_defaults_of_its_version(tmp_path: Path, head: str) -> None:
    write(tmp_path, {"q.yaml": QUEUES, "manager.yaml": head + _indented(OLD, 4) if head else OLD})
    scenario = load_scenario(tmp_path)
    assert scenario.settings.fair_sharing is None
    assert scenario.settings.wait_for_pods_ready is not None
    assert scenario.settings.wait_for_pods_ready.timeout_ms == 300_000
    assert scenario.settings.wait_for_pods_ready.block_admission


def test_a_folder_of_jobs_without_queues_holds_nothing_for_kueue(tmp_path: Path) -> None:
    write(tmp_path, {"j.yaml": job("free", labels="")})
    with pytest.raises(InputError, match="no scenario, no policy and no work"):
        load_scenario(tmp_path)
    assert (check([tmp_path]).files, len(check([tmp_path]).notes)) == (0, 1)


def test_a_second_configuration_says_where_the_first_stands(tmp_path: Path) -> None:
    own = "apiVersion: config.kueue.x-k8s.io/v1beta2\nkind: Configuration\nmanageJobsWithoutQueueName: true\n"
    write(tmp_path, {"q.yaml": QUEUES, "a.yaml": own, "b.yaml": own.replace("true", "false")})
    with pytest.raises(InputError, match=rf"b\.yaml:2:7: .*; the first stands at {tmp_path}/a\.yaml:1:1"):
        load_scenario(tmp_path)


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


def test_values_of_a_chart_leave_the_release_to_the_chart_beside_them(tmp_path: Path) -> None:
    """That of a platform, whose Chart.yaml names Kueue's chart as what it depends on."""
    chart = "apiVersion: v2\nname: platform\ndependencies:\n- {name: kueue, version: 0.13.1, repository: oci://x}\n"
    values = "\n".join(["kueue:", *("  " + line for line in (CHART % "true").splitlines()), ""])
    folder = write(tmp_path, {"queues.yaml": QUEUES, "c/Chart.yaml": chart, "c/values.yaml": values})
    write(tmp_path, {"job.yaml": job("plain", labels="")})
    scenario = load_scenario(folder)
    assert (scenario.settings.version, [one.name for one in scenario.workloads]) == ("0.13.1", ["plain"])
    assert not any("other values" in note for note in scenario.notes)
