"""What does the simulator know of one kind of job?"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from kueue_sim.inputs.kueue.jobs.roles import Role, Roles
from kueue_sim.inputs.text.field import Field

Split = Literal["gang", "replicas", "pods", "group"]
"""What becomes one Workload: the whole job, each replica of it, each pod, or all pods of one group."""
MakeRoles = Callable[[Field, Roles], list[Role]]


def of_its_pods(_: Field) -> str:
    """The kind names no PriorityClass beside those of its pods."""
    return ""


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job that Kueue manages. ``groups`` are its API groups, ``framework`` its name under
    ``integrations.frameworks`` ("" when another controller than Kueue's own manages it), ``roles`` its pods in Kueue's
    order, ``own_class`` the PriorityClass that goes before those of the pods, and ``split`` what one Workload is.
    ``version`` is the one that Kueue manages where the group has several that differ, "" where any is."""

    kind: str
    groups: tuple[str, ...]
    framework: str
    roles: MakeRoles
    split: Split = "gang"
    own_class: Callable[[Field], str] = of_its_pods
    version: str = ""
