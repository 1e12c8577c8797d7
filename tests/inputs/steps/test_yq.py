"""Manifests that scripts change with yq: what is set, taken away and read by plain paths, as yq itself prints it."""

from pathlib import Path

import pytest
import yaml

from kueue_sim.inputs.steps.yq import answered, read_yq
from tests.inputs.steps.played import labelled, remarks
from tests.inputs.steps.scripts import script
from tests.inputs.steps.test_shell import ran

TEXT = """\
kind: Job
metadata: {name: a, labels: {x/y: b}}
spec: {parallelism: 1, list: [{n: 1}, {n: 2}]}
---
kind: Other
"""


@pytest.mark.parametrize(
    ("expression", "spec", "metadata"),
    [
        (".spec.list[3].n = 4", {"parallelism": 1, "list": [{"n": 1}, {"n": 2}, None, {"n": 4}]}, {}),
        (".spec.parallelism = 4", {"parallelism": 4, "list": [{"n": 1}, {"n": 2}]}, {}),
        ('.spec.list[1]["m.o/p"] = "8"', {"parallelism": 1, "list": [{"n": 1}, {"n": 2, "m.o/p": "8"}]}, {}),
        ("del(.spec.list) | .spec.a.b = true", {"parallelism": 1, "a": {"b": True}}, {}),
        ("del(.spec.list[0])", {"parallelism": 1, "list": [{"n": 2}]}, {}),
        ('.metadata.labels["x/y"] = strenv(N) | .spec.list = env(L)', {"parallelism": 1, "list": [7]}, {"x/y": "5"}),
        ('.spec.parallelism = null | .metadata.labels."p|q" = "a | b"', None, {"p|q": "a | b"}),
    ],
)
def test_what_is_set_and_taken_away(expression: str, spec: object, metadata: dict[str, str]) -> None:
    printed = answered(expression, TEXT, {"N": "5", "L": "[7]"})
    assert printed is not None
    first, other = yaml.safe_load_all(printed)
    assert other["kind"] == "Other"
    assert first["spec"] == (spec or {"parallelism": None, "list": [{"n": 1}, {"n": 2}]})
    assert first["metadata"]["labels"] == {"x/y": "b"} | metadata


@pytest.mark.parametrize(
    ("expression", "printed"),
    [
        (".metadata.name", "a\nnull\n"),
        (".spec.list[1].n", "2\nnull\n"),
        (".metadata.labels", "x/y: b\nnull\n"),
        (".spec.list[] | .n", None),
        ('select(.kind == "Job")', None),
        (".a == 1", None),
        (".a = .b", None),
        (".spec.list[99999].n = 1", None),
        (". = 1", None),
        (".a = env(UNKNOWN)", None),
        ('.a = "\\q"', None),
        (".a = 1 | keys", None),
    ],
)
def test_what_is_read_and_what_is_not_followed(expression: str, printed: str | None) -> None:
    assert answered(expression, TEXT, {}) == printed


def test_options() -> None:
    assert read_yq(["-n", ".a = 1"]) is None
    assert read_yq([]) is None
    found = read_yq(["eval", "-i", ".a = 1", "f.yaml"])
    assert found is not None and (found.expression, found.files, found.in_place) == (".a = 1", ("f.yaml",), True)


def test_files_are_changed_for_what_follows_and_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text(labelled("two", "a: b").removesuffix("---\n"))
    scenario = script(
        tmp_path,
        """\
        kubectl apply -f q.yaml
        N=3 yq -i '.spec.parallelism = env(N) | .metadata.name = "three"' two.yaml
        yq 'del(.metadata.labels.a) | .spec.parallelism = 2' two.yaml | kubectl apply -f -
        yq '.spec.parallelism |= . + 1' two.yaml
        """,
    )
    (work,) = [item.workload for item in scenario.timeline if item.workload] or scenario.workloads
    assert (work.name, work.pod_sets[0].count) == ("three", 2)
    assert "steps.sh: yq is not followed (line 5)" in remarks(tmp_path, scenario)
    assert "name: two" in (tmp_path / "two.yaml").read_text()


def test_what_is_read_goes_into_words(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: 1\n")
    assert ran("run $(yq .a a.yaml) $(yq e '.b = \"x\"' a.yaml | tail -n 1)", tmp_path) == ["run 1 b: x"]
    assert ran("kubectl get x | yq .a | while read v; do run $v; done", tmp_path)[1:] == [
        "note: the loop is passed over: nobody knows what it reads"
    ]
