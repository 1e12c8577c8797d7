"""Devices that jobs claim count under the name they are mapped to, or keep a workload out of the queue."""

from typing import Any

import pytest

from kueue_sim import run
from tests.inputs.jobs.entries import scenario
from tests.inputs.jobs.test_jobs import manifest, pods


def claimed(count: int, device_class: str, claim: str = "gpu") -> tuple[dict[str, Any], dict[str, Any]]:
    request = {"name": "r", "exactly": {"deviceClassName": device_class, "count": count}}
    made = {
        "kind": "ResourceClaimTemplate",
        "metadata": {"name": "gpu", "namespace": "x"},
        "spec": {"spec": {"devices": {"requests": [request]}}},
    }
    spec = {"resourceClaims": [{"name": "g", "resourceClaimTemplateName": claim}], "containers": [{"name": "c"}]}
    return made, manifest("Job", {"template": {"spec": spec}})


MAPPED = {"configuration": {"resources": {"deviceClassMappings": [{"name": "gpus", "deviceClassNames": ["a", "b"]}]}}}


def test_devices_of_claims_count_under_the_name_they_are_mapped_to() -> None:
    made, job = claimed(2, "b")
    found = next(iter(scenario({"manifest": job}, objects=(made,), kueue=MAPPED).workloads))
    assert (pods(found), found.pod_sets[0].pod_requests, found.inadmissible_reason) == (
        [("main", 1, {"gpus": 2})],
        {},
        "",
    )


PATH = "spec.podSets[0].template.spec.resourceClaims[0]"


INADMISSIBLE: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "a class that is not mapped": (
        "c",
        "gpu",
        MAPPED,
        f"{PATH}.resourceClaimTemplateName: Not found: "
        '"DeviceClass c is not mapped in DRA configuration for podset main"',
    ),
    "a template that is not there": (
        "a",
        "none",
        MAPPED,
        f"{PATH}: Internal error: failed to get claim spec for ResourceClaimTemplate none in podset main: "
        'ResourceClaimTemplate.resource.k8s.io "none" not found',
    ),
    "the feature is off": (
        "a",
        "gpu",
        {**MAPPED, "featureGates": {"KueueDRAIntegration": False}},
        "Workload uses DRA resources but the KueueDRAIntegration feature gate is not enabled",
    ),
}


@pytest.mark.parametrize("case", INADMISSIBLE)
def test_claims_that_cannot_be_counted_keep_a_workload_out_of_the_queue(case: str) -> None:
    device_class, claim, kueue, expected = INADMISSIBLE[case]
    made, job = claimed(1, device_class, claim)
    found = scenario({"manifest": job}, objects=(made,), kueue=kueue)
    assert [one.inadmissible_reason for one in found.workloads] == [expected]
    told = [(one.type, one.reason, one.message) for one in run(found).run.facts]
    assert told == [("Submitted", "", ""), ("Pending", "Misconfigured", expected)]
