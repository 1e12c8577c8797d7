"""A folder that holds one thing: what was written there before goes when something else is written."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

Content = str | bytes | Iterator[str]
"""What a file holds; text may come part by part."""
MANIFEST = "manifest.json"
UNFINISHED = ".unfinished.json"
"""Lists what a run has written so far; one that was cut off leaves it."""


class OutputFolder:
    """Writes files into a folder and lists them with their SHA-256 digests in ``manifest.json``, which comes last.

    A folder that has a manifest is whole. Opening one removes the files that an earlier run wrote, also a run that was
    cut off, and nothing else: what people put there stays.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder
        self._digests: dict[str, str] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for listing in (MANIFEST, UNFINISHED):
            for name in _listed(folder / listing):
                (folder / name).unlink(missing_ok=True)
            (folder / listing).unlink(missing_ok=True)

    def write(self, name: str, content: Content) -> None:
        """Write one file, whole or not at all."""
        self._digests[name] = ""
        write_whole(self.path / UNFINISHED, json.dumps({"files": self._digests}))
        self._digests[name] = write_whole(self.path / name, content)

    def close(self, manifest: Mapping[str, object]) -> Path:
        """Write the manifest with the list of files; returns the folder."""
        whole = {**manifest, "files": dict(sorted(self._digests.items()))}
        text = json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False)
        write_whole(self.path / MANIFEST, text + "\n")
        (self.path / UNFINISHED).unlink(missing_ok=True)
        return self.path


def _listed(listing: Path) -> list[str]:
    """The files beside it that a manifest, or the list of a run that was cut off, names."""
    try:
        found = json.loads(listing.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    names = found.get("files", []) if isinstance(found, dict) else []
    return [name for name in names if isinstance(name, str) and Path(name).name == name]


def write_whole(path: Path, content: Content) -> str:
    """Write a temporary neighbour, bring it to the disk, then rename it: nobody ever sees half a file.

    Returns the SHA-256 digest of the content. Raises OSError that names the file.
    """
    parts: Iterable[str | bytes] = [content] if isinstance(content, str | bytes) else content
    digest = hashlib.sha256()
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                for part in parts:
                    written = part.encode() if isinstance(part, str) else part
                    digest.update(written)
                    file.write(written)
                file.flush()
                os.fsync(file.fileno())
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    return digest.hexdigest()
