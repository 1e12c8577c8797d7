"""A policy test of others cannot make ``--update`` write where it likes, nor stop the tests beside it."""

from pathlib import Path

import pytest

from kueue_sim.errors import InputError
from kueue_sim.policytest.golden import update
from kueue_sim.policytest.suite import find_files
from kueue_sim.policytest.suite import tests_of as policy_tests

TEST = """\
apiVersion: kueue-sim/v1
kind: PolicyTest
world:
  policy:
    objects:
    - {kind: ResourceFlavor, metadata: {name: a100}}
    - kind: ClusterQueue
      metadata: {name: a}
      spec:
        namespaceSelector: {}
        resourceGroups:
        - coveredResources: [nvidia.com/gpu]
          flavors: [{name: a100, resources: [{name: nvidia.com/gpu, nominalQuota: 4}]}]
  workloads:
  - {name: w, team: a, runtime: 1h, requests: {nvidia.com/gpu: 1}}
tests:
- name: one
  expect:
  - decisions: PLACE
"""


def written(folder: Path, place: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "a.policytest.yaml"
    path.write_text(TEST.replace("PLACE", place))
    return path


def test_recordings_outside_of_the_folder_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    path = written(tmp_path / "tests", "../profile")
    with pytest.raises(InputError, match="lies outside of the test's folder"):
        update(policy_tests(path))
    assert not (tmp_path / "profile").exists()


def test_a_file_that_is_no_recording_is_left_as_it_is(tmp_path: Path) -> None:
    path = written(tmp_path, "notes.txt")
    (tmp_path / "notes.txt").write_text("buy milk\n")
    with pytest.raises(InputError, match="is no recording and is left as it is"):
        update(policy_tests(path))
    assert (tmp_path / "notes.txt").read_text() == "buy milk\n"


def test_a_recording_is_written_and_replaced(tmp_path: Path) -> None:
    path = written(tmp_path, "recorded/a.txt")
    recording = tmp_path / "recorded" / "a.txt"
    assert update(policy_tests(path)) == [recording]
    assert recording.read_text() == "0s admitted default/w in a: main 1 × nvidia.com/gpu=a100\n1h finished default/w\n"
    recording.write_text("0s admitted default/w in a: main 2 × nvidia.com/gpu=a100\n")
    assert update(policy_tests(path)) == [recording]
    assert update(policy_tests(path)) == []


def test_tests_and_recordings_that_powershell_wrote_are_read_as_any_other(tmp_path: Path) -> None:
    path = written(tmp_path, "recorded/a.txt")
    path.write_text(TEST.replace("PLACE", "recorded/a.txt"), encoding="utf-16")
    assert [one.name for one in find_files([tmp_path])] == [path.name]
    recording = tmp_path / "recorded" / "a.txt"
    assert update(policy_tests(path)) == [recording]
    recording.write_text(recording.read_text(), encoding="utf-16")
    assert update(policy_tests(path)) == []


def test_a_recording_that_is_no_text_is_a_mistake(tmp_path: Path) -> None:
    path = written(tmp_path, "recorded.txt")
    (tmp_path / "recorded.txt").write_bytes(b"\xff\xff")
    with pytest.raises(InputError, match=r"the recording cannot be read: .*not UTF-8 text"):
        update(policy_tests(path))


def test_folders_and_links_with_the_name_of_a_test_are_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path, "recorded.txt")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "nowhere.yaml").symlink_to(tmp_path / "gone.yaml")
    assert find_files([tmp_path]) == [path]
