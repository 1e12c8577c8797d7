"""Jobs of HyperPod's first CLI, ``hyperpod start-job``, in scripts: what they ask for, and what is refused."""

from pathlib import Path
from textwrap import dedent

import pytest

from kueue_sim import load_scenario
from kueue_sim.errors import InputError
from kueue_sim.model import Scenario
from tests.inputs.hyperpod.test_hyp import SETUP

START = "hyperpod start-job --job-name j --image x --entry-script t.py --namespace hyperpod-ns-a"


def loaded(folder: Path, text: str) -> Scenario:
    (folder / "steps.sh").write_text(SETUP + dedent(text))
    return load_scenario(folder / "steps.sh", [("runtimes[*]", "1h")])


@pytest.mark.parametrize(
    ("options", "count", "requests"),
    [
        (
            "--instance-type ml.g5.12xlarge --node-count 2 --tasks-per-node 3",
            2,
            {"nvidia.com/gpu": 3, "vpc.amazonaws.com/efa": 1},
        ),
        (
            "--instance-type=ml.p4d.24xlarge --node-count=1",
            1,
            {"nvidia.com/gpu": 8, "vpc.amazonaws.com/efa": 4},
        ),
    ],
)
def test_a_pod_asks_for_a_gpu_for_each_task_and_all_interfaces(
    tmp_path: Path, options: str, count: int, requests: dict[str, int]
) -> None:
    one = loaded(tmp_path, f"{START} {options} --priority low-priority\n").workloads[0]
    assert (one.namespace, one.queue_name, one.priority) == ("hyperpod-ns-a", "hyperpod-ns-a-localqueue", 5)
    assert [(part.name, part.count, dict(part.requests)) for part in one.pod_sets] == [("worker", count, requests)]


def test_a_configuration_file_says_what_options_say_and_jobs_are_cancelled(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(
        "training_cfg: {entry_script: t.py, run: {name: f, nodes: 2, ntasks_per_node: 1}}\n"
        "cluster:\n  instance_type: g5.12xlarge\n  cluster_config:\n    namespace: hyperpod-ns-a\n"
        "    custom_labels: {kueue.x-k8s.io/queue-name: hyperpod-ns-a-localqueue}\n"
    )
    scenario = loaded(
        tmp_path,
        """\
        hyperpod start-job --config-file job.yaml
        hyperpod list-jobs
        sleep 10m
        hyperpod connect-cluster --cluster-name c --namespace hyperpod-ns-a
        hyperpod cancel-job --job-name f
        hyperpod start-job --recipe training/llama/x --job-name r
        """,
    )
    assert [(one.name, one.pod_sets[0].count) for one in scenario.workloads] == [("f", 2)]
    assert [(action.at_ms, action.do, action.target) for action in scenario.timeline] == [
        (600_000, "delete", "hyperpod-ns-a/f")
    ]
    assert scenario.notes[-1].endswith("hyperpod start-job --recipe is not followed (line 8)")


def test_what_the_cli_refuses_stands_at_its_place(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        loaded(
            tmp_path,
            f"""\
            {START} --instance-type ml.g5.13xlarge --node-count 1
            {START} --instance-type ml.g5.12xlarge
            {START} --instance-type ml.g5.12xlarge --node-count two
            hyperpod start-job --config-file nowhere.yaml
            """,
        )
    assert [str(one).partition("steps.sh:")[2] for one in caught.value.mistakes] == [
        "3:105: there is no instance type 'ml.g5.13xlarge'; did you mean 'ml.g5.16xlarge'?",
        "4:1: --node-count is missing",
        "5:133: --node-count: 'two' is not a number",
        "6:34: there is no file 'nowhere.yaml'",
    ]
