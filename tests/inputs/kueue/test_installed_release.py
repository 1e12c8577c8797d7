"""The release that is simulated, read off the cluster's own objects where nobody says one."""

from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner

from kueue_sim import load_scenario
from kueue_sim.cli.commands.import_ import command
from kueue_sim.inputs import scenario_from_text
from kueue_sim.model import Scenario
from tests.inputs.jobs import test_user_manifests

QUEUES = test_user_manifests.QUEUES.replace("v1beta2", "v1beta1")
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: kueue-controller-manager, namespace: kueue-system}
spec:
  template:
    spec:
      containers:
      - {name: manager, image: "IMAGE", args: [--config=/controller_manager_config.yaml]}
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: kueue-controller-manager-7d9, namespace: kueue-system}
spec: {nodeName: n, containers: [{name: manager, image: "IMAGE"}]}
"""
OTHERWISE = "kueue.version or --set kueue.version=… says another one"
OF_DEPLOYMENT = "the tag of the image of Deployment kueue-controller-manager"
IMAGE = "registry.k8s.io/kueue/kueue:"


def loaded(folder: Path, *texts: str, image: str = "", version: str = "") -> Scenario:
    files = [folder / f"{number}.yaml" for number in range(len(texts) + 1)]
    for file, text in zip(files, (QUEUES, *texts), strict=True):
        file.write_text(dedent(text).replace("IMAGE", image), encoding="utf-8")
    return load_scenario(files, [("kueue.version", version)] if version else [])


def told(folder: Path, scenario: Scenario) -> list[str]:
    return [line.replace(f"{folder}/", "") for line in (*scenario.warnings, *scenario.notes)]


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        (f"{IMAGE}v0.13.2", "v0.13.2"),
        (f"{IMAGE}v0.13.2@sha256:0f3c", "v0.13.2"),
        ("localhost:5000/kueue:0.13.2", "0.13.2"),
        ("us-central1-docker.pkg.dev/k8s-staging-images/kueue/kueue:v0.13.2-rc.1", "v0.13.2-rc.1"),
    ],
)
def test_the_tag_of_the_managers_image_is_the_release(tmp_path: Path, image: str, tag: str) -> None:
    scenario = loaded(tmp_path, DEPLOYMENT, image=image)
    assert scenario.settings.version == "0.13.2"
    assert told(tmp_path, scenario) == [
        f"1.yaml:8:32: Kueue 0.13.2 is simulated: {OF_DEPLOYMENT} is {tag}; {OTHERWISE}"
    ]


@pytest.mark.parametrize("image", ["registry.k8s.io/jobset/jobset:v0.8.0", IMAGE.rstrip(":"), "kueue/kueueviz:v0.13.2"])
def test_other_images_and_those_without_a_tag_say_nothing(tmp_path: Path, image: str) -> None:
    scenario = loaded(tmp_path, DEPLOYMENT, image=image)
    assert (scenario.settings.version, scenario.warnings) == ("0.20", ())


@pytest.mark.parametrize(
    ("tag", "version", "problem"),
    [
        ("v0.33.1", "0.20", "it is newer than 0.20, the newest release that is modelled and is taken"),
        ("v0.19.7", "0.19", "it is not modelled; 0.19, the nearest release that is, is taken in its newest patch"),
        ("v0.8.1", "0.10", "it is not modelled; 0.10, the nearest release that is, is taken in its newest patch"),
        ("main", "0.20", "no release of Kueue is called 'main'; 0.20, the newest one modelled, is taken"),
        ("v1.6.0", "0.20", "no release of Kueue is called 'v1.6.0'; 0.20, the newest one modelled, is taken"),
    ],
)
def test_a_tag_that_is_not_modelled_is_a_warning_with_what_is_taken(
    tmp_path: Path, tag: str, version: str, problem: str
) -> None:
    scenario = loaded(tmp_path, DEPLOYMENT, image=IMAGE + tag)
    assert scenario.settings.version == version
    assert told(tmp_path, scenario) == [f"1.yaml:8:32: {OF_DEPLOYMENT} is {tag}: {problem}; {OTHERWISE}"]


def test_a_release_that_the_user_says_holds_and_nothing_is_told(tmp_path: Path) -> None:
    scenario = loaded(tmp_path, DEPLOYMENT, image=f"{IMAGE}v0.13.2", version="0.12.1")
    assert (scenario.settings.version, told(tmp_path, scenario)) == ("0.12.1", [])


VALUES = "controllerManager:\n  manager:\n    image: {repository: registry.k8s.io/kueue/kueue, tag: v0.13.2}\n"
FLUX = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: kueue}\nspec:\n"
ARGO = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: kueue}\nspec:\n"
TAG = "controllerManager.manager.image.tag of the Helm values is v0.13.2"


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        (VALUES, "3:59", TAG),
        ("controllerManager: {manager: {image: {tag: v0.13.2}}}\n", "1:44", TAG),
        ("kueue:\n  " + VALUES.replace("\n", "\n  ").rstrip() + "\n", "4:61", TAG),
        (FLUX + "  values: {controllerManager: {manager: {image: {tag: v0.13.2}}}}\n", "5:55", TAG),
        (
            ARGO + "  source:\n    helm:\n      values: |\n        controllerManager:\n"
            "          manager: {image: {tag: v0.13.2}}\n",
            "9:34",
            TAG,
        ),
        (
            FLUX + "  chart: {spec: {chart: kueue, version: 0.13.2}}\n",
            "5:41",
            "the version of the chart kueue is 0.13.2",
        ),
        (
            ARGO + "  source: {chart: charts/kueue, targetRevision: 0.13.2}\n",
            "5:49",
            "the version of the chart kueue is 0.13.2",
        ),
    ],
)
def test_values_and_versions_of_the_chart_are_the_release(tmp_path: Path, text: str, place: str, what: str) -> None:
    scenario = loaded(tmp_path, text)
    assert scenario.settings.version == "0.13.2"
    assert told(tmp_path, scenario) == [f"1.yaml:{place}: Kueue 0.13.2 is simulated: {what}; {OTHERWISE}"]


@pytest.mark.parametrize("version", ["0.13.x", "0.13", "~0.13.2", "^0.13.2", "v0.13.*"])
def test_a_range_of_versions_is_the_newest_patch_of_its_line(tmp_path: Path, version: str) -> None:
    scenario = loaded(tmp_path, f"{FLUX}  chart: {{spec: {{chart: kueue, version: '{version}'}}}}\n")
    what = f"the version of the chart kueue is {version}"
    assert (scenario.settings.version, told(tmp_path, scenario)) == (
        "0.13",
        [f"1.yaml:5:41: Kueue 0.13 is simulated: {what}; {OTHERWISE}"],
    )


def test_a_chart_that_depends_on_kueues_says_its_release(tmp_path: Path) -> None:
    chart = "apiVersion: v2\nname: platform\ndependencies:\n- {name: kueue, version: 0.13.2, repository: oci://x}\n"
    assert loaded(tmp_path, chart).settings.version == "0.13.2"


def built(folder: Path, kustomization: str) -> Scenario:
    (folder / "q.yaml").write_text(QUEUES, encoding="utf-8")
    deployment = DEPLOYMENT.replace("IMAGE", "registry.k8s.io/kueue/kueue:v0.11.0")
    (folder / "deployment.yaml").write_text(deployment, encoding="utf-8")
    (folder / "kustomization.yaml").write_text(kustomization, encoding="utf-8")
    return load_scenario(folder)


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("{name: registry.k8s.io/kueue/kueue, newTag: v0.13.2}", "0.13.2"),
        ("{name: registry.k8s.io/kueue/kueue, newName: mirror:5000/kueue, newTag: v0.13.2}", "0.13.2"),
        ("{name: registry.k8s.io/kueue/kueue, newName: mirror:5000/kueue}", "0.11.0"),
        ("{name: registry.k8s.io/kueue/kueue, digest: 'sha256:0f3c'}", "0.20"),
        ("{name: kueue, newTag: v0.13.2}", "0.11.0"),
    ],
)
def test_a_kustomization_gives_images_other_tags(tmp_path: Path, image: str, version: str) -> None:
    scenario = built(tmp_path, f"resources: [q.yaml, deployment.yaml]\nimages: [{image}]\n")
    assert scenario.settings.version == version


def test_the_address_of_kueues_manifests_in_a_kustomization_is_the_release(tmp_path: Path) -> None:
    address = "github.com/kubernetes-sigs/kueue/config/default?ref=v0.13.2"
    scenario = built(tmp_path, f"resources:\n- q.yaml\n- {address}\n")
    assert scenario.settings.version == "0.13.2"
    assert told(tmp_path, scenario)[0] == (
        f"kustomization.yaml:3:3: Kueue 0.13.2 is simulated: the address of Kueue's manifests in {address} is 0.13.2; "
        + OTHERWISE
    )


@pytest.mark.parametrize("image", ["{repository: example.com/jobset, tag: v0.8.0}", "{tag: v1.2.0}", "{}"])
def test_values_of_other_charts_are_left_alone(tmp_path: Path, image: str) -> None:
    scenario = loaded(tmp_path, f"controllerManager: {{manager: {{image: {image}}}}}\n")
    assert scenario.settings.version == "0.20"
    assert told(tmp_path, scenario) == ["skipped, no Kubernetes manifest: a document (1.yaml)"]


def test_a_deployment_goes_before_pods_and_other_tags_are_named(tmp_path: Path) -> None:
    scenario = loaded(
        tmp_path,
        POD.replace("IMAGE", f"{IMAGE}v0.14.1") + "---\n" + DEPLOYMENT.replace("IMAGE", f"{IMAGE}v0.13.2"),
    )
    pod = "the tag of the image of Pod kueue-controller-manager-7d9"
    assert told(tmp_path, scenario) == [
        f"1.yaml:13:32: Kueue 0.13.2 is simulated: {OF_DEPLOYMENT} is v0.13.2, though {pod} is v0.14.1; {OTHERWISE}"
    ]


def test_gates_of_the_deployment_are_those_of_its_release(tmp_path: Path) -> None:
    text = DEPLOYMENT.replace("args: [", "args: [--feature-gates=ElasticJobsViaWorkloadSlices=true, ")
    scenario = loaded(tmp_path, text, image=f"{IMAGE}v0.14.3")
    assert (scenario.settings.version, scenario.settings.gate("ElasticJobsViaWorkloadSlices")) == ("0.14.3", True)


@pytest.mark.parametrize("manager", [DEPLOYMENT, POD], ids=["Deployment", "Pod"])
def test_an_imported_cluster_has_the_release_of_its_manager(tmp_path: Path, manager: str) -> None:
    dump = tmp_path / "dump.yaml"
    dump.write_text(QUEUES + "---\n" + manager.replace("IMAGE", f"{IMAGE}v0.13.2"))
    result = CliRunner().invoke(command, [str(dump)])
    kind = "Deployment kueue-controller-manager" if manager is DEPLOYMENT else "Pod kueue-controller-manager-7d9"
    line = f"Kueue 0.13.2 is simulated: the tag of the image of {kind} is v0.13.2; {OTHERWISE}"
    assert line in result.stderr.splitlines()
    assert scenario_from_text(result.stdout).settings.version == "0.13.2"
    assert "Deployment" not in result.stdout
