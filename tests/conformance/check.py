"""How often does the simulator decide as Kueue did? ``python tests/conformance/check.py FILE…``

Takes files in the two formats of the conformance data (``.jsonl`` cases and ``.jsonl.gz`` runs, either may be
compressed), runs them through the policy and the engine as everything else, and prints agree / total per suite,
family and release, then the first difference of each disagreement. What agrees only in part is counted as well: in
all decisions, or in all decisions and final states, but not in the messages. Exit code 1 when anything disagrees.

Releases before 0.18.5 and 0.19.1 visit the resources of a request in random order, so that what was recorded is one of
several runs that the release might have made (V10). Where such a run differs, other orders are tried, and a run that
agrees to the letter in one of them counts as agreeing; it is listed all the same, with what differs in the usual order.
"""

import argparse
import gzip
import json
import os
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from kueue_sim.model import parse_release, release_of
from tests.conformance import cases
from tests.conformance.difference import KINDS, Difference
from tests.conformance.drawn_orders import agreeing_seed
from tests.conformance.runs import compare_run

CHECKS = {"cycle": cases.run_cycle, "targets": cases.run_targets, "placement": cases.run_placement}
BATCH = 8
"""Lines handed to a process at once."""
ORDERS = range(64)
"""Orders of resources that are tried where a release visits them at random."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``difference`` None: every decision of the case agrees. ``order``: the seed of an order of resources in which it
    agrees although it differs in the usual one (V10), None without."""

    group: str
    id: str
    difference: Difference | None
    order: int | None = None

    @property
    def possible(self) -> bool:
        """Whether the run is the recorded one, in the usual order of resources or in another one."""
        return self.difference is None or self.order is not None

    def agrees(self, kind: str = KINDS[-1]) -> bool:
        """Whether everything agrees up to this kind of thing: decisions, then states, then messages."""
        return self.possible or self.in_usual_order(kind)

    def in_usual_order(self, kind: str = KINDS[-1]) -> bool:
        """The same, with resources in the usual order alone."""
        return self.difference is None or KINDS.index(self.difference.kind) > KINDS.index(kind)


def group_of(path: Path) -> str:
    """The suite or family of a file, after the release where it lies in the folder of one."""
    name, folder = path.name.removesuffix(".gz").removesuffix(".jsonl"), path.parent.name
    return f"{folder}/{name}" if re.fullmatch(r"\d+\.\d+(\.\d+)?", folder) else name


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a file, unpacked when it is compressed."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        yield from (line for line in lines if line.strip())


def judge(group: str, line: str) -> Verdict:
    """One case or run against its recording. A crash is a disagreement, with the place where it happened."""
    case = json.loads(line)
    identity = str(case["scenario"]["name"] if "scenario" in case else case["id"])
    try:
        difference = compare_run(case) if "scenario" in case else CHECKS[case["kind"]](case)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        ours = f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
        difference = Difference("the simulator failed", "a decision", ours)
    order = agreeing_seed(case, ORDERS) if difference is not None and _is_drawn(case) else None
    return Verdict(case.get("suite", group), identity, difference, order)


def _is_drawn(case: dict[str, Any]) -> bool:
    """Whether a run was recorded from a release that visits resources in random order (V10)."""
    version = case.get("scenario", {}).get("kueueVersion")
    return version is not None and not release_of(parse_release(version)).sorted_resources


def _judge_batch(batch: list[tuple[str, str]]) -> list[Verdict]:
    return [judge(group, line) for group, line in batch]


def _batches(paths: Iterable[Path]) -> Iterator[list[tuple[str, str]]]:
    batch: list[tuple[str, str]] = []
    for path in paths:
        group = group_of(path)
        for line in lines_of(path):
            batch.append((group, line))
            if len(batch) == BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def check(paths: Iterable[Path], processes: int | None = None) -> list[Verdict]:
    """The verdict on every line, in the order of the files."""
    batches = list(_batches(paths))
    with ProcessPoolExecutor(processes or os.cpu_count()) as pool:
        return [verdict for verdicts in pool.map(_judge_batch, batches) for verdict in verdicts]


def text_report(verdicts: list[Verdict]) -> str:
    """A line per suite or family, one per release, the total, and what differs."""
    groups = grouped(verdicts)
    width = max(15, *map(len, groups))
    out = [f"{'suite or family':<{width}}  agree / total  decisions  states"]
    for name, members in groups.items():
        agree, decided, ended = (sum(one.agrees(kind) for one in members) for kind in reversed(KINDS))
        parts = "" if agree == len(members) else f"  {ended:>9}  {decided:>6}"
        drawn = sum(one.order is not None for one in members)
        told = f"  {drawn} of them in another order of resources (V10)" if drawn else ""
        out.append(f"{name:<{width}}  {agree:>5} / {len(members):<5}{parts}{told}".rstrip())
    for verdict in verdicts:
        if verdict.difference is not None:
            several = (
                "" if verdict.order is None else f"one of several possible runs, as in order {verdict.order}; else "
            )
            out += ["", f"{verdict.group} {verdict.id}: {several}{verdict.difference}"]
    return "\n".join(out)


def grouped(verdicts: list[Verdict]) -> dict[str, list[Verdict]]:
    """The verdicts per suite or family, then per release, then all."""
    groups: dict[str, list[Verdict]] = {}
    releases: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault(verdict.group, []).append(verdict)
        if "/" in verdict.group:
            releases.setdefault(f"all of {verdict.group.split('/')[0]}", []).append(verdict)
    return {**groups, **releases, "total": verdicts}


def json_report(verdicts: list[Verdict]) -> str:
    """The same for programs."""
    groups = {
        name: {"agree": sum(one.possible for one in members), "total": len(members)}
        | {kind: sum(one.in_usual_order(kind) for one in members) for kind in KINDS[:-1]}
        | {"in_usual_order": sum(one.in_usual_order() for one in members)}
        for name, members in grouped(verdicts).items()
    }
    differences = [
        {"id": verdict.id, "group": verdict.group, **verdict.difference.as_dict(), "order": verdict.order}
        for verdict in verdicts
        if verdict.difference is not None
    ]
    return json.dumps({"total": groups.pop("total"), "groups": groups, "differences": differences}, indent=2)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the simulator's decisions with recordings of Kueue's.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="cases (.jsonl) or runs (.jsonl.gz)")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("-j", "--processes", type=int, help="worker processes; all cores when absent")
    arguments = parser.parse_args()
    missing = [path for path in arguments.files if not path.is_file()]
    if missing:
        parser.error(f"no such file: {', '.join(map(str, missing))}")
    others = [path for path in arguments.files if not path.name.endswith((".jsonl", ".jsonl.gz"))]
    if others:
        parser.error(f"neither .jsonl nor .jsonl.gz: {', '.join(map(str, others))}")
    verdicts = check(arguments.files, arguments.processes)
    print(json_report(verdicts) if arguments.format == "json" else text_report(verdicts))
    return int(not all(verdict.possible for verdict in verdicts))


if __name__ == "__main__":
    sys.exit(main())
