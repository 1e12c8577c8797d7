"""What does a text file of the user hold? One that cannot be read is a mistake with its place. The name ``-`` stands
for standard input, which is read once, wherever a file may be named."""

import sys
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from gzip import GzipFile
from io import BytesIO
from pathlib import Path
from typing import IO, TextIO

from kueue_sim.errors import InputError, Mistake, Place

GZIP = b"\x1f\x8b"
"""The first bytes of whatever gzip packed."""
_PACKED = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip", b"\x28\xb5\x2f\xfd": "zstd"}
"""The first bytes of what other programs packed."""
_ZIP_NAME_AT = 30
"""Where the name of the first file stands in an archive of zip."""
PARQUET = b"PAR1"
"""The first bytes of a Parquet file."""
_TAR_AT, _TAR = 257, b"ustar"
"""Where a tar archive says that it is one."""
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_WORKBOOK = (b"[Content_Types].xml", b"_rels/", b"xl/", b"docProps/", b"mimetypeapplication/vnd.oasis")
"""The first bytes of a workbook in Excel's old format, and what stands at the head of newer ones, which zip packed."""
_INSTEAD = {
    b"version https://git-lfs.github.com/spec/": "a pointer to a file that Git LFS keeps; git lfs pull fetches it",
    b"<!doctype html": "a page for a browser, as servers answer where a login is missing; fetch the file itself",
    b"<html": "a page for a browser, as servers answer where a login is missing; fetch the file itself",
}
"""How texts begin that stand in place of the file that was meant, in small letters."""
HEAD = 512
"""Bytes at the beginning of a file that tell what it is."""
_BYTES_A_ZERO = 8
"""Of so many bytes of UTF-16 at least one is zero, whatever else stands there: numbers, blanks and commas are ASCII."""
MOST_BYTES = 256 << 20
"""Bytes of a text that is read as a whole; more is taken for a device or a file of another kind."""
MOST_LINE = 1 << 20
"""Characters of one line of a table."""


STDIN = "-"
"""The name of standard input."""
_piped: list[tuple[object, bytes]] = []


class LineTooLong(ValueError):
    """A line of a table that no table has."""


def read_text(path: str | Path) -> str:
    """The text of a file in UTF-8, with Unix line ends, unpacked when gzip packed it. Raises InputError."""
    return unix_text(read_bytes(path), shown(path))


def shown(path: str | Path) -> str:
    """What mistakes call a file."""
    return "<stdin>" if str(path) == STDIN else str(path)


def _standard_input() -> bytes:
    """All that comes through the pipe, also when it was read before."""
    known = next((content for stream, content in _piped if stream is sys.stdin), None)
    if known is None:
        known = sys.stdin.buffer.read(MOST_BYTES + 1)
        _piped[:] = [(sys.stdin, known)]
    return known


def is_file(path: Path) -> bool:
    """Whether a file is there; what cannot be the name of one is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder is there; what cannot be the name of one is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def encoding_of(head: bytes) -> str:
    """How a text is encoded that begins so: UTF-8, or UTF-16 with its mark, as `>` of PowerShell writes, or without it:
    then zeros stand beside the letters of ASCII, before or behind each."""
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    before, behind = head[:HEAD:2].count(0), head[1:HEAD:2].count(0)
    if min(before, behind) or not before + behind > len(head[:HEAD]) // _BYTES_A_ZERO:
        return "utf-8-sig"
    return "utf-16-le" if behind else "utf-16-be"


def unusable(head: bytes) -> str:
    """What is wrong with a file that begins so and cannot be read as it is, "" if nothing is."""
    if head.startswith(PARQUET):
        return "a Parquet table; kueue-sim import makes a scenario of a history of jobs"
    if head[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        return "a tar archive; unpack it and give the files or their folder"
    if head.startswith(_OLD_WORKBOOK) or any(head[_ZIP_NAME_AT:].startswith(name) for name in _WORKBOOK):
        return "a workbook of a spreadsheet; save the sheet as CSV"
    begin = head[:HEAD].lstrip().lower()
    if instead := next((what for mark, what in _INSTEAD.items() if begin.startswith(mark)), ""):
        return instead
    packer = next((packer for magic, packer in _PACKED.items() if head.startswith(magic)), "")
    return packer and f"packed by {packer}; gzip's files are read as they are, others have to be unpacked first"


def unix_text(content: bytes, name: str) -> str:
    """UTF-8, or UTF-16, as text with Unix line ends, without the mark. Raises InputError; ``name`` stands for the
    file."""
    problem = unusable(content)
    if problem:
        raise InputError([Mistake(Place(name, 1, 1), problem)])
    encoding = encoding_of(content)
    try:
        return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        if encoding.startswith("utf-16"):
            raise InputError([Mistake(Place(name, 1, 1), f"not UTF-16 text: {error.reason}")]) from None
        before = content[: error.start].decode()
        place = Place(name, before.count("\n") + 1, len(before) - before.rfind("\n"))
        message = f"not UTF-8 text: byte 0x{content[error.start]:02x}; save the file as UTF-8"
        raise InputError([Mistake(place, message)]) from None


def read_bytes(path: str | Path) -> bytes:
    """The content of a file, unpacked when gzip packed it, at most ``MOST_BYTES``. Raises InputError."""
    try:
        if str(path) == STDIN:
            content = _standard_input()
        else:
            with Path(path).open("rb") as raw:
                content = _at_most(raw)
        if content.startswith(GZIP):
            with GzipFile(fileobj=BytesIO(content)) as packed:
                content = _at_most(packed)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError([Mistake(None, f"cannot read {str(path)!r}: {reason}")]) from None
    if len(content) > MOST_BYTES:
        message = f"cannot read {shown(path)!r}: more than {MOST_BYTES >> 20} MiB, too much for a text read as a whole"
        raise InputError([Mistake(None, message)])
    return content


def _at_most(stream: IO[bytes] | GzipFile) -> bytes:
    parts, size = [], 0
    while size <= MOST_BYTES and (part := stream.read(1 << 20)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def lines_of(text: TextIO) -> Iterator[str]:
    """The lines of a table, one at a time. Raises LineTooLong instead of filling the memory with one."""
    while line := text.readline(MOST_LINE):
        if len(line) == MOST_LINE and not line.endswith("\n"):
            raise LineTooLong(f"a line of more than {MOST_LINE:,} characters")
        yield line
