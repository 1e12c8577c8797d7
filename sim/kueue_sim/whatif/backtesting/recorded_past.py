"""The past of a cluster as a scenario to play again, and what was decided in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kueue_sim.errors import InputError, Mistake
from kueue_sim.inputs.recorded.conditions import Manifest, status_of
from kueue_sim.inputs.recorded.dump_files import is_watch_stream
from kueue_sim.inputs.recorded.watch.replay import queue_exists, replay_document
from kueue_sim.inputs.recorded.watch.stream import Watch, read_watch
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.inputs.snapshot import read_snapshot
from kueue_sim.inputs.snapshot_scenario import snapshot_scenario
from kueue_sim.inputs.text.field import Report
from kueue_sim.model import Scenario
from kueue_sim.units import parse_instant


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was decided: of which workload, what, and Kueue's message. Times from the start."""

    at_ms: int
    type: str
    workload: str
    what: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class RecordedPast:
    """``scenario`` plays it again; ``steps`` is what happened, in order of time; ``unknown`` what no file says. Between
    the two times of each of ``unseen`` more may have happened than the steps tell."""

    scenario: Scenario
    steps: tuple[Step, ...]
    unknown: tuple[str, ...]
    unseen: tuple[tuple[int, int], ...] = ()


def recorded_past(paths: Sequence[Path]) -> RecordedPast:
    """From a watch stream and a dump with the policy that held, in any order. Raises InputError."""
    streams = [path for path in paths if is_watch_stream(path)]
    dumps = [path for path in paths if path not in streams]
    if not streams or not dumps:
        missing = "a watch stream of Workloads" if not streams else "a dump with the policy that held"
        problem = (
            f"{missing} is missing; record the one with `kubectl get workloads -A -o json --watch "
            "--output-watch-events`, the other with `kubectl get clusterqueues,… -A -o json`"
        )
        raise InputError([Mistake(None, problem)])
    report = Report()
    watch = read_watch(streams, report)
    report.check()
    if not watch.workloads:
        raise InputError([Mistake(None, f"no Workload occurs in {streams[0]}")])
    snapshot = read_snapshot(dumps)
    name = streams[0].name.split(".")[0]
    if watch.began < snapshot.latest and (not watch.followed or snapshot.latest < watch.followed):
        watch.began = snapshot.latest
    whole = snapshot_scenario(snapshot, name)
    policy: Manifest = {key: whole[key] for key in ("policy", "cluster", "kueue") if key in whole}
    policy["policy"]["objects"] = [_as_of(one, watch.began) for one in policy["policy"]["objects"]]
    scenario = scenario_from_dict(replay_document(watch, policy, name), name=name)
    start = parse_instant(watch.began)
    unseen = tuple((parse_instant(one) - start, parse_instant(other) - start) for one, other in watch.unseen)
    return RecordedPast(scenario, _steps(watch), (*_unknown(watch, policy), *snapshot.notes), unseen)


def _as_of(one: Manifest, began: str) -> Manifest:
    """A LocalQueue without the usage it consumed after the watch began; every other object as it is."""
    usage = (status_of(one).get("fairSharing") or {}).get("admissionFairSharingStatus") or {}
    late = one.get("kind") == "LocalQueue" and str(usage.get("lastUpdate") or "") > began
    return {key: value for key, value in one.items() if key != "status"} if late else one


def _steps(watch: Watch) -> tuple[Step, ...]:
    start = parse_instant(watch.began)
    found = []
    for one in watch.workloads.values():
        metadata = one.first["metadata"]
        key = f"{metadata.get('namespace')}/{metadata.get('name')}"
        found += [Step(parse_instant(d.at) - start, d.type, key, d.what, d.message) for d in one.decisions]
        found += [Step(parse_instant(at) - start, "Deleted", key) for at, what, _ in one.changes if what == "deleted"]
    return tuple(
        sorted((step for step in found if step.at_ms >= 0), key=lambda step: (step.at_ms, step.type, step.workload))
    )


def _unknown(watch: Watch, policy: Manifest) -> list[str]:
    """What the replay has to do without, in words."""
    gone = {key for key, one in watch.workloads.items() if any(what == "deleted" for _, what, _ in one.changes)}
    ended = {key for key, one in watch.workloads.items() if any(item.type == "Finished" for item in one.decisions)}
    open_ended, deleted = len(watch.workloads.keys() - gone - ended), len(gone)
    found = [f"gap in the stream: {gap}" for gap in watch.gaps[:5]]
    if open_ended:
        found.append(f"run times of {open_ended} workloads that had not ended: they do not end in the replay either")
    if deleted:
        found.append(f"when exactly {deleted} workloads were deleted: at the next instant that something left")
    homeless = sum(not queue_exists(one, policy) for one in watch.workloads.values())
    if homeless:
        found.append(f"where {homeless} workloads go: their LocalQueue is not in the policy, they are left out")
    return [*found, "changes of the policy during the recording: the replay has one policy throughout"]
