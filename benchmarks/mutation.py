"""Would a wrong policy be noticed? Changes ``kueue_sim/policy`` in small wrong ways and looks which check objects.

    python -m benchmarks.mutation                    # the deliberate mutants and a sample of systematic ones
    python -m benchmarks.mutation --systematic 0 -k lending

Each mutant runs in a process of its own, against three checks in this order: the policy tests of ``scenarios/``, random
worlds through the invariants, and, where it lies beside the clone, a sample of what Kueue itself decided. A mutant that
raises or does not come back counts as noticed. Deliberate mutants are mistakes somebody could make; systematic ones
swap comparisons, operators and constants wherever there are any.
"""

import argparse
import importlib.abc
import importlib.util
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType

from benchmarks.wrong_policies.deliberate import deliberate
from benchmarks.wrong_policies.mutant import Mutant
from benchmarks.wrong_policies.swaps import systematic

ROOT = Path(__file__).parents[1]
CONFORMANCE = ROOT.parent / "shared" / "conformance"
LIMIT_S = 120
"""A mutant that takes longer is taken for one that never ends."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``by`` names the check that noticed the mutant, "" when none did."""

    name: str
    file: str
    line: int
    by: str
    seconds: float


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the mutated source for one module, and leaves the others alone."""

    def __init__(self, mutant: Mutant) -> None:
        self._name = f"kueue_sim.policy.{mutant.file.removesuffix('.py').replace('/', '.')}"
        self._source = mutant.source

    def find_spec(self, name: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(name, self) if name == self._name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._source, self._name, "exec"), module.__dict__)


def judge(sample: int, known: Container[str] = ()) -> str:
    """The first check that objects to the policy as it is loaded now, "" when none does.

    ``known`` are recordings that are decided differently anyway.
    """
    from benchmarks.invariants import batch
    from kueue_sim.policytest.running import collect, run_test

    tests, _ = collect([ROOT / "tests" / "policy" / "rules", ROOT / "scenarios"])
    if any(run_test(test).status != "passed" for test in tests):
        return "policy tests"
    if batch(3, 0, 250).breaches:
        return "random worlds"
    return "recordings of Kueue" if any(one not in known for one in disagreements(sample)) else ""


def disagreements(sample: int) -> Iterator[str]:
    """Which of every ``sample``-th recording are decided differently; none when ``sample`` is 0."""
    from tests.conformance.check import judge as compare
    from tests.conformance.check import lines_of

    files = [*sorted((CONFORMANCE / "cases").glob("*.jsonl")), *sorted((CONFORMANCE / "runs").glob("*.jsonl.gz"))]
    for path in files if sample else ():
        for line in list(lines_of(path))[::sample]:
            verdict = compare(path.name, line)
            if verdict.difference is not None:
                yield verdict.id


def try_out(mutant: Mutant, sample: int, known: Container[str]) -> Verdict:
    """Judge one mutant in a process of its own."""
    began = time.monotonic()

    def job() -> str:
        sys.meta_path.insert(0, _Loader(mutant))
        return judge(sample, known)

    return Verdict(mutant.name, mutant.file, mutant.line, _apart(job), round(time.monotonic() - began, 1))


def _apart(job: Callable[[], str]) -> str:
    """What a job answers in a process of its own, into which nothing of the simulator was imported before."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _answer(job, write)
    os.close(write)
    with os.fdopen(read) as answer:
        text = answer.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "it never ends" if os.WTERMSIG(status) == signal.SIGALRM else f"signal {os.WTERMSIG(status)}"
    return text


def _answer(job: Callable[[], str], write: int) -> None:
    signal.alarm(LIMIT_S)
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    text = ""
    try:
        text = job()
    except BaseException as error:
        text = f"it raises {type(error).__name__}"
    finally:
        os.write(write, text.encode())
        os._exit(0)


def report(verdicts: Sequence[Verdict], gone: Sequence[str]) -> str:
    """Noticed and survived per file, what noticed how many, and every survivor."""
    lines = []
    for file in sorted({one.file for one in verdicts}):
        own = [one for one in verdicts if one.file == file]
        lines.append(f"{file:<28} {sum(bool(one.by) for one in own):>4} of {len(own)} noticed")
    checks = sorted({one.by for one in verdicts if one.by})
    lines += [f"  {sum(one.by == check for one in verdicts):>4} by {check}" for check in checks]
    survivors = [one for one in verdicts if not one.by]
    lines += [f"survived: {one.file}:{one.line} {one.name}" for one in survivors]
    lines += [f"not in the source any more: {name}" for name in gone]
    return "\n".join([*lines, f"{len(verdicts) - len(survivors)} of {len(verdicts)} mutants noticed"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--systematic", type=int, default=150, help="how many systematic mutants; 0 for none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=15, help="every so many recordings of Kueue; 0 for none")
    parser.add_argument("-k", default="", help="only mutants with this text in their name or file")
    parser.add_argument("-o", "--out", type=Path, default=Path("out/mutation.json"))
    chosen = parser.parse_args()
    sample = chosen.sample if CONFORMANCE.is_dir() else 0
    known = set(_apart(lambda: "\n".join(disagreements(sample))).splitlines())
    plain = _apart(lambda: judge(sample, known))
    if plain:
        sys.exit(f"the policy as it is does not pass: {plain}")
    mutants, gone = deliberate()
    mutants += systematic(chosen.systematic, chosen.seed)
    verdicts = []
    for mutant in mutants:
        if chosen.k in mutant.name or chosen.k in mutant.file:
            verdicts.append(try_out(mutant, sample, known))
            print(f"{verdicts[-1].by or 'SURVIVED':<24} {mutant.file}:{mutant.line} {mutant.name}", file=sys.stderr)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(json.dumps([asdict(one) for one in verdicts], indent=1), encoding="utf-8")
    print(report(verdicts, gone))


if __name__ == "__main__":
    main()
