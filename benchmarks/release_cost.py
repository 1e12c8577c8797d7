"""What do older releases cost the current one? The same worlds with each question after the release answered before.

    python -m benchmarks.release_cost

A copy of the package is made in which each read of a release's rule is the newest release's answer, and branches that
the newest release never takes are gone. Counted is what the interpreter does for one job in both, which no other load
disturbs. The difference is what the questions cost; decisions are the same, or the script fails.
"""

import argparse
import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, FrameType
from typing import Any

from benchmarks.contended import Contention, contended
from benchmarks.pool import eight_queues, one_queue, pool_jobs, reclaiming_queues
from kueue_sim.engine import simulate
from kueue_sim.model import Scenario
from kueue_sim.model.releases import NEWEST, Release, release_of

SOURCE = Path(__file__).resolve().parent.parent / "sim"
_ASKED_ONCE: Mapping[str, Mapping[str, bool]] = {
    "policy/flavors/quota_fit.py": {"_distances": True, "_searches": True, "_level_after": True},
    "policy/cycle.py": {
        "_reclaimers_lend": True,
        "_charges_in_full": True,
        "_victims_free_their_own_queue": True,
    },
    "policy/quota/dominant_resource_share.py": {"_exact": True, "_in_tree": True, "_weight_zero_owns": True},
    "policy/tournament.py": {"branches_borrow": True},
    "policy/topology/workload_topology.py": {"_implied": True},
    "engine/controllers/decisions.py": {"_says_why": True},
}
"""Per file, attributes that keep a release's rule, and the newest release's answer."""

WORLDS: Mapping[str, tuple[int, Callable[[int], Scenario]]] = {
    "pool @ 0.85": (5_000, lambda jobs: one_queue(pool_jobs(jobs, 0.85))),
    "cohort @ 0.85": (3_000, lambda jobs: eight_queues(pool_jobs(jobs, 0.85))),
    "cohort @ 1.5": (2_000, lambda jobs: eight_queues(pool_jobs(jobs, 1.5))),
    "reclaim @ 1.1": (2_000, lambda jobs: reclaiming_queues(pool_jobs(jobs, 1.1))),
    "8 queues, classical": (1_000, lambda jobs: contended(Contention(8, jobs, 0.85))),
    "8 queues, fair": (600, lambda jobs: contended(Contention(8, jobs, 0.85, fair=True))),
    "64 queues, two levels": (1_000, lambda jobs: contended(Contention(64, jobs, 1.1, levels=2))),
}
"""How many jobs a world has, and how it is made."""


class Answered(ast.NodeTransformer):
    """Replaces reads of rules by constants, and drops what those decide. ``kept`` are attributes of ``self``, and of
    what is handed on as ``by``."""

    def __init__(self, rules: Mapping[str, bool], kept: Mapping[str, bool]) -> None:
        self._rules = rules
        self._kept = kept
        self.answers: list[str] = []

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        base, name = node.value, node.attr
        holder = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
        known = self._rules if holder in ("release", "_release") else self._kept if holder in ("self", "by") else {}
        if name not in known or not isinstance(node.ctx, ast.Load):
            return node
        self.answers.append(name)
        return ast.copy_location(ast.Constant(known[name]), node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        known = _answer(node.operand)
        return node if known is None or not isinstance(node.op, ast.Not) else ast.Constant(not known)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        decides = isinstance(node.op, ast.Or)
        values: list[ast.expr] = []
        for value in node.values:
            if _answer(value) is None or _answer(value) is decides:
                values.append(value)
            if _answer(value) is decides:
                break
        node.values = values or [ast.Constant(not decides)]
        return node if len(node.values) > 1 else node.values[0]

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        known = _answer(node.test)
        return node if known is None else node.body if known else node.orelse

    def visit_If(self, node: ast.If) -> ast.stmt | list[ast.stmt]:
        self.generic_visit(node)
        known = _answer(node.test)
        return node if known is None else (node.body if known else node.orelse) or [ast.Pass()]


def _answer(node: ast.expr) -> bool | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, bool) else None


def answered_copy(target: Path) -> int:
    """Copies the package to ``target`` with all questions answered; how many there were. Raises LookupError where an
    attribute of ``_ASKED_ONCE`` is not there any more."""
    shutil.copytree(SOURCE, target)
    newest = release_of(NEWEST)
    rules = {one.name: bool(getattr(newest, one.name)) for one in fields(Release) if one.name != "version"}
    count = 0
    for room in ("policy", "engine"):
        for file in sorted((target / "kueue_sim" / room).rglob("*.py")):
            kept = _ASKED_ONCE.get(file.relative_to(target / "kueue_sim").as_posix(), {})
            answered = Answered(rules, kept)
            tree = answered.visit(ast.parse(file.read_text(encoding="utf-8")))
            if gone := kept.keys() - set(answered.answers):
                raise LookupError(f"{file}: nobody reads {', '.join(sorted(gone))}")
            if answered.answers:
                file.write_text(ast.unparse(ast.fix_missing_locations(tree)), encoding="utf-8")
                count += len(answered.answers)
    return count


def instructions(world: str) -> tuple[int, str]:
    """How many instructions the interpreter carries out for all jobs of a world, and the digest of its facts."""
    jobs, make = WORLDS[world]
    scenario, counted = make(jobs), dict[CodeType, int]()

    def inside(frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
        if event == "opcode":
            counted[frame.f_code] = counted.get(frame.f_code, 0) + 1
        return inside

    def entered(frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return inside

    sys.settrace(entered)
    try:
        run = simulate(scenario)
    finally:
        sys.settrace(None)
    told = repr((run.facts.rows, list(run.facts.texts)))
    return sum(counted.values()), sha256(told.encode()).hexdigest()


def _elsewhere(world: str, source: Path) -> tuple[int, str]:
    """The same in a process of its own, with the package from ``source``."""
    path = os.pathsep.join((str(source), str(SOURCE.parent)))
    command = [sys.executable, "-m", "benchmarks.release_cost", "--count", world]
    answer = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=True)
    number, digest = answer.stdout.split()
    return int(number), digest


def table(worlds: Iterable[str], copy: Path) -> list[str]:
    """A line per world. Raises RuntimeError where the copy decides otherwise."""
    lines = [f"{'world':<24}{'a job':>10}{'answered':>10}{'cost':>8}"]
    for world in worlds:
        (asked, digest), (answered, other) = _elsewhere(world, SOURCE), _elsewhere(world, copy)
        if digest != other:
            raise RuntimeError(f"{world}: the copy decides otherwise")
        jobs, _ = WORLDS[world]
        lines.append(f"{world:<24}{asked / jobs:>10,.0f}{answered / jobs:>10,.0f}{asked / answered - 1:>8.2%}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("worlds", nargs="*", help="only worlds whose name contains one of these")
    parser.add_argument("--count", metavar="WORLD", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.count:
        print(*instructions(chosen.count))
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "sim"
        print(f"{answered_copy(copy)} questions after the release")
        wanted = [name for name in WORLDS if not chosen.worlds or any(word in name for word in chosen.worlds)]
        print("\n".join(table(wanted, copy)))


if __name__ == "__main__":
    main()
