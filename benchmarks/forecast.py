"""Are forecasts calibrated? Many independent worlds, one forecast in each, against what then happened.

    python benchmarks/forecast.py [--worlds 200] [--scenario FILE --every 12h]

Without a scenario: random worlds of two teams, each with its own history. With one, for instance a replayed trace: one
forecast per interval of that scenario; those of one run are not independent of each other.
"""

import argparse
from random import Random

from sim import load_scenario
from sim.model import (
    ClusterQueue,
    FlavorQuotas,
    LocalQueue,
    Namespace,
    PodSet,
    Policy,
    Preemption,
    PreemptionPolicy,
    Quota,
    ResourceFlavor,
    ResourceGroup,
    Scenario,
    Workload,
)
from sim.units import parse_duration
from sim.whatif.calibration import Calibration, calibration, together
from sim.whatif.cells import last_submission

GPU = "nvidia.com/gpu"
HOUR_MS = 3_600_000


def world(seed: int) -> Scenario:
    """Two teams that borrow from and reclaim from each other, at nine tenths of what they have together."""
    random = Random(seed)
    quota = FlavorQuotas("gpu", ((GPU, Quota(8)),))
    reclaim = Preemption(reclaim_within_cohort=PreemptionPolicy.ANY)
    teams = ("a", "b")
    queues = tuple(ClusterQueue(name, (ResourceGroup((GPU,), (quota,)),), "all", preemption=reclaim) for name in teams)
    locals_ = tuple(LocalQueue(name, "ml", name) for name in teams)
    at, work = 0.0, []
    while at < 96 * HOUR_MS:
        at += random.expovariate(1 / (20 * 60_000))
        pods = PodSet("main", 1, {GPU: random.choice((1, 1, 2, 4))})
        runtime = round(random.lognormvariate(0, 1) * 1.45 * HOUR_MS)
        name = f"j{len(work):04d}"
        team = random.choice(("a", "a", "b"))
        work.append(Workload(name, "ml", team, (pods,), uid=name, created_ms=round(at), runtime_ms=runtime))
    policy = Policy((ResourceFlavor("gpu"),), queues, local_queues=locals_, namespaces=(Namespace("ml"),))
    return Scenario(f"world {seed}", policy, tuple(work))


def of_worlds(number: int, seeds: int) -> Calibration:
    """One forecast in each world, at 60 hours."""
    return together([calibration(world(seed), [60 * HOUR_MS], seeds=seeds, ahead="1d") for seed in range(number)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=19)
    parser.add_argument("--scenario")
    parser.add_argument("--every", default="12h")
    parser.add_argument("--ahead", default="2d")
    options = parser.parse_args()
    if options.scenario is None:
        print(f"{options.worlds} worlds, {options.seeds} futures each: {of_worlds(options.worlds, options.seeds)}")
        return
    scenario = load_scenario(options.scenario)
    last, step = last_submission(scenario), parse_duration(options.every)
    instants = range(last // 2, last, step)
    print(f"{scenario.name}: {calibration(scenario, instants, seeds=options.seeds, ahead=options.ahead)}")


if __name__ == "__main__":
    main()
