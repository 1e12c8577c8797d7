"""``kueue-sim import``: a scenario from a job trace or from dumps of a cluster."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kueue_sim.cli.named import Named
from kueue_sim.cli.output import file_form_option, output_file, printed_or_written, say

if TYPE_CHECKING:
    from kueue_sim.errors import InputError
    from kueue_sim.model import Scenario


_DUMPS = (".json", ".jsonl", ".yaml", ".yml")
"""How files end that are read of a folder; each may be packed, with .gz behind that."""


def instant(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """An instant as it is given. Raises BadParameter."""
    from kueue_sim.units import parse_instant

    try:
        if value is not None:
            parse_instant(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not an instant (example: 2026-01-01T00:00:00Z)", ctx, param) from None
    return value


def _as_given(
    ctx: click.Context, param: click.Parameter, value: str | None, read: Callable[[str], object]
) -> str | None:
    """A text that can be read so, as it is given. Raises BadParameter."""
    try:
        if value is not None:
            read(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None
    return value


def zone(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """A zone as it is given. Raises BadParameter."""
    from kueue_sim.units import parse_zone

    return _as_given(ctx, param, value, parse_zone)


def duration_text(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """A duration as it is given. Raises BadParameter."""
    from kueue_sim.units import parse_duration

    return _as_given(ctx, param, value, parse_duration)


def files_of(ctx: click.Context, param: click.Parameter, paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """The files as they are given; of a folder all JSON and YAML files in it, which may be packed. Raises
    BadParameter."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(one for one in path.rglob("*") if one.name.removesuffix(".gz").endswith(_DUMPS))
        if not inside:
            raise click.BadParameter(f"the folder {str(path)!r} holds no {', '.join(_DUMPS)}", ctx, param)
        found += inside
    return tuple(found)


@click.command("import")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    callback=files_of,
    type=click.Path(exists=True, allow_dash=True, path_type=Path),
)
@output_file("Write here instead of stdout.")
@file_form_option("a scenario")
@click.option("--name", help="Name of the scenario; that of the first file when absent.")
@click.option(
    "--taken", metavar="INSTANT", callback=instant, help="Dump: when it was taken, if not at its latest instant."
)
@click.option("--runtime", metavar="DURATION", callback=duration_text, help="Dump: how long everything runs in all.")
@click.option(
    "--history",
    metavar="FILE",
    type=Named(dir_okay=False, path_type=Path),
    help="Dump: write finished jobs with submissions, starts, ends and sizes to this CSV trace.",
)
@click.option("--preset", type=click.Choice(["philly", "openb", "sacct"]), help="Trace: columns of a known trace.")
@click.option(
    "--gpus",
    type=click.IntRange(min=1),
    help="Trace: GPUs shared equally by all teams; MaxProcs of an SWF log, or 64, when absent.",
)
@click.option(
    "--time-unit",
    type=click.Choice(["ns", "us", "ms", "s", "m", "h"]),
    help="Trace: unit of times that are numbers, where their columns say none; s when absent.",
)
@click.option(
    "--time-zone",
    metavar="ZONE",
    callback=zone,
    help="Zone of times that say none, in a trace and of --taken, such as Europe/Berlin or +02:00; UTC when absent.",
)
@click.option(
    "--date-order",
    type=click.Choice(["day-month", "month-day"]),
    help="Trace: order in dates such as 01/02/2026, where none of them has a day beyond 12.",
)
def command(
    files: tuple[Path, ...],
    output: Path | None,
    form: str,
    name: str | None,
    taken: str | None,
    runtime: str | None,
    history: Path | None,
    preset: str | None,
    gpus: int | None,
    time_unit: str | None,
    time_zone: str | None,
    date_order: str | None,
) -> None:
    """Make a scenario of FILES: one history of jobs (CSV, SWF, Philly's log or sacct --json; may be .gz), or dumps of
    a cluster (YAML or JSON, may be .gz; folders of such files; - is standard input).

    A dump is what this prints, or the answer to `aws sagemaker` describe-cluster, list-compute-quotas or
    describe-cluster-scheduler-config as JSON:

    \b
    kubectl get -A -o json \\
      clusterqueues,cohorts,localqueues,resourceflavors,topologies,\\
      workloadpriorityclasses,admissionchecks,workloads,namespaces,\\
      limitranges,runtimeclasses,nodes,pods

    The simulation begins with the cluster as it is: what runs holds what it holds and has run as long as it has run,
    what waits has its age, backoff and last answer. What became of everything is told on stderr. The scenario is
    checked before it is written.
    """
    from kueue_sim.inputs.convert import manifest_text
    from kueue_sim.inputs.recorded.doubts.completeness import counted_otherwise
    from kueue_sim.report.exports.run_folder import as_json

    if history is not None and _is_trace(files):
        raise click.UsageError("--history is for dumps; a trace is a history already")
    document, dumped = _document(
        files, output, _in_zone(taken, time_zone), runtime, preset, gpus, (time_unit, time_zone, date_order)
    )
    if name is not None:
        document["name"] = name
    scenario = _check(document, output, files)
    for line in counted_otherwise(dumped, scenario.workloads) if dumped else ():
        say(line, err=True)
    if history is not None:
        _write_history(dumped, history)
    printed_or_written(manifest_text([document]) if form == "text" else as_json(document), output)


def _in_zone(taken: str | None, zone: str | None) -> str | None:
    """The instant in UTC where it says no zone, which is told unless it is given."""
    from kueue_sim.units import format_instant, is_local, parse_instant, parse_zone

    if taken is None or not is_local(taken):
        return taken
    if zone is None:
        say(f"warning: --taken {taken} says no zone and counts as UTC; --time-zone gives it", err=True)
    return format_instant(parse_instant(taken, parse_zone(zone or "UTC")))


def _document(
    files: tuple[Path, ...],
    output: Path | None,
    taken: str | None,
    runtime: str | None,
    preset: str | None,
    gpus: int | None,
    times: tuple[str | None, str | None, str | None],
) -> tuple[dict[str, object], list[dict[str, Any]]]:
    """The scenario document, and the Workloads of a dump as they were dumped."""
    if _is_trace(files):
        from kueue_sim.inputs.trace_import import trace_scenario

        if len(files) > 1:
            raise click.UsageError("one trace makes a scenario; import them one by one")
        folder = output.parent if output else Path()
        return trace_scenario(files[0], folder, preset, gpus, *times, tell=lambda line: say(line, err=True)), []
    from kueue_sim.inputs.snapshot import read_snapshot
    from kueue_sim.inputs.snapshot_scenario import import_summary, snapshot_scenario
    from kueue_sim.inputs.text.textfile import STDIN

    snapshot = read_snapshot(files)
    for line in import_summary(snapshot, taken, runtime):
        say(line, err=True)
    name = Path(files[0].name.removesuffix(".gz")).stem
    return snapshot_scenario(snapshot, "stdin" if name == STDIN else name, runtime, taken), snapshot.workloads


def _write_history(workloads: list[dict[str, object]], path: Path) -> None:
    """The finished jobs as a trace. Raises UsageError where there are none."""
    from kueue_sim.inputs.recorded.history_table import history_table
    from kueue_sim.report.exports.output_folder import write_whole

    text, number = history_table(workloads)
    if not number:
        raise click.UsageError("--history: no finished Workload in the dump says when it was submitted")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)
    say(f"{number} finished jobs written to {path}; import and backtest that to see how far off a policy is", err=True)


def _is_trace(files: tuple[Path, ...]) -> bool:
    from kueue_sim.inputs.trace_import import is_history

    return is_history(files[0])


def _check(document: dict[str, object], output: Path | None, files: tuple[Path, ...]) -> "Scenario":
    """The new scenario. Raises InputError with every mistake of it. What a cluster holds although the API server of
    today would refuse it is kept, and said; what is told of a dump was told before, and of a trace it is told here."""
    from kueue_sim.errors import InputError
    from kueue_sim.inputs import scenario_from_dict

    folder, name = output.parent if output else Path(), str(document["name"])
    try:
        scenario = scenario_from_dict(document, folder=folder, name=name)
    except InputError as refused:
        scenario = _accepted(document, folder, name, files)
        document["validation"] = "accept"
        kept = refused if _is_trace(files) else _placed(document, folder, name, files, "refuse") or refused
        for mistake in kept.mistakes:
            say(f"kept, although an API server would refuse it now: {mistake}", err=True)
    for line in scenario.warnings if _is_trace(files) else ():
        say(f"warning: {line}", err=True)
    return scenario


def _accepted(document: dict[str, object], folder: Path, name: str, files: tuple[Path, ...]) -> "Scenario":
    """The scenario with what a cluster holds although it would be refused now. Raises InputError with what cannot be
    used however it came to be there, where it stands in the files."""
    from kueue_sim import load_scenario
    from kueue_sim.errors import InputError
    from kueue_sim.inputs import scenario_from_dict

    try:
        return scenario_from_dict({**document, "validation": "accept"}, folder=folder, name=name)
    except InputError as refused:
        policy = document["policy"]
        if isinstance(policy, dict) and not policy.get("objects") and ("hyperpod" in policy or "cluster" in document):
            load_scenario(files)  # answers of HyperPod are short, and read once more with places
        raise (None if _is_trace(files) else _placed(document, folder, name, files, "accept")) or refused from None


def _placed(
    document: dict[str, object], folder: Path, name: str, files: tuple[Path, ...], validation: str
) -> "InputError | None":
    """The mistakes of a dump's scenario where they stand in the files, None where none is found."""
    from kueue_sim.errors import InputError
    from kueue_sim.inputs.dump_places import with_places
    from kueue_sim.inputs.scenario import load_document

    try:
        load_document(with_places({**document, "validation": validation}, files), folder, name)
    except InputError as refused:
        return refused
    return None
