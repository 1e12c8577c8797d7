"""Of which LocalQueues is the usage since their last sample partly a guess?"""

from collections.abc import Iterable, Sequence

from kueue_sim.inputs.recorded.conditions import Manifest, eviction_count, is_true, since, status_of
from kueue_sim.inputs.recorded.summary import counted, job_name


def guessed_usage(policy: Iterable[Manifest], workloads: Sequence[Manifest]) -> list[str]:
    """A line where Workloads were evicted after the last sample of their LocalQueue, and admitted before that: how
    often and for how long in all is known, when is in no object."""
    samples: dict[tuple[str, str], str] = {}
    for one in policy:
        sample = (status_of(one).get("fairSharing") or {}).get("admissionFairSharingStatus") or {}
        if one.get("kind") == "LocalQueue" and sample.get("lastUpdate"):
            samples[str(one["metadata"].get("namespace")), str(one["metadata"].get("name"))] = sample["lastUpdate"]
    guessed: dict[str, list[str]] = {}
    for work in workloads if samples else ():
        queue = str(work["metadata"].get("namespace")), str((work.get("spec") or {}).get("queueName"))
        until = _known_from(work)
        if until is not None and until > samples.get(queue, until):
            guessed.setdefault("/".join(queue), []).append(job_name(work))
    if not guessed:
        return []
    jobs = [name for names in guessed.values() for name in names]
    what = (
        f"usage of LocalQueues {', '.join(sorted(guessed))} since their last sample is partly a guess: "
        "how often and for how long these were admitted before is known, when is in no object"
    )
    return [counted(what, jobs)]


def _known_from(work: Manifest) -> str | None:
    """From when on the admissions of a Workload have their times; None when all have."""
    evictions = eviction_count(work)
    if is_true(work, "QuotaReserved") and not is_true(work, "Evicted"):
        return since(work, "QuotaReserved") if evictions else None
    return since(work, "Evicted") if evictions > 1 else None
