"""How long a script waits for conditions of jobs, and what follows where they do not come."""

from pathlib import Path

import pytest

from kueue_sim import load_scenario
from kueue_sim.errors import InputError
from tests.inputs.steps.played import remarks, steps


def test_waiting_for_a_job_takes_until_it_is_done(tmp_path: Path) -> None:
    scenario = steps(
        tmp_path,
        """\
        kubectl wait --for=condition=Available deploy/kueue-controller-manager -n kueue-system --timeout=5m
        kubectl apply -f q.yaml -f j.yaml
        kubectl wait --for=condition=complete job/j --timeout=2h
        kubectl apply -f web.yaml
        """,
    )
    assert [(one.created_ms // 1000, one.name) for one in scenario.workloads] == [
        (0, "j"), (3601, "web-0"), (3601, "web-1"),
    ]  # fmt: skip
    assert scenario.notes == ()


@pytest.mark.parametrize(
    ("command", "seconds", "gives_up"),
    [
        ("kubectl wait --for=condition=complete job/j", 31, True),
        ("kubectl wait --for condition=Complete=True job j --timeout=600s", 601, True),
        ("kubectl wait --for=condition=failed job/j --timeout 1m30s", 91, True),
        ("kubectl wait --for=jsonpath='{.status.succeeded}'=1 job/j --timeout=3h", None, False),
        ("kubectl wait --for=condition=complete --timeout=-1s -f j.yaml", 3601, False),
        ("kubectl wait --for=condition=complete --timeout=2h job --all", 3601, False),
        ("kubectl wait --for=condition=complete --timeout=2h job -l kueue.x-k8s.io/queue-name=lq", 3601, False),
        ("kubectl delete job j; kubectl wait --for=delete job/j", 2, False),
    ],
)
def test_a_wait_takes_as_long_as_its_condition_or_its_timeout(
    tmp_path: Path, command: str, seconds: int | None, gives_up: bool
) -> None:
    scenario = steps(tmp_path, f"kubectl apply -f q.yaml -f j.yaml\n{command}\nkubectl apply -f web.yaml\n")
    expected = seconds if seconds is not None else 1
    assert [one.created_ms // 1000 for one in scenario.workloads if one.name == "web-0"] == [expected]
    assert any("kubectl wait gives up" in note for note in scenario.notes) == gives_up
    assert any("kubectl wait is not followed" in note for note in scenario.notes) == (seconds is None)


def test_what_follows_a_wait_depends_on_whether_the_condition_came(tmp_path: Path) -> None:
    scenario = steps(
        tmp_path,
        """\
        kubectl apply -f q.yaml -f j.yaml
        kubectl wait --for=condition=complete job/j --timeout=1m || kubectl delete job j
        kubectl wait --for=condition=complete job/j --timeout=1m && kubectl apply -f j.yaml
        kubectl apply -f web.yaml
        """,
    )
    assert [(one.at_ms // 1000, one.target) for one in scenario.timeline] == [(61, "default/j")]
    assert [one.name for one in scenario.workloads if one.created_ms] == ["web-0", "web-1"]


def test_mistakes_behind_a_wait_are_told_with_those_before(tmp_path: Path) -> None:
    text = "kubectl apply -f q.yaml -f j.yaml\nkubectl apply -f no.yaml\nkubectl wait --for=delete job/j\nsleep x\n"
    with pytest.raises(InputError) as caught:
        steps(tmp_path, text)
    assert [str(one).removeprefix(f"{tmp_path}/") for one in caught.value.mistakes] == [
        f"steps.sh:3:18: there is no file or folder '{tmp_path}/no.yaml'",
        "steps.sh:5:7: 'x' is no time to sleep; example: 10m",
    ]


def test_waiting_is_played_in_the_world_that_is_asked_about(tmp_path: Path) -> None:
    steps(tmp_path, "kubectl apply -f q.yaml -f j.yaml\nkubectl wait --for=delete job/j --timeout=0s\n")
    (tmp_path / "steps.sh").write_text(
        "kubectl apply -f q.yaml -f j.yaml\nkubectl wait --for=condition=complete job/j --timeout=9h\n"
        "kubectl apply -f web.yaml\n"
    )
    at = [load_scenario(tmp_path / "steps.sh", [("runtimes[*]", time)]).workloads for time in ("1h", "2h")]
    assert [list(workloads)[-1].created_ms for workloads in at] == [3_601_000, 7_201_000]


STOPS = {
    "by itself": ("set -e", "kubectl wait --for=condition=complete job/j --timeout=1m"),
    "by a long name, in a function": (
        "set -o errexit\nslow() { kubectl wait --for=condition=complete job/j --timeout=1m; echo done; }",
        "slow",
    ),
    "behind && as the last": ("set -euo pipefail", "true && kubectl wait --for=condition=complete job/j --timeout=1m"),
    "in another script": ("set -e", "bash waits.sh"),
    "in a script that is read into this one": ("set -e", ". ./waits.sh"),
    "by an error of its own": ("", "kubectl wait --for=condition=complete job/j --timeout=1m || exit 1"),
}


GOES_ON = {
    "without the option": ("", "kubectl wait --for=condition=complete job/j --timeout=1m"),
    "with the option off again": ("set -e; set +e", "kubectl wait --for=condition=complete job/j --timeout=1m"),
    "before ||": ("set -e", "kubectl wait --for=condition=complete job/j --timeout=1m || echo slow"),
    "before &&": ("set -e", "kubectl wait --for=condition=complete job/j --timeout=1m && echo fast"),
    "as a condition": ("set -e", "if kubectl wait --for=condition=complete job/j --timeout=1m; then echo fast; fi"),
    "in a function that is a condition": (
        "set -e\nslow() { kubectl wait --for=condition=complete job/j --timeout=1m; echo done; }",
        "slow || echo slow",
    ),
    "negated": ("set -e", "! kubectl wait --for=condition=complete job/j --timeout=1m"),
    "in a shell of its own": ("set -e", "bash waits.sh || true"),
}


@pytest.mark.parametrize("case", [*STOPS, *GOES_ON])
def test_a_script_that_stops_at_errors_ends_as_bash_does_when_a_wait_gives_up(tmp_path: Path, case: str) -> None:
    option, waiting = {**STOPS, **GOES_ON}[case]
    (tmp_path / "waits.sh").write_text(
        "set -e\nkubectl wait --for=condition=complete job/j --timeout=1m\nkubectl delete job j\n"
    )
    scenario = steps(tmp_path, f"{option}\nkubectl apply -f q.yaml -f j.yaml\n{waiting}\nkubectl apply -f web.yaml\n")
    assert ("web-0" in [one.name for one in scenario.workloads]) == (case in GOES_ON)
    ends = [note for note in remarks(tmp_path, scenario) if "the script ends here" in note]
    assert bool(ends) == (case in STOPS or "waits.sh" in waiting)


def test_where_a_script_ends_early_is_told(tmp_path: Path) -> None:
    scenario = steps(
        tmp_path,
        """\
        kubectl apply -f q.yaml
        MODE=dry
        if [ "$MODE" != real ]; then
          exit 1
        fi
        kubectl apply -f j.yaml
        """,
    )
    assert (list(scenario.workloads), remarks(tmp_path, scenario)) == (
        [],
        ["steps.sh:5: the script ends here: exit 1"],
    )


def test_an_exit_at_the_end_is_nothing_to_tell(tmp_path: Path) -> None:
    assert steps(tmp_path, "kubectl apply -f q.yaml -f j.yaml\nexit 0\n").notes == ()
