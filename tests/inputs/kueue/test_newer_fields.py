"""What the simulated release does not have is refused where the file names the release, else told and converted."""

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_text

WORLD = """\
apiVersion: kueue-sim/v1
kind: Scenario
RELEASE
policy:
  objects:
  - {apiVersion: kueue.x-k8s.io/API, kind: ResourceFlavor, metadata: {name: f}}
  - kind: Cohort
    metadata: {name: heavy}
    spec: {fairSharing: {weight: 2}}
  - apiVersion: kueue.x-k8s.io/API
    kind: ClusterQueue
    metadata: {name: a}
    spec:
      namespaceSelector: {}
      flavorFungibility:
        {whenCanBorrow: TryNextFlavor, whenCanPreempt: TryNextFlavor, preference: PreemptionOverBorrowing}
      resourceGroups:
      - {coveredResources: [cpu], flavors: [{name: f, resources: [{name: cpu, nominalQuota: 8}]}]}
"""
PREFERENCE = "has no flavorFungibility.preference; ClusterQueue a goes without"
CONVERTED = (
    "reads kueue.x-k8s.io/v1beta1 only; objects of v1beta2 (ClusterQueue, ResourceFlavor) are converted for it here"
)
ASKED = [
    ("0.10", "v1beta1", [PREFERENCE, "has no fairSharing of Cohorts; the weight of heavy is ignored"]),
    ("0.14.8", "v1beta2", [PREFERENCE, CONVERTED]),
    ("0.15.0", "v1beta2", []),
    ("0.20", "v1beta1", []),
]
UNSERVED = (
    "apiVersion: Kueue 0.14.8 does not serve it "
    '(no matches for kind "{}" in version "kueue.x-k8s.io/v1beta2"); accepted: kueue.x-k8s.io/v1beta1'
)
NO_FIELD = 'Kueue {} has no such field (unknown field "spec.{}"); it came with {}'
NO_PREFERENCE = f"spec.flavorFungibility.preference: {NO_FIELD}"


@pytest.mark.parametrize(("version", "api", "told"), ASKED)
def test_a_release_that_is_asked_about_gets_the_objects_converted(version: str, api: str, told: list[str]) -> None:
    world = WORLD.replace("RELEASE", "").replace("API", api)
    scenario = scenario_from_text(world, overrides=[("kueue.version", version)])
    assert list(scenario.warnings) == [f"Kueue {version} {text}" for text in told]


@pytest.mark.parametrize(
    ("version", "api", "refused"),
    [
        (
            "0.10",
            "v1beta1",
            [
                f"policy.objects[1].spec.fairSharing: {NO_FIELD.format('0.10', 'fairSharing', '0.11.0')}",
                f"policy.objects[2].{NO_PREFERENCE.format('0.10', 'flavorFungibility.preference', '0.15.0')}",
            ],
        ),
        (
            "0.14.8",
            "v1beta2",
            [
                f"policy.objects[0].{UNSERVED.format('ResourceFlavor')}",
                f"policy.objects[2].{UNSERVED.format('ClusterQueue')}",
                f"policy.objects[2].{NO_PREFERENCE.format('0.14.8', 'flavorFungibility.preference', '0.15.0')}",
            ],
        ),
    ],
)
def test_the_release_of_the_file_refuses_what_it_does_not_know(version: str, api: str, refused: list[str]) -> None:
    world = WORLD.replace("RELEASE", f"kueue: {{version: '{version}'}}").replace("API", api)
    with pytest.raises(InputError) as caught:
        scenario_from_text(world)
    assert sorted(one.message for one in caught.value.mistakes) == refused


@pytest.mark.parametrize(("version", "api"), [("0.15.0", "v1beta2"), ("0.20", "v1beta1")])
def test_the_release_of_the_file_takes_what_it_serves(version: str, api: str) -> None:
    world = WORLD.replace("RELEASE", f"kueue: {{version: '{version}'}}").replace("API", api)
    assert scenario_from_text(world).warnings == ()


COHORT = """\
apiVersion: kueue-sim/v1
kind: Scenario
kueue: {version: 'VERSION'}
policy:
  objects:
  - {apiVersion: kueue.x-k8s.io/API, kind: KIND, metadata: {name: one}, spec: SPEC}
"""


@pytest.mark.parametrize(
    ("kind", "version", "api", "accepted"),
    [
        ("Cohort", "0.12.10", "v1beta1", "kueue.x-k8s.io/v1alpha1"),
        ("Cohort", "0.13.0", "v1alpha1", "kueue.x-k8s.io/v1beta1"),
        ("Cohort", "0.20", "v1alpha1", "kueue.x-k8s.io/v1beta2, kueue.x-k8s.io/v1beta1"),
        ("Topology", "0.13.10", "v1beta1", "kueue.x-k8s.io/v1alpha1"),
        ("Topology", "0.14.0", "v1alpha1", "kueue.x-k8s.io/v1beta1"),
    ],
)
def test_cohorts_and_topologies_became_beta_later(kind: str, version: str, api: str, accepted: str) -> None:
    spec = "{}" if kind == "Cohort" else "{levels: [{nodeLabel: rack}]}"
    world = COHORT.replace("VERSION", version).replace("API", api).replace("KIND", kind).replace("SPEC", spec)
    with pytest.raises(InputError) as caught:
        scenario_from_text(world)
    refusal = f'no matches for kind "{kind}" in version "kueue.x-k8s.io/{api}"'
    assert [one.message for one in caught.value.mistakes] == [
        f"policy.objects[0].apiVersion: Kueue {version} does not serve it ({refusal}); accepted: {accepted}"
    ]
    for served in accepted.split(", "):
        scenario_from_text(world.replace(f"kueue.x-k8s.io/{api}", served))


def test_kueue_does_not_start_with_a_configuration_that_it_does_not_know() -> None:
    world = (
        "{apiVersion: kueue-sim/v1, kind: Scenario, kueue: {version: 0.14.8, configuration: "
        "{apiVersion: config.kueue.x-k8s.io/v1beta2, kind: Configuration}}}"
    )
    with pytest.raises(InputError) as caught:
        scenario_from_text(world)
    assert [one.message for one in caught.value.mistakes] == [
        'kueue.configuration.apiVersion: Kueue 0.14.8 does not know it (no kind "Configuration" is registered for '
        'version "config.kueue.x-k8s.io/v1beta2"); accepted: config.kueue.x-k8s.io/v1beta1'
    ]
