"""Which Workloads does Kueue make of a job manifest? One module per family of kinds; ``registry`` has them all."""

from kueue_sim.inputs.kueue.jobs.groups import PodGroups
from kueue_sim.inputs.kueue.jobs.managing import QUEUE, is_managed
from kueue_sim.inputs.kueue.jobs.reading import PRIORITY, Submitted, job_workloads
from kueue_sim.inputs.kueue.jobs.registry import CRON_JOB, JOB_KINDS, is_job

__all__ = [
    "CRON_JOB",
    "JOB_KINDS",
    "PRIORITY",
    "QUEUE",
    "PodGroups",
    "Submitted",
    "is_job",
    "is_managed",
    "job_workloads",
]
