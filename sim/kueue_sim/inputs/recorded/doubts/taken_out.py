"""What did somebody take out of the objects of a dump, to make it short or to give it away?"""

from collections.abc import Sequence

from kueue_sim.inputs.recorded.conditions import Manifest, is_true, status_of
from kueue_sim.inputs.recorded.summary import counted, job_name

_WITH_STATUS = ("ClusterQueue", "LocalQueue", "Node", "Pod", "Workload")
"""Kinds that have a status in every cluster that runs."""


def taken_out(objects: Sequence[Manifest]) -> list[str]:
    """A sentence for statuses and one for times that are missing, with what follows from that."""
    known = [one for one in objects if one.get("kind") in _WITH_STATUS]
    work = [one for one in known if one.get("kind") == "Workload"]
    found = []
    if any(one.get("kind") in ("Node", "Workload") for one in known) and not any(map(status_of, known)):
        found.append(
            "no object of the dump has a status, as some tools leave it out (kubectl neat): all work waits, and nodes "
            "have no room; kubectl get -o json prints it"
        )
    undated = [one for one in work if not one["metadata"].get("creationTimestamp")]
    waiting = [job_name(one) for one in undated if not is_true(one, "QuotaReserved")]
    ended = [job_name(one) for one in undated if is_true(one, "Finished")]
    if waiting:
        found.append(counted("without creationTimestamp, taken for submitted at the instant of the dump", waiting))
    if ended:
        found.append(counted("without creationTimestamp, so forecasts learn nothing from them", ended))
    return found
