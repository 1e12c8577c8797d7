"""Which release of Kueue is simulated, and which feature gates does that release know?"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kueue_sim.model import Settings, gate_defaults, has_since, patch_of


def line_of(version: str) -> tuple[int, int]:
    """The release line of a version: (0, 13) of 0.13.5."""
    return 0, patch_of(version)[0]


def is_at_least(settings: Settings, line: str) -> bool:
    """Whether the simulated release is of this line or a newer one."""
    return has_since(settings.version, f"{line}.0")


@dataclass(frozen=True, slots=True)
class Gates:
    """Every feature gate of a release: what the user set, else the default."""

    version: str
    given: Mapping[str, bool] = field(default_factory=dict)

    @property
    def known(self) -> Mapping[str, bool]:
        """The gates there are, with their defaults."""
        return gate_defaults(self.version)

    def on(self, name: str) -> bool:
        """Whether a gate is on; a gate the release does not have is off."""
        return self.given.get(name, self.known.get(name, False))
