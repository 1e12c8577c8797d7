"""A file with a mistake of every kind: one pass finds them all, each with its place and what would be accepted."""

from pathlib import Path

import pytest

from kueue_sim.cli import main
from kueue_sim.errors import InputError
from kueue_sim.inputs.scenario import load_scenario

DATA = Path(__file__).parent / "data"


def test_every_planted_mistake_is_reported_with_its_place(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(DATA)
    with pytest.raises(SystemExit) as left:
        main(["run", "mistakes.yaml"])
    printed = capsys.readouterr()
    expected = (DATA / "mistakes.txt").read_text(encoding="utf-8")
    assert (left.value.code, printed.out, printed.err) == (2, "", expected)


WORLD = b"""\
apiVersion: kueue-sim/v1
kind: Scenario
horizon: 1h
policy:
  objects:
  - {kind: ResourceFlavor, metadata: {name: gpu}}
  - kind: ClusterQueue
    metadata: {name: team-a}
    spec:
      namespaceSelector: {}
      resourceGroups:
      - coveredResources: [nvidia.com/gpu]
        flavors: [{name: gpu, resources: [{name: nvidia.com/gpu, nominalQuota: 8}]}]
  - {kind: LocalQueue, metadata: {name: jobs, namespace: here}, spec: {clusterQueue: team-a}}
workloads:
- {name: a, team: team-a, runtime: 1m, requests: {nvidia.com/gpu: 1}}
"""


def mistake_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one mistake that a command finds, without the word error; it prints nothing else."""
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    printed = capsys.readouterr()
    first, last = printed.err.splitlines()
    assert (left.value.code, printed.out, last) == (2, "", "1 mistake found; nothing was run")
    return first.removeprefix("error: ")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_a_scenario_that_powershell_wrote_is_one_like_any_other(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "world.yaml"
    path.write_text(WORLD.decode(), encoding=encoding, newline="\r\n")
    assert [one.name for one in load_scenario(path).workloads] == ["a"]


@pytest.mark.parametrize(
    ("content", "mistake"),
    [
        (b"", "1:1: the file is empty; a scenario starts with apiVersion: kueue-sim/v1 and kind: Scenario"),
        (b"# nothing\n", "1:1: the file is empty; a scenario starts with apiVersion: kueue-sim/v1 and kind: Scenario"),
        (WORLD.replace(b"a, team", b"\xe9, team"), "16:10: not UTF-8 text: byte 0xe9; save the file as UTF-8"),
        (b"\xff" + WORLD, "1:1: not UTF-8 text: byte 0xff; save the file as UTF-8"),
        (WORLD.decode().encode("utf-16")[:-1], "1:1: not UTF-16 text: truncated data"),
        (WORLD.decode().encode("utf-16-le")[:-1], "1:1: not UTF-16 text: truncated data"),
        (
            WORLD.replace(b"a, team", b"\0, team"),
            "16:10: not valid YAML: the character '\\x00' is allowed as an escape in quotes only",
        ),
        (
            WORLD.replace(b"team: team-a", b"team: team-b"),
            "16:19: workloads[0].team: there is no team 'team-b'; did you mean 'team-a'?",
        ),
        (
            WORLD.replace(b"gpu: 1}", b"gpu: 500m}"),
            "16:67: workloads[0].requests.nvidia.com/gpu: '500m' is not whole; a pod gets a device such as "
            "nvidia.com/gpu whole or not at all",
        ),
    ],
)
def test_a_file_that_is_no_scenario_says_where_and_what_would_be(
    content: bytes, mistake: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.yaml").write_bytes(content)
    assert mistake_of(capsys, "run", str(tmp_path / "one.yaml")) == f"{tmp_path / 'one.yaml'}:{mistake}"


@pytest.mark.parametrize(
    ("content", "mistake"),
    [
        (b"", "1:1: the file is empty; an overlay holds manifests or parts of a scenario"),
        (b"horizon: \xff", "1:10: not UTF-8 text: byte 0xff; save the file as UTF-8"),
    ],
)
def test_an_overlay_that_changes_nothing_is_a_mistake(
    content: bytes, mistake: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.yaml").write_bytes(WORLD)
    overlay = tmp_path / "overlay.yaml"
    overlay.write_bytes(content)
    assert mistake_of(capsys, "run", str(tmp_path / "one.yaml"), "--overlay", str(overlay)) == f"{overlay}:{mistake}"
    assert mistake_of(capsys, "compare", str(tmp_path / "one.yaml"), str(overlay)) == f"{overlay}:{mistake}"


@pytest.mark.parametrize(
    ("content", "mistake"),
    [
        (b"", "1:1: no policy, node or workload of a cluster stands here, but nothing at all"),
        (WORLD, "1:1: no policy, node or workload of a cluster stands here, but 1 Scenario"),
        (b"\x80", "1:1: not UTF-8 text: byte 0x80; save the file as UTF-8"),
    ],
)
def test_a_dump_without_a_cluster_is_a_mistake(
    content: bytes, mistake: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dump = tmp_path / "dump.yaml"
    dump.write_bytes(content)
    assert mistake_of(capsys, "import", str(dump)) == f"{dump}:{mistake}"


def test_a_mistake_inside_a_value_set_from_outside_points_at_the_override(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.yaml").write_bytes(WORLD)
    entries = "workloads=[{name: a, team: team-b, runtime: 1m}]"
    assert mistake_of(capsys, "run", str(tmp_path / "one.yaml"), "--set", entries) == (
        "<override workloads>:1:1: workloads[0].team: there is no team 'team-b'; did you mean 'team-a'?"
    )


def test_an_imported_trace_needs_gpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "jobs.csv").write_text("team,submit,runtime,gpus\na,0,60,1\n")
    with pytest.raises(SystemExit) as left:
        main(["import", str(tmp_path / "jobs.csv"), "--gpus", "0"])
    assert (left.value.code, "0 is not in the range x>=1" in capsys.readouterr().err) == (2, True)


@pytest.mark.parametrize(
    ("before", "after", "mistake"),
    [
        ("runtime: 1m", "runtime: 1m, checkpointEvery: never", "checkpointEvery: 'never' is not a duration"),
        (
            "namespaceSelector: {}",
            "preemption: {reclaimWithinCohort: Al, borrowWithinCohort: {policy: LowerPriority}}",
            "reclaimWithinCohort: 'Al' is not accepted",
        ),
        (
            "- {name: a, team: team-a, runtime: 1m, requests: {nvidia.com/gpu: 1}}",
            "- generate: {name: g, team: team-a, arrivals: {every: 1m}, requests: {nvidia.com/gpu: 1}, "
            "runtime: {distribution: lognorml, median: 1m}}",
            "distribution: 'lognorml' is not accepted; did you mean 'lognormal'?",
        ),
        ("horizon: 1h", "timeline: [{at: 1h, do: delete, workload: b}]", "there is no workload 'b'; accepted: a"),
        ("policy:", "polcy:", "polcy: unknown field 'polcy'; did you mean 'policy'?"),
        ("  objects:", "  object:", "policy.object: unknown field 'object'; did you mean 'objects'?"),
    ],
)
def test_one_slip_is_one_mistake(
    before: str, after: str, mistake: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What would be wrong if something else stood there is not told."""
    (tmp_path / "world.yaml").write_text(WORLD.decode().replace(before, after), encoding="utf-8")
    assert mistake in mistake_of(capsys, "run", str(tmp_path / "world.yaml"))


def test_of_a_policy_that_could_not_be_read_no_team_is_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin, rest = WORLD.decode().split("  objects:\n")
    work = rest[rest.index("workloads:") :].replace("runtime: 1m", "runtime: 1m, priorityClass: high")
    (tmp_path / "world.yaml").write_text(f"{begin}  include: [nowhere.yaml]\n{work}", encoding="utf-8")
    assert "policy.include[0]: there is no file" in mistake_of(capsys, "run", str(tmp_path / "world.yaml"))


def test_work_without_a_name_is_none_of_those_that_are_accepted(tmp_path: Path) -> None:
    work = "workloads:\n- {nam: b, team: team-a, requests: {nvidia.com/gpu: 1}}"
    text = WORLD.decode().replace("workloads:", work)
    text = text.replace("horizon: 1h", "timeline: [{at: 1h, do: delete, workload: c}]")
    (tmp_path / "world.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario(tmp_path / "world.yaml")
    assert str(caught.value.mistakes[0]).endswith("there is no workload 'c'; accepted: a")
