"""Every command calls a team by the same short name; files for programs keep Kueue's names."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import kueue_sim
from kueue_sim.cli import COMMANDS, cli
from kueue_sim.model.team_names import IDLE_POOL, queue_of, team_of, with_teams
from tests.cli.every_command import FILES, LISTS, RESULTS, SERVERS, arguments

FULL = re.compile(r"hyperpod-ns-[\w-]+-(?:clusterqueue|localqueue)|hyperpod-ns-[\w-]+/")
PAGES = ("run", "compare", "upgrade", "sweep", "cost", "advise", "forecast", "backtest")
PLAIN = """\
apiVersion: kueue-sim/v1
kind: Scenario
name: plain
policy:
  objects:
  - {apiVersion: kueue.x-k8s.io/v1beta2, kind: ResourceFlavor, metadata: {name: gpus}}
  - apiVersion: kueue.x-k8s.io/v1beta2
    kind: ClusterQueue
    metadata: {name: research-clusterqueue}
    spec:
      namespaceSelector: {}
      resourceGroups:
      - coveredResources: [nvidia.com/gpu]
        flavors: [{name: gpus, resources: [{name: nvidia.com/gpu, nominalQuota: 4}]}]
  - apiVersion: kueue.x-k8s.io/v1beta2
    kind: LocalQueue
    metadata: {name: main, namespace: ml}
    spec: {clusterQueue: research-clusterqueue}
workloads:
- {name: a, queue: main, namespace: ml, requests: {nvidia.com/gpu: 4}, runtime: 1h}
- {name: b, queue: main, namespace: ml, requests: {nvidia.com/gpu: 4}, runtime: 1h}
"""


def test_every_command_is_known_to_give_results_lists_files_or_to_serve() -> None:
    assert sorted((*RESULTS, *LISTS, *FILES, *SERVERS)) == sorted(COMMANDS)


@pytest.mark.parametrize("command", RESULTS)
def test_text_and_pages_call_teams_by_their_short_names(command: str, tmp_path: Path) -> None:
    folder = ["-o", str(tmp_path / "out")] if command in PAGES else []
    done = CliRunner().invoke(cli, [*arguments(command, tmp_path), *folder])
    assert done.exit_code in (0, 1), done.output
    said = {"text": done.output} | {path.name: path.read_text() for path in (tmp_path / "out").rglob("*.html")}
    assert {name: sorted(set(FULL.findall(text))) for name, text in said.items()} == {name: [] for name in said}
    assert "team-" in said["text"] and len(said) == (2 if folder else 1)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("run", "hyperpod-ns-team-a-clusterqueue"),
        ("compare", "hyperpod-ns-team-a-clusterqueue"),
        ("forecast", "hyperpod-ns-team-a/imagenet-gpu-team-a-1"),
        ("admit", "hyperpod-ns-team-a/planned"),
        ("upgrade", "hyperpod-ns-team-a-clusterqueue"),
    ],
)
def test_json_keeps_the_names_of_kueue(command: str, name: str, tmp_path: Path) -> None:
    assert name in CliRunner().invoke(cli, [*arguments(command, tmp_path), "--format", "json"]).stdout


def test_a_queue_that_hyperpod_did_not_make_keeps_its_whole_name(tmp_path: Path) -> None:
    (tmp_path / "plain.yaml").write_text(PLAIN)
    quota = "clusterQueues.research-clusterqueue.nvidia.com/gpu.nominalQuota"
    for words in (
        ["run"], ["explain", "b"], ["compare", f"{quota}=8"], ["sweep", "--grid", f"{quota}=4,8"],
        ["advise", "--objective", "wait.max <= 1m", "--vary", f"{quota}=4,8"],
        ["admit", "{team: research-clusterqueue, requests: {nvidia.com/gpu: 8}}"],
    ):  # fmt: skip
        command, *others = words
        many = ["--executor", "local"] if command in ("compare", "sweep", "advise") else []
        done = CliRunner().invoke(cli, [command, str(tmp_path / "plain.yaml"), *others, *many])
        assert (done.exit_code in (0, 1), "research-clusterqueue" in "".join(done.stdout.split())) == (True, True), (
            done.output
        )


def test_a_workload_is_found_by_the_name_that_reports_give_it() -> None:
    short, full = ("team-a/imagenet-gpu-team-a-1", "hyperpod-ns-team-a/imagenet-gpu-team-a-1")
    told = [CliRunner().invoke(cli, ["explain", "scenarios/lab-option-1.yaml", name]) for name in (short, full)]
    assert told[0].stdout == told[1].stdout
    assert told[0].stdout.startswith(f"{short} (PyTorchJob, priority 70) in team-a\n")


@pytest.mark.parametrize(
    ("queue", "team"),
    [
        (queue_of("team-a"), "team-a"),
        (queue_of("a-clusterqueue"), "a-clusterqueue"),
        (IDLE_POOL, "idle-resource-sharing-cq-1"),
        ("team-a-clusterqueue", "team-a-clusterqueue"),
        ("hyperpod-ns-team-a", "hyperpod-ns-team-a"),
        ("hyperpod-ns--clusterqueue", "hyperpod-ns--clusterqueue"),
    ],
)
def test_only_the_names_that_hyperpod_gives_are_shortened(queue: str, team: str) -> None:
    assert (team_of(queue), with_teams(f"in {queue}: full")) == (team, f"in {team}: full")


def test_names_inside_a_text_are_shortened_and_file_names_are_not() -> None:
    told = (
        "hyperpod-ns-team-a/job-1 in hyperpod-ns-team-a-clusterqueue through "
        "hyperpod-ns-a-b/hyperpod-ns-a-b-localqueue; path: /pool/hyperpod-ns-team-b-clusterqueue; "
        "hyperpod-ns-a-clusterqueue-old; my-hyperpod-ns-a-clusterqueue"
    )
    assert with_teams(told) == (
        "team-a/job-1 in team-a through a-b; "
        "path: /pool/team-b; hyperpod-ns-a-clusterqueue-old; my-hyperpod-ns-a-clusterqueue"
    )
    files = "hyperpod-ns-team-a/queues.yaml:3:1 and /etc/hyperpod-ns-team-a/jobs"
    assert with_teams(files) == files


TWIN = """\
  - apiVersion: kueue.x-k8s.io/v1beta2
    kind: ClusterQueue
    metadata: {name: hyperpod-ns-team-a-clusterqueue}
    spec:
      namespaceSelector: {}
      resourceGroups:
      - coveredResources: [nvidia.com/gpu]
        flavors: [{name: gpus, resources: [{name: nvidia.com/gpu, nominalQuota: 8}]}]
  - apiVersion: kueue.x-k8s.io/v1beta2
    kind: LocalQueue
    metadata: {name: hyperpod-ns-team-a-localqueue, namespace: hyperpod-ns-team-a}
    spec: {clusterQueue: hyperpod-ns-team-a-clusterqueue}
"""


@pytest.fixture
def clash(tmp_path: Path) -> str:
    """A queue that somebody called ``team-a``, beside the queue that HyperPod made for its team of that name."""
    file = tmp_path / "clash.yaml"
    jobs = "".join(f"- {{name: {name}, team: team-a, requests: {{nvidia.com/gpu: 8}}, runtime: 3h}}\n" for name in "cd")
    file.write_text(
        PLAIN.replace("research-clusterqueue", "team-a").replace("workloads:\n", f"{TWIN}workloads:\n") + jobs
    )
    return str(file)


def words_of(*words: str) -> str:
    done = CliRunner().invoke(cli, words, env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_team_is_not_called_by_a_name_that_another_queue_has(clash: str) -> None:
    rows = [line.split() for line in words_of("run", clash).splitlines() if line.startswith("  ")]
    assert [row[:2] for row in rows if row[-1].isdecimal() and row[1] in ("4", "8", "12")] == [
        ["team-a", "4"], ["hyperpod-ns-team-a-clusterqueue", "8"], ["all", "12"],
    ]  # fmt: skip
    assert "hyperpod-ns-team-a/d (Workload" in words_of("explain", clash, "d")


def test_names_are_short_again_in_the_next_scenario(clash: str) -> None:
    words_of("run", clash)
    assert FULL.findall(words_of("run", "scenarios/lab-option-1.yaml")) == []


@pytest.mark.parametrize(("name", "changed"), [("team-a", "b"), ("hyperpod-ns-team-a-clusterqueue", "d")])
def test_a_change_meets_the_queue_of_exactly_that_name(name: str, changed: str, clash: str) -> None:
    doubled = f"clusterQueues.{name}.nvidia.com/gpu.nominalQuota*=2"
    runs = [kueue_sim.run(kueue_sim.load_scenario(clash, changes)).workloads for changes in ([], [doubled])]
    before, after = (dict(zip(rows.workload.str.rpartition("/")[2], rows.ended_s, strict=True)) for rows in runs)
    assert [work for work in before if after[work] != before[work]] == [changed]
