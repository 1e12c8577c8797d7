"""Releases of Kueue: which there are, and what an older one decides otherwise (docs/kueue/30-versions.md, V1–V38).

The policy is written for the newest release. Where an older one decides otherwise, a field of ``Release`` says so,
named after what the newest does: there every field is True. Each field is read at one place, where its rule stands.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

Patch = tuple[int, int]
"""A release as numbers: 0.16.4 is (16, 4)."""

LAST_PATCHES: Mapping[int, int] = MappingProxyType(
    {10: 6, 11: 9, 12: 10, 13: 10, 14: 8, 15: 8, 16: 9, 17: 8, 18: 6, 19: 2, 20: 0}
)
"""The newest patch of each release line that is modelled. 0.20 is Kueue's main at ff69552e."""
NEWEST = "0.20"
ADD_ONS: Mapping[str, str] = MappingProxyType({"1.3": "0.12", "1.5": "0.18", "1.6": "0.19.2"})
"""The release of Kueue in the lines of HyperPod's add-on for task governance, as far as it is documented."""
_VERSION = re.compile(r"(?:v|release-)?0\.(\d+)(?:\.(\d+)(?:[-+][\w.+-]+)?|\.[xX])?", re.ASCII)
_ADD_ON = re.compile(r"v?(1\.\d+)(?:\.\d+)?(?:-eksbuild\.\d+)?", re.ASCII)


def parse_release(text: str) -> str:
    """The release that a text names: ``v0.16.4`` and its pre-releases are 0.16.4, ``0.16``, ``0.16.x`` and
    ``release-0.16`` its newest patch, ``v1.6.0-eksbuild.1`` what that add-on has.

    Raises ValueError that says what is accepted.
    """
    add_on = _ADD_ON.fullmatch(text)
    if add_on is not None and add_on[1] in ADD_ONS:
        return ADD_ONS[add_on[1]]
    match = _VERSION.fullmatch(text)
    line = int(match[1]) if match is not None else -1
    last = LAST_PATCHES.get(line)
    if match is None or last is None:
        add_ons = ", ".join(f"v{one}.x" for one in ADD_ONS)
        raise ValueError(f"accepted: 0.10 to {NEWEST}, with or without a patch, or a HyperPod add-on ({add_ons})")
    if match[2] is not None and int(match[2]) > last:
        raise ValueError(f"the newest patch of 0.{line} that is modelled is 0.{line}.{last}")
    return f"0.{line}" if match[2] is None else f"0.{line}.{match[2]}"


def patch_of(version: str) -> Patch:
    """The release as numbers, the newest patch for a line."""
    _, line, *patch = version.split(".")
    return int(line), int(patch[0]) if patch else LAST_PATCHES[int(line)]


def has_since(version: str, *firsts: str) -> bool:
    """Whether a release has something that came with the first of these patches in their lines, and with all later
    lines."""
    line, patch = patch_of(version)
    since = dict(map(patch_of, firsts))
    return patch >= since[line] if line in since else line > max(since)


def _rule(number: str, told: str, *since: str) -> Any:
    """A rule in which releases differ without a feature gate, and the first patches that have it."""
    return field(metadata={"number": number, "told": told, "since": since})


@dataclass(frozen=True, slots=True)
class Release:
    """What a release decides as the newest does (True), or otherwise (False)."""

    version: str
    sticky_preemptors: bool = _rule(
        "V1",
        "a preemptor stays at the head of its BestEffortFIFO queue (R3.12)",
        "0.13.6",
        "0.14.1",
    )
    batches_waking: bool = _rule(
        "V32",
        "what waits comes back a second after what woke it (R3.21); before, at once",
        "0.15.5",
        "0.16.2",
        "0.17.0",
    )
    searches_victims_per_flavor: bool = _rule(
        "V4",
        "while flavors are compared, a search says whether evictions would help (R5.23)",
        "0.12.3",
    )
    level_after_preemption: bool = _rule(
        "V5",
        "the borrowing level of a flavor that needs preemption is measured without its victims (R5.24)",
        "0.13.0",
    )
    borrowing_distance: bool = _rule(
        "V6",
        "of two flavors that borrow, the one that borrows nearer is better (R5.25)",
        "0.13.5",
    )
    flavor_preference: bool = _rule(
        "V7",
        "ClusterQueues have flavorFungibility.preference",
        "0.15.0",
    )
    preference_as_named: bool = _rule(
        "V35",
        "flavorFungibility.preference means what it says (R5.25); before, its two values were swapped",
        "0.16.2",
    )
    ignores_zero_requests: bool = _rule(
        "V36",
        "a request of 0 of what the ClusterQueue does not cover is ignored (R5.4); before, it is refused",
        "0.16.0",
    )
    own_label_keys: bool = _rule(
        "V38",
        "node selectors count for a flavor by its own label keys (R5.13); before, by those of all flavors of the group",
        "0.17.6",
        "0.18.2",
    )
    useless_flavors_last: bool = _rule(
        "V8",
        "a flavor in which nobody may be evicted ranks below every usable one (R5.25)",
        "0.18.5",
        "0.19.1",
    )
    sorted_resources: bool = _rule(
        "V10",
        "the resources of a request are visited in one order (R5.3)",
        "0.18.5",
        "0.19.1",
    )
    victims_free_their_own_queue: bool = _rule(
        "V11",
        "what victims use is taken off where they run, in the last fit check and in levels of borrowing (R4.39)",
        "0.13.5",
    )
    reclaimers_lend: bool = _rule(
        "V13",
        "what may be reclaimed at any time is not reserved for a waiting preemptor (R4.50)",
        "0.10.4",
        "0.11.2",
    )
    levels_order_entries: bool = _rule(
        "V14",
        "entries are ordered by how far they borrow, not only by whether they do (R4.21)",
        "0.12.0",
    )
    searches_the_tree: bool = _rule(
        "V15",
        "victims are looked for along the tree of Cohorts and labelled by what is needed (R10.18)",
        "0.12.0",
    )
    exact_shares: bool = _rule(
        "V18",
        "shares are not rounded (R11.9)",
        "0.13.5",
    )
    tournament: bool = _rule(
        "V19",
        "fair sharing runs a tournament in the tree (R11.16)",
        "0.11.0",
    )
    branches_borrow: bool = _rule(
        "V37",
        "each branch of the tree is asked whether it borrows (R11.20); before, an entry once, from anybody",
        "0.15.8",
        "0.16.5",
    )
    shares_alone: bool = _rule(
        "V20",
        "fair sharing ignores borrowWithinCohort (R11.50); 0.10.3 did as well, and 0.10.4 took it back",
        "0.11.0",
    )
    weight_zero_owns_its_quota: bool = _rule(
        "V33",
        "with weight 0 only who borrows has the greatest share (R11.12); before, also who stays within its quota",
        "0.11.4",
        "0.12.0",
    )
    borrowers_have_shares: bool = _rule(
        "V34",
        "whoever borrows has a share above 0; before, a small one was rounded to 0, as if nothing were borrowed",
        "0.12.8",
        "0.13.3",
    )
    charges_in_full: bool = _rule(
        "V29",
        "a preemptor is charged in full for the rest of its cycle, not only with what its victims leave missing",
        "0.11.0",
    )
    best_fit_topology: bool = _rule(
        "V30",
        "pods go to the domain they fill best; before, to the one with most room",
        "0.11.0",
    )
    topology_everywhere: bool = _rule(
        "V24",
        "topology-aware flavors serve ClusterQueues that are in a cohort or preempt, and work that asks for none",
        "0.11.0",
    )
    pod_set_groups: bool = _rule(
        "V24",
        "pod sets may share a flavor and a domain as a group, and slices of pods a domain",
        "0.13.0",
    )
    tells_assumed_usage: bool = _rule(
        "V26",
        "messages about the maximum name what earlier pod sets of the workload request",
        "0.13.7",
        "0.14.2",
    )
    tells_paths: bool = _rule(
        "V27",
        "messages about preemptions name the places of both queues in the tree",
        "0.15.0",
    )
    tells_job_uid: bool = _rule(
        "V31",
        "messages about preemptions name the preemptor's job",
        "0.11.0",
    )
    tells_exclusions: bool = _rule(
        "V27",
        "messages about topologies count the nodes that are out of the question",
        "0.14.6",
        "0.15.1",
    )
    tells_canonical_amounts: bool = _rule(
        "V28",
        "amounts of memory that are no whole Ki are told with decimal suffixes",
        "0.13.9",
        "0.14.4",
    )


RULES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {one.name: one.metadata for one in fields(Release) if one.metadata}
)
"""By field of ``Release``: number and text of the rule, and the first patches that have it."""


@cache
def release_of(version: str, instead: tuple[tuple[str, bool], ...] = ()) -> Release:
    """What a release decides; ``version`` is one that ``parse_release`` returned. ``instead``: rules to have
    otherwise."""
    found = {name: has_since(version, *rule["since"]) for name, rule in RULES.items()}
    if not has_since(version, "0.11.0"):
        found["victims_free_their_own_queue"] = True  # V11 is a defect of 0.11 to 0.13.4
        found["shares_alone"] = patch_of(version) == (10, 3)  # V20
    return Release(version, **{**found, **dict(instead)})


@cache
def _spells() -> tuple[tuple[str, Patch, Patch, bool], ...]:
    text = Path(__file__).with_name("feature_gates.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple((row["gate"], patch_of(row["first"]), patch_of(row["last"]), row["default"] == "on") for row in rows)


Gate = Literal[
    "FlavorFungibility",
    "FlavorFungibilityPreserveScanProgress",
    "PartialAdmission",
    "ReclaimablePods",
    "PrioritySortingWithinCohort",
    "SchedulingEquivalenceHashing",
    "RecomputeAssignmentUponPreemptionTargetsOverlap",
    "PrioritizePreemptorWorkloads",
    "QuotaCheckStrategy",
    "VectorizedResourceRequests",
    "AdmissionFairSharing",
    "FairSharingPreemptWithinNominal",
    "FairSharingPrioritizeNonBorrowing",
    "PriorityBoost",
    "WorkloadPriorityClassDefaulting",
    "AdmissionGatedBy",
    "ElasticJobsViaWorkloadSlices",
    "ElasticJobsViaWorkloadSlicesWithTAS",
    "ConcurrentAdmission",
    "MultiKueueOrchestratedPreemption",
    "DisableWaitForPodsReady",
    "FastQuotaReleaseInPodIntegration",
    "SkipReassignmentForPodOwnedWorkloads",
    "UnadmittedWorkloadsObservability",
    "TopologyAwareScheduling",
    "TASRecomputeAssignmentWithinSchedulingCycle",
    "TASFailedNodeReplacement",
    "TASFailedNodeReplacementFailFast",
    "TASReplaceNodeOnPodTermination",
    "TASReplaceNodeOnNodeTaints",
    "TASHandleOverlappingFlavors",
    "TASProfileMixed",
    "TASMultiLayerTopology",
    "TASBalancedPlacement",
    "TASRespectNodeAffinityPreferred",
    "SchedulerLibraryIntegration",
    "SchedulerLongRequeueInterval",
    "SchedulerTimestampPreemptionBuffer",
    "FlavorFungibilityImplicitPreferenceDefault",
]
"""The feature gates that the policy and the engine ask for."""
DECISIVE_GATES: tuple[Gate, ...] = get_args(Gate)


@cache
def gate_defaults(version: str) -> Mapping[str, bool]:
    """Every feature gate that a release has, with its default."""
    patch = patch_of(version)
    return MappingProxyType({gate: default for gate, first, last, default in _spells() if first <= patch <= last})


@cache
def decisive_gates(version: str) -> Mapping[Gate, bool]:
    """The defaults of all decisive gates: one that a release does not have is off, but for what it always did."""
    known = gate_defaults(version)
    return MappingProxyType({name: known.get(name, name == "ReclaimablePods") for name in DECISIVE_GATES})


def releases_of_gate(name: str) -> list[str]:
    """The release lines in which some patch has a gate, oldest first; none for a name no release knows."""
    spans = [(first, last) for gate, first, last, _ in _spells() if gate == name]
    return [f"0.{line}" for line in LAST_PATCHES if any(first[0] <= line <= last[0] for first, last in spans)]
