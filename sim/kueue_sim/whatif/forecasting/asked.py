"""Which work is asked about? What waits, by the names people call it and its teams by, and jobs that are not submitted
yet."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kueue_sim._run import load_scenario
from kueue_sim.errors import InputError, Mistake
from kueue_sim.inputs.text.field import Report, near_miss
from kueue_sim.inputs.text.overrides import Override
from kueue_sim.inputs.text.yamltext import read_yaml
from kueue_sim.model import LocalQueue, Workload
from kueue_sim.model.team_names import short_name, with_teams
from kueue_sim.units import format_duration
from kueue_sim.whatif.execution.scenario_source import FromFile
from kueue_sim.whatif.learning.present import Present, Running

Work = str | Mapping[str, object] | Workload
"""A workload of the scenario by name, a team for all of it that waits, a file with a job manifest, the short form, or a
workload itself."""


def asked_about(present: Present, work: Sequence[Work], file: FromFile | None) -> tuple[Present, list[str]]:
    """The present with planned work added to what waits, and the keys that are asked about. Raises InputError."""
    if not work:
        return present, [item.key for item in present.waiting]
    keys, added = [], []
    for item in work:
        if isinstance(item, str) and not Path(item).is_file():
            keys += _waiting(present, item)
            continue
        one = item if isinstance(item, Workload) else _planned(item, file)
        planned = one._replace(created_ms=present.at_ms)
        added.append(planned)
        keys.append(planned.key)
    return replace(present, waiting=(*present.waiting, *added)), list(dict.fromkeys(keys))


def _waiting(present: Present, name: str) -> list[str]:
    """The keys of the work of this name, or of all that waits of a team, which is a LocalQueue, a ClusterQueue or a
    namespace. Raises InputError."""
    known = {key: [item.key] for item in present.waiting for key in names_of(item)}
    teams = _teams(present)
    if name not in known and name not in teams:
        made = [item.key for item in present.waiting if _is_made_for(name, item)]
        if made:
            return made[:1]
        holds = next((one for one in present.running if name in names_of(one.workload)), None)
        near = near_miss(name, [*known, *filter(teams.get, teams)])
        raise InputError(
            [Mistake(None, f"nothing of the name {name!r} waits at the instant; {_holding(holds) or near}")]
        )
    found = known.get(name) or teams[name]
    if not found:
        raise InputError([Mistake(None, f"nothing of {name!r} waits at the instant")])
    return found


def _holding(one: Running | None) -> str:
    """Why work that holds quota needs no forecast, "" where there is none."""
    if one is None:
        return ""
    ran = format_duration(round(one.elapsed_ms, -3))
    return f"it has quota, and has run for {ran}" if one.elapsed_ms else "it gets its quota at this instant"


def names_of(item: Workload) -> tuple[str, ...]:
    """What work is called: its job, the Workload, the same with its namespace, as it stands and as reports print it."""
    return (job_of(item), item.name, item.key, with_teams(item.key))


def _teams(present: Present) -> dict[str, list[str]]:
    """What waits, by all names of the queues it is in: of the LocalQueue, with and without its namespace, of its
    ClusterQueue, of the namespace, and of the team that HyperPod made them for. Queues in which nothing waits have an
    empty list."""
    found: dict[str, list[str]] = {}
    for queue in present.scenario.policy.local_queues:
        here = [one.key for one in present.waiting if (one.namespace, one.queue_name) == (queue.namespace, queue.name)]
        for name in names_of_queue(queue):
            found.setdefault(name, []).extend(here)
    return found


def names_of_queue(queue: LocalQueue) -> tuple[str, ...]:
    """What the team of a LocalQueue is called."""
    own = (queue.namespace, queue.cluster_queue, queue.name, f"{queue.namespace}/{queue.name}")
    return tuple(dict.fromkeys((*own, short_name(queue.cluster_queue))))


def job_of(workload: Workload) -> str:
    """The name of the job that a Workload was made for: Kueue calls it kind, name of the job, and a hash of five digits
    (``job-train-9b644``); other names are taken as they are."""
    made = re.fullmatch(rf"{re.escape(workload.kind.lower())}-(.+)-[0-9a-z]{{5}}", workload.name)
    return made.group(1) if made else workload.name


def _is_made_for(name: str, job: Workload) -> bool:
    """Whether this is, with its namespace or without, what Kueue calls the Workload of a job."""
    whole = rf"({re.escape(job.namespace)}/)?{re.escape(job.kind.lower())}-{re.escape(job.name)}-[0-9a-z]{{5}}"
    return re.fullmatch(whole, name) is not None


def _planned(item: str | Mapping[str, object], file: FromFile | None) -> Workload:
    """A job manifest or the short form, read under the policy of the scenario file."""
    if file is None:
        raise InputError([Mistake(None, "planned work in this form needs a scenario that is a file")])
    entry: dict[str, object] = {"manifest": str(Path(item).resolve())} if isinstance(item, str) else dict(item)
    entry = entry if "manifest" in entry else {"name": "planned", **entry}
    only: tuple[Override, ...] = (("workloads", [entry]), ("timeline", []))
    scenario = load_scenario(file.path, (*file.overrides, *only), file.overlays)
    return next(iter(scenario.workloads))


def short_form(text: str) -> Any:
    """Work as people type it: a mapping in braces as values, everything else as it is. Raises InputError."""
    if not text.lstrip().startswith("{"):
        return text
    report = Report()
    fields = read_yaml(text, "<work>", report)
    report.check()
    return fields[0].value
