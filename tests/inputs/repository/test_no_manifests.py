"""Files that are no manifests are called what they are, and what of them concerns Kueue is not lost in silence."""

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kueue_sim import load_scenario
from kueue_sim.cli.commands.import_ import command
from kueue_sim.errors import InputError
from tests.inputs.repository.repositories import QUEUES, job, write

FOREIGN = {
    "NAME   COHORT   PENDING\nq      all      3\n": "a table as kubectl prints it for people; -o json",
    "NAMESPACE   NAME   QUEUE   AGE\nnlp         train   <none>   3d\n": "a table as kubectl prints it for people; -o",
    "Name:         q\nAPI Version:  kueue.x-k8s.io/v1beta1\nKind:         Cohort\n": "what kubectl describe prints",
    '{"id": {"0": "a", "1": "b"}, "gpus": {"0": 1, "1": 2}}\n': "columns as pandas prints them; to_json(orient=",
    "No resources found in default namespace.\n": "kubectl's answer that there is nothing",
    'kueue_pending_workloads{cluster_queue="a",status="active"} 3\n': "figures as Prometheus reads them",
    '{"status": "success", "data": {"resultType": "vector", "result": []}}\n': "figures as Prometheus reads them",
    "JobID    JobName  State\n-------- -------- ------\n1        a        FAILED\n": "what Slurm prints for people",
    "     JOBID PARTITION  NAME  USER ST  TIME  NODES\n": "what Slurm's squeue prints for people, without",
    "Thu Jan  1 10:00:00 2026\n  JOBID PARTITION  NAME\n": "what Slurm's squeue prints for people, without",
    "JobId=123 JobName=train\n   UserId=ann(1)\n": "what Slurm prints for people",
    '{"meta": {}, "jobs": [{"job_id": 1, "account": "a"}]}\n': "what Slurm prints as JSON",
    f"{'-' * 40}\n|  DescribeComputeQuota  |\n": "a table as the AWS CLI prints it for people",
    'error: the server doesn\'t have a resource type "cohorts"\n': "what kubectl says when it fails: 'the server",
    "a,b,c,d\n1,2,3,4\n": "a table; kueue-sim import FILE makes a scenario of a history of jobs",
    "Error from server (Forbidden): no access\n": "what kubectl says when it fails: 'no access'",
}
HISTORIES = {
    '{"jobs": [{"job_id": 1, "time": {}}]}\n': "what Slurm prints as JSON",
    '[{"jobid": "a", "vc": "b", "attempts": []}]\n': "the job log of Philly as JSON",
}


@pytest.mark.parametrize(("text", "what"), FOREIGN.items())
def test_a_text_that_is_known_to_be_something_else_is_called_so(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario(tmp_path / "a.txt")
    assert f"no Kubernetes manifest but {what}" in str(caught.value)
    with pytest.raises(InputError) as caught:
        CliRunner().invoke(command, [str(tmp_path / "a.txt")], catch_exceptions=False, standalone_mode=False)
    assert f"nor an answer of HyperPod but {what}" in str(caught.value)


def test_a_refusal_of_the_api_server_is_called_so(tmp_path: Path) -> None:
    answer = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": "no access"}
    (tmp_path / "a.json").write_text(json.dumps(answer), encoding="utf-8")
    said = "the API server's answer that something failed: 'no access'"
    with pytest.raises(InputError) as caught:
        load_scenario(tmp_path / "a.json")
    assert f"skipped, {said}: Status ({tmp_path}/a.json)" in str(caught.value)
    with pytest.raises(InputError) as caught:
        CliRunner().invoke(command, [str(tmp_path / "a.json")], catch_exceptions=False)
    assert [str(one) for one in caught.value.mistakes] == [f"{tmp_path}/a.json:1:1: {said}"]


@pytest.mark.parametrize(("text", "what"), HISTORIES.items())
def test_a_log_in_json_that_is_run_is_told_to_be_imported(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario(tmp_path / "a.txt")
    assert f"no Kubernetes manifest but {what}; kueue-sim import FILE makes a scenario of it" in str(caught.value)


@pytest.mark.parametrize("name", ["jobs.csv", "jobs.csv.gz", "log.swf", "jobs.psv"])
def test_a_history_that_is_run_is_told_to_be_imported(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("submit,runtime\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario(tmp_path / name)
    path = tmp_path / name
    problem = f"a table, and no manifest; kueue-sim import {path} makes a scenario of a history of jobs"
    assert [str(one) for one in caught.value.mistakes] == [f"{path}:1:1: {problem}"]


def test_files_of_a_folder_that_concern_kueue_are_read_or_told(tmp_path: Path) -> None:
    """Packed ones and those with capitals are manifests; templates, scripts and histories are not lost in silence."""
    write(tmp_path, {"q.YAML": QUEUES, "values.j2": job("t"), "old.yaml.bak": job("o"), "README.md": job("r")})
    (tmp_path / "j.yml.gz").write_bytes(gzip.compress(job("j").encode()))
    (tmp_path / "run.sh").write_text("set -e\nkubectl apply -f q.YAML\n")
    (tmp_path / "build.sh").write_text("docker build .\n")
    (tmp_path / "jobs.csv").write_text("job_id,submit_time,gpus,duration\n1,0,1,60\n")
    (tmp_path / "prices.csv").write_text("type,price\na,1\n")
    scenario = load_scenario(tmp_path)
    assert [one.name for one in scenario.workloads] == ["j"]
    notes = [note.replace(f"{tmp_path}/", "") for note in scenario.notes]
    assert [note for note in notes if note.startswith("skipped")] == [
        "skipped, read by kueue-sim import: a history of jobs (jobs.csv)",
        "skipped, no manifest by its name: a file (old.yaml.bak, values.j2)",
        "skipped, followed only when it is named: a script (run.sh)",
    ]
