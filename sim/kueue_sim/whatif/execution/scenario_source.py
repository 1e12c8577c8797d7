"""Where the scenario of a run comes from: a file with changes, a scenario in memory, or a function of the seed.

Every origin knows an *identity* derived from content, so that two runs can be told equal without running them.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from kueue_sim.engine.waits import PLAYED
from kueue_sim.errors import InputError, Mistake
from kueue_sim.inputs.assembled import StepOptions
from kueue_sim.inputs.loading import Loaded
from kueue_sim.inputs.repository.given import Given as Files
from kueue_sim.inputs.repository.given import Text, as_list, name_of
from kueue_sim.inputs.scenario import load_assembled
from kueue_sim.inputs.text.field import Report
from kueue_sim.inputs.text.overrides import Override
from kueue_sim.model import Scenario, Workload
from kueue_sim.whatif.execution.read_once import read_once
from kueue_sim.whatif.learning.onward import goes_on, onward


class Origin(Protocol):
    """Gives the scenario for a seed; the same seed gives the same scenario in every process."""

    def scenario(self, seed: int | None = None) -> Scenario:
        """The scenario under ``seed``, or under its own when None. Of a cluster that was taken over as it is, a seed
        gives one future; None gives the cluster. Raises InputError."""

    def identity(self, scenario: Scenario) -> str:
        """Hex digits that stand for the content, whatever the seed; ``scenario`` is what this gives for None."""


@dataclass(frozen=True, slots=True)
class FromFile:
    """The scenario of one or several files, changed by overrides and overlays.

    Every process reads the files once, and again after they changed; workers must see them. Standard input is carried
    along as text. ``steps`` says how scripts among the files are followed.
    """

    path: Files | tuple[Files, ...]
    overrides: tuple[Override, ...] = ()
    overlays: tuple[str, ...] = ()
    steps: StepOptions = PLAYED

    @property
    def name(self) -> str:
        """What the scenario is called after its files."""
        return name_of([one if isinstance(one, Text) else Path(one) for one in as_list(self.path)])

    @property
    def folder(self) -> Path:
        """Where files lie that the scenario names."""
        given = as_list(self.path)
        alone = len(given) == 1 and not isinstance(given[0], Text)
        return Path(str(given[0])).parent if alone else Path()

    def scenario(self, seed: int | None = None) -> Scenario:
        """See ``Origin``: the files are read again only after they changed."""
        seeded = self.overrides if seed is None else (*self.overrides, ("seed", seed))
        return _of_seed(self._read(seeded).scenario, seed)

    def loaded(self, overrides: Sequence[Override] = ()) -> Loaded:
        """The scenario, with further changes, and the fields it came from. Raises InputError."""
        return self._read((*self.overrides, *overrides))

    def _read(self, overrides: Sequence[Override]) -> Loaded:
        report = Report()
        return load_assembled(read_once(self.path, self.steps, report), report, overrides, self.overlays)

    def identity(self, scenario: Scenario) -> str:
        """See ``Origin``: of the document after overrides, and of the files it names."""
        return _digest(scenario.digest.encode())

    def changed(self, overrides: Sequence[Override], overlays: Sequence[str] = ()) -> "FromFile":
        """The same file with further changes."""
        return replace(self, overrides=(*self.overrides, *overrides), overlays=(*self.overlays, *overlays))


def leave_seed(overrides: Sequence[Override]) -> None:
    """Raises InputError where a point or variant would set the seed, which every run sets anew."""
    paths = [one.partition("=")[0].rstrip(" +-*") if isinstance(one, str) else one[0] for one in overrides]
    if "seed" in paths:
        problem = "seed is no setting: every point and variant is run under the same seeds"
        raise InputError([Mistake(None, f"{problem}; --seeds says how many, --seed where they begin")])


@dataclass(frozen=True, slots=True)
class FromScenario:
    """A scenario in memory. Seeds change only what happens at random while it runs, not what arrives."""

    value: Scenario

    def scenario(self, seed: int | None = None) -> Scenario:
        """See ``Origin``: the same but for its seed."""
        return self.value if seed is None else _of_seed(replace(self.value, seed=seed), seed)

    def identity(self, scenario: Scenario) -> str:
        """See ``Origin``: of every value but the seed."""
        return _digest(repr(replace(scenario, seed=0)).encode())


@dataclass(frozen=True, slots=True)
class FromFunction:
    """A function of the seed; to run in other processes it must be importable there."""

    make: Callable[[int], Scenario]

    def scenario(self, seed: int | None = None) -> Scenario:
        """See ``Origin``: what the function makes of the seed, of 0 for None."""
        return self.make(0 if seed is None else seed)

    def identity(self, scenario: Scenario) -> str:
        """Of what it makes for one seed: two functions may still differ for others, so give them names."""
        return _digest(repr(scenario).encode())


def _of_seed(scenario: Scenario, seed: int | None) -> Scenario:
    """The scenario of a seed: a future of it, where it begins in the middle and leaves open what comes."""
    return onward(scenario, seed) if seed is not None and goes_on(scenario) else scenario


Given = str | Path | Scenario | Callable[[int], Scenario] | FromFile
"""What the Python API takes for a scenario."""


def origin_of(given: Given) -> Origin:
    """The origin of whatever the caller has."""
    if isinstance(given, FromFile):
        return given
    if isinstance(given, str | Path):
        return FromFile(str(given))
    if isinstance(given, Scenario):
        return FromScenario(given)
    return FromFunction(given)


def arrivals(scenario: Scenario) -> str:
    """Hex digits that stand for what is submitted: same digits, same jobs, sizes, instants and run times.

    Work that names its priority class is the same whatever that class is worth: its value is policy.
    """
    digest = hashlib.sha256()
    for item in scenario.workloads:
        digest.update(_submission(item).encode())
    return digest.hexdigest()[:16]


def same_whatever_the_seed(origin: Origin, scenario: Scenario) -> tuple[int, int]:
    """How many workloads of ``scenario`` another seed brings just as they are, as recorded ones do, and of how many."""
    drawn = {hash(_submission(item)) for item in origin.scenario(scenario.seed + 1).workloads}
    found = [hash(_submission(item)) in drawn for item in scenario.workloads]
    return sum(found), len(found)


def _submission(item: Workload) -> str:
    """What stands for one workload: its name, instant, run time, priority and pods."""
    priority = item.priority_class or item.priority
    pods = [(pods.count, sorted(pods.requests.items())) for pods in item.pod_sets]
    return f"{item.key} {item.created_ms} {item.runtime_ms} {priority} {pods!r}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(len(content).to_bytes(8, "big") + content).hexdigest()[:16]
