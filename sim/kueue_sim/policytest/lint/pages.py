"""The documentation page of each rule, made of the rule's own text.

``python -m kueue_sim.policytest.lint.pages docs/rules`` writes them.
"""

import re
import sys
from pathlib import Path

from kueue_sim.policytest.lint import RULES, Rule

_RULE_REFERENCE = re.compile(r"\s*\(rules? R[^)]*\)")
"""References to the rules that the simulator implements mean nothing to its users."""
_WORDS = {"error": "does not work", "warning": "hardly does what was meant", "note": "worth knowing"}


def page(rule: Rule) -> str:
    """One page: number and name, severity, what the rule finds, why it matters, what helps."""
    what, *why, helps = _RULE_REFERENCE.sub("", rule.text).split("\n\n")
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
