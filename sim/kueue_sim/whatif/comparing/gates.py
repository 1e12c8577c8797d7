"""Does the evidence say that a variant breaks a limit, or that it keeps one? For pipelines that must not guess.

A gate is judged by the interval of what it is about: for a change in proportion that is variant minus (1 + limit) times
base, pair by pair, so that the base's own uncertainty counts as well. *Broken*: the condition holds at the comparison's
confidence, one-sided. *Kept* is the other burden of proof (non-inferiority): only what is shown to hold passes.
"""

from dataclasses import dataclass
from typing import Literal

from kueue_sim.results.metrics.conditions import Bound
from kueue_sim.whatif.comparing.statistics import Difference

Evidence = Literal["holds", "fails", "open"]
"""The condition holds, or does not, as far as the level asks; *open*: the figures cannot tell."""
_SAID = {"holds": "shown", "fails": "shown not to hold", "open": "not shown"}


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition on a variant. ``required``: it must be shown to hold; else it must not be shown to hold."""

    bound: Bound
    required: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """What the evidence says about one gate and one variant; ``passed`` is what a pipeline asks. ``caveat`` is what the
    figures leave out, "" where nothing."""

    gate: Gate
    variant: str
    evidence: Evidence
    text: str
    caveat: str = ""

    @property
    def passed(self) -> bool:
        """Whether a pipeline may go on: what is required needs evidence for it, a bound none that it is broken."""
        return self.evidence == "holds" if self.gate.required else self.evidence != "holds"

    @property
    def said(self) -> str:
        """What the evidence says, and what the figures leave out."""
        return f"{_SAID[self.evidence]}: {self.caveat}" if self.caveat else _SAID[self.evidence]


def line(bound: Bound) -> tuple[float, float]:
    """Factor and summand that turn a value of the base into the limit of a condition."""
    if bound.change == "relative":
        return 1.0 + bound.limit, 0.0
    return (1.0 if bound.change == "absolute" else 0.0), bound.limit


def evidence(bound: Bound, found: Difference | None) -> Evidence:
    """What the distance of a variant from the limit, positive beyond it, says about the condition."""
    if found is None:
        return "open"
    if found.low is None or found.high is None:
        return "open"
    if bound.operator in (">", ">="):
        return "holds" if found.low > 0 or (bound.operator == ">=" and found.low >= 0) else _open_unless(found.high < 0)
    if bound.operator in ("<", "<="):
        return (
            "holds" if found.high < 0 or (bound.operator == "<=" and found.high <= 0) else _open_unless(found.low > 0)
        )
    apart = found.low > 0 or found.high < 0
    same = found.low == found.high == 0
    told = apart if bound.operator == "!=" else same
    return "holds" if told else _open_unless(same if bound.operator == "!=" else apart)


def _open_unless(refuted: bool) -> Evidence:
    return "fails" if refuted else "open"
