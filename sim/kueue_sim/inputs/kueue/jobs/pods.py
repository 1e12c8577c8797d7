"""Plain Pods: each a Workload of its own, unless they belong to a group."""

from kueue_sim.inputs.kueue.jobs.kinds import JobKind
from kueue_sim.inputs.kueue.jobs.roles import Role, Roles
from kueue_sim.inputs.text.field import Field


def _pod(manifest: Field, roles: Roles) -> list[Role]:
    return [roles.of(manifest, "main", 1)]


KINDS = (JobKind("Pod", ("",), "pod", _pod, split="group"),)
