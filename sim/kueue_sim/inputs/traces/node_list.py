"""Which nodes does a table of a public trace list? CPU, memory, GPUs, and the GPU model as a label."""

from collections.abc import Mapping

from kueue_sim.inputs.tables.opened import UnreadableTable
from kueue_sim.inputs.tables.table import read_records
from kueue_sim.inputs.text.field import Field
from kueue_sim.inputs.text.files import Files
from kueue_sim.inputs.text.schema import NODE_LIST
from kueue_sim.inputs.traces.rows import read_count
from kueue_sim.model import Node

GPU = "nvidia.com/gpu"
GPU_MODEL = "nvidia.com/gpu.product"
HOSTNAME = "kubernetes.io/hostname"
OPENB = ("sn", "cpu_milli", "memory_mib", "gpu", "model")
MIB = 2**20


def read_node_list(section: Field, files: Files) -> tuple[Node, ...]:
    """The nodes of the ``cluster.nodeList`` section; mistakes go to its report."""
    if not section.present:
        return ()
    section.only(*NODE_LIST)
    section.get("preset").choice(("openb",), "openb")
    limit, labels = section.get("limit").optional_integer(minimum=1), section.get("labels").labels()
    path = files.raw(section.get("file"))
    if path is None:
        return ()
    nodes: list[Node] = []
    try:
        rows = read_records(path)
        _, header = next(rows, (1, {}))
        missing = [name for name in OPENB if name not in header]
        if missing:
            section.get("file").wrong(f"{path} has no column {', '.join(missing)}; OpenB's have {', '.join(OPENB)}")
            return ()
        for line, row in rows:
            if limit is not None and len(nodes) >= limit:
                break
            try:
                nodes.append(_node(row, labels))
            except ValueError as error:
                section.get("file").wrong(f"{path}:{line}: {error}")
    except UnreadableTable as error:
        section.get("file").wrong(f"{path}:{error.line}: {error}")
    return tuple(nodes)


def _node(row: Mapping[str, str], labels: dict[str, str]) -> Node:
    amounts = {
        "cpu": read_count(row["cpu_milli"], "millicores"),
        "memory": read_count(row["memory_mib"], "MiB") * MIB,
        "pods": 110,
    }
    gpus = read_count(row["gpu"], "GPUs")
    if gpus:
        amounts[GPU] = gpus
    model = {GPU_MODEL: row["model"]} if row["model"] else {}
    return Node(row["sn"], {HOSTNAME: row["sn"], **model, **labels}, (), amounts)
