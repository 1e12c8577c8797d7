"""How often does a loop of a shell script run, where that is known beforehand?"""

import re
from collections.abc import Callable, Mapping

COUNTING = re.compile(
    r"\(\(\s*(?P<name>\w+)\s*=\s*(?P<start>-?\d+)\s*;\s*(?P=name)\s*(?P<strict><=?)\s*\$?\{?(?P<end>\w+)\}?\s*;"
    r"\s*(?:(?P=name)\+\+|\+\+(?P=name)|(?P=name)\s*\+=\s*1)\s*\)\)"
)
"""The head of a loop that counts up by one."""
_STEP = re.compile(r"(\w+)(?:(\+\+|--)|([-+])=(\d+))|(\+\+|--)(\w+)")
MOST_ROUNDS = 1_000


def counted(again: Callable[[], bool | None], body: Callable[[], object], variables: Mapping[str, str | None]) -> bool:
    """Runs a loop as long as ``again`` says; False when that is not known, or when nothing it rests on changes."""
    for _ in range(MOST_ROUNDS):
        more = again()
        if not more:
            return more is False
        before = dict(variables)
        body()
        if before == variables:
            return False
    return False


def step(text: str, variables: Mapping[str, str | None]) -> tuple[str, str | None] | None:
    """What ``((i++))`` and ``((i+=2))`` make of a variable: its name and new value; None for any other command."""
    found = _STEP.fullmatch(text)
    if found is None:
        return None
    name, sign = found[1] or found[6], found[2] or found[5] or found[3]
    value = variables.get(name) or "0"
    if not re.fullmatch(r"-?\d{1,9}", value):
        return name, None
    by = int(found[4] or 1)
    return name, str(int(value) + (by if sign.startswith("+") else -by))
