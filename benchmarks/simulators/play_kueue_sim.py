"""Jobs played by kueue-sim: one ClusterQueue that owns all GPUs.

python play_kueue_sim.py JOBS.swf GPUS [BestEffortFIFO]      prints one line of JSON; StrictFIFO when nothing is said
"""

import json
import sys
from pathlib import Path
from time import process_time
from typing import Any

GPU = "nvidia.com/gpu"


def played(jobs: Path, gpus: int, strategy: str) -> dict[str, Any]:
    """``seconds`` are those of the simulation, which reads the file once more; checking the scenario comes before."""
    from benchmarks.waits import average_wait_s
    from kueue_sim.engine import simulate
    from kueue_sim.inputs import scenario_from_dict

    flavors = [{"name": "gpu", "resources": [{"name": GPU, "nominalQuota": gpus}]}]
    groups = [{"coveredResources": [GPU], "flavors": flavors}]
    spec = {"namespaceSelector": {}, "queueingStrategy": strategy, "resourceGroups": groups}
    objects = [
        {"kind": "ResourceFlavor", "metadata": {"name": "gpu"}},
        {"kind": "ClusterQueue", "metadata": {"name": "pool"}, "spec": spec},
        {"kind": "LocalQueue", "metadata": {"name": "pool", "namespace": "default"}, "spec": {"clusterQueue": "pool"}},
    ]
    trace = {"file": str(jobs), "gpusPerPod": gpus, "defaults": {"queue": "default/pool"}}
    document: dict[str, Any] = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "name": "pool", "timing": "ideal"}
    scenario = scenario_from_dict(document | {"policy": {"objects": objects}, "workloads": [{"trace": trace}]})
    start = process_time()
    run = simulate(scenario)
    seconds = process_time() - start
    return {"jobs": len(run.facts.workloads), "seconds": seconds, "wait_s": average_wait_s(run)}


if __name__ == "__main__":
    print(json.dumps(played(Path(sys.argv[1]).resolve(), int(sys.argv[2]), *(sys.argv[3:] or ["StrictFIFO"]))))
