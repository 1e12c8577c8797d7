"""How does one document come of parts that stand in several files? Each part keeps the place where it was written."""

from dataclasses import dataclass, field

from kueue_sim.errors import Place
from kueue_sim.inputs.text.field import Field, Path, Report, Source

_Places = dict[Path, Place]


@dataclass(slots=True)
class Composed:
    """A document in the making. What is read from it is shown at the places of its parts."""

    report: Report
    value: dict[str, object] = field(default_factory=dict)
    keys: _Places = field(default_factory=dict)
    values: _Places = field(default_factory=dict)
    blocks: _Places = field(default_factory=dict)
    parts: dict[Path, Path] = field(default_factory=dict)
    _parted: dict[tuple[int, int], "_Parted"] = field(default_factory=dict)

    def begin_with(self, base: Field) -> None:
        """Starts from a whole document, which is not changed."""
        self.value = {str(key): value for key, value in base.mapping().items()}
        self.place(base, ())

    def append(self, part: Field, *names: str) -> None:
        """Adds a part at the end of the list under these keys, which is made where it is missing."""
        holder = self._holder(names)
        old = holder.get(names[-1])
        items = [*old] if isinstance(old, list) else []
        holder[names[-1]] = [*items, part.value]
        self.place(part, (*names, len(items)))

    def put(self, part: Field, *names: str) -> None:
        """Sets what stands under these keys; mappings on the way are made."""
        self._holder(names)[names[-1]] = part.value
        self.place(part, names)

    def _holder(self, names: tuple[str, ...]) -> dict[str, object]:
        """The mapping that the last name is a key of. Mappings on the way are made where they are missing and copied
        where they are there, since they may belong to a file that is not to be changed."""
        holder = self.value
        for name in names[:-1]:
            inner = holder.get(name)
            copy = dict(inner) if isinstance(inner, dict) else {}
            holder[name] = copy
            holder = copy
        return holder

    def document(self) -> Field:
        """What has been put together so far."""
        return Field(self.value, Source("", self.keys, self.values, self.blocks, self.parts), self.report)

    def place(self, part: Field, to: Path) -> None:
        """Notes where everything in a part stands, under the path it has from now on."""
        key = (id(part.source), len(part.path))
        if key not in self._parted:
            self._parted[key] = _Parted.of(part.source, len(part.path))
        parted, depth = self._parted[key], len(part.path)
        known = ((parted.keys, self.keys), (parted.values, self.values), (parted.blocks, self.blocks))
        for places, noted in known:
            for path, place in places.get(part.path, ()):
                noted[to + path[depth:]] = place
        if to:
            self.parts[to] = part.source.written(part.path)
            for path, own in part.source.parts.items():
                if path[:depth] == part.path:
                    self.parts[to + path[depth:]] = own
        here = part.source.place(part.path)
        if here is not None:
            self.values.setdefault(to, here)


_Under = dict[Path, list[tuple[Path, Place]]]


@dataclass(frozen=True, slots=True)
class _Parted:
    """The places of a source by the first steps of their paths, so that a list of thousands is gone through once.

    ``source`` is kept so that its identity stays its own.
    """

    source: Source
    keys: _Under
    values: _Under
    blocks: _Under

    @classmethod
    def of(cls, source: Source, depth: int) -> "_Parted":
        def under(places: object) -> _Under:
            found: _Under = {}
            assert isinstance(places, dict)
            for path, place in places.items():
                if len(path) >= depth:
                    found.setdefault(path[:depth], []).append((path, place))
            return found

        return cls(source, under(source.keys), under(source.values), under(source.blocks))
