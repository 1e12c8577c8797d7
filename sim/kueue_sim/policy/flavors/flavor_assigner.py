"""Flavor assignment: which flavor each pod set gets, or why none (rules 5.1–5.6).

Per resource group the flavors are scanned in the order of the ClusterQueue, from where the last scan stopped. Each
resource of a flavor either fits (R5.20), or could be had by evicting others (R5.22–R5.24), or cannot be had; the
worst of its resources ranks the flavor (R5.25). ``flavorFungibility`` says whether a flavor ends the scan or the next
one is looked at (R5.30); the best one met is chosen.

Worked number: 8 GPUs wanted; flavor ``spot`` has 6 free of 8, ``reserved`` 8 of 8. ``spot`` misses 2: with preemption
it would rank as one that evicts, and ``whenCanPreempt: TryNextFlavor`` goes on. ``reserved`` fits and ends the scan.
The next scan starts at the first flavor again, since ``reserved`` was the last of the list (R5.40).

What a scan finds depends on few numbers: where it starts, and per resource the mode, the borrowing level and what is
missing. So assignments are remembered by these numbers, and texts are written only when somebody reads them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kueue_sim.policy.compiled_policy import CompiledPolicy, CompiledQueue
from kueue_sim.policy.flavors.compiled_request import (
    CompiledRequest,
    FlavorOption,
    PodSetGroup,
    RequestPart,
    beyond_slice,
)
from kueue_sim.policy.flavors.explanation import Explanation
from kueue_sim.policy.flavors.flavor_fungibility import (
    FITS,
    NO_CANDIDATES,
    NO_FLAVOR,
    goes_on,
)
from kueue_sim.policy.flavors.preemption_oracle import Oracle
from kueue_sim.policy.flavors.quota_fit import QuotaFit
from kueue_sim.policy.flavors.scan import Scan, Tried, chosen_flavors, no_fit_of
from kueue_sim.policy.workloads.assignment import Assignment, Verdict, worse
from kueue_sim.policy.workloads.reasons import NoFitReason
from kueue_sim.policy.workloads.workload_info import (
    FIT,
    NO_FIT,
    AssignmentMode,
    FlavorChoice,
    Pending,
    PodSetResult,
    ScanProgress,
)
from kueue_sim.policy.workloads.workload_slices import Replaced

Pinned = Sequence[Mapping[str, str]]
"""Per pod set, the only flavor allowed for each resource (R4.32)."""

_NOTHING: Mapping[int, int] = {}
"""What groups of pod sets before the first were given."""
_ANSWERS = 4096
"""Answers remembered per request; more would be a leak where amounts are bytes."""


@dataclass(slots=True, eq=False)
class _Limits:
    """What an evaluation is bound to beside quota: flavors nominated before, or those of the slice that is replaced.

    ``members`` are the places of the pod sets in question.
    """

    members: tuple[int, ...]
    pinned: Pinned | None
    replaced: Replaced | None

    def rejection(self, part: RequestPart, option: FlavorOption) -> str:
        """Why a flavor is passed over, "" when it may serve: it must be the one nominated before, if any (R4.32)."""
        if self.pinned is None or any(self.pinned[i].get(part.resource) == option.flavor for i in self.members):
            return option.rejection
        return (
            f"skipping flavor {option.flavor} as it is not found in the nomination mapping for resource {part.resource}"
        )


class FlavorAssigner:
    """Assigns flavors against the present state of a policy's quota trees.

    Without ``remembers`` each assignment is worked out anew.
    """

    def __init__(self, compiled: CompiledPolicy, oracle: Oracle, remembers: bool = True) -> None:
        self._compiled = compiled
        self._remembers = remembers
        self.fit = QuotaFit(compiled.settings, oracle, remembers)
        self._release = compiled.settings.release

    def answer(self, request: CompiledRequest, queue: CompiledQueue, pending: Pending) -> Assignment:
        """The best flavors for a request, nothing but quota given; where one flavor alone may serve, without a scan."""
        if request.single is None or pending.progress is not None or not self._remembers:
            return self.assign(request, queue, pending)
        slot, amount = request.single
        verdict = self.fit.single(queue, pending, slot, amount)
        return request.answers.get(verdict) or self.answer_anew(request, queue, verdict)

    def verdict(self, request: CompiledRequest, queue: CompiledQueue, pending: Pending) -> Verdict | None:
        """What quota's part of the answer goes by, where that is known without a scan, wherever the pods go."""
        if request.sole is None or pending.progress is not None or not self._remembers:
            return None
        return self.fit.single(queue, pending, *request.sole)

    def answer_before_places(self, request: CompiledRequest, queue: CompiledQueue, verdict: Verdict) -> Assignment:
        """The assignment that places are to be looked for. What quota refuses is one object as often as it is refused
        so; any other answer is the asker's own, who has places to add to it."""
        if verdict[0] != NO_FLAVOR:
            return self._follows(request, queue, verdict, self._scans(request, queue, verdict))
        return request.answers.get(verdict) or self.answer_anew(request, queue, verdict)

    def answer_anew(self, request: CompiledRequest, queue: CompiledQueue, numbers: tuple[int, ...]) -> Assignment:
        """What follows from mode, level and what is missing of each resource, given for the first time: where one
        flavor alone may serve each, and either there is one resource or nothing is to be had by eviction. ``numbers``
        are these three, or what a scan of several resources takes down of them."""
        return self._answer_anew(request, queue, numbers, self._scans(request, queue, numbers))

    def _answer_anew(
        self, request: CompiledRequest, queue: CompiledQueue, numbers: tuple[int, ...], scans: Sequence[Scan]
    ) -> Assignment:
        """The answer that follows from the scans of all groups of resources. Where one list of flavors serves the
        request, mostly one with other numbers that are missing was given before: that has the same flavors."""
        if request.simple is None:
            return self._remember(request, numbers, self._build(request, queue, [scans], None))
        kind: tuple[object, ...]
        if request.sole is not None:
            kind = numbers[0], numbers[1], numbers[2] < 0
        else:
            kind = numbers[0], numbers[1::3], numbers[2::3], tuple([missing < 0 for missing in numbers[3::3]])
        like = request.alike.get(kind)
        if like is None:
            answer = request.alike[kind] = self._follows(request, queue, numbers, scans)
        elif like.mode == FIT:
            answer = like
        else:
            answer = like.explained_by(Explanation(queue, scans, "", self._release))
            if request.sole is not None:
                answer.verdict = numbers[0], numbers[1], numbers[2]
        return self._remember(request, numbers, answer)

    def _follows(
        self, request: CompiledRequest, queue: CompiledQueue, numbers: tuple[int, ...], scans: Sequence[Scan]
    ) -> Assignment:
        answer = self._build(request, queue, [scans], None)
        if request.sole is not None:
            answer.verdict = numbers[0], numbers[1], numbers[2]
            answer.in_vain = numbers[0] == NO_CANDIDATES and request.sole[0] not in queue.pod_slots
        return answer

    def _scans(self, request: CompiledRequest, queue: CompiledQueue, numbers: tuple[int, ...]) -> list[Scan]:
        """What scans find that take down these numbers, where they look at all flavors, and one that fits is alone."""
        found: list[Scan] = []
        rules, stopped = queue.spec.flavor_fungibility, -1 if self.fit.fungible else 0
        place = 0
        for part in request.groups[0].parts:
            place += 1 if request.sole is None else 0
            tried: list[Tried] = []
            best: Tried | None = None
            best_rank = (NO_FLAVOR, 0)
            for option in part.options:
                if option.rejection:
                    tried.append(Tried(option, (), (), (option.rejection,), False))
                    continue
                verdicts = numbers[place : place + 3 * len(option.demands)]
                place += len(verdicts)
                tried.append(Tried(option, option.demands, verdicts, ()))
                rank = (min(verdicts[::3]), 0) if len(part.options) == 1 else self.fit.rank(queue, verdicts)
                if rank[0] != NO_FLAVOR and (best is None or self.fit.prefers.better(rank, best_rank, rules)):
                    best, best_rank = tried[-1], rank
            found.append(Scan(part, tried, best, stopped, best_rank[0] == FITS, _NOTHING))
            if best is None:
                break
        return found

    def assign(
        self,
        request: CompiledRequest,
        queue: CompiledQueue,
        pending: Pending,
        pinned: Pinned | None = None,
        replaced: Replaced | None = None,
    ) -> Assignment:
        """The best flavors for a request; stops at the first group of pod sets without any (R5.5).

        ``replaced`` holds flavors and usage of the slice that an elastic workload replaces (R5.61–R5.62).
        """
        shared = self._remembers and pinned is None and replaced is None and not request.placed
        if shared and request.simple is not None:
            return self._answer_simply(request, request.simple, queue, pending)
        state: list[int] = []
        scans: list[list[Scan]] = []
        assumed: dict[int, int] = {}
        for group in request.groups:
            found: list[Scan] = []
            for part in group.parts:
                start = 0 if pending.progress is None else self._start(pending.progress, group, part)
                state.append(start)
                limits = None if pinned is None and replaced is None else _Limits(group.members, pinned, replaced)
                looked_at: list[Tried] = []
                best, stopped, fits = self._scan(queue, pending, part, start, assumed, state, looked_at, limits)
                chosen = None if best is None else looked_at[best]
                found.append(Scan(part, looked_at, chosen, stopped, fits, assumed))
                if best is None:
                    break
            scans.append(found)
            if group is not request.groups[-1]:
                if _is_without_flavors(request, group, found):
                    break
                assumed = dict(assumed)
                for scan in found:
                    if scan.best is not None:
                        for _, slot, amount in scan.best.demands:
                            assumed[slot] = assumed.get(slot, 0) + amount
        if not shared:
            return self._build(request, queue, scans, replaced)
        key = tuple(state)
        return request.answers.get(key) or self._remember(request, key, self._build(request, queue, scans, None))

    @staticmethod
    def _remember(request: CompiledRequest, key: tuple[int, ...], answer: Assignment) -> Assignment:
        if len(request.answers) >= _ANSWERS:
            request.answers.clear()
        request.answers[key] = answer
        if key == request.at_home:
            request.answer_at_home = answer
        return answer

    def _answer_simply(
        self, request: CompiledRequest, part: RequestPart, queue: CompiledQueue, pending: Pending
    ) -> Assignment:
        """The answer to a request that one list of flavors serves: by where its scan starts and what that finds."""
        start = 0
        if pending.progress is not None:
            start = self._start(pending.progress, request.groups[0], part)
        elif request.answer_at_home is not None and request.fits_at_home(queue.node):
            return request.answer_at_home
        state, tried = [start] if request.sole is None else list[int](), list[Tried]()
        best, stopped, fits = self._scan(queue, pending, part, start, _NOTHING, state, tried)
        numbers = tuple(state)
        known = request.answers.get(numbers)
        if known is None:
            scan = Scan(part, tried, None if best is None else tried[best], stopped, fits, _NOTHING)
            known = self._answer_anew(request, queue, numbers, [scan])
        return known

    def _start(self, progress: ScanProgress, group: PodSetGroup, part: RequestPart) -> int:
        """The flavor with which the scan begins: the one after the last it tried (R5.40)."""
        if not self.fit.fungible or group.members[0] >= len(progress.tried):
            return 0
        return progress.tried[group.members[0]].get(part.resource, -1) + 1

    def _scan(
        self,
        queue: CompiledQueue,
        pending: Pending,
        part: RequestPart,
        start: int,
        assumed: Mapping[int, int],
        state: list[int],
        tried: "list[Tried] | None" = None,
        limits: "_Limits | None" = None,
    ) -> tuple[int | None, int, bool]:
        """Try the flavors in order. Implements R5.10 and R5.30–R5.36.

        Returns the place of the best among those tried (None: none will do), where the scan stopped, and whether the
        best fits. What the outcome depends on is added to ``state``; ``tried`` takes down each flavor, where that is
        wanted. Without fungible flavors every scan starts anew, yet it counts as unfinished, which keeps the workload
        active.
        """
        fungibility = queue.spec.flavor_fungibility
        best: int | None = None
        best_rank = (NO_FLAVOR, 0)
        place = index = -1
        for option in part.options[start:] if start else part.options:
            index = option.index
            place += 1
            demands: Sequence[tuple[str, int, int]] = option.demands
            skipped: tuple[str, ...] = ()
            if limits is not None or option.rejection:
                passed_over = option.rejection if limits is None else limits.rejection(part, option)
                if passed_over:
                    if tried is not None:
                        tried.append(Tried(option, (), (), (passed_over,), False))
                    continue
                if limits is not None and limits.replaced is not None:
                    demands, skipped = beyond_slice(option, [limits.replaced[i] for i in limits.members])
            first = len(state)
            rank = self.fit.judge(queue, pending, demands, assumed, state)
            if skipped:
                rank = (NO_FLAVOR, 0)
            if tried is not None:
                tried.append(Tried(option, demands, state[first:], skipped))
            if self.fit.fungible:
                if rank[0] > NO_CANDIDATES and not goes_on(rank, fungibility):
                    best, best_rank = place, rank
                    break
                if rank[0] != NO_FLAVOR and (best is None or self.fit.prefers.better(rank, best_rank, fungibility)):
                    best, best_rank = place, rank
            elif rank[0] > best_rank[0]:
                best, best_rank = place, rank
                if rank[0] == FITS:
                    break
        stopped = 0 if not self.fit.fungible else -1 if index == len(part.options) - 1 else index
        return best, stopped, best_rank[0] == FITS

    # -- assignments --------------------------------------------------------------------------------------

    def _build(
        self,
        request: CompiledRequest,
        queue: CompiledQueue,
        scans: Sequence[Sequence[Scan]],
        replaced: Replaced | None,
    ) -> Assignment:
        """The assignment that follows from the scans of the groups that were looked at."""
        assignment = Assignment([], {}, 0, placed=request.placed, shrinks=request.shrinks)
        results: dict[int, PodSetResult] = {}
        for place, found in enumerate(scans):
            group = request.groups[place]
            complete = len(found) == len(group.parts) and (not found or found[-1].best is not None)
            chosen = chosen_flavors(found) if complete and not group.unavailable else None
            last = found[-1] if found and found[-1].best is None else None
            no_fit: NoFitReason = no_fit_of(found) if last is not None or group.unavailable else ""
            rejections = {scan.part.covered: scan.no_fit() for scan in found if scan.best is not None}
            unavailable = group.unavailable if complete else ""
            looked_at = found if last is None else [last]
            explained = bool(unavailable) or any(scan.tried and not scan.fits for scan in looked_at)
            explanation = Explanation(queue, found, unavailable, self._release) if explained else None
            for index in group.members:
                result = PodSetResult(request.pod_sets[index], request.counts[index], request.requests[index])
                result.explanation, result.no_fit_reason, result.rejections = explanation, no_fit, rejections
                if chosen is not None:
                    self._give(assignment, result, chosen, {} if replaced is None else replaced[index][1])
                results[index] = result
        modes: list[AssignmentMode] = []
        for index in sorted(results):
            result = results[index]
            mode = result.mode
            modes.append(mode)
            assignment.pod_sets.append(result)
            if mode == NO_FIT:
                assignment.no_fit_reason = worse(assignment.no_fit_reason, result.no_fit_reason)
        assignment.mode = min(modes, default=NO_FIT)
        assignment.tried = tuple(
            {resource: choice.tried for resource, choice in results[index].flavors.items()} if index in results else {}
            for index in range(len(request.pod_sets))
        )
        assignment.complete()
        return assignment

    def _give(
        self, assignment: Assignment, result: PodSetResult, chosen: Mapping[str, FlavorChoice], old: Mapping[str, int]
    ) -> None:
        """Give a member of the group the flavors of what it requests, and charge them to the assignment."""
        topology = result.pod_set.topology
        if result.requests:
            wanted = {resource: chosen[resource] for resource in result.requests if resource in chosen}
        elif topology is not None and topology.group is not None:
            flavors = self._compiled.flavors
            wanted = {
                resource: choice
                for resource, choice in chosen.items()
                if flavors[choice.flavor].topology_name is not None
            }
        else:
            wanted = {}
        result.flavors = wanted
        for resource, choice in wanted.items():
            slot = self._compiled.forest.slot_of[choice.flavor, resource]
            amount = result.requests.get(resource, 0) - old.get(resource, 0)
            assignment.usage[slot] = assignment.usage.get(slot, 0) + amount
            assignment.borrowing = max(assignment.borrowing, choice.level)


def _is_without_flavors(request: CompiledRequest, group: PodSetGroup, found: Sequence[Scan]) -> bool:
    """Whether the group got no flavors although it asks for something, which ends the assignment (R5.5)."""
    if found and found[-1].best is None:
        failed, given = bool(found[-1].tried), frozenset[str]()
    elif group.unavailable:
        failed, given = True, frozenset()
    elif all(scan.fits for scan in found):
        return False
    else:
        failed, given = (
            True,
            frozenset(resource for scan in found if scan.best for resource, _, _ in scan.best.demands),
        )
    return failed and any(
        request.requests[index] and given.isdisjoint(request.requests[index]) for index in group.members
    )
