"""What a pipeline is told where figures do not say all: work that is left out, cut off, or runs of other lengths."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from kueue_sim.cli import cli
from kueue_sim.whatif.facade import compare
from tests.whatif.comparing.test_honest_verdicts import STARVED

LESS = {"less": ["clusterQueues.team-a.nvidia.com/gpu.nominalQuota=4"]}


def judged(path: Path, variants: dict[str, list[str]], condition: str, required: bool) -> tuple[str, bool, str]:
    (one,) = compare(
        str(path), variants, metrics=["never_admitted"],
        bounds=() if required else [condition], required=[condition] if required else (),
    ).judged  # fmt: skip
    return one.evidence, one.passed, one.caveat


@pytest.fixture
def starved(tmp_path: Path) -> Path:
    """Under half the quota the big job never starts, and the small ones wait no longer for it."""
    path = tmp_path / "starved.yaml"
    path.write_text(STARVED)
    return path


def test_a_wait_that_falls_because_work_is_left_out_proves_nothing(starved: Path) -> None:
    why = "more work than before was never admitted, and wait.mean leaves it out"
    assert judged(starved, LESS, "wait.mean < +10%", required=True) == ("open", False, why)
    assert judged(starved, LESS, "wait.mean > +10%", required=False) == ("open", True, why)
    assert judged(starved, LESS, "never_admitted > +0", required=False) == ("holds", False, "")


def test_a_sum_over_runs_of_another_length_proves_nothing(starved: Path) -> None:
    why = "the runs end at different times; --until sets one end for all"
    assert judged(starved, {"short": ["horizon=2h"]}, "running.gpu_hours < -10%", required=False) == ("open", True, why)
    assert judged(starved, {"short": ["horizon=2h"]}, "running.gpu_hours < 50", required=False)[0] == "holds"


@pytest.mark.parametrize(
    ("condition", "evidence", "cut_off"),
    [
        ("delay.max <= 10h", "holds", True),
        ("delay.max > 10h", "fails", True),
        ("delay.max > 1h", "holds", False),
        ("delay.max <= 1h", "fails", False),
    ],
)
def test_a_limit_that_waits_may_yet_exceed_is_met_as_far_as_the_runs_went(
    condition: str, evidence: str, cut_off: bool, starved: Path
) -> None:
    said, _, caveat = judged(starved, LESS, condition, required=False)
    assert (said, caveat.endswith("--drain lets all waits end")) == (evidence, cut_off)


def test_the_command_says_which_gate_was_passed_by_what_is_left_out(starved: Path) -> None:
    given = [str(starved), f"less: {LESS['less'][0]}", "--metric", "never_admitted", "--executor", "local"]
    ended = {
        option: CliRunner().invoke(cli, ["compare", *given, option, condition])
        for option, condition in (("--fail-if", "wait.mean > +10%"), ("--fail-unless", "wait.mean < +10%"))
    }
    assert {option: one.exit_code for option, one in ended.items()} == {"--fail-if": 0, "--fail-unless": 1}
    why = "not shown: more work than before was never admitted, and wait.mean leaves it out)"
    assert f"(passed, {why}" in " ".join(ended["--fail-if"].output.split())
    assert "fail-unless wait.mean < +10%" in ended["--fail-unless"].output
