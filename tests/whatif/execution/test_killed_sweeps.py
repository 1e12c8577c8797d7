"""A sweep that is killed at random instants, lacks space or finds outcomes damaged ends as if nothing had been."""

import contextlib
import os
import random
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
KILLS = 30
COMMAND = (
    sys.executable, "-m", "kueue_sim.cli", "sweep", str(ROOT / "scenarios" / "two-busy-teams.yaml"), "--seeds", "3",
    "--grid", "clusterQueues.team-a.nvidia.com/gpu.nominalQuota=4..20:4", "--until", "1d", "--metric", "utilisation",
    "--workers", "2", "-o",
)  # fmt: skip


def start(folder: Path, bytes_of_a_file: int | None = None) -> subprocess.Popen[bytes]:
    def limits() -> None:
        if bytes_of_a_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_of_a_file, bytes_of_a_file))

    environment = {**os.environ, "PYTHONPATH": str(ROOT / "sim")}
    return subprocess.Popen(
        [*COMMAND, str(folder)], env=environment, start_new_session=True, preexec_fn=limits,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def whole(folder: Path) -> None:
    process = start(folder)
    assert (process.communicate()[1], process.returncode) == (f"written to {folder}\n".encode(), 0)


def tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.csv")}


def damage(folder: Path, chance: random.Random) -> None:
    """One kept outcome is emptied, cut or overwritten, where there is one."""
    kept = sorted(folder.glob("cells/*.cell"))
    if kept:
        path = chance.choice(kept)
        content = path.read_bytes()
        path.write_bytes(chance.choice((b"", content[: chance.randrange(len(content) + 1)], b"\x00" * len(content))))


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")
def test_kills_a_full_disk_and_damaged_outcomes_change_nothing(tmp_path: Path) -> None:
    undisturbed, disturbed = tmp_path / "undisturbed", tmp_path / "disturbed"
    whole(undisturbed)
    chance = random.Random(18)
    for number in range(KILLS):
        process = start(disturbed, bytes_of_a_file=600 if number % 5 == 4 else None)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.6, 2.5))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        errors = process.communicate()[1].decode()
        assert "Traceback" not in errors
        damage(disturbed, chance)
    whole(disturbed)
    assert tables(disturbed) == tables(undisturbed)
    assert list(tables(disturbed)) == ["sweep.csv"]
