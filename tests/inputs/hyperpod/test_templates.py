"""What CloudFormation deploys and what boto3 prints are read as they lie."""

from pathlib import Path

import pytest

from kueue_sim import load_scenario
from kueue_sim.errors import InputError
from kueue_sim.inputs.text.python_text import with_plain_times
from kueue_sim.model import Scenario

TEMPLATE = """\
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Team: {Type: String, Default: vision}
  Instances: {Type: Number, Default: "2"}
Resources:
  Policy:
    Type: AWS::SageMaker::ClusterSchedulerConfig
    Properties:
      Name: !Sub "${AWS::StackName}-policy"
      ClusterArn: !GetAtt Cluster.ClusterArn
      SchedulerConfig: {FairShare: Enabled, PriorityClasses: [{Name: training, Weight: "70"}]}
  Quota:
    Type: AWS::SageMaker::ComputeQuota
    Properties:
      Name: !Join ["-", [!Ref Team, quota]]
      ClusterArn: {"Fn::ImportValue": arn}
      Description: !Ref AWS::NoValue
      ComputeQuotaConfig:
        ComputeQuotaResources: [{InstanceType: ml.g5.12xlarge, Count: COUNT}]
        ResourceSharingConfig: {Strategy: LendAndBorrow, BorrowLimit: 50}
      ComputeQuotaTarget: {TeamName: !Sub ["${T}", {T: !Ref Team}], FairShareWeight: "3"}
"""
ANSWER = (
    "{'ActivationState': 'Enabled', 'CreationTime': datetime.datetime(2026, 1, 2, 3, 4, 5, 6000, tzinfo=tzlocal()),\n"
    " 'ComputeQuotaConfig': {'ComputeQuotaResources': [{'InstanceType': 'ml.g5.12xlarge', 'Count': COUNT}]},\n"
    " 'ComputeQuotaTarget': {'TeamName': 'vision', 'FairShareWeight': 3}, 'Name': 'q', 'Status': 'Created'}\n"
)


def loaded(folder: Path, text: str, name: str = "given.yaml") -> Scenario:
    (folder / name).write_text(text, encoding="utf-8")
    return load_scenario(folder / name)


@pytest.mark.parametrize(
    "text", [TEMPLATE.replace("COUNT", "!Ref Instances"), ANSWER.replace("COUNT", "2")], ids=["template", "boto3"]
)
def test_a_quota_is_read_from_what_deploys_it_and_from_what_python_prints(tmp_path: Path, text: str) -> None:
    queue = loaded(tmp_path, text).policy.cluster_queues[0]
    amounts = {name: quota.nominal for name, quota in queue.resource_groups[0].flavors[0].resources}
    assert (queue.name, queue.fair_weight, amounts["nvidia.com/gpu"]) == ("hyperpod-ns-vision-clusterqueue", 3, 8)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        (TEMPLATE.replace("COUNT", "!Ref Absent"), "19:71", "'${Absent}' is a placeholder; put a value in its place"),
        (TEMPLATE.replace("COUNT", "!FindInMap [a, b, c]"), "19:71", "'${Fn::FindInMap}' is a placeholder"),
        (ANSWER.replace("COUNT", "2.5"), "2:95", "2.5 is not a whole number"),
    ],
)
def test_what_nothing_says_is_a_mistake_where_it_stands(tmp_path: Path, text: str, place: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        loaded(tmp_path, text)
    assert [str(one).partition("given.yaml:")[2].startswith(f"{place}: ") for one in refused.value.mistakes] == [True]
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        ("datetime.datetime(2026, 1, 2, 0, 0)", "'2026-01-02T00:00:00'"),
        ("datetime.datetime(2026, 1, 2, 3, 4, tzinfo=tzutc())", "'2026-01-02T03:04:00Z'"),
        ("datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.timezone.utc)", "'2026-01-02T03:04:00Z'"),
        ("datetime.datetime(2026, 13, 2, 3, 4)", "datetime.datetime(2026, 13, 2, 3, 4)"),
        (f"datetime.datetime({10**30}, 1, 2)", f"datetime.datetime({10**30}, 1, 2)"),
    ],
)
def test_times_are_written_in_the_room_that_they_had(printed: str, written: str) -> None:
    assert with_plain_times(f"a: {printed}, b") == f"a: {written.ljust(len(printed))}, b"
