"""Run policy tests, one after the other or in parallel, and collect what failed."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kueue_sim._run import run
from kueue_sim.errors import InputError, Mistake
from kueue_sim.policytest.checking import Checker, Failure
from kueue_sim.policytest.suite import PolicyTest, Prepared, find_files, prepare, tests_of
from kueue_sim.result import Result

Status = Literal["passed", "failed", "wrong"]
_WORTH_PROCESSES = 8
"""With fewer tests, starting processes takes longer than it saves."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test and what came of it. ``mistakes`` are those of its files: it was not run."""

    test: PolicyTest
    expectations: int = 0
    failures: tuple[Failure, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    seconds: float = 0.0

    @property
    def status(self) -> Status:
        """How the test ended; one that could not be read is wrong, not failed."""
        return "wrong" if self.mistakes else "failed" if self.failures else "passed"


def collect(
    paths: Sequence[str | Path], select: Callable[[str], bool] = bool
) -> tuple[list[PolicyTest], list[Outcome]]:
    """The tests below ``paths`` whose ``file::name`` is selected (all by default), and files whose frame is wrong."""
    tests: list[PolicyTest] = []
    wrong: list[Outcome] = []
    for path in find_files(paths):
        try:
            tests += [test for test in tests_of(path) if select(str(test))]
        except InputError as error:
            wrong.append(Outcome(PolicyTest(str(path), path.stem), mistakes=error.mistakes))
    return tests, wrong


def run_tests(tests: Sequence[PolicyTest], processes: int | None = None) -> Iterator[Outcome]:
    """The outcomes in order of the tests, each as soon as it is known. ``processes`` None: as many as are worth it."""
    if processes is None:
        processes = (os.cpu_count() or 1) if len(tests) >= _WORTH_PROCESSES else 1
    if min(processes, len(tests)) <= 1:
        yield from map(run_test, tests)
        return
    with ProcessPoolExecutor(min(processes, len(tests))) as pool:
        yield from pool.map(run_test, tests, chunksize=max(1, len(tests) // (8 * processes)))


def run_test(test: PolicyTest) -> Outcome:
    """Run one test and judge it."""
    began = time.perf_counter()
    try:
        prepared = prepare(test)
        if not prepared.expectations:
            raise InputError([Mistake(test.place, "nothing is expected; write it, or record with --update")])
        failures = check(prepared, test)
    except InputError as error:
        return Outcome(test, mistakes=error.mistakes, seconds=time.perf_counter() - began)
    return Outcome(test, len(prepared.expectations), tuple(failures), seconds=time.perf_counter() - began)


def check(prepared: Prepared, test: PolicyTest) -> list[Failure]:
    """Run what was prepared and judge it; expectations about several seeds run the scenario again."""
    result = run(prepared.scenario)

    def replications(seeds: int) -> Sequence[Result]:
        first = prepared.scenario.seed
        others = [prepare(test, [("seed", first + step)]).scenario for step in range(1, seeds)]
        return [result, *map(run, others)]

    return Checker(result, replications).failures(prepared.expectations)
