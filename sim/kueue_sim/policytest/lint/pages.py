"""The documentation page of each rule, made of the rule's own text.

``python -m kueue_sim.policytest.lint.pages docs/rules`` writes them.
"""

import re
import sys
import textwrap
from pathlib import Path

from kueue_sim.policytest.lint import RULES, Rule

_RULE_OF_KUEUE = re.compile(r"\bR(\d+)\.(\d+)\b")
_CHAPTERS = {
    1: "01-objects",
    2: "02-quota-tree",
    3: "03-queues",
    4: "04-cycle",
    5: "05-flavors",
    6: "06-lifecycle",
    7: "07-admission-fair-sharing",
    10: "10-preemption-classical",
    11: "11-fair-sharing",
    12: "12-issuing-preemption",
    20: "20-topology",
    21: "21-node-placement",
}
"""Pages of the rulebook in docs/kueue, by the number before the dot."""
_WORDS = {"error": "does not work", "warning": "hardly does what was meant", "note": "worth knowing"}


def _linked(number: re.Match[str]) -> str:
    """The number of a rule of Kueue as a link to where the rulebook states it."""
    chapter, place = number.groups()
    return f"[{number[0]}](../kueue/{_CHAPTERS[int(chapter)]}.md#r{chapter}-{place})"


def _paragraph(text: str) -> str:
    """The same words in lines of at most 120 characters; links and code stay whole where they have no blank."""
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


def page(rule: Rule) -> str:
    """One page: number and name, severity, what the rule finds, why it matters, what helps; rules of Kueue as links."""
    what, *why, helps = (_paragraph(text) for text in _RULE_OF_KUEUE.sub(_linked, rule.text).split("\n\n"))
    parts = [f"# {rule.number} {rule.name}", f"Severity: **{rule.severity}** ({_WORDS[rule.severity]}).", what]
    parts += ["## Why it matters", *why, "## What helps", helps]
    return "\n\n".join(parts) + "\n"


def index() -> str:
    """The table of all rules."""
    rows = [
        f"| [{one.number}]({one.number}.md) | {one.name} | {one.severity} | {one.summary} |"
        for _, one in sorted(RULES.items())
    ]
    head = "# Rules of `kueue-sim check`\n\n| rule | name | severity | finds |\n|---|---|---|---|\n"
    return head + "\n".join(rows) + "\n"


def write(folder: Path) -> None:
    """Write all pages and their index."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, one in RULES.items():
        (folder / f"{number}.md").write_text(page(one), encoding="utf-8")
    (folder / "index.md").write_text(index(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
