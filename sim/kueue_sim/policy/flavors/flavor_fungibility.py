"""Which of two flavors serves better: by mode, by how far it borrows, in which order of the two (R5.25, V6–V8, V35)."""

from dataclasses import dataclass
from typing import Final, Literal

from kueue_sim.model import FlavorFungibility, Settings

FlavorMode = Literal[0, 1, 2, 3, 4]
NO_FLAVOR: Final = 0
NO_CANDIDATES: Final = 1
PREEMPT_OWN: Final = 2
RECLAIM: Final = 3
FITS: Final = 4
"""How well one flavor serves, from worst to best (R5.23–R5.24)."""
Rank = tuple[int, int]
"""Mode and borrowing level."""


@dataclass(frozen=True, slots=True)
class FlavorPreference:
    """``useless_last``: a flavor in which nobody may be evicted ranks below every usable one. ``by_distance``: it
    matters how far a flavor borrows, not only whether it does; ``by_mode_alone``: not even that. ``configured``: queues
    may say what they prefer, and mean it if ``as_named`` (V35); ``implied``: of the others, those that try the next
    flavor rather than borrow prefer preemption."""

    useless_last: bool
    by_distance: bool
    by_mode_alone: bool
    configured: bool
    as_named: bool
    implied: bool

    def better(self, a: Rank, b: Rank, rules: FlavorFungibility) -> bool:
        """Whether ``a`` is strictly better than ``b``. Implements R5.25."""
        if a[0] == NO_FLAVOR:
            return False
        if b[0] == NO_FLAVOR:
            return True
        if self.useless_last and (a[0] == NO_CANDIDATES) != (b[0] == NO_CANDIDATES):
            return b[0] == NO_CANDIDATES
        if self.by_mode_alone:
            return a[0] > b[0]
        one, other = (a[1], b[1]) if self.by_distance else (int(a[1] > 0), int(b[1] > 0))
        if self._level_first(rules):
            return (one, -a[0]) < (other, -b[0])
        return (-a[0], one) < (-b[0], other)

    def _level_first(self, rules: FlavorFungibility) -> bool:
        if self.configured and rules.preference is not None:
            return (rules.preference == "PreemptionOverBorrowing") is self.as_named
        return self.implied and rules.when_can_borrow == "TryNextFlavor"

    def worse(self, a: Rank, b: Rank, rules: FlavorFungibility) -> Rank:
        """The rank of a flavor that serves one resource as ``a`` and another as ``b`` (R5.26)."""
        if self.by_mode_alone:
            return min(a[0], b[0]), max(a[1], b[1])
        return b if self.better(a, b, rules) else a


def flavor_preference(settings: Settings) -> FlavorPreference:
    """How the release of Kueue compares flavors."""
    release = settings.release
    return FlavorPreference(
        useless_last=release.useless_flavors_last,
        by_distance=release.borrowing_distance,
        by_mode_alone=not release.level_after_preemption,
        configured=release.flavor_preference,
        as_named=release.preference_as_named,
        implied=settings.gate("FlavorFungibilityImplicitPreferenceDefault"),
    )


def goes_on(rank: tuple[int, int], fungibility: FlavorFungibility) -> bool:
    """Whether the scan looks at the next flavor. Implements R5.30."""
    mode, level = rank
    if mode <= NO_CANDIDATES:
        return True
    if mode < FITS and fungibility.when_can_preempt == "TryNextFlavor":
        return True
    return level > 0 and fungibility.when_can_borrow == "TryNextFlavor"
