"""Whatever stands in a file: it loads, or every mistake is reported; nothing else ever happens."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_dict, scenario_from_text
from kueue_sim.inputs.text.field import Report
from kueue_sim.inputs.text.yamltext import read_yaml

EVERYTHING = yaml.safe_load((Path(__file__).parent / "data" / "everything.yaml").read_text(encoding="utf-8"))
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["1h", "-1", "1e400", "10Gi", "a/b", "nvidia.com/gpu", "2026-01-01", "file://x", "<<", "$A"]),
    st.recursive(
        st.one_of(st.none(), st.integers(-3, 3), st.sampled_from(["name", "x"])),
        lambda inner: (
            st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "kind", "a"]), inner, max_size=2)
        ),
        max_leaves=4,
    ),
)


COMMAND_PARTS = [
    *("aws ", "sagemaker ", "create-compute-quota ", "update-compute-quota ", "create-cluster-scheduler-config "),
    *("--name ", "--name=", "--compute-quota-config ", "--compute-quota-target ", "--scheduler-config ", "--tags "),
    *("--cli-input-json ", "--region ", "--target-version ", "file://x ", "$A ", "${B", "$(", "<a b> ", "\\\n", "\n"),
    *("'", '"', "{}", "[]", "{", "[1", "a=b ", "a=", ",", "TeamName=t ", "FairShare=Enabled ", "# x\n", "\\", "--"),
    *("ComputeQuotaResources=[{InstanceType=ml.g5.xlarge,Count=1}] ", "PriorityClasses=[{Name=a,Weight=1}] ", "A=b\n"),
]


def paths(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from paths(child, (*path, key))


PATHS = list(paths(EVERYTHING))


def replaced(path: tuple[Any, ...], value: object) -> dict[str, Any]:
    document = deepcopy(EVERYTHING)
    current: Any = document
    for step in path[:-1]:
        current = current[step]
    current[path[-1]] = value
    return document


def test_the_document_with_most_fields_loads() -> None:
    scenario = scenario_from_dict(EVERYTHING)
    assert (len(list(scenario.workloads)), len(scenario.timeline)) == (13, 10)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PATHS), JUNK)
@example(("policy", "hyperpod", "clusterSchedulerConfig", "PriorityClasses", 0, "Name"), [])
def test_any_value_in_any_place_is_accepted_or_reported(path: tuple[Any, ...], value: object) -> None:
    try:
        scenario_from_dict(replaced(path, value))
    except InputError as error:
        assert error.mistakes


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab:-[]{}#&*!|>'\"%@`\n ,?\t0é"), max_size=40))
def test_any_text_is_accepted_or_reported(text: str) -> None:
    try:
        scenario_from_text(text)
    except InputError as error:
        assert error.mistakes


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(COMMAND_PARTS), max_size=12))
def test_any_commands_are_accepted_or_reported(parts: list[str]) -> None:
    document = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": {"hyperpod": {"commands": "".join(parts)}}}
    try:
        scenario_from_dict(document)
    except InputError as error:
        assert error.mistakes


BOMB = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "not valid YAML: aliases repeat too much; write the document without them"),
        ("a: " + "[" * 500 + "]" * 500, "not valid YAML: nested too deeply, in more than 200 levels"),
        ("a: &a [*a]", "this anchor contains itself"),
        ("a: 1\na: 2", "the key 'a' stands here twice"),
        ("? [a]\n: 1", "a key must be text"),
        ("<<: 5", "<<: needs a mapping"),
        ("a: \x01", "not valid YAML: "),
    ],
    ids=["bomb", "deep", "itself", "twice", "list as key", "merge", "control character"],
)
def test_text_that_is_no_reasonable_yaml_is_a_mistake(text: str, message: str) -> None:
    report = Report()
    read_yaml(text, "f", report)
    assert any(mistake.message.startswith(message) for mistake in report.mistakes)
