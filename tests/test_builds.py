"""Which build runs is said, and two builds can be held against each other."""

from importlib.machinery import EXTENSION_SUFFIXES

from click.testing import CliRunner

import kueue_sim.policy.cycle as cycle
from benchmarks.agreement import digest
from kueue_sim.cli import cli


def test_the_version_says_which_build_runs() -> None:
    runs = "compiled" if cycle.__file__.endswith(tuple(EXTENSION_SUFFIXES)) else "pure Python"
    assert CliRunner().invoke(cli, ["--version"]).output == f"kueue-sim, version 0.1.0 ({runs})\n"


def test_worlds_have_digests_of_their_own() -> None:
    digests = [digest(number) for number in (0, 1, 0)]
    assert (digests[0] == digests[2], digests[0] == digests[1]) == (True, False)
