"""Where each module of the policy and the engine is tested: ``map.yaml``, and what it means.

Per module: ``rules``, files of ``tests/policy/rules`` (without their ending); ``recordings``, groups of Kueue's
decisions in ``tests/conformance/recordings``; ``tests``, files below ``tests``. Together they call every function of
the module but those under ``uncalled``, which say why not.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from kueue_sim.policytest import suite
from kueue_sim.policytest.running import run_test
from tests.called import Calls, Function, functions
from tests.conformance.check import judge
from tests.conformance.test_recordings import BY_GROUP, BY_RELEASE, DISAGREEMENTS

HERE = Path(__file__).parent
RULES = HERE / "policy" / "rules"
RECORDINGS: Mapping[str, list[str]] = {
    **BY_GROUP,
    **BY_RELEASE,
    "disagreements": [json.dumps(one) for one in DISAGREEMENTS],
}


@dataclass(frozen=True)
class Entry:
    """What the map says of one module."""

    rules: tuple[str, ...]
    recordings: tuple[str, ...]
    tests: tuple[str, ...]
    uncalled: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """Everything named, as ``calls`` names it."""
        return (*(f"rules {one}" for one in self.rules), *(f"recordings {one}" for one in self.recordings), *self.tests)


def entries() -> dict[str, Entry]:
    """The map, by module."""
    document = yaml.safe_load((HERE / "map.yaml").read_text(encoding="utf-8"))
    return {
        module: Entry(
            tuple(entry.get("rules", ())),
            tuple(entry.get("recordings", ())),
            tuple(entry.get("tests", ())),
            entry.get("uncalled", {}),
        )
        for module, entry in document.items()
    }


def by_module() -> dict[str, set[Function]]:
    """All functions of both rooms, module by module."""
    found: dict[str, set[Function]] = {}
    for module, name in functions():
        found.setdefault(module, set()).add((module, name))
    return found


def calls(rules: Iterable[str], recordings: Iterable[str], tests: Collection[str]) -> dict[str, set[Function]]:
    """What each of them calls, by ``rules NAME``, ``recordings NAME`` and the name of the test file."""
    seen = Calls()
    for name in sorted(rules):
        with seen.under(f"rules {name}"):
            for test in suite.tests_of(RULES / f"{name}.policytest.yaml"):
                run_test(test)
    for name in sorted(recordings):
        with seen.under(f"recordings {name}"):
            for line in RECORDINGS[name]:
                judge(name, line)
    return {**seen.by, **(_called_by(sorted(tests)) if tests else {})}


def _called_by(files: list[str]) -> dict[str, set[Function]]:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "called.json"
        environment = {**os.environ, "CALLED_OUTPUT": str(output)}
        options = ["-q", "-m", "", "-p", "tests.called", "-p", "no:xdist", "-p", "no:cacheprovider"]
        options.append("--hypothesis-seed=0")  # what is drawn may or may not come by a function that is seldom needed
        command = [sys.executable, "-m", "pytest", *options, *(f"tests/{file}" for file in files)]
        subprocess.run(command, cwd=HERE.parent, env=environment, check=True, capture_output=True)
        found = json.loads(output.read_text(encoding="utf-8"))
    return {name.removeprefix("tests/"): {(file, function) for file, function in of} for name, of in found.items()}
