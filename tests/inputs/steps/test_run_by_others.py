"""Commands that xargs, find and sh -c run, and files that patterns mean, in scripts."""

from pathlib import Path

import pytest

from kueue_sim.model import Scenario
from tests.inputs.repository.repositories import job, write
from tests.inputs.steps.scripts import script


def of_jobs(folder: Path, text: str) -> Scenario:
    queue = "kueue.x-k8s.io/queue-name: lq"
    write(folder, {f"jobs/{name}.yaml": job(name, 1, queue, "default") for name in ("a", "b", "c")})
    write(folder, {"jobs/old/d.yaml": job("d", 1, queue, "default"), "jobs/.e.yaml": job("e", 1, queue, "default")})
    return script(folder, f"kubectl apply -f q.yaml\n{text}")


def names(folder: Path, text: str) -> list[str]:
    """The jobs that a script submits, in order."""
    return [one.name for one in of_jobs(folder, text).workloads]


APPLY = "kubectl apply -f"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"for f in jobs/*.yaml; do {APPLY} $f; done", "a b c"),
        (f'for f in ./jobs/[ac].yaml; do {APPLY} "$f"; done', "a c"),
        (f'D=jobs\nfor f in "$D"/*.y*ml; do {APPLY} $f; done', "a b c"),
        (f"cd jobs/old\nfor f in ../*.yaml *.yaml; do {APPLY} $f; done", "a b c d"),
        (f"cp jobs/a.yaml new.yaml\nsed -i 's/name: a/name: n/' new.yaml\n{APPLY} n?w.yaml", "n"),
        (f"for f in $(ls jobs/*.yaml); do {APPLY} $f; done", "a b c"),
        (f"ls jobs | grep x\nls jobs/old | xargs -I F {APPLY} jobs/old/F", "d"),
        (f"for f in $(find jobs -name '*.yaml' -type f); do {APPLY} $f; done", "e a b c d"),
        (f"find jobs -maxdepth 1 -name \\[bc]\\*.yaml | while read f; do {APPLY} $f; done", "b c"),
        (f"find jobs -mindepth 2 -iname '*.YAML' -print0 | xargs -0 -n1 {APPLY}", "d"),
        (f"find jobs -name '[ab].yaml' -exec {APPLY} {{}} \\;", "a b"),
        (f"find jobs -name '[ab].yaml' -print0 | xargs -0 -I{{}} -P 4 sh -c '{APPLY} {{}}'", "a b"),
        (f"echo a b c | xargs -n 1 sh -c '{APPLY} jobs/$1.yaml' sh", "a b c"),
        (f"printf 'jobs/a.yaml\\njobs/b.yaml\\n' | xargs -L1 -t {APPLY}", "a b"),
        (f"printf 'a,c' | xargs -d, -I % {APPLY} jobs/%.yaml", "a c"),
        (
            f"X=a\nX=b bash -c '{APPLY} jobs/$X.yaml'\nbash -ec 'X=c; {APPLY} jobs/$X.yaml'\n{APPLY} jobs/$X.yaml",
            "b c a",
        ),
        (f"eval {APPLY} jobs/a.yaml", "a"),
    ],
)
def test_files_by_patterns_and_commands_run_by_others_are_followed(tmp_path: Path, text: str, expected: str) -> None:
    assert names(tmp_path, text) == expected.split()


def test_jobs_are_deleted_by_xargs_one_after_the_other(tmp_path: Path) -> None:
    scenario = of_jobs(tmp_path, f"{APPLY} jobs/a.yaml -f jobs/b.yaml\nsleep 60\necho a b | xargs kubectl delete job\n")
    assert [(action.at_ms, action.target) for action in scenario.timeline] == [
        (60_000, "default/a"),
        (61_000, "default/b"),
    ]


def test_what_runs_on_an_answer_of_the_cluster_or_on_more_than_names_is_told(tmp_path: Path) -> None:
    scenario = of_jobs(
        tmp_path,
        f"{APPLY} jobs/a.yaml\nkubectl get jobs -o name | xargs kubectl delete\n"
        f"find jobs -newer jobs/a.yaml -exec {APPLY} {{}} \\;\n",
    )
    notes = [note.removeprefix(f"{tmp_path}/") for note in scenario.notes]
    assert notes == ["steps.sh: xargs is not followed (line 4)", "steps.sh: find is not followed (line 5)"]
