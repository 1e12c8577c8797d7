"""Which sections of a scenario do the answers of HyperPod's describe and list operations make?"""

from collections.abc import Container, Mapping, Sequence
from typing import Any

from kueue_sim.inputs.kubernetes.instance_nodes import GROUP_LABEL, INSTANCE_TYPE
from kueue_sim.inputs.kubernetes.instance_types import instance_type
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.model.team_names import queue_of

GROUPS = "InstanceGroups"
QUOTAS = "ComputeQuotaSummaries"
POLICY, QUOTA = "SchedulerConfig", "ComputeQuotaConfig"
Answer = dict[str, Any]
Labels = Mapping[str, Any]
QUEUES_STAND = "the ClusterQueues that HyperPod made stand for its compute quotas"


def is_answer(value: Mapping[str, Any]) -> bool:
    """Whether a value is an answer to describe-cluster, to describe or list quotas, or to describe the policy."""
    return any(value.get(name) is not None for name in (GROUPS, QUOTAS, POLICY, QUOTA))


def note_misshapen(answer: Field) -> None:
    """Notes what is no list of groups or quotas where one belongs."""
    for name in (GROUPS, QUOTAS):
        for item in answer.get(name).items():
            if not isinstance(item.value, dict):
                item.unexpected("a mapping")


def hyperpod_sections(
    answers: Sequence[Answer], nodes: Sequence[Labels], queues: Container[str]
) -> tuple[list[Answer], Answer]:
    """The node pools and the ``policy.hyperpod`` section of a set of answers; both are empty without any.

    What HyperPod has made of them may have been dumped as well, and stands for it: groups whose machines are among the
    ``nodes``, by their labels, are no pools, and where a queue of a team is among the ``queues``, by their names, the
    section is left with whether shares are fair.
    """
    groups = [group for group in _groups(answers) if not machines_of(group, nodes)]
    quotas = _quotas(answers)
    policies = [answer for answer in answers if answer.get(POLICY) is not None]
    section: Answer = {}
    made = any(queue_of(team) in queues for team in _teams(quotas))
    if policies:
        fair = {name: value for name, value in policies[-1][POLICY].items() if name == "FairShare"}
        section["clusterSchedulerConfig"] = {**policies[-1], POLICY: fair} if made else policies[-1]
    if quotas and not made:
        section["computeQuotas"] = quotas
    return [group_pool(group) for group in groups], section


def described_twice(answers: Sequence[Answer], nodes: Sequence[Labels], queues: Container[str]) -> list[str]:
    """What is to be said of instance groups and quotas for which Nodes and ClusterQueues stand."""
    told = [said for group in _groups(answers) if (said := said_of(group, machines_of(group, nodes)))]
    teams = _teams(_quotas(answers))
    lost = [team for team in teams if queue_of(team) not in queues]
    if len(lost) < len(teams):
        told.append(QUEUES_STAND)
        told += [f"the compute quota of {team} is left out, its ClusterQueue was not dumped" for team in lost]
    return told


def labels_of(manifest: Field) -> Labels:
    """The labels of an object as they stand there."""
    labels = manifest.get("metadata", "labels").value
    return labels if isinstance(labels, dict) else {}


def machines_of(group: Field, nodes: Sequence[Labels]) -> int:
    """How many of the nodes, by their labels, are machines of an instance group: those that name it; where none names
    a group, those of its instance type."""
    if any(GROUP_LABEL in labels for labels in nodes):
        return sum(labels.get(GROUP_LABEL) == group.get("InstanceGroupName").value for labels in nodes)
    return sum(labels.get(INSTANCE_TYPE) == group.get("InstanceType").value for labels in nodes)


def _nodes_stand_for(group: Field, machines: int) -> str:
    """What is to be said of an instance group of which so many Nodes are there as well, one at least."""
    count = group.get("CurrentCount").value
    stand = "1 Node stands" if machines == 1 else f"{machines} Nodes stand"
    differs = f", though describe-cluster counts {count}" if count not in (machines, None) else ""
    return f"{stand} for instance group {group.get('InstanceGroupName').value}{differs}"


def said_of(group: Field, machines: int) -> str:
    """What is to be said of an instance group: that so many Nodes stand for it, or that it has another number of
    instances than it shall have; "" of any other."""
    count, wanted = group.get("CurrentCount").value, group.get("TargetCount").value
    if machines:
        return _nodes_stand_for(group, machines)
    if count is None or wanted in (None, count):
        return ""
    has = "1 instance" if count == 1 else f"{count} instances"
    name = group.get("InstanceGroupName").value
    return f"instance group {name} has {has} and shall have {wanted}; the nodes are those that it has"


def _quotas(answers: Sequence[Answer]) -> list[Answer]:
    quotas = [quota for answer in answers for quota in answer.get(QUOTAS) or []]
    return quotas + [answer for answer in answers if answer.get(QUOTA) is not None]


def _teams(quotas: Sequence[Answer]) -> list[str]:
    """The teams of some quotas, each once."""
    targets = [Field(quota, Source(), Report()).get("ComputeQuotaTarget", "TeamName").value for quota in quotas]
    return list(dict.fromkeys(str(team) for team in targets if team))


def _groups(answers: Sequence[Answer]) -> list[Field]:
    return [Field(group, Source(), Report()) for answer in answers for group in answer.get(GROUPS) or []]


def said_by(group: Field) -> dict[str, str]:
    """Fields of a node pool, and those of an instance group that say them: an answer tells how many instances there
    are, the request that makes a cluster how many there shall be."""
    count = "CurrentCount" if group.get("CurrentCount").present else "InstanceCount"
    return {"name": "InstanceGroupName", "instanceType": "InstanceType", "count": count}


def group_pool(group: Field) -> Answer:
    """An instance group as it is now, as a node pool; one thread per core halves the vCPUs."""
    pool: Answer = {
        **{name: group.get(said).value for name, said in said_by(group).items()},
        "labels": group.get("KubernetesConfig", "CurrentLabels").value,
        "taints": [_taint(taint) for taint in group.get("KubernetesConfig", "CurrentTaints").items()] or None,
    }
    millicores = _millicores(group)
    if group.get("ThreadsPerCore").value == 1 and millicores:
        pool["resources"] = {"cpu": f"{millicores // 2}m"}
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
