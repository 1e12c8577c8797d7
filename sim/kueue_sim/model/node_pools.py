"""Pools whose number of nodes follows the work."""

from dataclasses import dataclass

from kueue_sim.model.objects import Node


@dataclass(frozen=True, slots=True)
class AutoscaledPool:
    """A pool of equal nodes that an autoscaler adds and removes.

    ``nodes`` are all it may ever have, in the order in which they come; ``minimum`` of them stay. A node is there
    ``delay_ms`` after it was asked for, and goes when it was empty for ``idle_ms``. ``ordered`` are nodes on their way
    when the scenario begins with when they come, ``empty`` nodes without pods with since when (not above 0).
    """

    name: str
    nodes: tuple[Node, ...]
    minimum: int = 0
    delay_ms: int = 0
    idle_ms: int = 600_000
    ordered: tuple[tuple[str, int], ...] = ()
    empty: tuple[tuple[str, int], ...] = ()
