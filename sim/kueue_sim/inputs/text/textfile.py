"""What does a text file of the user hold? One that cannot be read is a mistake with its place."""

from pathlib import Path

from kueue_sim.errors import InputError, Mistake, Place


def read_text(path: str | Path) -> str:
    """The text of a file in UTF-8, with Unix line ends. Raises InputError."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError([Mistake(None, f"cannot read {str(path)!r}: {error.strerror}")]) from None
    return unix_text(content, str(path))


def unix_text(content: bytes, name: str) -> str:
    """UTF-8 as text with Unix line ends, without a byte order mark. Raises InputError; ``name`` stands for the file."""
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode()
        place = Place(name, before.count("\n") + 1, len(before) - before.rfind("\n"))
        message = f"not UTF-8 text: byte 0x{content[error.start]:02x}; save the file as UTF-8"
        raise InputError([Mistake(place, message)]) from None
