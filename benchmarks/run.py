"""Measure the simulator: every suite beside the floor, decisions checked, one table of ratios.

    python benchmarks/run.py [--quick] [--format json] [--compare OLD.json] [NAME …]

Times differ from machine to machine: compare ratios. A suite whose average wait is not the expected one fails the
whole run, however fast it was. Suites run one at a time, each in a process of its own.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measure import LAB, Measured, in_process, whole_command
from benchmarks.suites import Suite, Target, all_suites

LAB_NAME, LAB_SECONDS = "lab, whole command", 0.7
COLUMNS = (
    "suite",
    "jobs",
    "load s",
    "run s",
    "x floor",
    "jobs/s",
    "facts/s",
    "cycles",
    "peak MB",
    "avg wait",
    "target",
)
WIDTHS = (26, 9, 7, 8, 8, 9, 9, 9, 8, 11, 0)


def main() -> int:
    """Exit code 1 when a figure is not the expected one, 0 otherwise; missed targets are shown, not punished."""
    options = _options()
    wanted = [suite for suite in all_suites() if _is_wanted(suite, options)]
    old = _read(options.compare) if options.compare else {}
    measured: dict[str, Measured] = {}
    lines: list[list[str]] = [list(COLUMNS)]
    for suite in wanted:
        if suite.needs is not None and not suite.needs.exists():
            print(f"{suite.name}: not measured, {suite.needs} is not here", file=sys.stderr)
            continue
        print(f"{suite.name} …", file=sys.stderr, flush=True)
        measured[suite.name] = in_process(suite.name)
        lines.append(row_of(measured[suite.name], suite.target, measured))
    lab_s = whole_command() if not options.names and LAB.exists() else None
    if options.format == "json":
        print(json.dumps({"suites": [_plain(one) for one in measured.values()], "lab_s": lab_s}, indent=1))
    else:
        print(table(lines))
        if lab_s is not None:
            print(f"{LAB_NAME}: {lab_s:.2f} s{verdict(lab_s <= LAB_SECONDS, f'at most {LAB_SECONDS} s')}")
        for text in changes(old, measured.values()):
            print(text)
    wrong = [one for one in measured.values() if not one.correct]
    for one in wrong:
        print(f"{one.name}: average wait {one.figure}, expected {one.expected}", file=sys.stderr)
    return 1 if wrong else 0


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="only suites whose name contains one of these")
    parser.add_argument("--quick", action="store_true", help="only the short suites, under a minute")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--compare", type=Path, metavar="OLD.json", help="ratios against an earlier --format json")
    return parser.parse_args()


def _is_wanted(suite: Suite, options: Namespace) -> bool:
    named = not options.names or any(name in suite.name for name in options.names)
    return named and (suite.quick or not options.quick)


def row_of(one: Measured, target: Target, all_measured: Mapping[str, Measured]) -> list[str]:
    """The cells of a suite's line."""
    return [
        one.name,
        f"{one.jobs:,}",
        f"{one.load_s:.2f}",
        f"{one.simulate_s:.2f}",
        f"{one.times_floor:.1f}",
        f"{one.jobs / one.simulate_s:,.0f}",
        f"{one.facts / one.simulate_s:,.0f}",
        f"{one.cycles:,}",
        f"{one.peak_mb:,.0f}",
        one.figure if one.correct else f"{one.figure}!",
        "; ".join(target_texts(one, target, all_measured)),
    ]


def target_texts(one: Measured, target: Target, all_measured: Mapping[str, Measured]) -> Iterable[str]:
    """What must be reached, what was reached, and whether that is enough."""
    if target.times_floor is not None:
        yield f"≤ {target.times_floor:g} x floor{verdict(one.times_floor <= target.times_floor)}"
    if target.per_job_of is not None and target.per_job_of[0] in all_measured:
        other = all_measured[target.per_job_of[0]]
        ratio = (one.simulate_s / one.jobs) / (other.simulate_s / other.jobs)
        limit = target.per_job_of[1]
        yield f"{ratio:.2f} x the cost per job of {other.name}{verdict(ratio <= limit, f'≤ {limit:g}')}"
    if target.wall_s is not None and target.faster is not None:
        faster = target.wall_s / one.simulate_s
        yield f"{faster:.0f} x faster than Kueue{verdict(faster >= target.faster, f'≥ {target.faster:g}')}"
    if target.seconds is not None:
        yield f"≤ {target.seconds:g} s{verdict(one.simulate_s <= target.seconds)}"
    if target.peak_mb is not None:
        yield f"≤ {target.peak_mb:,.0f} MB{verdict(one.peak_mb <= target.peak_mb)}"


def verdict(reached: bool, limit: str = "") -> str:
    """`` (≤ 10: reached)`` or `` (MISSED)``."""
    word = "reached" if reached else "MISSED"
    return f" ({limit}: {word})" if limit else f" ({word})"


def table(lines: Sequence[Sequence[str]]) -> str:
    """Columns aligned, numbers to the right."""
    return "\n".join(
        "  ".join(
            cell.ljust(width) if index in (0, len(cells) - 1) else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True))
        ).rstrip()
        for cells in lines
    )


def changes(old: Mapping[str, Measured], new: Iterable[Measured]) -> Iterable[str]:
    """One line per suite that was measured before: how its ratio to the floor changed."""
    for one in new:
        before = old.get(one.name)
        if before is not None:
            change = one.times_floor / before.times_floor - 1
            yield f"{one.name}: {before.times_floor:.1f} -> {one.times_floor:.1f} x floor ({change:+.0%})"


def _plain(one: Measured) -> dict[str, object]:
    return {**asdict(one), "times_floor": round(one.times_floor, 2), "correct": one.correct}


def _read(path: Path) -> dict[str, Measured]:
    known = set(Measured.__dataclass_fields__)
    rows = json.loads(path.read_text(encoding="utf-8"))["suites"]
    return {row["name"]: Measured(**{key: row[key] for key in known}) for row in rows}


if __name__ == "__main__":
    raise SystemExit(main())
