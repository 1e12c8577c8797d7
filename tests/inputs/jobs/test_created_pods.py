"""What the API server fills in before Kueue counts: defaults of LimitRanges, and requests of Pods."""

from pathlib import Path

import pytest

from tests.inputs.jobs.test_user_manifests import job, loaded, of_kind, pods

GI = 2**30
OPEN = "containers: [{name: c, image: x}]"
LIMITED = pods("{cpu: 4}", "limits")
HALF = "{type: Container, defaultRequest: {cpu: 500m}}"
WHOLE = f"resources: {{limits: {{cpu: 4}}}}, {pods()}"


def limits(*items: str) -> str:
    return f"apiVersion: v1\nkind: LimitRange\nmetadata: {{name: l}}\nspec: {{limits: [{', '.join(items)}]}}\n---\n"


def pod(spec: str) -> str:
    return of_kind("v1", "Pod", spec)


def deployment(spec: str) -> str:
    return of_kind("apps/v1", "Deployment", f"replicas: 1, template: {{spec: {{{spec}}}}}")


COUNTED: dict[str, tuple[str, dict[str, int]]] = {
    "the largest limit is the default of limits and requests": (
        limits("{type: Container, max: {cpu: 2, memory: 1Gi}}") + job(pod=OPEN),
        {"cpu": 2000, "memory": GI},
    ),
    "the default limit is the default request, also of a container with a limit": (
        limits("{type: Container, default: {cpu: 2}}") + job(pod=LIMITED),
        {"cpu": 2000},
    ),
    "the least request is the default one": (
        limits("{type: Container, min: {cpu: 100m}}") + job(pod=OPEN),
        {"cpu": 100},
    ),
    "a default that is given goes before largest and least": (
        limits("{type: Container, min: {cpu: 100m}, max: {cpu: 2}, defaultRequest: {cpu: 500m}}") + job(pod=OPEN),
        {"cpu": 500},
    ),
    "bounds of whole pods are no defaults": (limits("{type: Pod, max: {cpu: 2}}") + job(pod=OPEN), {}),
    "of a template Kueue fills in the default before the limit": (limits(HALF) + job(pod=LIMITED), {"cpu": 500}),
    "of a Pod the limit is the request before LimitRanges are asked": (limits(HALF) + pod(LIMITED), {"cpu": 4000}),
    "of a Deployment Kueue sees the Pods": (limits(HALF) + deployment(LIMITED), {"cpu": 4000}),
    "of a label on the template Kueue sees the Pods": (
        limits(HALF)
        + "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {metadata: "
        + f"{{labels: {{kueue.x-k8s.io/queue-name: lq}}}}, spec: {{{LIMITED}}}}}}}\n",
        {"cpu": 4000},
    ),
    "a limit of a whole Pod is no request where its containers ask": (pod(WHOLE), {"cpu": 1000}),
    "a limit of a whole Pod is its request where no container asks": (
        pod(f"resources: {{limits: {{memory: 4Gi}}}}, {pods()}"),
        {"cpu": 1000, "memory": 4 * GI},
    ),
    "a limit of the whole pod of a template is its request": (job(pod=WHOLE), {"cpu": 4000}),
}


@pytest.mark.parametrize("name", COUNTED)
def test_what_the_api_server_fills_in_counts(tmp_path: Path, name: str) -> None:
    text, expected = COUNTED[name]
    assert [dict(one.pod_sets[0].requests) for one in loaded(tmp_path, text).workloads] == [expected]


def test_a_resource_quota_is_said_to_decide_nothing(tmp_path: Path) -> None:
    quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: r}\nspec: {hard: {requests.cpu: '1'}}\n---\n"
    told = "a ResourceQuota decides nothing here: Kueue does not look at it, and pods are made beyond it"
    assert told in loaded(tmp_path, quota + job(pod=pods("{cpu: 2}"))).warnings
