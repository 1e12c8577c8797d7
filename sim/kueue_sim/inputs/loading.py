"""What does one document amount to? What is laid over it, then its sections in turn, as one frozen ``Scenario``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kueue_sim.errors import Mistake, Place
from kueue_sim.inputs.assembled import Assembled
from kueue_sim.inputs.documents import VERSION, is_generator
from kueue_sim.inputs.kubernetes.nodes import HOSTNAME
from kueue_sim.inputs.kubernetes.prices import prices_of
from kueue_sim.inputs.kueue.configuration import (
    configuration_notes,
    gate_notes,
    gates,
    read_releases,
    refuse_unknown_configuration,
    settings,
    timing,
    version_warnings,
)
from kueue_sim.inputs.kueue.device_claims import device_classes
from kueue_sim.inputs.kueue.integrations import read_integrations
from kueue_sim.inputs.kueue.manifests import Objects, read_objects
from kueue_sim.inputs.kueue.newer_fields import newer_fields
from kueue_sim.inputs.kueue.overlays import merged
from kueue_sim.inputs.kueue.policy_changes import IdleSharing, PolicyChanges
from kueue_sim.inputs.kueue.queues import Directory
from kueue_sim.inputs.kueue.references import (
    Elsewhere,
    check_references,
    complete,
    dispatch_warnings,
    placement_warnings,
    policy_warnings,
    report_missing,
    resource_quota_warnings,
)
from kueue_sim.inputs.kueue.release import Gates
from kueue_sim.inputs.kueue.validation import validate
from kueue_sim.inputs.kueue.workload_objects import instant
from kueue_sim.inputs.sections.admission_checks import check_behaviors
from kueue_sim.inputs.sections.cluster import ClusterSection, read_cluster, refuse_autoscaling, refuse_equal_names
from kueue_sim.inputs.sections.past import read_past
from kueue_sim.inputs.sections.placement import placement
from kueue_sim.inputs.sections.policy import PolicySection, read_policy
from kueue_sim.inputs.sections.present import PresentReader
from kueue_sim.inputs.sections.runtimes import Runtimes
from kueue_sim.inputs.sections.timeline import read_timeline
from kueue_sim.inputs.sections.workloads import Submissions
from kueue_sim.inputs.text.field import Field, Report
from kueue_sim.inputs.text.files import Files, digest
from kueue_sim.inputs.text.overrides import (
    Change,
    Override,
    apply_to_document,
    apply_to_manifests,
    are_of_what_decides,
    names_release,
    read_overrides,
)
from kueue_sim.inputs.text.relative import Move
from kueue_sim.inputs.text.schema import SCENARIO
from kueue_sim.model import Action, Node, Placement, Policy, Scenario, Settings
from kueue_sim.model.team_names import tell_apart
from kueue_sim.units import parse_instant

START = "2026-01-01T00:00:00Z"
Beside = Callable[[Scenario, Field], None]
"""Reads what a document says about its scenario; that has defaults where mistakes were found, which are told with the
new ones."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A scenario with the text it came from: its document and policy manifests as fields with places.

    ``unknown_classes`` are the PriorityClasses that pods name and no manifest describes, with their places.
    ``governed`` says whether HyperPod task governance made some of the manifests; ``kueue`` is the section of that
    name with the manager's Configuration, wherever that stood. ``elsewhere`` are references of files without a scenario
    to objects that are not among them. ``told`` is what is no doubt about the scenario, but how it was read: which
    release and why, and what of it decides nothing.
    """

    scenario: Scenario
    document: Field
    manifests: tuple[Field, ...]
    governed: bool = False
    kueue: Field | None = None
    elsewhere: tuple[Elsewhere, ...] = ()
    unknown_classes: tuple[tuple[str, Place | None], ...] = ()
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _World:
    """What is there before any work. ``manager`` is the ``kueue`` section laid over the manager's Configuration;
    ``missing`` are references to objects that are not there."""

    settings: Settings
    manager: Field
    gates: Gates
    start_ms: int
    cluster: ClusterSection
    objects: Objects
    nodes: tuple[Node, ...]
    sharing: IdleSharing | None
    missing: list[Elsewhere]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is doubtful about the policy, on these nodes and in this release."""
        policy = self.objects.policy
        return (*policy_warnings(policy, self.nodes), *version_warnings(self.settings, policy))


@dataclass(frozen=True, slots=True)
class _Work:
    """What is submitted, and what else happens when."""

    submissions: Submissions
    placement: Placement
    timeline: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Loading:
    """One document on its way to a scenario. ``assembled``: the files it was put together of, None where it is one."""

    report: Report
    files: Files
    name: str
    strict: bool = False
    assembled: Assembled | None = None
    beside: Beside | None = None

    @property
    def by_itself(self) -> bool:
        """Whether no scenario file describes the world as a whole."""
        return self.assembled is not None and self.assembled.by_itself

    def loaded(
        self, documents: Sequence[Field], overrides: Sequence[Override], overlays: Sequence[str | Path]
    ) -> Loaded:
        """The scenario of the only one of these documents, under overlays and overrides. Raises InputError with all
        mistakes."""
        if self.report.mistakes and self.by_itself and documents:
            self.report.partly = True
            self._described(documents[0], self._policy(documents[0], {}), (), changed=False)
        self.report.check()
        document = self._only_document(documents)
        self.report.strict = document.get("validation").choice(("refuse", "accept"), "refuse") == "refuse"
        above = {Path(path).name: self.files.overlay(path) for path in overlays}
        patches = [patch for of_one_file in above.values() for patch in of_one_file]
        for patch in patches:
            document = merged(document, patch) if patch.get("kind").value == "Scenario" else document
        changes = read_overrides(overrides, self.report)
        changed = are_of_what_decides(changes, patches)
        apply_to_document(document, changes)
        if is_generator(document):
            scenario = self._generated(document, changes)
            self.report.check()
            return Loaded(scenario, document, ())
        policy = self._policy(document, above)
        if not self.report.partly:
            apply_to_manifests(policy.manifests, changes, self.report)
        loaded = self._described(document, policy, changes, changed)
        if self.beside is not None and not self.report.partly:
            self.beside(loaded.scenario, document)
        self.report.check()
        tell_apart(_tenants(loaded.scenario.policy))
        return loaded

    def _only_document(self, documents: Sequence[Field]) -> Field:
        present = [document for document in documents if document.present]
        if not present:
            message = f"the file is empty; a scenario starts with apiVersion: {VERSION} and kind: Scenario"
            self.report.mistakes.append(Mistake(None, f"scenario {self.name!r}: {message}"))
            self.report.check()
        document = present[0]
        for other in present[1:]:
            other.wrong("a scenario file holds one document; manifests belong under policy")
        document.get("kind").choice(("Scenario",), "")
        if not document.get("kind").present and not is_generator(document):
            document.wrong("kind is missing; accepted: Scenario")
        self.report.check()
        return document

    def _policy(self, document: Field, overlays: Mapping[str, Sequence[Field]]) -> PolicySection:
        """The policy section under the manifests of overlays."""
        requests = [patch for patches in overlays.values() for patch in patches if not patch.get("kind").present]
        before = len(self.report.mistakes)
        policy = read_policy(document.get("policy"), self.files, requests)
        if len(self.report.mistakes) > before:
            governed = policy.hyperpod is not None
            if governed:
                policy.without_made()  # what Kueue would say of objects that wrong requests make is no help
            self.report.partly |= governed or not policy.manifests
        policy.remember_classes()
        for name, patches in overlays.items():
            kinds = [patch for patch in patches if patch.get("kind").value not in (None, "Scenario")]
            policy.lay_over(kinds, name)
        return policy

    def _described(
        self, document: Field, policy: PolicySection, changes: Sequence[Change | Move], changed: bool
    ) -> Loaded:
        """What a document describes, section by section. ``changed``: somebody changes what is decided by at the start,
        as something is laid over it."""
        _check_head(document)
        world = self._world(document, policy, changes)
        horizon, drain = _time(document)
        hosts = {node.labels.get(HOSTNAME, node.name): node.name for node in world.nodes}
        edited = policy.edited_classes(world.objects.policy)
        present = PresentReader(world.objects.policy, world.start_ms, changed, hosts, edited)
        work = self._work(document, policy, world, horizon, present)
        directory, submissions = work.submissions.directory, work.submissions
        elsewhere = tuple(report_missing(world.missing, directory.elsewhere))
        doubts, release = policy.release_told(document.get("kueue"))
        without_effect = self._without_effect(policy, world, work)
        scenario = Scenario(
            name=document.get("name").text() or self.name,
            policy=world.objects.policy,
            workloads=submissions.ordered(),
            settings=world.settings,
            nodes=world.nodes,
            node_pods=world.cluster.node_pods + world.objects.node_pods,
            node_pools=world.cluster.autoscaled,
            timeline=work.timeline,
            past=read_past(document.get("past"), directory, present),
            checks=check_behaviors(
                document.get("admissionChecks"),
                world.objects.policy.admission_checks,
                submissions.known,
            ),
            timing=timing(document.get("timing")),
            placement=work.placement,
            horizon_ms=horizon,
            drain=drain,
            start=directory.start,
            seed=submissions.seed,
            drawn_from=submissions.blocks,
            digest=self._digest(document, changes),
            warnings=(
                *self.report.remarked(),
                *doubts,
                *policy.notes,
                *submissions.remarks(),
                *submissions.runtimes.idle(),
                *(one.message for one in elsewhere),
                *world.warnings,
                *without_effect,
            ),
            notes=(
                *release,
                *(() if self.assembled is None else self.assembled.notes),
                *(submissions.runtimes.note() if self.by_itself else []),
            ),
            prices=prices_of(document.get("prices"), self.files),
            elastic=any(one.sizes for one in submissions.known.values()),
            expectations=tuple(dict(item.mapping()) for item in document.get("expect").items()),
        )
        return Loaded(
            scenario,
            document,
            tuple(policy.manifests),
            governed=policy.hyperpod is not None,
            kueue=world.manager,
            elsewhere=elsewhere,
            unknown_classes=tuple(directory.unknown_classes),
            told=(*doubts, *release, *submissions.left_out(), *without_effect),
        )

    def _world(self, document: Field, policy: PolicySection, changes: Sequence[Change | Move]) -> _World:
        """What is there before any work: the manager's settings, objects of the policy, nodes."""
        manager = policy.configured(document.get("kueue"))
        kueue = settings(manager, policy.hyperpod)
        start = document.get("start")
        cluster = read_cluster(document.get("cluster"), self.files, kueue, policy.manifests)
        policy.know_topology(cluster.nodes)
        sharing = policy.share_idle(cluster.nodes)
        start_ms = instant(start) if start.present else parse_instant(START)
        objects = read_objects(policy.manifests, kueue, start_ms=start_ms)
        objects = replace(objects, policy=complete(objects.policy))
        named = not self.by_itself and names_release(document, changes)
        self.report.release = kueue.version if named else ""
        for one in (document.get("kueue", "configuration"), *policy.manifests):
            refuse_unknown_configuration(one)
        validate(policy.written(), kueue)
        missing = check_references(policy.manifests, objects.policy)
        nodes = cluster.nodes + objects.nodes
        refuse_equal_names(nodes, document.get("cluster"))
        given = gates(manager, kueue.version)
        return _World(kueue, manager, given, start_ms, cluster, objects, nodes, sharing, missing)

    def _work(
        self, document: Field, policy: PolicySection, world: _World, horizon: int | None, present: PresentReader
    ) -> _Work:
        """What is submitted to this world, and what else happens. ``horizon`` in milliseconds, None without one."""
        configuration = world.manager.get("configuration")
        directory = Directory(
            world.objects.policy,
            world.settings,
            integrations=read_integrations(configuration),
            gates=world.gates,
            device_classes=device_classes(configuration.get("resources")),
            start=document.get("start").text(START),
            horizon_ms=horizon,
            elsewhere=[] if self.by_itself else None,
        )
        directory.companions.learn(policy.manifests)
        placed = placement(document.get("placement"))
        if placed.policy == "none":
            refuse_autoscaling(document.get("cluster", "nodePools"))
        runtimes, seed = Runtimes.read(document.get("runtimes")), document.get("seed").integer()
        submissions = Submissions(directory, self.files, seed, horizon, self.strict, present, runtimes)
        for workload in world.objects.workloads:
            submissions.add(runtimes.given_to_job(workload, "", lasts=False))
        submissions.read(document.get("workloads"))
        of_policy = world.objects.policy
        changing = PolicyChanges(
            policy.manifests, of_policy, world.settings, world.nodes, world.sharing, policy.governed
        )
        timeline = read_timeline(
            document.get("timeline"), submissions, of_policy, changing, world.cluster.pools, world.nodes
        )
        return _Work(submissions, placed, timeline)

    def _without_effect(self, policy: PolicySection, world: _World, work: _Work) -> tuple[str, ...]:
        """What of the files decides nothing."""
        kinds = {str(item.get("kind").value) for item in policy.manifests}
        has_nodes = bool(world.nodes) or any(action.nodes for action in work.timeline)
        return (
            *world.cluster.notes,
            *dispatch_warnings(world.objects.policy, kinds),
            *resource_quota_warnings(kinds),
            *newer_fields(world.settings.version, world.objects.policy, policy.written()),
            *gate_notes(world.gates),
            *configuration_notes(world.manager.get("configuration")),
            *placement_warnings(self.report.without_effect, has_nodes),
        )

    def _digest(self, document: Field, changes: Sequence[Change | Move]) -> str:
        return digest([document.value, [change.content for change in changes]], self.files.read)

    def _generated(self, document: Field, changes: Sequence[Change | Move]) -> Scenario:
        """The scenario of a generator file of Kueue's performance suites."""
        from kueue_sim.inputs.generators.kueue_perf import read_generator

        kueue = settings(document.get("kueue"), None)
        objects, nodes, workloads = read_generator(document, kueue)
        horizon, drain = _time(document)
        return Scenario(
            name=self.name.removesuffix(".generator"),
            policy=complete(objects.policy),
            workloads=workloads,
            settings=kueue,
            nodes=nodes,
            timing=timing(document.get("timing")),
            horizon_ms=horizon,
            drain=drain,
            seed=document.get("seed").integer(),
            digest=self._digest(document, changes),
        )


def _check_head(document: Field) -> None:
    """Notes what is wrong with what a scenario file says of itself, and fields that it does not have; without a policy
    one of these may be meant for it, and then no team is missed."""
    document.only(*SCENARIO)
    if not document.has("policy") and any(key not in SCENARIO for key, _ in document.entries()):
        document.report.partly = True  # the unknown field may be the policy
    if not document.get("apiVersion").present:
        document.wrong(f"apiVersion is missing; accepted: {VERSION}")
    document.get("apiVersion").choice((VERSION,), VERSION)
    document.get("description").text()
    read_releases(document.get("versions"))


def _time(document: Field) -> tuple[int | None, bool]:
    """How long the run goes, None for as long as anything happens, and whether it is drained after that."""
    horizon, drain = document.get("horizon").optional_duration(), document.get("drain").boolean()
    if drain and horizon is None:
        document.get("drain").wrong("a drain begins at the horizon; give one (horizon: 7d, or --until 7d)")
    return horizon, drain


def _tenants(policy: Policy) -> set[str]:
    """Names that reports use for tenants: of ClusterQueues, and of the namespaces with a queue."""
    return {queue.name for queue in policy.cluster_queues} | {queue.namespace for queue in policy.local_queues}
