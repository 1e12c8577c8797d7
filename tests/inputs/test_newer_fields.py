"""What the simulated release does not have yet is told: fields without effect, objects of a newer API version."""

import pytest

from kueue_sim.inputs import scenario_from_text

WORLD = """\
apiVersion: kueue-sim/v1
kind: Scenario
kueue: {version: 'VERSION'}
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


@pytest.mark.parametrize(
    ("version", "api", "told"),
    [
        ("0.10", "v1beta1", [PREFERENCE, "has no fairSharing of Cohorts; the weight of heavy is ignored"]),
        ("0.14.8", "v1beta2", [PREFERENCE, CONVERTED]),
        ("0.15.0", "v1beta2", []),
        ("0.20", "v1beta1", []),
    ],
)
def test_what_the_release_does_not_have_is_told(version: str, api: str, told: list[str]) -> None:
    scenario = scenario_from_text(WORLD.replace("VERSION", version).replace("API", api))
    assert list(scenario.warnings) == [f"Kueue {version} {text}" for text in told]
