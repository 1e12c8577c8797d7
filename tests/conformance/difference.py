"""The first decision in which a replay and the recording of Kueue part ways."""

from dataclasses import asdict, dataclass

KINDS = ("decisions", "states", "messages")
"""What can differ, from the gravest to the mildest; all cases are about decisions."""


@dataclass(frozen=True, slots=True)
class Difference:
    """``what`` was decided differently, and by whom how. ``why``: what the simulator says of its decision."""

    what: str
    kueue: str
    ours: str
    why: str = ""
    kind: str = KINDS[0]

    def __str__(self) -> str:
        return f"{self.what}\n  Kueue: {self.kueue}\n  ours:  {self.ours}" + (
            f"\n  why:   {self.why}" if self.why else ""
        )

    def as_dict(self) -> dict[str, str]:
        return asdict(self)
