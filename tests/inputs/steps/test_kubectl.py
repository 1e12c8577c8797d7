"""What commands of kubectl in a script do to objects."""

from pathlib import Path

import pytest

from kueue_sim import load_scenario, run
from kueue_sim.errors import InputError
from kueue_sim.model import ClusterQueue, LocalQueue
from tests.inputs.steps.played import labelled, remarks, steps
from tests.inputs.test_objects_over_time import told


def test_selectors_mean_the_objects_with_these_labels(tmp_path: Path) -> None:
    (tmp_path / "many.yaml").write_text(
        labelled("a", "app: x, tier: gold") + labelled("b", "app: x") + labelled("c", "app: y")
    )
    scenario = steps(
        tmp_path,
        """\
        kubectl apply -f q.yaml -f many.yaml
        kubectl label job b tier=silver
        kubectl delete job -l 'app=x,tier in (gold, iron)'
        kubectl delete jobs -l app!=x -n default
        kubectl delete job -l tier=iron
        kubectl delete job -l '!tier,app'
        kubectl delete jobs -l tier
        """,
    )
    gone = [(one.at_ms // 1000, one.target) for one in scenario.timeline if one.do == "delete"]
    assert gone == [(2, "default/a"), (3, "default/c"), (4, "default/b")]
    assert remarks(tmp_path, scenario) == [
        "steps.sh:6: nothing here has tier=iron; kubectl delete job does nothing",
        "steps.sh:7: nothing here has !tier,app; kubectl delete job does nothing",
    ]


def test_what_others_set_survives_another_apply_and_what_is_left_out_goes(tmp_path: Path) -> None:
    scenario = steps(
        tmp_path,
        """\
        kubectl apply -f q.yaml
        kubectl apply -f j.yaml
        sleep 10m
        kubectl patch clusterqueue q --type=merge -p '{"spec": {"stopPolicy": "Hold"}}'
        sleep 10m
        kubectl apply -f q.yaml
        kubectl create -f web.yaml
        """,
    )
    result = run(scenario)
    assert told(result, "Submitted", "Admitted", "Finished") == [
        (0, "Submitted", "j"), (0, "Admitted", "j"), (20, "Submitted", "web-0"), (20, "Submitted", "web-1"),
        (60, "Finished", "j"),
    ]  # fmt: skip


def test_what_exists_already_is_not_created_again(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(labelled("j", "a: b", cpu=3))
    scenario = steps(tmp_path, "kubectl apply -f q.yaml -f j.yaml\nkubectl create -f other.yaml\n")
    assert [one.name for one in scenario.workloads] == ["j"]
    assert remarks(tmp_path, scenario) == ["steps.sh:3: Job j exists already; kubectl create changes nothing"]


def test_objects_made_without_a_file(tmp_path: Path) -> None:
    (tmp_path / "cron.yaml").write_text(
        "kind: CronJob\nmetadata: {name: nightly, labels: {kueue.x-k8s.io/queue-name: lq}}\n"
        "spec:\n  schedule: '@yearly'\n"
        "  jobTemplate:\n    metadata: {labels: {kueue.x-k8s.io/queue-name: lq}}\n    spec:\n      parallelism: 2\n"
        "      template: {spec: {containers: [{name: c, image: x, resources: {requests: {cpu: 1}}}]}}\n"
    )
    scenario = steps(
        tmp_path,
        """\
        kubectl create priorityclass urgent --value=1000 --description="for demos"
        kubectl apply -f q.yaml
        kubectl apply -f cron.yaml
        kubectl create job now --from=cronjob/nightly
        kubectl create job lost --from=cronjob/other
        kubectl set image deploy/web c=y
        kubectl edit clusterqueue q
        """,
    )
    now = next(one for one in scenario.workloads if one.name == "now")
    assert (now.key, now.queue_name, now.pod_sets[0].count) == ("default/now", "lq", 2)
    assert remarks(tmp_path, scenario) == [
        "steps.sh: kubectl create job is not followed (line 6)",
        "steps.sh: kubectl set is not followed (line 7)",
        "steps.sh: kubectl edit is not followed (line 8)",
    ]


def test_files_that_the_script_writes_are_applied(tmp_path: Path) -> None:
    scenario = steps(
        tmp_path,
        """\
        kubectl apply -f q.yaml
        mkdir -p made
        for team in a b; do
          sed "s/name: j/name: $team/" j.yaml > made/$team.yaml
        done
        kubectl apply -f made/
        cp j.yaml copy.yaml
        sed -i 's/name: j/name: c/' copy.yaml
        kubectl apply -f copy.yaml
        kubectl get jobs -o yaml > lost.yaml
        """,
    )
    assert [one.name for one in scenario.workloads] == ["a", "b", "c"]
    assert not (tmp_path / "made").exists()


def test_a_file_of_unknown_content_is_taken_as_it_lies_or_left_out(tmp_path: Path) -> None:
    text = """\
        kubectl get jobs -o yaml > lost.yaml
        kubectl apply -f q.yaml -f lost.yaml
        kubectl get jobs -o yaml > j.yaml
        kubectl apply -f j.yaml
        """
    scenario = steps(tmp_path, text)
    assert [one.name for one in scenario.workloads] == ["j"]
    assert remarks(tmp_path, scenario) == [
        "steps.sh:3: what the script writes into lost.yaml is not known; the file is left out",
        "steps.sh:5: what the script writes into j.yaml is not known; the file is taken as it lies there",
    ]


def test_what_functions_print_is_known_as_far_as_their_commands_are(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("TEAM=blue\n")
    scenario = steps(
        tmp_path,
        """\
        ask() { local answer; read -p "$1 [$2]: " answer; echo "${answer:-$2}"; }
        source env
        job() {
          cat <<EOF
        kind: Job
        metadata: {name: $1, labels: {kueue.x-k8s.io/queue-name: $(ask "which queue?" lq)}}
        spec: {template: {spec: {containers: [{name: c, image: x, resources: {requests: {cpu: 1}}}]}}}
        EOF
          echo "made $1" >&2
        }
        kubectl apply -f q.yaml
        job "$TEAM" | kubectl apply -f -
        job other > other.yaml
        { job a; echo ---; job b; } > two.yaml
        echo "TEAM=red" > more; . more; job $TEAM | kubectl apply -f -
        kubectl apply -f other.yaml -f two.yaml
        """,
    )
    assert [one.name for one in scenario.workloads] == ["blue", "red", "other", "a", "b"]
    assert scenario.notes == ()


def test_what_a_script_fetches_lies_elsewhere(tmp_path: Path) -> None:
    scenario = steps(
        tmp_path,
        """\
        git clone --depth 1 https://example.com/team/repo.git
        wget https://example.com/x.yaml
        curl -sLO https://github.com/kubernetes-sigs/kueue/releases/download/v0.16.1/manifests.yaml
        curl -L -o y.yaml https://example.com/q
        kubectl apply -f repo/jobs -f x.yaml -f y.yaml -f manifests.yaml -f q.yaml
        kubectl apply -k repo/base
        """,
    )
    assert scenario.settings.version == "0.16.1"
    elsewhere = ("https://example.com/team/repo.git", "https://example.com/x.yaml", "https://example.com/q")
    assert remarks(tmp_path, scenario) == [
        *(f"steps.sh:6: {address} lies elsewhere and is left out" for address in elsewhere),
        "steps.sh:7: https://example.com/team/repo.git lies elsewhere and is left out",
    ]


def test_what_runs_in_the_background_takes_its_own_time(tmp_path: Path) -> None:
    scenario = steps(
        tmp_path,
        """\
        kubectl apply -f q.yaml
        (sleep 10m; kubectl apply -f web.yaml) &
        kubectl apply -f j.yaml
        (sleep 20m; kubectl delete job j) &
        kubectl label job j a=b
        wait
        kubectl create -f j.yaml
        """,
    )
    assert [(one.at_ms // 1000, one.do, one.target) for one in scenario.timeline] == [(1200, "delete", "default/j")]
    seconds = [(one.created_ms // 1000, one.name) for one in scenario.workloads]
    assert seconds == [(0, "j"), (600, "web-0"), (600, "web-1"), (1201, "j-2")]


def test_programs_that_are_copied_and_other_operations_of_the_service_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "program").write_bytes(b"\x7fELF\xf1\x00")
    scenario = steps(
        tmp_path,
        """\
        cp program other
        ./program apply
        aws sagemaker create-cluster --cli-input-json file://cluster.json
        aws sagemaker create-training-job --name x
        kubectl apply -f q.yaml -f j.yaml
        """,
    )
    assert remarks(tmp_path, scenario) == [
        "steps.sh: program is not followed (line 3)",
        "steps.sh: aws sagemaker create-cluster is not followed (line 4)",
        "steps.sh: aws sagemaker create-training-job is not followed (line 5)",
    ]
    with pytest.raises(InputError, match="the operation 'create-compute-quotas' is not read; did you mean"):
        steps(tmp_path, "aws sagemaker create-compute-quotas --name x\n")


def test_words_that_are_commands_once_more_are_followed(tmp_path: Path) -> None:
    text = """\
        show() { echo "$ $*"; eval "$*"; }
        show kubectl apply -f q.yaml
        show "kubectl apply -f j.yaml && kubectl apply -f web.yaml"
        """
    assert [one.name for one in steps(tmp_path, text).workloads] == ["j", "web-0", "web-1"]


def test_arguments_that_a_script_sets_itself_are_known(tmp_path: Path) -> None:
    text = 'set -- q.yaml j.yaml\nfor file in "$@"; do kubectl apply -f $file; done\nkubectl apply -f web$3.yaml\n'
    assert [one.name for one in steps(tmp_path, text).workloads] == ["j", "web-0", "web-1"]


def test_what_a_command_prints_may_stand_for_a_file(tmp_path: Path) -> None:
    text = """\
        kubectl apply -f q.yaml
        for i in {1..2}; do kubectl create -f <(sed "s/name: j/name: m-$i/" j.yaml); done
        while read name; do sed "s/name: j/name: $name/" j.yaml | kubectl apply -f -; done < <(echo a; echo b)
        """
    assert [one.name for one in steps(tmp_path, text).workloads] == ["m-1", "m-2", "a", "b"]


def test_a_file_that_nobody_knows_is_left_out_and_told(tmp_path: Path) -> None:
    scenario = steps(tmp_path, "kubectl apply -f q.yaml -f j.yaml\nkubectl apply -f <(./render)\n")
    assert [one.name for one in scenario.workloads] == ["j"]
    assert remarks(tmp_path, scenario)[0] == (
        "steps.sh:3: what the script writes into 0 is not known; the file is left out"
    )


def test_a_file_without_a_name_is_a_mistake_and_not_the_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        steps(tmp_path, 'kubectl apply -f q.yaml\nkubectl apply -f ""\n')
    assert [str(one).removeprefix(f"{tmp_path}/") for one in caught.value.mistakes] == [
        "steps.sh:3:18: the name of a file is missing"
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ('--type=merge -p \'{"spec": {"cohort": "X!"}}\'', "spec.cohort: 'X!' is no name"),
        ('--type=merge -p \'{"spec": {"stopPolicy": "hold"}}\'', "spec.stopPolicy: 'hold' is not accepted"),
        ('--type=merge -p \'{"spec": {"fairSharing": {"weight": 0.5}}}\'', "spec.fairSharing.weight: 0.5 is neither"),
        ('--type=json -p \'[{"op": "add", "path": "/spec/cohort", "value": "X!"}]\'', "spec.cohort: 'X!' is no name"),
    ],
)
def test_what_a_patch_of_a_queue_would_be_refused_for_stands_at_the_command(
    tmp_path: Path, options: str, expected: str
) -> None:
    quota = "{coveredResources: [cpu], flavors: [{name: f, resources: [{name: cpu, nominalQuota: 4}]}]}"
    (tmp_path / "q.yaml").write_text(
        "{apiVersion: kueue.x-k8s.io/v1beta1, kind: ResourceFlavor, metadata: {name: f}}\n---\n"
        "{apiVersion: kueue.x-k8s.io/v1beta1, kind: ClusterQueue, metadata: {name: q}, "
        f"spec: {{namespaceSelector: {{}}, resourceGroups: [{quota}]}}}}\n---\n"
        "{apiVersion: kueue.x-k8s.io/v1beta1, kind: LocalQueue, metadata: {name: lq, namespace: default}, "
        "spec: {clusterQueue: q}}\n"
    )
    (tmp_path / "j.yaml").write_text(
        "{apiVersion: batch/v1, kind: Job, metadata: {name: j, labels: {kueue.x-k8s.io/queue-name: lq}}, "
        "spec: {template: {spec: {containers: [{name: c, resources: {requests: {cpu: 1}}}]}}}}\n"
    )
    path = tmp_path / "s.sh"
    path.write_text(f"kubectl apply -f q.yaml -f j.yaml\nsleep 60\nkubectl patch cq q {options}\n")
    with pytest.raises(InputError) as refused:
        load_scenario(path)
    [one] = refused.value.mistakes
    assert str(one).partition("s.sh:")[2].startswith(f"3:18: {expected}")


@pytest.mark.parametrize("first", ["", "kubectl apply -f q.yaml -f many.yaml\nsleep 60\n"])
def test_operations_of_a_patch_may_name_what_a_cluster_fills_in(tmp_path: Path, first: str) -> None:
    """Before the first work as well as after it; ``replace`` needs a field that is there."""
    (tmp_path / "many.yaml").write_text(labelled("a", "app: x"))
    operations = '[{"op": "replace", "path": "/spec/%s", "value": "%s"}]'
    scenario = steps(
        tmp_path,
        f"kubectl apply -f q.yaml\n{first}"
        f"kubectl patch clusterqueue q --type=json -p '{operations % ('queueingStrategy', 'StrictFIFO')}'\n"
        f"kubectl patch localqueue lq --type=json -p '{operations % ('stopPolicy', 'Hold')}'\n"
        "kubectl apply -f many.yaml\n",
    )
    changed = [one for action in scenario.timeline for one in action.objects]
    there = changed if first else [*scenario.policy.cluster_queues, *scenario.policy.local_queues]
    [queue] = [one for one in there if isinstance(one, ClusterQueue)]
    [local] = [one for one in there if isinstance(one, LocalQueue) and (one.namespace, one.name) == ("default", "lq")]
    assert (queue.queueing_strategy, local.stop_policy) == ("StrictFIFO", "Hold")
    assert len(queue.resource_groups) == 1


def test_what_kubectl_run_lays_over_its_pod_counts(tmp_path: Path) -> None:
    pod = (
        '{"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "lq"}}, "spec": {"containers": ['
        '{"name": "p", "image": "x", "resources": {"requests": {"cpu": "2"}}}]}}'
    )
    scenario = steps(tmp_path, f"kubectl apply -f q.yaml\nkubectl run p --image x --overrides='{pod}'\n")
    assert [dict(one.pod_sets[0].requests) for one in scenario.workloads] == [{"cpu": 2000}]


def test_labels_that_are_set_on_what_is_piped_change_nothing_else(tmp_path: Path) -> None:
    job = "kubectl create job piped --image x --dry-run=client -o yaml"
    queue = "kueue.x-k8s.io/queue-name=lq"
    scenario = steps(
        tmp_path,
        f"""\
        kubectl apply -f q.yaml
        {job} | kubectl label --local -f - {queue} -o yaml | kubectl annotate --local -f - a=b | kubectl apply -f -
        kubectl label --local -f j.yaml {queue} -o yaml
        """,
    )
    assert [(one.name, one.queue_name) for one in scenario.workloads] == [("piped", "lq")]
    assert remarks(tmp_path, scenario) == []
