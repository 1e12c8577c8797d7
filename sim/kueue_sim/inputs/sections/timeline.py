"""What happens besides the workloads, and when? The ``timeline`` section as actions."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from kueue_sim.inputs.kubernetes.nodes import node_pool
from kueue_sim.inputs.kubernetes.selectors import taints
from kueue_sim.inputs.kueue.manifests import flatten, node
from kueue_sim.inputs.kueue.policy_changes import PolicyChanges
from kueue_sim.inputs.sections.admission_checks import STATES
from kueue_sim.inputs.sections.objects_over_time import ObjectsOverTime
from kueue_sim.inputs.sections.workloads import Submissions
from kueue_sim.inputs.text.field import Field, Report, Source, near_miss
from kueue_sim.inputs.text.schema_action import ACTION
from kueue_sim.model import Action, Node, Policy

LIFE_OF_APPLIED = ("runtime", "checkpointEvery", "restartCost", "gang")
NODE_ACTIONS = {name: name for name in ("cordon", "uncordon", "drain", "fail", "repair")}
NODE_ACTIONS |= {"removeNode": "remove-node"}
WORKLOAD_ACTIONS = {
    "activate": (),
    "deactivate": (),
    "podsReady": (),
    "podsFailed": (),
    "openGate": ("gate",),
    "check": ("check", "state"),
    "priority": ("priority", "priorityClass"),
}
"""Actions on one workload, with the further fields each one takes."""
_NAMES = {"podsReady": "pods-ready", "podsFailed": "pods-failed", "openGate": "open-gate"}
FIELDS = {
    "submit": ("workload", "workloads"),
    "delete": ("workload", "manifest", "object", "objects", "include", "namespace"),
    **{name: ("node", "nodes", "pool") for name in NODE_ACTIONS},
    "taint": ("node", "nodes", "pool", "taints"),
    "addNodes": ("nodes", "nodePool"),
    "apply": ("objects", "include", "set", "commands", "requests", "namespace", "queue", *LIFE_OF_APPLIED),
    "scale": ("workload", "manifest", "object", "namespace", "pods", "podSet"),
    "patch": ("workload", "object", "namespace", "patch"),
    "stop": ("clusterQueue", "localQueue", "stopPolicy"),
    **{name: ("workload", *fields) for name, fields in WORKLOAD_ACTIONS.items()},
}


def read_timeline(
    timeline: Field,
    submissions: Submissions,
    policy: Policy,
    changes: PolicyChanges,
    pools: Mapping[str, tuple[str, ...]],
    nodes: Sequence[Node],
) -> tuple[Action, ...]:
    """The actions in order of time; what is submitted goes to ``submissions`` instead."""
    reader = _Timeline(submissions, policy, changes, dict(pools), [item.name for item in nodes])
    items = timeline.items()
    for item in items:
        reader.foretell(item)
    for item in items:
        reader.submit_or_add(item)
    actions: list[Action] = []
    for _, item in sorted(enumerate(items), key=lambda numbered: (_when(numbered[1]), numbered[0])):
        own = reader.actions(item)
        actions += [*own, *changes.followed(own)]
    return tuple(actions)


def _when(item: Field) -> int:
    """The time of an action as far as it can be read; a wrong one is noted later."""
    return Field(item.get("at").value, Source(), Report()).duration()


class _Timeline:
    """Reads actions one by one; knows every node and workload that will ever exist."""

    def __init__(
        self,
        submissions: Submissions,
        policy: Policy,
        changes: PolicyChanges,
        pools: dict[str, tuple[str, ...]],
        nodes: list[str],
    ) -> None:
        self._submissions = submissions
        self._policy = policy
        self._changes = changes
        self._over_time = ObjectsOverTime(submissions, changes, nodes)
        self._pools = pools
        self._nodes = nodes
        self._added: dict[tuple[str | int, ...], tuple[Node, ...]] = {}

    def foretell(self, item: Field) -> None:
        """Before all: what will be applied, so that work may name it."""
        item.only(*ACTION)
        if item.get("do").value == "apply":
            self._over_time.foretell(item)

    def submit_or_add(self, item: Field) -> None:
        """First pass: new workloads and nodes, so that other actions may name them."""
        do = item.get("do").text()
        if do == "submit":
            self._submit(item)
        elif do == "addNodes":
            self._added[item.path] = self._new_nodes(item)

    def _submit(self, item: Field) -> None:
        one = item.get("workload")
        entries = [*([one] if one.present else []), *item.get("workloads").items()]
        if not entries:
            item.wrong("submit needs workload or workloads")
        for entry in entries:
            if entry.get("submit").present:
                entry.get("submit").wrong("the action's `at` says when it is submitted", at_key=True)
            self._submissions.entry(entry, item.get("at").duration())

    def _new_nodes(self, item: Field) -> tuple[Node, ...]:
        pool = item.get("nodePool")
        found = [node(manifest) for manifest in flatten(item.get("nodes").items())]
        if pool.present:
            found += node_pool(pool)
        if not found:
            item.wrong("addNodes needs nodes or nodePool")
        for one in found:
            if one.name in self._nodes:
                item.wrong(f"a second Node named {one.name!r}; names are unique")
            self._nodes.append(one.name)
        return tuple(found)

    def actions(self, item: Field) -> list[Action]:
        """Second pass: the actions of one item."""
        do = item.get("do")
        if not do.present:
            item.wrong(f"do is missing; {near_miss('', FIELDS)}")
            return []
        if do.choice(FIELDS, "") == "":
            return []
        name = do.text()
        for key, child in item.entries():
            if key in ACTION and key not in ("at", "do", *FIELDS[name]):
                child.wrong(f"{key} has no effect with {name}; {near_miss(key, FIELDS[name])}", at_key=True)
        if not item.get("at").present:
            item.wrong("at is missing")
        at = item.get("at").duration()
        if name in NODE_ACTIONS:
            return [Action(at, NODE_ACTIONS[name], target) for target in self._targets(item)]  # type: ignore[arg-type]
        if name == "taint":
            return self._taint(item, at)
        if name == "scale":
            return self._over_time.scale(item, at)
        if name == "patch":
            return self._over_time.patch(item, at)
        if name == "delete":
            return self._deletions(item, at)
        if name in WORKLOAD_ACTIONS:
            return [_workload_action(item, at, self._workload(item))]
        if name == "addNodes":
            return [Action(at, "add-nodes", nodes=self._added[item.path])]
        if name == "apply":
            return self._over_time.apply(item, at)
        return [self._stop(item, at)] if name == "stop" else []

    def _deletions(self, item: Field, at: int) -> list[Action]:
        """What a ``delete`` means: workloads by name or pattern, or objects with all their work."""
        name = item.get("workload").text()
        if not item.get("workload").present:
            if not any(item.get(other).present for other in FIELDS["delete"]):
                item.wrong("workload, manifest or object is missing: what is deleted")
            return self._over_time.delete(item, at)
        found = self._over_time.deleted_by_name(name, at) if name else None
        if found is not None:
            return found
        known = self._submissions.named
        if "*" in name or "?" in name:
            meant = [key for key, one in known.items() if fnmatchcase(key, name) or fnmatchcase(one.name, name)]
            meant = [key for key in meant if known[key].created_ms <= at]
            if not meant:
                item.get("workload").missing(f"no workload that is there at this time is called like {name!r}")
            return [Action(at, "delete", key) for key in meant]
        return [Action(at, "delete", self._workload(item))]

    def _targets(self, item: Field) -> list[str]:
        one, pool = item.get("node"), item.get("pool")
        names = [*([one] if one.present else []), *item.get("nodes").items()]
        for name in names:
            if name.text() and name.text() not in self._nodes:
                name.missing(f"there is no Node {name.value!r}; {near_miss(name.value, self._nodes)}")
        found = [name.text() for name in names]
        if pool.present:
            if pool.text() not in self._pools:
                pool.missing(f"there is no node pool {pool.value!r}; {near_miss(pool.value, self._pools)}")
            found += self._pools.get(pool.text(), ())
        if not names and not pool.present:
            item.wrong("node, nodes or pool is missing")
        return found

    def _taint(self, item: Field, at: int) -> list[Action]:
        """Nodes whose taints change."""
        found = taints(item.get("taints"))
        return [Action(at, "taint", target, taints=found) for target in self._targets(item)]

    def _workload(self, item: Field) -> str:
        """The key of the workload that is meant, given as name or namespace/name."""
        field = item.get("workload")
        name = field.needed("the workload's name")
        known = self._submissions.named
        found = [key for key, one in known.items() if name in (key, one.name)]
        if not found and not self._submissions.traces and name:
            names = {one.name for one in known.values()} if "/" not in name else known
            field.missing(f"there is no workload {name!r}; {near_miss(name, names)}")
        if len(found) > 1:
            field.wrong(f"several workloads are named {name!r}: {', '.join(sorted(found))}")
        return found[0] if found else name

    def _stop(self, item: Field, at: int) -> Action:
        queue, local = item.get("clusterQueue"), item.get("localQueue")
        if queue.present == local.present:
            item.wrong("stop needs either clusterQueue or localQueue")
        names = [one.name for one in self._policy.cluster_queues]
        keys = [f"{one.namespace}/{one.name}" for one in self._policy.local_queues]
        for field, kind, accepted in ((queue, "ClusterQueue", names), (local, "LocalQueue", keys)):
            if field.present and field.text() and field.text() not in accepted:
                field.missing(f"there is no {kind} {field.value!r}; {near_miss(field.value, accepted)}")
        stop = item.get("stopPolicy").choice(("None", "Hold", "HoldAndDrain"), "Hold")
        action = Action(at, "stop", queue.text() or local.text(), stop_policy=stop)
        self._changes.stopped(action)
        return action


def _workload_action(item: Field, at_ms: int, workload: str) -> Action:
    """An action on one workload, whose key is ``workload``."""
    name = item.get("do").text()
    state = item.get("state")
    if name == "check" and not state.present:
        item.wrong(f"state is missing; {near_miss('', STATES)}")
    named = {"check": "check", "openGate": "gate"}.get(name)
    return Action(
        at_ms,
        _NAMES.get(name, name),  # type: ignore[arg-type]
        workload,
        name=item.get(named).needed(named) if named else item.get("priorityClass").text(),
        state=state.choice(STATES, "Pending"),  # type: ignore[arg-type]
        priority=item.get("priority").integer(),
    )
