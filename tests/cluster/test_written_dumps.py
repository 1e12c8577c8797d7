"""Dumps as commands and programs write them: appended, packed, cut off, with words in between."""

import bz2
import json
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from kueue_sim.cli import cli
from kueue_sim.errors import InputError
from kueue_sim.inputs.snapshot import read_snapshot
from kueue_sim.inputs.snapshot_scenario import import_summary, snapshot_scenario
from tests.cluster.test_incomplete_dumps import objects, written


def appended_yaml() -> str:
    """`kubectl get a -o yaml >> dump; kubectl get b -o yaml >> dump`: nothing stands in between."""
    lists = [{"apiVersion": "v1", "items": [one], "kind": "List"} for one in objects()]
    return "".join(yaml.safe_dump(one) for one in lists)


def test_yaml_that_several_commands_appended_without_a_separator_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "dump.yaml"
    path.write_text(appended_yaml())
    assert snapshot_scenario(read_snapshot([path]), "x") == snapshot_scenario(read_snapshot([written(tmp_path)]), "x")


def test_a_mistake_in_appended_yaml_has_the_line_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "dump.yaml"
    text = f"{appended_yaml()}apiVersion: v1\nkind: Node\nmetadata: {{labels: {{}}}}\n"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        read_snapshot([path])
    assert [(one.place and one.place.line) for one in refused.value.mistakes] == [text.count("\n")]


def test_a_key_that_stands_twice_in_an_object_is_said(tmp_path: Path) -> None:
    path = tmp_path / "more.yaml"
    path.write_text("apiVersion: v1\nkind: Node\nmetadata: {name: n}\nspec: {}\nspec: {unschedulable: true}\n")
    said = [line for line in import_summary(read_snapshot([written(tmp_path), path])) if "twice" in line]
    assert said == [f"{path}:5:1: the key 'spec' stands here twice; the last counts, as with kubectl"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_dumps_that_powershell_wrote_are_read_as_any_other(encoding: str, tmp_path: Path) -> None:
    text = written(tmp_path).read_text()
    path = tmp_path / "windows.json"
    path.write_text("\ufeff" + text if encoding == "utf-16-be" else text, encoding=encoding, newline="\r\n")
    assert snapshot_scenario(read_snapshot([path]), "x") == snapshot_scenario(read_snapshot([written(tmp_path)]), "x")


@pytest.mark.parametrize("end", [-1, -40])
def test_a_dump_that_ends_in_the_middle_is_said_to_be_cut_off(end: int, tmp_path: Path) -> None:
    path = written(tmp_path)
    text = json.dumps(json.loads(path.read_text()), indent=4)[:end]
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        read_snapshot([path])
    last = text.splitlines()[-1]
    assert [str(one) for one in refused.value.mistakes] == [
        f"{path}:{len(text.splitlines())}:{len(last) + 1}: a JSON document ends here before it is complete: "
        "was the file cut off?"
    ]


@pytest.mark.parametrize(("magic", "packer"), [(bz2.compress, "bzip2"), (lzma.compress, "xz")])
def test_what_another_program_packed_is_asked_for_unpacked(
    magic: Callable[[bytes], bytes], packer: str, tmp_path: Path
) -> None:
    path = tmp_path / "dump.packed"
    path.write_bytes(magic(written(tmp_path).read_bytes()))
    with pytest.raises(InputError, match=f"packed by {packer}; gzip's files are read as they are"):
        read_snapshot([path])


def test_documents_appended_one_after_the_other_are_one_dump(tmp_path: Path) -> None:
    path = tmp_path / "dump.json"
    lists = [json.dumps({"kind": "List", "items": [one]}, indent=4) for one in objects()]
    path.write_text("\n".join(lists))
    whole = snapshot_scenario(read_snapshot([written(tmp_path)]), "x")
    path.write_text("\n".join(lists))
    assert snapshot_scenario(read_snapshot([path]), "x") == whole


def test_a_list_that_goes_on_elsewhere_is_said(tmp_path: Path) -> None:
    dump = tmp_path / "dump.json"
    dump.write_text(json.dumps({"kind": "List", "metadata": {"continue": "abc"}, "items": objects()}))
    assert "a List ends with metadata.continue: what comes after it is missing" in read_snapshot([dump]).notes


def test_a_table_that_kubectl_prints_is_told_from_a_dump(tmp_path: Path) -> None:
    table = tmp_path / "table.txt"
    table.write_text("NAMESPACE   NAME      QUEUE   RESERVED IN\nml          job-a-1   lq      cq\n")
    with pytest.raises(InputError) as caught:
        read_snapshot([table])
    assert [mistake.message for mistake in caught.value.mistakes] == [
        "neither a Kubernetes object (kind is missing) nor an answer of HyperPod but a table as kubectl prints it for "
        "people; -o json has what is needed"
    ]


def test_a_folder_stands_for_the_dumps_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "dumps" / "today"
    folder.mkdir(parents=True)
    written(folder)
    for name, said in (("dumps", ""), ("empty", "holds no .json, .jsonl, .yaml, .yml")):
        (tmp_path / name).mkdir(exist_ok=True)
        found = CliRunner().invoke(cli, ["import", str(tmp_path / name)])
        assert (said in found.output, "running: 1 (ml/runs)" in found.output) == (True, not said)


SAID = 'Error from server (Forbidden): pods is forbidden: User "x" cannot list resource "pods"'


@pytest.mark.parametrize("form", [json.dumps, yaml.safe_dump], ids=["JSON", "YAML"])
def test_what_kubectl_said_before_the_objects_is_told(form: Callable[[object], str], tmp_path: Path) -> None:
    path = tmp_path / "dump.json"
    path.write_text(f"Warning: v1 is deprecated\n{SAID}\n{form({'kind': 'List', 'items': objects()})}")
    summary = import_summary(read_snapshot([path]))
    assert {"kubectl said: Warning: v1 is deprecated", f"kubectl said: {SAID}"} <= {*summary}
    assert "running: 1 (ml/runs)" in summary


@pytest.mark.parametrize("listed", [True, False], ids=["Lists", "plain lists"])
@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_objects_under_names_of_somebodys_own_are_read(listed: bool, suffix: str, tmp_path: Path) -> None:
    items = json.loads(written(tmp_path).read_text())["items"]
    kinds = {one["kind"]: [other for other in items if other["kind"] == one["kind"]] for one in items}
    grouped = {f"{kind.lower()}s": {"kind": "List", "items": own} if listed else own for kind, own in kinds.items()}
    path = tmp_path / f"grouped.{suffix}"
    path.write_text(json.dumps(grouped) if suffix == "json" else yaml.safe_dump(grouped, sort_keys=False))
    assert snapshot_scenario(read_snapshot([path]), "x") == snapshot_scenario(read_snapshot([written(tmp_path)]), "x")


def test_what_stands_behind_json_is_told(tmp_path: Path) -> None:
    path = tmp_path / "info.json"
    path.write_text('{"kind": "Node", "metadata": {"name": "n"}}\n==== START logs ====\nhello\n')
    with pytest.raises(InputError) as refused:
        read_snapshot([path])
    assert [str(one) for one in refused.value.mistakes] == [
        f"{path}:2:1: behind a JSON document stands what is none: '==== START logs ===='"
    ]
