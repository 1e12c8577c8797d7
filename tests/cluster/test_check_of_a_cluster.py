"""`check` of an imported cluster: what waits behind running work can be admitted one day."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from kueue_sim.cli import cli
from tests.scenario_text import scenario_text

WORLD = scenario_text(
    {"team-a": 8},
    """\
start: 2026-01-20T00:00:00Z
workloads:
- {name: runs, team: team-a, requests: {gpu: 8}, admitted: {}, ranFor: 1h}
- name: waits
  team: team-a
  requests: {gpu: GPUS}
  waitingSince: 1h
  pending: {reason: Pending, message: "couldn't assign flavors to pod set main: insufficient unused quota for gpu"}
""",
    flavors=["h100"],
    resource="gpu",
)


@pytest.mark.parametrize(("gpus", "never"), [("8", 0), ("9", 1)])
def test_only_what_does_not_fit_into_the_empty_cluster_is_never_admitted(gpus: str, never: int, tmp_path: Path) -> None:
    path = tmp_path / "now.yaml"
    path.write_text(WORLD.replace("GPUS", gpus))
    assert CliRunner().invoke(cli, ["check", str(path)]).output.count("KS401") == never
