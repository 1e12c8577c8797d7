"""Files of kind PolicyTest: worlds, differences, places of mistakes; which files are found."""

import re
from pathlib import Path

import pytest

from kueue_sim.errors import InputError
from kueue_sim.policytest import suite
from kueue_sim.policytest.running import collect, run_test
from tests.policytest.files import RESERVING, complaints, expecting, outcome_of

TESTS = """\
apiVersion: kueue-sim/v1
kind: PolicyTest
world: world.yaml
tests:
- name: as it is
  expect:
  - {preempted: lent}
- name: without reclaim
  set: {"[ClusterQueue/a].spec.preemption.reclaimWithinCohort": Never}
  expect:
  - {never: {preempted: '*'}}
  - {waits: owner, at: 59m}
- name: with more work
  workloads:
  - {name: late, queue: a, requests: {nvidia.com/gpu: 1}, submit: 40m, runtime: 1m}
  timeline:
  - {at: 20m, do: delete, workload: owner}
  horizon: 2h
  seed: 7
  expect:
  - {admitted: lent, at: 20m}
  - {finished: late, within: 2h}
"""


def in_folder(folder: Path, tests: str = TESTS) -> list[list[str]]:
    """The complaints of every test of a PolicyTest file beside the small world."""
    (folder / "world.yaml").write_text(RESERVING, encoding="utf-8")
    path = folder / "tests.yaml"
    path.write_text(tests, encoding="utf-8")
    return [complaints(run_test(test)) for test in suite.tests_of(path)]


def test_each_test_sees_the_world_with_its_own_differences_only(tmp_path: Path) -> None:
    assert in_folder(tmp_path) == [[], [], []]


def test_a_world_can_be_a_list_of_manifests(tmp_path: Path) -> None:
    (tmp_path / "queues.yaml").write_text(
        """\
kind: ResourceFlavor
metadata: {name: gpu}
---
kind: ClusterQueue
metadata: {name: a}
spec:
  namespaceSelector: {}
  resourceGroups:
  - {coveredResources: [cpu], flavors: [{name: gpu, resources: [{name: cpu, nominalQuota: 4}]}]}
""",
        encoding="utf-8",
    )
    text = """\
kind: PolicyTest
world: [queues.yaml]
tests:
- name: quota is quota
  workloads: [{name: w, queue: a, requests: {cpu: 5}, runtime: 1h}]
  expect:
  - {waits: w, message: insufficient quota for cpu in flavor gpu}
"""
    assert complaints(outcome_of(tmp_path, text)) == []


def test_a_world_can_stand_in_the_file(tmp_path: Path) -> None:
    """A pasted scenario as well, with its apiVersion and kind."""
    body = "".join(f"  {line}\n" for line in RESERVING.splitlines())
    text = f"kind: PolicyTest\nworld:\n{body}tests:\n- name: one\n  expect: [{{preempted: lent}}]\n"
    assert complaints(outcome_of(tmp_path, text)) == []


def test_manifests_as_a_world_are_a_list_of_files(tmp_path: Path) -> None:
    queue = "apiVersion: kueue.x-k8s.io/v1beta2\nkind: ClusterQueue\nmetadata: {name: a}\n"
    (tmp_path / "queues.yaml").write_text(queue, encoding="utf-8")
    one = "kind: PolicyTest\nworld: {}\ntests:\n- name: one\n  expect: [{{waits: w}}]\n"
    (alone,) = complaints(outcome_of(tmp_path, one.format("queues.yaml")))
    assert alone.endswith("holds manifests; those are given as a list: world: [queues.yaml]")
    (folder, *_) = complaints(outcome_of(tmp_path, one.format("[.]")))
    assert folder.endswith("it is a folder, name its files")


def test_a_change_of_nothing_is_found_where_it_stands(tmp_path: Path) -> None:
    text = TESTS.replace("[ClusterQueue/a].spec", "[ClusterQueue/c].spec")
    assert in_folder(tmp_path, text)[1] == [
        "9: override [ClusterQueue/c].spec.preemption.reclaimWithinCohort: there is no 'ClusterQueue/c'; "
        "did you mean 'ClusterQueue/b'?"
    ]


def test_a_policy_object_can_be_added(tmp_path: Path) -> None:
    text = (
        TESTS
        + """\
- name: with a third team
  policy:
    objects:
    - kind: ClusterQueue
      metadata: {name: c}
      spec:
        cohort: x
        namespaceSelector: {}
        resourceGroups:
        - coveredResources: [nvidia.com/gpu]
          flavors: [{name: gpu, resources: [{name: nvidia.com/gpu, nominalQuota: 4}]}]
  expect:
  - {never: {preempted: '*'}}
"""
    )
    assert in_folder(tmp_path, text) == [[], [], [], []]


def test_mistakes_in_what_a_test_adds_are_found_where_they_stand(tmp_path: Path) -> None:
    text = TESTS.replace("queue: a, requests: {nvidia.com/gpu: 1}", "queue: z, requests: {nvidia.com/gpu: x}")
    assert in_folder(tmp_path, text)[2] == [
        "15: workloads[3].queue: there is no LocalQueue 'z'; accepted: default/a, default/b",
        "15: workloads[3].requests.nvidia.com/gpu: 'x' is not a Kubernetes quantity (examples: 4, 500m, 1.5, 16Gi)",
    ]


def test_a_file_names_what_is_missing_in_its_frame(tmp_path: Path) -> None:
    path = tmp_path / "tests.yaml"
    path.write_text("kind: PolicyTest\ntests:\n- name: a\n- name: a\n  expected: []\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        suite.tests_of(path)
    assert [str(mistake).replace(f"{path}:", "") for mistake in caught.value.mistakes] == [
        "3:3: tests[0]: expect is missing",
        "3:3: tests[0]: world is missing, here or for the whole file: a scenario file, manifests, or inline sections",
        "4:3: tests[1]: expect is missing",
        "4:3: tests[1]: world is missing, here or for the whole file: a scenario file, manifests, or inline sections",
        "4:9: tests[1].name: a second test named 'a'",
        "5:3: tests[1].expected: unknown field 'expected'; did you mean 'expect'?",
    ]


def test_folders_are_searched_for_files_that_expect_something(tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    (below / "with.yaml").write_text(expecting("{preempted: lent}"), encoding="utf-8")
    (below / "without.yaml").write_text(RESERVING, encoding="utf-8")
    (below / "notes.txt").write_text("expect: rain\n", encoding="utf-8")
    in_folder(tmp_path)
    tests, wrong = collect([tmp_path], lambda name: "as it" not in name)
    assert [(Path(test.file).name, test.name) for test in tests] == [
        ("with.yaml", "reserving"),
        ("tests.yaml", "without reclaim"),
        ("tests.yaml", "with more work"),
    ]
    assert wrong == []


def test_a_seed_override_reaches_the_scenario(tmp_path: Path) -> None:
    in_folder(tmp_path)
    test = suite.tests_of(tmp_path / "tests.yaml")[2]
    assert (suite.prepare(test).scenario.seed, suite.prepare(test, [("seed", 8)]).scenario.seed) == (7, 8)


def test_the_files_shown_in_the_documentation_pass(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "policy-tests.md").read_text(encoding="utf-8")
    manifests = Path(__file__).parents[2] / "scenarios" / "manifests"
    (tmp_path / "manifests").symlink_to(manifests, target_is_directory=True)
    shown = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(shown) == 3
    for number, text in enumerate(shown):
        path = tmp_path / f"shown-{number}.yaml"
        path.write_text(text, encoding="utf-8")
        assert [complaints(run_test(test)) for test in suite.tests_of(path)] == [[]] * (1 + number)
