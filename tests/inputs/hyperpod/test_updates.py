"""Quotas of HyperPod that are updated, laid over others, or deleted by a later request."""

import json
from pathlib import Path

import pytest

from kueue_sim.inputs import load_scenario, scenario_from_text
from kueue_sim.model import (
    Quota,
)
from tests.inputs.hyperpod.governed import (
    G5,
    GPU,
    POLICY_COMMAND,
    QUOTA_COMMAND,
    RIGHT,
    mistakes_of,
    quota,
    quotas_of,
    scenario,
)

UPDATE = """\
aws sagemaker update-compute-quota --compute-quota-id abcdefghijkl --target-version 2 \\
    --compute-quota-target "TeamName=team-a,FairShareWeight=3"
"""


def test_an_update_replaces_the_members_it_gives() -> None:
    loaded = scenario_from_text(scenario(QUOTA_COMMAND + UPDATE))
    queue = loaded.policy.cluster_queues[0]
    assert (queue.fair_weight, quotas_of(loaded)[G5][GPU]) == (3.0, Quota(8, 4))


def test_an_update_of_nothing_known_is_refused() -> None:
    assert mistakes_of(scenario(QUOTA_COMMAND + UPDATE.replace("team-a", "team-z"))) == [
        "<scenario>:11:7: no quota has this id or team; an update needs ComputeQuotaTarget, or the described quota"
    ]


def test_requests_laid_over_a_scenario_replace_those_of_the_same_team(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(scenario(POLICY_COMMAND + QUOTA_COMMAND))
    (tmp_path / "change.sh").write_text(QUOTA_COMMAND.replace("Count=2", "Count=5") + UPDATE)
    (tmp_path / "policy.json").write_text('{"SchedulerConfig": {"FairShare": "Disabled"}}')
    loaded = load_scenario(tmp_path / "s.yaml", overlays=[tmp_path / "change.sh", tmp_path / "policy.json"])
    assert (
        quotas_of(loaded)[G5][GPU],
        loaded.policy.cluster_queues[0].fair_weight,
        loaded.settings.fair_sharing,
        loaded.policy.priority_classes,
    ) == (Quota(20, 10), 3.0, None, ())


def test_updates_of_a_described_quota_go_by_its_id(tmp_path: Path) -> None:
    described = {**quota(Count=1), "Name": "q", "ComputeQuotaId": "abcdefghijkl", "ComputeQuotaVersion": 1}
    update = {"ComputeQuotaId": "abcdefghijkl", "TargetVersion": 2}
    changes = [
        {**update, "ComputeQuotaConfig": {"ComputeQuotaResources": [{"InstanceType": G5, "Count": 3}]}},
        {**update, "ComputeQuotaTarget": {"TeamName": "a", "FairShareWeight": 9}},
    ]
    (tmp_path / "all.json").write_text(json.dumps([described, *changes]))
    text = "apiVersion: kueue-sim/v1\nkind: Scenario\npolicy: {hyperpod: {include: [all.json]}}\n"
    loaded = scenario_from_text(text, folder=tmp_path)
    assert (quotas_of(loaded)[G5][GPU], loaded.policy.cluster_queues[0].fair_weight) == (Quota(12, 6), 9.0)


def test_whole_requests_come_as_yaml_and_deleted_quotas_are_gone(tmp_path: Path) -> None:
    (tmp_path / "q.yaml").write_text(
        "Name: y\nClusterArn: <arn>\nComputeQuotaTarget: {TeamName: b}\n"
        "ComputeQuotaConfig: {ComputeQuotaResources: [{InstanceType: ml.g5.8xlarge, Count: 2}]}\n"
    )
    commands = RIGHT + "aws sagemaker create-compute-quota --cli-input-yaml file://q.yaml\n"
    both = scenario_from_text(scenario(commands), folder=tmp_path).policy
    assert [queue.name for queue in both.cluster_queues] == ["hyperpod-ns-a-clusterqueue", "hyperpod-ns-b-clusterqueue"]
    (tmp_path / "steps.sh").write_text(
        RIGHT.replace("aws", "ID=$(aws", 1).rstrip() + " --query ComputeQuotaId)\n"
        "aws sagemaker create-compute-quota --cli-input-yaml file://q.yaml\n"
        "aws sagemaker delete-compute-quota --compute-quota-id $ID\n"
    )
    left = load_scenario(tmp_path / "steps.sh").policy
    assert [queue.name for queue in left.cluster_queues] == ["hyperpod-ns-b-clusterqueue"]


CREATED = (
    "aws sagemaker create-compute-quota --name {name} --cluster-arn $ARN --compute-quota-target TeamName={team} "
    '--compute-quota-config "ComputeQuotaResources=[{{InstanceType=ml.g5.12xlarge,Count=1}}]"\n'
)


UPDATED = (
    "aws sagemaker update-compute-quota --target-version 1 --compute-quota-id {id} "
    '--compute-quota-config "ComputeQuotaResources=[{{InstanceType=ml.g5.12xlarge,Count=5}}]"\n'
)


@pytest.mark.parametrize("question", ["Name=='two-quota'", "ComputeQuotaTarget.TeamName==`two`"])
def test_an_update_may_ask_the_service_for_the_id_of_the_quota_by_its_name(question: str) -> None:
    asked = f'"$(aws sagemaker list-compute-quotas --query \\"ComputeQuotaSummaries[?{question}].ComputeQuotaId\\")"'
    commands = CREATED.format(name="one-quota", team="one") + CREATED.format(name="two-quota", team="two")
    loaded = scenario_from_text(scenario(commands + UPDATED.format(id=asked.replace("`", "\\`"))))
    assert [quotas_of(loaded, number)[G5][GPU].nominal for number in (0, 1)] == [4, 20]


def test_an_update_whose_id_a_script_asked_for_means_the_only_quota() -> None:
    one, two = CREATED.format(name="one", team="one"), CREATED.format(name="two", team="two")
    assert quotas_of(scenario_from_text(scenario(one + UPDATED.format(id="$QID"))))[G5][GPU].nominal == 20
    assert mistakes_of(scenario(one + two + UPDATED.format(id="$QID"))) == [
        "<scenario>:8:7: no quota has this id or team; an update needs ComputeQuotaTarget, or the described quota"
    ]


@pytest.mark.parametrize("question", ["Name=='two-quota'", "ComputeQuotaTarget.TeamName==`two`"])
def test_a_script_may_keep_the_id_that_it_asked_for_in_a_variable(tmp_path: Path, question: str) -> None:
    """Before the quota is made nobody knows an id: there is none yet."""
    asked = f"$(aws sagemaker list-compute-quotas --query 'ComputeQuotaSummaries[?{question}].ComputeQuotaId')"
    (tmp_path / "steps.sh").write_text(
        f'QID={asked}\nif [ -z "$QID" ]; then\n{CREATED.format(name="two-quota", team="two")}fi\n'
        f"{CREATED.format(name='one-quota', team='one')}QID={asked}\n{UPDATED.format(id='$QID')}"
    )
    loaded = load_scenario(tmp_path / "steps.sh")
    assert [quotas_of(loaded, number)[G5][GPU].nominal for number in (0, 1)] == [20, 4]
