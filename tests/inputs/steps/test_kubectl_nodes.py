"""What ``kubectl`` says of nodes in a script: drained, cordoned, tainted, named and chosen by labels."""

from pathlib import Path

from tests.inputs.steps.played import labelled, remarks, steps


def test_a_node_is_drained(tmp_path: Path) -> None:
    (tmp_path / "n.yaml").write_text("kind: Node\nmetadata: {name: n1}\nstatus: {allocatable: {cpu: 8, pods: 10}}\n")
    scenario = steps(tmp_path, "kubectl apply -f q.yaml -f n.yaml -f j.yaml\nkubectl drain n1 --force\n")
    assert [(one.do, one.target) for one in scenario.timeline] == [("drain", "n1")]
    assert remarks(tmp_path, scenario) == []


def test_nodes_are_named_as_kubectl_takes_them_and_chosen_by_labels(tmp_path: Path) -> None:
    nodes = [
        f"kind: Node\nmetadata: {{name: n{n}, labels: {{pool: p{n % 2}}}}}\nstatus: {{allocatable: {{cpu: 8}}}}\n"
        for n in range(4)
    ]
    (tmp_path / "n.yaml").write_text("---\n".join(nodes))
    scenario = steps(
        tmp_path,
        """\
        kubectl apply -f q.yaml -f n.yaml -f j.yaml
        kubectl drain node/n1 nodes/n2
        kubectl cordon -l pool=p1
        kubectl uncordon --selector pool=other
        """,
    )
    done = [(one.do, one.target) for one in scenario.timeline]
    assert done == [("drain", "n1"), ("drain", "n2"), ("cordon", "n1"), ("cordon", "n3")]
    assert remarks(tmp_path, scenario) == ["steps.sh:5: no node here has pool=other; kubectl uncordon does nothing"]


def test_nodes_are_tainted_before_the_first_work_and_later(tmp_path: Path) -> None:
    nodes = [f"kind: Node\nmetadata: {{name: n{n}}}\nstatus: {{allocatable: {{cpu: 8, pods: 10}}}}\n" for n in (1, 2)]
    (tmp_path / "nodes.yaml").write_text("---\n".join(nodes))
    (tmp_path / "many.yaml").write_text(labelled("a", "app: x"))
    scenario = steps(
        tmp_path,
        """\
        kubectl apply -f q.yaml -f nodes.yaml
        kubectl taint nodes n1 n2 gpu=true:NoSchedule spot:NoExecute old:NoSchedule
        kubectl taint node n1 gpu=false:NoSchedule --overwrite
        kubectl taint node n2 gpu:NoSchedule- spot-
        kubectl taint nodes --all old-
        kubectl apply -f many.yaml
        sleep 60
        kubectl taint nodes n1 late=true:NoExecute gpu-
        kubectl taint nodes n1 late- spot-
        kubectl taint nodes n9 late=true:NoSchedule
        """,
    )
    later = [(one.at_ms, one.target, [taint.key for taint in one.taints]) for one in scenario.timeline]
    assert later == [(60_000, "n1", ["spot", "late"]), (61_000, "n1", [])]
    taints = {node.name: [(one.key, one.value, one.effect) for one in node.taints] for node in scenario.nodes}
    assert taints == {"n1": [("spot", "", "NoExecute"), ("gpu", "false", "NoSchedule")], "n2": []}
    assert remarks(tmp_path, scenario) == ["steps.sh: kubectl taint is not followed (line 11)"]


def test_patches_of_nodes_close_open_and_taint_them_during_the_run(tmp_path: Path) -> None:
    node = "kind: Node\nmetadata: {name: n1, labels: {a: b}}\nstatus: {allocatable: {cpu: 8, pods: 10}}\n"
    (tmp_path / "nodes.yaml").write_text(node)
    scenario = steps(
        tmp_path,
        """\
        kubectl apply -f q.yaml -f nodes.yaml -f j.yaml
        sleep 60
        kubectl patch node n1 -p '{"spec": {"unschedulable": true}}'
        kubectl patch node n1 -p '{"spec": {"unschedulable": null, "taints": [{"key": "k", "effect": "NoSchedule"}]}}'
        kubectl annotate node n1 x=y
        kubectl label node n1 a=c --overwrite
        kubectl taint node -l a=c k-
        """,
    )
    happens = [(action.do, [taint.key for taint in action.taints]) for action in scenario.timeline]
    assert happens == [("cordon", []), ("uncordon", []), ("taint", ["k"]), ("taint", [])]
    assert remarks(tmp_path, scenario) == [
        "steps.sh:7: Node n1 keeps its labels: those that change during a run are not followed"
    ]
