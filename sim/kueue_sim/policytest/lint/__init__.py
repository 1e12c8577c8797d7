"""``kueue-sim check``: what is allowed and hardly meant. Rules by kind; their numbers never change."""

from collections.abc import Sequence

from kueue_sim.errors import Place
from kueue_sim.inputs.loading import Loaded
from kueue_sim.policytest.lint import effects, hyperpod, matching, placing, quota, references, topology, work
from kueue_sim.policytest.lint.findings import RULES, SEVERITIES, Finding, Rule, Severity
from kueue_sim.policytest.lint.inspected import Inspected


def lint(loaded: Loaded, rules: Sequence[Rule] | None = None) -> list[Finding]:
    """Everything the rules (all of them when None) find in a scenario, in order of place, then of rule."""
    world = Inspected(loaded)
    found = [
        Finding(one, message, place)
        for one in (RULES.values() if rules is None else rules)
        for message, place in one.check(world)
    ]
    nowhere = Place("", 0, 0)
    return sorted(dict.fromkeys(found), key=lambda one: (one.place or nowhere, one.rule.number, one.message))


__all__ = [
    "RULES", "SEVERITIES", "Finding", "Rule", "Severity", "effects", "hyperpod", "lint", "matching",
    "placing", "quota", "references", "topology", "work",
]  # fmt: skip
