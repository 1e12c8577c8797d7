"""A slice of what real Kueue decided lies in this repository: decisions, final states and messages agree with it."""

import json
from pathlib import Path

import pytest

from tests.conformance.check import judge, lines_of

HERE = Path(__file__).parent / "recordings"
BY_GROUP: dict[str, list[str]] = {}
for name in ("cases", "runs", "further"):
    for line in lines_of(HERE / f"{name}.jsonl.gz"):
        BY_GROUP.setdefault(json.loads(line)["group"], []).append(line)
BY_RELEASE: dict[str, list[str]] = {}
for line in lines_of(HERE / "releases.jsonl.gz"):
    BY_RELEASE.setdefault(json.loads(line)["scenario"]["kueueVersion"], []).append(line)
DISAGREEMENTS = [json.loads(line) for line in lines_of(HERE / "disagreements.jsonl.gz")]


@pytest.mark.parametrize("group", BY_GROUP)
def test_a_suite_or_family_of_the_slice_decides_as_kueue_did(group: str) -> None:
    verdicts = [judge(group, line) for line in BY_GROUP[group]]
    assert [f"{one.id}: {one.difference}" for one in verdicts if not one.agrees()] == []


@pytest.mark.parametrize("release", sorted(BY_RELEASE))
def test_an_older_release_decides_as_it_did(release: str) -> None:
    """In decisions and final states; which flavor a message of it ends with was chance (V10)."""
    verdicts = [judge(release, line) for line in BY_RELEASE[release]]
    assert [f"{one.id}: {one.difference}" for one in verdicts if not one.agrees("states")] == []


@pytest.mark.parametrize(
    "recording", DISAGREEMENTS, ids=[f"{one['rule']} {one['scenario']['name']}" for one in DISAGREEMENTS]
)
def test_what_was_once_decided_otherwise_is_decided_as_kueue_did(recording: dict[str, object]) -> None:
    verdict = judge("disagreements", json.dumps(recording))
    assert verdict.difference is None, f"{recording['comment']}\n{verdict.difference}"
