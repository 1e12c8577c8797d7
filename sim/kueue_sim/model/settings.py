"""Everything about Kueue's configuration that changes a decision, as one frozen value (docs/kueue, page 8)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from kueue_sim.model.releases import Gate, Release, decisive_gates, gate_defaults, release_of

S2A: Final = "LessThanOrEqualToFinalShare"
S2B: Final = "LessThanInitialShare"


@dataclass(frozen=True, slots=True)
class AdmissionFairSharing:
    """Usage-based order of LocalQueues inside a ClusterQueue (R7.2). Absent weights count 1."""

    half_life_ms: int
    sampling_interval_ms: int = 300_000
    resource_weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WaitForPodsReady:
    """Eviction of workloads whose pods do not become ready (R6.30). ``backoff_limit`` None: endless."""

    timeout_ms: int = 1_800_000
    recovery_timeout_ms: int | None = None
    block_admission: bool = False
    requeue_by_eviction: bool = True
    backoff_base_ms: int = 60_000
    backoff_max_ms: int = 3_600_000
    backoff_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Transformation:
    """Resource transformation of the manager's configuration (R1.25), factors in natural units."""

    input: str
    outputs: Mapping[str, str]
    retain: bool = True
    multiply_by: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """``fair_sharing`` None is classical preemption, otherwise the strategies in order (R11.2). ``rules`` replaces
    single rules of the release, to find out what they are good for."""

    version: str = "0.20"
    gates: Mapping[Gate, bool] = field(default_factory=dict)
    fair_sharing: tuple[str, ...] | None = None
    admission_fair_sharing: AdmissionFairSharing | None = None
    wait_for_pods_ready: WaitForPodsReady | None = None
    ignore_undeclared_resources: bool = False
    exclude_resource_prefixes: tuple[str, ...] = ()
    transformations: tuple[Transformation, ...] = ()
    rules: Mapping[str, bool] = field(default_factory=dict)

    def old_gate(self, name: Gate) -> bool:
        """Whether a gate is on that not every release has; elsewhere it is without effect."""
        return name in gate_defaults(self.version) and self.gate(name)

    @property
    def release(self) -> Release:
        """What the release of Kueue decides otherwise than the newest."""
        return release_of(self.version, tuple(sorted(self.rules.items())))

    def gate(self, name: Gate) -> bool:
        """Whether a feature gate is on: what the user set, else the default of the release."""
        given = self.gates.get(name)
        return decisive_gates(self.version)[name] if given is None else given


@dataclass(frozen=True, slots=True)
class Timing:
    """Latencies, in milliseconds unless the name says otherwise; all zero is the *ideal* profile.

    Moves of parked workloads are batched for ``flush_ms`` (R3.21). With ``cycles_first`` and no batching they come
    after the cycles that see what was released, as in Kueue (R3.30); without, before them, as in the recorded runs.
    ``pod_start_ms`` lies between admission and run, ``termination_ms`` between eviction and release of pods that are on
    nodes. ``eviction_ms`` is the least time from any eviction to the release of quota: Kueue, the job's controller and
    the kubelet each have to act, also when no pod has started yet. ``node_failure_ms`` passes from a node's failure
    until its pods are given up: *typical* are 40 s until the node is found not ready and 300 s that pods tolerate it
    (R20.73). ``round_ms`` is the least time that an eviction takes of work that is evicted and admitted again in rounds
    which would take no time: the kubelet looks at its containers once a second, pods stop and start within seconds.

    The others give the control plane's own work a cost. A cycle takes ``cycle_ms``, ``head_us`` microseconds per head,
    and for each head whose pods a topology has to place ``place_ns`` nanoseconds per node of that topology, whose room
    is counted. Kueue's client makes ``write_burst`` API writes at once and then ``writes_per_s``, 0 without limit, each
    seen by others ``write_ms`` later; ``end_ms`` lies between the end of a run and the release of its quota.
    """

    cycle_ms: int = 0
    head_us: int = 0
    place_ns: int = 0
    flush_ms: int = 0
    writes_per_s: int = 0
    write_burst: int = 0
    write_ms: int = 0
    pod_start_ms: int = 0
    end_ms: int = 0
    termination_ms: int = 0
    node_failure_ms: int = 0
    eviction_ms: int = 0
    round_ms: int = 10_000
    cycles_first: bool = False

    @property
    def timed_control_plane(self) -> bool:
        """Whether the control plane's writes take time, so that cycles lie at different instants."""
        return any((self.head_us, self.place_ns, self.writes_per_s, self.write_ms, self.end_ms))


IDEAL = Timing()
"""What the recorded runs of Kueue were driven by: inadmissible workloads look again before the next cycle."""
PROMPT = Timing(cycles_first=True)
"""Nothing takes time, everything happens in Kueue's own order."""
TYPICAL = Timing(
    cycle_ms=10,
    flush_ms=1000,
    pod_start_ms=15_000,
    termination_ms=30_000,
    node_failure_ms=340_000,
    eviction_ms=1000,
)
CALIBRATED = Timing(
    cycle_ms=5,
    head_us=100,
    place_ns=7000,
    flush_ms=1000,
    writes_per_s=46,
    write_burst=100,
    write_ms=5,
    end_ms=200,
    termination_ms=20,
)
"""Kueue in its own performance test, without pods: chosen so that one profile gives the figures published for all
three suites (docs/benchmarks.md)."""
PROFILES: Mapping[str, Timing] = MappingProxyType(
    {"prompt": PROMPT, "ideal": IDEAL, "typical": TYPICAL, "calibrated": CALIBRATED}
)
"""Timing profiles by name."""
