"""The documents that all runs of a question have in common are read once in every process, not once a run.

What a file says is kept as it was read, before any change. It is read again as soon as its time stamp, size or place on
the disk is another one.
"""

import pickle
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kueue_sim.errors import Place
from kueue_sim.inputs.assembled import Assembled, StepOptions, assemble
from kueue_sim.inputs.repository.given import Given, Text, as_list
from kueue_sim.inputs.repository.kustomization import NAMES
from kueue_sim.inputs.text.field import Field, Report

MOST_KEPT = 8
"""A comparison has few files; a test of many scenarios need not keep them all."""
_SUFFIXES = (".yaml", ".yml", ".json")
_Stamp = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    stamp: _Stamp
    assembled: Assembled
    values: bytes
    """The values of the documents, packed: what is taken out may be changed."""
    remarks: dict[str, Place | None]


_known: OrderedDict[Hashable, _Known] = OrderedDict()


def read_once(given: Given | Sequence[Given], steps: StepOptions, report: Report) -> Assembled:
    """As ``assemble``, from memory where the same files were read before. Raises InputError."""
    files = tuple(as_list(given))
    key, stamp = (files, repr(steps)), _stamp(files)
    if stamp is None:
        return assemble(given, report, steps)
    known = _known.get(key)
    if known is None or known.stamp != stamp:
        assembled = assemble(given, report, steps)
        if report.mistakes:
            return assembled
        known = _keep(key, stamp, assembled, report)
    _known.move_to_end(key)
    report.remarks |= known.remarks
    values: list[object] = pickle.loads(known.values)
    documents = (
        Field(value, document.source, report, document.path)
        for value, document in zip(values, known.assembled.documents, strict=True)
    )
    return replace(known.assembled, documents=tuple(documents))


def _keep(key: Hashable, stamp: _Stamp, assembled: Assembled, report: Report) -> _Known:
    values = pickle.dumps([document.value for document in assembled.documents], pickle.HIGHEST_PROTOCOL)
    found = _known[key] = _Known(stamp, assembled, values, dict(report.remarks))
    while len(_known) > MOST_KEPT:
        _known.popitem(last=False)
    return found


def _stamp(given: Sequence[Given]) -> _Stamp | None:
    """What tells one state of the files from another; None where they lead to further files, or cannot be looked at."""
    stamps: list[Hashable] = []
    for one in given:
        if isinstance(one, Text):
            stamps.append(one)
            continue
        path = Path(one)
        if path.suffix not in _SUFFIXES or path.name in NAMES:
            return None
        try:
            state = path.stat()
        except (OSError, ValueError):
            return None
        stamps.append((state.st_mtime_ns, state.st_size, state.st_ino))
    return tuple(stamps)
