"""Which simulation does a scenario file describe? From text to one frozen ``Scenario``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kueue_sim.errors import InputError, Mistake, Place
from kueue_sim.garbage_collection import rare_collections
from kueue_sim.inputs.assembled import Assembled, StepOptions, assemble
from kueue_sim.inputs.documents import VERSION, is_generator
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
from kueue_sim.inputs.kueue.manifests import read_objects
from kueue_sim.inputs.kueue.newer_fields import newer_fields
from kueue_sim.inputs.kueue.overlays import merged
from kueue_sim.inputs.kueue.policy_changes import PolicyChanges
from kueue_sim.inputs.kueue.queues import Directory
from kueue_sim.inputs.kueue.references import (
    Elsewhere,
    check_references,
    complete,
    dispatch_warnings,
    placement_warnings,
    policy_warnings,
    report_missing,
)
from kueue_sim.inputs.kueue.validation import validate
from kueue_sim.inputs.kueue.workload_objects import instant
from kueue_sim.inputs.repository.given import Given, as_list, found
from kueue_sim.inputs.sections.admission_checks import check_behaviors
from kueue_sim.inputs.sections.cluster import read_cluster, refuse_autoscaling, refuse_equal_names
from kueue_sim.inputs.sections.past import read_past
from kueue_sim.inputs.sections.placement import placement
from kueue_sim.inputs.sections.policy import PolicySection, read_policy
from kueue_sim.inputs.sections.present import PresentReader
from kueue_sim.inputs.sections.runtimes import Runtimes
from kueue_sim.inputs.sections.timeline import read_timeline
from kueue_sim.inputs.sections.workloads import Submissions
from kueue_sim.inputs.text.field import Field, Report, Source
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
from kueue_sim.inputs.text.yamltext import read_yaml
from kueue_sim.model import Policy, Scenario
from kueue_sim.model.team_names import tell_apart
from kueue_sim.units import parse_instant

START = "2026-01-01T00:00:00Z"
_STEPS = StepOptions()
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


def load_scenario(
    path: Given | Sequence[Given],
    overrides: Sequence[Override] = (),
    overlays: Sequence[str | Path] = (),
    *,
    strict: bool = False,
    steps: StepOptions = _STEPS,
) -> Scenario:
    """The scenario of a file, a folder, several of them, or standard input (``-``).

    A scenario file stands for itself; Kueue manifests, jobs, HyperPod requests and scripts become one.

    ``overrides`` set single values (``path=value`` or ``(path, value)``); ``overlays`` are files with manifests that
    are merged into the policy by kind and name, or with partial scenarios merged into this one. ``strict`` takes wrong
    rows of traces for mistakes. Raises InputError with all mistakes.
    """
    return load(path, overrides, overlays, strict=strict, steps=steps).scenario


@rare_collections()
def load(
    path: Given | Sequence[Given],
    overrides: Sequence[Override] = (),
    overlays: Sequence[str | Path] = (),
    *,
    strict: bool = False,
    steps: StepOptions = _STEPS,
    beside: Beside | None = None,
) -> Loaded:
    """As ``load_scenario``, with the fields that tell where everything stands."""
    sources = found(as_list(path))
    while True:
        report = Report()
        assembled = assemble(sources, report, steps)
        try:
            loaded = load_assembled(assembled, report, overrides, overlays, strict=strict, beside=beside)
        except InputError:
            if assembled.open_wait is None:
                raise
            steps = replace(steps, awaited=None)  # so that mistakes behind the wait are told as well
            continue
        if assembled.open_wait is None or steps.awaited is None:
            return loaded
        steps = replace(steps, waited=(*steps.waited, steps.awaited(loaded.scenario, assembled.open_wait)))


def load_assembled(
    assembled: Assembled,
    report: Report,
    overrides: Sequence[Override] = (),
    overlays: Sequence[str | Path] = (),
    *,
    strict: bool = False,
    beside: Beside | None = None,
) -> Loaded:
    """As ``load``, of what was put together already."""
    loading = _Loading(report, Files(assembled.folder, report), assembled.name, strict, assembled, beside)
    return loading.loaded(assembled.documents, overrides, overlays)


def scenario_from_text(
    text: str, overrides: Sequence[Override] = (), *, folder: str | Path = ".", name: str = "scenario"
) -> Scenario:
    """The scenario of a YAML text; the files it names are looked for in ``folder``. Raises InputError."""
    report = Report()
    documents = read_yaml(text, f"<{name}>", report)
    return _Loading(report, Files(Path(folder), report), name).loaded(documents, overrides, ()).scenario


def scenario_from_dict(
    document: Mapping[str, object],
    overrides: Sequence[Override] = (),
    *,
    folder: str | Path = ".",
    name: str = "scenario",
) -> Scenario:
    """The scenario of plain values as a YAML reader returns them. ``overrides`` change a copy. Raises InputError."""
    report = Report()
    field = Field(_copy(document), Source(), report)
    return _Loading(report, Files(Path(folder), report), name).loaded([field], overrides, ()).scenario


def load_document(
    document: Field,
    folder: Path,
    name: str,
    overrides: Sequence[Override] = (),
    overlays: Sequence[str | Path] = (),
    beside: Beside | None = None,
) -> Loaded:
    """As ``load``, of a document that was put together elsewhere; overrides change its value in place."""
    loading = _Loading(document.report, Files(folder, document.report), name, beside=beside)
    return loading.loaded([document], overrides, overlays)


def _copy(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list | tuple) else value


@dataclass(slots=True)
class _Loading:
    """One document on its way to a scenario."""

    report: Report
    files: Files
    name: str
    strict: bool = False
    assembled: Assembled | None = None
    beside: Beside | None = None
    elsewhere: tuple[Elsewhere, ...] = ()
    unknown_classes: tuple[tuple[str, Place | None], ...] = ()
    told: tuple[str, ...] = ()
    changed: bool = False
    """Whether something is laid over what is decided by: somebody changes that at the start."""

    @property
    def by_itself(self) -> bool:
        """Whether no scenario file describes the world as a whole."""
        return self.assembled is not None and self.assembled.by_itself

    def loaded(
        self, documents: Sequence[Field], overrides: Sequence[Override], overlays: Sequence[str | Path]
    ) -> Loaded:
        self.report.check()
        document = self._only_document(documents)
        self.report.strict = document.get("validation").choice(("refuse", "accept"), "refuse") == "refuse"
        above = {Path(path).name: self.files.overlay(path) for path in overlays}
        for patch in (patch for patches in above.values() for patch in patches):
            document = merged(document, patch) if patch.get("kind").value == "Scenario" else document
        changes = read_overrides(overrides, self.report)
        self.changed = are_of_what_decides(changes, (patch for patches in above.values() for patch in patches))
        apply_to_document(document, changes)
        if is_generator(document):
            scenario = self._generated(document, changes)
            self.report.check()
            return Loaded(scenario, document, ())
        requests = [patch for patches in above.values() for patch in patches if not patch.get("kind").present]
        policy = read_policy(document.get("policy"), self.files, requests)
        if policy.hyperpod is not None:
            self.report.check()  # what Kueue would say of objects that wrong requests make is no help
        for name, patches in above.items():
            kinds = [patch for patch in patches if patch.get("kind").value not in (None, "Scenario")]
            policy.lay_over(kinds, name)
        apply_to_manifests(policy.manifests, changes, self.report)
        scenario = self._scenario(document, policy, changes)
        if self.beside is not None:
            self.beside(scenario, document)
        self.report.check()
        kueue = policy.configured(document.get("kueue"))
        governed, manifests = policy.hyperpod is not None, tuple(policy.manifests)
        tell_apart(_tenants(scenario.policy))
        return Loaded(scenario, document, manifests, governed, kueue, self.elsewhere, self.unknown_classes, self.told)

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

    def _scenario(self, document: Field, policy: PolicySection, changes: Sequence[Change | Move]) -> Scenario:
        document.only(*SCENARIO)
        if not document.get("apiVersion").present:
            document.wrong(f"apiVersion is missing; accepted: {VERSION}")
        document.get("apiVersion").choice((VERSION,), VERSION)
        document.get("description").text()
        read_releases(document.get("versions"))
        kueue = settings(policy.configured(document.get("kueue")), policy.hyperpod)
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
        nodes, node_pods = cluster.nodes + objects.nodes, cluster.node_pods + objects.node_pods
        refuse_equal_names(nodes, document.get("cluster"))
        seed, (horizon, drain) = document.get("seed").integer(), _time(document)
        configuration = policy.configured(document.get("kueue"))
        given = gates(configuration, kueue.version)
        directory = Directory(
            objects.policy,
            kueue,
            integrations=read_integrations(configuration.get("configuration")),
            gates=given,
            device_classes=device_classes(configuration.get("configuration", "resources")),
            start=start.text(START),
            horizon_ms=horizon,
            elsewhere=[] if self.by_itself else None,
        )
        directory.companions.learn(policy.manifests)
        placed = placement(document.get("placement"))
        if placed.policy == "none":
            refuse_autoscaling(document.get("cluster", "nodePools"))
        present = PresentReader(objects.policy, start_ms, self.changed)
        runtimes = Runtimes.read(document.get("runtimes"))
        submissions = Submissions(directory, self.files, seed, horizon, self.strict, present, runtimes)
        for workload in objects.workloads:
            submissions.add(runtimes.given_to(workload, lasts=False))
        submissions.read(document.get("workloads"))
        changing = PolicyChanges(policy.manifests, objects.policy, kueue, nodes, sharing, policy.governed)
        timeline = read_timeline(document.get("timeline"), submissions, objects.policy, changing, cluster.pools, nodes)
        self.unknown_classes = tuple(directory.unknown_classes)
        has_nodes = bool(nodes) or any(action.nodes for action in timeline)
        self.elsewhere = tuple(report_missing(missing, directory.elsewhere))
        doubts, release = policy.release_told(document.get("kueue"))
        without_effect = (
            *cluster.notes,
            *dispatch_warnings(objects.policy, {str(item.get("kind").value) for item in policy.manifests}),
            *newer_fields(kueue.version, objects.policy, policy.written()),
            *gate_notes(given),
            *configuration_notes(configuration.get("configuration")),
            *placement_warnings(self.report.without_effect, has_nodes),
        )
        self.told = (*doubts, *release, *submissions.left_out(), *without_effect)
        return Scenario(
            name=document.get("name").text() or self.name,
            policy=objects.policy,
            workloads=submissions.ordered(),
            settings=kueue,
            nodes=nodes,
            node_pods=node_pods,
            node_pools=cluster.autoscaled,
            timeline=timeline,
            past=read_past(document.get("past"), directory, present),
            checks=check_behaviors(
                document.get("admissionChecks"),
                (check.name for check in objects.policy.admission_checks),
                submissions.known,
            ),
            timing=timing(document.get("timing")),
            placement=placed,
            horizon_ms=horizon,
            drain=drain,
            start=start.text(START),
            seed=seed,
            drawn_from=submissions.blocks,
            digest=digest([document.value, [change.content for change in changes]], self.files.read),
            warnings=(
                *self.report.remarked(),
                *doubts,
                *policy.notes,
                *submissions.remarks(),
                *(one.message for one in self.elsewhere),
                *policy_warnings(objects.policy, nodes),
                *version_warnings(kueue, objects.policy),
                *without_effect,
            ),
            notes=(
                *release,
                *(() if self.assembled is None else self.assembled.notes),
                *(runtimes.note() if self.by_itself else []),
            ),
            prices=prices_of(document.get("prices"), self.files),
            elastic=any(one.sizes for one in submissions.known.values()),
            expectations=tuple(dict(item.mapping()) for item in document.get("expect").items()),
        )

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
            digest=digest([document.value, [change.content for change in changes]], self.files.read),
        )


def _time(document: Field) -> tuple[int | None, bool]:
    """How long the run goes, None for as long as anything happens, and whether it is drained after that."""
    horizon, drain = document.get("horizon").optional_duration(), document.get("drain").boolean()
    if drain and horizon is None:
        document.get("drain").wrong("a drain begins at the horizon; give one (horizon: 7d, or --until 7d)")
    return horizon, drain


def _tenants(policy: Policy) -> set[str]:
    """Names that reports use for tenants: of ClusterQueues, and of the namespaces with a queue."""
    return {queue.name for queue in policy.cluster_queues} | {queue.namespace for queue in policy.local_queues}
