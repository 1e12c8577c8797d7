"""Admissions after the last sample of a LocalQueue's usage are charged before the run goes on (R7.16)."""

from typing import Any

import pytest

from kueue_sim.engine import simulate
from kueue_sim.engine.simulation import Simulation
from kueue_sim.inputs.scenario import scenario_from_dict

GPU = "nvidia.com/gpu"


def scenario(sampled: str, **more: Any) -> dict[str, Any]:
    """Two LocalQueues of one usage-based ClusterQueue that is full for another half minute. One job of each waits; b
    had used a little at the sample."""
    resources = [{"name": GPU, "nominalQuota": 8}]
    queue = {
        "namespaceSelector": {},
        "admissionScope": {"admissionMode": "UsageBasedAdmissionFairSharing"},
        "resourceGroups": [{"coveredResources": [GPU], "flavors": [{"name": "gpu", "resources": resources}]}],
    }
    objects = [
        {"kind": "ResourceFlavor", "metadata": {"name": "gpu"}},
        {"kind": "ClusterQueue", "metadata": {"name": "cq"}, "spec": queue},
        *(
            {
                "kind": "LocalQueue",
                "metadata": {"name": name, "namespace": "default"},
                "spec": {"clusterQueue": "cq"},
                "status": {
                    "fairSharing": {
                        "admissionFairSharingStatus": {"consumedResources": {GPU: used}, "lastUpdate": sampled}
                    }
                },
            }
            for name, used in (("a", "0"), ("b", "100m"))
        ),
    ]
    asked = {"pods": 1, "requests": {GPU: 8}, "runtime": "1h"}
    held = {"clusterQueue": "cq", "flavors": {GPU: "gpu"}, "since": "10m"}
    settings = {"usageHalfLifeTime": "1h", "usageSamplingInterval": "5m"}
    return {
        "apiVersion": "kueue-sim/v1", "kind": "Scenario", "start": "2026-01-01T12:00:00Z",
        "kueue": {"configuration": {"admissionFairSharing": settings}},
        "policy": {"objects": objects},
        "workloads": [
            {"name": "runs", "queue": "a", **asked, "admitted": held, "ranFor": "3570s", "waitingSince": "20m"},
            {"name": "of-a", "queue": "a", **asked, "waitingSince": "8m", **more},
            {"name": "of-b", "queue": "b", **asked, "waitingSince": "5m"},
        ],
    }  # fmt: skip


def order(document: dict[str, Any]) -> list[str]:
    facts = simulate(scenario_from_dict(document)).facts
    return [fact.workload.partition("/")[2] for fact in facts if fact.type == "Admitted" and fact.at_ms > 0]


@pytest.mark.parametrize(("sampled", "first"), [("2026-01-01T11:45:00Z", "of-b"), ("2026-01-01T12:00:00Z", "of-a")])
def test_who_was_admitted_after_the_sample_goes_last(sampled: str, first: str) -> None:
    document = scenario(sampled)
    document["horizon"] = "1m"
    assert order(document) == [first]


def test_evicted_work_pays_for_the_admission_that_its_past_tells_of() -> None:
    document = scenario("2026-01-01T11:45:00Z")
    document["workloads"][0]["queue"] = "b"
    evicted = {"reason": "Preempted", "since": "1m"}
    document["workloads"][2] |= {"evicted": evicted, "executedBefore": "2m", "admissions": 1}
    document["horizon"] = "1m"
    assert order(document) == ["of-a"]


def test_a_present_that_was_simulated_is_charged_once() -> None:
    whole = scenario_from_dict(scenario("2026-01-01T11:45:00Z"))
    cut = Simulation(whole).present(60_000)
    assert [local.settled for local in cut.policy.local_queues] == [True, True]
    later = [(fact.type, fact.workload, fact.at_ms) for fact in simulate(whole).facts if fact.at_ms > 60_000]
    assert [(f.type, f.workload, f.at_ms + 60_000) for f in simulate(cut).facts if f.at_ms > 0] == later
