"""Completion in real shells: their own machinery is asked, with the script of ``kueue-sim completion`` loaded.

Bash and zsh run in a terminal and get keys: one inserts all completions of the word before the cursor, another prints
the line. Fish is asked with ``complete --do-complete``. A shell that is not installed is skipped.
"""

import os
import pty
import select
import shutil
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest

pytestmark = pytest.mark.thorough

SIM = Path(__file__).parents[2] / "sim"
PATIENCE_S = 60.0
INSERT_ALL, PRINT_LINE = "\x18a", "\x18p"
TERMINALS = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        """eval "$(kueue-sim completion bash)"; bind '"\\C-xa": insert-completions'; """
        """bind -x '"\\C-xp": printf "LINE<%s>DONE" "$READLINE_LINE"'; echo RE""ADY\n""",
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        """autoload -Uz compinit; compinit -u -D; eval "$(kueue-sim completion zsh)"; """
        """zle -C all complete-word _generic; zstyle ':completion:all:*' completer _all_matches _complete; """
        """zstyle ':completion:all:*' insert true; bindkey '^Xa' all; """
        """shown() { print -rn -- "LINE<$BUFFER>DONE" }; zle -N shown; bindkey '^Xp' shown; echo RE""ADY\n""",
    ),
}  # fmt: skip
"""Shell -> how it is started, and what it is told before the line is typed."""
ASKED = {
    "a command": ("comp", ["compare", "completion"]),
    "a choice": ("completion ", ["bash", "fish", "zsh"]),
    "an option": ("run --exa", ["--example"]),
    "a value of an option": ("run --format ", ["csv", "json", "text"]),
    "an example": ("run --example lab-o", ["lab-option-1", "lab-option-2"]),
    "an example to print": ("example lab-o", ["lab-option-1", "lab-option-2"]),
    "a file": ("check wee", ["week.yaml", "weekend", "weeks.csv"]),
    "a file of an option": ("run week.yaml --prices wee", ["week.yaml", "weekend", "weeks.csv"]),
    "a folder": ("run week.yaml -o wee", ["weekend"]),
}
"""What is completed -> the words typed after ``kueue-sim``, and the words that may end them."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with two files and a folder, and ``bin/kueue-sim`` beside them."""
    home = tmp_path / "home"
    (home / "weekend").mkdir(parents=True)
    for name in ("week.yaml", "weeks.csv", "other.yaml"):
        (home / name).touch()
    program = tmp_path / "bin/kueue-sim"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(SIM)!r})\nfrom kueue_sim.cli import main\nmain()\n"
    )
    program.chmod(0o755)
    return home


def environment(home: Path) -> dict[str, str]:
    """Nothing of whoever runs the tests but where programs lie."""
    path = os.pathsep.join((str(home.parent / "bin"), os.environ["PATH"]))
    return {"PATH": path, "HOME": str(home), "ZDOTDIR": str(home), "TERM": "dumb", "PS1": "", "LC_ALL": "C.UTF-8"}


def read_until(terminal: int, end: str) -> str:
    seen = ""
    deadline = monotonic() + PATIENCE_S
    while end not in seen and monotonic() < deadline:
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 4096).decode()
    assert end in seen, f"the shell did not answer: {seen!r}"
    return seen


def line_with_all_completions(shell: str, typed: str, home: Path) -> str:
    """The line after every completion of its last word was put in its place."""
    arguments, told = TERMINALS[shell]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        arguments, stdin=theirs, stdout=theirs, stderr=theirs, cwd=home, env=environment(home), start_new_session=True
    )
    os.close(theirs)
    try:
        os.write(ours, told.encode())
        read_until(ours, "READY\r\n")
        os.write(ours, f"{typed}{INSERT_ALL}{PRINT_LINE}".encode())
        return read_until(ours, ">DONE").rpartition("LINE<")[2].partition(">DONE")[0]
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def candidates(shell: str, typed: str, home: Path) -> list[str]:
    """The words that the shell would put in place of the last one that was typed, sorted; folders without slash."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed, so its completion was not tried")
    kept = typed.rpartition(" ")[0] + " "
    if shell == "fish":
        code = 'kueue-sim completion fish | source; complete --do-complete "$argv[1]"'
        asked = subprocess.run(
            ["fish", "--no-config", "-c", code, typed],
            cwd=home, env=environment(home), capture_output=True, text=True, check=True, timeout=PATIENCE_S,
        )  # fmt: skip
        words = [line.partition("\t")[0] for line in asked.stdout.splitlines()]
    else:
        line = line_with_all_completions(shell, typed, home)
        assert line.startswith(kept)
        words = line.removeprefix(kept).split()
    return sorted(word.rstrip("/") for word in words)


@pytest.mark.parametrize("what", ASKED)
@pytest.mark.parametrize("shell", [*TERMINALS, "fish"])
def test_a_shell_completes(shell: str, what: str, home: Path) -> None:
    typed, expected = ASKED[what]
    assert candidates(shell, f"kueue-sim {typed}", home) == expected


@pytest.mark.parametrize("shell", [*TERMINALS, "fish"])
def test_a_value_after_an_equals_sign_is_completed_and_its_option_stays(shell: str, home: Path) -> None:
    found = candidates(shell, "kueue-sim run --example=lab-o", home)
    assert found[0] == "--example=lab-option-1"
    assert [word.removeprefix("--example=") for word in found] == ["lab-option-1", "lab-option-2"]


def test_bash_knows_the_function_that_completes_and_what_this_answers(home: Path) -> None:
    """Also without a terminal, as other completions of bash call it."""
    code = (
        'eval "$(kueue-sim completion bash)"; registered=$(complete -p kueue-sim); echo "$registered"; '
        "COMP_WORDS=(kueue-sim run --example lab-o); COMP_CWORD=3; "
        "function=${registered#*-F }; ${function% *} kueue-sim lab-o --example; "
        'echo "${COMPREPLY[@]}"'
    )
    ran = subprocess.run(
        ["bash", "--norc", "-c", code], cwd=home, env=environment(home), capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines() == [
        "complete -o nosort -F _kueue_sim_completion kueue-sim",
        "lab-option-1 lab-option-2",
    ]
