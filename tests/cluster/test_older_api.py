"""A dump of v1beta1 is the same cluster; without the data a small one is looked at."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kueue_sim.inputs.recorded.workload_status import present_fields
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.inputs.snapshot import read_snapshot
from kueue_sim.inputs.snapshot_scenario import snapshot_scenario
from kueue_sim.model import Scenario
from kueue_sim.units import format_instant, parse_instant
from tests.cluster.dumps import Dump, dumps, read
from tests.cluster.older_api import older

ROOT = Path(__file__).parents[3] / "shared" / "cluster-dumps"
NAMES = ("afs-103@199", "fairhier-11@196", "lifecycle-109@209", "policychange-105@641", "tas-57@345")
CHOSEN = [dump for dump in dumps(ROOT) if dump.name in NAMES]


def cluster(path: Path, dump: Dump) -> Scenario:
    taken = format_instant(parse_instant("2026-01-01T00:00:00Z") + 1000 * dump.second)
    document = snapshot_scenario(read_snapshot([path]), dump.name, taken=taken)
    found = scenario_from_dict({**document, "validation": "accept"}, name=dump.name)
    return replace(found, digest="", workloads=tuple(found.workloads))


@pytest.mark.skipif(not CHOSEN, reason="the recorded dumps (../shared/cluster-dumps) do not lie beside this checkout")
@pytest.mark.parametrize("dump", CHOSEN, ids=lambda dump: dump.name)
def test_a_dump_of_the_older_api_is_the_same_cluster(dump: Dump, tmp_path: Path) -> None:

    (tmp_path / "old.json").write_text(json.dumps(older(read(dump.path))), encoding="utf-8")
    assert cluster(tmp_path / "old.json", dump) == cluster(dump.path, dump)


def test_the_time_of_earlier_admissions_is_read_as_either_version_spells_it() -> None:
    metadata = {"name": "w", "namespace": "ml", "creationTimestamp": "2026-01-01T00:00:00Z"}
    spellings = ("accumulatedPastExecutionTimeSeconds", "accumulatedPastExexcutionTimeSeconds")
    found: list[Any] = [present_fields({"metadata": metadata, "status": {name: 90}}) for name in spellings]
    assert [one["executedBefore"] for one in found] == ["90s", "90s"]
