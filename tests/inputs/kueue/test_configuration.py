"""The manager's Configuration wherever it stands, the gates of every release, and what of both decides nothing."""

from pathlib import Path
from typing import Any

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import load_scenario, scenario_from_dict
from kueue_sim.inputs.kueue.configuration import WITHOUT_EFFECT
from kueue_sim.inputs.kueue.jobs.without_effect import WITHOUT_EFFECT as OF_JOBS
from kueue_sim.inputs.kueue.jobs.without_effect import fields_without_effect
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.model import Scenario
from tests.inputs.jobs.test_jobs import document, manifest, template

PAGES = Path(__file__).parents[3] / "docs"


def configured(kueue: dict[str, Any], *objects: dict[str, Any]) -> Scenario:
    raw = {**document(), "kueue": kueue}
    raw["policy"]["objects"] += objects
    return scenario_from_dict(raw)


CONFIG_MAP = """
kind: ConfigMap
metadata: {name: kueue-manager-config}
data:
  controller_manager_config.yaml: |
    apiVersion: config.kueue.x-k8s.io/v1beta2
    kind: Configuration
    fairSharing: {preemptionStrategies: [LessThanInitialShare]}
    waitForPodsReady: {timeout: TIMEOUT}
"""
SCENARIO = "apiVersion: kueue-sim/v1\nkind: Scenario\npolicy: {include: [config.yaml]}\n"


def test_a_config_map_holds_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG_MAP.replace("TIMEOUT", "5m"))
    (tmp_path / "s.yaml").write_text(SCENARIO)
    found = load_scenario(tmp_path / "s.yaml").settings
    assert found.wait_for_pods_ready is not None
    assert (found.fair_sharing, found.wait_for_pods_ready.timeout_ms) == (("LessThanInitialShare",), 300_000)


def test_mistakes_in_a_config_map_have_their_place_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG_MAP.replace("TIMEOUT", "soon"))
    (tmp_path / "s.yaml").write_text(SCENARIO)
    with pytest.raises(InputError) as caught:
        load_scenario(tmp_path / "s.yaml")
    place = caught.value.mistakes[0].place
    assert place is not None and (Path(place.file).name, place.line, place.column) == ("config.yaml", 9, 33)


def test_the_object_of_an_operator_configures_kueue() -> None:
    config = {
        "integrations": {"frameworks": ["BatchJob"]},
        "preemption": {"preemptionPolicy": "FairSharing"},
        "gangScheduling": {"policy": "ByWorkload", "byWorkload": {"admission": "Sequential"}},
    }
    operator = {
        "apiVersion": "kueue.openshift.io/v1",
        "kind": "Kueue",
        "metadata": {"name": "cluster"},
        "spec": {"config": config},
    }
    found = configured({}, operator).settings
    assert found.wait_for_pods_ready is not None
    assert (found.fair_sharing is None, found.wait_for_pods_ready.block_admission) == (False, True)


GATES: dict[str, tuple[str, dict[str, bool], tuple[str, ...]]] = {
    "a gate that decides nothing": (
        "0.20",
        {"MetricsForCohorts": True},
        ("feature gates that decide nothing here: MetricsForCohorts",),
    ),
    "a gate that is not modelled": (
        "0.20",
        {"FailureRecoveryPolicy": True},
        ("feature gate FailureRecoveryPolicy is not modelled: pods of lost nodes are not removed by force",),
    ),
    "a gate that decides": ("0.20", {"FlavorFungibility": False}, ()),
}


@pytest.mark.parametrize("case", GATES)
def test_gates_of_the_release_are_known_and_idle_ones_named(case: str) -> None:
    version, gates, expected = GATES[case]
    found = configured({"version": version, "featureGates": gates}).warnings
    assert tuple(one for one in found if "feature gate" in one and not one.startswith("Kueue ")) == expected


def test_a_gate_of_another_release_is_a_mistake_that_names_the_releases() -> None:
    with pytest.raises(InputError) as caught:
        configured({"version": "0.20", "featureGates": {"LendingLimit": True}})
    assert [one.message for one in caught.value.mistakes] == [
        "kueue.featureGates.LendingLimit: Kueue 0.20 has no feature gate 'LendingLimit'; releases that have it: 0.10, "
        "0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17, 0.18"
    ]


def test_fields_of_the_configuration_that_decide_nothing_are_named() -> None:
    found = configured({"configuration": {"clientConnection": {"qps": 50}, "metrics": {}}}).warnings
    assert found == ("fields of the Configuration that decide nothing here: clientConnection, metrics",)


def test_fields_of_jobs_that_decide_nothing_are_named() -> None:
    one = manifest("Job", {"template": template(1), "activeDeadlineSeconds": 60})
    assert scenario_from_dict(document({"manifest": one})).warnings == (
        "decides nothing here: spec.activeDeadlineSeconds of Job (the entry's runtime says when a job ends)",
    )


def test_the_pages_list_every_field_without_effect() -> None:
    scenarios = (PAGES / "scenarios.md").read_text(encoding="utf-8")
    jobs = (PAGES / "jobs.md").read_text(encoding="utf-8")
    table = scenarios[scenarios.index("| field | why it decides nothing |") :].split("\n\n")[0].splitlines()[2:]
    assert sorted(table) == sorted(f"| `{name}` | {why} |" for name, why in WITHOUT_EFFECT.items())
    rows = [line.strip("|").split(" | ") for line in jobs.splitlines() if line.startswith("| `spec.")]
    listed = {(kind, path.strip(" `"), why.strip()) for path, kinds, why in rows for kind in kinds.strip().split(", ")}
    assert listed == {(kind, path, why) for kind, fields in OF_JOBS.items() for path, why in fields.items()}


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, fields in OF_JOBS.items() for path in fields])
def test_every_field_without_effect_is_named_when_a_user_sets_it(kind: str, path: str) -> None:
    value: object = "set"
    for step in reversed(path.split(".")):
        value = {step.removesuffix("[]"): [value] if step.endswith("[]") else value}
    one = {"kind": kind, "metadata": {"name": "j"}, **value}  # type: ignore[dict-item]
    why = OF_JOBS[kind][path]
    assert list(fields_without_effect(Field(one, Source(), Report()))) == [f"{path} of {kind} ({why})"]


MULTIKUEUE_CHECK = {
    "kind": "AdmissionCheck",
    "metadata": {"name": "remote"},
    "spec": {"controllerName": "kueue.x-k8s.io/multikueue"},
}


def test_work_of_multikueue_is_said_to_run_elsewhere() -> None:
    group = {
        "coveredResources": ["cpu"],
        "flavors": [{"name": "any", "resources": [{"name": "cpu", "nominalQuota": 1}]}],
    }
    spec = {"namespaceSelector": {}, "resourceGroups": [group]}
    strategy = {"admissionChecksStrategy": {"admissionChecks": [{"name": "remote"}]}}
    queue = {"kind": "ClusterQueue", "metadata": {"name": "far"}, "spec": {**spec, **strategy}}
    flavor = {"kind": "ResourceFlavor", "metadata": {"name": "any"}}
    assert (
        "work of far runs in other clusters and takes no node here: MultiKueue's checks count as "
        "Ready at once, and pods run from then on; the workers' queues and quota, and admission anew after an eviction "
        "there, are not modelled"
    ) in configured({}, MULTIKUEUE_CHECK, flavor, queue).warnings


def test_multikueue_that_no_queue_uses_is_said_to_send_nothing_away() -> None:
    fleet = {"kind": "MultiKueueConfig", "metadata": {"name": "fleet"}, "spec": {"clusters": ["east"]}}
    said = ("MultiKueue sends no work to other clusters: no ClusterQueue has an admission check of it",)
    assert configured({}, MULTIKUEUE_CHECK, fleet).warnings == said


@pytest.mark.parametrize(
    ("section", "field", "value", "why"),
    [
        ("waitForPodsReady", "timeout", 5, "5 is not text with a unit; '5s' is accepted for seconds"),
        ("waitForPodsReady", "recoveryTimeout", "1d", "'1d': Go has no day; accepted: h, m, s, ms, such as 168h"),
        ("admissionFairSharing", "usageHalfLifeTime", "7d", "'7d': Go has no day; accepted: h, m, s, ms, such as 168h"),
        ("admissionFairSharing", "usageSamplingInterval", "1d2h", "'1d2h': Go has no day; accepted: h, m, s, ms"),
    ],
)
def test_durations_that_keep_the_manager_from_starting_are_mistakes(
    section: str, field: str, value: object, why: str
) -> None:
    with pytest.raises(InputError) as refused:
        configured({"configuration": {section: {field: value}}})
    path = f"kueue.configuration.{section}.{field}"
    assert [one.message.startswith(f"{path}: {why}") for one in refused.value.mistakes] == [True]


@pytest.mark.parametrize(
    ("written", "release"),
    [
        ("v0.19.2", "0.19.2"),
        ("0.19.x", "0.19"),
        ("release-0.19", "0.19"),
        ("v0.15.0-rc.1", "0.15.0"),
        (0.2, "0.20"),
        ("v1.3.0-eksbuild.1", "0.12"),
    ],
)
def test_a_release_is_named_as_people_name_it(written: object, release: str) -> None:
    assert configured({"version": written}).settings.version == release


V1BETA1, V1BETA2 = (
    {"apiVersion": f"config.kueue.x-k8s.io/{one}", "kind": "Configuration"} for one in ("v1beta1", "v1beta2")
)


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ({**V1BETA1, "waitForPodsReady": {"enable": True}}, (300, True)),
        ({**V1BETA1, "waitForPodsReady": {"enable": True, "blockAdmission": False, "timeout": "7m"}}, (420, False)),
        ({**V1BETA1, "waitForPodsReady": {"timeout": "7m"}}, None),
        ({**V1BETA2, "waitForPodsReady": {}}, (1800, False)),
        ({"waitForPodsReady": {}}, (1800, False)),
        ({"waitForPodsReady": {"enable": False}}, None),
    ],
)
def test_waiting_for_pods_has_the_defaults_of_the_api_that_it_is_written_in(
    configuration: dict[str, Any], expected: tuple[int, bool] | None
) -> None:
    found = configured({"configuration": configuration}).settings.wait_for_pods_ready
    assert (None if found is None else (found.timeout_ms // 1000, found.block_admission)) == expected


@pytest.mark.parametrize(
    ("version", "recovery_ms"),
    [("0.10", None), ("0.11", 0), ("0.15", 0), ("0.16", None), ("0.20", None)],
)
def test_from_0_11_to_0_15_pods_may_take_all_the_time_to_recover(version: str, recovery_ms: int | None) -> None:
    section = {"waitForPodsReady": {"timeout": "5m"}}
    found = configured({"version": version, "configuration": section}).settings.wait_for_pods_ready
    assert found is not None and found.recovery_timeout_ms == recovery_ms


@pytest.mark.parametrize(
    ("configuration", "is_on", "told"),
    [
        ({**V1BETA1, "fairSharing": {"enable": True}}, True, []),
        (
            {**V1BETA1, "fairSharing": {"preemptionStrategies": ["LessThanInitialShare"]}},
            False,
            ["fairSharing is off: in a Configuration of v1beta1 it needs enable: true"],
        ),
        ({**V1BETA2, "fairSharing": {"preemptionStrategies": ["LessThanInitialShare"]}}, True, []),
        (
            {**V1BETA2, "fairSharing": {"enable": True}},
            True,
            [
                "v1beta2 has no field fairSharing.enable, Kueue does not start with it (unknown field "
                '"fairSharing.enable"); a section that is there is on'
            ],
        ),
        ({"fairSharing": {"enable": True}}, True, []),
    ],
)
def test_fair_sharing_is_on_as_the_version_of_the_configuration_says(
    configuration: dict[str, Any], is_on: bool, told: list[str]
) -> None:
    scenario = configured({"configuration": configuration})
    assert (scenario.settings.fair_sharing is not None, [*scenario.warnings]) == (is_on, told)


@pytest.mark.parametrize(
    ("version", "told"),
    [
        (V1BETA1, ["integrations.podOptions decides nothing here: managedJobsNamespaceSelector says which pods count"]),
        (
            V1BETA2,
            [
                'v1beta2 has no field queueVisibility, Kueue does not start with it (unknown field "queueVisibility")',
                "v1beta2 has no field integrations.podOptions, Kueue does not start with it (unknown field "
                '"integrations.podOptions")',
            ],
        ),
    ],
)
def test_fields_that_later_versions_of_the_configuration_lost_are_told(
    version: dict[str, str], told: list[str]
) -> None:
    lost = {"queueVisibility": {"updateIntervalSeconds": 5}, "integrations": {"podOptions": {"podSelector": {}}}}
    idle = "fields of the Configuration that decide nothing here: queueVisibility"
    assert [*configured({"configuration": {**version, **lost}}).warnings] == [idle, *told]


def test_an_unknown_field_of_the_integrations_is_a_mistake() -> None:
    with pytest.raises(
        InputError, match=r"integrations\.framework: unknown field 'framework'; did you mean 'frameworks'"
    ):
        configured({"configuration": {"integrations": {"framework": ["batch/job"]}}})
