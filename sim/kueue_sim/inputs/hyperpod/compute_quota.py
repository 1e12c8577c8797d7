"""How much does a compute quota give of each resource? (HyperPod facts, sections 4.2 and 4.4)"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import isfinite

from kueue_sim.inputs.kubernetes.instance_types import (
    EFA,
    GIB,
    GPU,
    NEURON,
    SLICES_PER_GPU,
    InstanceType,
    instance_type,
)
from kueue_sim.inputs.text.field import Field

COVERED = ("cpu", "memory", GPU, NEURON, EFA)
"""Resources that every flavor lists, whatever the instance type."""
Amounts = dict[str, int]
"""Resource to amount in canonical units."""


def quota_amounts(resources: Field, answer: bool) -> dict[str, Amounts]:
    """Amounts per instance type, in the order given; entries of one type add up.

    ``answer`` marks the output of Describe or List, where HyperPod itself states count and figures together.
    """
    result: dict[str, Amounts] = {}
    for entry in resources.items():
        kind = _figures(entry)
        if kind is None:
            continue
        amounts = _entry(entry, kind, answer)
        known = result.setdefault(kind.name, {})
        for resource, amount in amounts.items():
            known[resource] = known.get(resource, 0) + amount
    return result


def _figures(entry: Field) -> InstanceType | None:
    field = entry.get("InstanceType")
    try:
        return instance_type(field.text())
    except KeyError:
        return None
    except ValueError as error:
        field.wrong(f"{error}, so its quota cannot be worked out")
        return None


def _entry(entry: Field, kind: InstanceType, answer: bool) -> Amounts:
    count, partition = entry.get("Count"), entry.get("AcceleratorPartition")
    singles = [name for name in ("Accelerators", "VCpu", "MemoryInGiB") if entry.get(name).present]
    _check(entry, kind, singles, answer)
    accelerators, slices = entry.get("Accelerators"), _slices(partition)
    ratio = Fraction(0)
    if count.present:
        ratio = _number(count)
    elif accelerators.present or partition.present:
        whole = Fraction(kind.accelerator_count or 1)
        ratio = _number(accelerators) / whole + slices / (whole * SLICES_PER_GPU)
    elif len(singles) == 1:
        given = entry.get(singles[0])
        ratio = _number(given) / (kind.vcpu if singles[0] == "VCpu" else kind.memory_gib)
    vcpu, memory = ratio * kind.vcpu, ratio * kind.memory_gib
    if partition.present and not accelerators.present and not count.present:
        vcpu, memory = Fraction(int(vcpu)), Fraction(int(memory))
    if entry.get("VCpu").present:
        vcpu = _number(entry.get("VCpu"))
    if entry.get("MemoryInGiB").present:
        memory = _number(entry.get("MemoryInGiB"))
    amounts = {"cpu": int(vcpu * 1000), "memory": int(memory * GIB)}
    if kind.accelerator_resource:
        devices = _number(accelerators) if accelerators.present else _number(count) * kind.accelerator_count
        amounts[kind.accelerator_resource] = int(devices)
    if count.present or accelerators.present or partition.present:
        amounts[EFA] = int(ratio * kind.efa_interfaces)
    if partition.present:
        amounts[f"nvidia.com/{partition.get('Type').text()}"] = int(_number(partition.get("Count")))
    return amounts


def _check(entry: Field, kind: InstanceType, singles: Sequence[str], answer: bool) -> None:
    """What the service cannot mean: devices the type lacks, whole instances together with parts of them."""
    for name in ("Accelerators", "AcceleratorPartition"):
        if entry.get(name).present and not kind.accelerator_count:
            entry.get(name).wrong(f"{kind.name} has no accelerators")
    partition = entry.get("AcceleratorPartition")
    profile = partition.get("Type").text()
    if partition.present and kind.accelerator_count and profile not in kind.mig_profiles:
        accepted = ", ".join(kind.mig_profiles) or "none"
        partition.get("Type").wrong(f"{kind.name} has no MIG profile {profile!r}; accepted: {accepted}")
    if entry.get("Count").present and singles and not answer:
        entry.get("Count").wrong(f"Count (whole instances) and {singles[0]} exclude each other")


def _slices(partition: Field) -> Fraction:
    """Compute slices of all partitions together: the digit before ``g`` times the count."""
    profile = partition.get("Type").text().removeprefix("mig-")
    if not partition.present or not profile[:1].isdigit():
        return Fraction(0)
    return int(profile[0]) * _number(partition.get("Count"))


def _number(field: Field) -> Fraction:
    value = field.value
    valid = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and value >= 0
    return Fraction(str(value)) if valid else Fraction(0)


def percent_limits(nominal: Mapping[str, Amounts], percent: int, rounding: str) -> dict[str, Amounts]:
    """Borrowing limits as a share of the team's own quota of every resource."""
    return {
        name: {resource: _rounded(Fraction(amount * percent, 100), rounding) for resource, amount in amounts.items()}
        for name, amounts in nominal.items()
    }


def _rounded(amount: Fraction, rounding: str) -> int:
    if rounding == "up":
        return -((-amount.numerator) // amount.denominator)
    return int(amount + Fraction(1, 2)) if rounding == "nearest" else int(amount)
