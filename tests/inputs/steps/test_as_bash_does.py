"""Braces, subshells, calculations and filters of lines in scripts: expected is what bash itself makes of them."""

import pytest

from kueue_sim.inputs.shell.braces import in_braces
from kueue_sim.inputs.shell.line_filters import LINE_FILTERS, filtered
from tests.inputs.steps.test_shell import ran


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("{1..3}", "1 2 3"),
        ("{01..03}", "01 02 03"),
        ("{001..3}", "001 002 003"),
        ("{-1..1}", "-1 0 1"),
        ("{1..10..4}", "1 5 9"),
        ("{5..1..2}", "5 3 1"),
        ("{c..a}", "c b a"),
        ("team-{a,b}-{x,y}", "team-a-x team-a-y team-b-x team-b-y"),
        ("{a,b{1,2}}", "a b1 b2"),
        ("a{,b}", "a ab"),
        ("jobs/{a,b}.yaml", "jobs/a.yaml jobs/b.yaml"),
        ("{}", "{}"),
        ("{a}", "{a}"),
        ("{a,b", "{a,b"),
        ("${X}{a,b}", "${X}a ${X}b"),
    ],
)
def test_words_with_braces(word: str, words: str) -> None:
    assert in_braces(word) == words.split()


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("for t in team-{a,b}-{1..2}; do run $t; done", "team-a-1, team-a-2, team-b-1, team-b-2"),
        ("run \"{a,b}\" '{1..2}'", "{a,b} {1..2}"),
        ("A=x; (A=y; B=z; run $A); run $A ${B:-unset}", "y, x unset"),
        ("(exit 0) && run ok; (false; exit 1) || run failed", "ok, failed"),
        ("f() { (A=1); run ${A:-none}; }; f", "none"),
        ("B=A; A=5; run ${!B}", "5"),
        ("i=0; run $((++i)) $((i++)) $i $((i+=5)) $((i=2)) $((i==2)) $((i<=3))", "1 1 2 7 2 1 1"),
        ("i=08; run $((10#08)) $((10#$i + 1)) $((2#101)); read U; run $((10#$U))", "8 9 5, $((10#$U))"),
        ("run $(( $(echo 3) * 2 ))", "6"),
        ("printf 'A=1\\n# c\\nB=two\\n' > e; export $(grep -v '^#' e | xargs); run $A $B", "1 two"),
        ("read -r k v <<< 'x 1'; declare \"V_$k=$v\"; X='Y=2'; export $X; run $V_x $Y", "1 2"),
        ("printf 'h\\na,1\\nb,2\\n' > t; tail -n +2 t | while IFS=, read n g; do run $n $g; done", "a 1, b 2"),
        ("printf 'a,1\\n' > t; run $(cut -d, -f2 t) $(awk -F, '{print $1}' t) $(echo 'x  y' | xargs -n1)", "1 a x y"),
        ("[[ 10 > 9 ]] || run less; [[ b > a && a < b ]] && run more; [ b \\< a ] || run not", "less, more, not"),
        ("echo one > f; echo two >> f; run $(< f) $(expr 7 - 2 \\* 3)", "one two 1"),
        ("x=3; while [ $x -gt 0 ]; do run $x; x=$(expr $x - 1); done", "3, 2, 1"),
        ("run $(echo a:b:c | cut -d: -f1,3) $(echo a:b | cut -f 2 -d ':') $(echo abc | cut -d: -f2)", "a:c b abc"),
        ("run $(echo 'a b c' | awk '{print $NF}') $(echo a,b | awk -F, '{ print $2 }')", "c b"),
        (
            "printf '# c\\nb\\na\\na\\n' | grep -v '^#' | sort -u | while read x; do run $x; done",
            "a, b",
        ),
        (
            "f() { local n=$((i++)); run $n; }; i=0; f; f; export A=$((i++)); run $A $i; let a=1 b=2; run $a $b",
            "0, 1, 2 3, 1 2",
        ),
        (
            "printf 'a b\\nx+\\n' > f; run $(grep 'x+' f); run $(grep 'a\\|b' f); run $(grep -E 'y|x\\+' f)",
            "x+, a b, x+",
        ),
        ("printf 'a b\\nab\\n(\\n' > f; run $(grep '[[:space:]]' f); run $(grep '(' f)", "a b, ("),
        ("run $(seq 3); run a{1..2}b{x,y}", "1 2 3, a1bx a1by a2bx a2by"),
        ("declare -A m; k=1; m[$k]=x; m[b]=y; run ${m[1]} ${m[b]}", "x y"),
        ("printf 'h\\n1\\n2\\n3\\n' | tail -n +2 | head -n 2 | while read x; do run $x; done", "1, 2"),
        ("declare -i n=2*3 m; n+=4; m=n+1; run $n $m; unset m; m=n+1; run $m", "10 11, n+1"),
        ("f() { local -i k=$1/2; run $k; }; f 7; declare -u U=ab; declare -l L=CD; run $U $L", "3, AB cd"),
        ("declare -gA m=(); m[a-b]=1; run ${m[a-b]}", "1"),
        ("read T; declare -i n=T+1; run $n", "$n"),
        ("printf -v n 'job-%03d' 7; run $n; read T; printf -v n '%s' $T; run $n", "job-007, $n"),
        (
            "x=team-a-8; if [[ $x =~ ^team-([a-z]+)-([0-9]+)$ ]]; then run ${BASH_REMATCH[@]}; fi; "
            "[[ $x =~ ^(no)$ ]] || run not${BASH_REMATCH[1]}",
            "team-a-8 a 8, not",
        ),
        (
            "x=v1.2; [[ $x =~ ^(w|v)1\\.([0-9])?(-.+)?$ ]] && run ${BASH_REMATCH[2]}${BASH_REMATCH[3]}; "
            "re='^(.)'; [[ $x =~ $re ]] && run ${BASH_REMATCH[1]}; [[ vx2 =~ ^v\\.2 ]] || run dot",
            "2, v, dot",
        ),
        (
            "printf 'a\\nb.\\n' > f; if grep -q b f; then run b; fi; if ! grep -q z f; then run none; fi; "
            "echo Hi | grep -qi HI && run hi; grep -qx b f || run part; grep -Fq . f && run dot; run $(grep a f)",
            "b, none, hi, part, dot, a",
        ),
        ("printf '3\\n1\\n2\\n2\\n' | sort -r | uniq | head -2 | tail -1 | while read x; do run $x; done", "2"),
    ],
)
def test_commands_of_scripts(script: str, expected: str) -> None:
    assert ran(script) == [f"run {one}" for one in expected.split(", ")]


def test_a_grep_that_finds_nothing_ends_a_script_that_ends_at_errors() -> None:
    script = "echo a > f; set -e; grep -q a f; run there; grep z f || run on; grep -q z f; run never"
    assert ran(script) == ["run there", "run on", "note: the script ends here: set -e, and the command failed"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cut", ["-c1-3"]),
        ("cut", ["-d:", "-f1-2"]),
        ("awk", ["BEGIN {n=1} {print $1}"]),
        ("awk", ["-F", "::", "{print $1}"]),
        ("head", ["-c", "3"]),
        ("tail", ["-f"]),
        ("sort", ["-k2"]),
        ("sort", ["-n"]),
        ("uniq", ["-c"]),
        ("grep", ["-o", "a"]),
        ("grep", ["-E", "("]),
        ("grep", []),
        ("xargs", ["kubectl", "delete"]),
    ],
)
def test_what_filters_do_beyond_that_is_not_known(name: str, words: list[str]) -> None:
    assert name in LINE_FILTERS
    assert filtered(name, words, "a\nb\n") is None


@pytest.mark.parametrize("word", ["{1..10001}", "{1..101}{1..101}", "{a,b{1..20000}}"])
def test_too_many_words_are_not_followed(word: str) -> None:
    assert in_braces(word) is None
    assert ran(f"for i in {word}; do run $i; done") == [
        "note: the loop over i is passed over: its words are not constant"
    ]


def test_numbers_and_lines_that_are_too_many_are_told() -> None:
    assert ran("for i in $(seq 10001); do run $i; done") == [
        "note: the loop over i is passed over: its words are not constant"
    ]
    first, *rounds = ran("seq 1001 | while read i; do run $i; done")
    assert first == "note: the loop reads 1,001 lines, of which the first 1,000 are followed"
    assert len(rounds) == 1_000


def test_many_open_braces_take_no_time() -> None:
    """Every brace was looked at twice inside the one before."""
    assert in_braces("{a," * 60) == ["{a," * 60]
