"""Rules about where pods go."""

from collections.abc import Iterator

from kueue_sim.policytest.lint.findings import Found, rule
from kueue_sim.policytest.lint.inspected import Inspected


@rule("KS601", "placement-sees-nothing", "note")
def placement_sees_nothing(world: Inspected) -> Iterator[Found]:
    """Pods are placed by free cpu and memory, and no node has any.

    `LeastAllocated`, kube-scheduler's default and the default here, scores cpu and memory; GPUs do not count. Where
    nodes have nothing but GPUs all nodes look alike, and pods fill them in order of their names. In a cluster, where
    pods ask for cpu and memory beside their GPUs, the default spreads them instead (rule R21.37).

    Set `placement: GpuSpread` to have pods spread as the default does in a cluster, `GpuPack` for the opposite, or
    give nodes and pods their cpu and memory.
    """
    placement = world.scenario.placement
    if not world.nodes or placement.policy != "LeastAllocated" or placement.weights:
        return
    if any(node.allocatable.get(resource) for node in world.nodes for resource in ("cpu", "memory")):
        return
    document = world.loaded.document
    field = next(one for one in (document.get("placement"), document.get("cluster"), document) if one.present)
    yield "LeastAllocated looks at cpu and memory, and no node has any", field.source.place(field.path, at_key=True)
