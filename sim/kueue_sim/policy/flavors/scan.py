"""What a scan over the flavors of one resource group found, as numbers; rendered by ``explanation`` when asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kueue_sim.policy.flavors.compiled_request import FlavorOption, RequestPart
from kueue_sim.policy.flavors.flavor_fungibility import NO_FLAVOR
from kueue_sim.policy.workloads.assignment import milder, worse
from kueue_sim.policy.workloads.reasons import NoFitReason
from kueue_sim.policy.workloads.workload_info import FIT, NO_FIT, PREEMPT, AssignmentMode, FlavorChoice

_MODE_OF: tuple[AssignmentMode, ...] = (NO_FIT, PREEMPT, PREEMPT, PREEMPT, FIT)


@dataclass(slots=True, eq=False)
class Tried:
    """A flavor that a scan looked at. ``skipped`` is why it was passed over (not ``compared``) or ruled out, or empty.

    ``demands`` are resource, slot and amount as asked for, ``verdicts`` three numbers for each: mode, borrowing level
    and what is missing, −1 where the amount exceeds what the queue could ever use.
    """

    option: FlavorOption
    demands: Sequence[tuple[str, int, int]]
    verdicts: Sequence[int]
    skipped: tuple[str, ...]
    compared: bool = True

    def by_resource(self) -> list[tuple[str, int, int, int, int, int]]:
        """Resource, slot, amount, mode, level and what is missing, of each resource that was compared."""
        numbers, compared = self.verdicts, self.demands[: len(self.verdicts) // 3]
        return [
            (resource, slot, amount, numbers[3 * place], numbers[3 * place + 1], numbers[3 * place + 2])
            for place, (resource, slot, amount) in enumerate(compared)
        ]


@dataclass(slots=True, eq=False)
class Scan:
    """What one scan found: the best flavor, None when none will do, and where it stopped (R5.40).

    ``assumed`` is what groups of pod sets before were given, by slot.
    """

    part: RequestPart
    tried: Sequence[Tried]
    best: Tried | None
    stopped: int
    fits: bool
    assumed: Mapping[int, int]

    def no_fit(self) -> NoFitReason:
        """The mildest reason against a flavor that cannot serve, "" when none was met (R5.71)."""
        least: NoFitReason = ""
        for tried in self.tried:
            if tried.compared:
                if tried.skipped or NO_FLAVOR in tried.verdicts[::3]:
                    least = milder(least, _cause(tried))
            elif tried.option.mismatched and tried.skipped == (tried.option.rejection,):
                least = milder(least, "NoMatchingFlavor")
        return least


def _cause(tried: Tried) -> NoFitReason:
    """Why a flavor cannot serve: the most severe reason of its resources (R5.71)."""
    cause: NoFitReason = "NoMatchingFlavor" if tried.skipped else ""
    for _, _, _, mode, _, missing in tried.by_resource():
        if mode == NO_FLAVOR:
            cause = worse(cause, "ExceedsMaxQuota" if missing < 0 else "WaitingForQuota")
    return cause


def no_fit_of(found: Sequence[Scan]) -> NoFitReason:
    """Why a group of pod sets gets no flavors: the most severe reason over the resource groups that were looked at, the
    mildest one of each, also of those that have a flavor for it (R5.71).

    A resource that nothing offers has no reason of its own. Where no other is met there is no flavor to match.
    """
    reason: NoFitReason = ""
    for scan in found:
        reason = worse(reason, scan.no_fit())
    return reason or "NoMatchingFlavor"


def chosen_flavors(found: Sequence[Scan]) -> dict[str, FlavorChoice]:
    """The flavor that each resource gets, where a flavor was found for all."""
    chosen: dict[str, FlavorChoice] = {}
    for scan in found:
        if scan.best is not None:
            for resource, _, _, mode, level, _ in scan.best.by_resource():
                chosen[resource] = FlavorChoice(scan.best.option.flavor, _MODE_OF[mode], level, scan.stopped)
    return chosen
