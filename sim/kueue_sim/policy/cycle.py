"""One scheduling cycle: nominate the heads, order them, process them one by one (R4.6–R4.53).

Every ClusterQueue brings one head at most. All heads are nominated on the same state: a flavor for each resource
and, where quota is short, the workloads to evict for it. Nomination promises nothing, since two heads may count on
the same quota. Therefore the entries are put into an order, and each is checked again on what those before it have
taken:

* **Fit, and there is still room:** the workload is assumed to be admitted, and its usage counts for those behind
  it.
* **Preempt, with victims:** the victims are told to go. The request is charged as if it were admitted, so that
  nobody behind it takes what is about to be free; the workload itself comes back in a later cycle.
* **Preempt, without victims:** nobody may be evicted for it. Quota that it could not take back later is reserved
  (R4.50).
* **No room any more, or victims that another entry has chosen:** skipped, and tried again in the next cycle.
* **No fit:** requeued, and in most queues set aside until something changes.

Usage is changed in place while a cycle decides, and undone at its end; the engine carries out what the entries say,
in the order of processing.

Worked number: queues ``a`` (4), ``b`` (4) and ``d`` (2) of one Cohort, all empty. Their heads ask for 6, 3 and 2,
the last with priority 10. All three fit when nominated. ``d`` and ``b`` borrow nothing, so they go before ``a``;
``d`` has the higher priority and goes first. 2 and 3 are taken, 5 of 10 are left, and ``a`` needs 6: skipped.
"""

from collections.abc import Sequence
from dataclasses import replace

from kueue_sim.policy.compiled_policy import CompiledPolicy, CompiledQueue, Partition
from kueue_sim.policy.concurrent_admission import admitted_siblings, migrate
from kueue_sim.policy.cycle_usage import NO_PLACE, NO_QUOTA, ROOM, AssumedUsage
from kueue_sim.policy.entry_order import Entry, classical_order
from kueue_sim.policy.nomination import Nominator
from kueue_sim.policy.preemption.candidates import QueueUsage
from kueue_sim.policy.preemption.simulated_removal import SimulatedRemoval, freed_in_pool
from kueue_sim.policy.preemption.targets import Preemption
from kueue_sim.policy.topology.snapshot import Topologies
from kueue_sim.policy.topology.workload_topology import WorkloadTopology
from kueue_sim.policy.tournament import measures, order_of_shares, tournament
from kueue_sim.policy.workloads.assignment import Assignment
from kueue_sim.policy.workloads.reasons import PendingReason
from kueue_sim.policy.workloads.reservations import Reservations
from kueue_sim.policy.workloads.second_pass import has_failed_node
from kueue_sim.policy.workloads.workload_info import (
    DEFERRED_FIT,
    FIT,
    NO_FIT,
    PREEMPT,
    Pending,
    Reservation,
)

_LEAVE_ALL = frozenset(("Skipped", "Gated", "Evicted"))
"""Statuses of entries that neither take anything nor keep anything from others."""

Victims = dict[Partition | None, dict[str, Reservation]]
"""Who was chosen so far in a cycle, by realm and key; all under None where each counts for everybody (V11)."""

_NO_USAGE: QueueUsage = {}
"""The usage of LocalQueues where it orders nothing."""


class Scheduler:
    """Decides cycles for one world. ``reservation`` is what holds quota, per ClusterQueue and workload key."""

    def __init__(
        self,
        compiled: CompiledPolicy,
        reservations: dict[str, Reservations],
        topologies: Topologies | None = None,
        shortcuts: bool = True,
    ) -> None:
        """Without ``shortcuts`` every answer is worked out from the first flavor and from all candidates: the same
        decisions, slowly."""
        self.compiled = compiled
        self.reservations = reservations
        self.topologies = topologies or Topologies(compiled.policy, compiled.settings, (), ())
        self._topology = WorkloadTopology(compiled, self.topologies)
        self.skipped_preemptions: dict[str, int] = {}
        """Per ClusterQueue, entries of the last cycle that were to preempt but were skipped."""
        self.preemption = Preemption(compiled, reservations, self._topology, self.topologies, shortcuts)
        self._shortcuts = shortcuts
        self._nominator = Nominator(compiled, reservations, self._topology, self.preemption, shortcuts)
        self.cycle = 0
        """How many cycles were decided."""
        self.forget = self._nominator.forget
        """What was found for a workload is not to be found again: it is gone, or asks for something else."""
        self._sorted = classical_order(compiled)
        release = compiled.settings.release
        self._measures = measures(compiled.settings)
        self._by_share = compiled.settings.fair_sharing is not None and release.tournament
        self._charges = AssumedUsage(self.topologies, self._by_share or not shortcuts)
        self._preemptors_reserve = compiled.settings.gate("PrioritizePreemptorWorkloads")
        self._preserves = compiled.settings.gate("FlavorFungibilityPreserveScanProgress")
        self._looks_for_other_victims = compiled.settings.gate("RecomputeAssignmentUponPreemptionTargetsOverlap")
        self._looks_for_other_places = compiled.settings.gate("TASRecomputeAssignmentWithinSchedulingCycle")
        self._reclaimers_lend = release.reclaimers_lend
        self._charges_in_full = release.charges_in_full
        self._victims_free_their_own_queue = release.victims_free_their_own_queue
        self._chosen_to_fit = shortcuts and release.charges_in_full and release.victims_free_their_own_queue
        """Whether the last fit check asks what the search for targets has asked."""

    def decide(self, heads: Sequence[Pending], local_queue_usage: QueueUsage = _NO_USAGE) -> list[Entry]:
        """What becomes of each head, in the order of processing (R4.20–R4.21).

        Decides on the quota trees, the reservations and the topologies that the scheduler was given, as they are now,
        on ``heads``, at most one waiting workload per ClusterQueue beside second passes, and on the usage of
        LocalQueues, which ranks victims where admission is usage-based (R10.21).

        Usage and topologies are changed meanwhile and are at the end what they were. Of the heads ``progress`` alone
        is written: where the next flavor scan starts (R5.40). Reservations are not written at all. Entries are valid
        until the next call, which may use them again; whoever admits, evicts or requeues carries them out.
        """
        nominator = self._nominator
        nominator.cycle = self.cycle = self.cycle + 1
        self.preemption.local_queue_usage = local_queue_usage
        if self.skipped_preemptions:
            self.skipped_preemptions = {}
        entries, inadmissible, undecided = nominator.nominate(heads)
        if undecided or not self._shortcuts:  # else nobody is left to keep quota from
            if len(entries) == 1:
                self._process(entries[0], {})
            elif entries:
                processed = self._process_all(entries)
                entries = processed if undecided else entries
        return entries + inadmissible if inadmissible else entries

    def admit_at_once(self, pending: Pending, queue: CompiledQueue) -> Assignment | None:
        """The cycle of a workload that comes where nobody waits, if that admits it without further ado.

        None: it does not. Then no cycle has taken place, and nothing is changed.
        """
        if pending.workload.parent:
            return None
        nominator = self._nominator
        nominator.cycle = self.cycle + 1
        assignment = nominator.at_once(pending, queue)
        if assignment is None:
            entry = nominator.evaluate(pending)
            plain = entry.assignment.mode == FIT and not entry.targets and self._process_plainly(entry)
            if not plain or entry.status != "Admitted":
                pending.progress = None
                return None
            assignment = entry.assignment
        self.cycle += 1
        if self.skipped_preemptions:
            self.skipped_preemptions = {}
        return assignment

    def _process_all(self, entries: Sequence[Entry]) -> list[Entry]:
        """Entries in the order of processing; under fair sharing it may be known only once they are processed."""
        if not self._by_share:
            return self._process_in_order(self._sorted(entries))
        ordered = order_of_shares(entries, self.compiled, self._measures)
        return self._process_by_share(entries) if ordered is None else self._process_in_order(ordered)

    def _process_in_order(self, ordered: list[Entry]) -> list[Entry]:
        """In the order they stand in; the last one that is not refused has nobody to keep quota from."""
        last = len(ordered) - 1
        while ordered[last].refused:
            last -= 1
        victims: Victims = {}
        for entry in ordered[:last]:
            if not entry.refused:
                self._process(entry, victims)
                self._charge(entry)
            elif entry.assignment.mode == PREEMPT:
                self._reserve(entry)
        self._process(ordered[last], victims)
        self._charges.undo()
        return ordered

    def _process_by_share(self, entries: Sequence[Entry]) -> list[Entry]:
        """The order of fair sharing: each is chosen only after those before it were processed."""
        victims: Victims = {}
        processed: dict[Entry, None] = {}
        for entry in tournament(entries, self.compiled, self._measures):
            if not entry.refused:
                self._process(entry, victims)
            self._charge(entry)
            processed[entry] = None
        self._charges.undo()
        return list(processed | dict.fromkeys(entries))

    def _process(self, entry: Entry, chosen: Victims) -> None:
        """Implements R4.30–R4.43 and R12.7. ``chosen`` are the victims of earlier entries."""
        if entry.is_variant:
            holding = self.reservations[entry.queue.name].by_key
            better, entry.migrates = admitted_siblings(entry.pending, entry.queue, holding)
            if better is not None:
                self._skip(entry, "A more favorable variant is already admitted", "PendingEvaluation")
                return
        if not entry.targets and not chosen and self._shortcuts and self._process_plainly(entry):
            return
        victims = chosen.setdefault(entry.queue.partition if self._victims_free_their_own_queue else None, {})
        fits = (not victims and self._is_as_nominated(entry)) or self._up_to_date(entry, victims)
        mode = entry.assignment.mode
        if mode != FIT and self._replacement_failed(entry):
            entry.status = "Evicted"
        elif mode == NO_FIT or (mode == PREEMPT and not entry.targets):
            entry.refuse()
        elif mode == PREEMPT and entry.pending.gated:
            entry.status, entry.requeue_reason = "Gated", "PreemptionGated"
            entry.pending_reason, entry.text = "AdmissionGated", "Workload requires preemption, but it's gated"
            entry.pending.progress = None
        elif mode == DEFERRED_FIT:
            entry.requeue_reason, entry.pending_reason = "PendingPreemption", "WaitingForPreemptedWorkloads"
            entry.text = (
                "Workload has overlapping preemption targets with another workload, "
                "but will fit after these preemptions complete"
            )
            entry.pending.progress = None
        elif victims and any(target.reservation.key in victims for target in entry.targets):
            self._count_skip(entry)
            self._skip(entry, "Workload has overlapping preemption targets with another workload")
        elif not fits:
            if mode == PREEMPT:
                self._count_skip(entry)
            self._skip(entry, "Workload no longer fits after processing another workload")
        else:
            for target in entry.targets:
                victims[target.reservation.key] = target.reservation
            if mode == PREEMPT:
                entry.status, entry.requeue_reason = "Preempting", "PendingPreemption"
                entry.pending_reason = "WaitingForPreemptedWorkloads"
                entry.text = f"{entry.message}. Pending the preemption of {len(entry.victims)} workload(s)"
                entry.pending.progress = None
            elif entry.migrates is None:
                entry.status = "Admitted"
            else:
                migrate(entry)

    def _up_to_date(self, entry: Entry, victims: dict[str, Reservation]) -> bool:
        """Nominate anew where earlier entries took victims or places; whether it fits. Implements R4.31–R4.32."""
        self._charges.spread()
        fits = self._fits(entry, victims)
        overlap = victims and any(target.reservation.key in victims for target in entry.targets)
        if overlap and self._looks_for_other_victims:
            self._recompute(entry, victims)
        elif fits == NO_PLACE and self._looks_for_other_places:
            self._nominator.renominate(entry)
        else:
            return fits == ROOM
        return self._fits(entry, victims) == ROOM

    def _is_as_nominated(self, entry: Entry) -> bool:
        """Whether nothing was charged by now, and its targets were chosen so that without them all fits that the entry
        asks for. The number of pods as such need not (R1.28)."""
        if not entry.targets or entry.request is None or not self._charges.untouched:
            return False
        return self._chosen_to_fit and entry.reservation is None and not entry.queue.pod_slots

    def _replacement_failed(self, entry: Entry) -> bool:
        """Whether a failed node's pods found no other place, which ends the workload's admission (R20.65)."""
        reservation = entry.reservation
        return (
            reservation is not None
            and has_failed_node(reservation)
            and self.compiled.settings.gate("TASFailedNodeReplacementFailFast")
        )

    def _process_plainly(self, entry: Entry) -> bool:
        """The outcomes that involve no eviction, neither its own nor one before it in the cycle. False: another."""
        assignment = entry.assignment
        if entry.reservation is not None:
            return False
        if assignment.mode == FIT:
            room = self._charges.room(entry.queue.node, assignment.charges, assignment.topology_usage)
            if room == NO_PLACE:
                return False
            if room == NO_QUOTA:
                self._skip(entry, "Workload no longer fits after processing another workload")
            elif entry.migrates is None:
                entry.status = "Admitted"
            else:
                migrate(entry)
        elif entry.is_hopeless():
            entry.refuse()
        else:
            return False
        return True

    def _count_skip(self, entry: Entry) -> None:
        name = entry.queue.name
        self.skipped_preemptions[name] = self.skipped_preemptions.get(name, 0) + 1

    def _skip(self, entry: Entry, message: str, reason: PendingReason = "WaitingForQuota") -> None:
        """Implements R4.45 and R12.9."""
        entry.status, entry.requeue_reason = "Skipped", "FailedAfterNomination"
        entry.pending_reason, entry.text = reason, message
        if not self._preserves:
            entry.pending.progress = None

    def _fits(self, entry: Entry, victims: dict[str, Reservation]) -> int:
        """Whether it still fits once the cycle's victims and its own are gone. Implements R4.31."""
        if not self._charges_in_full:
            return self._charges.room(entry.queue.node, _net_usage(entry), entry.assignment.topology_usage)
        if not self._victims_free_their_own_queue:
            without = dict(victims) | {target.reservation.key: target.reservation for target in entry.targets}
            return self._fits_as_if_all_were_here(entry, without)
        node = entry.queue.node
        places = entry.assignment.topology_usage
        if node.pooled and not places and self._shortcuts:
            freed = freed_in_pool(node.root, victims, entry.targets)
            if freed is not None:
                for slot, amount in entry.usage:
                    if 0 < amount > node.raw_available(slot) + freed.get(slot, 0):
                        return NO_QUOTA
                return ROOM
        with SimulatedRemoval(self.topologies if places else None) as removal:
            for target in entry.targets:
                removal.remove(target.reservation)
            if not places and self._shortcuts:
                room = self._charges.room(entry.queue.node, entry.usage, places)
                if room == ROOM or not victims:
                    return room  # whoever goes beside them leaves no less
            for key in sorted(victims.keys() - {target.reservation.key for target in entry.targets}):
                removal.remove(victims[key])
            return self._charges.room(entry.queue.node, entry.usage, places)

    def _fits_as_if_all_were_here(self, entry: Entry, without: dict[str, Reservation]) -> int:
        """The last fit check before 0.13.5: what victims use anywhere is taken off the entry's own queue (V11)."""
        node = entry.queue.node
        freed = [pair for reservation in without.values() for pair in reservation.usage]
        for slot, amount in freed:
            node.remove(slot, amount)
        with SimulatedRemoval(self.topologies) as removal:
            for key in sorted(without) if entry.assignment.topology_usage else ():
                removal.remove(without[key])
            room = self._charges.room(node, entry.usage, entry.assignment.topology_usage)
        for slot, amount in reversed(freed):
            node.add(slot, amount)
        return room

    def _recompute(self, entry: Entry, victims: dict[str, Reservation]) -> None:
        """Nominate anew as if this cycle's victims were gone. Implements R4.32a and R12.5.

        The answer depends on the state of the realm, on who is gone, and on what the cycle has charged by now: where
        all of it is what it was the last time, that answer is given again.
        """
        state = entry.queue.partition.version, tuple(victims), self._charges.quota()
        if entry.recomputed is not None and entry.recomputed[0] == state:
            entry.first = entry.assignment, entry.targets
            _, entry.assignment, entry.targets = entry.recomputed
            return
        with SimulatedRemoval(self.topologies) as removal:
            for key in sorted(victims):
                reservation = victims[key]
                removal.remove(reservation)
                self.reservations[reservation.queue.name].let_go(reservation)
            self._nominator.renominate(entry)
        for reservation in victims.values():
            self.reservations[reservation.queue.name].hold(reservation)
        if entry.assignment.mode == FIT:
            entry.assignment = replace(entry.assignment, mode=DEFERRED_FIT)
        if entry.first is not None and self._shortcuts:
            entry.recomputed = state, entry.assignment, entry.targets

    def _charge(self, entry: Entry) -> None:
        """What entries after it in the cycle have to do without: what it takes, or waits for (R4.40)."""
        mode = entry.assignment.mode
        if mode == NO_FIT or entry.status in _LEAVE_ALL:
            return
        if mode == PREEMPT and entry.status != "Preempting":
            self._reserve(entry)
            return
        usage = entry.usage if self._charges_in_full else _net_usage(entry)
        self._charges.add(entry.queue.node, usage, entry.assignment.topology_usage)

    def _reserve(self, entry: Entry) -> None:
        """Refused for now, it keeps others from quota it could get, unless it can reclaim it any time (R4.50)."""
        reclaims = self._reclaimers_lend and entry.queue.reclaims_any
        if not reclaims or (self._preemptors_reserve and entry.pending.is_preemptor):
            self._charges.reserve(entry.queue.node, entry.assignment, entry.usage)


def _net_usage(entry: Entry) -> tuple[tuple[int, int], ...]:
    """What the victims of an entry leave missing of what it asks for (V29)."""
    missing = dict(entry.usage)
    for target in entry.targets:
        for slot, amount in target.reservation.usage:
            if slot in missing:
                missing[slot] = max(0, missing[slot] - amount)
    return tuple(missing.items())
