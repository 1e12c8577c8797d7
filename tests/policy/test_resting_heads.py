"""Two queues of a tree that rest while their heads are refused, against two that do not (R3.9, R3.22, R3.41)."""

from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from kueue_sim.model import Workload
from kueue_sim.policy.queueing.pending_queue import PendingQueue
from kueue_sim.policy.queueing.resting_heads import RestingHeads
from kueue_sim.policy.workloads.workload_info import Pending

NAMES = ("a", "b")


class Tree:
    """The queues ``a`` and ``b``, with flushes and cycles as the engine has them."""

    def __init__(self, rests: bool) -> None:
        self.woken: dict[RestingHeads, None] = {}
        self.heads: dict[str, PendingQueue] = {}
        self.inadmissible: dict[str, PendingQueue] = {}
        self.at_rest: set[str] = set()
        self.resting = RestingHeads(self.woken, self.at_rest)
        self.cycles = 0
        self.queues = {name: PendingQueue(name, False, True) for name in NAMES}
        for queue in self.queues.values():
            queue.heads_in, queue.flushable_in = self.heads, self.inadmissible
            queue.resting_in = self.resting if rests else None

    def item(self, queue: str, number: int, priority: int, shape: int) -> Pending:
        """One more workload."""
        workload = Workload(f"w{number:03d}", "ns", queue, (), uid=f"w{number:03d}", priority=priority)
        item = Pending(workload, workload.key, queue, priority, 0, shape, ())
        self.queues[queue].offer(item)
        return item

    def flush(self) -> None:
        for name in sorted(self.inadmissible):
            del self.inadmissible[name]
            self.queues[name].requeue_inadmissible()
        self.resting.flush()

    def pop(self) -> list[Pending]:
        """The heads that a cycle looks at."""
        self.cycles += 1
        heads = [self.heads[name].pop() for name in sorted(self.heads)]
        for tree in list(self.woken):
            heads += tree.pop(self.cycles)
        return sorted(heads, key=lambda item: item.queue)

    def decide(self, item: Pending, outcome: str, message: str) -> None:
        """What becomes of a head."""
        queue, group = self.queues[item.queue], item.group
        if outcome == "Admitted":
            queue.remove(item)
            return
        item.reason, item.message = outcome, message
        if outcome == "NoFit" and group is not None and group.failed:
            group.answer, group.refused_in, group.judged = (outcome, message), self.cycles, item.serial
        elif outcome == "NoFit":
            queue.refuse(item, outcome)
        else:
            queue.requeue(item, outcome)

    def state(self) -> object:
        """Who waits where, and why."""
        return [
            (
                queue.fingerprint(),
                [(item.key, item.reason, queue.verdict_on(item)) for item in queue.waiting()],
                (queue.active, queue.new_head, name in self.heads, name in self.inadmissible),
            )
            for name, queue in self.queues.items()
        ]


class Trees(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.trees = Tree(rests=True), Tree(rests=False)
        self.items: list[tuple[Pending, Pending]] = []

    @rule(queue=st.sampled_from(NAMES), priority=st.integers(0, 1), shape=st.integers(0, 2))
    def arrive(self, queue: str, priority: int, shape: int) -> None:
        resting, plain = (tree.item(queue, len(self.items), priority, shape) for tree in self.trees)
        self.items.append((resting, plain))

    @rule()
    def flush(self) -> None:
        for tree in self.trees:
            tree.flush()

    @rule(data=st.data())
    def cycle(self, data: st.DataObject) -> None:
        """Most heads are refused; one that is admitted, skipped or preempts ends its queue's rest."""
        heads = [tree.pop() for tree in self.trees]
        assert [item.key for item in heads[0]] == [item.key for item in heads[1]]
        kinds = (*("NoFit",) * 4, "Admitted", "FailedAfterNomination", "PendingPreemption", "Generic")
        for resting, plain in zip(*heads, strict=True):
            outcome = data.draw(st.sampled_from(kinds))
            message = f"{outcome} in cycle {self.trees[0].cycles}"
            self.trees[0].decide(resting, outcome, message)
            self.trees[1].decide(plain, outcome, message)

    @rule()
    def quiet_cycles(self) -> None:
        """All heads are refused until none is left, as in a full cohort."""
        self.flush()
        while self.trees[1].heads:
            heads = [tree.pop() for tree in self.trees]
            assert [item.key for item in heads[0]] == [item.key for item in heads[1]]
            for tree, items in zip(self.trees, heads, strict=True):
                for item in items:
                    tree.decide(item, "NoFit", f"refused in cycle {tree.cycles}")
        assert not self.trees[0].heads and not self.trees[0].woken

    @precondition(lambda self: self.items)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        for tree, item in zip(self.trees, data.draw(st.sampled_from(self.items)), strict=True):
            tree.queues[item.queue].remove(item)

    @precondition(lambda self: self.items)
    @rule(data=st.data(), priority=st.integers(0, 1), shape=st.integers(0, 2))
    def change(self, data: st.DataObject, priority: int, shape: int) -> None:
        pair = data.draw(st.sampled_from(self.items))
        if pair[1].in_heap or pair[1].inadmissible:
            for tree, item in zip(self.trees, pair, strict=True):
                tree.queues[item.queue].change(item, priority, shape)

    @rule()
    def look(self) -> None:
        """Whoever looks at a queue ends its rest, so that this is not done after every step."""
        assert self.trees[0].state() == self.trees[1].state()


TestTrees = Trees.TestCase
TestTrees.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def refused(tree: Tree) -> None:
    """All heads are refused, cycle by cycle."""
    while tree.heads or tree.woken:
        for item in tree.pop():
            tree.decide(item, "NoFit", "no room")


def outcomes(story: Callable[[Tree], object]) -> list[tuple[str, object]]:
    """What a story gives, and how it ends, where queues rest and where they do not."""
    trees = Tree(rests=True), Tree(rests=False)
    return [(str(story(tree)), tree.state()) for tree in trees]


def test_a_refused_head_comes_up_in_the_same_cycle_after_a_flush_without_its_queue_being_touched() -> None:
    tree = Tree(rests=True)
    first, second, other = tree.item("a", 0, 1, 0), tree.item("a", 1, 0, 1), tree.item("b", 2, 0, 0)
    refused(tree)
    tree.flush()
    assert (tree.at_rest, tree.heads) == ({"a", "b"}, {})
    assert [tree.pop(), tree.pop(), len(tree.woken)] == [[first, other], [second], 0]


def test_a_skipped_head_comes_again_in_the_next_cycle_and_those_behind_it_later() -> None:
    tree = Tree(rests=True)
    first, second = tree.item("a", 0, 1, 0), tree.item("a", 1, 0, 1)
    refused(tree)
    tree.flush()
    tree.decide(tree.pop()[0], "FailedAfterNomination", "skipped")
    assert tree.at_rest == {"a"}
    assert tree.pop() == [first]
    tree.decide(first, "NoFit", "no room")
    assert (tree.pop(), tree.woken) == ([second], {})


def test_a_class_that_somebody_joined_since_its_answer_does_not_rest() -> None:
    tree = Tree(rests=True)
    tree.item("a", 0, 1, 0)
    refused(tree)
    late = tree.item("a", 1, 0, 0)
    tree.item("a", 2, 0, 1)
    refused(tree)
    assert not tree.at_rest
    tree.flush()
    refused(tree)
    assert (tree.at_rest, late.group.answer) == ({"a"}, ("NoFit", "no room"))


def skips(place: int) -> Callable[[Tree], object]:
    """The head of this place is skipped, and then somebody comes."""

    def story(tree: Tree) -> object:
        for number in range(2):
            tree.item("a", number, 1 - number, number)
        refused(tree)
        tree.flush()
        for _ in range(place):
            tree.decide(tree.pop()[0], "NoFit", "no room")
        tree.decide(tree.pop()[0], "FailedAfterNomination", "skipped")
        new = tree.state()
        tree.item("a", 2, -1, 2)
        return new, [item.key for item in tree.pop()]

    return story


def comes_between(tree: Tree) -> object:
    """Somebody comes after a flush, behind all others."""
    for number in range(2):
        tree.item("a", number, 1 - number, number)
    refused(tree)
    tree.flush()
    tree.item("a", 2, -1, 2)
    return [item.key for item in tree.pop()]


def comes_first(tree: Tree) -> object:
    """A class that failed last has the first head."""
    tree.item("a", 0, 0, 0)
    refused(tree)
    tree.item("a", 1, 1, 1)
    refused(tree)
    tree.flush()
    return [item.key for item in tree.pop()]


def waits_by_itself(tree: Tree) -> object:
    """One of the queue waits for a flush by itself, another one with its class."""
    tree.item("a", 0, 1, 0)
    tree.item("a", 1, 0, 1)
    tree.decide(tree.pop()[0], "Generic", "parked")
    refused(tree)
    tree.flush()
    return [item.key for item in tree.pop()]


def leaves_its_parked_class(tree: Tree) -> object:
    """The head of a class leaves while that is parked and another class is not; then all of the queue is."""
    leaving = tree.item("a", 0, 0, 0)
    tree.item("a", 1, 0, 0)
    refused(tree)
    tree.item("a", 2, 0, 1)
    tree.queues["a"].remove(leaving)
    refused(tree)
    tree.flush()
    looked_at = []
    for _ in range(2):
        looked_at += tree.pop()
        tree.decide(looked_at[-1], "NoFit", "no room")
    return [item.key for item in looked_at]


def comes_back_before_the_head(tree: Tree) -> object:
    """A flush brings back a class that goes before the head, which a cycle has skipped."""
    tree.item("a", 0, 1, 0)
    refused(tree)
    tree.item("a", 1, 0, 1)
    tree.decide(tree.pop()[0], "FailedAfterNomination", "skipped")
    tree.flush()
    return [item.key for item in tree.pop()]


@pytest.mark.parametrize(
    ("story", "told"),
    [
        (skips(0), None),
        (skips(1), None),
        (comes_between, None),
        (comes_first, None),
        (waits_by_itself, None),
        (leaves_its_parked_class, ["ns/w001", "ns/w002"]),
        (comes_back_before_the_head, ["ns/w000"]),
    ],
)
def test_queues_that_rest_and_queues_that_do_not_tell_the_same_story(
    story: Callable[[Tree], object], told: object
) -> None:
    resting, plain = outcomes(story)
    assert resting == plain
    assert told is None or resting[0] == str(told)


def test_a_flush_is_news_of_what_is_parked_alone() -> None:
    tree = Tree(rests=True)
    tree.item("a", 0, 0, 0)
    refused(tree)
    assert (tree.resting.flush(), tree.resting.flush()) == (True, False)
    tree.decide(tree.pop()[0], "FailedAfterNomination", "skipped")
    assert not tree.resting.flush()
    refused(tree)
    assert tree.resting.flush()
