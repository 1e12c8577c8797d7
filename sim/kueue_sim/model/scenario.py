"""One simulation as one frozen value: the cluster, the policy, the work, and what happens when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from kueue_sim.model.checks import CheckBehavior, CheckState
from kueue_sim.model.node_pools import AutoscaledPool
from kueue_sim.model.objects import (
    AdmissionCheck,
    ClusterQueue,
    Cohort,
    LocalQueue,
    Namespace,
    Node,
    NodePod,
    ResourceFlavor,
    Taint,
    Topology,
    WorkloadPriorityClass,
)
from kueue_sim.model.past import PastJob
from kueue_sim.model.placement import Placement
from kueue_sim.model.prices import Prices
from kueue_sim.model.settings import IDEAL, Settings, Timing
from kueue_sim.model.workload import PodSet, Workload


@dataclass(frozen=True, slots=True)
class Policy:
    """All policy objects. Names are unique per kind; LocalQueues per namespace."""

    flavors: tuple[ResourceFlavor, ...] = ()
    cluster_queues: tuple[ClusterQueue, ...] = ()
    cohorts: tuple[Cohort, ...] = ()
    local_queues: tuple[LocalQueue, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    priority_classes: tuple[WorkloadPriorityClass, ...] = ()
    topologies: tuple[Topology, ...] = ()
    admission_checks: tuple[AdmissionCheck, ...] = ()


PolicyObject = ResourceFlavor | ClusterQueue | Cohort | LocalQueue | Namespace


@dataclass(frozen=True, slots=True)
class Action:
    """Something the administrator or the world does at ``at_ms``.

    ``delete``: target is a workload key. Node actions: target is the node name; ``taint``: it has these ``taints``
    from now on. ``apply``: ``objects`` replace those of the same kind and name. ``stop``: target is the name of a
    ClusterQueue, or ``namespace/name`` of a LocalQueue, and ``stop_policy`` its new policy. ``remove``: the
    ClusterQueue, Cohort or LocalQueue, which kind says ``name``, called ``target`` is deleted (R6.64). ``add-nodes``
    uses ``nodes``.
    The others change a workload: ``activate``, ``deactivate`` (R6.50–R6.52), ``pods-ready`` and
    ``pods-failed`` (R6.31), ``open-gate`` with the gate's ``name``, ``check`` with the check's ``name`` and
    its ``state``, ``priority`` with the new effective ``priority`` and the WorkloadPriorityClass ``name`` it comes
    from, "" for the one it has, ``scale`` with the ``pod_sets`` that an elastic job has from now on, ``edit`` with the
    ``workload`` that a job amounts to from now on, under the name it gets where it starts anew. ``class``: the
    WorkloadPriorityClass ``name`` has another value, ``priority``, for what is there and what comes (R1.32).
    """

    at_ms: int
    do: Literal[
        "delete",
        "cordon",
        "uncordon",
        "drain",
        "taint",
        "fail",
        "repair",
        "add-nodes",
        "remove-node",
        "apply",
        "stop",
        "remove",
        "activate",
        "deactivate",
        "pods-ready",
        "pods-failed",
        "open-gate",
        "check",
        "priority",
        "scale",
        "edit",
        "class",
    ]
    target: str = ""
    objects: tuple[PolicyObject, ...] = ()
    nodes: tuple[Node, ...] = ()
    stop_policy: str = "None"
    name: str = ""
    state: CheckState = "Pending"
    priority: int = 0
    pod_sets: tuple[PodSet, ...] = ()
    workload: Workload | None = None
    taints: tuple[Taint, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """What one run needs. ``horizon_ms`` None: until nothing can happen any more.

    ``workloads`` is in order of submission; submissions of the timeline are already merged into it.
    ``past`` is what ran before the start, from which forecasts learn. ``checks`` say what admission checks answer; one
    without an entry is Ready at once. ``notes`` say what of the input was left out, ``warnings`` what is doubtful.
    ``node_pools`` are those that an autoscaler fills; ``nodes`` holds what they begin with. ``elastic``: some jobs
    change their size by themselves. ``prices``: what hours cost, None where nobody said.
    ``drain``: after the horizon nothing is submitted any more, and the run goes on until nobody waits.
    ``drawn_from`` is the number of recorded days or weeks that the work was drawn from by the seed, None where it was
    not drawn like that.
    """

    name: str
    policy: Policy
    workloads: Iterable[Workload]
    settings: Settings = Settings()
    nodes: tuple[Node, ...] = ()
    node_pods: tuple[NodePod, ...] = ()
    node_pools: tuple[AutoscaledPool, ...] = ()
    timeline: tuple[Action, ...] = ()
    checks: tuple[CheckBehavior, ...] = ()
    timing: Timing = IDEAL
    placement: Placement = Placement()
    horizon_ms: int | None = None
    drain: bool = False
    start: str = "2026-01-01T00:00:00Z"
    seed: int = 0
    drawn_from: int | None = None
    digest: str = ""
    warnings: tuple[str, ...] = ()
    past: tuple[PastJob, ...] = ()
    notes: tuple[str, ...] = ()
    elastic: bool = False
    prices: Prices | None = None
    expectations: tuple[Mapping[str, object], ...] = field(default_factory=tuple)
