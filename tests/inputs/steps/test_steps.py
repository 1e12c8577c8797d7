"""Shell scripts as scenarios: kubectl, aws, sleep, and what set-up scripts have around them."""

from pathlib import Path

import pytest

from kueue_sim import run
from kueue_sim.errors import InputError
from kueue_sim.inputs import load_scenario
from tests.inputs.steps.scripts import script, wrong
from tests.inputs.test_objects_over_time import JOB, told


def test_setting_up_takes_no_time_and_sleep_moves_the_clock(tmp_path: Path) -> None:
    scenario = script(
        tmp_path,
        """\
        kubectl apply -f q.yaml          # in force from the beginning
        sleep 5m
        kubectl create -f j.yaml
        sleep 10m 30s
        kubectl apply -f web.yaml
        kubectl scale deployment/web --replicas=3
        sleep 90
        kubectl delete deploy web
        """,
    )
    seconds = [(one.created_ms // 1000, one.name) for one in scenario.workloads]
    assert seconds == [(0, "j"), (630, "web-0"), (630, "web-1"), (631, "web-2")]
    assert [(one.at_ms, one.target) for one in scenario.timeline] == [
        (721_000, f"default/web-{index}") for index in range(3)
    ]


def test_namespaces_here_documents_loops_and_pipes(tmp_path: Path) -> None:
    scenario = script(
        tmp_path,
        """\
        set -euo pipefail
        NS=team; export CPU="2"
        kubectl create namespace $NS
        kubectl label namespace team tier=gold
        kubectl apply -f q.yaml
        for name in a b; do
          sed "s/name: j/name: $name/" j.yaml > /tmp/x
          cat <<EOF | kubectl apply -n ${NS} -f -
        kind: Job
        metadata: {name: $name, labels: {kueue.x-k8s.io/queue-name: lq}}
        spec: {template: {spec: {containers: [{name: c, image: x, resources: {requests: {cpu: ${CPU}}}}]}}}
        EOF
        done
        kubectl get pods -n team | grep Running && echo "done"
        """,
    )
    assert [(one.key, one.created_ms, one.pod_sets[0].requests) for one in scenario.workloads] == [
        ("team/a", 0, {"cpu": 2000}),
        ("team/b", 1000, {"cpu": 2000}),
    ]
    spaces = {space.name: dict(space.labels) for space in scenario.policy.namespaces}
    assert spaces["team"] == {"kubernetes.io/metadata.name": "team", "tier": "gold"}
    assert scenario.notes == ()


def test_patches_labels_and_deletions_of_named_objects(tmp_path: Path) -> None:
    result = run(
        script(
            tmp_path,
            """\
            kubectl apply -f q.yaml -f j.yaml
            sleep 10m
            kubectl patch job j -n default --type=merge -p '{"spec": {"parallelism": 4}}'
            sleep 10m
            kubectl patch clusterqueue q --type=merge -p '{"spec": {"stopPolicy": "HoldAndDrain"}}'
            sleep 10m
            kubectl delete job.batch/j
            """,
        )
    )
    assert told(result, "Admitted", "Evicted", "Deleted") == [
        (0, "Admitted", "j"),
        (10, "Admitted", "j-slice-2"),
        (20, "Evicted", "j-slice-2"),
        (30, "Deleted", "j-slice-2"),
    ]


def test_a_patch_may_stand_in_a_file_that_the_script_writes_or_that_lies_there(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("spec: {stopPolicy: HoldAndDrain}\n")
    commands = """\
        kubectl apply -f q.yaml -f j.yaml
        echo '{"spec": {"parallelism": 4}}' > p.json
        sleep 10m
        kubectl patch job j -n default --type=merge --patch-file p.json
        sleep 10m
        kubectl patch clusterqueue q --type=merge --patch-file=p.yaml
        """
    result = run(script(tmp_path, commands))
    assert told(result, "Evicted") == [(20, "Evicted", "j-slice-2")]
    with pytest.raises(InputError, match=r"steps\.sh:7:\d+: there is no file '.*no\.yaml'"):
        script(tmp_path, commands.replace("=p.yaml", "=no.yaml"))


def test_loops_that_count_and_generated_names(tmp_path: Path) -> None:
    (tmp_path / "g.yaml").write_text(JOB.replace("  name: j\n", "  generateName: sample-\n"))
    scenario = script(
        tmp_path,
        """\
        kubectl apply -f q.yaml
        count=1
        for i in $(seq 1 2); do kubectl create -f g.yaml; done
        for i in {1..2}; do count=$((count+1)); done
        for ((i=0; i<3; i++)); do kubectl create -f g.yaml; done
        if [[ "$count" == 3 && -f g.yaml ]]; then kubectl create -f j.yaml; fi
        """,
    )
    assert [one.name for one in scenario.workloads] == [*(f"sample-{number}" for number in range(5)), "j"]
    assert scenario.notes == ()


@pytest.mark.parametrize(
    ("loop", "times", "passed_over"),
    [
        ("for ((i=0; i<3; i++)); do {}; done", 3, False),
        ("N=4; for ((i = 1; i <= $N; i += 1))\ndo\n  {}\ndone", 4, False),
        ("i=0; while [ $i -lt 2 ]; do {}; i=$((i+1)); done", 2, False),
        ("i=5; until [[ $i -eq 3 ]]; do {}; ((i--)); done", 2, False),
        ("while true; do {}; sleep 1; done", 0, True),
        ("while ! kubectl get job j; do {}; done", 0, True),
        ("while read -r line; do {}; done < <(kubectl get jobs)", 0, True),
        ("for ((i=9; i>0; i--)); do {}; done", 0, True),
    ],
)
def test_loops_are_followed_where_it_is_known_how_often_they_run(
    tmp_path: Path, loop: str, times: int, passed_over: bool
) -> None:
    (tmp_path / "g.yaml").write_text(JOB.replace("  name: j\n", "  generateName: sample-\n"))
    scenario = script(tmp_path, "kubectl apply -f q.yaml\n" + loop.format("kubectl create -f g.yaml") + "\n")
    told = any("the loop is passed over" in note for note in scenario.notes)
    assert (len(tuple(scenario.workloads)), told) == (times, passed_over)


def test_manifests_that_others_make_come_through_pipes(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(JOB.replace("  name: j\n", "  name: ${NAME}\n"))
    scenario = script(
        tmp_path,
        r"""
        kubectl create namespace free --dry-run=client -o yaml | kubectl apply -f -
        oc new-project other
        kubectl apply -f q.yaml
        NAME=one envsubst < t.yaml | kubectl apply -n default -f -
        sed -e "s/\${NAME}/two/" t.yaml | oc apply -n default -f -
        cat t.yaml | sed 's#${NAME}#three#g' | kubectl apply -n default -f -
        sed '/NAME/d' t.yaml | kubectl apply -n default -f -
        """,
    )
    assert [one.name for one in scenario.workloads] == ["one", "two", "three"]
    assert {one.name for one in scenario.policy.namespaces} >= {"free", "other"}
    assert scenario.notes == (
        f"{tmp_path}/steps.sh:9: what is piped to kubectl is not known and left out",
        f"{tmp_path}/steps.sh: sed is not followed (line 9)",
    )


def test_what_concerns_objects_of_elsewhere_is_passed_over_by_name(tmp_path: Path) -> None:
    scenario = script(
        tmp_path,
        """\
        kubectl patch deployment kueue-controller-manager -n kueue-system --type json -p '[]'
        kubectl label node kind-worker gpu=yes
        kubectl apply -f q.yaml -f j.yaml
        kubectl scale deploy/web --replicas 3
        kubectl wait --for=condition=complete job/j
        kubectl drain kind-worker
        """,
    )
    assert scenario.notes == (
        f"{tmp_path}/steps.sh:2: there is no Deployment kueue-controller-manager here; kubectl patch is passed over",
        f"{tmp_path}/steps.sh:3: there is no Node kind-worker here; kubectl label is passed over",
        f"{tmp_path}/steps.sh:5: there is no Deployment web here; kubectl scale is passed over",
        f"{tmp_path}/steps.sh:7: no nodes are described here; kubectl drain is passed over",
        f"{tmp_path}/steps.sh: kubectl wait is not followed (line 6)",
    )


def test_a_variable_of_which_nobody_knows_the_value_is_named_once(tmp_path: Path) -> None:
    text = "name=$1\ncat <<EOF | kubectl apply -f -\nkind: Namespace\nmetadata: {name: $name}\nEOF\n"
    with pytest.raises(InputError, match=r"steps\.sh:3:\d+: the value of \$name is not known; --var name=… gives it"):
        script(tmp_path, text)
    assert [one.name for one in script(tmp_path, text, variables={"name": "known"}).policy.namespaces] == ["known"]


def test_a_script_may_be_started_in_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("hack", "config"):
        (tmp_path / name).mkdir()
    (tmp_path / "config" / "ns.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: known}\n")
    (tmp_path / "hack" / "up.sh").write_text("kubectl apply -f config/ns.yaml\n")
    monkeypatch.chdir(tmp_path)
    assert [one.name for one in load_scenario("hack/up.sh").policy.namespaces] == ["known"]


def test_jobs_made_without_a_file_go_to_the_default_queue(tmp_path: Path) -> None:
    default = "kind: LocalQueue\nmetadata: {name: default, namespace: free}\nspec: {clusterQueue: q}\n"
    (tmp_path / "d.yaml").write_text("apiVersion: kueue.x-k8s.io/v1beta2\n" + default)
    scenario = script(
        tmp_path,
        """\
        kubectl apply -f q.yaml -f d.yaml
        kubectl create job hello --image=busybox -n free -- sleep 10
        kubectl run p --image busybox -n team -l kueue.x-k8s.io/queue-name=lq -- sleep 5
        kubectl create job lost --image=busybox -n team
        kubectl delete jobs --all -n free
        """,
    )
    assert [(one.name, one.namespace, one.queue_name) for one in scenario.workloads] == [
        ("hello", "free", "default"),
        ("p", "team", "lq"),
    ]
    assert [(action.do, action.target) for action in scenario.timeline] == [("delete", "free/hello")]
    assert scenario.notes[0].startswith("skipped, no queue-name label, so Kueue does not manage it: Job (lost in ")


def test_values_of_kueues_chart_are_its_configuration_in_scripts(tmp_path: Path) -> None:
    (tmp_path / "v.yaml").write_text("controllerManager: {featureGates: [{name: PartialAdmission, enabled: false}]}\n")
    chart = "helm install kueue oci://registry.k8s.io/kueue/charts/kueue --version=0.16.1 --values v.yaml\n"
    found = script(tmp_path, chart + "kubectl apply -f q.yaml\n").settings
    assert (found.version, found.gates) == ("0.16.1", {"PartialAdmission": False})


def test_another_script_a_kustomization_and_a_folder_are_followed(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "kustomization.yaml").write_text("resources: [../q.yaml]\n")
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "j.yaml").write_text(JOB)
    (tmp_path / "more.sh").write_text("cd jobs\nkubectl apply -f .\n")
    scenario = script(tmp_path, "kubectl apply -k base/\nsource more.sh\nkubectl apply -f ../web.yaml\n")
    assert [one.name for one in scenario.workloads] == ["j", "web-0", "web-1"]
    assert [queue.name for queue in scenario.policy.cluster_queues] == ["q"]


def test_conditions_on_what_a_cluster_would_answer_find_nothing_there(tmp_path: Path) -> None:
    scenario = script(
        tmp_path,
        """\
        kubectl apply -f q.yaml
        if kubectl get job j >/dev/null 2>&1; then echo there; else kubectl apply -f j.yaml; fi
        ARN=$(aws sagemaker describe-cluster --query ClusterArn)
        if [ -z "$ARN" ]; then echo "no cluster"; exit 1; fi
        if command -v jq > /dev/null; then kubectl apply -f web.yaml; fi
        """,
    )
    assert [one.name for one in scenario.workloads] == ["j"]
    assert scenario.notes == (
        f"{tmp_path}/steps.sh:6: the condition is not constant; what depends on it is passed over",
        f"{tmp_path}/steps.sh: command is not followed (line 6)",
    )


@pytest.mark.parametrize(
    ("command", "version", "note"),
    [
        ("--addon-version v1.6.0-eksbuild.1", "0.19.2", "add-on v1.6.0-eksbuild.1 contains Kueue 0.19.2"),
        ("--addon-version v1.3.1-eksbuild.1", "0.12", "add-on v1.3.1-eksbuild.1 contains Kueue 0.12"),
        (
            "--addon-version v1.1.0-eksbuild.1",
            "0.10.0",
            "add-on v1.1.0-eksbuild.1 contains Kueue 0.8; 0.10.0 is the nearest release that is modelled",
        ),
    ],
)
def test_the_version_of_the_add_on_chooses_the_release_of_kueue(
    tmp_path: Path, command: str, version: str, note: str
) -> None:
    name = "amazon-sagemaker-hyperpod-taskgovernance"
    scenario = script(tmp_path, f"aws eks create-addon --addon-name {name} {command}\nkubectl apply -f q.yaml\n")
    assert (scenario.settings.version, scenario.notes) == (version, (note,))


def test_the_address_of_kueues_manifests_chooses_its_release(tmp_path: Path) -> None:
    address = "https://github.com/kubernetes-sigs/kueue/releases/download/v0.13.5/manifests.yaml"
    scenario = script(tmp_path, f"kubectl apply --server-side -f {address}\nkubectl apply -f q.yaml\n")
    assert scenario.settings.version == "0.13.5"


EXAMPLES = "(examples: 30m, 1h30m, 250ms, 2d)"


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("kubectl apply -f gone.yaml\n", ["steps.sh:2:18: there is no file or folder '{folder}/gone.yaml'"]),
        (
            f"kubectl apply -f q.yaml\nsleep {'9' * 400}\n",
            [f"steps.sh:3:7: '{'9' * 55}…' is not a duration {EXAMPLES}"],
        ),
        ("kubectl apply -f q.yaml\nsleep long\n", ["steps.sh:3:7: 'long' is no time to sleep; example: 10m"]),
        (
            'aws sagemaker create-compute-quota --name "x\n  --cluster-arn y\n',
            ['steps.sh:2:43: the quote " that is opened here is never closed'],
        ),
        (
            "aws sagemaker create-compute-quota \\ \n  --name x --compute-quota-target TeamName=a "
            "--compute-quota-config ComputeQuotaResources=[] --cluster-arn '<arn>'\n",
            ["steps.sh:2:36: blanks after the backslash: for the shell the command ends here"],
        ),
        (
            "aws sagemaker create-compute-quota —name x --compute-quota-target TeamName=“a” "
            "--compute-quota-config ComputeQuotaResources=[] --cluster-arn '<arn>'\n",
            [
                "steps.sh:2:36: a long dash; options begin with two hyphens, --",
                "steps.sh:2:76: “ is a typographic quote; the shell knows \" and ' only",
            ],
        ),
    ],
)
def test_mistakes_name_their_cause_and_not_what_follows(tmp_path: Path, text: str, mistakes: list[str]) -> None:
    found = wrong(tmp_path, text)
    assert found == [one.replace("{folder}", str(tmp_path)) for one in mistakes]


@pytest.mark.parametrize(
    ("command", "release", "note"),
    [
        (
            "kubectl apply -f https://github.com/kubernetes-sigs/kueue/releases/download/v0.9.0/manifests.yaml",
            "0.10",
            1,
        ),
        ("helm install kueue oci://registry.k8s.io/kueue/charts/kueue --version 0.99.1", "0.20", 1),
        ("helm install kueue oci://registry.k8s.io/kueue/charts/kueue --version v0.16.1", "0.16.1", 0),
    ],
)
def test_releases_that_are_not_modelled_are_the_nearest_one(
    tmp_path: Path, command: str, release: str, note: int
) -> None:
    scenario = script(tmp_path, command + "\nkubectl apply -f q.yaml\n")
    assert (scenario.settings.version, len(scenario.notes)) == (release, note)


def test_a_namespace_that_is_there_before_its_team_is_that_of_the_team(tmp_path: Path) -> None:
    quota = "ComputeQuotaResources=[{InstanceType=ml.g5.8xlarge,Count=1}]"
    scenario = script(
        tmp_path,
        f"""\
        kubectl create namespace hyperpod-ns-team-a || true
        aws sagemaker create-compute-quota --name a --compute-quota-config "{quota}" \\
            --cluster-arn arn:aws:sagemaker:us-west-2:111122223333:cluster/abcdefghijkl \\
            --compute-quota-target "TeamName=team-a"
        """,
    )
    assert [one.name for one in scenario.policy.namespaces] == ["hyperpod-ns-team-a"]
    assert [one.namespace for one in scenario.policy.local_queues] == ["hyperpod-ns-team-a"]


def test_a_script_that_sleeps_for_ever_ends_there(tmp_path: Path) -> None:
    scenario = script(tmp_path, "kubectl apply -f q.yaml -f j.yaml\nsleep infinity\nkubectl delete job j\n")
    assert scenario.timeline == ()
    assert [note.removeprefix(f"{tmp_path}/") for note in scenario.notes] == [
        "steps.sh:3: the script ends here: sleep infinity never ends"
    ]
