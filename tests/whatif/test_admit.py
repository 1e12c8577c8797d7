"""Whether a job would start now, why not, what would help, and when it starts otherwise."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kueue_sim.cli import cli

CLUSTER = """
apiVersion: kueue-sim/v1
kind: Scenario
start: 2026-01-20T00:00:00Z
policy:
  objects:
  - {apiVersion: kueue.x-k8s.io/v1beta1, kind: ResourceFlavor, metadata: {name: h100}}
  - apiVersion: kueue.x-k8s.io/v1beta1
    kind: ClusterQueue
    metadata: {name: team-a}
    spec:
      namespaceSelector: {}
      preemption: {withinClusterQueue: LowerPriority}
      resourceGroups:
      - {coveredResources: [gpu], flavors: [{name: h100, resources: [{name: gpu, nominalQuota: 8}]}]}
workloads:
- {name: old, team: team-a, requests: {gpu: 6}, runtime: 6h, admitted: {}, ranFor: 2h}
"""


@pytest.fixture
def cluster(tmp_path: Path) -> str:
    """Six of eight GPUs are held for four more hours."""
    (tmp_path / "now.yaml").write_text(CLUSTER)
    return str(tmp_path / "now.yaml")


def answer(cluster: str, work: str) -> tuple[int, dict[str, object]]:
    result = CliRunner().invoke(cli, ["admit", cluster, work, "--format", "json"])
    return result.exit_code, json.loads(result.output)["work"][0]


def test_what_fits_would_start_now_on_its_flavor(cluster: str) -> None:
    code, found = answer(cluster, "{name: small, team: team-a, requests: {gpu: 2}, runtime: 1h}")
    assert (code, found["startsNow"], found["flavors"], found["preempts"]) == (0, True, {"main": {"gpu": "h100"}}, [])


def test_what_does_not_fit_is_told_why_what_would_help_and_when_it_starts_otherwise(cluster: str) -> None:
    code, found = answer(cluster, "{name: big, team: team-a, requests: {gpu: 4}, runtime: 1h}")
    four = 4 * 3600.0
    assert (code, found["startsNow"], found["changes"], found["otherwise"]) == (
        1,
        False,
        ["clusterQueues.team-a.h100.gpu.nominalQuota 8 -> 10", "priority of big 0 -> 1"],
        {"p10_s": four, "p50_s": four, "p90_s": four},
    )
    assert str(found["message"]).endswith("insufficient unused quota for gpu in flavor h100, 2 more needed")


def test_with_a_higher_priority_it_starts_and_preempts(cluster: str) -> None:
    code, found = answer(cluster, "{name: urgent, team: team-a, requests: {gpu: 4}, priority: 10, runtime: 1h}")
    assert (code, found["startsNow"], found["preempts"]) == (0, True, ["default/old"])
