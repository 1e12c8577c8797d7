"""docs/outputs.md defines every column there is."""

import re
from pathlib import Path

import pytest

from kueue_sim import run
from kueue_sim.engine.facts import TYPES
from tests.results.scenes import introductory_lab

PAGE = Path(__file__).parents[2] / "docs" / "outputs.md"
TABLES = (
    "workloads", "events", "usage", "queues", "summary", "waits", "by_resource", "flavors", "preemptions", "ledger",
    "shares", "fairness", "nodes", "placements",
)  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_defined(table: str) -> None:
    section = re.search(rf"^## {table}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.M | re.S)
    assert section is not None
    defined = set(re.findall(r"`([a-z0-9_]+)`", section.group(1)))
    assert [name for name in getattr(run(introductory_lab()), table) if name not in defined] == []


def test_every_type_of_event_and_every_state_is_named() -> None:
    rows = {line.split("|")[1].strip(): line for line in PAGE.read_text().splitlines() if line.startswith("| `")}
    assert [name for name in TYPES if name not in rows["`type`"]] == []
    states = ("pending", "quotaReserved", "admitted", "evicted", "inactive", "finished", "deleted")
    assert [name for name in states if name not in rows["`state`"]] == []
