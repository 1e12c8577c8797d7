"""What was left out of what a user handed over, and why? One line for each reason."""

from collections.abc import Collection
from dataclasses import dataclass, field
from os.path import abspath

from kueue_sim.inputs.text.field import Field

_MOST_PLACES = 3
"""Files that are named for one reason and kind; of more there is the number."""


@dataclass(slots=True)
class Skipped:
    """Documents by the reason why they are no part of the scenario, and other remarks on files."""

    _by_reason: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    _remarks: dict[str, None] = field(default_factory=dict)

    def add(self, document: Field, where: str, why: str) -> None:
        """A document that was left out; ``where`` is its file."""
        kind, name = document.get("kind").value, document.get("metadata", "name").value
        what = str(kind) if kind else "a document"
        named = f"{name} in {where}" if kind and isinstance(name, str) else where
        self._by_reason.setdefault(why, {}).setdefault(what, []).append(named)

    def add_file(self, where: str, what: str, why: str) -> None:
        """A file that was left out as a whole."""
        self._by_reason.setdefault(why, {}).setdefault(what, []).append(where)

    def note(self, text: str) -> None:
        """A remark in one line."""
        self._remarks[text] = None

    def leave_out(self, files: Collection[str]) -> None:
        """Forgets that these files, by their whole names, were left out."""
        for kinds in self._by_reason.values():
            for what, places in kinds.items():
                kinds[what] = [where for where in places if abspath(where) not in files]

    def take_in(self, other: "Skipped") -> None:
        """Adds everything that was left out elsewhere."""
        for why, kinds in other._by_reason.items():
            for what, places in kinds.items():
                self._by_reason.setdefault(why, {}).setdefault(what, []).extend(places)
        self._remarks |= other._remarks

    def lines(self) -> list[str]:
        """What was left out, a line for each reason."""
        found = [f"skipped, {why}: {_listed(kinds)}" for why, kinds in self._by_reason.items() if any(kinds.values())]
        return [*found, *self._remarks]


def _listed(kinds: dict[str, list[str]]) -> str:
    texts = []
    for what, places in kinds.items():
        if not places:
            continue
        shown = ", ".join(dict.fromkeys(places[:_MOST_PLACES]))
        more = f" and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
        texts.append(f"{what} ({shown}{more})")
    return "; ".join(texts)
