"""Would a wrong policy be noticed? Changes ``sim/policy`` in small wrong ways and looks which check objects.

    python benchmarks/mutation.py                    # the deliberate mutants and a sample of systematic ones
    python benchmarks/mutation.py --systematic 0 -k lending

Each mutant runs in a process of its own, against three checks in this order: the policy tests of ``scenarios/``, random
worlds through the invariants, and, where it lies beside the clone, a sample of what Kueue itself decided. A mutant that
raises or does not come back counts as noticed. Deliberate mutants are mistakes somebody could make; systematic ones
swap comparisons, operators and constants wherever there are any.
"""

import argparse
import ast
import importlib.abc
import importlib.util
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[1]
POLICY = ROOT / "sim" / "policy"
CONFORMANCE = ROOT.parent / "shared" / "conformance"
LIMIT_S = 120
"""A mutant that takes longer is taken for one that never ends."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong change of one file. ``source`` is the whole file after it."""

    name: str
    file: str
    line: int
    source: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """``by`` names the check that noticed the mutant, "" when none did."""

    name: str
    file: str
    line: int
    by: str
    seconds: float


def _mistakes() -> Iterator[tuple[str, str, str, str]]:
    """Name, file, text and the wrong text in its place."""
    tree, queue, flavors, candidates = "quota_tree.py", "pending.py", "flavors.py", "candidates.py"
    yield "lending limits are ignored", tree, "0 if lending is None else max(0, node.subtree[slot] - lending)", "0"
    yield (
        "borrowing limits are ignored",
        tree,
        "if limit is not None:\n                reach",
        "if False:\n                reach",
    )
    yield (
        "usage does not reach the parent",
        tree,
        "            node = node.parent\n\n    def remove",
        "            return\n\n    def remove",
    )
    yield "removal forgets the parent", tree, "if stored_above <= 0:", "if stored_above <= 10**18:"
    yield "the borrowing level is always the root's", tree, "if not node.borrows_with(slot, rest):", "if False:"
    yield (
        "exactly at quota counts as borrowing",
        tree,
        "+ amount > self.subtree[slot]",
        "+ amount >= self.subtree[slot]",
    )
    yield "weights are ignored", "shares.py", "self.ratio / self.weight", "self.ratio"
    yield (
        "the smallest resource is dominant",
        "shares.py",
        "ratio = max(ratio, float",
        "ratio = min(ratio or 1e9, float",
    )
    yield "shares count what is unused as well", "shares.py", "if over > 0:", "if over >= 0:"
    yield "older work goes last", queue, "-item.priority, item.timestamp_ms", "-item.priority, -item.timestamp_ms"
    yield "lower priority goes first", queue, "(sticky, -item.priority", "(sticky, item.priority"
    yield "a preemptor does not stay at the head", queue, "sticky = 0 if item is self.preemptor", "sticky = 0 if False"
    yield "strict queues park their head", queue, 'reason != "NamespaceMismatch" if self.strict', "False if self.strict"
    yield "a flush forgets whom it should move", queue, "for key in sorted(self._failed):", "for key in ():"
    yield "taints are ignored", flavors, "if taint is not None:", "if False:"
    yield "node affinity is ignored", flavors, "if not _affinity_allows(flavor, pod_set):", "if False:"
    yield "pod sets do not see each other", flavors, "value = assumed + amount", "value = amount"
    yield "the scan always starts at the first flavor", flavors, "get(resource, -1) + 1", "get(resource, -1) * 0"
    yield (
        "whenCanPreempt is ignored",
        flavors,
        "fungibility.when_can_borrow, fungibility.when_can_preempt):",
        ('fungibility.when_can_borrow, "MayStopSearch"):'),
    )
    yield (
        "whenCanBorrow is ignored",
        flavors,
        "_go_on(rank, fungibility.when_can_borrow,",
        '_go_on(rank, "MayStopSearch",',
    )
    yield "anybody may preempt while borrowing", flavors, "or below_root or while_borrowing:", "or True:"
    yield "nobody may preempt while borrowing", flavors, "or below_root or while_borrowing:", "or below_root:"
    yield "newer work of equal priority always goes", candidates, "return newer and pending", "return pending"
    yield "nobody of equal priority ever goes", candidates, "return newer and pending", "return False and pending"
    yield "the highest priority is evicted first", candidates, "is node, held.priority,", "is node, -held.priority,"
    yield "the oldest admission is evicted first", candidates, "-held.reserved_s", "held.reserved_s"
    yield "evicted ones are not preferred", candidates, "(not held.evicted, held", "(False, held"
    yield "own work is evicted first", candidates, "held.queue is node, held", "held.queue is not node, held"
    yield "the threshold is ignored", "classical.py", "or (threshold is not None and held.priority > threshold)", ""
    yield (
        "borrowers at quota are candidates",
        "classical.py",
        "if not exceeds_quota(node, request.contested):",
        "if False:",
    )
    yield "the spared are evicted all the same", "classical.py", "spared.add(held)", "pass"
    yield "the first attempt always borrows", "classical.py", "return (False, True)", "return (True, False)"
    yield (
        "borrowing is allowed in every attempt",
        "classical.py",
        "if not borrowing and node.usage",
        "if False and node.usage",
    )
    yield "an ancestor's quota gives no advantage", "classical.py", "return Variant.HIERARCHICAL", "pass"
    yield "shares do not matter for victims", "fair.py", "if not passes:", "if False:"
    yield "the final share may be smaller", "fair.py", "preemptor_share.rank <= self", "preemptor_share.rank >= self"
    yield "owners have to compare shares", "fair.py", "if queue is own or entitled:", "if queue is own:"
    yield "the second strategy is skipped", "fair.py", "found = search.second_pass()", "found = False"
    yield (
        "the smallest share is taken from first",
        "fair.py",
        "if best is None or share.rank > best_share:",
        ("if best is None or share.rank < best_share:"),
    )
    yield "borrowers go before owners", "order.py", "entry.assignment.borrowing,", "-entry.assignment.borrowing,"
    yield (
        "priorities do not order queues",
        "order.py",
        "-pending.priority if by_priority else 0,\n            pending.timestamp",
        ("0,\n            pending.timestamp"),
    )
    yield (
        "the largest share wins the tournament",
        "order.py",
        "return (borrows, share.rank,",
        ("return (borrows, tuple(-part for part in share.rank),"),
    )
    yield (
        "owners do not go first under fair sharing",
        "order.py",
        "return (borrows, share.rank,",
        "return (False, share.rank,",
    )
    yield (
        "admissions of a cycle do not see each other",
        "cycle.py",
        "            victims.update(own)\n            self._charge(entry)",
        ("            victims.update(own)"),
    )
    yield "blocked preemptors reserve nothing", "cycle.py", "            self._reserve(entry)\n", "            pass\n"
    yield (
        "overlapping victims are not recomputed",
        "cycle.py",
        "            self._recompute(entry, victims)\n        elif",
        ("            pass\n        elif"),
    )
    yield "victims are shared", "cycle.py", "            victims.update(own)\n", ""
    yield "fit is not checked again", "cycle.py", "        elif not fits:", "        elif False:"
    yield (
        "partial admission takes the first number of pods that fits",
        "partial_admission.py",
        "            high = step\n",
        "            high = low = step\n",
    )
    yield (
        "namespaces are not looked at",
        "admissibility.py",
        "if not _selects(queue, pending.workload.namespace, world):",
        "if False:",
    )
    yield "an earlier answer is always good", "cycle.py", "if known.version == queue.realm.version:", "if True:"
    yield (
        "undo forgets the last removal",
        "removal.py",
        "reversed(list(self._gone.values())):",
        "reversed(list(self._gone.values())[1:]):",
    )


def deliberate() -> tuple[list[Mutant], list[str]]:
    """The mutants of the list, and the names of those whose text is no longer in the source."""
    found, gone = [], []
    for name, file, old, new in _mistakes():
        source = (POLICY / file).read_text(encoding="utf-8")
        if old not in source:
            gone.append(f"{name} ({file})")
            continue
        line = source[: source.index(old)].count("\n") + 1
        found.append(Mutant(name, file, line, source.replace(old, new, 1)))
    return found, gone


_SWAPS: dict[type[ast.cmpop] | type[ast.operator] | type[ast.boolop], type] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


def _places(tree: ast.Module) -> list[tuple[str, int, int]]:
    """What could be swapped: description, number of the node in walking order, line."""
    found = []
    for number, node in enumerate(ast.walk(tree)):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _SWAPS:
            found.append((f"{type(node.ops[0]).__name__} swapped", number, line))
        elif isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in _SWAPS:
            found.append((f"{type(node.op).__name__} swapped", number, line))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("min", "max"):
            found.append((f"{node.func.id} swapped", number, line))
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            found.append(("not removed", number, line))
        elif isinstance(node, ast.Constant) and node.value in (0, 1) and not isinstance(node.value, bool):
            found.append((f"{node.value} increased", number, line))
    return found


def _swapped(source: str, number: int) -> str:
    tree = ast.parse(source)
    node = list(ast.walk(tree))[number]
    if isinstance(node, ast.Compare):
        node.ops = [_SWAPS[type(node.ops[0])]()]
    elif isinstance(node, ast.BinOp | ast.BoolOp):
        node.op = _SWAPS[type(node.op)]()
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        node.func.id = "max" if node.func.id == "min" else "min"
    elif isinstance(node, ast.Constant):
        node.value += 1  # type: ignore[operator]
    else:
        assert isinstance(node, ast.UnaryOp)
        node.op = ast.UAdd()
        node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
    return ast.unparse(ast.fix_missing_locations(tree))


_CORE = (
    "candidates.py",
    "classical.py",
    "cycle.py",
    "fair.py",
    "flavors.py",
    "matching.py",
    "order.py",
    "partial_admission.py",
    "pending.py",
    "plans.py",
    "quota_tree.py",
    "removal.py",
    "shares.py",
)
"""Quota, queues, cycles, flavors, preemption. Topology, usage ledger and life cycle have tests of their own."""


def systematic(most: int, seed: int) -> list[Mutant]:
    """A sample of all swaps, spread over the core files in proportion to what they offer."""
    every = []
    for path in sorted(POLICY / name for name in _CORE):
        source = path.read_text(encoding="utf-8")
        every += [(what, path.name, number, line) for what, number, line in _places(ast.parse(source))]
    chosen = random.Random(seed).sample(every, min(most, len(every)))
    return [
        Mutant(what, file, line, _swapped((POLICY / file).read_text(encoding="utf-8"), number))
        for what, file, number, line in sorted(chosen, key=lambda item: (item[1], item[3]))
    ]


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the mutated source for one module, and leaves the others alone."""

    def __init__(self, mutant: Mutant) -> None:
        self._name = f"sim.policy.{mutant.file.removesuffix('.py')}"
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
    from sim.policytest.running import collect, run_test

    tests, _ = collect([ROOT / "scenarios" / "rules", ROOT / "scenarios"])
    if any(run_test(test).status != "passed" for test in tests):
        return "policy tests"
    if batch(3, 0, 60).breaches:
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
    sys.path.insert(0, str(ROOT))
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
