"""The priority of a job is found in Kueue's order of places."""

from typing import Any

import pytest

from tests.inputs.jobs.entries import scenario
from tests.inputs.jobs.test_jobs import manifest, role, template

CLASSES = (
    {"kind": "PriorityClass", "metadata": {"name": "p900"}, "value": 900},
    {"kind": "PriorityClass", "metadata": {"name": "p100"}, "value": 100},
    {"kind": "PriorityClass", "metadata": {"name": "usual"}, "value": 5, "globalDefault": True},
)


def of_class(name: str) -> dict[str, Any]:
    return {"replicas": 1, "template": template(1, priorityClassName=name)}


PRIORITIES: dict[str, tuple[dict[str, Any], dict[str, str], int]] = {
    "the label goes first": ({"Worker": of_class("p900")}, {"kueue.x-k8s.io/priority-class": "high"}, 7),
    "the first role goes before the first in the file": (
        {"Worker": of_class("p900"), "Master": of_class("p100")},
        {},
        100,
    ),
    "a role without a class is passed over": ({"Worker": of_class("p900"), "Master": role(1, 1)}, {}, 900),
    "the default class holds without any": ({"Worker": role(1, 1)}, {}, 5),
    "classes of every cluster are known": ({"Worker": of_class("system-node-critical")}, {}, 2_000_001_000),
}


@pytest.mark.parametrize("case", PRIORITIES)
def test_the_priority_is_found_in_kueues_order(case: str) -> None:
    specs, labels, expected = PRIORITIES[case]
    one = manifest("PyTorchJob", {"pytorchReplicaSpecs": specs})
    one["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": "lq", **labels}
    found = scenario({"manifest": one}, objects=CLASSES)
    assert (next(iter(found.workloads)).priority, found.warnings) == (expected, ())


def test_the_scheduling_policy_goes_before_the_pods() -> None:
    spec = {
        "runPolicy": {"schedulingPolicy": {"priorityClass": "p900"}},
        "mpiReplicaSpecs": {"Launcher": of_class("p100")},
    }
    one = manifest("MPIJob", spec, labels={"kueue.x-k8s.io/queue-name": "lq"})
    assert next(iter(scenario({"manifest": one}, objects=CLASSES).workloads)).priority == 900


def test_a_priority_class_that_no_manifest_describes_is_told() -> None:
    one = manifest("Job", {"template": template(1, priorityClassName="absent")})
    del one["metadata"]["labels"]["kueue.x-k8s.io/priority-class"]
    found = scenario({"manifest": one})
    assert (next(iter(found.workloads)).priority, found.warnings) == (
        0,
        ("no manifest describes the PriorityClass absent: it counts as priority 0, a cluster would refuse its pods",),
    )
