"""Which manifests are work, does Kueue manage them, and do they end by themselves?"""

from kueue_sim.inputs.kubernetes.pods import PREFIX
from kueue_sim.inputs.kueue.jobs import COPIES, QUEUE, READERS
from kueue_sim.inputs.text.field import Field

ELASTIC = PREFIX + "elastic-job"
REPLICATED = COPIES
"""Kinds whose replicas are workloads of their own."""
LASTING = (
    *("Deployment", "InferenceEndpointConfig", "JumpStartModel", "LeaderWorkerSet", "RayCluster", "RayService"),
    *("ReplicaSet", "StatefulSet", "Workspace"),
)
"""Kinds that run until they are deleted."""
_TEMPLATES = (("spec", "template"), ("spec", "jobTemplate"), ("spec", "leaderWorkerTemplate", "workerTemplate"))


def job_kinds() -> tuple[str, ...]:
    """The kinds that are work."""
    return tuple(READERS)


def is_job(manifest: Field) -> bool:
    """Whether a manifest is work, by its kind."""
    return manifest.get("kind").value in READERS


def is_managed(manifest: Field) -> bool:
    """Whether Kueue hears of it: a queue's name stands on it or on its pods (R1.16)."""
    places = [manifest, *(manifest.get(*steps) for steps in _TEMPLATES)]
    return any(_names_queue(place) for place in places)


def _names_queue(place: Field) -> bool:
    metadata = place.get("metadata")
    return any(metadata.get(where, QUEUE).present for where in ("labels", "annotations"))


def elastic(manifest: Field) -> bool:
    """Whether its number of pods may change while it runs (rules 5.8)."""
    return manifest.get("metadata", "annotations", ELASTIC).value == "true"
