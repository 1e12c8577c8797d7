"""Kueue's compact encoding of topology assignments, read."""

from collections.abc import Mapping
from typing import Any

from kueue_sim.model import TopologyAssignment, TopologyDomain


def decoded(raw: Mapping[str, Any]) -> TopologyAssignment:
    """An assignment as it stands in a Workload's status."""
    domains: list[TopologyDomain] = []
    for part in raw["slices"]:
        size = part["domainCount"]
        columns = [_column(level, size) for level in part["valuesPerLevel"]]
        counts = part["podCounts"]
        numbers = counts.get("individual") or [counts["universal"]] * size
        domains += [TopologyDomain(tuple(column[i] for column in columns), numbers[i]) for i in range(size)]
    return TopologyAssignment(tuple(raw["levels"]), tuple(domains))


def _column(level: Mapping[str, Any], size: int) -> list[str]:
    if "universal" in level:
        return [level["universal"]] * size
    individual = level["individual"]
    prefix, suffix = individual.get("prefix") or "", individual.get("suffix") or ""
    return [prefix + root + suffix for root in individual["roots"]]
