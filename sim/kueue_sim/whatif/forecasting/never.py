"""Which work that waits can never start, whoever ends?"""

from collections.abc import Iterable
from dataclasses import replace

from kueue_sim.engine import simulate
from kueue_sim.model import Workload
from kueue_sim.whatif.forecasting.lines import Lines
from kueue_sim.whatif.learning.present import Present

_IN_USE = "insufficient unused quota"
"""What Kueue says where others hold what is asked for, which may come back."""
_MOST_TRIED = 20
"""Shapes of work for which an empty cluster is tried, after they started in no future."""


class Never:
    """Work that would wait in an empty cluster too: it asks for more than there is, or for what is stopped, missing or
    switched off; or it stands in a StrictFIFO queue behind such work. It waits until somebody changes that.

    Where something planned may change the answer nothing is said to be so.
    """

    def __init__(self, present: Present, lines: Lines) -> None:
        self._present = replace(present, running=())
        self._lines = lines
        self._open = bool(present.scenario.timeline or present.scenario.node_pools)
        self._known: list[tuple[Workload, str | None]] = []

    def at_once(self, target: Workload, message: str) -> bool:
        """Whether that is clear from what Kueue says, ``message``; where quota is only in use nobody looks."""
        if self._open:
            return False
        return not target.active or (_IN_USE not in message and self._alone(target) is not None)

    def after_futures(self, targets: Iterable[Workload]) -> dict[str, str]:
        """Of work that started in no future, what never does, and why, by key."""
        if self._open:
            return {}
        found: dict[str, str] = {}
        for target in targets:
            before = self._lines.strictly_before(target)
            blocker = next((one.key for one in before if self._tried(one) is not None), None)
            alone = self._tried(target)
            if blocker is not None:
                found[target.key] = f"{blocker}, which stands before it in its StrictFIFO queue and never starts"
            elif alone is not None:
                found[target.key] = f"what no end of others brings: in an empty cluster too {alone}"
        return found

    def _tried(self, target: Workload) -> str | None:
        """As ``_alone``, None for what is left when enough shapes of work were tried."""
        return self._alone(target) if len(self._known) < _MOST_TRIED or self._alike(target) else None

    def _alike(self, target: Workload) -> list[str | None]:
        """What is known of work of the same shape: one answer, or none."""
        shape = _shape(target)
        return [answer for one, answer in self._known if _shape(one) == shape][:1]

    def _alone(self, target: Workload) -> str | None:
        """Kueue's answer to it in an empty cluster, None where it starts there."""
        for answer in self._alike(target):
            return answer
        run = simulate(self._present.onward((), (target._replace(status=None),), (), 0))
        answer = run.pending[target.key][1] if target.key in run.pending else None
        self._known.append((target, answer))
        return answer


def _shape(one: Workload) -> tuple[object, ...]:
    """What decides whether it may ever start."""
    return (
        *(one.namespace, one.queue_name, one.pod_sets, one.active, one.checks, one.allowed_flavors),
        *(one.infeasible_reason, one.inadmissible_reason, one.preemption_gates, one.reclaimable),
    )


__all__ = ["Never"]
