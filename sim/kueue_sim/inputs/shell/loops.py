"""How often does a loop of a shell script run, where that is known beforehand, and what does each round read?"""

import re
from collections.abc import Callable, Mapping

from kueue_sim.inputs.shell.arithmetic import number

COUNTING = re.compile(
    r"\(\(\s*(?P<name>\w+)\s*=\s*(?P<start>-?\d+)\s*;\s*(?P=name)\s*(?P<strict><=?)\s*\$?\{?(?P<end>\w+)\}?\s*;"
    r"\s*(?:(?P=name)\+\+|\+\+(?P=name)|(?P=name)\s*\+=\s*1)\s*\)\)"
)
"""The head of a loop that counts up by one."""
_STEP = re.compile(r"\s*(?:(?P<name>\w+)\s*(?P<post>\+\+|--)|(?P<pre>\+\+|--)\s*(?P<last>\w+))\s*")
_SETS = re.compile(r"\s*(?P<name>\w+)\s*(?P<sign>[-+*/%]?)=(?!=)\s*(?P<rest>.+)", re.DOTALL)
MOST_ROUNDS = 1_000


def counted(again: Callable[[], bool | None], body: Callable[[], bool], variables: Mapping[str, str | None]) -> bool:
    """Runs a loop as long as ``again`` and ``body`` say; False when that is not known, or when nothing it rests on
    changes."""
    for _ in range(MOST_ROUNDS):
        more = again()
        if not more:
            return more is False
        before = dict(variables)
        if not body():
            return True
        if before == variables:
            return False
    return False


def step(text: str, variables: Mapping[str, str | None]) -> tuple[str, str | None] | None:
    """What ``((i++))`` and ``((i += 2))`` make of a variable: its name and new value, None for an unknown one; None
    for what sets no variable."""
    found = _STEP.fullmatch(text)
    if found is not None:
        name = found["name"] or found["last"]
        result = number(f"{name} {(found['post'] or found['pre'])[0]} 1", variables)
    elif (found := _SETS.fullmatch(text)) is not None:
        name = found["name"]
        before = f"{name} {found['sign']} " if found["sign"] else ""
        result = number(f"{before}({found['rest']})", variables)
    else:
        return None
    return name, None if result is None else str(result)
