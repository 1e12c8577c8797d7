"""Which workload of a run a name means."""

import difflib
from collections.abc import Iterable

from kueue_sim.inputs.text.field import near_miss
from kueue_sim.model.team_names import PREFIX


def find(keys: Iterable[str], wanted: str) -> str:
    """The key meant by ``namespace/name``, ``team/name`` for HyperPod's namespace of a team, or a name that only
    one namespace has. Raises LookupError."""
    known = list(keys)
    for name in (wanted, f"{PREFIX}{wanted}"):
        if name in known:
            return name
    matches = [key for key in known if key.partition("/")[2] == wanted]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise LookupError(f"workload {wanted!r} is not unique: {', '.join(matches)}")
    names = known + [key.partition("/")[2] for key in known]
    near = difflib.get_close_matches(wanted, names, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else near_miss(wanted, names)
    raise LookupError(f"there is no workload {wanted!r}; {hint}")
