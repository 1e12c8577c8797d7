"""Wrong policies: mistakes somebody could make, listed by hand. ``swaps`` has systematic ones."""

from collections.abc import Iterator

from benchmarks.wrong_policies.beside_quota import mistakes_about_lives, mistakes_about_places
from benchmarks.wrong_policies.mutant import POLICY, Mutant


def _mistakes() -> Iterator[tuple[str, str, str, str]]:
    """Name, file, text and the wrong text in its place."""
    tree, queue, flavors, fit, candidates = (
        "quota/quota_tree.py",
        "queueing/pending_queue.py",
        "flavors/flavor_assigner.py",
        "flavors/quota_fit.py",
        "preemption/candidates.py",
    )
    yield (
        "lending limits are ignored",
        tree,
        "0 if lending is None else max(0, node.subtree_quota[slot] - lending)",
        "0",
    )
    yield (
        "borrowing limits are ignored",
        tree,
        "if limit is not None:\n                reach",
        "if False:\n                reach",
    )
    yield (
        "usage does not reach the parent",
        tree,
        "            node = above\n\n    def remove",
        "            return\n\n    def remove",
    )
    yield "removal forgets the parent", tree, "if stored_above <= 0:", "if stored_above <= 10**18:"
    yield "the borrowing level is always the root's", tree, "if used + rest <= node.subtree_quota[slot]:", "if False:"
    yield (
        "exactly at quota counts as borrowing",
        tree,
        "if used + rest <= node.subtree_quota[slot]:",
        "if used + rest < node.subtree_quota[slot]:",
    )
    yield "weights are ignored", "quota/share.py", "else ratio / weight", "else ratio"
    yield (
        "the smallest resource is dominant",
        "quota/dominant_resource_share.py",
        "ratio = max(ratio, float",
        "ratio = min(ratio or 1e9, float",
    )
    yield "shares count what is unused as well", "quota/dominant_resource_share.py", "if amount > 0:", "if amount >= 0:"
    yield "older work goes last", queue, "-item.priority, item.timestamp_ms", "-item.priority, -item.timestamp_ms"
    yield "lower priority goes first", queue, "(first, -item.priority", "(first, item.priority"
    yield "a preemptor does not stay at the head", queue, "return 0 if item is self.preemptor", "return 0 if False"
    yield "strict queues park their head", queue, 'reason != "NamespaceMismatch" if self.strict', "False if self.strict"
    yield "a flush forgets whom it should move", queue, "for group in self._failed:", "for group in ():"
    yield "taints are ignored", "flavors/flavor_matching.py", "if taint is not None:", "if False:"
    yield (
        "node affinity is ignored",
        "flavors/flavor_matching.py",
        "if not _affinity_allows(flavor.node_labels, self._label_keys(group, flavor), pod_set):",
        "if False:",
    )
    yield (
        "pod sets do not see each other",
        fit,
        "value = assumed.get(slot, 0) + amount if assumed else amount",
        "value = amount",
    )
    yield (
        "the scan always starts at the first flavor",
        flavors,
        "get(part.resource, -1) + 1",
        "get(part.resource, -1) * 0",
    )
    yield (
        "whenCanPreempt is ignored",
        "flavors/flavor_fungibility.py",
        'mode < FITS and fungibility.when_can_preempt == "TryNextFlavor"',
        "False",
    )
    yield (
        "whenCanBorrow is ignored",
        "flavors/flavor_fungibility.py",
        'level > 0 and fungibility.when_can_borrow == "TryNextFlavor"',
        "False",
    )
    considered = "return own or self.preempts_for_more(queue)"
    yield "anybody may preempt while borrowing", fit, considered, "return True"
    yield "nobody may preempt while borrowing", fit, considered, "return own"
    yield "equal priority always goes", candidates, "(lower_only and priority == own)", "False"
    yield "nobody of equal priority ever goes", candidates, "return newer and pending", "return False and pending"
    yield (
        "the highest priority is evicted first",
        "workloads/reservations.py",
        "return (reservation.priority,",
        "return (-reservation.priority,",
    )
    order = "workloads/reservations.py"
    yield "the oldest admission is evicted first", order, "-reservation.reserved_s", "reservation.reserved_s"
    yield (
        "evicted ones are not preferred",
        "preemption/classical.py",
        "((order.evicted, mine.evicted), (order.standing, mine.standing))",
        "((order.standing, mine.standing), (order.evicted, mine.evicted))",
    )
    yield (
        "searches give up too soon",
        "preemption/beside.py",
        "return self.tree.freed_beside(self.node, self.slot, self.below, self.contested, enough)",
        "return 0",
    )
    yield (
        "nobody is asked for eviction",
        fit,
        "        if queue.never_preempts and self._remembers:\n            return NO_CANDIDATES",
        "        if True:\n            return NO_CANDIDATES",
    )
    yield "own work is evicted first", candidates, "reservation.queue is node,\n", "reservation.queue is not node,\n"
    yield (
        "the threshold is ignored",
        "preemption/borrow_within_cohort.py",
        "and (threshold is None or reservation.priority <= threshold)",
        "",
    )
    yield (
        "borrowers at quota are candidates",
        "preemption/classical.py",
        "while exceeds_quota(node, contested):",
        "while True:",
    )
    yield "the spared are evicted all the same", "preemption/classical.py", "spared.add(reservation)", "pass"
    yield "the first attempt always borrows", "preemption/classical.py", "return (False, True)", "return (True, False)"
    yield (
        "borrowing is allowed in every attempt",
        "preemption/classical.py",
        "if not borrowing and node.usage[slot] + amount > node.nominal[slot]:",
        "if False:",
    )
    yield (
        "an ancestor's quota gives no advantage",
        "preemption/classical.py",
        "advantage = _fits_inside(below, rest) or advantage",
        "advantage = False",
    )
    yield (
        "shares do not matter for victims",
        "preemption/fair_sharing.py",
        "            if share > before or (share == before and strategy != S2A):",
        "            if False:",
    )
    yield (
        "the final share may be smaller",
        "preemption/fair_sharing.py",
        "share > shares.share_without(",
        "share < shares.share_without(",
    )
    yield (
        "owners have to compare shares",
        "preemption/fair_sharing.py",
        "if queue is own or entitled:",
        "if queue is own:",
    )
    yield (
        "the second strategy is skipped",
        "preemption/fair_sharing.py",
        "found = search.second_pass()",
        "found = False",
    )
    yield (
        "the smallest share is taken from first",
        "preemption/fair_sharing.py",
        "share(cohort).rank >= share(queue).rank:",
        "share(cohort).rank <= share(queue).rank:",
    )
    yield "borrowers go before owners", "entry_order.py", "entry.assignment.borrowing,", "-entry.assignment.borrowing,"
    yield (
        "priorities do not order queues",
        "entry_order.py",
        "priority = -pending.priority if by_priority else 0",
        "priority = 0",
    )
    yield (
        "the largest share wins the tournament",
        "tournament.py",
        "return (later, borrows, share.rank,",
        "return (later, borrows, tuple(-part for part in share.rank),",
    )
    yield (
        "owners do not go first under fair sharing",
        "tournament.py",
        "return (later, borrows, share.rank,",
        "return (later, False, share.rank,",
    )
    yield (
        "admissions of a cycle do not see each other",
        "cycle.py",
        "self._process(entry, victims)\n                self._charge(entry)\n            elif",
        "self._process(entry, victims)\n            elif",
    )
    reserving = "            self._charges.reserve(entry.queue.node, entry.assignment, entry.usage)"
    yield "blocked preemptors reserve nothing", "cycle.py", reserving, "            pass"
    yield (
        "overlapping victims are not recomputed",
        "cycle.py",
        "            self._recompute(entry, victims)\n        elif",
        ("            pass\n        elif"),
    )
    yield "victims are shared", "cycle.py", "victims[target.reservation.key] = target.reservation", "pass"
    yield "fit is not checked again", "cycle.py", "        elif not fits:", "        elif False:"
    yield (
        "partial admission takes the first number of pods that fits",
        "flavors/partial_admission.py",
        "            high = step\n",
        "            high = low = step\n",
    )
    yield (
        "namespaces are not looked at",
        "flavors/admissibility.py",
        "if not queue.namespaces.get(namespace) and not _selects(queue, namespace, compiled):",
        "if False:",
    )
    yield (
        "an earlier answer is always good",
        "nomination.py",
        "if entry.version == version and pending.progress is None",
        "if pending.progress is None",
    )
    yield (
        "undo forgets the last removal",
        "preemption/simulated_removal.py",
        "in self._before.items():",
        "in list(self._before.items())[:-1]:",
    )
    yield (
        "shares stay those of what was pretended",
        "preemption/simulated_removal.py",
        "            node.share = share\n",
        "",
    )
    yield (
        "victims are still there when a preemptor is checked again",
        "preemption/simulated_removal.py",
        "freed[slot] = freed.get(slot, 0) + amount",
        "freed[slot] = 0",
    )
    yield (
        "the tournament measures entries without their requests",
        "quota/dominant_resource_share.py",
        "node.usage[slot] - node.subtree_quota[slot] + amount)",
        "node.usage[slot] - node.subtree_quota[slot])",
    )
    yield (
        "who could be evicted from a queue is never listed anew",
        "preemption/tree_candidates.py",
        "if known is None or known[0] != here.changes or rule is",
        "if known is None or rule is",
    )
    yield from mistakes_about_places()
    yield from mistakes_about_lives()


def deliberate() -> tuple[list[Mutant], list[str]]:
    """The mutants of the list, and the names of those whose text is no longer in the source."""
    found, gone = [], []
    for name, file, old, new in _mistakes():
        source = (POLICY / file).read_text(encoding="utf-8")
        if old not in source:
            gone.append(f"{name} ({file})")
            continue
        line = source[: source.index(old)].count("\n") + 1
        found.append(Mutant(name, file, line, source.replace(old, new, 1)))
    return found, gone
