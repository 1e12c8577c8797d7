"""Which scenario files does an editor accept? The JSON Schema made from the tables of ``schema``."""

from kueue_sim.inputs.text.schema import DISTRIBUTION, PLACEMENT, RHYTHM, SCENARIO, SECTIONS, TIMING
from kueue_sim.inputs.text.schema_present import Table
from kueue_sim.model import PROFILES

Schema = dict[str, object]
_RELEASE: Schema = {"type": ["string", "number"], "pattern": r"^v?(0\.(1\d|20)|1\.\d+)(\.\d+)?$"}
_SIMPLE: dict[str, Schema] = {
    "text": {"type": "string"},
    "int": {"type": "integer"},
    "number": {"type": "number"},
    "bool": {"type": "boolean"},
    "object": {"type": ["object", "string"]},
    "list": {"type": "array"},
    "value": {"type": ["number", "string"]},
    "duration": {
        "anyOf": [
            {"type": "string", "pattern": r"^(\d+(\.\d+)?(ms|s|m|h|d|w))+$"},
            {"type": "number", "minimum": 0},
        ]
    },
    "release": _RELEASE,
    "releases": {"type": "array", "items": _RELEASE, "minItems": 1, "uniqueItems": True},
    "names": {"type": ["string", "array"]},
    "column": {"type": ["string", "object"]},
    "endless": {"type": ["boolean", "object"]},
    "ready": {"type": ["number", "string", "array"]},
    "ago": {"type": ["number", "string"]},
    "quantity": {"type": ["number", "string"]},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    "quantities": {"type": "object", "additionalProperties": {"type": ["number", "string"]}},
}


def scenario_schema() -> Schema:
    """The JSON Schema (draft 2020-12) of a scenario file."""
    definitions = {name: _object(table) for name, table in SECTIONS.items()}
    definitions["distribution"] = {
        **_object(DISTRIBUTION),
        "anyOf": [{"required": [name]} for name in ("distribution", "by", "values", "value")],
    }
    definitions["rhythm"] = {"anyOf": [{"enum": ["workdays"]}, _object(RHYTHM)]}
    definitions["timing"] = {"anyOf": [{"enum": list(PROFILES)}, _object(TIMING)]}
    definitions["placement"] = {"anyOf": [_type(PLACEMENT["policy"][0]), _object(PLACEMENT)]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://kueue-sim/scenario.v1.json",
        "title": "kueue-sim scenario",
        **_object(SCENARIO, ("apiVersion", "kind")),
        "$defs": definitions,
    }


def _object(table: Table, required: tuple[str, ...] = ()) -> Schema:
    properties = {name: {**_type(kind), "description": text} for name, (kind, text) in table.items()}
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = list(required)
    return schema


def _type(kind: str) -> Schema:
    if kind in ("timing", "placement", "rhythm"):
        return _reference(kind)
    if kind.endswith(" distribution"):
        return {"anyOf": [_type(kind.removesuffix(" distribution")), _reference("distribution")]}
    if kind.startswith("[#"):
        return {"type": "array", "items": _reference(kind[2:-1])}
    if kind.startswith("#"):
        return _reference(kind[1:])
    if kind in _SIMPLE:
        return dict(_SIMPLE[kind])
    words: list[object] = list(kind.split("|"))
    if kind == "1.36|classic":
        words.append(1.36)
    return {"enum": words}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}
