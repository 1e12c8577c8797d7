"""Scripts of any form are followed, or say why not; none is too odd to be read."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kueue_sim.inputs import load_scenario
from kueue_sim.inputs.repository.given import Text
from kueue_sim.inputs.shell.script import Script
from tests.inputs.repository.repositories import QUEUES
from tests.inputs.steps.scripts import script, wrong


def test_a_byte_order_mark_and_windows_line_ends_are_read_over(tmp_path: Path) -> None:
    (tmp_path / "q.yaml").write_bytes(QUEUES.encode())
    (tmp_path / "steps.sh").write_bytes(b"\xef\xbb\xbfkubectl apply \\\r\n  -f q.yaml\r\n")
    assert [queue.name for queue in load_scenario(tmp_path / "steps.sh").policy.cluster_queues] == ["q"]


def test_the_folder_of_the_script_is_known_and_menus_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    scenario = script(
        tmp_path,
        """\
        HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
        cd jobs
        kubectl apply -f $HERE/q.yaml -f "$(dirname "$0")/j.yaml"
        select name in a b; do echo $name; break; done
        """,
    )
    assert [one.name for one in scenario.workloads] == ["j"]
    assert scenario.notes == (f"{tmp_path}/steps.sh:5: the loop is passed over: nobody knows how often it runs",)
    assert wrong(tmp_path, "kubectl apply -f $ELSEWHERE/q.yaml\n") == [
        "steps.sh:2:18: the value of $ELSEWHERE is not known; --var ELSEWHERE=… gives it"
    ]


def test_options_in_a_list_begin_lines_of_their_own(tmp_path: Path) -> None:
    scenario = script(tmp_path, 'ARGS=(\n  --a 1\n  --b 2\n)\ntorchrun "${ARGS[@]}"\nkubectl apply -f q.yaml\n')
    assert scenario.notes == (f"{tmp_path}/steps.sh: torchrun is not followed (line 6)",)


PARTS = [
    *(
        "if",
        "then",
        "else",
        "elif",
        "fi",
        "for x in",
        "while",
        "do",
        "done",
        "case $x in",
        "esac",
        ";;",
        "f()",
        "!",
        "#",
    ),
    *(
        "(",
        ")",
        "{",
        "}",
        '"',
        "'",
        "$",
        "${",
        "$(",
        "`",
        "\\",
        "\n",
        "<<EOF\n",
        "EOF\n",
        "|",
        "&&",
        "||",
        ";",
        "&",
        ">",
    ),
    *("<", "<<<", "2>&1", "[[", "=~", "\\ \n", "exit 1", "a", "b=1", '[ -z "$A" ]', "--name", "—", "“", "f"),
]


@given(st.lists(st.sampled_from(PARTS), max_size=25), st.sampled_from(["", " ", "\n"]))
@settings(deadline=None)
def test_no_text_is_too_odd_to_be_followed(parts: list[str], between: str) -> None:
    ran: list[str] = []
    told: list[str] = []
    script = Script(
        lambda line, column, message: told.append(message), run=lambda command: ran.append(command.text) is None
    )
    script.follow(between.join(parts))
    assert all(isinstance(text, str) for text in (*ran, *told))


def test_a_function_that_calls_itself_for_ever_is_a_mistake(tmp_path: Path) -> None:
    assert wrong(tmp_path, "f() { f; }\nf\n") == ["steps.sh:1:1: commands are nested too deeply"]


def test_commands_come_through_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "q.yaml").write_text(QUEUES)
    monkeypatch.chdir(tmp_path)
    scenario = load_scenario(Text("<stdin>", "kubectl apply -f q.yaml\n"))
    assert [queue.name for queue in scenario.policy.cluster_queues] == ["q"]


def test_a_name_too_long_for_a_folder_is_none(tmp_path: Path) -> None:
    scenario = script(tmp_path, f"cd {'x' * 5000}\nkubectl apply -f q.yaml -f j.yaml\n")
    assert [one.name for one in scenario.workloads] == ["j"]
    assert [note.partition("xxx")[0] for note in scenario.notes] == [
        f"{tmp_path}/steps.sh:2: there is no folder '{tmp_path}/"
    ]


def test_brackets_in_quotes_close_nothing(tmp_path: Path) -> None:
    text = """\
    ask() { read -p "$1" it; echo "${it:-$2}"; }
    name=$(ask "Name, (default: " "x)")
    if [ -z "$(echo ")")" ]; then kubectl apply -f nothing.yaml; fi
    kubectl apply -f q.yaml -f j.yaml
    """
    scenario = script(tmp_path, text)
    assert ([one.name for one in scenario.workloads], scenario.notes) == (["j"], ())


def test_mistakes_of_commands_and_of_requests_are_told_together(tmp_path: Path) -> None:
    quota = (
        "aws sagemaker create-compute-quota --name x --cluster-arn arn:aws:sagemaker:us-west-2:123456789012:cluster/"
        "abcdefghijkl --compute-quota-target TeamName=x --compute-quota-config "
        "'ComputeQuotaResources=[{InstanceType=ml.zz,Count=1}]'"
    )
    text = f"{quota}\nkubectl apply -f q.yaml\nkubectl patch clusterqueue q -p '{{\"spec\": '\nsleep soon\n"
    found = wrong(tmp_path, text)
    assert [one.partition(": ")[0] for one in found] == ["steps.sh:2:178", "steps.sh:4:28", "steps.sh:5:7"]
    assert "unknown instance type 'ml.zz'" in found[0]
    assert "the patch is not valid YAML" in found[1]
