"""Jobs played by AccaSim: first in, first out, first fit, on one node that holds every GPU as a core.

python play_accasim.py JOBS.swf GPUS       in an environment that has accasim; prints one line of JSON
"""

import collections
import collections.abc
import json
import logging
import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

# AccaSim 1.1.3 imports Mapping from where it was before Python 3.10.
collections.Mapping = collections.abc.Mapping  # type: ignore[attr-defined]


def played(jobs: Path, gpus: int, folder: Path) -> dict[str, Any]:
    """``wait_s`` is read from the schedule that AccaSim writes."""
    from accasim.base.allocator_class import FirstFit
    from accasim.base.scheduler_class import FirstInFirstOut
    from accasim.base.simulator_class import Simulator

    system = folder / "system.json"
    groups = {"groups": {"all": {"core": gpus}}, "resources": {"all": 1}}
    system.write_text(json.dumps(groups | {"equivalence": {"processor": {"core": 1}}, "start_time": 0}))
    logging.disable(logging.WARNING)
    start = process_time()
    simulator = Simulator(
        str(jobs), str(system), FirstInFirstOut(FirstFit()), RESULTS_FOLDER_NAME=str(folder), show_statistics=False
    )
    simulator.start_simulation()
    seconds = process_time() - start
    waits = [_wait_s(line) for line in (folder / f"sched-{jobs.name}").read_text().splitlines()]
    return {"jobs": len(waits), "seconds": seconds, "wait_s": sum(waits) / len(waits)}


def _wait_s(line: str) -> float:
    """Of a line ``id;user;submitted__nodes__started;ended;…``."""
    before, _, after = line.split("__")
    submitted, started = before.rpartition(";")[2], after.partition(";")[0]
    return (datetime.fromisoformat(started) - datetime.fromisoformat(submitted)).total_seconds()


if __name__ == "__main__":
    with TemporaryDirectory() as made:
        print(json.dumps(played(Path(sys.argv[1]).resolve(), int(sys.argv[2]), Path(made))))
