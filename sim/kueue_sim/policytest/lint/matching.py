"""Rules about selectors, taints, namespaces and nodes: does anything match?"""

from collections.abc import Iterator, Mapping

from kueue_sim.errors import Place
from kueue_sim.model import AffinityTerm, PodSet, Taint
from kueue_sim.model.label_matching import selects
from kueue_sim.policy.workloads.label_matching import untolerated_taint
from kueue_sim.policytest.lint.findings import Found, rule
from kueue_sim.policytest.lint.inspected import Inspected, Submitted, flavors_of, listed


def _flavors(world: Inspected, item: Submitted) -> list[str]:
    return [flavor.name for flavor in flavors_of(item.queue) if flavor.name in world.flavors]


def _wanted(pods: PodSet) -> Iterator[tuple[str, str]]:
    """Label keys a pod set asks for, with what it asks of them in words."""
    for key, value in pods.node_selector.items():
        yield key, f"{key}={value}"
    terms: tuple[AffinityTerm, ...] = pods.required_affinity or ()
    for term in terms:
        for one in term.expressions:
            yield one.key, f"{one.key} {one.operator} {', '.join(one.values)}".strip()


@rule("KS201", "selector-matches-no-flavor", "error")
def selector_matches_no_flavor(world: Inspected) -> Iterator[Found]:
    """A workload selects a label value that no flavor of its queue has.

    All flavors of the ClusterQueue carry the label with other values, so Kueue rejects every one of them and the
    workload waits for ever.

    Correct the selector, or add a flavor with that label to the ClusterQueue.
    """
    for item in world.submitted:
        labels = [world.flavors[name].node_labels for name in _flavors(world, item)]
        for pods in item.first.pod_sets:
            for key, value in pods.node_selector.items():
                if labels and all(own.get(key, value) != value for own in labels):
                    have = listed(own[key] for own in labels)
                    yield (
                        f"{item.who} selects {key}={value}; the flavors of ClusterQueue {item.queue.name} have {have}",
                        world.workload_place(item.first),
                    )


@rule("KS202", "selector-not-in-flavors", "warning")
def selector_not_in_flavors(world: Inspected) -> Iterator[Found]:
    """A workload selects by a node label that no flavor of its queue has, so Kueue does not look at it.

    Kueue compares only labels that the flavor itself names (rule R5.13). It admits the workload on any flavor, and
    the pods then wait for a node that fits, holding quota of the wrong kind.

    Add the label to the `nodeLabels` of the flavors it tells apart.
    """
    for item in world.submitted:
        known = {key for name in _flavors(world, item) for key in world.flavors[name].node_labels}
        for pods in item.first.pod_sets:
            missing = dict.fromkeys(text for key, text in _wanted(pods) if key not in known)
            if missing:
                yield (
                    f"{item.who} selects {listed(missing)}, which no flavor of ClusterQueue {item.queue.name} names; "
                    "Kueue ignores it",
                    world.workload_place(item.first),
                )


@rule("KS203", "flavor-matches-no-node", "error")
def flavor_matches_no_node(world: Inspected) -> Iterator[Found]:
    """A flavor that is in use matches no node.

    Its quota is handed out, and the pods can run nowhere.

    Correct the `nodeLabels` of the flavor or the labels of the nodes.
    """
    if not world.nodes:
        return
    used = {flavor.name for item in world.policy.cluster_queues for flavor in flavors_of(item)}
    for flavor in world.policy.flavors:
        if flavor.name in used and not world.nodes_of(flavor):
            labels = listed(f"{key}={value}" for key, value in flavor.node_labels.items())
            yield (
                f"no node has the labels of flavor {flavor.name} ({labels})",
                world.place("ResourceFlavor", flavor.name, "spec", "nodeLabels"),
            )


@rule("KS204", "node-taint-unknown-to-flavor", "warning")
def node_taint_unknown_to_flavor(world: Inspected) -> Iterator[Found]:
    """All nodes of a flavor have a taint that the flavor neither names nor tolerates.

    Kueue knows taints of flavors only. It admits workloads that do not tolerate the taint, and their pods wait
    although they hold quota.

    Name the taint in `nodeTaints`, so that only tolerating workloads are admitted, or tolerate it for all of them
    in the flavor's `tolerations`.
    """
    for flavor in world.policy.flavors:
        nodes = world.nodes_of(flavor)
        known = set(flavor.node_taints)
        common = [taint for taint in nodes[0].taints if all(taint in node.taints for node in nodes)] if nodes else []
        for taint in common:
            if taint not in known and untolerated_taint([taint], flavor.tolerations) is not None:
                yield (
                    f"every node of flavor {flavor.name} has the taint {_taint(taint)}, which the flavor does not name",
                    world.place("ResourceFlavor", flavor.name, "spec"),
                )


@rule("KS205", "flavor-taint-nobody-tolerates", "warning")
def flavor_taint_nobody_tolerates(world: Inspected) -> Iterator[Found]:
    """A flavor has a taint that nothing submitted to its queues tolerates.

    Kueue never assigns the flavor then, and its quota stays idle.

    Add the toleration to the pods, or to the flavor if all of its users may go there.
    """
    users: dict[str, list[Submitted]] = {}
    for item in world.submitted:
        for name in _flavors(world, item):
            users.setdefault(name, []).append(item)
    for name, items in sorted(users.items()):
        flavor = world.flavors[name]
        blocked: dict[str, Taint] = {}
        for item in items:
            for pods in item.first.pod_sets:
                found = untolerated_taint(flavor.node_taints, (*pods.tolerations, *flavor.tolerations))
                if found is not None:
                    blocked[item.first.key] = found
        if len(blocked) == len(items):
            taint = next(iter(blocked.values()))
            yield (
                f"nothing submitted to its queues tolerates the taint {_taint(taint)} of flavor {name}",
                world.place("ResourceFlavor", name, "spec", "nodeTaints"),
            )


def _taint(taint: Taint) -> str:
    value = f"={taint.value}" if taint.value else ""
    return f"{taint.key}{value}:{taint.effect}"


@rule("KS206", "namespace-selector-matches-nothing", "error")
def namespace_selector_matches_nothing(world: Inspected) -> Iterator[Found]:
    """A ClusterQueue selects no namespace of the LocalQueues that point to it, so it admits nothing.

    An absent `namespaceSelector` selects nothing at all; an empty one, `{}`, selects every namespace. LocalQueues that
    the simulator adds do not count, nor do namespaces whose labels no manifest tells.

    Correct the selector, or the labels of the namespaces.
    """
    spaces: Mapping[str, Mapping[str, str]] = {space.name: space.labels for space in world.policy.namespaces}
    for queue in world.policy.cluster_queues:
        names = {local.namespace for local in world.written_local_queues(queue)}
        if queue.namespace_selector is not None and not all(world.written("Namespace", name) for name in names):
            continue
        matched = [
            name
            for name in names
            if selects(queue.namespace_selector, {"kubernetes.io/metadata.name": name, **spaces.get(name, {})})
        ]
        if names and not matched:
            yield (
                f"the namespaceSelector of ClusterQueue {queue.name} does not match {listed(names)}, where its "
                f"LocalQueues are",
                world.place("ClusterQueue", queue.name, "spec", "namespaceSelector"),
            )


@rule("KS207", "cluster-queue-without-local-queue", "note")
def cluster_queue_without_local_queue(world: Inspected) -> Iterator[Found]:
    """No LocalQueue points to a ClusterQueue, so nobody can submit to it in a cluster.

    The simulator makes one of the same name in namespace `default`, Kueue does not. Looked at only where
    LocalQueues are among the manifests. A ClusterQueue that only lends its quota needs none.

    Add a LocalQueue to the namespaces that should use it.
    """
    if not any(field.get("kind").value == "LocalQueue" for field in world.loaded.manifests):
        return
    for queue in world.policy.cluster_queues:
        if not world.written_local_queues(queue):
            place: Place | None = world.place("ClusterQueue", queue.name)
            yield f"no LocalQueue points to ClusterQueue {queue.name}", place
