"""Jobs played by Lapis: HTCondor's negotiation every 60 s on one machine that holds every GPU as a core.

python play_lapis.py JOBS.swf GPUS         in an environment that has lapis-sim; prints one line of JSON
"""

import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any


def played(lines: list[str], gpus: int) -> dict[str, Any]:
    """``wait_s`` is what the jobs themselves know, from their queue to their start."""
    from lapis.job_io.swf import swf_job_reader
    from lapis.pool import StaticPool
    from lapis.pool_io.htcondor import htcondor_pool_reader
    from lapis.scheduler import CondorJobScheduler
    from lapis.simulator import Simulator

    jobs = []

    def read(source: Any) -> Iterator[Any]:
        for job in swf_job_reader(source):
            del job.resources["memory"], job.used_resources["memory"]
            jobs.append(job)
            yield job

    pool = ["Count TotalSlotCPUs", f"1 {gpus}"]
    read_pool = partial(htcondor_pool_reader, resource_name_mapping={"cores": "TotalSlotCPUs"})
    start = process_time()
    simulator = Simulator()
    simulator.create_job_generator(job_input=lines, job_reader=read)
    simulator.create_scheduler(scheduler_type=CondorJobScheduler)
    simulator.create_pools(pool_input=pool, pool_reader=read_pool, pool_type=StaticPool)
    with redirect_stdout(sys.stderr):
        simulator.run()
    seconds = process_time() - start
    waits = [job.waiting_time for job in jobs]
    return {"jobs": len(waits), "seconds": seconds, "wait_s": sum(waits) / len(waits)}


if __name__ == "__main__":
    print(json.dumps(played(Path(sys.argv[1]).read_text().splitlines(), int(sys.argv[2]))))
