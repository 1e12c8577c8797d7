"""What does a scenario tell of the past? The ``past`` section as jobs that forecasts learn from."""

from kueue_sim.inputs.kueue.jobs import job_workloads
from kueue_sim.inputs.kueue.queues import Directory
from kueue_sim.inputs.kueue.short_form import base_workload
from kueue_sim.inputs.present import PresentReader
from kueue_sim.inputs.text.field import Field
from kueue_sim.inputs.text.schema_present import PAST_JOB
from kueue_sim.model import PastJob


def read_past(section: Field, directory: Directory, times: PresentReader) -> tuple[PastJob, ...]:
    """The jobs in order of submission."""
    found = [job for item in section.items() for job in _jobs(item, directory, times)]
    return tuple(sorted(found, key=lambda job: job.workload.created_ms))


def _jobs(item: Field, directory: Directory, times: PresentReader) -> list[PastJob]:
    item.only(*PAST_JOB)
    manifest = item.get("manifest")
    if manifest.present:
        work = [one.workload for one in job_workloads(manifest, directory, exists=True)]
    else:
        work = [base_workload(item, directory, item.get("name").needed("name"))]
    if not item.get("ran").present:
        item.wrong("ran is missing: how long it ran")
    submitted = times.past(item.get("submitted"), 0)
    ended, admitted = item.get("ended"), item.get("admitted")
    return [
        PastJob(
            one._replace(created_ms=submitted),
            item.get("ran").duration(),
            times.past(ended, 0) if ended.present else None,
            times.past(admitted, 0) if admitted.present else None,
            item.get("evictions").integer(0, minimum=0),
        )
        for one in work
    ]
