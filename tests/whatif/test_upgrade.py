"""``kueue-sim upgrade``: whole reports of a world whose answer changes, of one where nothing does, of one with a field
that the older release does not have.

The expected texts lie in ``upgrades/``.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kueue_sim.cli import cli
from kueue_sim.errors import InputError

ROOT = Path(__file__).parents[2]
EXPECTED = Path(__file__).parent / "upgrades"
LAB = ROOT / "scenarios" / "lab-under-load.yaml"
"""The world of the HyperPod lab with more work than fits."""
QUIET = ROOT / "scenarios" / "two-busy-teams.yaml"
NEW_FIELD = EXPECTED / "new-field.yaml"
"""``flavorFungibility.preference`` came with 0.15.0, the gate QuotaCheckStrategy with 0.18."""
NO_ROOM = "couldn't assign flavors to pod set main: insufficient unused quota for nvidia.com/gpu in flavor"
UNTOUCHED_GATES = {"AdmissionFairSharing", "TopologyAwareScheduling", "SchedulingEquivalenceHashing"}


def upgrade(scenario: Path, before: str, after: str, *options: str) -> Result:
    arguments = ["upgrade", str(scenario), "--from", before, "--to", after, "--executor", "local", *options]
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def told(scenario: Path, before: str, after: str, *options: str) -> dict[str, Any]:
    found = json.loads(upgrade(scenario, before, after, "--format", "json", *options).stdout)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("name", "scenario", "before", "after", "code"),
    [
        ("lab-under-load", LAB, "v1.3", "v1.6", 1),
        ("two-busy-teams", QUIET, "0.12", "0.19", 0),
        ("new-field", NEW_FIELD, "0.14.8", "0.19.2", 1),
    ],
)
def test_the_report_says_what_changes(name: str, scenario: Path, before: str, after: str, code: int) -> None:
    result = upgrade(scenario, before, after, "--seeds", "2", "--exit-code")
    assert result.stdout == (EXPECTED / f"{name}.txt").read_text(encoding="utf-8")
    assert result.exit_code == code


def test_the_rules_that_end_the_loop_are_named_for_programs() -> None:
    found = told(LAB, "0.12", "0.19", "--seeds", "2")
    changes = {
        change["number"] or change["name"]: (change["touched"], change["settles"]) for change in found["changes"]
    }
    assert {name: what for name, what in changes.items() if what[0]} == {
        "V1": (True, True),
        "V32": (True, True),
        "FairSharingPreemptWithinNominal": (True, False),
    }
    assert changes.keys() >= UNTOUCHED_GATES
    assert (found["title"], found["differs"]) == ("lab-under-load", True)
    assert found["before"] == {
        "version": "0.12",
        "counts": {"Admitted": 267, "Finished": 5, "Preempted": 260, "Requeued": 259},
        "loop_ms": 17_321_321,
        "loops": [
            "hyperpod-ns-team-a/training-a-1",
            "hyperpod-ns-team-a/training-a-3",
            "hyperpod-ns-team-b/experimentation-b-1",
        ],
    }
    assert found["after"] == {
        "version": "0.19",
        "counts": {"Admitted": 17, "Finished": 5, "Preempted": 9, "Requeued": 9},
        "loop_ms": None,
        "loops": [],
    }
    lacks = f"{NO_ROOM} ml.g5.8xlarge, "
    waiting = (
        "hyperpod-ns-team-a/training-a-3 waits: " + lacks + "1 more needed. Pending the preemption of 1 workload(s)"
    )
    victim = "hyperpod-ns-team-b/experimentation-b-1"
    theirs, ours = "hyperpod-ns-team-b-clusterqueue", "hyperpod-ns-team-a-clusterqueue"
    by = "hyperpod-ns-team-a/training-a-3"
    assert found["first_difference"] == {
        "at_ms": 17_321_321,
        "before": [
            f"4 × Admitted {victim} in {theirs}: 1 × main on ml.g5.8xlarge",
            f"5 × Preempted {victim} in {theirs} (InCohortFairSharing) for {by}",
            f"3 × Requeued {victim} in {theirs}",
        ],
        "after": [
            f"Admitted {by} in {ours}: 1 × main on ml.g5.8xlarge",
            f"Preempted {victim} in {theirs} (InCohortReclamation) for {by}",
        ],
        "why_before": [f"hyperpod-ns-team-a/training-a-0 waits: {lacks}2 more needed", waiting],
        "why_after": [
            f"hyperpod-ns-team-a/training-a-0 waits: {lacks}3 more needed",
            waiting,
            f"{victim} waits: {lacks}1 more needed",
        ],
    }
    assert found["settings"] == []
    rows = {(row["metric"], row["team"]): round(row["difference"], 3) for row in found["comparison"]["rows"]}
    assert rows == {
        ("delay.mean", "total"): -680.488,
        ("delay.mean", ours): -688.739,
        ("delay.mean", theirs): -791.561,
        ("delay.p95", "total"): 0,
        ("delay.p95", ours): 0,
        ("delay.p95", theirs): 0,
        ("utilisation", "total"): 0.152,
        ("utilisation", ours): 0.226,
        ("utilisation", theirs): 0.078,
        ("preemptions", "total"): -647,
        ("preemptions", ours): -330,
        ("preemptions", theirs): -317,
        ("lost.gpu_hours", "total"): 2.782,
        ("lost.gpu_hours", ours): 2.078,
        ("lost.gpu_hours", theirs): 0.704,
    }
    assert "recommendation" not in found["comparison"]


def test_without_a_difference_programs_are_told_so() -> None:
    found = told(QUIET, "0.12", "0.19", "--seeds", "2")
    assert (found["differs"], found["first_difference"]) == (False, None)
    assert {change["touched"] for change in found["changes"]} == {False}
    assert {change["settles"] for change in found["changes"]} == {None}
    assert found["before"]["counts"] == found["after"]["counts"]


def test_a_field_and_a_gate_that_the_older_release_does_not_have_are_named() -> None:
    found = told(NEW_FIELD, "0.14.8", "0.19.2", "--seeds", "2")
    assert found["settings"] == [
        "Kueue 0.14.8 has no feature gate QuotaCheckStrategy, which is set here; it is left out",
        "Kueue 0.14.8 has no flavorFungibility.preference; ClusterQueue research goes without",
    ]
    assert [change["number"] for change in found["changes"] if change["touched"]] == ["V7", "V35"]
    assert found["first_difference"] == {
        "at_ms": 60_000,
        "before": ["Admitted default/high in research: 4 × main on spot"],
        "after": [
            "Admitted default/high in research: 4 × main on reserved",
            "Admitted default/low in research: 4 × main on spot",
            "Preempted default/low in research (InClusterQueue) for default/high",
            "Requeued default/low in research",
        ],
        "why_before": [],
        "why_after": [
            f"default/high waits: {NO_ROOM} reserved, 4 more needed. Pending the preemption of 1 workload(s)"
        ],
    }


def test_a_gate_that_went_is_left_out_of_the_newer_release_whatever_the_seed(tmp_path: Path) -> None:
    """Both sides get the same work under each seed, so that they can be paired."""
    text = QUIET.read_text(encoding="utf-8").replace(
        "policy:\n",
        "kueue: {version: 0.16, featureGates: {FlavorFungibilityImplicitPreferenceDefault: true}}\npolicy:\n",
        1,
    )
    path = tmp_path / "gate-goes.yaml"
    path.write_text(text, encoding="utf-8")
    found = told(path, "0.16", "0.17", "--seeds", "3", "--no-trials")
    assert found["settings"] == [
        "Kueue 0.17 has no feature gate FlavorFungibilityImplicitPreferenceDefault, which is set here; it is left out"
    ]
    assert {row["difference"] for row in found["comparison"]["rows"]} == {0.0}


def test_without_trials_nobody_knows_which_rule_matters() -> None:
    found = told(LAB, "0.12", "0.19", "--seeds", "2", "--no-trials")
    assert {(change["touched"], change["settles"]) for change in found["changes"]} == {(None, None)}


def test_without_trials_text_and_page_say_that_nothing_was_tried(tmp_path: Path) -> None:
    text = upgrade(LAB, "0.12", "0.19", "--seeds", "2", "--no-trials", "-o", str(tmp_path / "kept"), "--format", "text")
    page = (tmp_path / "kept" / "report.html").read_text(encoding="utf-8")
    sentence = "Which of these matter here was not tried, as --no-trials asked"
    for shown in (" ".join(text.stdout.split()), page):
        assert (sentence in shown, "not tried" in shown.replace(sentence, ""), " ? " in shown) == (True, True, False)
    assert ">?<" not in page


def test_the_page_and_the_report_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    result = upgrade(NEW_FIELD, "0.14", "0.19", "--seeds", "2", "-o", str(folder))
    assert result.exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == [
        "manifest.json",
        "report.html",
        "upgrade.csv",
        "upgrade.json",
    ]
    assert json.loads((folder / "upgrade.json").read_text(encoding="utf-8"))["differs"] is True
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Rules that matter here: V7, V35." in page
    assert "<h2>Recommendation</h2>" not in page


@pytest.mark.parametrize(("before", "accepted"), [("0.9", "accepted: 0.10 to 0.20"), ("0.16.99", "0.16.9")])
def test_a_release_that_is_not_modelled_is_refused(before: str, accepted: str) -> None:
    result = upgrade(QUIET, before, "0.19")
    assert (result.exit_code, accepted in result.output) == (2, True)


def test_a_scenario_that_is_wrong_under_every_release_is_refused_once(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(QUIET.read_text(encoding="utf-8").replace("horizon: 5d", "horizon: soon"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        upgrade(path, "0.12", "0.19")
    assert [str(one) for one in caught.value.mistakes] == [
        f"{path}:11:10: horizon: 'soon' is not a duration (examples: 30m, 1h30m, 250ms, 2d)"
    ]
