"""The lowest versions that are declared are those a CI job installs."""

import runpy
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_dependency_has_a_lower_bound_and_the_job_installs_exactly_that() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    script = runpy.run_path(str(ROOT / ".ci" / "lowest.py"))
    asked = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    asked += [text for name in script["EXTRAS"] for text in project["optional-dependencies"][name]]
    named = {text for text in asked if not text.startswith("kueue-sim[")}
    assert script["lowest"]() == sorted(text.replace(">=", "==") for text in named)
    assert all(text.count(">=") == 1 for text in named)
