"""Jobs of one GPU each played by Ciw: one queue, so many servers as there are GPUs, first in, first out.

python play_ciw.py JOBS.swf GPUS           in an environment that has ciw; prints one line of JSON
"""

import json
import sys
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any


def played(lines: list[list[str]], gpus: int) -> dict[str, Any]:
    """Arrivals and run times are given to Ciw one after the other, in the order of the file."""
    import ciw

    submits, runtimes = [float(line[1]) for line in lines], [float(line[3]) for line in lines]
    if any(int(line[4]) != 1 for line in lines):
        raise SystemExit("a customer of Ciw takes one server: all jobs must have one GPU")
    gaps = [submits[0], *(later - earlier for earlier, later in pairwise(submits)), float("inf")]
    start = process_time()
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential(gaps)],
        service_distributions=[ciw.dists.Sequential(runtimes)],
        number_of_servers=[gpus],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(len(lines), method="Finish")
    seconds = process_time() - start
    waits = [record.waiting_time for record in simulation.get_all_records()]
    return {"jobs": len(waits), "seconds": seconds, "wait_s": sum(waits) / len(waits)}


if __name__ == "__main__":
    rows = [line.split() for line in Path(sys.argv[1]).read_text().splitlines() if not line.startswith(";")]
    print(json.dumps(played(rows, int(sys.argv[2]))))
