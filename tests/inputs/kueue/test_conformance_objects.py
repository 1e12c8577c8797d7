"""Every object of the conformance data must load."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kueue_sim.inputs.kueue.manifests import load_objects

DATA = next(
    (
        folder
        for folder in (
            Path(__file__).parents[2] / "conformance" / "data",
            Path(__file__).parents[4] / "shared" / "conformance",
        )
        if folder.is_dir()
    ),
    Path("missing"),
)
FILES = sorted(DATA.glob("cases/*.jsonl")) + sorted(DATA.glob("runs/*.jsonl.gz"))


def documents(file: Path) -> Iterator[list[dict[str, object]]]:
    content = file.read_bytes()
    for line in (gzip.decompress(content) if file.suffix == ".gz" else content).splitlines():
        case = json.loads(line)
        case = case.get("scenario", case)
        incoming = [case["incoming"]] if "incoming" in case else []
        yield [*case["objects"], *(case.get("workloads") or case.get("admitted") or []), *incoming]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_object_is_accepted(file: Path) -> None:
    for objects in documents(file):
        loaded = load_objects(objects)
        workloads = sum(item["kind"] == "Workload" for item in objects)
        assert len(loaded.workloads) == workloads
        assert len(loaded.nodes) == sum(item["kind"] == "Node" for item in objects)
