"""A project of somebody else, with a package ``sim`` and YAML files of its own, tests as if ours were not there."""

import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = "kueue_sim.policytest.pytest_plugin"
FILES = {
    "sim/__init__.py": "SPEED = 3\n",
    "sim/engine.py": "from sim import SPEED\n\ndef advance(metres: int) -> int:\n    return metres * SPEED\n",
    "tests/test_engine.py": (
        "import sys\n\nimport sim\nfrom sim.engine import advance\n\n"
        "def test_it_is_our_own_sim():\n    assert sim.__file__.startswith({root!r})\n\n"
        "def test_advance():\n    assert advance(2) == 6\n\n"
        "def test_what_fails_fails():\n    assert advance(2) == 7\n"
    ),
    "deploy/scenario.yaml": "kind: Scenario\nspec: [1, 2\n",
    "deploy/rego.policytest.yaml": "kind: Rego\n- : [broken\n",
    "deploy/values.yml": "kind: PolicyReport\n",
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-q -p no:cacheprovider'\npythonpath = ['.']\n",
}
WITH_LIST = (
    "import atexit, sys\natexit.register(lambda: print('modules', sorted(m for m in sys.modules if 'kueue' in m)))\n"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files of the project."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{root!r}", repr(str(tmp_path))), encoding="utf-8")
    (tmp_path / "conftest.py").write_text(WITH_LIST, encoding="utf-8")
    return tmp_path


def told(project: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> tuple[int, list[str], str]:
    """Exit code, the lines pytest prints but its time, and what of this package was imported."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "sim"))
    command = [sys.executable, "-m", "pytest", *options]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if " in " not in line and not line.startswith("modules")]
    modules = next(line for line in done.stdout.splitlines() if line.startswith("modules"))
    return done.returncode, lines, modules


def test_results_are_the_same_with_the_plugin_and_without(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, lines, modules = told(project, monkeypatch)
    with_code, with_lines, with_modules = told(project, monkeypatch, "-p", PLUGIN)
    assert (code, modules) == (1, "modules []")
    assert (with_code, with_lines) == (code, lines)
    assert any("test_what_fails_fails" in line for line in lines)
    assert with_modules == f"modules {['kueue_sim', 'kueue_sim.policytest', PLUGIN, 'kueue_sim.version']}"
