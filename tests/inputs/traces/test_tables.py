"""Tables of a public trace give queues and nodes."""

from pathlib import Path
from typing import Any

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.model import Node, Quota, Scenario

NODES = "sn,cpu_milli,memory_mib,gpu,model\nn0,32000,1024,0,\nn1,64000,2048,8,V100\nn2,1,1,1,T4\n"


def loaded(folder: Path, **sections: Any) -> Scenario:
    document = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", **sections}
    return scenario_from_dict(document, folder=folder)


def test_every_row_of_a_capacity_table_becomes_a_queue(tmp_path: Path) -> None:
    (tmp_path / "vc.csv").write_text("vc,node num\n103959,8\n6214e9,3\n")
    teams = {
        "preset": "philly",
        "file": "vc.csv",
        "factor": 0.7,
        "borrowingLimit": 5,
        "clusterQueue": {"cohortName": "all", "queueingStrategy": "StrictFIFO"},
    }
    policy = loaded(tmp_path, policy={"teams": teams}).policy
    assert [
        (one.name, one.cohort, one.queueing_strategy, one.resource_groups[0].flavors[0].resources)
        for one in policy.cluster_queues
    ] == [
        ("103959", "all", "StrictFIFO", (("nvidia.com/gpu", Quota(44, 5)),)),
        ("6214e9", "all", "StrictFIFO", (("nvidia.com/gpu", Quota(16, 5)),)),
    ]
    assert [(one.name, one.cluster_queue) for one in policy.local_queues] == [
        ("103959", "103959"),
        ("6214e9", "6214e9"),
    ]


def test_a_capacity_table_of_a_spreadsheet_may_have_decimal_commas(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("team;gpus\na;4,0\nb;1.024\n")
    teams = {"file": "t.csv", "columns": {"team": "team", "gpus": "gpus"}}
    queues = loaded(tmp_path, policy={"teams": teams}).policy.cluster_queues
    assert [one.resource_groups[0].flavors[0].resources[0][1].nominal for one in queues] == [4, 1024]


def test_mistakes_in_a_capacity_table_are_named(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("team,gpus\na,4\nb,many\n")
    teams = {"file": "t.csv", "columns": {"team": "team", "gpus": "gpus"}}
    with pytest.raises(InputError, match=r"t.csv:3:3: 'many' is not a Kubernetes quantity"):
        loaded(tmp_path, policy={"teams": teams})
    (tmp_path / "t.csv").write_text("team,gpus\na,4\nb,-1\n,2\na,4\nc,\n")
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, policy={"teams": teams})
    assert [str(one).replace(f"{tmp_path}/", "") for one in caught.value.mistakes] == [
        "t.csv:3:3: -1 is negative; quantities start at 0",
        "t.csv:4:1: an empty cell where the name of a team is needed",
        "t.csv:5:1: a second team 'a'; the first stands at t.csv:2:1",
        "t.csv:6:3: '' is not a Kubernetes quantity (examples: 4, 500m, 1.5, 16Gi)",
    ]
    (tmp_path / "t.csv").write_text("team,gpus\n")
    with pytest.raises(InputError, match=r"policy.teams.file: there is no team in the table"):
        loaded(tmp_path, policy={"teams": teams})
    with pytest.raises(InputError, match=r"the file has no column 'vc' for team; accepted: gpus, team"):
        loaded(tmp_path, policy={"teams": {"file": "t.csv", "preset": "philly"}})


def test_a_node_list_gives_nodes_with_the_model_of_their_gpus(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text(NODES)
    nodes = loaded(tmp_path, cluster={"nodeList": {"file": "nodes.csv", "limit": 2, "labels": {"pool": "a"}}}).nodes
    host, model = "kubernetes.io/hostname", "nvidia.com/gpu.product"
    assert nodes == (
        Node("n0", {host: "n0", "pool": "a"}, (), {"cpu": 32000, "memory": 2**30, "pods": 110}),
        Node(
            "n1",
            {host: "n1", model: "V100", "pool": "a"},
            (),
            {"cpu": 64000, "memory": 2**31, "pods": 110, "nvidia.com/gpu": 8},
        ),
    )


def test_a_wrong_row_of_a_node_list_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text(NODES + "n3,1,-1,1,T4\n")
    with pytest.raises(InputError, match=r"nodes.csv:5: -1 is not a whole number of MiB, at least 0"):
        loaded(tmp_path, cluster={"nodeList": {"file": "nodes.csv"}})
