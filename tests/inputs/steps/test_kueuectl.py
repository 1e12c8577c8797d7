"""Kueue's own command, as ``kueuectl`` or ``kubectl kueue``, in scripts."""

from pathlib import Path

from kueue_sim import run
from tests.inputs.steps.played import labelled, remarks, steps
from tests.inputs.test_objects_over_time import told

GIB = 2**30


def test_queues_and_flavors_are_made_as_it_makes_them(tmp_path: Path) -> None:
    scenario = steps(
        tmp_path,
        """\
        kueuectl create resourceflavor spot --node-labels pool=s,zone=a \\
          --node-taints spot=true:NoSchedule --tolerations spot
        kueuectl create rf whole
        kubectl kueue create cq mine --cohort c --queuing-strategy StrictFIFO \\
          --namespace-selector kubernetes.io/metadata.name=default --preemption-within-cluster-queue LowerPriority \\
          --nominal-quota 'spot:cpu=9;memory=36Gi,whole:cpu=1;memory=4Gi' --nominal-quota 'gpus:nvidia.com/gpu=8' \\
          --borrowing-limit 'spot:cpu=1;memory=0'
        kueuectl create resourceflavor gpus --dry-run=client
        kueuectl create resourceflavor gpus
        kueuectl create localqueue own -c mine -n team
        kueuectl list clusterqueue
        kubectl apply -f j.yaml
        """,
    )
    queue = next(one for one in scenario.policy.cluster_queues if one.name == "mine")
    spot = next(one for one in scenario.policy.flavors if one.name == "spot")
    assert [(group.covered_resources, [one.name for one in group.flavors]) for group in queue.resource_groups] == [
        (("cpu", "memory"), ["spot", "whole"]),
        (("nvidia.com/gpu",), ["gpus"]),
    ]
    first = dict(queue.resource_groups[0].flavors[0].resources)
    assert (first["cpu"].nominal, first["cpu"].borrowing_limit, first["cpu"].lending_limit) == (9000, 1000, None)
    assert (first["memory"].nominal, first["memory"].borrowing_limit) == (36 * GIB, 0)
    assert (queue.cohort, queue.queueing_strategy, queue.preemption.within_cluster_queue.value) == (
        "c",
        "StrictFIFO",
        "LowerPriority",
    )
    assert (spot.node_labels, spot.node_taints[0].key, spot.tolerations[0].operator) == (
        {"pool": "s", "zone": "a"},
        "spot",
        "Exists",
    )
    assert [(one.namespace, one.cluster_queue) for one in scenario.policy.local_queues if one.name == "own"] == [
        ("team", "mine")
    ]
    assert remarks(tmp_path, scenario) == []


def test_queues_are_stopped_and_resumed(tmp_path: Path) -> None:
    (tmp_path / "many.yaml").write_text(labelled("a", "app: x"))
    scenario = steps(
        tmp_path,
        """\
        kubectl apply -f q.yaml
        kubectl-kueue stop clusterqueue q --keep-already-running
        kubectl apply -f many.yaml
        sleep 10m
        kueuectl resume cq q
        sleep 10m
        kueuectl stop localqueue lq -n default
        kueuectl stop workload somebody-elses
        kueuectl stop cohort c
        kueuectl frobnicate x
        """,
    )
    stopped = [one.stop_policy.value for action in scenario.timeline for one in action.objects]
    assert stopped == ["None", "HoldAndDrain"]
    assert scenario.policy.cluster_queues[0].stop_policy == "Hold"
    assert told(run(scenario), "Admitted", "Evicted") == [(10, "Admitted", "a"), (20, "Evicted", "a")]
    assert remarks(tmp_path, scenario) == [
        "steps.sh:9: there is no Workload somebody-elses here; kubectl patch is passed over",
        "steps.sh: kueuectl stop is not followed (line 10)",
        "steps.sh: kueuectl frobnicate is not followed (line 11)",
    ]
