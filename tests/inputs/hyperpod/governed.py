"""Scenarios governed by HyperPod's requests, for tests of what becomes of them."""

from textwrap import indent
from typing import Any

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_dict, scenario_from_text
from kueue_sim.model import (
    Quota,
    Scenario,
)

GIB = 2**30


GPU = "nvidia.com/gpu"


NEURON = "aws.amazon.com/neurondevice"


EFA = "vpc.amazonaws.com/efa"


G5 = "ml.g5.12xlarge"


POLICY_COMMAND = """\
aws sagemaker --region $AWS_REGION create-cluster-scheduler-config \\
    --name "policy" --cluster-arn <여러분의 클러스터 ARN> \\
    --scheduler-config "PriorityClasses=[{Name=training,Weight=70}],FairShare=Enabled"
"""


QUOTA_COMMAND = """\
aws sagemaker create-compute-quota \\
    --name "quota-a" --cluster-arn "$CLUSTER_ARN" \\
    --compute-quota-config "ComputeQuotaResources=[{InstanceType=ml.g5.12xlarge,Count=2}],\\
ResourceSharingConfig={Strategy=LendAndBorrow,BorrowLimit=50},PreemptTeamTasks=LowerPriority" \\
    --compute-quota-target "TeamName=team-a,FairShareWeight=10" --activation-state Enabled
"""


def scenario(commands: str) -> str:
    head = "apiVersion: kueue-sim/v1\nkind: Scenario\npolicy:\n  hyperpod:\n    commands: |\n"
    return head + indent(commands, "      ")


def governed(*quotas: dict[str, Any], policy: dict[str, Any] | None = None, **settings: object) -> Scenario:
    hyperpod = {"clusterSchedulerConfig": policy or {"FairShare": "Enabled"}, "computeQuotas": list(quotas)}
    section = {"hyperpod": {**hyperpod, "settings": settings}}
    return scenario_from_dict({"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": section})


def quota(team: str = "a", sharing: object = None, **resources: object) -> dict[str, Any]:
    config: dict[str, Any] = {"ComputeQuotaResources": [{"InstanceType": G5, **resources}]}
    if sharing is not None:
        config["ResourceSharingConfig"] = sharing
    return {"ComputeQuotaConfig": config, "ComputeQuotaTarget": {"TeamName": team}}


def quotas_of(loaded: Scenario, queue: int = 0) -> dict[str, dict[str, Quota]]:
    groups = loaded.policy.cluster_queues[queue].resource_groups
    return {flavor.name: dict(flavor.resources) for group in groups for flavor in group.flavors}


def nominal(**resources: object) -> dict[str, int]:
    """What is given of each resource, without those it gives nothing of."""
    found = quotas_of(governed(quota(**resources)))[G5]
    return {name: one.nominal for name, one in found.items() if one.nominal}


def mistakes_of(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        scenario_from_text(text)
    return [str(mistake) for mistake in caught.value.mistakes]


RIGHT = """\
aws sagemaker create-compute-quota --name q --cluster-arn '<arn>' --compute-quota-target TeamName=a \\
  --compute-quota-config "ComputeQuotaResources=[{InstanceType=ml.g5.8xlarge,Count=1}]"
"""
