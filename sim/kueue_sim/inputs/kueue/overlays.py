"""What is a policy after a second set of manifests is laid over it? Objects merge by kind and name, as with kustomize.

Mappings merge; lists merge by the items' names where they have any (resource groups by the resources they cover) and
are replaced otherwise; ``null`` removes a field and ``$patch: delete`` an object or item.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from kueue_sim.errors import Place
from kueue_sim.inputs.kueue.manifests import flatten
from kueue_sim.inputs.text.field import Field, Path, Source

COVERED = "coveredResources"
PATCH = "$patch"
NAMED_INSIDE = ("metadata", "generate", "trace")
"""Parts of a list item that may hold its name."""


def lay_over(manifests: Sequence[Field], overlay: Sequence[Field]) -> tuple[list[Field], list[str]]:
    """The manifests with the overlay's objects merged into them, and the objects that only the overlay has."""
    result = list(manifests)
    added: list[str] = []
    for patch in flatten(overlay):
        index = next((index for index, one in enumerate(result) if _identity(one) == _identity(patch)), None)
        deletes = patch.get(PATCH).value == "delete"
        if index is None and deletes:
            patch.missing("there is no such object to delete")
        elif index is None:
            result.append(patch)
            added.append(" ".join(str(part) for part in _identity(patch) if part))
        elif deletes:
            del result[index]
        else:
            result[index] = merged(result[index], patch)
    return result, added


def _identity(manifest: Field) -> tuple[object, object, object]:
    """Kind, namespace and name; only a LocalQueue has a namespace among policy objects."""
    kind, metadata = manifest.get("kind").value, manifest.get("metadata")
    namespace = (metadata.get("namespace").value or "default") if kind == "LocalQueue" else None
    return kind, namespace, metadata.get("name").value


def merged(base: Field, patch: Field, lists_by_name: bool = True) -> Field:
    """One value laid over another; every part keeps the place it came from.

    ``lists_by_name`` false: lists are replaced as a whole, as in a JSON merge patch.
    """
    merge = _Merge(base, patch, lists_by_name)
    value = merge.both(base.value, patch.value, (), (), ())
    return Field(value, Source(base.source.name, merge.keys, merge.values, merge.blocks), base.report)


@dataclass(slots=True)
class _Merge:
    """A patch laid over a base, and where every part of the result stands."""

    base: Field
    patch: Field
    lists_by_name: bool = True
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    blocks: dict[Path, Place] = field(default_factory=dict)

    def both(self, below: object, above: object, of_below: Path, of_above: Path, to: Path) -> object:
        """``above`` laid over ``below``; the paths say where they stand and where the result will stand."""
        if isinstance(below, dict) and isinstance(above, dict):
            return self._mappings(below, above, of_below, of_above, to)
        if self.lists_by_name and isinstance(below, list) and isinstance(above, list):
            if to[-1:] == (COVERED,):
                return self._union(below, above, of_below, of_above, to)
            if above and all(_item_names(item) for item in (*below, *above)):
                return self._items(below, above, of_below, of_above, to)
        return self._copy(self.patch, above, of_above, to)

    def _mappings(
        self, below: dict[object, object], above: dict[object, object], of_below: Path, of_above: Path, to: Path
    ) -> dict[object, object]:
        self._note(self.base, of_below, to)
        result: dict[object, object] = {}
        for key, value in below.items():
            name = str(key)
            if key not in above:
                result[key] = self._copy(self.base, value, (*of_below, name), (*to, name))
            elif above[key] is not None:
                result[key] = self.both(value, above[key], (*of_below, name), (*of_above, name), (*to, name))
        for key, value in above.items():
            if key not in below and value is not None:
                result[key] = self._copy(self.patch, value, (*of_above, str(key)), (*to, str(key)))
        return result

    def _items(
        self, below: list[object], above: list[object], of_below: Path, of_above: Path, to: Path
    ) -> list[object]:
        self._note(self.base, of_below, to)
        patches = {index: _partner(item, below) for index, item in enumerate(above)}
        result: list[object] = []
        for number, item in enumerate(below):
            index = next((index for index, partner in patches.items() if partner == number), None)
            here = (*to, len(result))
            if index is None:
                result.append(self._copy(self.base, item, (*of_below, number), here))
            elif not _deletes(above[index]):
                result.append(self.both(item, above[index], (*of_below, number), (*of_above, index), here))
        for index, partner in patches.items():
            if partner is None and not _deletes(above[index]):
                result.append(self._copy(self.patch, above[index], (*of_above, index), (*to, len(result))))
        return result

    def _union(
        self, below: list[object], above: list[object], of_below: Path, of_above: Path, to: Path
    ) -> list[object]:
        """All covered resources: those there already, then the new ones."""
        result = list(below)
        self._copy(self.base, below, of_below, to)
        for index, item in enumerate(above):
            if item not in result:
                self._copy(self.patch, item, (*of_above, index), (*to, len(result)))
                result.append(item)
        return result

    def _copy(self, origin: Field, value: object, path: Path, to: Path) -> object:
        self._note(origin, path, to)
        if isinstance(value, dict):
            return {key: self._copy(origin, item, (*path, str(key)), (*to, str(key))) for key, item in value.items()}
        if isinstance(value, list):
            return [self._copy(origin, item, (*path, index), (*to, index)) for index, item in enumerate(value)]
        return value

    def _note(self, origin: Field, path: Path, to: Path) -> None:
        source, whole = origin.source, (*origin.path, *path)
        known = ((source.keys, self.keys), (source.values, self.values), (source.blocks, self.blocks))
        for places, noted in known:
            if whole in places:
                noted[to] = places[whole]
        if origin is self.patch and not (to in self.keys or to in self.values) and (place := source.place(whole)):
            self.values[to] = place


def _item_names(item: object) -> frozenset[str]:
    """What identifies a list item: its name, or the resources it covers; nothing for plain values."""
    if not isinstance(item, dict):
        return frozenset()
    if isinstance(item.get(COVERED), list):
        return frozenset(str(name) for name in item[COVERED])
    named = next((item[key] for key in NAMED_INSIDE if isinstance(item.get(key), dict)), item)
    name = named.get("name", named.get("Name"))
    return frozenset((name,)) if isinstance(name, str) else frozenset()


def _partner(item: object, candidates: list[object]) -> int | None:
    names = _item_names(item)
    return next((index for index, other in enumerate(candidates) if names & _item_names(other)), None)


def _deletes(item: object) -> bool:
    return isinstance(item, dict) and item.get(PATCH) == "delete"
