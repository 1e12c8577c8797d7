"""Wrong policies: mistakes somebody could make, listed by hand, and systematic swaps of comparisons, operators and
constants."""

import ast
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

POLICY = Path(__file__).parents[1] / "sim" / "kueue_sim" / "policy"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong change of one file. ``source`` is the whole file after it."""

    name: str
    file: str
    line: int
    source: str


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
        "return freed.get(self.node.root, 0) - freed.get(self.node, 0)",
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
        "if not exceeds_quota(node, contested):",
        "if False:",
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
    yield "victims are shared", "cycle.py", "            victims.update(own)\n", ""
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
    yield from _mistakes_about_places()
    yield from _mistakes_about_lives()


def _mistakes_about_places() -> Iterator[tuple[str, str, str, str]]:
    """The same for topology, for placement on nodes, and for admission by usage."""
    choice, selection, counts = "topology/descent.py", "topology/selection.py", "topology/counts.py"
    yield (
        "required pods may be spread",
        choice,
        "        if parameters.strict:\n            return Shortage",
        ("        if False:\n            return Shortage"),
    )
    yield "preferred pods never go to a higher level", choice, "if level == 0 or parameters.free:", "if True:"
    yield (
        "free pods fill large gaps first",
        choice,
        "least_free = parameters.free and profile.least_free",
        ("least_free = False"),
    )
    yield (
        "everybody fills small gaps first",
        choice,
        "least_free = parameters.free and profile.least_free",
        ("least_free = True"),
    )
    yield "balanced placement is ignored", choice, "if profile.balanced and", "if False and"
    yield "the loosest domain is taken", selection, "return min(fitting)[2]", "return max(fitting)[2]"
    yield (
        "the smallest domain is filled first",
        selection,
        "key=lambda d: (-slices[d], pods[d], d))",
        ("key=lambda d: (slices[d], pods[d], d))"),
    )
    yield (
        "no tight fit for the rest",
        selection,
        "if not least_free:\n                domain = tight_fit",
        ("if False:\n                domain = tight_fit"),
    )
    yield "excluded nodes take pods", counts, "for leaf in self.match.excluded:", "for leaf in ():"
    yield "taints of nodes are ignored", "topology/node_filter.py", "if taint is not None:", "if False:"
    yield (
        "node selectors do not choose nodes",
        "topology/node_filter.py",
        "any(node.labels.get(key) != value",
        "any(False",
    )
    yield "placed pods take no room", "topology/snapshot.py", "sign * ", "0 * "
    yield "places of a cycle are not charged", "cycle_usage.py", "self._topologies.charge(places, +1)", "pass"
    yield (
        "places are not looked at again",
        "cycle_usage.py",
        "or self._topologies.fits(places) else NO_PLACE",
        "or True else NO_PLACE",
    )
    yield (
        "a failed node's pods go anywhere",
        "topology/node_replacement.py",
        "region = _region(flavor.tree,",
        ("region = None and _region(flavor.tree,"),
    )
    yield "cordoned nodes take pods", "placement/filters.py", "if node.unschedulable and not", "if False and not"
    yield (
        "untolerated taints of nodes do not matter to pods",
        "placement/filters.py",
        "if taint is not None:",
        "if False:",
    )
    yield (
        "required affinity of pods is ignored",
        "placement/filters.py",
        "if not _matches(node, constraint):",
        ("if False:"),
    )
    yield (
        "the worst node gets the pod",
        "placement/ranking.py",
        "self._ranks[self._keys[0]]",
        "self._ranks[self._keys[-1]]",
    )
    yield (
        "usage of LocalQueues does not decay",
        "queueing/admission_fair_sharing.py",
        "_scaled(amount, 1.0 - rate) for",
        "_scaled(amount, 1.0) for",
    )
    yield (
        "weights of LocalQueues are ignored",
        "queueing/admission_fair_sharing.py",
        "return used / weight",
        "return used",
    )
    yield (
        "admissions cost no penalty",
        "queueing/admission_fair_sharing.py",
        "account.penalties[workload] = penalty",
        "pass",
    )


def _mistakes_about_lives() -> Iterator[tuple[str, str, str, str]]:
    """The same for slices, variants, admission checks and second passes."""
    slices, variants, second, status = (
        "workloads/workload_slices.py",
        "concurrent_admission.py",
        "workloads/second_pass.py",
        "workloads/status.py",
    )
    yield "bigger slices replace nothing", slices, "return reservations.get(key)", "return None"
    yield (
        "bigger slices ask for all they need",
        slices,
        "assignment.flavors, assignment.usage)",
        "assignment.flavors, {})",
    )
    yield "all pod sets replace the first one", slices, "known.get(pod_set.name,", "known.get(pod_sets[0].name,"
    namespace = 'key.startswith(f"{pending.workload.namespace}/")'
    yield "slices of other namespaces are replaced", slices, namespace, "key"
    yield "every variant is everybody's sibling", variants, "other.workload.parent != workload.parent", "False"
    yield "variants count before they are admitted", variants, "or not other.admitted:", "or False:"
    yield (
        "later flavors are preferred",
        variants,
        "theirs < place:\n            better = better or other\n        elif theirs is not None and theirs > place:",
        "theirs > place:\n            better = better or other\n        elif theirs is not None and theirs < place:",
    )
    yield "nobody moves to a better flavor", variants, "worse = worse or other", "pass"
    yield (
        "who moves loses its place in the queue",
        variants,
        '"Migrating", "PendingMigration"',
        '"Migrating", "Generic"',
    )
    yield "the last acceptable flavor is not acceptable", variants, "and place <= last", "and place < last"
    yield "flavors beyond the last acceptable one will do", variants, "and place <= last", ""
    yield "pods without places are admitted", second, "any(one.topology_pending for one", "any(False for one"
    yield "evicted workloads get a second pass", second, "if reservation.evicted:", "if False:"
    yield "a second pass is for all pods", second, "            one.count,\n", "            pod_sets[one.name].count,\n"
    yield (
        "partial admission goes below the minimum",
        "flavors/partial_admission.py",
        "(ps.count if ps.min_count is None else ps.min_count)",
        "(ps.count if ps.min_count is None else 1)",
    )
    yield (
        "fewer pods never evict anybody",
        "flavors/partial_admission.py",
        "outcome[0].mode == FIT or outcome[1]",
        "outcome[0].mode == FIT",
    )
    yield (
        "checks keep their answers after an eviction",
        status,
        'check.updates = "Pending"',
        "check.updates = check.state",
    )
    yield (
        "retries of checks are not counted",
        status,
        'self.retries.get(name, 0) + 1 if check.state == "Retry" else 0',
        "0",
    )
    yield "retried work does not come back", status, '"PodsReadyTimeout", "AdmissionCheck"})', '"PodsReadyTimeout"})'
    yield "retried work keeps its place in the queue", "workloads/timestamps.py", '"AdmissionCheck"', '"Checked"'
    yield "pods that time out wait equally long each time", status, "backoff_ms(self.timeouts,", "backoff_ms(1,"
    yield "checks always give their first answer", status, "self.reservations += 1", "self.reservations = 1"


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


_SWAPS: dict[type[ast.cmpop] | type[ast.operator] | type[ast.boolop], type] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


def _places(tree: ast.Module) -> list[tuple[str, int, int]]:
    """What could be swapped: description, number of the node in walking order, line."""
    found = []
    for number, node in enumerate(ast.walk(tree)):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _SWAPS:
            found.append((f"{type(node.ops[0]).__name__} swapped", number, line))
        elif isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in _SWAPS:
            found.append((f"{type(node.op).__name__} swapped", number, line))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("min", "max"):
            found.append((f"{node.func.id} swapped", number, line))
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            found.append(("not removed", number, line))
        elif isinstance(node, ast.Constant) and node.value in (0, 1) and not isinstance(node.value, bool):
            found.append((f"{node.value} increased", number, line))
    return found


def _swapped(source: str, number: int) -> str:
    tree = ast.parse(source)
    node = list(ast.walk(tree))[number]
    if isinstance(node, ast.Compare):
        node.ops = [_SWAPS[type(node.ops[0])]()]
    elif isinstance(node, ast.BinOp | ast.BoolOp):
        node.op = _SWAPS[type(node.op)]()
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        node.func.id = "max" if node.func.id == "min" else "min"
    elif isinstance(node, ast.Constant):
        node.value += 1  # type: ignore[operator]
    else:
        assert isinstance(node, ast.UnaryOp)
        node.op = ast.UAdd()
        node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
    return ast.unparse(ast.fix_missing_locations(tree))


def systematic(most: int, seed: int) -> list[Mutant]:
    """A sample of all swaps, spread over all files of the policy in proportion to what they offer."""
    every = []
    for path in sorted(POLICY.rglob("*.py")):
        source, file = path.read_text(encoding="utf-8"), path.relative_to(POLICY).as_posix()
        every += [(what, file, number, line) for what, number, line in _places(ast.parse(source))]
    chosen = random.Random(seed).sample(every, min(most, len(every)))
    return [
        Mutant(what, file, line, _swapped((POLICY / file).read_text(encoding="utf-8"), number))
        for what, file, number, line in sorted(chosen, key=lambda item: (item[1], item[3]))
    ]
