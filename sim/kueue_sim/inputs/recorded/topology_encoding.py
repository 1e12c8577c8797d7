"""Where are the pods of an admission? Kueue's encodings of topology assignments, read."""

from collections.abc import Mapping
from typing import Any


def domains_of(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Levels and domains with their pods: of the compact encoding (``slices``), or of the older one (``domains``)."""
    if "slices" not in raw:
        domains = [{"values": list(one["values"]), "pods": one["count"]} for one in raw.get("domains") or ()]
        return {"levels": list(raw["levels"]), "domains": domains}
    domains = []
    for part in raw["slices"]:
        size = part["domainCount"]
        columns = [_column(level, size) for level in part["valuesPerLevel"]]
        counts = part["podCounts"]
        numbers = counts.get("individual") or [counts["universal"]] * size
        domains += [{"values": [column[i] for column in columns], "pods": numbers[i]} for i in range(size)]
    return {"levels": list(raw["levels"]), "domains": domains}


def _column(level: Mapping[str, Any], size: int) -> list[str]:
    if "universal" in level:
        return [str(level["universal"])] * size
    individual = level["individual"]
    prefix, suffix = individual.get("prefix") or "", individual.get("suffix") or ""
    return [f"{prefix}{root}{suffix}" for root in individual["roots"]]
