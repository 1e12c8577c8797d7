"""What do the files hold that a script writes? Nothing is written; later commands read what would stand there."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kueue_sim.errors import InputError
from kueue_sim.inputs.text.textfile import is_file, read_text

_HANDED_OVER = Path("/dev/fd")


@dataclass(slots=True)
class WrittenFiles:
    """Texts by the files they would stand in; None where nobody knows what a command prints."""

    texts: dict[Path, str | None] = field(default_factory=dict)
    fetched: dict[Path, str] = field(default_factory=dict)
    """Files and folders that come from elsewhere, with their addresses."""

    def write(self, path: Path, text: str | None, longer: bool = False) -> None:
        """A file gets a text, or ``longer`` some more."""
        key = _whole(path)
        if longer and text is not None:
            before = self.read(path) if self.exists(path) else ""
            text = None if before is None else before + text
        self.texts[key] = text

    def hand_over(self, printed: tuple[str, bool]) -> tuple[str, bool]:
        """What stands for ``<(…)``: the file that holds what a command prints, and that the name is known."""
        path = Path(f"/dev/fd/{sum(key.parent == _HANDED_OVER for key in self.texts)}")
        self.texts[path] = f"{printed[0]}\n" if printed[1] else None
        return str(path), True

    def remove(self, path: Path) -> None:
        """The script deletes a file; nothing where it did not write it."""
        self.texts.pop(_whole(path), None)

    def fetch(self, path: Path, address: str) -> None:
        """A file, or a folder with all that is in it, comes from an address."""
        self.fetched[_whole(path)] = address

    def origin(self, path: Path) -> str | None:
        """The address that a file, or a folder around it, comes from; None for any other."""
        key = _whole(path)
        return next((self.fetched[one] for one in (key, *key.parents) if one in self.fetched), None)

    def holds(self, path: Path) -> bool:
        """Whether the script itself wrote the file."""
        return _whole(path) in self.texts

    def exists(self, path: Path) -> bool:
        """Whether the script wrote the file or it lies there."""
        return self.holds(path) or is_file(path)

    def read(self, path: Path) -> str | None:
        """The text of a file that the script wrote or that lies there; None when nobody knows it."""
        key = _whole(path)
        if key in self.texts:
            return self.texts[key]
        try:
            return read_text(path) if is_file(path) else None
        except InputError:
            return None

    def within(self, folder: Path) -> Iterator[Path]:
        """The files that the script wrote right into a folder, in order of name."""
        yield from sorted(path for path in self.texts if path.parent == _whole(folder))


def _whole(path: Path) -> Path:
    return Path(os.path.abspath(path))
