"""Which queues do the rows of a capacity table stand for? One ClusterQueue and LocalQueue per team."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from kueue_sim.errors import InputError, Mistake, Place
from kueue_sim.inputs.tables.decimals import told_mark, with_point
from kueue_sim.inputs.tables.opened import UnreadableTable
from kueue_sim.inputs.tables.table import csv_header, read_columns
from kueue_sim.inputs.text.field import Field, Source, near_miss
from kueue_sim.inputs.text.files import Files
from kueue_sim.inputs.text.schema import TEAM_COLUMNS, TEAM_QUOTAS
from kueue_sim.units import exact_quantity

PRESETS = {"philly": {"team": "vc", "gpus": {"column": "node num", "scale": 8}}}
"""``philly``: virtual clusters as teams, counted in nodes of eight GPUs."""


def team_manifests(section: Field, files: Files) -> list[Field]:
    """The manifests of the ``policy.teams`` section; mistakes go to its report."""
    section.only(*TEAM_QUOTAS)
    path = files.raw(section.get("file"))
    if path is None:
        return []
    gpu = section.get("gpuResource").text("nvidia.com/gpu")
    flavor = section.get("flavor").text("gpu")
    manifests: list[dict[str, object]] = [{"kind": "ResourceFlavor", "metadata": {"name": flavor}}]
    for team, amount in _capacities(section, path):
        quota: dict[str, object] = {"name": gpu, "nominalQuota": amount}
        for limit in ("borrowingLimit", "lendingLimit"):
            if section.get(limit).present:
                quota[limit] = section.get(limit).value
        group = {"coveredResources": [gpu], "flavors": [{"name": flavor, "resources": [quota]}]}
        spec = {"namespaceSelector": {}, **section.get("clusterQueue").mapping(), "resourceGroups": [group]}
        manifests += [
            {"kind": "ClusterQueue", "metadata": {"name": team}, "spec": spec},
            {
                "kind": "LocalQueue",
                "metadata": {"name": team, "namespace": "default"},
                "spec": {"clusterQueue": team},
            },
        ]
    place = section.source.place(section.path)
    source = Source("policy.teams", {}, {} if place is None else {(): place})
    return [Field(manifest, source, section.report) for manifest in manifests]


def _capacities(section: Field, path: Path) -> Iterator[tuple[str, int]]:
    """Team and GPUs of each row: the column's number times its scale times the factor, rounded down."""
    preset = PRESETS.get(section.get("preset").choice(PRESETS, ""), {})
    columns = Field({**preset, **section.get("columns").mapping()}, section.source, section.report, section.path)
    columns.only(*TEAM_COLUMNS)
    gpus = columns.get("gpus")
    scaled = isinstance(gpus.value, dict)
    scale = gpus.get("scale").exact(Fraction(1)) if scaled else Fraction(1)
    factor = section.get("factor").exact(Fraction(1))
    names = {"team": columns.get("team"), "gpus": gpus.get("column") if scaled else gpus}
    mistakes = section.report.mistakes
    try:
        header = csv_header(path)[0]
        for key, name in names.items():
            if name.text() not in header:
                if name.value in (None, "") or name.text():  # what is no text is told already
                    name.wrong(f"the file has no column {name.text()!r} for {key}; {near_miss(name.text(), header)}")
                return
        rows = list(read_columns(path, [name.text() for name in names.values()]))
        if not rows:
            section.get("file").wrong("there is no team in the table")
        decimal = told_mark((place.line, place.column, amount) for _, (place, amount) in rows).mark
        first: dict[str, Place] = {}
        for (at, team), (place, written) in rows:
            try:
                amount = _amount(with_point(written, decimal))
            except ValueError as error:
                mistakes.append(Mistake(place, str(error)))
                continue
            if not team:
                mistakes.append(Mistake(at, "an empty cell where the name of a team is needed"))
            elif first.setdefault(team, at) is not at:
                mistakes.append(Mistake(at, f"a second team {team!r}; the first stands at {first[team]}"))
            else:
                yield team, int(amount * scale * factor)
    except UnreadableTable as error:
        mistakes.append(Mistake(Place(str(path), error.line, error.column), str(error)))
    except InputError as error:
        mistakes += error.mistakes


def _amount(text: str) -> Fraction:
    """The GPUs of a cell. Raises ValueError."""
    amount = exact_quantity(text)
    if amount < 0:
        raise ValueError(f"{text} is negative; quantities start at 0")
    return amount
