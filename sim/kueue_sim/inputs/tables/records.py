"""What do records say that are no lines of CSV? The rows of a Parquet file, and objects of JSON with the same keys."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any

from kueue_sim.inputs.tables.json_items import CHUNK, Item, read_items
from kueue_sim.inputs.tables.opened import UnreadableTable, open_text
from kueue_sim.inputs.text.textfile import PARQUET

_LISTS = ("jobs", "data", "records", "results", "rows")
"""Keys under which a list of records stands in an object; other objects that follow each other in a file are rows."""
_LISTED = re.compile(rf'"(?:{"|".join(_LISTS)})"\s*:\s*\[')
HEAD = 1000
"""So many records are looked at for the names of the columns: those that run, for instance, have no end."""
_OF_CLUSTERS = (frozenset(("apiVersion", "kind")), frozenset(("type", "object")))
"""Keys of what a cluster holds, which is no table."""


def is_parquet(path: Path) -> bool:
    """Whether a file is one of Parquet."""
    try:
        with path.open("rb") as raw:
            return raw.read(len(PARQUET)) == PARQUET
    except OSError:
        return False


def is_records(path: Path) -> bool:
    """Whether a file has rows of a table that are no lines of CSV: Parquet, a list of objects, or one object a line."""
    return is_parquet(path) or _first(path) is not None


def _first(path: Path) -> Mapping[str, Any] | None:
    """The first of the records of a JSON text, None where it holds something else."""
    try:
        with open_text(path) as text:
            head = text.read(CHUNK).lstrip()
        if head.startswith("[") or (head.startswith("{") and _LISTED.search(head)):
            first = next(iter(read_items(path, *_LISTS)), None)
            value = None if first is None else first.value
        elif head.startswith("{"):
            value = json.loads(head.partition("\n")[0])
        else:
            return None
    except (OSError, EOFError, ValueError, RecursionError, UnreadableTable):
        return None
    if not isinstance(value, dict) or any(keys <= value.keys() for keys in _OF_CLUSTERS):
        return None
    return value


class Records:
    """The rows of a file of records, as texts under its columns. Rows of Parquet count from 2, below their header, and
    have the number of the cell as column; those of JSON stand where their object begins."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parquet = is_parquet(path)
        self._column = 1

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The line and the cells of every row, the header first. Raises UnreadableTable."""
        return self._of_parquet() if self._parquet else self._of_json()

    def column(self, cell: int) -> int:
        """Where the cell with this index, from 0, begins in the last row that was read."""
        return cell + 1 if self._parquet else self._column

    def _of_json(self) -> Iterator[tuple[int, list[str]]]:
        items = self._objects()
        head: list[Item] = []
        cut: UnreadableTable | None = None
        try:
            head += islice(items, HEAD)
        except UnreadableTable as error:
            cut = error
        names = list(dict.fromkeys(name for item in head for name in item.value))
        if head:
            yield head[0].line, names
        for item in chain(head, items):
            self._column = item.column
            yield item.line, [_text(item.value.get(name)) for name in names]
        if cut is not None:
            raise cut

    def _objects(self) -> Iterator[Item]:
        for item in read_items(self._path, *_LISTS):
            if not isinstance(item.value, dict):
                raise UnreadableTable(item.line, "a record is an object with a value for each column", item.column)
            yield item._replace(value=_flat(item.value))

    def _of_parquet(self) -> Iterator[tuple[int, list[str]]]:
        try:
            from pyarrow import ArrowException
            from pyarrow.parquet import ParquetFile
        except ImportError:
            raise UnreadableTable(1, "a Parquet file; pip install 'kueue-sim[parquet]' reads it") from None
        line = 1
        try:
            with ParquetFile(self._path) as file:
                yield line, list(file.schema_arrow.names)
                for batch in file.iter_batches():
                    for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                        line += 1
                        yield line, [_text(value) for value in row]
        except (ArrowException, OSError) as error:
            raise UnreadableTable(line, f"the file cannot be read to its end: {error}") from None


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record with the values of objects in it under names such as ``resources.gpu``."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            found |= {f"{name}.{inner}": one for inner, one in _flat(value).items()}
        else:
            found[str(name)] = value
    return found


def _text(value: object) -> str:
    """A value as it would stand in a CSV file; nothing, and what is no number, is empty."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return json.dumps(value) if isinstance(value, list | dict) else str(value)
