"""What does a scenario tell of the past? The ``past`` section as jobs that forecasts learn from."""

from collections.abc import Mapping

from kueue_sim.inputs.kueue.jobs import job_workloads
from kueue_sim.inputs.kueue.queues import Directory
from kueue_sim.inputs.kueue.short_form import base_workload
from kueue_sim.inputs.sections.present import PresentReader
from kueue_sim.inputs.text.field import Field, near_miss
from kueue_sim.inputs.text.schema_present import PAST_JOB
from kueue_sim.model import PastJob, Workload


def read_past(section: Field, directory: Directory, times: PresentReader) -> tuple[PastJob, ...]:
    """The jobs in order of submission."""
    known: dict[str, Workload] = {}
    found = [job for item in section.items() for job in _jobs(item, directory, times, known)]
    return tuple(sorted(found, key=lambda job: job.workload.created_ms))


def _jobs(item: Field, directory: Directory, times: PresentReader, known: dict[str, Workload]) -> list[PastJob]:
    """The jobs of one entry. ``known`` are those of earlier entries by key, which later ones may be ``like``."""
    item.only(*PAST_JOB)
    work = _work(item, directory, known)
    for one in work:
        known.setdefault(one.key, one)
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
            item.get("executedBefore").duration(),
        )
        for one in work
    ]


def _work(item: Field, directory: Directory, known: Mapping[str, Workload]) -> list[Workload]:
    manifest, like = item.get("manifest"), item.get("like")
    if manifest.present:
        return [one.workload for one in job_workloads(manifest, directory, exists=True)]
    name = item.get("name").needed("name")
    if not like.present:
        return [base_workload(item, directory, name)]
    model = known.get(like.text())
    if model is None:
        like.wrong(f"no earlier entry is called {like.value!r}; {near_miss(like.value, known)}")
        return []
    return [model._replace(name=name, uid=f"{model.namespace}/{name}")]
