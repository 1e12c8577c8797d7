"""Scenarios of a few jobs, each an entry of the section."""

from pathlib import Path
from typing import Any

from kueue_sim.inputs import scenario_from_dict
from kueue_sim.model import Scenario
from tests.inputs.jobs.test_jobs import document

ROOT = Path(__file__).parents[3]


def scenario(*entries: dict[str, Any], objects: tuple[dict[str, Any], ...] = (), **more: object) -> Scenario:
    raw = {**document(*entries), **more}
    raw["policy"]["objects"] += objects
    return scenario_from_dict(raw)
