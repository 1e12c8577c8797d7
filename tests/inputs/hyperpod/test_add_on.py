"""The version of HyperPod's add-on brings a release of Kueue."""

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_dict


@pytest.mark.parametrize(
    ("version", "release", "warnings"),
    [
        (None, "0.19", []),
        ("v1.6.0-eksbuild.1", "0.19.2", []),
        ("1.5.2", "0.18", []),
        ("v1.3.0-eksbuild.1", "0.12", []),
        (
            "v1.4.0-eksbuild.2",
            "0.12",
            ["it is not documented which Kueue add-on v1.4.0-eksbuild.2 contains; that of v1.3 is taken, Kueue 0.12"],
        ),
        (
            "v1.7.0",
            "0.19.2",
            ["it is not documented which Kueue add-on v1.7.0 contains; that of v1.6 is taken, Kueue 0.19.2"],
        ),
        ("v1.2.2", "0.10.0", ["add-on v1.2.2 contains Kueue 0.8; 0.10.0 is the nearest release that is modelled"]),
    ],
)
def test_the_add_on_brings_its_release_of_kueue(version: str | None, release: str, warnings: list[str]) -> None:
    hyperpod = {"computeQuotas": [ADD_ON_QUOTA], **({} if version is None else {"addonVersion": version})}
    scenario = scenario_from_dict({**ADD_ON_SCENARIO, "policy": {"hyperpod": hyperpod}})
    assert (scenario.settings.version, list(scenario.warnings)) == (release, warnings)


def test_the_release_of_kueue_goes_before_that_of_the_add_on() -> None:
    hyperpod = {"computeQuotas": [ADD_ON_QUOTA], "addonVersion": "v1.3.0"}
    scenario = scenario_from_dict({**ADD_ON_SCENARIO, "policy": {"hyperpod": hyperpod}, "kueue": {"version": "0.18.6"}})
    assert scenario.settings.version == "0.18.6"


def test_what_is_no_version_of_the_add_on_is_refused() -> None:
    hyperpod = {"computeQuotas": [ADD_ON_QUOTA], "addonVersion": "latest"}
    with pytest.raises(InputError, match=r"'latest' is no version of the add-on; accepted: such as v1\.6\.0"):
        scenario_from_dict({**ADD_ON_SCENARIO, "policy": {"hyperpod": hyperpod}})


ADD_ON_QUOTA = {
    "ComputeQuotaConfig": {"ComputeQuotaResources": [{"InstanceType": "ml.g5.8xlarge", "Count": 1}]},
    "ComputeQuotaTarget": {"TeamName": "vision"},
}


ADD_ON_SCENARIO = {"apiVersion": "kueue-sim/v1", "kind": "Scenario"}
