"""What words, calculations, lists and files of shell scripts amount to."""

from pathlib import Path
from textwrap import dedent

import pytest

from kueue_sim.inputs.shell.arithmetic import number
from kueue_sim.inputs.shell.conditions import holds
from kueue_sim.inputs.shell.script import Script
from kueue_sim.inputs.shell.words import Command
from kueue_sim.inputs.steps.edited import edited, said, translated
from kueue_sim.inputs.steps.printed import Printed


def ran(text: str, folder: Path = Path()) -> list[str]:
    """The commands that a script runs."""
    found: list[str] = []

    def note_down(command: Command) -> bool:
        found.extend([command.text] if command.words[0].text in ("run", "kubectl") else [])
        return True

    script = Script(
        lambda line, column, message: found.append(f"wrong: {message}"),
        note=lambda line, message: found.append(f"note: {message}"),
        folder=folder,
        run=note_down,
        output=lambda command: Printed(script, 0, lambda path: ()).text(command),
    )
    script.follow(dedent(text))
    return found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(i % 2) + 1", 2),
        ("$i * ${n}", 12),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("-7 % 3", -1),
        ("2 ** 10", 1024),
        ("i > 2 && n < 5", 1),
        ("i == 3 ? 10 : 20", 10),
        ("!i", 0),
        ("unset + 1", 1),
        ("1 << 4", 16),
        ("1 / 0", None),
        ("typed + 1", None),
        ("i.real", None),
        ("9 ** 99", None),
    ],
)
def test_calculations_have_the_value_the_shell_gives_them(text: str, value: int | None) -> None:
    assert number(text, {"i": "3", "n": "4", "typed": None}) == value


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("${f%.yaml}", "teams/a"),
        ("${f##*/}", "a.yaml"),
        ("${f#*/}", "a.yaml"),
        ("${f%%/*}", "teams"),
        ("${v^^}", "ABC"),
        ("${v^}", "Abc"),
        ("${v:1}", "bc"),
        ("${v:0:2}", "ab"),
        ("${v: -1}", "c"),
        ("${v/b/-}", "a-c"),
        ("${f//[ae]/x}", "txxms/x.yxml"),
        ("${#v}", "3"),
        ("${none:-other}", "other"),
        ("${none:-$v}", "abc"),
        ("${v:+there}", "there"),
        ("${none:+there}", ""),
        ("${empty-other}", ""),
        ("${empty:-other}", "other"),
        ("$(basename teams/a.yaml .yaml)", "a"),
        ("$(echo Team-A | tr '[:upper:]' '[:lower:]')", "team-a"),
        ("$(printf '%03d' 7)", "007"),
        ("$((2 + 3))", "5"),
        ("${list[1]}", "y"),
        ("${list[-1]}", "z"),
        ("${#list[@]}", "3"),
        ("${gpus[team-b]}", "4"),
    ],
)
def test_parts_of_values_are_put_in(word: str, text: str) -> None:
    script = f"""\
        f=teams/a.yaml; v=abc; empty=
        list=(x y z)
        declare -A gpus=([team-a]=2 [team-b]=4)
        run "{word}"
        """
    assert ran(script) == [f"run {text}".rstrip() if text else "run "]


def test_lists_are_gone_through() -> None:
    script = """\
        teams=(team-a "team b")
        teams+=(team-c)
        for team in "${teams[@]}"; do run "$team"; done
        declare -A gpus; gpus[a]=2; gpus[b]=4
        for team in "${!gpus[@]}"; do run "$team" "${gpus[$team]}"; done
        for i in "${!teams[@]}"; do run "$i"; done
        run "${teams[@]:1:1}" {x,y} {2..1}
        """
    expected = ["run team-a", "run team b", "run team-c", "run a 2", "run b 4", "run 0", "run 1", "run 2"]
    assert ran(script) == [*expected, "run team b x y 2 1"]


def test_functions_take_arguments_and_are_left() -> None:
    script = """\
        submit() {
          local name=$1; shift
          for gpus in "$@"; do run "$name" "$gpus" "$#"; done
          return 0
          run never
        }
        submit train 1 2
        for i in 1 2 3 4; do
          [ "$i" = 2 ] && continue
          if (( i > 3 )); then break; fi
          run "$i"
        done
        n=0
        while true; do n=$((n + 1)); run "n$n"; [[ $n -ge 2 ]] && break; done
        """
    passed_over = "note: the loop is passed over: nobody knows how often it runs"
    assert ran(script) == ["run train 1 2", "run train 2 2", "run 1", "run 3", passed_over]


def test_loops_read_lines_that_are_known(tmp_path: Path) -> None:
    (tmp_path / "teams.csv").write_text("a,2\nb,4\n")
    script = """\
        while IFS=, read -r team gpus; do run "$team" "$gpus"; done < teams.csv
        while read -r name rest; do run "$name" "$rest"; done <<EOF
        one two three
        EOF
        echo "x y" | while read a b; do run "$b"; done
        while read -r line; do run "$line"; done < <(kubectl get jobs)
        """
    told = ["run a 2", "run b 4", "run one two three", "run y"]
    assert ran(script, tmp_path) == [
        *told,
        "kubectl get jobs",
        "note: the loop is passed over: nobody knows what it reads",
    ]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("for t in a:2:x b:4; do IFS=: read -r n g r <<< $t; run $n $g $r.; done", ["run a 2 x.", "run b 4 ."]),
        (
            'IFS=, read -ra T <<< \'a,b c,d\'; for t in "${T[@]}"; do run "<$t>"; done',
            ["run <a>", "run <b c>", "run <d>"],
        ),
        ("L=a,b; IFS=,; for t in $L; do run $t; done; unset IFS; run $L", ["run a", "run b", "run a,b"]),
        ("IFS=$'\\n\\t'; L=$'a b\\nc'; for t in $L; do run \"<$t>\"; done", ["run <a b>", "run <c>"]),
        ('T=(a b c); X=$(IFS=,; echo "${T[*]}"); run $X; run "${T[*]}"', ["run a,b,c", "run a b c"]),
        ("IFS=', ' read a b c <<< 'x, y,,z'; run $a.$b.$c.", ["run x.y.,z."]),
        ("read -rp Team? n <<< 'a b'; read -p 'Sure' -n 1 yes <<< y; run $n $yes", ["run a b y"]),
        ("read -r -d '' T <<'EOF' || true\na\nb\nEOF\nrun \"$T\"", ["run a\nb"]),
        ("while IFS= read -r line; do run \"$line\"; done <<< '  a: 1'", ["run   a: 1"]),
        ("A=x; A=y run $A; run $A", ["run x", "run x"]),
        ("f() { run $A; }; A=x f; A=y; f", ["run x", "run y"]),
    ],
)
def test_texts_are_parted_where_ifs_says(script: str, expected: list[str]) -> None:
    """As bash does, whose answers these are; what stands before a command holds for that alone."""
    assert ran(script) == expected


def test_calculating_commands_set_variables() -> None:
    assert ran("i=1; ((i++)); ((i += 3)); let i=i*2; run $i; if ((i == 10)); then run ten; fi") == ["run 10", "run ten"]


def test_files_that_are_written_are_read_again_and_none_is_touched(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("name: NAME\nother: NAME\n")
    script = """\
        cat > a.txt <<EOF
        one
        EOF
        echo two >> a.txt
        run "$(cat a.txt)"
        sed "s/NAME/x/" t.txt > b.txt
        run "$(cat b.txt)"
        [ -f b.txt ] && run there
        echo lost > /dev/null
        kubectl get pods > c.txt
        run "$(cat c.txt)"
        """
    expected = ["run one\ntwo", "run name: x\nother: x", "run there", "kubectl get pods", "run $(cat c.txt)"]
    assert ran(script, tmp_path) == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.txt"]


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (["s/a/b/"], "b aa\n.b"),
        (["s/a/b/g"], "b bb\n.b"),
        (["-e", "s|a|b|", "-e", "s/b/c/"], "c aa\n.c"),
        (["s/^a.*/x/; s/\\./!/"], "x\n!a"),
        (["-E", "s/(a+)$/<\\1>/"], "a <aa>\n.<a>"),
        (["s/a*$/&z/"], "a aaz\n.az"),
        (["s/\\(a\\) /\\1-/"], "a-aa\n.a"),
        (["/a/d"], None),
        (["s/[/x/"], None),
    ],
)
def test_sed_substitutes_as_sed_does(command: list[str], text: str | None) -> None:
    assert edited(command, "a aa\n.a") == text


def test_echo_and_printf_and_tr_print_what_they_print() -> None:
    assert said("echo", ["-e", "a\\nb"]) == "a\nb\n"
    assert said("echo", ["a\\nb"]) == "a\\nb\n"
    assert said("echo", ["-n", "a", "b"]) == "a b"
    assert said("printf", ["%s: %d\\n", "a", "1", "b", "2"]) == "a: 1\nb: 2\n"
    assert said("printf", ["100%%\\n"]) == "100%\n"
    assert translated(["-d", "\\n"], "a\nb\n") == "ab"
    assert translated(["_", "-"], "a_b") == "a-b"
    assert translated(["-s", "x"], "a") is None


def test_unknown_values_stay_as_they_are_written() -> None:
    assert ran('read -r name; run "$name" "${name%x}" "${other[0]}" "$(date)"')[:1] == [
        "run $name ${name%x} ${other[0]} Thu Jan 01 00:00:00 UTC 2026".replace("Jan 01", "Jan  1")
    ]


@pytest.mark.parametrize(
    ("pattern", "text", "answer"),
    [
        ("^[[:digit:]]+$", "42", True),
        ("^[[:digit:]]+$", "4x", False),
        ("[[:space:]_]", "a b", True),
        ("^v[0-9.]+$", "v0.13.2", True),
        ("[[", "if", None),
        ("(", "a", None),
    ],
)
def test_a_pattern_is_an_extended_regular_expression(pattern: str, text: str, answer: bool | None) -> None:
    assert holds([text, "=~", pattern], Path()) is answer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mapfile -t a <<< $'x'\nreadarray -t b < <(printf 'p q\\nr\\n')\nrun \"${b[@]}\" ${#b[@]}", ["run p q r 2"]),
        ("for i in $(seq -w 8 10); do run $i; done", ["run 08", "run 09", "run 10"]),
        ("for i in $(seq -w 2); do run $i; done", ["run 1", "run 2"]),
        ("until run it; do sleep 5; done\nwhile ! run that; do sleep 5; done", ["run it", "run that"]),
        ("while run it; do run x; done", ["run it", "note: the loop is passed over: nobody knows how often it runs"]),
        ('f() { until "$@"; do sleep 5; done; }\nf run it', ["run it"]),
        ("x=1\nprintf -v x %02d 7\nrun $x", ["run 07"]),
        ("kubectl get x | mapfile -t a\nfor i in \"${a[@]}\"; do run $i; done",
         ["kubectl get x", "note: the loop over i is passed over: its words are not constant"]),
    ],
)  # fmt: skip
def test_lists_of_lines_and_padded_numbers_are_known_as_far_as_their_texts(text: str, expected: list[str]) -> None:
    assert ran(text) == expected
