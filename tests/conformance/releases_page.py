"""Page of releases: what each decides differently, and how often the simulator decides as it did.

``python tests/conformance/releases_page.py [REPORT…]`` writes ``docs/releases.md`` from the rules and gates of
``kueue_sim.model``, the counts in ``agreement.csv`` and what differs, in ``differences.csv``. Reports of ``check.py
--format json`` are taken into both before; what was found out of a difference is written there by hand, with the order
of resources that ``drawn_orders.py`` finds.
"""

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from kueue_sim.model import DECISIVE_GATES, LAST_PATCHES, RULES, gate_defaults, release_of

PAGE = Path(__file__).parents[2] / "docs" / "releases.md"
COUNTS = Path(__file__).with_name("agreement.csv")
DIFFERENCES = Path(__file__).with_name("differences.csv")
KEY = ("release", "family", "id")
COLUMNS = ("release", "family", "total", "decisions", "states", "agree", "possible")
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
    """Per release and family: recordings whose decisions agree, of all; in brackets those with the same messages too,
    where these are fewer."""
    told: dict[str, dict[str, str]] = {}
    sums: dict[str, list[int]] = {}
    for row in rows:
        fewer = "" if row["agree"] == row["decisions"] else f" ({row['agree']})"
        told.setdefault(row["family"], {})[row["release"]] = f"{row['decisions']} / {row['total']}{fewer}"
        total = sums.setdefault(row["release"], [0, 0, 0, 0])
        for place, column in enumerate(("decisions", "agree", "total", "possible")):
            total[place] += int(row[column])
    releases = sorted(sums, key=lambda text: [int(part) for part in text.split(".")])
    yield "| family | " + " | ".join(releases) + " |"
    yield "|---|" + "---|" * len(releases)
    for family in sorted(told):
        yield f"| {family} | " + " | ".join(told[family].get(one, "") for one in releases) + " |"
    yield "| **all: decisions** | " + " | ".join(f"{sums[one][0]} / {sums[one][2]}" for one in releases) + " |"
    yield "| **messages as well** | " + " | ".join(f"{sums[one][1]} / {sums[one][2]}" for one in releases) + " |"
    yield (
        "| **as one of the possible runs** | "
        + " | ".join(f"{sums[one][3]} / {sums[one][2]}" for one in releases)
        + " |"
    )


def differences() -> list[dict[str, str]]:
    """The recordings with which something does not agree: what, and what was found out."""
    with DIFFERENCES.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def differences_table(rows: Iterable[dict[str, str]]) -> Iterator[str]:
    """A line per recording with which something does not agree."""
    yield "| recording | first difference | in | drawn order | found out |"
    yield "|---|---|---|---|---|"
    for row in rows:
        told = (f"{row['release']} {row['id']}", row["what"], row["kind"], row["order"], row["found"])
        yield f"| {' | '.join(told)} |"


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
            "flavors, which victims), of all; in brackets those with the same final states and messages too, where",
            "these are fewer. Releases before 0.18.5 and 0.19.1 visit the resources of a request in random order",
            "([V10](kueue/30-versions.md#v10)): what was recorded is one of several runs that they might have made.",
            "The last line counts those that agree to the letter in one of these orders.",
            "",
            *agreement_table(counts()),
            "",
            "Everything that differs in the usual order. The drawn order is the seed with which",
            "`tests/conformance/drawn_orders.py` visits the resources in the order in which Kueue happened to, attempt",
            "by attempt; `check.py` finds it, and a test replays it.",
            "",
            *differences_table(differences()),
            "",
        ]
    )


def take(reports: Iterable[Path]) -> None:
    """The counts and differences of these reports replace what was known of their families."""
    found = {tuple(row[key] for key in KEY): row for row in differences()} if DIFFERENCES.exists() else {}
    known = {(row["release"], row["family"]): row for row in counts()} if COUNTS.exists() else {}
    for report in reports:
        content = json.loads(report.read_text("utf-8"))
        judged = {tuple(group.split("/")) for group in content["groups"]}
        kept = {key: {"order": row["order"], "found": row["found"]} for key, row in found.items()}
        found = {key: row for key, row in found.items() if key[:2] not in judged}
        for one in content["differences"]:
            release, _, family = one["group"].partition("/")
            if family:
                key = (release, family, one["id"])
                named = {**dict(zip(KEY, key, strict=True)), "kind": one["kind"], "what": one["what"]}
                found[key] = {**named, **kept.get(key, _found_out(one["order"]))}
        for group, row in content["groups"].items():
            release, _, family = group.partition("/")
            if family:
                counted = {**row, "agree": row["in_usual_order"], "possible": row["agree"]}
                named = {"release": release, "family": family, **{key: str(counted[key]) for key in COLUMNS[2:]}}
                known[release, family] = named
    _write(COUNTS, COLUMNS, [row for _, row in sorted(known.items())])
    _write(DIFFERENCES, (*KEY, "kind", "what", "order", "found"), [row for _, row in sorted(found.items())])


def _found_out(order: int | None) -> dict[str, str]:
    """What the check itself found out of a difference."""
    if order is None:
        return {"order": "", "found": "not looked into yet"}
    told = "[V10](kueue/30-versions.md#v10): agrees to the letter with the resources in another order"
    return {"order": str(order), "found": told}


def _write(path: Path, columns: Sequence[str], rows: Iterable[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    if sys.argv[1:]:
        take(map(Path, sys.argv[1:]))
    PAGE.write_text(page(), "utf-8")
