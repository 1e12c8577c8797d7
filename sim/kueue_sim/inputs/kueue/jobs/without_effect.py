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
_AT_ONCE = "elastic training changes its size at once"
_CORES = "Kueue counts coreRequest and coreLimit"
_ELSEWHERE = "dispatch to other clusters is not played: the job runs here"
_GANG = "a gang is what Kueue admits as one"
_DEFAULTS = (None, False, "Allow", "AnyOrder", "AtStartup", "LeaderCreated", "OrderedReady")
_OWN_CONTROLLERS = (
    "kubernetes.io/job-controller",
    "jobset.sigs.k8s.io/jobset-controller",
)
"""Values that say what holds anyway."""
WITHOUT_EFFECT: Mapping[str, Mapping[str, str]] = {
    "Job": {**{f"spec.{name}": why for name, why in _ENDS.items()}, "spec.managedBy": _ELSEWHERE},
    "CronJob": {
        "spec.concurrencyPolicy": "every Job of the schedule is submitted at its time",
        "spec.startingDeadlineSeconds": "every Job of the schedule is submitted at its time",
    },
    "JobSet": {
        "spec.managedBy": _ELSEWHERE,
        "spec.failurePolicy": _RUNTIME,
        "spec.replicatedJobs[].dependsOn": _TOGETHER,
        "spec.successPolicy": _RUNTIME,
        "spec.startupPolicy.startupPolicyOrder": _TOGETHER,
    },
    **{
        kind: {
            "spec.runPolicy.activeDeadlineSeconds": _RUNTIME,
            "spec.runPolicy.backoffLimit": _RUNTIME,
            "spec.runPolicy.schedulingPolicy.minAvailable": _GANG,
            "spec.runPolicy.managedBy": _ELSEWHERE,
            "spec.elasticPolicy": _FIXED,
        }
        for kind in ("JAXJob", "MPIJob", "PaddleJob", "PyTorchJob", "TFJob", "XGBoostJob")
    },
    "LeaderWorkerSet": {"spec.startupPolicy": _TOGETHER},
    "Pod": {"spec.activeDeadlineSeconds": _RUNTIME},
    "TrainJob": {"spec.activeDeadlineSeconds": _RUNTIME, "spec.managedBy": _ELSEWHERE},
    "RayCluster": {"spec.managedBy": _ELSEWHERE},
    "RayJob": {"spec.managedBy": _ELSEWHERE, "spec.activeDeadlineSeconds": _RUNTIME, "spec.backoffLimit": _RUNTIME},
    "SparkApplication": {
        "spec.driver.cores": _CORES,
        "spec.executor.cores": _CORES,
        "spec.dynamicAllocation.enabled": _FIXED,
        "spec.restartPolicy": _RUNTIME,
        "spec.timeToLiveSeconds": _RUNTIME,
    },
    "HyperPodPyTorchJob": {
        "spec.elasticPolicy.faultyScaleDownTimeoutInSeconds": _AT_ONCE,
        "spec.elasticPolicy.gracefulShutdownTimeoutInSeconds": _AT_ONCE,
        "spec.elasticPolicy.scalingTimeoutInSeconds": _AT_ONCE,
        "spec.runPolicy": _RUNTIME,
    },
    "InferenceEndpointConfig": {"spec.autoScalingSpec": _FIXED},
    "JumpStartModel": {"spec.autoScalingSpec": _FIXED},
    "Workspace": {"spec.idleShutdown": _RUNTIME},
}
"""Path of a field by kind, and why it decides nothing. docs/jobs.md has the same table."""


def fields_without_effect(manifest: Field) -> Iterator[str]:
    """What a user set in a job although it decides nothing, in words."""
    kind = manifest.get("kind").value
    for path, why in WITHOUT_EFFECT.get(kind, {}).items() if isinstance(kind, str) else ():
        if any(field.value not in (*_DEFAULTS, *_OWN_CONTROLLERS) for field in _at(manifest, path)):
            yield f"{path} of {kind} ({why})"


def _at(manifest: Field, path: str) -> list[Field]:
    """The fields at a path, in which ``[]`` stands for each item of a list."""
    head, _, rest = path.partition("[].")
    found = manifest.get(*head.split("."))
    if not rest:
        return [found]
    return [item.get(*rest.split(".")) for item in found.items()] if isinstance(found.value, list) else []
