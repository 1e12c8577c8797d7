"""Answers of HyperPod that hold mistakes: told at their place in the file, whichever command reads it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from kueue_sim.cli.commands.import_ import command
from kueue_sim.errors import InputError
from kueue_sim.inputs import load_scenario

ANSWERS = [
    (
        '{"InstanceGroups": [{"InstanceGroupName": "a", "InstanceType": "ml.g5.8xlarg", "CurrentCount": "3"}]}',
        [
            "1:64: InstanceGroups[0].InstanceType: unknown instance type 'ml.g5.8xlarg'; did you mean 'ml.g5.8xlarge'?",
            "1:96: InstanceGroups[0].CurrentCount: '3' is not a whole number, write it without quotes",
        ],
    ),
    (
        '{"ComputeQuotaConfig": {"ComputeQuotaResources": [{"InstanceType": "ml.g5.8xlarge", "Count": "2"}]},\n'
        ' "ComputeQuotaTarget": {}}',
        [
            "1:94: ComputeQuotaConfig.ComputeQuotaResources[0].Count: '2' is not a whole number, write it without "
            "quotes",
            "2:24: ComputeQuotaTarget: TeamName is missing",
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), ANSWERS)
def test_mistakes_in_an_answer_have_its_places(tmp_path: Path, text: str, expected: list[str]) -> None:
    path = tmp_path / "answer.json"
    path.write_text(text, encoding="utf-8")
    for read in (load_scenario, lambda one: CliRunner().invoke(command, [str(one)], catch_exceptions=False)):
        with pytest.raises(InputError) as refused:
            read(path)
        assert [str(one).partition("answer.json:")[2] for one in refused.value.mistakes] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"InstanceGroups": null}', "neither a Kubernetes object (kind is missing) nor an answer of HyperPod"),
        ('{"ComputeQuotaSummaries": {"a": 1}}', "ComputeQuotaSummaries: {'a': 1} is not a list"),
        ('{"InstanceGroups": ["x"]}', "InstanceGroups[0]: 'x' is not a mapping"),
    ],
)
def test_an_answer_of_another_shape_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "answer.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        CliRunner().invoke(command, [str(path)], catch_exceptions=False)
    assert [str(one).partition("answer.json: ")[2] for one in refused.value.mistakes] == [expected]
