"""A run under a release that looks at resources in random order is told as one of several possible ones (V10)."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kueue_sim.cli import cli

WORLD = """\
apiVersion: kueue-sim/v1
kind: Scenario
horizon: 1h
kueue: {version: VERSION}
policy:
  objects:
  - {kind: ResourceFlavor, metadata: {name: old}}
  - {kind: ResourceFlavor, metadata: {name: new}}
  - kind: ClusterQueue
    metadata: {name: a}
    spec:
      namespaceSelector: {}
      resourceGroups: GROUPS
workloads:
- {name: w, team: a, requests: {cpu: 4, nvidia.com/gpu: 4}, runtime: 10m}
"""
ONE_LIST = """
      - coveredResources: [cpu, nvidia.com/gpu]
        flavors:
        - {name: old, resources: [{name: cpu, nominalQuota: 8}, {name: nvidia.com/gpu, nominalQuota: 1}]}
        - {name: new, resources: [{name: cpu, nominalQuota: 1}, {name: nvidia.com/gpu, nominalQuota: 8}]}
"""
"""Two resources that one list of flavors serves."""
TWO_LISTS = """
      - {coveredResources: [cpu], flavors: [{name: old, resources: [{name: cpu, nominalQuota: 1}]}]}
      - coveredResources: [nvidia.com/gpu]
        flavors: [{name: new, resources: [{name: nvidia.com/gpu, nominalQuota: 1}]}]
"""
ONE_FLAVOR = """
      - coveredResources: [cpu, nvidia.com/gpu]
        flavors:
        - {name: old, resources: [{name: cpu, nominalQuota: 8}, {name: nvidia.com/gpu, nominalQuota: 8}]}
"""


def told(folder: Path, version: str, groups: str) -> dict[str, bool]:
    """In which forms of the result the run is told as one of several."""
    path = folder / "world.yaml"
    path.write_text(WORLD.replace("VERSION", f"'{version}'").replace(" GROUPS\n", groups), encoding="utf-8")
    note = (
        f"Kueue {version} looks at the resources of a request in random order: where several resources compete for "
        "flavors, this run is one of several possible ones"
    )

    def run(*options: str) -> str:
        result = CliRunner().invoke(cli, ["run", str(path), *options], catch_exceptions=False)
        assert result.exit_code == 0
        return result.stdout

    text = " ".join(run("-o", str(folder / "out")).split())
    content = json.loads(run("--format", "json"))
    kept = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    return {
        "text": note in text,
        "JSON": note in content["warnings"],
        "folder": note in kept["warnings"],
        "page": note in page,
    }


EVERYWHERE = dict.fromkeys(("text", "JSON", "folder", "page"), True)
NOWHERE = dict.fromkeys(("text", "JSON", "folder", "page"), False)


@pytest.mark.parametrize(
    ("version", "groups", "where"),
    [
        ("0.12", ONE_LIST, EVERYWHERE),
        ("0.18.4", TWO_LISTS, EVERYWHERE),
        ("0.18.5", ONE_LIST, NOWHERE),
        ("0.20", TWO_LISTS, NOWHERE),
        ("0.12", ONE_FLAVOR, NOWHERE),
    ],
)
def test_a_run_that_is_one_of_several_possible_ones_is_told_as_such(
    tmp_path: Path, version: str, groups: str, where: dict[str, bool]
) -> None:
    assert told(tmp_path, version, groups) == where
