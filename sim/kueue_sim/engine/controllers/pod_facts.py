"""What becomes of pods, as facts and as news for the control plane."""

from collections.abc import Callable

from kueue_sim.engine.facts import CODE
from kueue_sim.engine.recorder import Recorder
from kueue_sim.policy.workloads.workload_info import Reservation

_UNSCHEDULABLE, _STARTED, _INTERRUPTED = CODE["Unschedulable"], CODE["Started"], CODE["Interrupted"]
_NODE = CODE["Node"]
Numbers = Callable[[Reservation], tuple[int, int]]
"""The numbers under which facts name a workload and its ClusterQueue."""


class PodFacts:
    """Takes down what ``Pods`` tells; ``finish`` ends a workload whose work is done, ``ready`` is told whether all
    its pods are ready."""

    def __init__(
        self,
        recorder: Recorder,
        numbers: Numbers,
        finish: Callable[[int, Reservation], bool],
        ready: Callable[[int, Reservation, bool], None],
    ) -> None:
        self._recorder = recorder
        self._numbers = numbers
        self.finish = finish
        self._ready = ready

    def pods_unschedulable(self, now: int, reservation: Reservation, message: str) -> None:
        """Admitted, but no node holds some of its pods."""
        self._note(now, _UNSCHEDULABLE, reservation, "Unschedulable", message)

    def pods_started(self, now: int, reservation: Reservation, nodes: str) -> None:
        """The pods' work begins or goes on."""
        self._note(now, _STARTED, reservation, "", nodes)

    def pods_ready(self, now: int, reservation: Reservation) -> None:
        """All its pods are ready."""
        self._ready(now, reservation, True)

    def pods_lost(self, now: int, reservation: Reservation, node: str, lost_ms: int, why: str) -> None:
        """Pods of it died with their node, or had to leave it."""
        self._ready(now, reservation, False)
        self._note(now, _INTERRUPTED, reservation, why, node, lost_ms)

    def node_changed(self, now: int, node: str, what: str) -> None:
        """An action of the timeline happened to a node."""
        self._recorder.note((now, _NODE, -1, -1, self._recorder.texts[what, node], -1, -1, 0))

    def _note(self, now: int, kind: int, reservation: Reservation, reason: str, message: str, lost_ms: int = 0) -> None:
        number, queue = self._numbers(reservation)
        text = self._recorder.texts[reason, message]
        self._recorder.note((now, kind, number, queue, text, -1, -1, lost_ms))
