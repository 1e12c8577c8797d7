"""The placement section: a policy by name, or with details."""

import pytest

from kueue_sim.engine import simulate
from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.model import Placement, Scenario
from kueue_sim.policy.scheduling_equivalence import EquivalenceClasses


def read(placement: object) -> Placement:
    document: dict[str, object] = {"apiVersion": "kueue-sim/v1", "kind": "Scenario"}
    return scenario_from_dict(document | {"placement": placement}).placement


def test_a_policy_is_named_or_given_with_its_details() -> None:
    points = [{"utilization": 0, "score": 10}, {"utilization": 80, "score": 2}]
    detailed = {
        "policy": "RequestedToCapacityRatio",
        "weights": {"nvidia.com/gpu": 3, "cpu": 1},
        "curve": points,
        "balancedAllocation": "classic",
        "tieBreak": "random",
        "podOrder": "alternating",
    }
    assert [read(None), read("GpuPack"), read({"policy": "Random", "tieBreak": "name"}), read(detailed)] == [
        Placement("LeastAllocated"),
        Placement("GpuPack"),
        Placement("Random"),
        Placement(
            "RequestedToCapacityRatio",
            weights={"nvidia.com/gpu": 3, "cpu": 1},
            curve=((0, 10), (80, 2)),
            balanced="classic",
            random_ties=True,
            alternating=True,
        ),
    ]


def test_the_kubernetes_release_of_the_balance_score_may_be_a_bare_number() -> None:
    assert read({"balancedAllocation": 1.36}) == read({"balancedAllocation": "1.36"}) == Placement()


def test_details_that_have_no_effect_are_mistakes() -> None:
    curve = [{"utilization": 50, "score": 11}, {"utilization": 50, "score": 1}]
    found = []
    for wrong in ({"policy": "GpuPack", "weights": {"cpu": 1}}, {"policy": "RequestedToCapacityRatio", "curve": curve}):
        with pytest.raises(InputError) as caught:
            read(wrong)
        found += [str(mistake) for mistake in caught.value.mistakes]
    assert found == [
        "placement.weights: weights has no effect with GpuPack; accepted: "
        "LeastAllocated, MostAllocated, RequestedToCapacityRatio",
        "placement.curve[0].score: 11 is too large; at most 10 is accepted",
        "placement.curve[1].utilization: 50 does not exceed the point before, 50",
    ]


CLUSTER = {"nodePools": [{"name": "pool", "count": 2, "resources": {"cpu": 4}}]}


def job(name: str, **spec: object) -> dict[str, object]:
    container = {"name": "c", "resources": {"requests": {"cpu": 3}}} | dict(spec.pop("container", {}))  # type: ignore[call-overload]
    metadata = {"name": name, "labels": {"kueue.x-k8s.io/queue-name": "q"}}
    template = {"spec": {"containers": [container], **spec}}
    manifest = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": template}}
    return {"manifest": manifest, "runtime": "1h"}


def scene(jobs: list[dict[str, object]], cluster: object = None) -> Scenario:
    quotas = {"name": "default", "resources": [{"name": "cpu", "nominalQuota": 8}]}
    group = {"coveredResources": ["cpu"], "flavors": [quotas]}
    queue = {"namespaceSelector": {}, "resourceGroups": [group]}
    objects = [
        {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": kind, "metadata": {"name": name}, "spec": spec}
        for kind, name, spec in (("ResourceFlavor", "default", {}), ("ClusterQueue", "q", queue))
    ]
    document = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": {"objects": objects}, "workloads": jobs}
    return scenario_from_dict(document if cluster is None else document | {"cluster": cluster})


PICKY: dict[str, object] = {
    "container": {"ports": [{"containerPort": 80, "hostPort": 80}]},
    "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone"}]}},
    "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
    "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone"}],
}


def test_what_pods_ask_of_nodes_beyond_the_model_changes_nothing_and_is_reported() -> None:
    plain, picky = (scene([job("a", **spec), job("b", **spec)], CLUSTER) for spec in ({}, PICKY))
    what = "host ports, pod affinity, topology spread constraints, volumes"
    assert (plain.warnings, picky.warnings) == ((), (f"{what}: pods are placed on nodes as if they had none",))
    assert scene([job("a", **PICKY)]).warnings == ()
    assert list(simulate(picky).facts) == list(simulate(plain).facts)


def test_pods_that_ask_nodes_for_more_are_not_judged_together_with_plain_ones() -> None:
    def shapes(*jobs: dict[str, object]) -> int:
        of = EquivalenceClasses().of
        return len({of(one) for one in scene(list(jobs)).workloads})

    split = job("c", containers=[{"name": name, "resources": {"requests": {"cpu": cpu}}} for name, cpu in ("x1", "y2")])
    assert shapes(job("a"), job("b")) == shapes(job("a", **PICKY), job("b", **PICKY)) == 1
    assert shapes(job("a"), job("b", runtimeClassName="gvisor"), split, job("d", **PICKY)) == 4
