"""Which sections of a scenario do the answers of HyperPod's describe and list operations make?"""

from collections.abc import Mapping, Sequence
from typing import Any

from kueue_sim.inputs.kubernetes.instance_types import instance_type
from kueue_sim.inputs.text.field import Field, Report, Source

GROUPS = "InstanceGroups"
QUOTAS = "ComputeQuotaSummaries"
POLICY, QUOTA = "SchedulerConfig", "ComputeQuotaConfig"
Answer = dict[str, Any]
SAID_BY = {"name": "InstanceGroupName", "instanceType": "InstanceType", "count": "CurrentCount"}
"""Fields of a node pool and those of an instance group that say them."""


def is_answer(value: Mapping[str, Any]) -> bool:
    """Whether a value is an answer to describe-cluster, to describe or list quotas, or to describe the policy."""
    return any(value.get(name) is not None for name in (GROUPS, QUOTAS, POLICY, QUOTA))


def note_misshapen(answer: Field) -> None:
    """Notes what is no list of groups or quotas where one belongs."""
    for name in (GROUPS, QUOTAS):
        for item in answer.get(name).items():
            if not isinstance(item.value, dict):
                item.unexpected("a mapping")


def hyperpod_sections(answers: Sequence[Answer]) -> tuple[list[Answer], Answer]:
    """The node pools and the ``policy.hyperpod`` section of a set of answers; both are empty without any."""
    groups = [Field(group, Source(), Report()) for answer in answers for group in answer.get(GROUPS) or []]
    quotas = [quota for answer in answers for quota in answer.get(QUOTAS) or []]
    quotas += [answer for answer in answers if answer.get(QUOTA) is not None]
    policies = [answer for answer in answers if answer.get(POLICY) is not None]
    section: Answer = {}
    if policies:
        section["clusterSchedulerConfig"] = policies[-1]
    if quotas:
        section["computeQuotas"] = quotas
    return [group_pool(group) for group in groups], section


def group_pool(group: Field) -> Answer:
    """An instance group as it is now, as a node pool; one thread per core halves the vCPUs."""
    pool: Answer = {
        **{name: group.get(said).value for name, said in SAID_BY.items()},
        "labels": group.get("KubernetesConfig", "CurrentLabels").value,
        "taints": [_taint(taint) for taint in group.get("KubernetesConfig", "CurrentTaints").items()] or None,
    }
    if group.get("ThreadsPerCore").value == 1:
        pool["resources"] = {"cpu": f"{_millicores(group) // 2}m"}
    return {name: value for name, value in pool.items() if value is not None}


def _taint(taint: Field) -> dict[str, object]:
    """A taint with the key names of Kubernetes."""
    return {name.lower(): value for name, value in taint.mapping().items() if value}


def _millicores(group: Field) -> int:
    """vCPUs of the group's instance type; an unknown type is noted by the reader of the pool."""
    try:
        return instance_type(group.get("InstanceType").text()).resources()["cpu"]
    except (KeyError, ValueError):
        return 0
