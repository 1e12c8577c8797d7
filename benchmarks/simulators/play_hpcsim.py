"""Jobs played by hpcsim: its FIFO scheduler on nodes of eight GPUs.

python play_hpcsim.py JOBS.swf GPUS        in an environment that has hpcsim; prints one line of JSON
"""

import json
import sys
from pathlib import Path
from time import process_time
from typing import Any

_AFTERWARDS_S = 2 * 86_400
"""From the last submission on; all that runs ends in it. hpcsim takes samples for as long as it is told to play."""

_ALL_OF_A_GPU_GB = 32.0
"""A V100's memory. With less, two jobs that one pass of the scheduler gives the same GPU would both be let in."""


def played(lines: list[list[str]], gpus: int) -> dict[str, Any]:
    """A job without a model of a network makes one step per GPU and second, so its steps say how long it runs."""
    from hpcsim import Cluster, GPUType, SimulationEngine, TrainingJob, create_scheduler
    from hpcsim.cluster.cluster import ClusterConfig, NodeSpec

    nodes = [NodeSpec(num_nodes=gpus // 8, gpu_type=GPUType.V100, gpus_per_node=8)]
    jobs = [
        TrainingJob(
            job_id=line[0],
            submit_time=float(line[1]),
            arch=None,
            num_gpus_requested=int(line[4]),
            memory_per_gpu_gb=_ALL_OF_A_GPU_GB,
            num_iterations=int(line[3]) * int(line[4]),
        )
        for line in lines
    ]
    cluster = Cluster(ClusterConfig("pool", nodes))
    until_s = jobs[-1].submit_time + _AFTERWARDS_S
    start = process_time()
    done = SimulationEngine(cluster, create_scheduler("fifo", cluster), jobs, max_sim_time=until_s).run().completed_jobs
    seconds = process_time() - start
    waits = [job.start_time - job.submit_time for job in done]
    return {"jobs": len(waits), "seconds": seconds, "wait_s": sum(waits) / len(waits)}


if __name__ == "__main__":
    rows = [line.split() for line in Path(sys.argv[1]).read_text().splitlines() if not line.startswith(";")]
    print(json.dumps(played(rows, int(sys.argv[2]))))
