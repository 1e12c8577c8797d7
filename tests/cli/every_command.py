"""Arguments under which every command that gives results gives some, in a world with teams of HyperPod."""

from collections.abc import Mapping
from pathlib import Path

LAB = "scenarios/lab-option-1.yaml"
_QUOTA = "clusterQueues.team-b.nvidia.com/gpu.nominalQuota"
_WHOLE = "clusterQueues.hyperpod-ns-team-b-clusterqueue.nvidia.com/gpu.nominalQuota"
_LOCAL = ("--executor", "local")
RESULTS: Mapping[str, tuple[str, ...]] = {
    "run": (LAB,),
    "check": (LAB,),
    "explain": (LAB, "imagenet-gpu-team-a-1"),
    "compare": (LAB, f"{_QUOTA}=3", f"{_WHOLE}=1", *_LOCAL),
    "upgrade": ("scenarios/lab-under-load.yaml", "--from", "0.14", "--to", "0.19", "--seeds", "1", "--until", "5h",
                "--no-trials", *_LOCAL),
    "sweep": (LAB, "--grid", f"{_WHOLE}=2,3", *_LOCAL),
    "cost": (LAB,),
    "advise": (LAB, "--objective", "preemptions <= 0", "--vary", f"{_WHOLE}=1,2", *_LOCAL),
    "forecast": (LAB, "--seeds", "2", "--hindcasts", "0", "--ahead", "1h", "--at", "11m", *_LOCAL),
    "admit": (LAB, "{team: team-a, requests: {nvidia.com/gpu: 4}}"),
    "backtest": ("past.yaml",),
    "test": ("wrong.policytest.yaml",),
}  # fmt: skip
"""Command -> arguments; ``past.yaml`` and the policy test are written by ``files``."""
LISTS = ("example", "metrics", "paths")
FILES = ("import", "fit", "convert", "schema", "completion")
"""What these print is a file for Kueue, an editor, a shell or this program, so names in it stay as they are."""
SERVERS = ("explore", "mcp")

_PAST = """\
apiVersion: kueue-sim/v1
kind: Scenario
name: past
policy:
  hyperpod:
    computeQuotas:
    - ComputeQuotaConfig: {ComputeQuotaResources: [{InstanceType: ml.g5.12xlarge, Count: 1}]}
      ComputeQuotaTarget: {TeamName: team-a}
workloads:
- trace:
    file: jobs.csv
    columns: {name: job, submit: submit, start: start, runtime: runtime, gpus: gpus, team: team}
"""
_JOBS = """\
job,submit,start,runtime,gpus,team
a,0,0,7200,4,team-a
b,600,7200,3600,4,team-a
c,1200,12000,1800,2,team-a
"""
_WRONG = """\
apiVersion: kueue-sim/v1
kind: PolicyTest
world: {lab}
tests:
- name: wrong
  expect:
  - {{admitted: imagenet-gpu-team-a-1, at: 15m}}
"""


def arguments(command: str, folder: Path) -> list[str]:
    """The command line; files that it needs besides are written into ``folder``."""
    (folder / "past.yaml").write_text(_PAST)
    (folder / "jobs.csv").write_text(_JOBS)
    (folder / "wrong.policytest.yaml").write_text(_WRONG.format(lab=Path(LAB).resolve()))
    own = ("past.yaml", "wrong.policytest.yaml")
    return [command, *(str(folder / word) if word in own else word for word in RESULTS[command])]
