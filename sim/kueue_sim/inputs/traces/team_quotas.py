"""Which queues do the rows of a capacity table stand for? One ClusterQueue and LocalQueue per team."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from kueue_sim.inputs.tables.decimals import told_mark, with_point
from kueue_sim.inputs.tables.opened import UnreadableTable
from kueue_sim.inputs.tables.table import read_records
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
    source = Source("policy.teams")
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
    try:
        rows = read_records(path)
        _, header = next(rows, (1, {}))
        for key, name in names.items():
            if name.text() not in header:
                name.wrong(f"the file has no column {name.text()!r} for {key}; {near_miss(name.text(), header)}")
                return
        known = [(line, row[names["team"].text()].strip(), row[names["gpus"].text()].strip()) for line, row in rows]
        decimal = told_mark((line, 0, amount) for line, _, amount in known).mark
        for line, team, written in known:
            try:
                amount = exact_quantity(with_point(written, decimal))
            except ValueError as error:
                section.get("file").wrong(f"{path}:{line}: {error}")
            else:
                yield team, int(amount * scale * factor)
    except UnreadableTable as error:
        section.get("file").wrong(f"{path}:{error.line}: {error}")
