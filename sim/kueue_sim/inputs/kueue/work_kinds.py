"""Which manifests are work, does Kueue manage them, and do they end by themselves?"""

from kueue_sim.inputs.kubernetes.pods import PREFIX
from kueue_sim.inputs.kueue.jobs import CRON_JOB, JOB_KINDS, is_job, is_managed
from kueue_sim.inputs.text.field import Field

__all__ = ["ELASTIC", "LASTING", "REPLICATED", "elastic", "is_job", "is_managed", "job_kinds"]

ELASTIC = PREFIX + "elastic-job"
REPLICATED = tuple(one.kind for one in JOB_KINDS.values() if one.split in ("replicas", "pods"))
"""Kinds whose replicas are workloads of their own."""
LASTING = (
    *("Deployment", "InferenceEndpointConfig", "JumpStartModel", "LeaderWorkerSet", "RayCluster", "RayService"),
    *("ReplicaSet", "StatefulSet", "Workspace"),
)
"""Kinds that run until they are deleted."""


def job_kinds() -> tuple[str, ...]:
    """The kinds that are work."""
    return (*JOB_KINDS, CRON_JOB)


def elastic(manifest: Field) -> bool:
    """Whether its number of pods may change while it runs (rules 5.8)."""
    return manifest.get("metadata", "annotations", ELASTIC).value == "true"
