"""Rows that name a job a second time are found by eight bytes a name, also where different names look alike."""

from collections.abc import Callable, Iterable

import pytest

from kueue_sim.inputs.traces import job_names
from kueue_sim.inputs.traces.job_names import JobNames
from kueue_sim.inputs.traces.rows import Job


def repeated(names: Iterable[str], read: list[int] | None = None) -> set[int]:
    rows = [Job(line, 0, 1, name) for line, name in enumerate(names, start=2)]
    found = JobNames()
    for row in rows:
        found.add(row.name)

    def again() -> list[Job]:
        if read is not None:
            read.append(len(rows))
        return rows

    return {line for line, _ in found.repeated(again)}


def test_every_row_after_the_first_of_a_name_is_repeated() -> None:
    assert repeated(["a", "b", "a", "c", "b", "a"]) == {4, 6, 7}


def test_rows_are_not_read_again_where_no_name_comes_twice() -> None:
    read: list[int] = []
    assert (repeated(["a", "b", "c"], read), repeated([], read), read) == (set(), set(), [])


def test_different_names_with_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    by_length: Callable[[str], int] = len
    monkeypatch.setattr(job_names, "hash", by_length, raising=False)
    read: list[int] = []
    assert (repeated(["aa", "bb", "c", "bb"], read), read) == ({5}, [4])
