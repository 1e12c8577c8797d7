"""Nomination: what a head is assigned, whom it would evict for it, and where its pods would go (R4.6–R4.14).

A head that no rule keeps out is given flavors (R5), then targets where quota must be freed (R10, R11), then fewer pods
where those alone can be had (R5.70), then places (R20). What was found for a workload is kept with the version of its
partition, since nothing else can change the answer.
"""

from collections.abc import Sequence

from kueue_sim.policy.compiled_policy import CompiledPolicy, CompiledQueue
from kueue_sim.policy.entry_order import Entry
from kueue_sim.policy.flavors.admissibility import inadmissible_reason
from kueue_sim.policy.flavors.compiled_request import CompiledRequest, RequestCompiler
from kueue_sim.policy.flavors.flavor_assigner import FlavorAssigner, Pinned
from kueue_sim.policy.flavors.flavor_fungibility import NO_CANDIDATES
from kueue_sim.policy.flavors.partial_admission import most_pods
from kueue_sim.policy.preemption.targets import NOBODY, Preemption
from kueue_sim.policy.standing_verdict import Standing, standing_verdict
from kueue_sim.policy.topology.workload_topology import WorkloadTopology
from kueue_sim.policy.workloads.assignment import Assignment, Verdict, pod_counts
from kueue_sim.policy.workloads.reservations import Reservations
from kueue_sim.policy.workloads.second_pass import present_assignment
from kueue_sim.policy.workloads.workload_info import FIT, PREEMPT, Pending, ScanProgress, Target
from kueue_sim.policy.workloads.workload_slices import holdings, replaced_slice

_NOTHING = Assignment([], {}, 0)
"""The assignment of what was not looked at."""

_REMEMBERED = 65_536
"""Compiled requests kept; those of many single workloads must not fill the memory."""


class Nominator:
    """Nominates heads against the present state of quota trees and topologies. ``cycle`` numbers the cycles from 1."""

    def __init__(
        self,
        compiled: CompiledPolicy,
        reservations: dict[str, Reservations],
        topology: WorkloadTopology,
        preemption: Preemption,
        shortcuts: bool,
    ) -> None:
        """Without ``shortcuts`` every answer is worked out anew."""
        self.compiled = compiled
        self.reservations = reservations
        self.cycle = 0
        self.preemption = preemption
        self._topology = topology
        self._shortcuts = shortcuts
        self._compile = RequestCompiler(compiled, topology.uses).compile
        self._assigner = FlavorAssigner(compiled, preemption, shortcuts)
        self._requests: dict[tuple[CompiledQueue, int], CompiledRequest] = {}
        """Per queue and equivalence class, what all pods that still need quota ask for."""
        self._entries: dict[Pending, Entry] = {}
        """The last evaluation of each workload, as far as another one may give the same answer."""
        self._partial = compiled.settings.gate("PartialAdmission")
        self._preserves = compiled.settings.gate("FlavorFungibilityPreserveScanProgress")
        self._reclaim = compiled.settings.gate("ReclaimablePods")
        self._sliced = compiled.settings.gate("ElasticJobsViaWorkloadSlices")

    def nominate(self, heads: Sequence[Pending]) -> tuple[list[Entry], list[Entry], bool]:
        """The entries of heads that may be admitted, those of others, and whether any of the former fits or would evict
        others. Implements R4.6–R4.10."""
        entries: list[Entry] = []
        inadmissible: list[Entry] = []
        known, undecided = self._entries, False
        for pending in heads:
            entry = known.get(pending)
            if entry is not None and (standing := entry.standing) is not None and pending.status is None:
                numbers = standing.now()
                if numbers is not None:
                    asked = standing.request
                    answer = asked.answers.get(numbers) or self._assigner.answer_anew(asked, entry.queue, numbers)
                    if entry.refused and answer.mode == entry.assignment.mode:
                        entry.assignment = answer
                    else:
                        entry.stand(answer)
                        undecided = undecided or not entry.refused
                    entries.append(entry)
                    continue
            entry = self.evaluate(pending, entry)
            if entry.status == "Inadmissible":
                inadmissible.append(entry)
            else:
                entries.append(entry)
                undecided = undecided or not (entry.refused or entry.is_hopeless())
        return entries, inadmissible, undecided

    def evaluate(self, pending: Pending, entry: Entry | None = None) -> Entry:
        """What a head is assigned, and whom it would evict; ``entry`` is its last evaluation, where there is one.
        Nothing but its status can keep out what was not kept out before."""
        if entry is None:
            queue, workload = self.compiled.queues[pending.queue], pending.workload
            entry = Entry(pending, queue, workload.uid, bool(workload.parent), _NOTHING, NOBODY)
            problem = inadmissible_reason(pending, queue, self.compiled)
        else:
            if self._is_known(entry, pending) or self._stands(entry, pending):
                return entry
            queue = entry.queue
            known = pending.status is None and self._shortcuts
            problem = None if known else inadmissible_reason(pending, queue, self.compiled)
        entry.settled, entry.version, entry.lasting, entry.refused, entry.standing = False, -1, False, False, None
        if problem is not None:
            entry.status, entry.settled = "Inadmissible", True
            entry.requeue_reason, entry.pending_reason, entry.text = problem
            return entry
        progress = pending.progress
        if entry.request is not None and progress is None and pending.reservation is None:
            entry.reservation = None
            self._assign_plainly(entry, entry.request)
        else:
            if progress is not None and self._is_outdated(progress, queue):
                pending.progress = progress = None
            entry.reservation = pending.reservation
            self._assign(entry, None)
            if entry.reservation is not None:
                return entry
        hopeless = self._shortcuts and entry.is_hopeless()
        if hopeless:
            entry.refuse()
        if progress is not None or pending.progress is not None or entry.replaced is not None:
            return entry
        entry.settled, entry.version, self._entries[pending] = True, queue.partition.version, entry
        if entry.targets and entry.targets is self.preemption.found_again:
            entry.lasting = entry.request is not None and entry.request.single is not None
        if hopeless:
            entry.refused = True
            if pending.status is None:
                entry.standing = self._standing(entry)
        return entry

    def _standing(self, entry: Entry) -> Standing | None:
        """What stands of the answer to a head that was refused, or fitted; None where that depends on more than
        amounts."""
        queue, request, holders = entry.queue, entry.request, self.reservations[entry.queue.name]
        if request is None:
            return None
        fit = self._assigner.fit
        return standing_verdict(queue, entry.pending, request, entry.assignment, holders, fit, self.preemption)

    def _stands(self, entry: Entry, pending: Pending) -> bool:
        """Whether a head that fitted and was skipped, because another one took the quota first, needs no more than its
        amounts compared; then it has its answer."""
        fitted = entry.assignment.mode == FIT and entry.settled and self._shortcuts
        if not fitted or pending.status is not None or pending.progress is not None:
            return False
        standing = self._standing(entry)
        numbers = None if standing is None else standing.now()
        if standing is None or numbers is None:
            return False
        asked = standing.request
        entry.standing = standing
        entry.stand(asked.answers.get(numbers) or self._assigner.answer_anew(asked, entry.queue, numbers))
        return True

    def _is_known(self, entry: Entry, pending: Pending) -> bool:
        """Whether a head that comes up again has its answer because its partition is at the same version, or nothing
        but its targets was evicted since. Else nothing is decided of it."""
        version = entry.queue.partition.version
        if entry.version == version and pending.progress is None and self._shortcuts:
            if not entry.refused:
                entry.renew()
            return True
        entry.renew()
        if entry.lasting and pending.progress is None and entry.only_evicted(version):
            entry.version, entry.lasting = version, False
            return True
        return False

    def at_once(self, pending: Pending, queue: CompiledQueue) -> Assignment | None:
        """What a workload that has just come is assigned where its request is known, nothing but quota decides, and
        what is free suffices: in the own quota of its queue, or anywhere for the only flavor that may serve. None: it
        has to be nominated."""
        request = self._requests.get((queue, pending.shape))
        if request is None or (self._sliced and pending.workload.replaces is not None):
            return None
        if request.single is None:
            assignment = request.answer_at_home if request.fits_at_home(queue.node) else None
        else:
            node, (slot, amount) = queue.node, request.single
            at_home = node.usage[slot] + amount <= node.nominal[slot]
            fits = at_home if node.parent is None else amount <= node.raw_available(slot)
            if not fits:
                return None
            assignment = request.answer_at_home if at_home else self._assigner.answer(request, queue, pending)
        if assignment is None or inadmissible_reason(pending, queue, self.compiled) is not None:
            return None
        if assignment.resumes_after:
            pending.progress = self._progress(assignment, queue)
        return assignment

    def _is_outdated(self, progress: ScanProgress, queue: CompiledQueue) -> bool:
        """Whether the scans of a workload of this queue start anew."""
        return progress.outdated(self.reservations[queue.name].generation(queue.node), self.cycle, self._preserves)

    def _progress(self, assignment: Assignment, queue: CompiledQueue) -> ScanProgress:
        """How far the flavor scans of an assignment came in this cycle."""
        return ScanProgress(assignment.tried, self.reservations[queue.name].generation(queue.node), self.cycle)

    def forget(self, pending: Pending) -> None:
        """What was found for a workload is not to be found again: it is gone, or asks for something else."""
        if pending in self._entries:
            del self._entries[pending]

    def _assign(self, entry: Entry, pinned: Pinned | None) -> None:
        """Full assignment, then targets, then fewer pods, then their places. Implements R4.13–R4.14."""
        pending, queue = entry.pending, entry.queue
        request = verdict = room = None
        self.preemption.begin()
        if self._sliced and pending.workload.replaces is not None and pending.reservation is None:
            entry.replaced = replaced_slice(pending, self.reservations[pending.queue].by_key)
        if pinned is None and pending.reservation is None and entry.replaced is None:
            request = self._requests.get((queue, pending.shape)) or self._request(queue, pending)
            plain = not request.placed and not request.shrinks and pending.progress is None
            if plain and self._shortcuts and (pending.workload.replaces is None or not self._sliced):
                entry.request = request
                self._assign_plainly(entry, request)
                return
            verdict = self._assigner.verdict(request, queue, pending) if request.placed else None
            if verdict is None:
                assignment = entry.assignment = self._assigner.assign(request, queue, pending)
            else:
                room = self._room_in_vain(request, queue, verdict)
                known = None if room is None else request.in_vain.get(verdict)
                if known is not None and known[0] == room:
                    entry.assignment, entry.targets = known[1], NOBODY
                    return
                assignment = entry.assignment = self._assigner.answer_before_places(request, queue, verdict)
            if request.placed:
                self._topology.place(queue, assignment)
        else:
            assignment = entry.assignment = self._attempt(entry, pod_counts(pending, self._reclaim), pinned)
        entry.targets = NOBODY
        if assignment.mode == PREEMPT:
            entry.targets = self.preemption.targets(queue, pending, assignment)
        if entry.replaced is not None and (assignment.mode == FIT or entry.targets):
            entry.targets = [Target(entry.replaced, ""), *entry.targets]
        if assignment.shrinks and assignment.mode != FIT and not entry.targets and self._partial:
            self._reduce(entry, pinned)
            assignment = entry.assignment
        if assignment.placed and assignment.mode == PREEMPT:
            self._topology.reserve(queue, assignment, entry.targets, pending.reservation)
        if assignment.resumes_after:
            pending.progress = self._progress(assignment, queue)
        elif pending.progress is not None:
            pending.progress = None
        elif room is not None and request is not None and verdict is not None:
            request.in_vain[verdict] = room, assignment

    def _room_in_vain(self, request: CompiledRequest, queue: CompiledQueue, verdict: Verdict) -> object | None:
        """Where quota is short and nobody can be evicted, the places that an assignment keeps from others are sought as
        if nothing placed were there: the room they are sought in, which decides of them. Else None."""
        part, sole = request.simple, request.sole
        if verdict[0] != NO_CANDIDATES or request.shrinks or part is None or sole is None:
            return None
        return self._topology.without_pods(part.options[0].flavor) if self.preemption.is_in_vain(queue, *sole) else None

    def _assign_plainly(self, entry: Entry, request: CompiledRequest) -> None:
        """Flavors, then targets, for what has neither places nor fewer pods nor a slice to be looked for."""
        pending, queue, preemption = entry.pending, entry.queue, self.preemption
        if preemption.searched:
            preemption.begin()
        assignment = entry.assignment = self._assigner.answer(request, queue, pending)
        searched = assignment.mode == PREEMPT and not assignment.in_vain
        entry.targets = preemption.targets(queue, pending, assignment) if searched else NOBODY
        if assignment.resumes_after:
            pending.progress = self._progress(assignment, queue)

    def _attempt(self, entry: Entry, counts: Sequence[int], pinned: Pinned | None) -> Assignment:
        """Flavors, then places for the pods. Implements R5.70; a second pass keeps its flavors (R20.60)."""
        pending, queue, old = entry.pending, entry.queue, entry.replaced
        if pending.reservation is not None:
            assignment = present_assignment(pending.reservation)
        else:
            request = self._compile(queue, pending, counts)
            replaced = None if old is None else holdings(old, pending.pod_sets)
            assignment = self._assigner.assign(request, queue, pending, pinned, replaced)
            if not request.placed:
                return assignment
            if old is not None:
                self._topology.remember(assignment, old)
        self._topology.place(queue, assignment, pending.reservation)
        return assignment

    def _request(self, queue: CompiledQueue, pending: Pending) -> CompiledRequest:
        """What all pods that still need quota ask of a queue; compiled once per equivalence class."""
        if len(self._requests) >= _REMEMBERED:
            self._requests.clear()
        request = self._compile(queue, pending, pod_counts(pending, self._reclaim))
        self._requests[queue, pending.shape] = request
        return request

    def _reduce(self, entry: Entry, pinned: Pinned | None) -> None:
        """Fewer pods, if those can be had."""
        pending = entry.pending

        def attempt(counts: Sequence[int]) -> tuple[Assignment, list[Target]]:
            assignment = self._attempt(entry, counts, pinned)
            found = self.preemption.targets(entry.queue, pending, assignment) if assignment.mode == PREEMPT else []
            return assignment, found

        fewer = most_pods(pending.pod_sets, attempt)
        if fewer is not None:
            entry.assignment, entry.targets = fewer

    def renominate(self, entry: Entry) -> None:
        """Nominate anew, with the same flavors only. Implements R4.32 and R20.52."""
        entry.pending.progress = None
        self.preemption.tentative = True
        if entry.request is not None and entry.request.single is not None:
            entry.first = entry.assignment, entry.targets
            self._assign_plainly(entry, entry.request)
        else:
            entry.version = -1
            results = entry.assignment.pod_sets
            self._assign(entry, [{name: one.flavor for name, one in result.flavors.items()} for result in results])
        self.preemption.tentative = False
