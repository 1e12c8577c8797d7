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
    "deploy/other.policytest.yaml": "apiVersion: policies.example.com/v1\nkind: PolicyTest\ntests: [{rego: deny}]\n",
    "deploy/reports.policytest.yaml": "kind: PolicyTestReport\n",
    "deploy/empty.policytest.yaml": "",
    "deploy/folder.policytest.yaml/values.yaml": "replicas: 3\n",
    "deploy/values.yml": "kind: PolicyReport\n",
    "tests/scenario.yaml": "name: up\nsteps: [start, stop]\n",
    "tests/cases.policytest.yaml": "kind: Rego\ncases: [1]\n",
    "tests/test_policy.py": (
        "import pytest\n\n@pytest.mark.slow\ndef test_the_fixture_of_that_name_is_our_own(policy):\n"
        "    assert policy == 'allow'\n"
    ),
    "tests/conftest.py": (
        "import pytest\n\n@pytest.fixture\ndef policy():\n    return 'allow'\n\n"
        "class Steps(pytest.File):\n    def collect(self):\n"
        "        yield Step.from_parent(self, name='steps')\n\n"
        "class Step(pytest.Item):\n    def runtest(self):\n        assert 'steps' in self.path.read_text()\n\n"
        "def pytest_collect_file(file_path, parent):\n"
        "    if file_path.name == 'scenario.yaml' and file_path.parent.name == 'tests':\n"
        "        return Steps.from_parent(parent, path=file_path)\n"
    ),
    "pytest.ini": (
        "[pytest]\naddopts = -q -p no:cacheprovider --strict-markers --strict-config\npythonpath = .\n"
        "filterwarnings = error\nmarkers = slow: takes long\n"
    ),
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


def test_what_is_collected_is_the_same(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [
        "tests/scenario.yaml::steps",
        "tests/test_engine.py::test_it_is_our_own_sim",
        "tests/test_engine.py::test_advance",
        "tests/test_engine.py::test_what_fails_fails",
        "tests/test_policy.py::test_the_fixture_of_that_name_is_our_own",
    ]
    for options in ((), ("-p", PLUGIN)):
        code, lines, _ = told(project, monkeypatch, "--collect-only", *options)
        assert (code, [line for line in lines if "::" in line]) == (0, wanted)


def test_results_are_the_same_where_tests_are_spread_over_processes(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spread = ("-p", "xdist.plugin", "-n", "2")
    code, lines, _ = told(project, monkeypatch, *spread)
    with_code, with_lines, _ = told(project, monkeypatch, *spread, "-p", PLUGIN)
    results = [line for line in lines if line.startswith("FAILED")]
    assert (code, len(results)) == (1, 1)
    assert (with_code, [line for line in with_lines if line.startswith("FAILED")]) == (code, results)
