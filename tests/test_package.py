"""The package's own surface."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("first", ["import sim.run", "from sim.run import run", "from sim import run"])
def test_run_is_the_function_whatever_was_imported_before(first: str) -> None:
    code = f"{first}\nimport sim\nfrom sim import run\nfrom sim.run import run as same\nprint(run is same is sim.run)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
