"""When does what is parked come back? Notifications, batched per tree (R3.20–R3.27)."""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial

from kueue_sim.engine.queues.timers import Timers
from kueue_sim.policy.compiled_policy import CompiledPolicy
from kueue_sim.policy.queueing.pending_queue import PendingQueue
from kueue_sim.policy.queueing.resting_heads import RestingHeads

NODE_CHANGES_MS = 1_000
"""Changes of nodes are collected for so long (R20.82)."""
FREED_NODES_MS = 10_000
"""Time between the ticks at which Kueue hears of nodes that pods beside the topology freed (R20.82)."""


class InadmissibleRequeuer:
    """Collects notifications and flushes each tree ``batch_ms`` after the first one; for 0 at once, or, with
    ``cycles_first``, when ``flush`` is called, because the cycles of the instant have come to rest.

    ``woken`` is told of a ClusterQueue in whose tree something became active, ``rebuilt`` of one whose tree is
    rebuilt without another change. ``inadmissible`` are, by
    name, the queues in which any workload is inadmissible, those aside that rest: they enter by themselves, and leave
    with a flush.
    """

    def __init__(
        self,
        batch_ms: int,
        timers: Timers,
        woken: Callable[[str], None],
        rebuilt: Callable[[str], None],
        cycles_first: bool = False,
    ) -> None:
        self._batch_ms = batch_ms
        self._rebuilt = rebuilt
        self.batching = batch_ms > 0
        """Whether flushes come later than what they answer to."""
        self._at_once = not batch_ms and not cycles_first
        self._timers = timers
        self._woken = woken
        self.inadmissible: dict[str, PendingQueue] = {}
        self.resting: set[str] = set()
        """Names of the queues that rest: all that waits there is inadmissible, or was flushed with its tree."""
        self.in_flight = False
        """Whether a cycle stands still with its heads in flight, which a flush concerns as well (R3.23)."""
        self._queues: Mapping[str, PendingQueue] = {}
        self._root_of: dict[str, str] = {}
        self._trees: dict[str, set[str]] = {}
        self._resting: dict[str, RestingHeads] = {}
        self._flushes: dict[str, tuple[str, Callable[[int], None]]] = {}
        """By root, under which key timers know the flush of its tree, and the flush."""
        self._deep: frozenset[str] = frozenset()
        self.hears_of_counters = False
        """Whether a status that is rewritten flushes any tree (R3.27)."""
        self.due: set[str] = set()
        """Roots of the trees whose flush is still to come."""
        self.put_off: Collection[str] = () if self.batching else self.due
        """Those of them that are flushed when cycles have come to rest."""
        self._rewritten: set[str] = set()
        self.nodes_due: set[tuple[int, str]] = set()
        """Instants at which ClusterQueues hear of nodes that changed or were freed."""
        self.ticks = False
        """Whether any ClusterQueue ever heard of freed nodes, at a tick of ten seconds."""

    def rebuild(self, compiled: CompiledPolicy, queues: Mapping[str, PendingQueue], rests: bool) -> None:
        """The trees have changed. ``rests``: whether queues may rest in them, which they do where flushes are batched:
        elsewhere it matters whether anything is inadmissible at the moment."""
        self._root_of = {name: root.path() for name, root in compiled.roots.items()}
        self._trees, self._resting, self._queues = {}, {}, queues
        self.inadmissible.clear()
        self.resting.clear()
        for name, root in self._root_of.items():
            self._trees.setdefault(root, set()).add(name)
            if root not in self._resting:
                self._resting[root] = RestingHeads(compiled.queues[name].partition.resting, self.resting)
                self._flushes[root] = f"~flush {root}", partial(self._flush_tree, root)
            queues[name].resting_in = self._resting[root] if rests and self.batching else None
            queues[name].flushable_in = self.inadmissible
            if queues[name].flushable:
                self.inadmissible[name] = queues[name]
        parents = {name: queue.node.parent for name, queue in compiled.queues.items()}
        self._deep = frozenset(name for name, node in parents.items() if node is not None and node.parent is not None)
        self.hears_of_counters = self.batching and bool(self._deep)

    def notify(self, now: int, queue: str) -> None:
        """Something happened for which the whole tree of this ClusterQueue is looked at again."""
        root = self._root_of[queue]
        if self._at_once:
            self._flush_tree(root)
        elif root not in self.due:
            self.due.add(root)
            if self.batching:
                key, flush = self._flushes[root]
                self._timers.at(now + self._batch_ms, key, flush)

    def notify_of_nodes(self, now: int, queues: Iterable[str], pod_left: bool) -> None:
        """Nodes changed, or one is freed by a pod beside the topology, which these ClusterQueues hear of. Where flushes
        are batched, Kueue collects changes of nodes for a second, and freed nodes for every tick of ten (R20.82)."""
        if not self._batch_ms:
            at_ms = now
        elif pod_left:
            self.ticks = True
            at_ms = (now // FREED_NODES_MS + 1) * FREED_NODES_MS
        else:
            at_ms = now + NODE_CHANGES_MS
        for name in queues:
            if at_ms == now:
                self.notify(now, name)
            elif (at_ms, name) not in self.nodes_due:
                self.nodes_due.add((at_ms, name))
                self._timers.at(at_ms, f"~nodes {name}", partial(self._hear_of_nodes, name))

    def _hear_of_nodes(self, queue: str, now: int) -> None:
        self.nodes_due.discard((now, queue))
        if queue in self._root_of:
            self.notify(now, queue)

    def flush(self) -> bool:
        """Flush what was put off until cycles came to rest; whether there was anything."""
        if not self.put_off:
            return False
        for root in sorted(self.put_off):
            self._flush_tree(root)
        return True

    def _flush_tree(self, root: str, _now: int = 0) -> None:
        self.due.discard(root)
        tree, queues, inadmissible = self._trees.get(root, set()), self._queues, self.inadmissible
        woken = ""
        if self.in_flight or inadmissible:
            for name in sorted(tree if self.in_flight else inadmissible.keys() & tree):
                inadmissible.pop(name, None)
                if queues[name].requeue_inadmissible():
                    woken = name
        if tree and self._resting[root].flush():
            woken = next(iter(tree))
        if woken:
            self._woken(woken)

    def counters_changed(self, now: int, queue: str) -> None:
        """The ClusterQueue's status will be rewritten: a tree of several levels is rebuilt and flushed (R3.27)."""
        if self.hears_of_counters and queue in self._deep and queue not in self._rewritten:
            self._rewritten.add(queue)

            def rewrite(at: int) -> None:
                self._rewritten.discard(queue)
                if queue in self._root_of:
                    self._rebuilt(queue)
                    self.notify(at, queue)

            self._timers.at(now + self._batch_ms, f"~status {queue}", rewrite)
