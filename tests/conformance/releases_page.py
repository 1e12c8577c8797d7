"""Page of releases: what each decides differently, and how often the simulator decides as it did.

``python tests/conformance/releases_page.py [REPORT…]`` writes ``docs/releases.md`` from the rules and gates of
``kueue_sim.model`` and the counts in ``agreement.csv``. Reports of ``check.py --format json`` are taken into the counts
before.
"""

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from kueue_sim.model import DECISIVE_GATES, LAST_PATCHES, RULES, gate_defaults, release_of

PAGE = Path(__file__).parents[2] / "docs" / "releases.md"
COUNTS = Path(__file__).with_name("agreement.csv")
COLUMNS = ("release", "family", "total", "decisions", "states", "agree")
LINES = tuple(f"0.{line}" for line in LAST_PATCHES)
INTRODUCTION = """# Releases of Kueue

`kueue.version` of a scenario takes any patch of 0.10 to 0.20: `0.16.4`, `v0.18` (its newest patch), or the version of
HyperPod's add-on. The simulator then decides by the rules, the defaults of feature gates and the messages of that
release. [`kueue-sim upgrade`](what-if.md#upgrade) plays a scenario under two releases and says which of these rules
matters to it.

This page is made from the tables the simulator decides by: `python tests/conformance/releases_page.py`.
"""


def rules_table() -> Iterator[str]:
    """Each rule without a gate: the lines whose newest patch has it, and the first patch of each line."""
    yield "| rule | what newer releases do | since | " + " | ".join(LINES) + " |"
    yield "|---|---|---|" + "---|" * len(LINES)
    for name, rule in sorted(RULES.items(), key=lambda item: int(item[1]["number"][1:])):
        number = rule["number"]
        has = ("✓" if getattr(release_of(line), name) else "" for line in LINES)
        since = ", ".join(rule["since"])
        yield f"| [{number}](kueue/30-versions.md#{number.lower()}) | {rule['told']} | {since} | {' | '.join(has)} |"


def gates_table() -> Iterator[str]:
    """The default of each decisive gate, where it is not the same in all releases."""
    yield "| feature gate | " + " | ".join(LINES) + " |"
    yield "|---|" + "---|" * len(LINES)
    words = {True: "on", False: "off", None: ""}
    for name in sorted(DECISIVE_GATES):
        shown = [words[gate_defaults(line).get(name)] for line in LINES]
        if len(set(shown)) > 1:
            yield f"| {name} | {' | '.join(shown)} |"


def counts() -> list[dict[str, str]]:
    """What is known of the agreement: per release and family the recordings, and in what we agree."""
    with COUNTS.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def agreement_table(rows: Iterable[dict[str, str]]) -> Iterator[str]:
    """Per release and family: recordings whose decisions agree, of all."""
    told: dict[str, dict[str, str]] = {}
    sums: dict[str, list[int]] = {}
    for row in rows:
        told.setdefault(row["family"], {})[row["release"]] = f"{row['decisions']} / {row['total']}"
        total = sums.setdefault(row["release"], [0, 0, 0])
        for place, column in enumerate(("decisions", "agree", "total")):
            total[place] += int(row[column])
    releases = sorted(sums, key=lambda text: [int(part) for part in text.split(".")])
    yield "| family | " + " | ".join(releases) + " |"
    yield "|---|" + "---|" * len(releases)
    for family in sorted(told):
        yield f"| {family} | " + " | ".join(told[family].get(one, "") for one in releases) + " |"
    yield "| **all: decisions** | " + " | ".join(f"{sums[one][0]} / {sums[one][2]}" for one in releases) + " |"
    yield "| **messages as well** | " + " | ".join(f"{sums[one][1]} / {sums[one][2]}" for one in releases) + " |"


def page() -> str:
    """The whole page."""
    return "\n".join(
        [
            INTRODUCTION,
            "## Rules",
            "",
            "✓: the newest patch of the line decides so. What releases without it do is told under its number.",
            "",
            *rules_table(),
            "",
            "## Feature gates",
            "",
            "Defaults in the newest patch of each line, of gates that decide something and were not always the same.",
            "",
            *gates_table(),
            "",
            "## How exactly",
            "",
            "Recordings of real Kueue of each release, replayed: those with the same decisions (who, when, which",
            "flavors, which victims), of all. Last row: those with the same messages too. Where messages alone differ,",
            "the release visits the resources of a request in random order ([V10](kueue/30-versions.md#v10)).",
            "",
            *agreement_table(counts()),
            "",
        ]
    )


def take(reports: Iterable[Path]) -> None:
    """The counts of these reports replace what was known of their families."""
    known = {(row["release"], row["family"]): row for row in counts()} if COUNTS.exists() else {}
    for report in reports:
        for group, row in json.loads(report.read_text("utf-8"))["groups"].items():
            release, _, family = group.partition("/")
            if family:
                named = {"release": release, "family": family, **{key: str(row[key]) for key in COLUMNS[2:]}}
                known[release, family] = named
    with COUNTS.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for _, row in sorted(known.items()))


if __name__ == "__main__":
    if sys.argv[1:]:
        take(map(Path, sys.argv[1:]))
    PAGE.write_text(page(), "utf-8")
