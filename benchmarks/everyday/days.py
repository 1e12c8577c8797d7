"""Ordinary days of a shared cluster: does every one of them end with a report, what loops, and how long does it take?

    python -m benchmarks.everyday.days --days 200             play days 0 to 199, print the table of docs/benchmarks.md
    python -m benchmarks.everyday.days --write 17 > day.yaml  one day as a scenario, for a look of one's own

A day is 24 hours of gang jobs (1 to 4 pods) of two to six teams that share a cohort, with four priority classes, on
GPU nodes or on quota alone. Seeds are open: day number n is the same on every machine, and none is left out.
"""

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from kueue_sim import run
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.report.text.terminal import text_report

CLASSES = {"inference": 90, "experimentation": 80, "training": 70, "fine-tuning": 50}
DEFAULT = "default"
"""Stands for a file that says nothing about timing."""
GPU = "nvidia.com/gpu"
DAY_S = 86_400
LOADS = (0.7, 1.2, 1.8)
"""Asked for per day over what the quotas give in a day."""
PROFILE_ORDER = (DEFAULT, "ideal", "typical", "calibrated")


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a day. ``error`` is "" when it ended with a report; ``seconds`` are processor seconds."""

    number: int
    profile: str
    nodes: bool
    seconds: float
    workloads: int = 0
    preemptions: int = 0
    loops: int = 0
    rounds: int = 0
    counted: int = 0
    lost_hours: float = 0.0
    error: str = ""


def day(number: int) -> dict[str, Any]:
    """The scenario of one day as a mapping, as a scenario file holds it."""
    draw = random.Random(f"day {number}")
    teams = {f"team-{letter}": draw.randint(2, 8) for letter in "abcdef"[: draw.randint(2, 6)]}
    document: dict[str, Any] = {
        "apiVersion": "kueue-sim/v1",
        "kind": "Scenario",
        "name": f"day-{number}",
        "policy": _hyperpod(draw, teams) if draw.random() < 0.5 else _kueue(draw, teams),
        "workloads": list(_jobs(draw, teams, draw.choice(LOADS))),
    }
    if profile_of(number) != DEFAULT:
        document["timing"] = profile_of(number)
    if has_nodes(number):
        pool = {"name": "gpu", "instanceType": "ml.g5.8xlarge", "count": sum(teams.values())}
        document["cluster"] = {"nodePools": [pool]}
    return document


def profile_of(number: int) -> str:
    """The timing profile of a day; DEFAULT for a file that names none."""
    return PROFILE_ORDER[number % len(PROFILE_ORDER)]


def has_nodes(number: int) -> bool:
    """Whether the pods of a day need nodes: every other day of each profile."""
    return number // len(PROFILE_ORDER) % 2 == 1


def _hyperpod(draw: random.Random, teams: dict[str, int]) -> dict[str, Any]:
    """Task governance as its administrator writes it."""
    classes = ",".join(f"{{Name={name},Weight={weight}}}" for name, weight in CLASSES.items())
    fair, limit = draw.choice(("Enabled", "Disabled")), draw.choice((50, 100))
    lines = [
        f'aws sagemaker create-cluster-scheduler-config --name ranks --cluster-arn "<arn>" '
        f'--scheduler-config "PriorityClasses=[{classes}],FairShare={fair}"'
    ]
    for team, gpus in teams.items():
        lines.append(
            f'aws sagemaker create-compute-quota --name {team} --cluster-arn "<arn>" --compute-quota-config '
            f'"ComputeQuotaResources=[{{InstanceType=ml.g5.8xlarge,Count={gpus}}}],'
            f"ResourceSharingConfig={{Strategy=LendAndBorrow,BorrowLimit={limit}}},"
            f'PreemptTeamTasks=LowerPriority" --compute-quota-target "TeamName={team},'
            f'FairShareWeight={draw.choice((0, 50, 100))}"'
        )
    return {"hyperpod": {"commands": "\n".join(lines)}}


def _kueue(draw: random.Random, teams: dict[str, int]) -> dict[str, Any]:
    """ClusterQueues of one cohort that reclaim what they lent and preempt lower priorities of their own."""
    while_borrowing = draw.choice(({}, {"borrowWithinCohort": {"policy": "LowerPriority"}}))
    own = draw.choice(("LowerPriority", "LowerOrNewerEqualPriority"))
    preemption = {"withinClusterQueue": own, "reclaimWithinCohort": "Any", **while_borrowing}
    objects: list[dict[str, Any]] = [{"kind": "ResourceFlavor", "metadata": {"name": "gpu"}}]
    for name, value in CLASSES.items():
        objects.append({"kind": "WorkloadPriorityClass", "metadata": {"name": f"{name}-priority"}, "value": value})
    for team, gpus in teams.items():
        flavors = [{"name": "gpu", "resources": [{"name": GPU, "nominalQuota": gpus}]}]
        groups = [{"coveredResources": [GPU], "flavors": flavors}]
        spec = {"cohortName": "all", "namespaceSelector": {}, "preemption": preemption, "resourceGroups": groups}
        objects.append({"kind": "ClusterQueue", "metadata": {"name": team}, "spec": spec})
    return {"objects": objects}


def _jobs(draw: random.Random, teams: dict[str, int], load: float) -> Iterator[dict[str, Any]]:
    """Poisson arrivals of gangs with lognormal run times, until a day's share of the quota is asked for."""
    budget = load * sum(teams.values()) * DAY_S
    names = list(teams)
    index = 0
    while budget > 0:
        pods, runtime = draw.randint(1, 4), min(8 * 3600, max(300, round(draw.lognormvariate(8.3, 1.0))))
        budget -= pods * runtime
        job = {
            "name": f"job-{index}",
            "team": draw.choice(names),
            "submit": f"{draw.randrange(DAY_S)}s",
            "pods": pods,
            "requests": {GPU: 1},
            "priorityClass": f"{draw.choice(list(CLASSES))}-priority",
            "runtime": f"{runtime}s",
        }
        if draw.random() < 0.3:
            job["checkpointEvery"] = "30m"
        yield job
        index += 1


def play(number: int) -> Played:
    """One day from its file to its report."""
    started = time.process_time()
    document = day(number)
    profile, nodes = profile_of(number), has_nodes(number)
    try:
        result = run(scenario_from_dict(document))
        text_report(result)
    except Exception as error:
        return Played(number, profile, nodes, time.process_time() - started, error=f"{type(error).__name__}: {error}")
    total, loops = result.total, result.loops
    return Played(
        number,
        profile,
        nodes,
        time.process_time() - started,
        total.workloads,
        total.preempted,
        len(loops),
        sum(one.rounds for one in loops),
        sum(one.rounds for one in result.run.counted),
        total.lost_hours,
    )


def play_all(numbers: Sequence[int], processes: int) -> Iterator[Played]:
    """Every day, in order."""
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(play, numbers)


def table(days: Iterable[Played]) -> str:
    """One line per profile with and without nodes, and the total."""
    groups: dict[tuple[str, str], list[Played]] = {}
    for one in days:
        groups.setdefault((one.profile, "nodes" if one.nodes else "quota alone"), []).append(one)
    heads = (
        "profile",
        "places",
        "days",
        "with a report",
        "with loops",
        "preemptions",
        "rounds",
        "counted",
        "mean s",
        "max s",
    )
    out = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    out += [_line(*key, groups[key]) for key in sorted(groups)]
    return "\n".join([*out, _line("all", "", [one for group in groups.values() for one in group])])


def _line(profile: str, places: str, days: Sequence[Played]) -> str:
    """Processor seconds from the mapping of a day to its printed report."""
    seconds = [one.seconds for one in days]
    cells = [profile, places, len(days), sum(not one.error for one in days), sum(one.loops > 0 for one in days)]
    cells += [f"{sum(getattr(one, name) for one in days):,}" for name in ("preemptions", "rounds", "counted")]
    cells += [f"{sum(seconds) / len(seconds):.2f}", f"{max(seconds):.2f}"]
    return f"| {' | '.join(map(str, cells))} |"


def main() -> int:
    parser = argparse.ArgumentParser(description="Ordinary days of a shared cluster, each to its report.")
    parser.add_argument("--days", type=int, default=200, help="how many days")
    parser.add_argument("--first", type=int, default=0, help="number of the first day")
    parser.add_argument("-j", "--processes", type=int, default=os.cpu_count())
    parser.add_argument("--write", type=int, metavar="NUMBER", help="print this day as a scenario and play nothing")
    arguments = parser.parse_args()
    if arguments.write is not None:
        import yaml

        yaml.safe_dump(day(arguments.write), sys.stdout, sort_keys=False)
        return 0
    days = []
    for one in play_all(range(arguments.first, arguments.first + arguments.days), arguments.processes):
        days.append(one)
        if one.error:
            print(f"day {one.number} ({one.profile}): {one.error}", file=sys.stderr)
    print(table(days))
    errors = Counter(one.error.partition(":")[0] for one in days if one.error)
    return int(bool(errors))


if __name__ == "__main__":
    sys.exit(main())
