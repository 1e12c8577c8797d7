"""What a Python program prints of an answer is YAML but for its times: ``datetime.datetime(2026, 1, 1, 0, 0)``."""

import re
from datetime import datetime

_CALL = "datetime.datetime("
_TIME = re.compile(r"datetime\.datetime\(([\d,\s]+)(?:,\s*tzinfo=((?:[^()]|\([^()]*\))*))?\)")


def with_plain_times(text: str) -> str:
    """The text with its times as YAML has them. What stands behind one in its line stays where it is."""
    return _TIME.sub(_plain, text) if _CALL in text else text


def _plain(found: re.Match[str]) -> str:
    """A time in quotes, followed by blanks up to the length that it had; as it was where it is none."""
    try:
        moment = datetime(*[int(part) for part in found[1].split(",") if part.strip()])  # type: ignore[arg-type]
    except (OverflowError, TypeError, ValueError):
        return found[0]
    zone = "Z" if "utc" in (found[2] or "") else ""
    written = f"'{moment.isoformat()}{zone}'"
    return written + re.sub(r"[^\n]", " ", found[0][len(written) :])
