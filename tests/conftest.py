"""Two profiles: *fast* is what plain ``pytest`` runs, *thorough* (``pytest -m thorough``) is what CI adds."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")

os.environ.pop("COLUMNS", None)  # parallel workers are told 80; what is tested is a pipe, where lines stay whole

ROOT = Path(__file__).parent
THOROUGH = (
    "benchmarks", "cli/test_formats.py", "cli/test_team_names.py", "cli/test_widths.py", "cluster",
    "conformance/test_runs.py", "docs/test_examples.py", "engine/test_rounds.py", "exploring", "fuzz",
    "inputs/kueue/test_conformance_objects.py", "notebooks", "report/test_html.py", "whatif",
)  # fmt: skip
"""Folders and files below ``tests`` that take long: whole recordings, documentation, notebooks, browsers, many runs,
every command."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    long = [ROOT / name for name in THOROUGH]
    for item in items:
        if any(item.path.is_relative_to(path) for path in long):
            item.add_marker(pytest.mark.thorough)
