"""Training jobs of HyperPod's CLI in scripts: what they ask for, where they go, and what is refused."""

from pathlib import Path
from textwrap import dedent

import pytest

from kueue_sim import load_scenario, run
from kueue_sim.errors import InputError
from kueue_sim.model import Scenario

GIB = 2**30
SETUP = """\
aws sagemaker create-cluster-scheduler-config --name p --cluster-arn "<arn>" --scheduler-config "PriorityClasses=[{Name=low,Weight=5}]"
aws sagemaker create-compute-quota --name a --cluster-arn "<arn>" --compute-quota-config "ComputeQuotaResources=[{InstanceType=ml.g5.12xlarge,Count=2},{InstanceType=ml.p4d.24xlarge,Count=2}]" --compute-quota-target TeamName=a
"""  # noqa: E501
HEAD = "hyp create hyp-pytorch-job --job-name j --image x --queue-name hyperpod-ns-a-localqueue -n hyperpod-ns-a"


def loaded(folder: Path, text: str) -> Scenario:
    (folder / "steps.sh").write_text(SETUP + dedent(text))
    return load_scenario(folder / "steps.sh", [("runtimes[*]", "1h")])


def requests_of(scenario: Scenario) -> list[tuple[str, int, dict[str, int]]]:
    return [(part.name, part.count, dict(part.requests)) for one in scenario.workloads for part in one.pod_sets]


@pytest.mark.parametrize(
    ("options", "count", "expected"),
    [
        (
            "--instance-type ml.g5.12xlarge --node-count 2",
            2,
            {"cpu": 44_000, "memory": 164 * GIB, "nvidia.com/gpu": 4, "vpc.amazonaws.com/efa": 1},
        ),
        (
            "--instance-type ml.g5.12xlarge --accelerators 1",
            1,
            {"cpu": 12_000, "memory": 48 * GIB, "nvidia.com/gpu": 1, "vpc.amazonaws.com/efa": 1},
        ),
        (
            "--instance-type ml.g5.12xlarge --accelerators-limit 2 --vcpu 4 --replica-count 3",
            3,
            {"cpu": 4000, "memory": 96 * GIB, "nvidia.com/gpu": 2, "vpc.amazonaws.com/efa": 1},
        ),
        ("--instance-type ml.g5.12xlarge --vcpu 4", 1, {"cpu": 4000, "memory": 16 * GIB}),
        ("--instance-type ml.g5.12xlarge --memory 8", 1, {"cpu": 2000, "memory": 8 * GIB}),
        (
            "--instance-type ml.p4d.24xlarge --accelerator-partition-type mig-1g.5gb --accelerator-partition-count 7",
            1,
            {"cpu": 12_000, "memory": 144 * GIB, "nvidia.com/mig-1g.5gb": 7},
        ),
    ],
)
def test_what_a_pod_asks_for_is_what_the_cli_works_out(
    tmp_path: Path, options: str, count: int, expected: dict[str, int]
) -> None:
    assert requests_of(loaded(tmp_path, f"{HEAD} {options}\n")) == [("pod", count, expected)]


def test_jobs_go_to_the_namespace_of_the_context_and_end_when_they_are_deleted(tmp_path: Path) -> None:
    scenario = loaded(
        tmp_path,
        """\
        hyp set-cluster-context --cluster-name c --namespace hyperpod-ns-a
        hyp create hyp-pytorch-job --job-name=j --image x --queue-name hyperpod-ns-a-localqueue \\
          --priority low-priority --instance-type ml.g5.12xlarge
        hyp list hyp-pytorch-job
        sleep 10m
        hyp delete hyp-pytorch-job --job-name j
        """,
    )
    found = [(one.at_ms // 1000, one.type, one.workload) for one in run(scenario).run.facts if one.workload]
    assert ("hyperpod-ns-a/j" in {key for *_, key in found}, found[-1][:2]) == (True, (600, "Deleted"))


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (f"{HEAD} --instance-type ml.g5.12xlarg", "there is no instance type 'ml.g5.12xlarg'; did you mean"),
        (f"{HEAD} --accelerators 1", "--accelerators needs --instance-type"),
        (f"{HEAD} --instance-type ml.g5.12xlarge --accelerators 5", "5 accelerators; a ml.g5.12xlarge has 4"),
        (f"{HEAD} --node-count two", "--replica-count: 'two' is not a number"),
        (f"{HEAD} --node-count 1.5", "--replica-count: '1.5' is not a whole number"),
        ("hyp create hyp-pytorch-job --image x", "--job-name is missing"),
    ],
)
def test_what_the_cli_refuses_is_a_mistake_at_its_option(tmp_path: Path, command: str, expected: str) -> None:
    with pytest.raises(InputError) as refused:
        loaded(tmp_path, command + "\n")
    [one] = refused.value.mistakes
    column = len(command) - len(command.split()[-1]) + 1 if "job-name" not in expected else 1
    assert (one.place is not None and (one.place.line, one.place.column)) == (3, column)
    assert expected in str(one)


def test_what_else_the_cli_does_is_passed_over_with_a_line(tmp_path: Path) -> None:
    text = f"{HEAD} --instance-type ml.g5.12xlarge\nhyp create hyp-jumpstart-endpoint --model-id x\n"
    assert [one.rpartition("/")[2] for one in loaded(tmp_path, text).notes] == [
        "steps.sh: hyp create hyp-jumpstart-endpoint is not followed (line 4)"
    ]
