"""The package's own surface."""

import subprocess
import sys

import kueue_sim


def test_every_public_name_is_found_and_listed() -> None:
    assert [name for name in kueue_sim.__all__ if name not in dir(kueue_sim)] == []
    assert all(getattr(kueue_sim, name) is not None for name in kueue_sim.__all__)


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, kueue_sim\nprint({'numpy', 'pandas', 'simpy', 'yaml', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
