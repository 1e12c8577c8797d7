"""The pods of a Job; those of a CronJob's Jobs are the same."""

from kueue_sim.inputs.kubernetes.pods import PREFIX
from kueue_sim.inputs.kueue.jobs.kinds import JobKind
from kueue_sim.inputs.kueue.jobs.roles import Role, Roles, count_of
from kueue_sim.inputs.text.field import Field

MIN_PARALLELISM = PREFIX + "job-min-parallelism"


def pods_of(spec: Field) -> int:
    """How many pods of a Job run at the same time: its parallelism, or its completions where these are fewer."""
    parallelism = count_of(spec.get("parallelism"))
    return min(parallelism, count_of(spec.get("completions"), parallelism))


def _job(manifest: Field, roles: Roles) -> list[Role]:
    """One role of all its pods; ``job-min-parallelism`` says how few may start."""
    spec = manifest.get("spec")
    count, least = pods_of(spec), manifest.get("metadata", "annotations", MIN_PARALLELISM)
    minimum = int(least.text()) if least.present and least.text().isdecimal() else None
    if least.present and minimum is None:
        least.unexpected("a whole number in quotes")
    elif minimum is not None and not 0 < minimum < count:
        least.invalid(f"should be between 0 and {count - 1}")
        minimum = None
    return [roles.of(spec.get("template"), "main", count, minimum)]


KINDS = (JobKind("Job", ("batch",), "batch/job", _job),)
