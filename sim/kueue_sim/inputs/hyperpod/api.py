"""What does the SageMaker API accept for task governance? Its shapes, checked completely (HyperPod facts, 1.1-1.2).

The client checks less than the service: enumerations, patterns and maxima are found here, before anything runs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite

from kueue_sim.inputs.kubernetes.instance_types import instance_types
from kueue_sim.inputs.text.field import Field, near_miss

MAX_AMOUNT = 10_000_000
_DECIMAL = re.compile(r"-?\d+\.\d+")
_PLACEHOLDER = re.compile(r"[<$]|\{\{")


@dataclass(frozen=True, slots=True)
class Text:
    """A string; ``placeholders`` lets through what documentation prints in place of a value, ``hint`` says in words
    what is accepted."""

    pattern: str = r".*"
    longest: int = 1024
    example: str = ""
    placeholders: bool = False
    hint: str = ""

    def check(self, value: Field) -> None:
        text = value.needed("the text")
        if not isinstance(value.value, str) or not text or (self.placeholders and _PLACEHOLDER.search(text)):
            return
        if len(text) > self.longest:
            value.wrong(f"{len(text)} characters; at most {self.longest} are accepted")
        elif not re.fullmatch(self.pattern, text, re.DOTALL):
            hint = "that is the EKS cluster; " if ":eks:" in text else f"{self.hint}; " if self.hint else ""
            value.wrong(f"{text!r} is not accepted; {hint}example: {self.example}")


@dataclass(frozen=True, slots=True)
class Number:
    """An integer, or a decimal number if ``whole`` is false, from 0 to ``highest``."""

    highest: int = MAX_AMOUNT
    whole: bool = True

    def check(self, value: Field) -> None:
        number = value.value
        types = int if self.whole else (int, float)
        if self.whole and isinstance(number, str) and _DECIMAL.fullmatch(number):
            name = str(value.path[-1]) if value.path else ""
            part = "; a share of a device is an AcceleratorPartition" if name == "Accelerators" else ""
            value.wrong(f"{number} is not a whole number{part}")
            return
        if isinstance(number, bool) or not isinstance(number, types) or not isfinite(number):
            value.unexpected("a whole number" if self.whole else "a number")
        elif not 0 <= number <= self.highest:
            value.wrong(f"{number} is out of range; accepted: 0 to {self.highest}")


@dataclass(frozen=True, slots=True)
class Words:
    """One of a few words; ``also`` are words that documents use and the service refuses."""

    accepted: tuple[str, ...]
    also: tuple[str, ...] = ()

    def check(self, value: Field) -> None:
        if value.value not in self.also:
            value.choice(self.accepted, self.accepted[0])


@dataclass(frozen=True, slots=True)
class InstanceTypeName:
    """A member of the API's enumeration of instance types."""

    def check(self, value: Field) -> None:
        if value.text() not in instance_types():
            value.wrong(f"unknown instance type {value.value!r}; {near_miss(value.value, instance_types())}")


class Unbracketed(list[object]):
    """A single value that shorthand gives for a list: the client makes a list of it and leaves its numbers texts."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """At most ``most`` items of one shape."""

    item: "Shape"
    most: int

    def check(self, value: Field) -> None:
        if isinstance(value.value, Unbracketed):
            name = str(value.path[-1]) if value.path else "Name"
            value.wrong(f"a list is put in brackets: {name}=[{{…}}]")
            return
        items = value.items()
        if len(items) > self.most:
            value.wrong(f"{len(items)} entries; at most {self.most} are accepted")
        for item in items:
            self.item.check(item)


@dataclass(frozen=True, slots=True)
class Structure:
    """Named members; those in ``needed`` must be there."""

    members: Mapping[str, "Shape"]
    needed: tuple[str, ...] = ()

    def check(self, value: Field) -> None:
        value.only(*self.members)
        for name in self.needed:
            if isinstance(value.value, Mapping) and not value.get(name).present:
                value.wrong(f"{name} is missing")
        for name, shape in self.members.items():
            if value.get(name).present:
                shape.check(value.get(name))


Shape = Text | Number | Words | InstanceTypeName | ListOf | Structure

SWITCH = Words(("Enabled", "Disabled"))
NAME = Text(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", 63, "team-a-quota")
_LETTERS = "small letters, digits and hyphens between them"
LOWER_NAME = Text(r"[a-z0-9]([-a-z0-9]*[a-z0-9]){0,39}?", 40, "team-a", hint=_LETTERS)
CLASS_NAME = Text(LOWER_NAME.pattern, 40, "training", hint=_LETTERS)
CLUSTER_ARN = Text(
    r"arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:cluster/[a-z0-9]{12}",
    256,
    "arn:aws:sagemaker:us-west-2:123456789012:cluster/abcdefghijkl",
    placeholders=True,
)
TAGS = ListOf(Structure({"Key": Text(longest=128), "Value": Text(longest=256)}, ("Key", "Value")), 50)
MIG_PROFILES = tuple(
    f"mig-{profile}"
    for profile in (
        *("1g.5gb", "1g.10gb", "1g.18gb", "1g.20gb", "1g.23gb", "1g.35gb", "1g.45gb", "1g.47gb"),
        *("2g.10gb", "2g.20gb", "2g.35gb", "2g.45gb", "2g.47gb"),
        *("3g.20gb", "3g.40gb", "3g.71gb", "3g.90gb", "3g.93gb"),
        *("4g.20gb", "4g.40gb", "4g.71gb", "4g.90gb", "4g.93gb"),
        *("7g.40gb", "7g.80gb", "7g.141gb", "7g.180gb", "7g.186gb"),
    )
)
RESOURCES = ListOf(
    Structure(
        {
            "InstanceType": InstanceTypeName(),
            "Count": Number(),
            "Accelerators": Number(),
            "VCpu": Number(whole=False),
            "MemoryInGiB": Number(whole=False),
            "AcceleratorPartition": Structure({"Type": Words(MIG_PROFILES), "Count": Number()}, ("Type", "Count")),
        },
        ("InstanceType",),
    ),
    15,
)
SCHEDULER_CONFIG = Structure(
    {
        "PriorityClasses": ListOf(Structure({"Name": CLASS_NAME, "Weight": Number(100)}, ("Name", "Weight")), 10),
        "FairShare": SWITCH,
        "IdleResourceSharing": SWITCH,
    }
)
QUOTA_CONFIG = Structure(
    {
        "ComputeQuotaResources": RESOURCES,
        "ResourceSharingConfig": Structure(
            {
                "Strategy": Words(("Lend", "DontLend", "LendAndBorrow"), also=("Borrow",)),
                "BorrowLimit": Number(10_000),
                "AbsoluteBorrowLimits": RESOURCES,
            },
            ("Strategy",),
        ),
        "PreemptTeamTasks": Words(("Never", "LowerPriority")),
    }
)
QUOTA_TARGET = Structure({"TeamName": LOWER_NAME, "FairShareWeight": Number(100)}, ("TeamName",))


@dataclass(frozen=True, slots=True)
class Operation:
    """A request, and what Describe and List add to the same members. ``updates`` is the create request it changes."""

    request: Structure
    outputs: tuple[str, ...] = field(default=())
    updates: "Operation | None" = None


_COMMON: dict[str, Shape] = {"Name": NAME, "ClusterArn": CLUSTER_ARN, "Description": Text(), "Tags": TAGS}
_OF_CLIENTS = ("ResponseMetadata",)
"""What clients such as boto3 add to an answer."""
_STAMPS = ("Status", "FailureReason", "CreationTime", "CreatedBy", "LastModifiedTime", "LastModifiedBy")
SCHEDULER = Operation(
    Structure({**_COMMON, "SchedulerConfig": SCHEDULER_CONFIG}, ("Name", "ClusterArn", "SchedulerConfig")),
    (
        "ClusterSchedulerConfigArn",
        "ClusterSchedulerConfigId",
        "ClusterSchedulerConfigVersion",
        "StatusDetails",
        *_STAMPS,
    ),
)
QUOTA = Operation(
    Structure(
        {
            **_COMMON,
            "ComputeQuotaConfig": QUOTA_CONFIG,
            "ComputeQuotaTarget": QUOTA_TARGET,
            "ActivationState": SWITCH,
        },
        ("Name", "ClusterArn", "ComputeQuotaConfig", "ComputeQuotaTarget"),
    ),
    ("ComputeQuotaArn", "ComputeQuotaId", "ComputeQuotaVersion", *_STAMPS),
)

_ID = Text(r"[a-z0-9]{12}", 12, "abcdefghijkl", placeholders=True)
_VERSION = Number(2**31 - 1)
UPDATE_SCHEDULER = Operation(
    Structure(
        {
            "ClusterSchedulerConfigId": _ID,
            "TargetVersion": _VERSION,
            "SchedulerConfig": SCHEDULER_CONFIG,
            "Description": Text(),
        },
        ("ClusterSchedulerConfigId", "TargetVersion"),
    ),
    updates=SCHEDULER,
)
UPDATE_QUOTA = Operation(
    Structure(
        {
            "ComputeQuotaId": _ID,
            "TargetVersion": _VERSION,
            "ComputeQuotaConfig": QUOTA_CONFIG,
            "ComputeQuotaTarget": QUOTA_TARGET,
            "ActivationState": SWITCH,
            "Description": Text(),
        },
        ("ComputeQuotaId", "TargetVersion"),
    ),
    updates=QUOTA,
)


DELETE_SCHEDULER = Operation(
    Structure({"ClusterSchedulerConfigId": _ID}, ("ClusterSchedulerConfigId",)), updates=SCHEDULER
)
DELETE_QUOTA = Operation(Structure({"ComputeQuotaId": _ID}, ("ComputeQuotaId",)), updates=QUOTA)


def is_output(request: Field, operation: Operation) -> bool:
    """Whether a value is the service's answer to Describe or List rather than a request."""
    return any(request.get(name).present for name in operation.outputs)


def check_request(request: Field, operation: Operation, complete: bool = True) -> None:
    """Notes everything in a create request, or in the output of Describe or List, that the service would refuse.

    ``complete`` false lets members be absent that say nothing about scheduling: Name and ClusterArn.
    """
    shape, answer = operation.request, is_output(request, operation)
    request.only(*shape.members, *((*operation.outputs, *_OF_CLIENTS) if answer else ()))
    for name, member in shape.members.items():
        if answer and name == "ClusterArn":
            continue  # people who share an answer take the cluster's identity out
        if request.get(name).present:
            member.check(request.get(name))
        elif name in shape.needed and not answer and (complete or name not in ("Name", "ClusterArn")):
            request.wrong(f"{name} is missing")


def typed(value: object, shape: Shape) -> object:
    """Strings of the shorthand syntax with the types of the API model, as the client converts them.

    A single value for a list becomes a list whose scalars stay strings: that is what the client does. What is no
    number stays a string, for ``check_request`` to find.
    """
    if isinstance(shape, Structure) and isinstance(value, dict):
        members = shape.members
        return {key: typed(item, members[key]) if key in members else item for key, item in value.items()}
    if isinstance(shape, ListOf):
        return [typed(item, shape.item) for item in value] if isinstance(value, list) else Unbracketed([value])
    if isinstance(shape, Number) and isinstance(value, str):
        try:
            return int(value) if shape.whole else float(value)
        except ValueError:
            return value
    return value
