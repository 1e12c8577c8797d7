"""Which loose files belong together? All of them, unless equal names show that they are examples of their own."""

from collections.abc import Callable, Iterable
from pathlib import Path

from kueue_sim.inputs.repository.belonging import Section
from kueue_sim.inputs.repository.bundles import Bundle
from kueue_sim.inputs.text.field import Field

_Part = tuple[Section, Field]


def apart(bundle: Bundle) -> list[Bundle]:
    """The bundle itself; where two files name an object alike, one for each folder, and for each file of a folder in
    which that happens as well."""
    parts = [(section, document) for section, documents in bundle.parts.items() for document in documents]
    if not _collide(parts):
        return [bundle]
    bundle.skipped.note("objects of equal names lie in several files: each folder is checked by itself")
    result: list[Bundle] = []
    for folder, inside in _grouped(parts, lambda file: file.parent).items():
        groups = _grouped(inside, lambda file: file) if _collide(inside) else {folder: inside}
        result += [_made(path, group) for path, group in groups.items()]
    return result


def _file(document: Field) -> Path:
    place = document.source.place(document.path)
    return Path() if place is None else Path(place.file)


def _collide(parts: Iterable[_Part]) -> bool:
    """Whether two files name different objects alike."""
    seen: dict[tuple[str, str, str], tuple[Path, object]] = {}
    for _, document in parts:
        metadata = document.get("metadata")
        name, file = metadata.get("name").value, _file(document)
        if not isinstance(name, str):
            continue
        kind, space = (str(one.value) for one in (document.get("kind"), metadata.get("namespace")))
        first, value = seen.setdefault((kind, space, name), (file, document.value))
        if first != file and value != document.value:
            return True
    return False


def _grouped(parts: Iterable[_Part], by: Callable[[Path], Path]) -> dict[Path, list[_Part]]:
    groups: dict[Path, list[_Part]] = {}
    for section, document in parts:
        groups.setdefault(by(_file(document)), []).append((section, document))
    return groups


def _made(path: Path, parts: Iterable[_Part]) -> Bundle:
    found = Bundle(str(path), path if path.is_dir() else path.parent)
    for section, document in parts:
        found.parts.setdefault(section, []).append(document)
    found.files = len({_file(document) for _, document in parts})
    return found
