"""Which fields of jobs are read and decide nothing here? What a scenario says of them instead stands beside each."""

from collections.abc import Iterator, Mapping

from kueue_sim.inputs.text.field import Field

_RUNTIME = "the entry's runtime says when a job ends"
_ENDS = {
    "activeDeadlineSeconds": _RUNTIME,
    "backoffLimit": _RUNTIME,
    "backoffLimitPerIndex": _RUNTIME,
    "podFailurePolicy": _RUNTIME,
    "successPolicy": _RUNTIME,
}
_FIXED = "the number of pods changes by actions of the timeline only"
_TOGETHER = "all roles start together"
WITHOUT_EFFECT: Mapping[str, Mapping[str, str]] = {
    "Job": {f"spec.{name}": why for name, why in _ENDS.items()},
    "CronJob": {"spec.startingDeadlineSeconds": "every Job of the schedule is submitted at its time"},
    "JobSet": {
        "spec.failurePolicy": _RUNTIME,
        "spec.successPolicy": _RUNTIME,
        "spec.startupPolicy": _TOGETHER,
    },
    **{
        kind: {
            "spec.runPolicy.activeDeadlineSeconds": _RUNTIME,
            "spec.runPolicy.backoffLimit": _RUNTIME,
            "spec.elasticPolicy": _FIXED,
        }
        for kind in ("JAXJob", "MPIJob", "PaddleJob", "PyTorchJob", "TFJob", "XGBoostJob")
    },
    "TrainJob": {"spec.activeDeadlineSeconds": _RUNTIME},
    "RayJob": {"spec.activeDeadlineSeconds": _RUNTIME, "spec.backoffLimit": _RUNTIME},
    "SparkApplication": {"spec.restartPolicy": _RUNTIME, "spec.timeToLiveSeconds": _RUNTIME},
    "HyperPodPyTorchJob": {"spec.elasticPolicy": _FIXED, "spec.runPolicy": _RUNTIME},
    "InferenceEndpointConfig": {"spec.autoScalingSpec": _FIXED},
    "JumpStartModel": {"spec.autoScalingSpec": _FIXED},
    "Workspace": {"spec.idleShutdown": _RUNTIME},
}
"""Path of a field by kind, and why it decides nothing. docs/jobs.md has the same table."""


def fields_without_effect(manifest: Field) -> Iterator[str]:
    """What a user set in a job although it decides nothing, in words."""
    kind = manifest.get("kind").value
    for path, why in WITHOUT_EFFECT.get(kind, {}).items() if isinstance(kind, str) else ():
        if manifest.get(*path.split(".")).value not in (None, False):
            yield f"{path} of {kind} ({why})"
