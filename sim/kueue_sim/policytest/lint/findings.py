"""What the rules of ``kueue-sim check`` find, and the register of the rules themselves."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from kueue_sim.errors import Place
from kueue_sim.policytest.lint.inspected import Inspected

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""Worst first. An error does not work, a warning hardly does what was meant, a note is worth knowing."""

Found = tuple[str, Place | None]
"""What a rule yields: a message, and where the thing stands that it is about."""
Check = Callable[[Inspected], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Its number never changes; ``text`` is its page: what it finds, why it matters, what helps."""

    number: str
    name: str
    severity: Severity
    check: Check
    text: str

    @property
    def summary(self) -> str:
        """The first sentence of the page."""
        return self.text.split("\n\n")[0].replace("\n", " ")


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a rule applies."""

    rule: Rule
    message: str
    place: Place | None

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.rule.severity} {self.rule.number} {self.rule.name}: {self.message}"


RULES: dict[str, Rule] = {}
"""All rules by number; filled when the modules of rules are imported."""


def rule(number: str, name: str, severity: Severity) -> Callable[[Check], Check]:
    """Register a check as a rule; its docstring becomes the rule's page."""

    def register(check: Check) -> Check:
        assert number not in RULES, f"two rules {number}"
        lines = (check.__doc__ or "").strip().splitlines()
        text = "\n".join(line[4:] if line.startswith("    ") else line for line in lines)
        RULES[number] = Rule(number, name, severity, check, text)
        return check

    return register
