"""What workloads of one equivalence class ask of one ClusterQueue, with everything known beforehand but usage.

Most of flavor assignment does not depend on the moment: which pod sets share a decision (R5.2), which resource groups
serve them and in which order they are looked at (R5.3), which flavors can never serve them (R5.10–R5.13), and what
each of the others would be charged, by slot. All of it is worked out once per equivalence class and number of pods;
an evaluation then compares amounts (``flavor_assigner``).

Worked number: a pod set of 4 pods with 2 GPUs and 8 cores each, in a queue whose one resource group covers both, with
flavors ``spot`` and ``reserved``: one part with two options, each with the demands (8 GPUs, 32 cores) in its own slots.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from kueue_sim.model import PodSet
from kueue_sim.policy.compiled_policy import CompiledGroup, CompiledPolicy, CompiledQueue
from kueue_sim.policy.flavors.flavor_fungibility import FITS
from kueue_sim.policy.flavors.flavor_matching import FlavorMatcher
from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.policy.workloads.assignment import Assignment, pod_set_groups, requests_of, visiting_order
from kueue_sim.policy.workloads.workload_info import Pending


@dataclass(frozen=True, slots=True)
class FlavorOption:
    """A flavor of the list: its place, and per resource (by name) its slot and what would be charged there.

    ``rejection`` is why it can never serve the pods, "" when it may; ``mismatched`` tells a flavor that does not
    match them (R5.11–R5.13) from one that the workload is not allowed to use (R5.10).
    """

    index: int
    flavor: str
    demands: tuple[tuple[str, int, int], ...]
    rejection: str = ""
    mismatched: bool = False


@dataclass(frozen=True, slots=True)
class RequestPart:
    """What is asked of one resource group. The scan remembers its progress under ``resource``, the first looked at."""

    resource: str
    covered: frozenset[str]
    options: tuple[FlavorOption, ...]


@dataclass(frozen=True, slots=True)
class PodSetGroup:
    """Pod sets that share one flavor decision (R5.2), by their places in the workload.

    ``unavailable`` is the resource after the parts that no resource group covers, "" when all are covered.
    """

    members: tuple[int, ...]
    parts: tuple[RequestPart, ...]
    unavailable: str = ""


@dataclass(slots=True)
class CompiledRequest:
    """A workload's request in one queue. ``requests`` are the totals per pod set and resource.

    ``placed``: a topology decides where the pods go, so that quota alone never answers. ``answers`` are the assignments
    given so far by the numbers they depend on; equal answers are one object, which nobody may change. ``at_home`` are
    these numbers where all fits into the queue's own quota of the first flavor; ``answer_at_home`` is the answer then,
    None until it was given.
    """

    pod_sets: tuple[PodSet, ...]
    counts: tuple[int, ...]
    requests: tuple[Mapping[str, int], ...]
    groups: tuple[PodSetGroup, ...]
    placed: bool
    simple: RequestPart | None
    """The one part of a request that one flavor list serves, else None."""
    home: tuple[tuple[str, int, int], ...] | None
    """What a simple request asks of the first flavor, where that may serve it and quota alone answers, else None."""
    at_home: tuple[int, ...]
    single: tuple[int, int] | None
    """Slot and amount of a simple request for one resource that one flavor alone may serve, wherever its pods go; else
    None. Its answers go by mode, level and what is missing alone."""
    sole: tuple[int, int] | None
    """The same, also where a topology decides where the pods go: then these are the numbers that quota's part of the
    answer goes by."""
    shrinks: bool
    """Whether fewer pods would do (R5.50)."""
    serving: tuple[tuple[FlavorOption, ...], ...] | None
    """Per resource group that is asked, the flavors that may serve, where all pod sets share them, and each group has
    any; else None."""
    answers: dict[tuple[int, ...], Assignment] = field(default_factory=dict)
    alike: dict[tuple[object, ...], Assignment] = field(default_factory=dict)
    """To a ``simple`` request, an answer by where the scan starts, and by mode, level, and whether more is asked for
    than there could ever be of each resource of each flavor: all others of these have other numbers that are missing,
    and nothing else."""
    answer_at_home: Assignment | None = None
    in_vain: dict[tuple[int, ...], tuple[object, Assignment]] = field(default_factory=dict)
    """Where a topology places the pods and nobody can be evicted: the assignments, with the places that they keep from
    others, and the room of the topology that these were found in."""

    def fits_at_home(self, node: QuotaNode) -> bool:
        """Whether all fits into the own quota of the queue at this node now, and needs no other flavor."""
        if self.home is None:
            return False
        usage, nominal = node.usage, node.nominal
        for _, slot, amount in self.home:
            if usage[slot] + amount > nominal[slot] or (node.parent is not None and amount > node.raw_available(slot)):
                return False
        return True


class RequestCompiler:
    """Compiles requests for the queues of one policy. ``uses_topology`` says it of a queue's pod set (R20.13)."""

    def __init__(self, compiled: CompiledPolicy, uses_topology: Callable[[CompiledQueue, PodSet], bool]) -> None:
        self._compiled = compiled
        self._matcher = FlavorMatcher(compiled)
        self._uses_topology = uses_topology
        self._places = compiled.settings.gate("TopologyAwareScheduling")

    def compile(self, queue: CompiledQueue, pending: Pending, counts: Sequence[int]) -> CompiledRequest:
        """The request for so many pods per pod set."""
        pod_sets = pending.pod_sets
        requests = tuple(
            requests_of(pod_set, number, "pods" in queue.group_of)
            for pod_set, number in zip(pod_sets, counts, strict=True)
        )
        groups = tuple(self._group(queue, pending, members, requests) for members in pod_set_groups(pod_sets))
        placed = self._places and any(self._uses_topology(queue, pod_set) for pod_set in pod_sets)
        one_list = len(groups) == 1 and len(groups[0].parts) == 1 and not groups[0].unavailable
        simple = groups[0].parts[0] if one_list else None
        first = simple.options[0] if simple is not None and simple.options else None
        asked = first.demands if first is not None and not first.rejection else None
        alone = simple is not None and len(simple.options) == 1
        sole = asked[0][1:] if alone and asked is not None and len(asked) == 1 else None
        home, single = (None, None) if placed else (asked, sole)
        at_home = (FITS, 0, 0) if single is not None else (0, *(FITS, 0, 0) * len(home or ()))
        shrinks = any(pod_set.min_count is not None for pod_set in pod_sets)
        return CompiledRequest(
            pod_sets,
            tuple(counts),
            requests,
            groups,
            placed,
            simple,
            home,
            at_home,
            single,
            sole,
            shrinks,
            _serving(groups),
        )

    def _group(
        self, queue: CompiledQueue, pending: Pending, members: Sequence[int], requests: Sequence[Mapping[str, int]]
    ) -> PodSetGroup:
        total: dict[str, int] = {}
        for index in members:
            for resource, amount in requests[index].items():
                total[resource] = total.get(resource, 0) + amount
        parts: list[RequestPart] = []
        served: set[str] = set()
        for resource in sorted(total, key=visiting_order):
            group = queue.group_of.get(resource)
            if group is None:
                ignored = total[resource] == 0 and self._compiled.settings.release.ignores_zero_requests
                if ignored or self._compiled.settings.ignore_undeclared_resources:
                    continue
                return PodSetGroup(tuple(members), tuple(parts), resource)
            if resource not in served:
                wanted = [(name, amount) for name, amount in sorted(total.items()) if name in group.covered]
                served.update(name for name, _ in wanted)
                parts.append(
                    RequestPart(resource, group.covered, self._options(queue, pending, group, members, wanted))
                )
        return PodSetGroup(tuple(members), tuple(parts))

    def _options(
        self,
        queue: CompiledQueue,
        pending: Pending,
        group: CompiledGroup,
        members: Sequence[int],
        wanted: Sequence[tuple[str, int]],
    ) -> tuple[FlavorOption, ...]:
        pod_sets = [pending.pod_sets[index] for index in members]
        allowed = pending.workload.allowed_flavors
        options = []
        for index, (flavor, slots) in enumerate(group.flavors):
            demands = tuple((name, slots[name], amount) for name, amount in wanted)
            if allowed and flavor not in allowed:
                reason = f"skipping flavor {flavor} due to WorkloadAllowedResourceFlavorAnnotation annotation"
                options.append(FlavorOption(index, flavor, demands, reason))
            else:
                mismatch = self._matcher.mismatch(queue, group, flavor, pod_sets)
                options.append(FlavorOption(index, flavor, demands, mismatch, bool(mismatch)))
        return tuple(options)


def _serving(groups: Sequence[PodSetGroup]) -> tuple[tuple[FlavorOption, ...], ...] | None:
    """Per resource group, the flavors that may serve."""
    if len(groups) != 1 or groups[0].unavailable:
        return None
    found = tuple(tuple(option for option in part.options if not option.rejection) for part in groups[0].parts)
    return found if all(found) else None


def beyond_slice(
    option: FlavorOption, present: Sequence[tuple[Mapping[str, str], Mapping[str, int]]]
) -> tuple[list[tuple[str, int, int]], tuple[str, ...]]:
    """What a workload asks for beyond the slice it replaces, and why the flavor will not do; empty when it may.

    The workload keeps the flavors of the slice (R5.61–R5.62); what it lacks is told of other flavors all the same.
    """
    demands: list[tuple[str, int, int]] = []
    others: list[str] = []
    for resource, slot, amount in option.demands:
        for flavors, usage in present:
            if flavors.get(resource, "") != option.flavor:
                others.append(
                    f"could not assign {option.flavor} flavor since the original workload is assigned: "
                    f"{flavors.get(resource, '')}"
                )
                break
            amount -= usage.get(resource, 0)
        demands.append((resource, slot, amount))
    return demands, tuple(others)
