"""Which simulation does a scenario file describe? From files, texts or plain values to one frozen ``Scenario``."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from kueue_sim.errors import InputError
from kueue_sim.garbage_collection import rare_collections
from kueue_sim.inputs.assembled import Assembled, StepOptions, assemble
from kueue_sim.inputs.loading import Beside, Loaded, Loading
from kueue_sim.inputs.repository.given import Given, as_list, found
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.inputs.text.files import Files
from kueue_sim.inputs.text.overrides import Override
from kueue_sim.inputs.text.yamltext import read_yaml
from kueue_sim.model import Scenario

_STEPS = StepOptions()


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
    loading = Loading(report, Files(assembled.folder, report), assembled.name, strict, assembled, beside)
    return loading.loaded(assembled.documents, overrides, overlays)


def scenario_from_text(
    text: str, overrides: Sequence[Override] = (), *, folder: str | Path = ".", name: str = "scenario"
) -> Scenario:
    """The scenario of a YAML text; the files it names are looked for in ``folder``. Raises InputError."""
    report = Report()
    documents = read_yaml(text, f"<{name}>", report)
    return Loading(report, Files(Path(folder), report), name).loaded(documents, overrides, ()).scenario


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
    return Loading(report, Files(Path(folder), report), name).loaded([field], overrides, ()).scenario


def load_document(
    document: Field,
    folder: Path,
    name: str,
    overrides: Sequence[Override] = (),
    overlays: Sequence[str | Path] = (),
    beside: Beside | None = None,
) -> Loaded:
    """As ``load``, of a document that was put together elsewhere; overrides change its value in place."""
    loading = Loading(document.report, Files(folder, document.report), name, beside=beside)
    return loading.loaded([document], overrides, overlays)


def _copy(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list | tuple) else value
