"""How many runs may be asked for, and in which words."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from kueue_sim.cli import cli
from kueue_sim.errors import InputError
from kueue_sim.whatif.execution.runs import SEEDS_ACCEPTED, Runs

LAB = str(Path(__file__).parents[3] / "scenarios" / "lab-option-1.yaml")


@pytest.mark.parametrize("seeds", [SEEDS_ACCEPTED + 1, 10**400])
def test_more_seeds_than_anybody_waits_for_are_refused_at_once(seeds: int) -> None:
    with pytest.raises(InputError, match="seeds are too many; accepted: 100000 at most"):
        Runs(seeds=seeds).chosen(0, 5)


def test_every_command_of_many_runs_refuses_them() -> None:
    change = "clusterQueues.hyperpod-ns-team-a-clusterqueue.nvidia.com/gpu.nominalQuota=1"
    asked = {"compare": [LAB, change], "sweep": [LAB, "--grid", change], "forecast": [LAB]}
    for command, arguments in asked.items():
        with pytest.raises(InputError, match="99999999999 seeds are too many"):
            CliRunner().invoke(cli, [command, *arguments, "--seeds", "99999999999"], catch_exceptions=False)


@pytest.mark.parametrize("share", ["nan", "inf%", "1e999", "half"])
def test_a_share_is_a_number(share: str) -> None:
    done = CliRunner().invoke(cli, ["compare", LAB, "x=1", "--precision", share])
    assert (done.exit_code, f"{share!r} is no share; accepted: 10% or 0.1" in done.output) == (2, True)
