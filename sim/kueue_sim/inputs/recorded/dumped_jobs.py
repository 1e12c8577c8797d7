"""What became of the jobs of a dump, whose Workloads say more than they do themselves?"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kueue_sim.inputs.recorded.conditions import Manifest, status_of
from kueue_sim.inputs.recorded.summary import counted

_ENDED = frozenset(("Complete", "Completed", "Failed", "Succeeded", "Finished"))
"""Conditions, and phases, of jobs that have ended; in capitals where Ray and Spark say them."""
_BY_POD = frozenset(("Pod", "Deployment", "StatefulSet", "LeaderWorkerSet", "CronJob", "RayService"))
"""Kinds whose Workloads belong to something else than the object itself."""


def has_ended(job: Mapping[str, Any]) -> bool:
    """Whether a job's own status says that it is over."""
    status = status_of(job)
    conditions = status.get("conditions") or ()
    if any(one.get("type") in _ENDED and one.get("status") == "True" for one in conditions if isinstance(one, Mapping)):
        return True
    state = status.get("applicationState")
    phases = (status.get("jobStatus"), status.get("phase"), state.get("state") if isinstance(state, Mapping) else None)
    return any(str(phase).capitalize() in _ENDED for phase in phases)


def job_lines(jobs: Sequence[Manifest], workloads: Iterable[Mapping[str, Any]]) -> list[str]:
    """A line for each thing that became of jobs."""
    owners = {
        str(owner.get("uid")) for one in workloads for owner in one["metadata"].get("ownerReferences") or () if owner
    }
    alone = [job for job in jobs if job.get("kind") not in _BY_POD and job["metadata"].get("uid") not in owners]
    ended = [job for job in (alone if owners else jobs) if has_ended(job)]
    if not owners and not any(True for _ in workloads):
        anew = [job for job in jobs if job not in ended]
        lines = {"jobs that wait anew, also those that run, as no Workload was dumped": anew}
    else:
        lines = {
            "jobs, their Workloads stand for them": [job for job in jobs if job not in alone],
            "left out, jobs without a Workload in the dump": [job for job in alone if job not in ended],
        }
    lines["left out, jobs that have ended"] = ended
    return [counted(what, [*map(_name, found)]) for what, found in lines.items() if found]


def _name(job: Manifest) -> str:
    metadata = job["metadata"]
    return "/".join(str(part) for part in (metadata.get("namespace"), metadata.get("name")) if part)
