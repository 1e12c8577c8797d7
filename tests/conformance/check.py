"""How often does the simulator decide as Kueue did? ``python tests/conformance/check.py FILE…``

Takes files in the two formats of the conformance data (``.jsonl`` cases and ``.jsonl.gz`` runs, either may be
compressed), runs them through the policy and the engine as everything else, and prints agree / total per suite
and family, then the first differing decision of each disagreement. Exit code 1 when anything disagrees.
"""

import argparse
import gzip
import json
import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.conformance import cases
from tests.conformance.difference import Difference
from tests.conformance.runs import compare_run

CHECKS = {"cycle": cases.run_cycle, "targets": cases.run_targets, "placement": cases.run_placement}
BATCH = 8
"""Lines handed to a process at once."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``difference`` None: every decision of the case agrees."""

    group: str
    id: str
    difference: Difference | None


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
    return Verdict(case.get("suite", group), identity, difference)


def _judge_batch(batch: list[tuple[str, str]]) -> list[Verdict]:
    return [judge(group, line) for group, line in batch]


def _batches(paths: Iterable[Path]) -> Iterator[list[tuple[str, str]]]:
    batch: list[tuple[str, str]] = []
    for path in paths:
        group = path.name.removesuffix(".gz").removesuffix(".jsonl")
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
    """A line per suite or family, the total, and what differs."""
    groups: dict[str, list[bool]] = {}
    for verdict in verdicts:
        groups.setdefault(verdict.group, []).append(verdict.difference is None)
    groups["total"] = [verdict.difference is None for verdict in verdicts]
    width = max(map(len, groups))
    out = [f"{'suite or family':<{max(width, 15)}}  agree / total"]
    out += [f"{name:<{max(width, 15)}}  {sum(agree):>5} / {len(agree)}" for name, agree in groups.items()]
    for verdict in verdicts:
        if verdict.difference is not None:
            out += ["", f"{verdict.id}: {verdict.difference}"]
    return "\n".join(out)


def json_report(verdicts: list[Verdict]) -> str:
    """The same for programs."""
    groups: dict[str, dict[str, int]] = {}
    for verdict in verdicts:
        counts = groups.setdefault(verdict.group, {"agree": 0, "total": 0})
        counts["total"] += 1
        counts["agree"] += verdict.difference is None
    differences = [
        {"id": verdict.id, "group": verdict.group, **verdict.difference.as_dict()}
        for verdict in verdicts
        if verdict.difference is not None
    ]
    total = {"agree": sum(v.difference is None for v in verdicts), "total": len(verdicts)}
    return json.dumps({"total": total, "groups": groups, "differences": differences}, indent=2)


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
    return int(any(verdict.difference is not None for verdict in verdicts))


if __name__ == "__main__":
    sys.exit(main())
