"""A folder that holds one thing: what was written there before goes when something else is written."""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

Content = str | bytes | Iterator[str]
"""What a file holds; text may come part by part."""
MANIFEST = "manifest.json"


class OutputFolder:
    """Writes files into a folder and lists them in ``manifest.json``, which comes last: a folder that has one is whole.

    Opening it removes the files that an earlier manifest lists, and nothing else: what people put there stays.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder
        self._names: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)
        for name in _listed(folder):
            (folder / name).unlink(missing_ok=True)
        (folder / MANIFEST).unlink(missing_ok=True)

    def write(self, name: str, content: Content) -> None:
        """Write one file, whole or not at all."""
        write_whole(self.path / name, content)
        self._names.append(name)

    def close(self, manifest: Mapping[str, object]) -> Path:
        """Write the manifest with the list of files; returns the folder."""
        text = json.dumps({**manifest, "files": sorted(self._names)}, indent=2, ensure_ascii=False, allow_nan=False)
        write_whole(self.path / MANIFEST, text + "\n")
        return self.path


def _listed(folder: Path) -> list[str]:
    """The files of this folder that its manifest lists."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    names = found.get("files", []) if isinstance(found, dict) else []
    return [name for name in names if isinstance(name, str) and Path(name).name == name]


def write_whole(path: Path, content: Content) -> None:
    """Into a temporary neighbour first, then renamed: nobody ever sees half a file."""
    parts: Iterable[str | bytes] = [content] if isinstance(content, str | bytes) else content
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            for part in parts:
                file.write(part.encode() if isinstance(part, str) else part)
        umask = os.umask(0)
        os.umask(umask)
        Path(name).chmod(0o666 & ~umask)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
