"""What does a regular expression of POSIX match, extended as in ``[[ A =~ B ]]`` or basic as in ``grep``?"""

import re
import warnings

_CLASSES = {
    "[:alnum:]": "a-zA-Z0-9",
    "[:alpha:]": "a-zA-Z",
    "[:blank:]": r" \t",
    "[:digit:]": "0-9",
    "[:lower:]": "a-z",
    "[:space:]": r"\s",
    "[:upper:]": "A-Z",
    "[:xdigit:]": "0-9a-fA-F",
}
"""Classes of characters, and what Python calls them inside brackets."""
_PART = re.compile(r"\[\^?\]?(?:\[:\w+:\]|[^]])*\]|\\.|[+?|(){}]", re.DOTALL)
"""What basic and extended expressions may write differently: a set in brackets, a letter behind a backslash, a sign."""


def expression(pattern: str, extended: bool, flags: int = 0) -> re.Pattern[str] | None:
    """The pattern as Python has it; None for one that is none. Signs such as ``+`` and ``|`` mean themselves in basic
    patterns, and with a backslash before them what they mean in extended ones."""
    text = pattern if extended else _PART.sub(_as_extended, pattern)
    for name, characters in _CLASSES.items():
        text = text.replace(name, characters)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # "[[" may mean something else in a later Python
            return re.compile(text, flags)
    except re.error:
        return None


def _as_extended(found: re.Match[str]) -> str:
    part = found[0]
    if part.startswith("["):
        return part
    return part[1:] if part[0] == "\\" and part[1] in "+?|(){}" else f"\\{part}" if len(part) == 1 else part
