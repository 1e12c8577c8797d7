"""Why the flavors of a pod set do not simply fit, in Kueue's words (R5.71, V26). Written when somebody reads it."""

from collections.abc import Mapping, Sequence

from kueue_sim.model import Release
from kueue_sim.policy.compiled_policy import CompiledQueue
from kueue_sim.policy.flavors.flavor_fungibility import NO_FLAVOR
from kueue_sim.policy.flavors.scan import Scan, Tried
from kueue_sim.policy.workloads.workload_info import Shortage
from kueue_sim.units import format_quantity


class Explanation:
    """Why the flavors of a pod set do not simply fit; worked out when asked."""

    __slots__ = ("_node", "_release", "_scans", "_unavailable")

    def __init__(self, queue: CompiledQueue, scans: Sequence[Scan], unavailable: str, release: Release) -> None:
        self._node = queue.node
        self._release = release
        self._scans = scans
        self._unavailable = unavailable

    def texts(self) -> list[str]:
        """In the order in which flavors and resources were looked at, in Kueue's words."""
        if self._unavailable:
            return [f"resource {self._unavailable} unavailable in ClusterQueue"]
        failed = [scan for scan in self._scans if scan.best is None]
        texts: list[str] = []
        for scan in failed or self._scans:
            if not scan.fits:
                for tried in scan.tried:
                    texts += self._texts(tried, scan.assumed)
        return texts

    def shortages(self) -> list[Shortage]:
        """The flavors that lack unused quota; those that could never serve are left out."""
        found = []
        for scan in self._scans:
            for tried in () if self._unavailable or scan.fits else scan.tried:
                lines = tried.by_resource()
                short = frozenset(slot for _, slot, _, _, _, missing in lines if missing > 0)
                if short and not tried.skipped and all(missing >= 0 for *_, missing in lines):
                    amounts = tuple((slot, amount + scan.assumed.get(slot, 0)) for _, slot, amount, *_ in lines)
                    untried = frozenset(slot for _, slot, _, mode, _, _ in lines if mode == NO_FLAVOR)
                    found.append(Shortage(tried.option.flavor, amounts, short, untried))
        return found

    def _texts(self, tried: Tried, assumed: Mapping[int, int]) -> list[str]:
        flavor = tried.option.flavor
        texts: list[str] = []
        for resource, slot, amount, _, _, missing in tried.by_resource():
            if missing > 0:
                more = self._told(missing, resource)
                texts.append(f"insufficient unused quota for {resource} in flavor {flavor}, {more} more needed")
            elif missing < 0:
                compared = self._above_maximum(resource, slot, assumed.get(slot, 0), amount)
                texts.append(f"insufficient quota for {resource} in flavor {flavor}, {compared}")
        return [*texts, *tried.skipped]

    def _above_maximum(self, resource: str, slot: int, before: int, amount: int) -> str:
        """What exceeds what (V26)."""
        most = self._told(self._node.potential_available[slot], resource)
        if not self._release.tells_assumed_usage:
            return f"request > maximum capacity ({self._told(before + amount, resource)} > {most})"
        return (
            f"previously considered podsets requests ({self._told(before, resource)}) + current podset request "
            f"({self._told(amount, resource)}) > maximum capacity ({most})"
        )

    def _told(self, amount: int, resource: str) -> str:
        return format_quantity(amount, resource, self._release.tells_canonical_amounts)
