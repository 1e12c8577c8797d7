"""The pods of a JobSet: one role for each replicated Job."""

from kueue_sim.inputs.kueue.jobs.batch import pods_of
from kueue_sim.inputs.kueue.jobs.kinds import JobKind
from kueue_sim.inputs.kueue.jobs.roles import Role, Roles, count_of
from kueue_sim.inputs.text.field import Field


def replicated_jobs(spec: Field, roles: Roles) -> list[Role]:
    """The roles of a JobSet's spec in its own order."""
    return [_replicated(item, roles) for item in spec.get("replicatedJobs").items()]


def _replicated(item: Field, roles: Roles) -> Role:
    """One role for all Jobs that are made of a template, with the pods of each."""
    job = item.get("template", "spec")
    count = pods_of(job) * count_of(item.get("replicas"))
    return roles.of(job.get("template"), item.get("name").needed("name"), count)


KINDS = (
    JobKind(
        "JobSet",
        ("jobset.x-k8s.io",),
        "jobset.x-k8s.io/jobset",
        lambda manifest, roles: replicated_jobs(manifest.get("spec"), roles),
    ),
)
