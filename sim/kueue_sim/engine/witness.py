"""What the cycles of a run had to say about one workload: who was spared when it was refused, and who went before it.

A witness looks on while a run is played once more. It changes nothing, and keeps numbers and names, not the state.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kueue_sim.engine.cluster import Cluster
from kueue_sim.policy.entry_order import Entry
from kueue_sim.policy.precedence import Precedence, in_cycle, in_queue
from kueue_sim.policy.preemption.spared import Spared
from kueue_sim.policy.workloads.status import BACK_AFTER_BACKOFF
from kueue_sim.policy.workloads.workload_info import Pending, Shortage

_WON = ("Admitted", "Preempting")
Amounts = Mapping[str, int]
"""By resource, canonical."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds quota that is short, how much of it, and why it is no victim; ``resource`` is that of the figures."""

    workload: str
    cluster_queue: str
    amounts: Amounts
    spared: Spared
    resource: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """One flavor that was short when a workload was refused: ``missing`` by resource, who holds that, and what would
    be missing still if those had gone that no rule spares by itself. ``untried`` is by resource the amount and the
    nominal quota where no eviction is tried at all, because of ``settings`` (R5.22)."""

    flavor: str
    missing: Amounts
    holders: tuple[Holder, ...]
    missing_still: Amounts
    untried: Mapping[str, tuple[int, int]]
    settings: str


@dataclass(frozen=True, slots=True)
class Overtaking:
    """Another workload was admitted, or (``evicts``) others were evicted for it, while the one in question waited."""

    at_ms: int
    workload: str
    local_queue: str
    cluster_queue: str
    why: Precedence
    evicts: bool


@dataclass(slots=True)
class Testimony:
    """All that was seen. ``refusals`` are by instant, workload and Kueue's message; those of another workload tell of
    one that got no answer itself because it has the same shape, or stands behind it."""

    refusals: dict[tuple[int, str, str], tuple[Refusal, ...]] = field(default_factory=dict)
    overtaken: list[Overtaking] = field(default_factory=list)
    ties: dict[tuple[int, str], tuple[str, str]] = field(default_factory=dict)
    """Of its preemptions, by instant and preemptor: a Cohort above it and another of the same share, between which
    Kueue chooses as its hash map happens to be ordered (R11.36)."""
    put_off: dict[int, int] = field(default_factory=dict)
    """Until when it waits for time to pass and for nothing else, by the instants before that (milliseconds): for the
    end of its backoff (R6.23), or while an admission check says Retry for that of its reservation (R6.70)."""


class Witness:
    """Looks on for one workload. ``gone`` once it existed and does not any more."""

    def __init__(self, key: str) -> None:
        self.testimony = Testimony()
        self.gone = False
        self._key = key
        self._seen = False
        self._cluster: Cluster | None = None

    def look(self, now: int, cluster: Cluster, entries: Sequence[Entry]) -> None:
        """A cycle decided these entries, in the order of processing; nothing of it is carried out yet."""
        self._cluster = cluster
        mine = cluster.pending.get(self._key)
        if mine is None:
            self.gone = self._seen
            return
        self._seen = True
        if mine.key in cluster.cache.reservations:
            self._tied(now, cluster, entries)
            return
        if not mine.queue or mine.backing_off or mine.key in cluster.manager.unqueued:
            return
        for entry in entries:
            if self._speaks_for(entry.pending, mine, cluster):
                self._refused(now, cluster, entry)
        self._overtaken(now, cluster, mine, entries)

    def instant_over(self, now: int, _submitted: int, _finished: int) -> None:
        """All that was due now has taken place, cycles included."""
        mine = None if self._cluster is None else self._cluster.pending.get(self._key)
        if mine is None or mine.status is None:
            return
        if mine.status.on_hold and mine.status.on_hold not in BACK_AFTER_BACKOFF:
            return
        until = mine.status.requeue_at_ms
        if until is not None and until > now:
            self.testimony.put_off[now] = until

    @staticmethod
    def _speaks_for(other: Pending, mine: Pending, cluster: Cluster) -> bool:
        if other is mine:
            return True
        return other.queue == mine.queue and (other.shape == mine.shape or cluster.manager.queues[mine.queue].strict)

    def _refused(self, now: int, cluster: Cluster, entry: Entry) -> None:
        """Only answers that are news are told (``Cluster.answer``)."""
        if entry.status in _WON or entry.reservation is not None or entry.targets or entry.text is not None:
            return
        message, pending = entry.message, entry.pending
        if not message or message == pending.message:
            return
        found = [_refusal(cluster, entry, shortage) for shortage in by_flavor(entry)]
        if found:
            self.testimony.refusals[now, pending.key, message] = tuple(found)

    def _tied(self, now: int, cluster: Cluster, entries: Sequence[Entry]) -> None:
        if cluster.scenario.settings.fair_sharing is None:
            return
        shares = cluster.cache.compiled.shares
        for entry in entries:
            victims = entry.victims if entry.status == "Preempting" else ()
            target = next((one.reservation for one in victims if one.reservation.key == self._key), None)
            if target is None:
                continue
            for node in target.queue.branch[:-1]:
                assert node.parent is not None
                for other in node.parent.child_cohorts:
                    if other is not node and shares.share(other).rank == shares.share(node).rank:
                        self.testimony.ties[now, entry.pending.key] = (node.name, other.name)
                        return

    def _overtaken(self, now: int, cluster: Cluster, mine: Pending, entries: Sequence[Entry]) -> None:
        own = next((entry for entry in entries if entry.pending is mine), None)
        if own is not None and own.status in _WON:
            return
        waiting = cluster.manager.queues[mine.queue]
        before: list[Entry] = []
        for entry in entries:
            if entry is own:
                return
            if entry.status not in _WON or entry.reservation is not None:
                continue
            other = entry.pending
            why = None
            if other.queue == mine.queue:
                why = in_queue(waiting, other, mine)
            elif own is not None and own.status == "Skipped" and entry.queue.partition is own.queue.partition:
                why = in_cycle(cluster.cache.compiled, before, entry, own)
            if why is not None:
                told = Overtaking(
                    now, other.key, other.workload.queue_name, other.queue, why, entry.status == "Preempting"
                )
                self.testimony.overtaken.append(told)
            before.append(entry)


def by_flavor(entry: Entry) -> list[Shortage]:
    """What is short, flavor by flavor over all pod sets, in the order they were looked at."""
    found: dict[str, Shortage] = {}
    for result in entry.assignment.pod_sets:
        for one in () if result.explanation is None else result.explanation.shortages():
            known = found.get(one.flavor)
            if known is not None:
                amounts = dict(known.amounts) | dict(one.amounts)
                short, untried = known.short | one.short, known.untried | one.untried
                one = Shortage(one.flavor, tuple(sorted(amounts.items())), short, untried)
            found[one.flavor] = one
    return list(found.values())


def _refusal(cluster: Cluster, entry: Entry, shortage: Shortage) -> Refusal:
    sparing = cluster.scheduler.preemption.sparing(entry.queue, entry.pending, shortage)
    resource_of = [resource for _, resource in cluster.cache.compiled.forest.pairs]
    told = sparing.told()
    few = [one.reservation for one in told if one.rule in ("few", "ending")]
    node = entry.queue.node
    missing = {
        resource_of[slot]: amount - node.raw_available(slot)
        for slot, amount in shortage.amounts
        if slot in shortage.short
    }
    holders = tuple(
        Holder(
            one.reservation.key,
            one.reservation.queue.name,
            {resource_of[slot]: amount for slot, amount in one.reservation.usage if slot in shortage.short and amount},
            one,
            resource_of[one.slot] if one.slot >= 0 else "",
        )
        for one in told
    )
    still = {resource_of[slot]: amount for slot, amount in sparing.missing_without(few).items()}
    untried = {
        resource_of[slot]: (dict(shortage.amounts)[slot], node.nominal[slot]) for slot in sorted(shortage.untried)
    }
    settings = "borrowWithinCohort is Never"
    if cluster.scenario.settings.fair_sharing is not None:
        settings = f"{settings}, reclaimWithinCohort as well"
    return Refusal(shortage.flavor, missing, holders, still, untried, settings)
