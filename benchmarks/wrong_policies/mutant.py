"""One wrong change of the policy."""

from dataclasses import dataclass
from pathlib import Path

POLICY = Path(__file__).parents[2] / "sim" / "kueue_sim" / "policy"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong change of one file. ``source`` is the whole file after it."""

    name: str
    file: str
    line: int
    source: str
