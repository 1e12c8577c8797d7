"""The AWS CLI's shorthand syntax, with its quirks: every scalar a string, errors where the CLI has them."""

import json
from pathlib import Path
from typing import Any

import pytest

from kueue_sim.inputs.hyperpod.shorthand import DuplicateKeyError, ShorthandSyntaxError, parse_shorthand

RECORDED = Path(__file__).parents[4] / "shared" / "hyperpod" / "shorthand_vectors.json"

OWN: list[dict[str, Any]] = [
    {
        "input": "ComputeQuotaResources=[{InstanceType=ml.p5.48xlarge,Accelerators=4}],PreemptTeamTasks=Never",
        "parsed": {
            "ComputeQuotaResources": [{"InstanceType": "ml.p5.48xlarge", "Accelerators": "4"}],
            "PreemptTeamTasks": "Never",
        },
    },
    {"input": "TeamName=red,FairShareWeight=7", "parsed": {"TeamName": "red", "FairShareWeight": "7"}},
    {"input": "TeamName=red FairShareWeight=7", "parsed": {"TeamName": "red FairShareWeight=7"}},
    {"input": "a=1,2,b=3", "parsed": {"a": ["1", "2"], "b": "3"}},
    {"input": "a = { b = [ 1 , 2 , ] }", "parsed": {"a": {"b": ["1", "2"]}}},
    {"input": "a={b=1,b=2}", "parsed": {"a": {"b": "2"}}},
    {"input": r"a=x\,y,b='it\'s'", "parsed": {"a": "x,y", "b": "it's"}},
    {"input": "a=", "parsed": {"a": ""}},
    {"input": "a=1,", "error": "ShorthandParseSyntaxError", "expected": "<second>", "actual": "<none>"},
    {"input": "a={b=1} c=2", "error": "ShorthandParseSyntaxError", "expected": ",", "actual": "c"},
    {"input": "a=1,a=2", "error": "DuplicateKeyInObjectError", "key": "a"},
]


def outcome(text: str) -> dict[str, Any]:
    try:
        return {"input": text, "parsed": parse_shorthand(text)}
    except ShorthandSyntaxError as error:
        found = {"expected": error.expected, "actual": error.actual}
        return {"input": text, "error": "ShorthandParseSyntaxError", **found}
    except DuplicateKeyError as error:
        return {"input": text, "error": "DuplicateKeyInObjectError", "key": error.key}


@pytest.mark.parametrize("case", OWN, ids=lambda case: case["input"])
def test_the_grammar_is_that_of_the_command_line(case: dict[str, Any]) -> None:
    assert outcome(case["input"]) == case


@pytest.mark.skipif(
    not RECORDED.is_file(), reason="the recorded vectors (../shared/hyperpod) are not beside this checkout"
)
def test_all_recorded_inputs_parse_as_the_command_line_parses_them() -> None:
    cases = json.loads(RECORDED.read_text(encoding="utf-8"))["cases"]
    assert [outcome(case["input"]) for case in cases] == cases
