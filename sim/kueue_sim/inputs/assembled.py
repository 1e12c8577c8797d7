"""Which scenario do the files, folders, pipes and scripts amount to that a user names?

A scenario file stands for itself; manifests, requests and scripts beside it, or alone, become its sections. Every part
keeps the place where it is written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kueue_sim.errors import InputError, Mistake, Place
from kueue_sim.inputs.documents import VERSION
from kueue_sim.inputs.repository.bundles import Bundle, bundle_of_text, bundles_of_folder
from kueue_sim.inputs.repository.composed import Composed
from kueue_sim.inputs.repository.given import Given, Text, as_list, found, name_of
from kueue_sim.inputs.repository.named_files import folder_of
from kueue_sim.inputs.repository.time_zero import time_zero, without_later_usage
from kueue_sim.inputs.steps.steps import Steps
from kueue_sim.inputs.steps.waits import Wait, Waited
from kueue_sim.inputs.text.field import Field, Report
from kueue_sim.model import Scenario


@dataclass(frozen=True, slots=True)
class StepOptions:
    """How scripts are followed: time between commands without a ``sleep``, and values of variables.

    ``awaited`` answers how long a ``kubectl wait`` takes, by playing the scenario of the script as far as that; None:
    it takes no time. ``waited`` are the answers so far.
    """

    pace_ms: int = 1000
    variables: Mapping[str, str] = field(default_factory=dict)
    awaited: Callable[[Scenario, Wait], Waited] | None = None
    waited: tuple[Waited, ...] = ()


@dataclass(frozen=True, slots=True)
class Assembled:
    """A scenario's document and what to know about how it came about.

    Files that it names lie in ``folder``. ``notes`` say what was left out. ``by_itself``: no scenario file was among
    the files, so they may refer to what lies elsewhere. ``open_wait``: a script stands at a wait without an answer.
    """

    documents: tuple[Field, ...]
    folder: Path
    name: str
    notes: tuple[str, ...] = ()
    by_itself: bool = False
    open_wait: Wait | None = None


def assemble(given: Given | Sequence[Given], report: Report, steps: StepOptions = StepOptions()) -> Assembled:
    """The scenario of everything given. Raises InputError for what is not there, or holds nothing of a scenario."""
    sources = found(as_list(given))
    if not sources:
        raise InputError([Mistake(None, "no file, folder or text is given")])
    bundle = _merged(sources, report)
    alone = len(sources) == 1 and not (isinstance(sources[0], Path) and sources[0].is_dir())
    folder = bundle.folder if alone else Path()
    if alone and bundle.whole:
        return Assembled(tuple(bundle.whole), folder, name_of(sources))
    bundle.leave_to_scenario()
    bundle.settle()
    if bundle.empty or bundle.of("scenario"):
        report.check()
    if alone and bundle.empty and not bundle.skipped.lines():
        message = f"the file is empty; a scenario starts with apiVersion: {VERSION} and kind: Scenario"
        raise InputError([Mistake(Place(bundle.name, 1, 1), message)])
    if bundle.empty:
        lines = [f"; {line}" for line in bundle.skipped.lines()]
        what = " ".join(str(one.name if isinstance(one, Text) else one) for one in sources)
        raise InputError([Mistake(None, f"no scenario, no policy and no work in {what}{''.join(lines)}")])
    return assembled_from(bundle, report, folder, name_of(sources), steps)


def _merged(sources: Sequence[Path | Text], report: Report) -> Bundle:
    """Everything given as one bundle."""
    result: Bundle | None = None
    for one in sources:
        if isinstance(one, Path) and one.is_dir():
            part = _only(bundles_of_folder(one, report), one)
        else:
            part = bundle_of_text(one, report)
        if result is None:
            result = part
        else:
            result.take_in(part)
    assert result is not None
    return result


def _only(bundles: Sequence[Bundle], folder: Path) -> Bundle:
    """The one bundle of a folder. Raises InputError when there are several: they are alternatives."""
    filled = [one for one in bundles if not one.empty]
    if len(filled) > 1:
        names = ", ".join(one.name for one in filled)
        raise InputError([Mistake(None, f"{folder} holds several scenarios: {names}; name one of them")])
    first = filled[0] if filled else bundles[0]
    for other in bundles:
        if other is not first:
            first.skipped.take_in(other.skipped)
    return first


def assembled_from(
    bundle: Bundle, report: Report, folder: Path, name: str, steps: StepOptions = StepOptions()
) -> Assembled:
    """The scenario of one bundle."""
    bundle.without_repetitions()
    scenarios = bundle.of("scenario")
    for extra in scenarios[1:]:
        first = scenarios[0].source.place(scenarios[0].path)
        extra.wrong(f"a second scenario; the first stands at {first}; name one of them")
    for test in bundle.of("test"):
        test.wrong("a policy test; kueue-sim test runs it")
    document = Composed(report)
    if scenarios:
        document.begin_with(scenarios[0])
    else:
        start = Place(bundle.name, 1, 1)
        document.value, document.values = {"apiVersion": VERSION, "kind": "Scenario"}, {(): start}
        _begin_in_time(bundle, document)
    for section, names in (("objects", ("policy", "objects")), ("cluster", ("cluster", "nodes"))):
        for part in bundle.parts.get(section, []):  # type: ignore[call-overload]
            document.append(part, *names)
    for part in bundle.of("requests"):
        document.append(part, "policy", "hyperpod", "requests")
    for part in bundle.of("workloads"):
        place = part.source.place(part.path)
        entry = Composed(report, values={(): place} if place else {})
        entry.put(part, "manifest")
        document.append(entry.document(), "workloads")
    waited = None if steps.awaited is None else steps.waited
    open_wait = None
    for script in bundle.scripts:
        follower = Steps(report, folder, steps.pace_ms, steps.variables, bundle.skipped, waited)
        follower.follow(script.content, script.name)
        follower.write_to(document)
        open_wait = open_wait or follower.open_wait
        waited = None if waited is None else waited[follower.answered :]
    within = folder_of(scenarios[0]) if scenarios else folder
    return Assembled((document.document(),), within, name, tuple(bundle.skipped.lines()), not scenarios, open_wait)


def _begin_in_time(bundle: Bundle, document: Composed) -> None:
    """Makes time zero an instant of the cluster that the objects come from, where they have one."""
    begins = time_zero(bundle.of("objects"))
    if begins is None:
        return
    start, why = begins
    document.value["start"] = start
    bundle.parts["objects"], unspent = without_later_usage(bundle.of("objects"), start)
    if unspent:
        bundle.skipped.note(
            f"usage that was sampled after time zero is not counted, of LocalQueue {', '.join(unspent)}"
        )
    bundle.skipped.note(f"time zero is {start}, {why}")
