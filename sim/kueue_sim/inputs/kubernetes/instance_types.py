"""What does an instance type hold? The HyperPod instance types with their figures, read when first asked."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

GIB = 2**30
GPU = "nvidia.com/gpu"
NEURON = "aws.amazon.com/neurondevice"
EFA = "vpc.amazonaws.com/efa"
SLICES_PER_GPU = 7
"""Compute slices that MIG divides one GPU into."""
MEMORY_SLICES_PER_GPU = 8
"""Memory slices of the same GPU: a partition may have more of them than of compute."""


@dataclass(frozen=True, slots=True)
class InstanceType:
    """Figures of one whole instance. ``accelerator_resource`` None: it has none."""

    name: str
    vcpu: Fraction
    memory_gib: Fraction
    accelerator_resource: str | None
    accelerator_count: int
    efa_interfaces: int
    mig_profiles: tuple[str, ...]

    def resources(self) -> dict[str, int]:
        """Everything a node of this type offers, in canonical units; what it has none of is left out."""
        amounts = {"cpu": int(self.vcpu * 1000), "memory": int(self.memory_gib * GIB)}
        if self.accelerator_resource:
            amounts[self.accelerator_resource] = self.accelerator_count
        if self.efa_interfaces:
            amounts[EFA] = self.efa_interfaces
        return amounts


@cache
def _rows() -> Mapping[str, Mapping[str, str]]:
    text = Path(__file__).with_name("instance_types.csv").read_text(encoding="utf-8")
    return {row["instance_type"]: row for row in csv.DictReader(text.splitlines())}


def instance_types() -> tuple[str, ...]:
    """The names of all instance types that HyperPod accepts, in the catalogue's order."""
    return tuple(_rows())


def request_caps(name: str) -> tuple[int, int]:
    """The most vCPUs and GiB that HyperPod's CLI requests of one instance. Raises KeyError when there is no such
    type."""
    row = _rows()[name]
    return int(row["request_cap_vcpu"]), int(row["request_cap_memory_gib"])


@cache
def instance_type(name: str) -> InstanceType:
    """The figures of an instance type. Raises KeyError when there is none, ValueError when they are not known."""
    row = _rows()[name]
    if not row["vcpu"]:
        raise ValueError(f"the figures of {name} are not published")
    profiles = row["mig_profiles"]
    return InstanceType(
        name=name,
        vcpu=Fraction(row["vcpu"]),
        memory_gib=Fraction(row["memory_gib"]),
        accelerator_resource=row["accelerator_resource"] or None,
        accelerator_count=int(row["accelerator_count"] or 0),
        efa_interfaces=int(row["efa_interfaces"] or 0),
        mig_profiles=tuple(profiles.split(";")) if profiles else (),
    )
