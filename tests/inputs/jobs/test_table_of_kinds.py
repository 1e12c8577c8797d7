"""The table of kinds of jobs, the page on them, and the tests it names, agree."""

import re

from kueue_sim.inputs.kueue.jobs import JOB_KINDS
from tests.inputs.jobs.entries import ROOT
from tests.inputs.jobs.test_jobs import KINDS


def test_the_table_of_kinds_has_a_case_for_each() -> None:
    assert set(KINDS) == set(JOB_KINDS)


def test_the_page_on_kinds_has_a_row_for_each_that_names_its_test() -> None:
    lines = (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("| ") and "kueue_makes_of_it[" in line]
    named = {cells[0].strip(): cells[-1].strip(" `") for cells in rows}
    stem = "tests/inputs/jobs/test_jobs.py::test_every_kind_of_job_becomes_the_workloads_kueue_makes_of_it"
    assert named == {kind: f"{stem}[{kind}]" for kind in JOB_KINDS}


SPLITS = {
    "gang": "gang",
    "replicas": "gang per replica",
    "group": "alone, or its group",
    "pods": "each pod by itself",
}


def test_every_cell_of_the_table_of_kinds_is_filled_and_says_what_one_workload_is() -> None:
    lines = (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8").splitlines()
    rows = {
        cells[0]: cells for line in lines if len(cells := [part.strip() for part in line.strip("|").split("|")]) == 6
    }
    assert [name for name, cells in rows.items() if not all(cells)] == []
    said = {kind: rows[kind][4] for kind in JOB_KINDS}
    alone = {"Workspace": "alone"}
    assert said == {kind: alone.get(kind, SPLITS[one.split]) for kind, one in JOB_KINDS.items()}
    assert rows["CronJob"][4] == "gang per Job"


def test_every_test_that_a_page_names_exists() -> None:
    page = (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)(?:\[(\w+)\])?`", page)
    assert len(named) > len(JOB_KINDS)
    missing = [
        (file, name, case)
        for file, name, case in named
        if f"\ndef {name}(" not in (ROOT / file).read_text(encoding="utf-8") or (case and case not in KINDS)
    ]
    assert missing == []
