"""What an hour of a machine costs, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Prices:
    """Money per hour: of an instance by its type, of one accelerator by the name of its flavor. ``date`` and ``source``
    say when and where the figures were taken."""

    currency: str
    date: str
    source: str
    instances: Mapping[str, float] = field(default_factory=dict)
    accelerators: Mapping[str, float] = field(default_factory=dict)
