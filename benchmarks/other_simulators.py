"""The same jobs through other simulators that pip installs: how fast are they, and do they agree about the wait?

    python -m benchmarks.other_simulators                       makes the environments in a temporary folder, then plays
    python -m benchmarks.other_simulators --folder ENVIRONMENTS  keeps them there for the next time

Each simulator is installed into an environment of its own and plays in a process of its own; nothing of theirs is part
of this project. They play in turns, and the best processor seconds of some rounds count. Two workloads: the pool's
jobs of 1 to 32 GPUs for 512, and the same jobs with one GPU each, for those that know no other. Needs an index of
packages; takes some minutes.
"""

import argparse
import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.pool import GPUS, PoolJobs, pool_jobs

ROOT = Path(__file__).resolve().parent.parent
PLAYERS = Path(__file__).resolve().parent / "simulators"
LOAD, ROUNDS, LONGEST_S = 0.85, 3, 900
GANGS, SINGLES = "jobs of 1–32 GPUs", "jobs of one GPU"
STRICT, SKIPPING = "strict FIFO", "FIFO that passes over"
_WHOLE = "installed"
"""The file that stands in an environment once pip has done its work."""
SINGLE_GPUS = 118
"""GPUs for the jobs of one GPU each: they are busy 97 % of the time, so jobs wait."""


@dataclass(frozen=True, slots=True)
class Player:
    """``script`` and ``arguments`` play a workload on so many GPUs by a discipline. ``requirement`` is what pip
    installs for it, "" for this checkout."""

    name: str
    requirement: str
    script: str
    workload: str
    discipline: str
    arguments: Sequence[str] = ()
    exact: bool = True
    """Whether it has this very model, so that its mean wait must be the others'."""


SIMULATORS: Sequence[Player] = (
    Player("kueue-sim, StrictFIFO", "", "play_kueue_sim.py", GANGS, STRICT),
    Player("AccaSim 1.1.3", "accasim==1.1.3", "play_accasim.py", GANGS, STRICT),
    Player("kueue-sim, BestEffortFIFO", "", "play_kueue_sim.py", GANGS, SKIPPING, ("BestEffortFIFO",)),
    Player("hpcsim 0.3.1", "hpcsim==0.3.1", "play_hpcsim.py", GANGS, SKIPPING, exact=False),
    Player("Lapis 0.4.2", "lapis-sim==0.4.2", "play_lapis.py", GANGS, SKIPPING, exact=False),
    Player("kueue-sim, StrictFIFO", "", "play_kueue_sim.py", SINGLES, STRICT),
    Player("AccaSim 1.1.3", "accasim==1.1.3", "play_accasim.py", SINGLES, STRICT),
    Player("Ciw 3.2.7", "ciw==3.2.7", "play_ciw.py", SINGLES, STRICT),
)


@dataclass(frozen=True, slots=True)
class Played:
    """``seconds`` of processor time, the best of all rounds. ``error`` is "" for a player that played."""

    player: Player
    jobs: int = 0
    seconds: float = 0.0
    wait_s: float = 0.0
    error: str = ""


def swf(jobs: PoolJobs, gpus_each: int | None = None) -> str:
    """The jobs in the Standard Workload Format; ``gpus_each`` instead of their own GPUs."""
    lines = []
    rows = zip(jobs.teams, jobs.submits_s, jobs.gpus, jobs.runtimes_s, strict=True)
    for number, (team, at, size, seconds) in enumerate(rows, start=1):
        gpus = gpus_each or size
        lines.append(f"{number} {at} -1 {seconds} {gpus} -1 -1 {gpus} {seconds} -1 1 {team + 1} 1 1 1 1 -1 -1")
    return "\n".join(lines) + "\n"


def environment(folder: Path, requirement: str) -> tuple[Path, str]:
    """The interpreter of an environment that has ``requirement``, made if it is not there, and why it is of no use."""
    home = folder / requirement.replace("==", "-")
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if (home / _WHOLE).exists():
        return python, ""
    venv.create(home, with_pip=True)
    asked = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=LONGEST_S)
    if done.returncode:
        return python, _last_error(done.stderr)
    (home / _WHOLE).touch()
    return python, ""


def played_once(player: Player, python: Path, jobs: Path, gpus: int) -> Played:
    """One run in a process of its own; its last line is what it tells."""
    command = [str(python), str(PLAYERS / player.script), str(jobs), str(gpus), *player.arguments]
    own = {"PYTHONPATH": os.pathsep.join((str(ROOT / "sim"), str(ROOT)))} if not player.requirement else {}
    done = subprocess.run(command, env=os.environ | own, capture_output=True, text=True, timeout=LONGEST_S)
    if done.returncode:
        return Played(player, error=_last_error(done.stderr))
    told: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return Played(player, told["jobs"], told["seconds"], told["wait_s"])


def _last_error(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if "Error" in line]
    return lines[-1] if lines else "failed without a word"


def best(rounds: Iterable[Played]) -> Played:
    """The fastest of several runs of one player; one that failed if any did."""
    return min(rounds, key=lambda one: (not one.error, one.seconds))


def disagreements(all_played: Sequence[Played]) -> list[str]:
    """A line for each mean wait that should be the same as the first of its workload and discipline and is not."""
    found, first = [], dict[tuple[str, str], Played]()
    for one in all_played:
        if one.error or not one.player.exact:
            continue
        other = first.setdefault((one.player.workload, one.player.discipline), one)
        if one.jobs != other.jobs or not isclose(one.wait_s, other.wait_s, abs_tol=1e-6):
            found.append(f"{one.player.name}: {one.wait_s} s, {other.player.name}: {other.wait_s} s")
    return found


def table(all_played: Sequence[Played]) -> str:
    """Markdown, a row for each player."""
    head = ["| workload | discipline | simulator | jobs/s | µs a job | mean wait, s |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *(_row(one) for one in all_played)])


def _row(one: Played) -> str:
    player = one.player
    cells = [player.workload, player.discipline, player.name]
    if one.error:
        return f"| {' | '.join(cells)} | does not run: `{one.error}` | | |"
    wait = f"{one.wait_s:.4f}" if player.exact else f"{one.wait_s:.4f} (its own model)"
    cells += [f"{one.jobs / one.seconds:,.0f}", f"{one.seconds / one.jobs * 1e6:,.0f}", wait]
    return f"| {' | '.join(cells)} |"


def play_all(players: Sequence[Player], folder: Path, count: int, rounds: int) -> list[Played]:
    """Everything, in turns. What does not install or run says so in its row."""
    jobs = pool_jobs(count, LOAD)
    workloads = {GANGS: (folder / "gangs.swf", GPUS), SINGLES: (folder / "singles.swf", SINGLE_GPUS)}
    workloads[GANGS][0].write_text(swf(jobs), encoding="ascii")
    workloads[SINGLES][0].write_text(swf(jobs, gpus_each=1), encoding="ascii")
    needed = {player.requirement for player in players if player.requirement}
    pythons = {"": (Path(sys.executable), "")} | {one: environment(folder, one) for one in sorted(needed)}
    runs: list[list[Played]] = [[] for _ in players]
    for _ in range(rounds):
        for player, tries in zip(players, runs, strict=True):
            print(f"{player.name}, {player.workload} …", file=sys.stderr, flush=True)
            python, error = pythons[player.requirement]
            tries.append(
                Played(player, error=error) if error else played_once(player, python, *workloads[player.workload])
            )
    return [best(tries) for tries in runs]


def main() -> int:
    """Exit code 1 where simulators of the same model disagree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only simulators whose name contains one of these")
    parser.add_argument("--folder", type=Path, help="environments are made and kept here")
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    names = [name.lower() for name in asked.names]
    wanted = [one for one in SIMULATORS if not names or any(name in one.name.lower() for name in names)]
    with TemporaryDirectory() as made:
        folder = asked.folder or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        all_played = play_all(wanted, folder, asked.jobs, asked.rounds)
    print(table(all_played))
    wrong = disagreements(all_played)
    for line in wrong:
        print(line, file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
