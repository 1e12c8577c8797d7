"""What a life says of a wait in which Kueue did not look at the workload itself."""

from dataclasses import replace

import pytest

from kueue_sim import run
from kueue_sim.results.history.workload_names import find
from tests.results.scenes import HOUR, MINUTE, job, queue, scene

NO_ROOM = "couldn't assign flavors to pod set main: insufficient unused quota for nvidia.com/gpu in flavor a100, "


@pytest.mark.parametrize(
    ("strategy", "gpus", "told"),
    [
        ("BestEffortFIFO", 2, "2m  not evaluated itself: team-a/second, of the same shape, is refused"),
        ("StrictFIFO", 1, "2m  not evaluated itself: team-a/second, at the head of its StrictFIFO queue, is refused"),
    ],
)
def test_who_is_not_evaluated_is_told_who_was_refused_in_its_place(strategy: str, gpus: int, told: str) -> None:
    jobs = [
        job("first", "team-a", 3, runtime_ms=HOUR),
        job("second", "team-a", 2, at_ms=MINUTE, runtime_ms=HOUR),
        job("third", "team-a", gpus, at_ms=2 * MINUTE, runtime_ms=HOUR),
    ]
    result = run(scene([replace(queue("team-a", 4), queueing_strategy=strategy)], jobs))
    lines = result.explain("third").splitlines()
    assert [line.strip() for line in lines[4:7]] == [
        told, f"{NO_ROOM}1 more needed", "quota is held by team-a's team-a/first (3 nvidia.com/gpu)",
    ]  # fmt: skip


def test_who_is_evaluated_at_once_is_told_nothing_of_others() -> None:
    jobs = [
        job("first", "team-a", 3, runtime_ms=HOUR),
        job("second", "team-a", 2, at_ms=MINUTE, runtime_ms=HOUR),
        job("third", "team-a", 1, at_ms=2 * MINUTE, runtime_ms=HOUR),
    ]
    assert "not evaluated" not in run(scene([queue("team-a", 4)], jobs)).explain("third")


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [
        ("train-2", "did you mean train-1 or train-0?"),
        ("a", "accepted: team-a/train-0, team-a/train-1, train-0, train-1"),
    ],
)
def test_an_unknown_name_is_answered_with_what_there_is(wanted: str, hint: str) -> None:
    with pytest.raises(LookupError) as error:
        find(["team-a/train-0", "team-a/train-1"], wanted)
    assert error.value.args == (f"there is no workload {wanted!r}; {hint}",)
