"""Rules about objects that are named and not described."""

from collections.abc import Iterator

from kueue_sim.model.label_matching import selects
from kueue_sim.policytest.lint.findings import Found, rule
from kueue_sim.policytest.lint.inspected import Inspected


@rule("KS210", "namespace-not-described", "note")
def namespace_not_described(world: Inspected) -> Iterator[Found]:
    """A ClusterQueue selects namespaces by their labels, and no manifest says which labels a namespace has.

    A namespace that is made by `kubectl create namespace` and labelled by `kubectl label` is among no manifests. Here
    it has no labels but its name, so the queue does not admit from it, although it may in the cluster.

    Add the Namespace with its labels to the manifests.
    """
    for queue in world.policy.cluster_queues:
        if queue.namespace_selector is None:
            continue
        for local in world.local_queues(queue):
            own = world.written("LocalQueue", f"{local.namespace}/{local.name}")
            described = world.written("Namespace", local.namespace)
            labels = {"kubernetes.io/metadata.name": local.namespace}
            if own is not None and described is None and not selects(queue.namespace_selector, labels):
                yield (
                    f"no Namespace object describes {local.namespace}, where LocalQueue {local.name} of ClusterQueue "
                    f"{queue.name} is; without its labels the namespaceSelector does not match it",
                    own.source.place(own.path),
                )


@rule("KS211", "reference-elsewhere", "error")
def reference_elsewhere(world: Inspected) -> Iterator[Found]:
    """An object names another one that is not among the manifests.

    Kueue accepts that and waits for the other object: a LocalQueue without its ClusterQueue and a ClusterQueue without
    its flavors are inactive, and their work waits. Looked at where files are checked without a scenario; in a scenario,
    which describes its world as a whole, such a name is a mistake.

    Check the files together with those of the other repository, or correct the name.
    """
    for one in world.loaded.elsewhere:
        yield one.message, one.field.source.place(one.field.path)
