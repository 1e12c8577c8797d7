"""Which work is submitted, and in which order? The ``workloads`` section and the submissions of the timeline."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from operator import attrgetter

from kueue_sim.inputs.kueue.beside_manifest import with_beside
from kueue_sim.inputs.kueue.jobs import PodGroups, Submitted, job_workloads
from kueue_sim.inputs.kueue.manifests import first_stands, flatten
from kueue_sim.inputs.kueue.queues import Directory
from kueue_sim.inputs.kueue.short_form import repeated, short_workloads, with_life
from kueue_sim.inputs.kueue.training_sizes import training_sizes
from kueue_sim.inputs.kueue.validation import validate
from kueue_sim.inputs.kueue.work_kinds import LASTING
from kueue_sim.inputs.sections.applied_objects import AppliedObjects
from kueue_sim.inputs.sections.present import PresentReader
from kueue_sim.inputs.sections.runtimes import Runtimes
from kueue_sim.inputs.text.field import Field
from kueue_sim.inputs.text.files import Files
from kueue_sim.inputs.text.schema import LIFE, MANIFEST_ENTRY
from kueue_sim.inputs.text.schema_present import PRESENT
from kueue_sim.model import Policy, Workload
from kueue_sim.units import format_duration

_BY_TIME = attrgetter("created_ms")
MOST_KEPT = 100_000
"""Jobs of generators that are kept and known by name, of all generators together."""


def _present_first(workload: Workload) -> tuple[bool, int]:
    """What is there when the simulation begins, then by time of submission."""
    return workload.status is None, workload.created_ms


@dataclass(frozen=True, slots=True)
class Merged:
    """Several sources of workloads, each in order of submission, as one; may be gone through many times."""

    sources: tuple[Iterable[Workload], ...]

    def __iter__(self) -> Iterator[Workload]:
        return heapq.merge(*self.sources, key=_BY_TIME)


@dataclass(slots=True)
class Submissions:
    """Everything that will be submitted. Names are unique; workloads of traces and of very long generators are not
    looked at.

    ``strict`` takes wrong rows of traces for mistakes. ``runtimes`` are for jobs that say none; ``objects`` are those
    that manifests made. ``blocks``: how many blocks of a recorded trace the work was drawn from, None where it was not.
    """

    directory: Directory
    files: Files
    seed: int
    horizon: int | None
    strict: bool = False
    present: PresentReader = PresentReader(Policy(), 0)
    runtimes: Runtimes = field(default_factory=Runtimes)
    known: dict[str, Workload] = field(default_factory=dict)
    traces: list[Iterable[Workload]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    blocks: int | None = None
    groups: PodGroups = field(default_factory=PodGroups)
    objects: AppliedObjects = field(init=False)
    _entries: dict[str, Field] = field(default_factory=dict)
    _later: dict[str, Workload] = field(default_factory=dict)
    """What has a name that was free, and comes when a job starts anew."""
    _generated_jobs: int = 0

    def __post_init__(self) -> None:
        slices = self.directory.settings.gate("ElasticJobsViaWorkloadSlices")
        self.objects = AppliedObjects(self.of_manifest, self.submit_again, self._with_free_name, self.notes, slices)

    def read(self, entries: Field) -> None:
        """Adds the workloads of all entries of the ``workloads`` section."""
        read = [(entry, self._documents(entry)) for entry in entries.items()]
        for _, documents in read:
            self.directory.companions.learn(documents)
            names = (document.get("metadata", "name").value for document in documents)
            self.directory.given_names.update(name for name in names if isinstance(name, str))
        for entry, documents in read:
            for workload in self._of_entry(entry, documents, None):
                self.add(workload, entry)

    def entry(self, entry: Field, at_ms: int) -> None:
        """Adds the workloads of one entry that is submitted at an instant, whatever the entry says."""
        documents = self._documents(entry)
        self.directory.companions.learn(documents)
        for workload in self._of_entry(entry, documents, at_ms):
            self.add(workload, entry)

    def remarks(self) -> list[str]:
        """What was left out of the submitted work, or read in another way than written."""
        classes = dict.fromkeys(name for name, _ in self.directory.unknown_classes)
        unknown = [
            f"no manifest describes the PriorityClass {name}: it counts as priority 0, a cluster would refuse its pods"
            for name in classes
        ]
        return [*self.left_out(), *unknown]

    def left_out(self) -> list[str]:
        """What was left out of the submitted work, or decides nothing."""
        idle = [f"decides nothing here: {one}" for one in self.directory.idle_fields]
        return [*self.notes, *idle, *self.directory.companions.notes, *self.groups.notes, *self.groups.incomplete()]

    def add(self, workload: Workload, entry: Field | None = None) -> None:
        """Adds one workload; a second one of the same name is a mistake of its entry."""
        if workload.key in self.known and entry is not None and workload.name:
            named = entry.get("name") if entry.get("name").present else entry
            where = self._entries.get(workload.key)
            first = "" if where is None or where.source.place(where.path) is None else f"; {first_stands(where)}"
            named.wrong(f"a second workload named {workload.name!r} in namespace {workload.namespace!r}{first}")
        self.known[workload.key] = workload
        if entry is not None:
            self._entries.setdefault(workload.key, entry)

    def submit_again(self, workload: Workload) -> Workload:
        """Adds a workload that comes later; where one of its name was there before, it gets a number."""
        one = self._with_free_name(workload)
        if one is not workload:
            made = f"the one that is made at {format_duration(one.created_ms)} is called {one.name}"
            self.notes.append(f"a workload {workload.key} was there before; {made}")
        self.known[one.key] = one
        return one

    def _with_free_name(self, workload: Workload) -> Workload:
        """The workload under a name that nothing has; nothing else gets it from now on."""
        one, number = workload, 2
        while one.key in self.known or one.key in self._later:
            name = f"{workload.name}-{number}"
            one, number = workload._replace(name=name, uid=f"{workload.namespace}/{name}"), number + 1
        self._later[one.key] = one
        return one

    @property
    def named(self) -> dict[str, Workload]:
        """All workloads that may be named: those that are submitted, and those that jobs may have later."""
        return {**self._later, **self.known}

    def ordered(self) -> Iterable[Workload]:
        """All workloads in order of submission; equal times keep the order of the file. May be read many times."""
        own = tuple(sorted(self.known.values(), key=_present_first))
        if len(self.traces) == 1 and not own:
            return self.traces[0]
        return Merged((own, *self.traces)) if self.traces else own

    def _documents(self, entry: Field) -> list[Field]:
        """The manifests of an entry, written out or in a file, with what the entry says beside them."""
        manifest = entry.get("manifest")
        documents = self.files.documents(manifest) if isinstance(manifest.value, str) else [manifest]
        found = [with_beside(item, entry) for item in flatten(documents)] if manifest.present else []
        validate(found, self.directory.settings)
        return found

    def _of_entry(self, entry: Field, documents: Sequence[Field], at_ms: int | None) -> list[Workload]:
        kinds = [name for name in ("manifest", "generate", "trace") if entry.get(name).present]
        if len(kinds) > 1:
            entry.wrong(f"{' and '.join(kinds)} exclude each other; make them entries of their own")
        if "manifest" in kinds:
            return self._manifest(entry, documents, at_ms)
        found: list[Workload] = []
        if "generate" in kinds:
            entry.only("generate")
            found = [self.runtimes.given_to(one) for one in self._generated(entry.get("generate"), at_ms)]
        elif "trace" in kinds:
            entry.only("trace")
            self._trace(entry.get("trace"))
        else:
            timed = [self.runtimes.given_to(one) for one in short_workloads(entry, self.directory)]
            found = [self.present.with_status(one, entry) for one in timed]
        return found if at_ms is None else [one._replace(created_ms=at_ms) for one in found]

    def _generated(self, entry: Field, at_ms: int | None) -> list[Workload]:
        """The workloads of a generator.

        The first of all generators are kept and known by name. A generator that goes beyond them is gone through like
        a trace, so that a scenario of any length is loaded in seconds.
        """
        from kueue_sim.inputs.generators.generate import Randomness, read_generator

        randomness = Randomness(self.seed, self.horizon, self.present.start_ms)
        generator = read_generator(entry, self.directory, self.files, randomness)
        if generator is None:
            return []
        room = MOST_KEPT - self._generated_jobs
        if generator.arrivals.expected() <= room and len(kept := list(islice(generator, room + 1))) <= room:
            self._generated_jobs += len(kept)
            return kept
        if at_ms is None:
            self.traces.append(generator)
        else:
            entry.wrong(f"more than {room:,} jobs at one instant; at most {MOST_KEPT:,} generated ones are accepted")
        return []

    def _manifest(self, entry: Field, documents: Sequence[Field], at_ms: int | None) -> list[Workload]:
        """The workloads of job manifests; the entry says when and how long they run."""
        entry.only(*MANIFEST_ENTRY)
        life = {key: value for key, value in entry.mapping().items() if key in LIFE}
        applied_ms = entry.get("submit").duration() if at_ms is None else at_ms
        ending = any(item.get("kind").value not in LASTING for item in documents)
        found: list[Workload] = []
        made = False
        for item in documents:
            lasts = ending and item.get("kind").value in LASTING
            value = {key: value for key, value in life.items() if not lasts or key != "runtime"}
            own = replace(entry, value=value)
            submitted = self._submitted(item, own, applied_ms, any(entry.get(name).present for name in PRESENT))
            made = made or bool(submitted)
            workloads = [copy for one in submitted for copy in self._copies(one, entry)]
            if submitted:
                self.objects.note(item, own, workloads, applied_ms)
            found += workloads
        self._left_out(mistake=not made and self.directory.elsewhere is None)
        return found

    def _submitted(self, manifest: Field, life: Field, at_ms: int, exists: bool = False) -> list[Submitted]:
        """The workloads of one manifest; ``life`` says how long they run, or a rule for run times does.

        ``exists``: it is in the cluster already, and what would refuse it there does not.
        """
        lasts = manifest.get("kind").value in LASTING
        found = []
        sizes = training_sizes(manifest)
        for one in job_workloads(manifest, self.directory, at_ms, exists):
            name = manifest.get("metadata", "name").text()
            timed = self.runtimes.given_to_job(with_life(one.workload, life), name, lasts)
            timed = timed._replace(sizes=sizes if self.objects.slices else ())
            found.append(one._replace(workload=timed._replace(created_ms=at_ms + one.after_ms)))
        return found

    def _copies(self, one: Submitted, entry: Field) -> Iterator[Workload]:
        """What an entry submits of one workload; a group of pods comes out once, with its last pod."""
        workload = self.present.with_status(one.workload, entry)
        if entry.get("priority").present:
            workload = workload._replace(priority=entry.get("priority").integer())
        for copy in repeated(workload, entry):
            yield from self._grouped(one, copy)

    def _grouped(self, one: Submitted, workload: Workload) -> Iterator[Workload]:
        group = workload if one.group is None else self.groups.add(one.group, workload)
        if group is not None:
            yield group

    def of_manifest(self, manifest: Field, life: Field, at_ms: int) -> list[Workload]:
        """The workloads of a manifest that is applied at an instant."""
        self.directory.companions.learn([manifest])
        validate([manifest], self.directory.settings)
        submitted = self._submitted(manifest, life, at_ms)
        self._left_out(mistake=False)
        return [group for one in submitted for group in self._grouped(one, one.workload)]

    def _left_out(self, mistake: bool) -> None:
        """Jobs that Kueue does not manage are noted; an entry that has nothing else is a mistake."""
        for metadata, what, why in self.directory.unmanaged:
            if mistake:
                metadata.wrong(why)
            else:
                self.notes.append(f"{what} is left out: {why}")
        self.directory.unmanaged.clear()

    def _trace(self, entry: Field) -> None:
        from kueue_sim.inputs.traces.entry import read_trace
        from kueue_sim.inputs.traces.resampling import Resampled, read_resampling

        trace, notes = read_trace(entry, self.directory, self.files, self.strict)
        plan = read_resampling(entry, self.seed)
        if trace is not None and plan is not None:
            resampled = Resampled(trace, plan)
            self.blocks = resampled.blocks if plan.by else self.blocks
            self.traces.append(resampled)
        elif trace is not None:
            self.traces.append(trace)
        self.notes += notes
