"""What is a node of an instance type besides its machine? HyperPod's labels, the system's share, MIG partitions."""

import re
from collections.abc import Mapping

from kueue_sim.inputs.kubernetes.instance_types import GPU, MEMORY_SLICES_PER_GPU, SLICES_PER_GPU, InstanceType
from kueue_sim.inputs.text.field import Field, near_miss

NETWORK_LAYERS = tuple(f"topology.k8s.aws/network-node-layer-{number}" for number in (1, 2, 3))
"""Labels of the network around a node, from the widest layer down."""
WITH_TOPOLOGY = (
    *("ml.p3dn.24xlarge", "ml.p4d.24xlarge", "ml.p4de.24xlarge", "ml.p5.48xlarge", "ml.p5e.48xlarge"),
    *("ml.p5en.48xlarge", "ml.p6e-gb200.36xlarge", "ml.trn1.2xlarge", "ml.trn1.32xlarge", "ml.trn1n.32xlarge"),
    *("ml.trn2.48xlarge", "ml.trn2u.48xlarge"),
)
"""Instance types whose place in the network HyperPod knows (HyperPod facts, 4.8)."""
MIG_CONFIG = "nvidia.com/mig.config"
"""Label of a node by which the GPU operator divides its GPUs."""
SYSTEM_SHARES = ("kubelet", "none")
"""What ``systemShare`` accepts: the kubelet keeps its share of each machine, or jobs get all of it."""
GROUP_LABEL = "sagemaker.amazonaws.com/instance-group-name"
INSTANCE_TYPE = "node.kubernetes.io/instance-type"
_PROFILE = re.compile(r"mig-(\d)g\.(\d+)gb")
"""Name of a MIG profile: compute slices, and memory in GB."""
_MIB = 2**20
_CORES = ((1, 60), (1, 10), (2, 5))
"""Millicores that the kubelet keeps of the first core, the second, the next two; of each further one 2.5."""


def node_labels(kind: str, group: str) -> dict[str, str]:
    """Labels that every node of HyperPod has, those of its network where there are some; none for other machines.

    The nodes of a group share all network layers unless the group says otherwise.
    """
    if not kind.startswith("ml."):
        return {}
    layers = NETWORK_LAYERS if kind in WITH_TOPOLOGY else ()
    return {
        "sagemaker.amazonaws.com/compute-type": "hyperpod",
        "sagemaker.amazonaws.com/node-health-status": "Schedulable",
        GROUP_LABEL: group,
        **{layer: f"{group}-{number}" for number, layer in enumerate(layers, 1)},
    }


def system_share(vcpu: float, pods: int) -> dict[str, int]:
    """What the kubelet keeps of a machine on EKS, in canonical units: by cores, and by the number of pods."""
    left, millicores = vcpu, 0.0
    for cores, each in _CORES:
        millicores += min(left, cores) * each
        left = max(0.0, left - cores)
    return {"cpu": round(millicores + left * 2.5), "memory": (255 + 11 * pods + 100) * _MIB}


def mig_partitions(pool: Field, kind: InstanceType) -> dict[str, int]:
    """Resources of a node whose GPUs are divided; empty when they are not.

    ``mig`` gives partitions per GPU; the label ``nvidia.com/mig.config: all-<profile>`` divides all GPUs alike.
    """
    given = pool.get("mig")
    config = pool.get("labels", MIG_CONFIG)
    if not given.present and not config.text().startswith("all-"):
        if config.present and config.text() not in ("all-disabled", ""):
            config.wrong(f"{config.value!r} is not known; say what it makes of each GPU, such as mig: {{1g.5gb: 7}}")
        return {}
    if config.text() == "all-disabled":
        return {}
    each = given.entries() if given.present else [(config.text().removeprefix("all-"), config)]
    result: dict[str, int] = {}
    slices = memory = 0
    for name, field in each:
        profile = f"mig-{name.removeprefix('mig-')}"
        if profile not in kind.mig_profiles:
            accepted = [one.removeprefix("mig-") for one in kind.mig_profiles]
            field.wrong(f"{kind.name} has no MIG profile {name!r}; {near_miss(name, accepted)}", at_key=given.present)
            continue
        count = field.integer(1, minimum=0) if given.present else most_of(profile, kind.mig_profiles)
        of_compute, of_memory = _slices(profile, kind.mig_profiles)
        slices, memory = slices + count * of_compute, memory + count * of_memory
        result[f"nvidia.com/{profile}"] = count * kind.accelerator_count
    if slices > SLICES_PER_GPU:
        given.wrong(f"these are {slices} slices; a GPU has {SLICES_PER_GPU}")
    elif memory > MEMORY_SLICES_PER_GPU:
        given.wrong(f"these take {memory} slices of memory; a GPU has {MEMORY_SLICES_PER_GPU}")
    return {GPU: 0, **result} if result else {}


def most_of(profile: str, profiles: tuple[str, ...]) -> int:
    """How many partitions of one profile a GPU holds, by compute and by memory (NVIDIA's geometry)."""
    of_compute, of_memory = _slices(profile, profiles)
    return min(SLICES_PER_GPU // of_compute, MEMORY_SLICES_PER_GPU // of_memory)


def _slices(profile: str, profiles: tuple[str, ...]) -> tuple[int, int]:
    """The compute and memory slices of one partition. A memory slice is what the smallest profile of the GPU has; names
    round it to whole GB, so that ``7g.141gb`` beside ``1g.18gb`` is eight of them."""
    sizes = {name: (int(found[1]), int(found[2])) for name in profiles if (found := _PROFILE.fullmatch(name))}
    compute, memory = sizes[profile]
    return compute, round(memory / min(size for _, size in sizes.values()))


def allocatable(machine: Mapping[str, int], share: Mapping[str, int]) -> dict[str, int]:
    """What is left of a machine after the system's share."""
    return {name: max(0, amount - share.get(name, 0)) for name, amount in machine.items()}
