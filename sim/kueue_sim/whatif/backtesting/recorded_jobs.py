"""A job history with recorded starts as a past: CSV or SWF under a policy that is known or guessed."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from kueue_sim._run import load_scenario
from kueue_sim.errors import InputError, Mistake
from kueue_sim.inputs.sections.workloads import Merged
from kueue_sim.inputs.text.textfile import read_text
from kueue_sim.inputs.traces.traces import Trace
from kueue_sim.model import Workload
from kueue_sim.whatif.backtesting.recorded_past import RecordedPast, Step

_KIND = re.compile(r"^kind:\s*Scenario\s*$", re.MULTILINE)


def recorded_jobs(path: Path) -> RecordedPast:
    """From a scenario whose work is a trace with the column ``start`` or ``wait``, or an SWF log. Raises InputError."""
    scenario = load_scenario(path)
    steps: list[Step] = []
    without = jobs = 0
    for trace in _traces(scenario.workloads):
        for one, start_ms in trace.starts():
            jobs += 1
            if start_ms is None:
                without += 1
                continue
            steps.append(Step(start_ms, "Admitted", one.key))
            if one.runtime_ms is not None:
                steps.append(Step(start_ms + one.runtime_ms, "Finished", one.key))
    if not steps and scenario.past:
        problem = (
            f"{path.name} is an imported cluster, whose past says what ended but not under which policy it waited; "
            "`kueue-sim import DUMP --history jobs.csv` makes a trace with starts of it, and "
            "`kueue-sim import jobs.csv` a scenario that can be played again"
        )
        raise InputError([Mistake(None, problem)])
    if not steps:
        problem = (
            f"no job of {path.name} says when it started: name the column of a trace with "
            "`columns: {start: …}` or `columns: {wait: …}`; the waits of an SWF log are its third field"
        )
        raise InputError([Mistake(None, problem)])
    unknown = ["flavors, nodes and preemptions: the history has submissions, starts and ends alone"]
    if without:
        unknown.append(f"when {without} of {jobs} jobs started")
    return RecordedPast(scenario, tuple(sorted(steps, key=lambda step: step.at_ms)), tuple(unknown))


def is_scenario(path: Path) -> bool:
    """Whether a file says that it is a scenario."""
    try:
        return _KIND.search(read_text(path)) is not None
    except InputError:
        return False


def _traces(workloads: Iterable[Workload]) -> Iterator[Trace]:
    sources = workloads.sources if isinstance(workloads, Merged) else (workloads,)
    yield from (source for source in sources if isinstance(source, Trace))
