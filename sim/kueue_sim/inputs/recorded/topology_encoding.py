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


def what_is_lacking(raw: Mapping[str, Any]) -> str:
    """What an assignment has that is written in full, and this one has not; "" for one that can be read."""
    levels = raw.get("levels")
    if not levels:
        return "a topology assignment has levels"
    for one in raw.get("domains") or () if "slices" not in raw else ():
        if one.get("count") is None or len(one.get("values") or ()) != len(levels):
            return f"every domain has a count, and a value for each of {len(levels)} levels"
    for part in raw.get("slices") or ():
        size, counts = part.get("domainCount"), part.get("podCounts") or {}
        columns = part.get("valuesPerLevel") or ()
        if size is None or len(columns) != len(levels):
            return f"every slice has a domainCount, and valuesPerLevel for each of {len(levels)} levels"
        numbers = counts.get("individual")
        if len(numbers) != size if numbers else counts.get("universal") is None:
            return f"podCounts are one number for all domains, or one for each of {size}"
        if any(level.get("universal") is None and len(_roots(level)) != size for level in columns):
            return f"valuesPerLevel are one value for all domains, or one for each of {size}"
    return ""


def _roots(level: Mapping[str, Any]) -> list[str]:
    return (level.get("individual") or {}).get("roots") or []


def _column(level: Mapping[str, Any], size: int) -> list[str]:
    if level.get("universal") is not None:
        return [str(level["universal"])] * size
    individual = level["individual"]
    prefix, suffix = individual.get("prefix") or "", individual.get("suffix") or ""
    return [f"{prefix}{root}{suffix}" for root in individual["roots"]]
