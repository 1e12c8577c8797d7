"""The introductory HyperPod lab, both options, from its own commands and unchanged job files.

What is expected is what the lab's text, command output and pictures show after each step, and the arithmetic of its
quotas.
"""

from pathlib import Path

import pytest

from kueue_sim import load_scenario, run
from kueue_sim.inputs.assembled import StepOptions
from kueue_sim.result import Result
from kueue_sim.units import parse_duration

FOLDER = Path(__file__).parents[2] / "scenarios" / "lab-steps"
A, B = "hyperpod-ns-team-a/imagenet-gpu-team-a-1", "hyperpod-ns-team-b/imagenet-gpu-team-b-2"
ETCD = ("hyperpod-ns-team-a/etcd-gpu-0", "hyperpod-ns-team-b/etcd-gpu-0")


def lab(option: int, **steps: object) -> Result:
    options = StepOptions(**steps)  # type: ignore[arg-type]
    return run(load_scenario(FOLDER / f"option-{option}.sh", [("runtimes[*]", "1h40m")], steps=options))


@pytest.mark.parametrize(("option", "gpus", "lost"), [(1, 2, 20), (2, 3, 30)])
def test_team_a_borrows_is_reclaimed_from_and_resumes(option: int, gpus: int, lost: int) -> None:
    result = lab(option)
    told = [
        (fact.at_ms // 60_000, fact.type, fact.workload, fact.reason, fact.by)
        for fact in result.run.facts
        if fact.workload in (A, B)
    ]
    wanted = [
        (0, "Submitted", A, "", ""),
        (0, "Admitted", A, "", ""),
        (10, "Submitted", B, "", ""),
        (10, "Preempted", A, "InCohortReclamation", B),
        (10, "Admitted", B, "", ""),
        (40, "Deleted", B, "", ""),
        (40, "Admitted", A, "", ""),
        (140, "Finished", A, "", ""),
    ]
    assert [fact for fact in told if fact[1] not in ("Pending", "Requeued")] == wanted
    admitted = [fact for fact in result.run.facts if fact.type == "Admitted" and fact.workload == A]
    assert [fact.pod_sets[0].usage["nvidia.com/gpu"] for fact in admitted] == [gpus, gpus]
    preempted = next(fact for fact in result.run.facts if fact.type == "Preempted")
    assert preempted.lost_ms * gpus / 60_000 == lost


@pytest.mark.parametrize(("option", "kind"), [(1, "ml.g5.8xlarge"), (2, "ml.g5.12xlarge")])
def test_the_suspended_job_waits_with_the_message_of_kueue(option: int, kind: str) -> None:
    waiting = [fact.message for fact in lab(option).run.facts if fact.type == "Pending" and fact.workload == A]
    assert waiting[-1:] == [
        "couldn't assign flavors to pod set worker: insufficient unused quota for nvidia.com/gpu in flavor "
        f"{kind}, 1 more needed"
    ]


def test_deleting_a_file_deletes_everything_that_it_made() -> None:
    result = lab(1)
    assert result.run.states == {A: "finished", B: "deleted", ETCD[0]: "admitted", ETCD[1]: "deleted"}


def test_without_a_sleep_commands_follow_each_other_at_the_pace(tmp_path: Path) -> None:
    script = FOLDER.joinpath("option-1.sh").read_text(encoding="utf-8").replace("sleep", "# sleep")
    for name in ("setup.sh", "g5.8xlarge"):
        (tmp_path / name).symlink_to(FOLDER / name)
    (tmp_path / "lab.sh").write_text(script, encoding="utf-8")
    for pace, at in (("1s", 1000), ("10m", 600_000)):
        scenario = load_scenario(tmp_path / "lab.sh", steps=StepOptions(parse_duration(pace)))
        assert [(one.key, one.created_ms) for one in scenario.workloads if "imagenet" in one.name] == [(A, 0), (B, at)]


def test_what_is_typed_is_given_as_a_variable(tmp_path: Path) -> None:
    text = (FOLDER / "setup.sh").read_text(encoding="utf-8").replace("\ncase", '\nread -p "1 or 2: " choice\ncase')
    (tmp_path / "setup.sh").write_text(text, encoding="utf-8")
    for choice, flavor in (("1", "ml.g5.8xlarge"), ("2", "ml.g5.12xlarge")):
        scenario = load_scenario(tmp_path / "setup.sh", steps=StepOptions(variables={"choice": choice}))
        assert [one.name for one in scenario.policy.flavors] == [flavor]
        assert [one.name for one in scenario.policy.priority_classes] == [
            "inference-priority",
            "experimentation-priority",
            "fine-tuning-priority",
            "training-priority",
        ]
