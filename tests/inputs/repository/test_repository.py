"""Files as they lie in repositories: folders, several, patterns and pipes are scenarios."""

import io
import json
import sys
from pathlib import Path

import pytest

from kueue_sim import run
from kueue_sim.errors import InputError
from kueue_sim.inputs import load_scenario
from kueue_sim.inputs.repository.given import Text
from kueue_sim.inputs.text.yamltext import read_yaml
from kueue_sim.policytest.lint.targets import check
from tests.inputs.repository.repositories import QUEUES, job, write

# -- files, folders, pipes --------------------------------------------------------------------------------


def test_queues_and_jobs_in_one_folder_are_a_scenario(tmp_path: Path) -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n"
    write(tmp_path, {"q.yaml": QUEUES, "jobs/a.yaml": job("a") + "---\n" + service, "jobs/b.yaml": job("b", 4)})
    scenario = load_scenario(tmp_path, [("runtimes[*]", "1h")])
    result = run(scenario)
    assert (scenario.name, result.run.states) == (tmp_path.name, {"team/a": "finished", "team/b": "finished"})
    assert scenario.notes == (f"skipped, neither policy nor work: Service (s in {tmp_path}/jobs/a.yaml)",)
    assert scenario.warnings == ()


NAMING = """\
apiVersion: kueue-sim/v1
kind: Scenario
policy: {include: [queues/q.yaml]}
workloads:
- {manifest: jobs/first.yaml, runtime: 1m}
- trace:
    file: ../jobs.csv
    columns: {name: id, submit: submit, runtime: runtime, requests: {cpu: cpu}}
    defaults: {queue: team/lq}
timeline:
- {at: 1h, do: apply, include: [./jobs/later.yaml], runtime: 1m}
"""


def test_what_a_scenario_names_counts_as_it_says_and_not_by_itself_as_well(tmp_path: Path) -> None:
    """Its files lie beside it, wherever the command is typed, and are told for nothing that was left out."""
    files = {"jobs/first.yaml": job("first"), "jobs/later.yaml": job("later"), "loose.yaml": job("loose")}
    write(tmp_path, {"a/s.yaml": NAMING, "a/queues/q.yaml": QUEUES, **{f"a/{key}": files[key] for key in files}})
    (tmp_path / "jobs.csv").write_text("id,submit,runtime,gpus,cpu\nrow,0,60,0,1\n")
    for given in (tmp_path, tmp_path / "a", [tmp_path / "a/s.yaml", tmp_path / "a/queues", tmp_path / "a/loose.yaml"]):
        loaded = load_scenario(given, [("runtimes[loose]", "1m")])
        submitted = [(one.key, one.created_ms) for one in loaded.workloads]
        assert submitted == [("team/first", 0), ("team/loose", 0), ("team/row", 0), ("team/later", 3_600_000)]
        assert (loaded.notes, loaded.warnings) == ((), ())


def test_several_files_and_patterns_and_a_scenario_beside_manifests_are_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = "workloads: [{name: own, queue: team/lq, runtime: 1m}]\n"
    scenario = f"apiVersion: kueue-sim/v1\nkind: Scenario\nhorizon: 30m\n{own}"
    write(tmp_path, {"q.yaml": QUEUES, "jobs/a.yaml": job("a"), "jobs/b.json": "[]", "s.yaml": scenario})
    (tmp_path / "jobs/b.json").write_text(json.dumps({"kind": "List", "items": []}))
    monkeypatch.chdir(tmp_path)
    loaded = load_scenario(["s.yaml", "q.yaml", "jobs/*.yaml"])
    assert ([one.key for one in loaded.workloads], loaded.horizon_ms) == (["team/own", "team/a"], 1_800_000)
    assert loaded.policy.cluster_queues[0].name == "q"


def test_standard_input_is_read_like_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((QUEUES + "---\n" + job("a")).encode())))
    scenario = load_scenario("-")
    assert (scenario.name, [one.key for one in scenario.workloads]) == ("stdin", ["team/a"])


def test_a_list_that_kubectl_prints_is_read(tmp_path: Path) -> None:
    items = [{"kind": "ResourceFlavor", "metadata": {"name": "f"}}, {"kind": "Event", "metadata": {"name": "e"}}]
    (tmp_path / "all.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    scenario = load_scenario(tmp_path / "all.json")
    assert [flavor.name for flavor in scenario.policy.flavors] == ["f"]
    assert scenario.notes == (f"skipped, neither policy nor work: Event (e in {tmp_path}/all.json)",)


def test_what_kueue_does_not_manage_is_skipped_with_the_reason(tmp_path: Path) -> None:
    write(tmp_path, {"q.yaml": QUEUES, "j.yaml": job("plain", labels="app: x"), "values.yaml": "a: 1\n"})
    assert load_scenario(tmp_path).notes == (
        f"skipped, no Kubernetes manifest: a document ({tmp_path}/values.yaml)",
        f"skipped, no queue-name label, so Kueue does not manage it: Job (plain in {tmp_path}/j.yaml)",
    )


def test_a_misspelt_kind_of_kueue_is_a_mistake_and_not_skipped(tmp_path: Path) -> None:
    write(
        tmp_path, {"q.yaml": QUEUES + "---\napiVersion: kueue.x-k8s.io/v1beta2\nkind: LocalQeue\nmetadata: {name: x}\n"}
    )
    message = r"q\.yaml:18:7: kind: kind 'LocalQeue' is not accepted here; did you mean 'LocalQueue'"
    with pytest.raises(InputError, match=message):
        load_scenario(tmp_path)


def test_files_may_name_what_lies_elsewhere(tmp_path: Path) -> None:
    write(tmp_path, {"lq.yaml": QUEUES.split("---\n")[2], "j.yaml": job("a")})
    result = run(load_scenario(tmp_path))
    assert result.scenario.warnings[-1] == "there is no ClusterQueue 'q'; there are none"
    assert result.run.states == {"team/a": "pending"}


def test_the_second_of_two_equal_names_says_where_the_first_stands(tmp_path: Path) -> None:
    other = QUEUES.split("---\n")[1].replace("nominalQuota: 4", "nominalQuota: 5")
    write(tmp_path, {"a.yaml": QUEUES, "b.yaml": other, "j.yaml": job("x"), "k.yaml": job("x", 2)})
    with pytest.raises(InputError) as caught:
        load_scenario(tmp_path)
    assert [str(one) for one in caught.value.mistakes] == [
        f"{tmp_path}/b.yaml:3:18: metadata.name: a second ClusterQueue named 'q'; "
        f"the first stands at {tmp_path}/a.yaml:7:18",
        f"{tmp_path}/k.yaml:1:1: a second workload named 'x' in namespace 'team'; "
        f"the first stands at {tmp_path}/j.yaml:1:1",
    ]


def test_mistakes_in_manifests_keep_their_places(tmp_path: Path) -> None:
    write(tmp_path, {"q.yaml": QUEUES.replace("nominalQuota: 4", "nominalQuota: four")})
    with pytest.raises(InputError, match=r"q\.yaml:10:104: spec.resourceGroups"):
        load_scenario(tmp_path)


def test_examples_of_equal_names_are_checked_one_by_one(tmp_path: Path) -> None:
    two, three = (QUEUES.replace("nominalQuota: 4", f"nominalQuota: {number}") for number in (2, 3))
    write(tmp_path, {"a/q.yaml": QUEUES, "a/j.yaml": job("x"), "b/one.yaml": two, "b/two.yaml": three})
    done = check([tmp_path])
    assert ([str(one) for one in done.mistakes], done.findings, done.files) == ([], [], 4)
    assert done.notes == ["objects of equal names lie in several files: each folder is checked by itself"]


def test_a_text_that_was_read_already_is_given_by_name() -> None:
    with pytest.raises(InputError, match=r"<stdin>:1:7: kind: kind 'Workloads'"):
        load_scenario(Text("<stdin>", "kind: Workloads\nmetadata: {name: x}\n"))


# -- beside a manifest ------------------------------------------------------------------------------------


def test_namespace_queue_name_and_class_stand_beside_a_manifest(tmp_path: Path) -> None:
    bare = job("a", labels="", namespace="").replace("namespace: , ", "")
    entry = (
        "{manifest: j.yaml, namespace: team, queue: lq, name: renamed, priority: 7, count: 2, every: 1m, runtime: 5m}"
    )
    text = f"apiVersion: kueue-sim/v1\nkind: Scenario\npolicy: {{include: [q.yaml]}}\nworkloads: [{entry}]\n"
    write(tmp_path, {"q.yaml": QUEUES, "j.yaml": bare, "s.yaml": text})
    found = [
        (one.key, one.queue_name, one.priority, one.created_ms) for one in load_scenario(tmp_path / "s.yaml").workloads
    ]
    assert found == [("team/renamed-0", "lq", 7, 0), ("team/renamed-1", "lq", 7, 60_000)]


def test_a_manifest_of_another_namespace_is_refused_as_kubectl_does(tmp_path: Path) -> None:
    text = (
        "apiVersion: kueue-sim/v1\nkind: Scenario\npolicy: {include: [q.yaml]}\n"
        "workloads:\n- {manifest: j.yaml, namespace: other}\n"
    )
    write(tmp_path, {"q.yaml": QUEUES, "j.yaml": job("a"), "s.yaml": text})
    with pytest.raises(InputError, match=r"s\.yaml:5:33: .*the manifest is for namespace 'team', not 'other'"):
        load_scenario(tmp_path / "s.yaml")


# -- what public repositories hold ------------------------------------------------------------------------


def test_objects_that_several_files_hold_alike_are_one(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": QUEUES, "b/q.yaml": QUEUES, "j.yaml": job("x"), "k.yaml": job("x")})
    scenario = load_scenario(tmp_path, [("runtimes[*]", "1h")])
    assert [one.name for one in scenario.workloads] == ["x"]
    assert scenario.notes == tuple(
        f"{what} stands in several places, the same each time"
        for what in ("ResourceFlavor f", "ClusterQueue q", "LocalQueue lq", "Job x")
    )
    assert check([tmp_path]).mistakes == []


@pytest.mark.parametrize(
    ("kind", "api"),
    [
        ("Topology", "kueue-bench.io/v1alpha1"),
        ("Workload", "scheduling.k8s.io/v1alpha1"),
        ("Configuration", "serving.knative.dev/v1"),
        ("Cohort", "example.com/v1"),
        ("Node", "longhorn.io/v1beta2"),
        ("PriorityClass", "volcano.sh/v1"),
    ],
)
def test_kinds_of_the_same_name_in_other_groups_are_skipped(tmp_path: Path, kind: str, api: str) -> None:
    other = f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: other}}\nspec: {{strange: true}}\n"
    write(tmp_path, {"q.yaml": QUEUES, "o.yaml": other})
    assert load_scenario(tmp_path).notes == (
        f"skipped, a {kind} of {api.rpartition('/')[0]}, which Kueue does not know: "
        f"{kind} (other in {tmp_path}/o.yaml)",
    )


def test_jobs_of_other_schedulers_are_no_jobs_of_kubernetes(tmp_path: Path) -> None:
    write(tmp_path, {"q.yaml": QUEUES, "v.yaml": job("v").replace("batch/v1", "batch.volcano.sh/v1alpha1")})
    assert load_scenario(tmp_path).notes == (
        f"skipped, a Job of batch.volcano.sh, which Kueue does not manage: Job (v in {tmp_path}/v.yaml)",
    )


def test_a_misspelt_group_of_kueue_is_a_mistake(tmp_path: Path) -> None:
    write(tmp_path, {"q.yaml": QUEUES.replace("kueue.x-k8s.io/v1beta2", "kueue.k8s.io/v1beta2")})
    with pytest.raises(InputError, match=r"'kueue\.k8s\.io/v1beta2' has no kind ResourceFlavor"):
        load_scenario(tmp_path)


def test_a_key_that_stands_twice_in_a_manifest_counts_as_kubectl_counts_it(tmp_path: Path) -> None:
    twice = job("x").replace("spec: {template", "spec: {parallelism: 3, parallelism: 2, template")
    write(tmp_path, {"q.yaml": QUEUES, "j.yaml": twice})
    scenario = load_scenario(tmp_path)
    assert [one.pod_sets[0].count for one in scenario.workloads] == [2]
    assert scenario.warnings[0] == (
        f"{tmp_path}/j.yaml:4:24: the key 'parallelism' stands here twice; the last counts, as with kubectl"
    )
    assert check([tmp_path]).notes == [scenario.warnings[0]]


@pytest.mark.parametrize(("kind", "shown"), [("{}", "{}"), ("[Job]", "['Job']")])
def test_a_kind_that_is_no_text_is_a_mistake_where_it_stands(tmp_path: Path, kind: str, shown: str) -> None:
    write(
        tmp_path,
        {"a.yaml": QUEUES, "b.yaml": f"apiVersion: kueue.x-k8s.io/v1beta2\nkind: {kind}\nmetadata: {{name: a}}\n"},
    )
    first = str(check([tmp_path]).mistakes[0])
    assert first.partition("b.yaml:")[2] == f"2:7: kind: {shown} is not text"


def test_a_key_that_stands_twice_in_a_scenario_is_a_mistake(tmp_path: Path) -> None:
    write(tmp_path, {"s.yaml": "apiVersion: kueue-sim/v1\nkind: Scenario\nseed: 1\nseed: 2\n"})
    with pytest.raises(InputError, match=r"s\.yaml:4:1: the key 'seed' stands here twice"):
        load_scenario(tmp_path / "s.yaml")


def test_files_with_tags_of_other_programs_are_skipped_in_a_folder(tmp_path: Path) -> None:
    template = "Parameters: {Name: {Type: String}}\nResources: {Queue: {Value: !Ref Name, Kueue: !Sub '${Name}'}}\n"
    write(tmp_path, {"q.yaml": QUEUES, "cloudformation.yaml": template})
    assert load_scenario(tmp_path).notes == (
        f"skipped, no Kubernetes manifest: a document ({tmp_path}/cloudformation.yaml)",
    )


def test_a_name_that_is_none_is_a_mistake_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "queue.yaml").write_text(
        "apiVersion: kueue.x-k8s.io/v1beta2\nkind: ClusterQueue\nmetadata: {name: {a: b}}\nspec: {}\n", encoding="utf-8"
    )
    with pytest.raises(InputError) as found:
        load_scenario(tmp_path)
    assert [str(one.place).rpartition("/")[2] for one in found.value.mistakes] == ["queue.yaml:3:18"]


def test_files_that_other_charts_and_other_programs_need_are_not_kueues(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "q.yaml": QUEUES,
            "gpu-operator.yaml": "managerConfig:\n  controllerManagerConfigYaml: |\n    webhook: {port: 9443}\n",
            "gateway.yaml": "kind: Gateway\nspec:\n  a: b\n c: d\n",
            "space.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {generateName: e2e-}\n",
        },
    )
    assert load_scenario(tmp_path).notes == (
        f"skipped, no Kubernetes manifest: a document ({tmp_path}/gpu-operator.yaml)",
        f"skipped, the cluster makes up its name, so nothing can refer to it: Namespace ({tmp_path}/space.yaml)",
        f"skipped, not valid YAML, and nothing in it is Kueue's: {tmp_path}/gateway.yaml",
    )
    write(tmp_path, {"job.yaml": "kind: PyTorchJob\nspec:\n  a: b\n c: d\n"})
    with pytest.raises(InputError, match=r"job\.yaml:4:2: not valid YAML"):
        load_scenario(tmp_path)


def test_a_template_that_is_named_itself_is_told_to_be_one(tmp_path: Path) -> None:
    write(tmp_path, {"t.yaml": "kind: Job\nmetadata:\n  name: {{ .Values.name }}\n"})
    with pytest.raises(InputError) as caught:
        load_scenario(tmp_path / "t.yaml")
    told = f"{tmp_path}/t.yaml:3:10: a template; pipe what makes manifests of it: helm template … | kueue-sim run -"
    assert [str(one) for one in caught.value.mistakes] == [told]


def test_large_files_of_data_are_skipped_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = json.dumps({"inputs": [0.5] * 50_000})
    folder = write(tmp_path, {"queues.yaml": QUEUES, "job.yaml": job("j"), "data.json": data})
    read: list[str] = []
    monkeypatch.setattr(
        "kueue_sim.inputs.repository.bundles.read_yaml",
        lambda text, file, report: read.append(Path(file).name) or read_yaml(text, file, report),
    )
    scenario = load_scenario(folder)
    assert read == ["job.yaml", "queues.yaml"]
    assert f"skipped, no Kubernetes manifest: a document ({folder / 'data.json'})" in scenario.notes


@pytest.mark.parametrize("left_open", ["${NAMESPACE}", "<user-namespace>", "__NAMESPACE__", "$NAMESPACE"])
def test_a_placeholder_is_named_as_the_cause(tmp_path: Path, left_open: str) -> None:
    folder = write(tmp_path, {"queues.yaml": QUEUES, "job.yaml": job("j", namespace=repr(left_open))})
    with pytest.raises(InputError) as caught:
        load_scenario(folder)
    expected = f"metadata.namespace: {left_open!r} is a placeholder; put a value in its place"
    assert [str(one).partition(": ")[2] for one in caught.value.mistakes] == [expected]


def test_findings_about_generated_names_have_the_place_of_the_job(tmp_path: Path) -> None:
    large = job("j", cpu=9).replace("name: j,", "generateName: train-,")
    folder = write(tmp_path, {"queues.yaml": QUEUES, "job.yaml": large})
    places = [(one.rule.number, one.place) for one in check([folder]).findings]
    assert [(number, place and (Path(place.file).name, place.line)) for number, place in places] == [
        ("KS401", ("job.yaml", 1))
    ]


def test_made_up_names_are_never_names_that_others_have(tmp_path: Path) -> None:
    made = job("j").replace("name: j,", "generateName: t-,")
    folder = write(tmp_path, {"queues.yaml": QUEUES, "jobs.yaml": f"{made}---\n{made}---\n{job('t-0')}"})
    assert sorted(one.name for one in load_scenario(folder).workloads) == ["t-0", "t-1", "t-2"]


def test_items_of_the_api_servers_lists_have_the_kind_of_their_list(tmp_path: Path) -> None:
    answer = {"apiVersion": "batch/v1", "kind": "JobList", "items": [{
        "metadata": {"name": "j", "namespace": "team", "labels": {"kueue.x-k8s.io/queue-name": "lq"}},
        "spec": {"template": {"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]}}},
    }]}  # fmt: skip
    folder = write(tmp_path, {"queues.yaml": QUEUES, "jobs.json": json.dumps(answer)})
    assert [(one.kind, one.key) for one in load_scenario(folder).workloads] == [("Job", "team/j")]


def test_typographic_quotes_are_named_as_the_cause(tmp_path: Path) -> None:
    folder = write(tmp_path, {"queues.yaml": QUEUES.replace("nominalQuota: 4", "nominalQuota: “4”")})
    with pytest.raises(InputError) as caught:
        load_scenario(folder)
    assert [str(one).rpartition(": ")[2] for one in caught.value.mistakes] == [
        "“ is a typographic quote; YAML knows \" and ' only"
    ]


def test_a_job_that_has_ended_in_the_cluster_it_comes_from_is_submitted_anew_with_a_note(tmp_path: Path) -> None:
    ended = job("over") + 'status: {conditions: [{type: Complete, status: "True"}]}\n'
    scenario = load_scenario(write(tmp_path, {"queues.yaml": QUEUES, "jobs.yaml": ended}))
    assert ([one.name for one in scenario.workloads], [one for one in scenario.notes if "ended" in one]) == (
        ["over"],
        ["Job over has ended, its status says; submitted anew, while kueue-sim import begins with a cluster as it is"],
    )


def test_a_tab_in_the_indentation_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_scenario(write(tmp_path, {"q.yaml": QUEUES, "j.yaml": "kind: Job\nmetadata:\n\tname: kueue\n"}))
    assert [str(mistake).replace(f"{tmp_path}/", "") for mistake in caught.value.mistakes] == [
        "j.yaml:3:1: not valid YAML: while scanning for the next token found character that cannot start any token"
        "; a line is indented by spaces, here stands a tab"
    ]


def test_a_file_that_is_no_yaml_does_not_hide_the_mistakes_of_the_others(tmp_path: Path) -> None:
    queue = "kind: ClusterQueue\nmetadata: {name: q}\nspec: {namespaceSelctor: {}}\n"
    job = (
        "kind: Job\nmetadata: {name: j, labels: {kueue.x-k8s.io/queue-name: lq}}\n"
        "spec: {template: {spec: {containers: [{name: c, resources: {requests: {memory: 1KB}}}]}}}\n"
    )
    for name, text in (("a.yaml", queue), ("b.yaml", "kind: Job\n metadata: x\n"), ("c.yaml", job)):
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as caught:
        load_scenario(tmp_path)
    assert [str(one).removeprefix(f"{tmp_path}/").partition(": ")[0] for one in caught.value.mistakes] == [
        "a.yaml:3:8",
        "b.yaml:2:10",
        "c.yaml:3:80",
    ]
