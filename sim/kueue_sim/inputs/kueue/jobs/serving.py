"""The pods of what serves: LeaderWorkerSet, StatefulSet, Deployment."""

from kueue_sim.inputs.kueue.jobs.kinds import JobKind
from kueue_sim.inputs.kueue.jobs.roles import Role, Roles, count_of
from kueue_sim.inputs.text.field import Field


def _leader_worker_set(manifest: Field, roles: Roles) -> list[Role]:
    """The pods of one group; each replica is a Workload of its own."""
    template = manifest.get("spec", "leaderWorkerTemplate")
    size, leader = template.get("size").integer(1, minimum=1), template.get("leaderTemplate")
    if not leader.present:
        return [roles.of(template.get("workerTemplate"), "main", size)]
    return [roles.of(leader, "leader", 1), roles.of(template.get("workerTemplate"), "worker", size - 1)]


def _stateful_set(manifest: Field, roles: Roles) -> list[Role]:
    spec = manifest.get("spec")
    return [roles.of(spec.get("template"), "main", count_of(spec.get("replicas")))]


KINDS = (
    JobKind(
        "LeaderWorkerSet",
        ("leaderworkerset.x-k8s.io",),
        "leaderworkerset.x-k8s.io/leaderworkerset",
        _leader_worker_set,
        split="replicas",
    ),
    JobKind("StatefulSet", ("apps",), "statefulset", _stateful_set),
    JobKind("Deployment", ("apps",), "deployment", _stateful_set, split="pods"),
)
