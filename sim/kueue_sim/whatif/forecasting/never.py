"""Which work that waits can never start, whoever ends?"""

from dataclasses import replace

from kueue_sim.engine import simulate
from kueue_sim.whatif.learning.present import Present

_IN_USE = "insufficient unused quota"
"""What Kueue says where others hold what is asked for, which may come back."""


def never_starts(present: Present, key: str, message: str) -> bool:
    """Whether work of which Kueue says ``message`` would wait in an empty cluster too: it asks for more than there is,
    or for what is stopped, missing or switched off. Then it waits until somebody changes that.

    Where quota is only in use, or something planned may change the answer, nobody looks and it is False.
    """
    scenario = present.scenario
    if _IN_USE in message or scenario.timeline or scenario.node_pools:
        return False
    target = next(one for one in present.waiting if one.key == key)
    empty = replace(present, running=())
    return key in simulate(empty.onward((), (target._replace(status=None),), (), 0)).pending
