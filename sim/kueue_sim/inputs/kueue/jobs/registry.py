"""Which kinds of job are there? One table over all families."""

from collections.abc import Mapping

from kueue_sim.inputs.kueue.companions import KINDS as COMPANIONS
from kueue_sim.inputs.kueue.jobs import (
    appwrapper,
    batch,
    hyperpod,
    jobset,
    kubeflow,
    pods,
    ray,
    serving,
    spark,
    trainjob,
)
from kueue_sim.inputs.kueue.jobs.kinds import JobKind
from kueue_sim.inputs.text.field import Field, near_miss

_FAMILIES = (batch, jobset, kubeflow, trainjob, ray, appwrapper, serving, pods, spark, hyperpod)
JOB_KINDS: Mapping[str, JobKind] = {one.kind: one for family in _FAMILIES for one in family.KINDS}
CRON_JOB = "CronJob"
SEPARATELY = ("Workload", CRON_JOB)
"""Kinds that become Workloads in another way than by the table."""
BESIDE = frozenset(
    (
        *COMPANIONS,
        *[
            "APIService",
            "ClusterRole",
            "ClusterRoleBinding",
            "ConfigMap",
            "Configuration",
            "CustomResourceDefinition",
            "DaemonSet",
            "DeviceClass",
            "Endpoints",
            "EndpointSlice",
            "Event",
            "Gateway",
            "HTTPRoute",
            "HorizontalPodAutoscaler",
            "Ingress",
            "Kustomization",
            "MutatingWebhookConfiguration",
            "Namespace",
            "NetworkPolicy",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "PodDisruptionBudget",
            "PodMonitor",
            "PrometheusRule",
            "ResourceQuota",
            "Role",
            "RoleBinding",
            "Secret",
            "Service",
            "ServiceAccount",
            "ServiceMonitor",
            "StorageClass",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ],
    )
)
"""Kinds that stand beside jobs in files and are no work."""
MAKES_PODS = {
    "Workflow": "argoproj.io",
    "WorkflowTemplate": "argoproj.io",
    "CronWorkflow": "argoproj.io",
    "Rollout": "argoproj.io",
    "PipelineRun": "tekton.dev",
    "Pipeline": "tekton.dev",
    "TaskRun": "tekton.dev",
    "Task": "tekton.dev",
    "MiniCluster": "flux-framework.org",
    "Sandbox": "agents.x-k8s.io",
    "Notebook": "kubeflow.org",
    "InferenceService": "serving.kserve.io",
    "ReplicaSet": "apps",
    "DaskCluster": "kubernetes.dask.org",
    "DaskJob": "kubernetes.dask.org",
    "VolcanoJob": "batch.volcano.sh",
}
"""Kinds Kueue has no integration for; it may manage the pods that their controllers make, one by one or in groups."""


def group_of(manifest: Field) -> str:
    """The API group of an object; "" for the core group or when it names no version."""
    version = manifest.get("apiVersion").value
    return version.rpartition("/")[0] if isinstance(version, str) else ""


def job_kind(manifest: Field, notes: dict[str, None]) -> JobKind | None:
    """The kind of a job; None for what is no job, which is noted, or a mistake when a job's name is misspelt."""
    kind, group = manifest.get("kind"), group_of(manifest)
    name = kind.text()
    known = JOB_KINDS.get(name)
    if known is not None and (not group or group in known.groups):
        return known
    if name in BESIDE:
        return None
    where = manifest.get("metadata").first("name", "generateName").value
    ours = not group or any(group in one.groups for one in JOB_KINDS.values())
    if known is None and ours and name not in MAKES_PODS:
        kind.wrong(f"kind {kind.value!r} is no job; {near_miss(kind.value, (*JOB_KINDS, *SEPARATELY))}")
    elif name in MAKES_PODS or known is not None:
        notes[
            f"{name} {where} is left out: Kueue has no integration for {name} of {group or MAKES_PODS[name]}; "
            "the pods that its controller makes cannot be known here"
        ] = None
    else:
        notes[f"{name} {where} is left out: it is no kind of job that Kueue manages"] = None
    return None


def is_job(manifest: Field) -> bool:
    """Whether an object is of a kind whose pods Kueue can manage."""
    kind, group = manifest.get("kind").value, group_of(manifest)
    known = JOB_KINDS.get(kind) if isinstance(kind, str) else None
    return kind in SEPARATELY or (known is not None and (not group or group in known.groups))
