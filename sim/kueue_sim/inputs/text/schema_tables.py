"""How does the format of scenario files read for people? One Markdown table per section."""

from kueue_sim.inputs.text.schema import DISTRIBUTION, PLACEMENT, RHYTHM, SCENARIO, SECTIONS, TIMING
from kueue_sim.inputs.text.schema_present import Table

_WORDS = {
    "int": "whole number",
    "bool": "true or false",
    "labels": "mapping of texts",
    "quantities": "mapping of quantities",
    "object": "mapping",
    "value": "value",
    "ready": "duration, never or list",
    "ago": "duration or instant",
}


def markdown_tables() -> str:
    """All sections with their fields, types and meanings."""
    sections: dict[str, Table] = {"scenario": SCENARIO, **SECTIONS}
    sections |= {"timing": TIMING, "placement": PLACEMENT, "rhythm": RHYTHM, "distribution": DISTRIBUTION}
    return "\n".join(_section(name, table) for name, table in sections.items())


def _section(name: str, table: Table) -> str:
    rows = [f"| `{key}` | {_type(kind)} | {_cell(text)} |" for key, (kind, text) in table.items()]
    return "\n".join([f"### {name}", "", "| field | type | meaning |", "|---|---|---|", *rows, ""])


def _type(kind: str) -> str:
    if kind.endswith(" distribution"):
        return f"{_type(kind.removesuffix(' distribution'))} or [distribution](#distribution)"
    if kind.startswith("["):
        return f"list of {_type(kind[1:-1])}"
    if kind.startswith("#"):
        return f"[{kind[1:]}](#{kind[1:].lower()})"
    if kind in ("timing", "placement", "rhythm"):
        return f"word or [{kind}](#{kind})"
    if "|" in kind:
        return " · ".join(f"`{word}`" for word in kind.split("|"))
    return _WORDS.get(kind, kind if kind.islower() and kind.isalpha() else f"`{kind}`")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
