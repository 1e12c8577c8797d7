"""Actions of a timeline that would change what no update may change."""

from pathlib import Path

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_text

FIXED = """\
apiVersion: kueue-sim/v1
kind: Scenario
policy:
  objects:
  - {kind: Topology, metadata: {name: t}, spec: {levels: [{nodeLabel: rack}]}}
  - {kind: ResourceFlavor, metadata: {name: f}, spec: {topologyName: t, nodeLabels: {pool: a}}}
  - {kind: AdmissionCheck, metadata: {name: c}, spec: {controllerName: one.example}}
  - &queue
    kind: ClusterQueue
    metadata: {name: q}
    spec: {namespaceSelector: {}}
  - {<<: *queue, metadata: {name: r}}
  - {kind: LocalQueue, metadata: {name: lq, namespace: default}, spec: {clusterQueue: q}}
timeline:
- {at: 1m, do: apply, objects: [%s]}
"""


@pytest.mark.parametrize(
    ("applied", "message"),
    [
        (
            "{kind: Topology, metadata: {name: t}, spec: {levels: [{nodeLabel: block}]}}",
            "spec.levels: [{'nodeLabel': 'block'}]: field is immutable; it stays [{'nodeLabel': 'rack'}]",
        ),
        (
            "{kind: AdmissionCheck, metadata: {name: c}, spec: {controllerName: two.example}}",
            "spec.controllerName: 'two.example': field is immutable; it stays 'one.example'",
        ),
        (
            "{kind: LocalQueue, metadata: {name: lq, namespace: default}, spec: {clusterQueue: r}}",
            "spec.clusterQueue: 'r': field is immutable; it stays 'q'",
        ),
        (
            "{kind: ResourceFlavor, metadata: {name: f}, spec: {topologyName: t, nodeLabels: {pool: b}}}",
            "spec: resourceFlavorSpec are immutable when topologyName is set",
        ),
    ],
)
def test_what_an_update_may_not_change_is_a_mistake(applied: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        scenario_from_text(FIXED % applied)
    assert [one.message for one in caught.value.mistakes] == [f"timeline[0].objects[0].{message}"]


@pytest.mark.parametrize(
    "applied",
    [
        "{kind: Topology, metadata: {name: t}, spec: {levels: [{nodeLabel: rack}]}}",
        "{kind: AdmissionCheck, metadata: {name: c}, spec: {controllerName: one.example}}",
        "{kind: LocalQueue, metadata: {name: lq, namespace: default}, spec: {clusterQueue: q, stopPolicy: Hold}}",
        "{kind: ResourceFlavor, metadata: {name: f}, spec: {topologyName: t, nodeLabels: {pool: a}}}",
    ],
)
def test_objects_that_last_may_be_applied_again(applied: str) -> None:
    assert scenario_from_text(FIXED % applied).warnings == scenario_from_text(FIXED % "").warnings


def test_a_topology_that_a_file_brings_during_the_run_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("kind: Topology\nmetadata: {name: late}\nspec: {levels: [{nodeLabel: rack}]}\n")
    text = FIXED % "" + "- {at: 1m, do: apply, include: [t.yaml]}\n"
    assert "Topology late cannot come during a run and is not applied" in (
        scenario_from_text(text, folder=tmp_path).warnings
    )
