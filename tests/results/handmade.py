"""Runs written by hand: facts as values become the columns an engine would have recorded."""

from collections.abc import Iterable, Sequence

from kueue_sim.engine.facts import CODE, NONE, Fact, Facts, PodSets
from kueue_sim.engine.recorder import Recorder
from kueue_sim.model import Workload


def facts_of(facts: Iterable[Fact], workloads: Sequence[Workload]) -> Facts:
    """The facts as an engine records them."""
    recorder = Recorder()
    number = {workload.key: recorder.workload(workload) for workload in workloads}
    same: dict[str, PodSets] = {}
    for fact in facts:
        row = (
            fact.at_ms,
            CODE[fact.type],
            number.get(fact.workload, NONE),
            recorder.queue(fact.cluster_queue),
            recorder.texts[fact.reason, fact.message] if fact.reason or fact.message else NONE,
            number.get(fact.by, NONE),
            recorder.admission(same.setdefault(repr(fact.pod_sets), fact.pod_sets)) if fact.pod_sets else NONE,
            fact.lost_ms,
        )
        recorder.note(row)
    return recorder.facts()
