"""For each rule of jobs and their pods one that it refuses, and what is said of it."""

from tests.inputs.jobs.objects import Object, job, named, ray_job
from tests.inputs.kueue.refused_objects import KEYED, LONG, NAMED

GPU = {
    "containers": [{"name": "c", "resources": {"requests": {"example.com/gpu": 1}, "limits": {"example.com/gpu": 2}}}]
}
ANNOTATED = {
    "metadata": {"annotations": {f"kueue.x-k8s.io/podset-{word}-topology": "a" for word in ("required", "preferred")}}
}
PARTIAL = "kueue.x-k8s.io/job-min-parallelism"
REQUIRED, SLICES = "kueue.x-k8s.io/podset-required-topology", "kueue.x-k8s.io/podset-slice"
PREFERRED = "kueue.x-k8s.io/podset-preferred-topology"
SLICED = {REQUIRED: "a", f"{SLICES}-required-topology": "b", f"{SLICES}-size": "3"}
HEAD = {"template": {"spec": {"containers": []}}}
GROUPS = [{"groupName": f"g{n}", "template": {"spec": {"containers": []}}} for n in range(19)]
SYNC = {"kueue.x-k8s.io/job-completions-equal-parallelism": "true"}

REFUSED_JOBS: dict[str, tuple[Object, str]] = {
    "containers-needed": (
        job({"spec": {"containers": []}}),
        "spec.template.spec.containers: the list is empty; at least one container is needed",
    ),
    "container-names": (
        job({"spec": {"initContainers": [{"name": "c"}], "containers": [{"name": "c"}]}}),
        "spec.template.spec.containers[0].name: a second container 'c'; names of containers differ",
    ),
    "job-name": (
        job(metadata={"name": LONG}),
        f"metadata.name: '{'a' * 59}… (64 characters) is too long; at most 63 characters are accepted, as it is a "
        "label of the pods",
    ),
    "indexed-completions": (
        job(completionMode="Indexed", parallelism=2),
        "spec.completionMode: completionMode Indexed needs completions",
    ),
    "cron-job-name": (
        named("CronJob", "c" * 53, spec={"schedule": "@daily", "jobTemplate": {"spec": job()["spec"]}}),
        f"metadata.name: '{'c' * 53}' is too long; at most 52 characters are accepted, as its Jobs are called by it "
        "and their time",
    ),
    "request-within-limit": (
        job({"spec": GPU}),
        "spec.template.spec.containers[0].resources.requests.example.com/gpu: request 1 of example.com/gpu must equal "
        "the limit 2",
    ),
    "job-fields": (job(paralellism=2), "spec.paralellism: unknown field 'paralellism'; did you mean 'parallelism'?"),
    "queue-name": (
        job(metadata={"labels": {"kueue.x-k8s.io/queue-name": "a_b"}}),
        f"metadata.labels.kueue.x-k8s.io/queue-name: 'a_b' is no name; accepted: {NAMED}",
    ),
    "one-topology-request": (
        job(ANNOTATED),
        "spec.template.metadata.annotations: only one of the topology annotations is accepted: "
        "kueue.x-k8s.io/podset-required-topology, kueue.x-k8s.io/podset-preferred-topology",
    ),
    "topology-names": (
        job({"metadata": {"annotations": {"kueue.x-k8s.io/podset-required-topology": "a b"}}}),
        "spec.template.metadata.annotations.kueue.x-k8s.io/podset-required-topology: 'a b' is no key; accepted: "
        + KEYED,
    ),
    "pod-set-groups": (
        job({"metadata": {"annotations": {"kueue.x-k8s.io/podset-group-name": "g"}}}),
        "spec.template.metadata.annotations.kueue.x-k8s.io/podset-group-name: may not be set when neither "
        "kueue.x-k8s.io/podset-preferred-topology nor kueue.x-k8s.io/podset-required-topology is specified",
    ),
    "elastic-kinds": (
        job(kind="StatefulSet", metadata={"annotations": {"kueue.x-k8s.io/elastic-job": "true"}}),
        "metadata.annotations.kueue.x-k8s.io/elastic-job: elastic job is not supported for StatefulSet; accepted: Job, "
        "RayCluster, RayJob, RayService",
    ),
    "ray-job-cluster": (
        ray_job(clusterSelector={"a": "b"}, rayClusterSpec={"headGroupSpec": {}}),
        "spec.clusterSelector: a kueue managed job should not use an existing cluster",
    ),
    "elastic-alone": (
        job(metadata={"annotations": {"kueue.x-k8s.io/elastic-job": "true", PARTIAL: "2"}}, parallelism=4),
        "metadata.annotations.kueue.x-k8s.io/job-min-parallelism: partial admission and elastic job cannot be used "
        "together",
    ),
    "restart-policy": (
        job({"spec": {"restartPolicy": "Always", "containers": [{"name": "c"}]}}),
        "spec.template.spec.restartPolicy: 'Always' is not accepted for Job; accepted: OnFailure, Never",
    ),
    "elastic-topology": (
        job(
            {"metadata": {"annotations": {PREFERRED: "a"}}},
            {"annotations": {"kueue.x-k8s.io/elastic-job": "true"}},
        ),
        f"spec.template.metadata.annotations.{PREFERRED}: preferred topology is not supported with elastic jobs",
    ),
    "sync-completions": (
        job(metadata={"annotations": SYNC}),
        "metadata.annotations.kueue.x-k8s.io/job-completions-equal-parallelism: should not be enabled for "
        "NonIndexed jobs",
    ),
}
