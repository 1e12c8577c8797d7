"""What admissions use: from the distinct admissions of a run to quota held over time."""

from typing import TYPE_CHECKING

import numpy as np

from kueue_sim.engine.facts import NONE, Facts
from kueue_sim.results.history.by_workload import summed
from kueue_sim.results.quota.quota_over_time import Slot
from kueue_sim.results.step_functions.steps import Ints, Steps

if TYPE_CHECKING:
    from kueue_sim.results.history.admission_table import Parts


class AdmissionUsage:
    """Parallel arrays of admission, (flavor, resource) pair and amount, in the order of the admissions."""

    def __init__(self, facts: Facts) -> None:
        self._number = len(facts.admissions)
        self.pairs: dict[tuple[str, str], int] = {}
        admissions: list[int] = []
        pairs: list[int] = []
        amounts: list[int] = []
        for index, pod_sets in enumerate(facts.admissions):
            for item in pod_sets:
                for resource, flavor in item.flavors.items():
                    admissions.append(index)
                    pairs.append(self.pairs.setdefault((flavor, resource), len(self.pairs)))
                    amounts.append(item.usage.get(resource, 0))
        self.admission = np.array(admissions, dtype=np.int64)
        self.pair = np.array(pairs, dtype=np.int64)
        self.amount = np.array(amounts, dtype=np.int64)

    def of_resource(self, resource: str, flavor: str | None = None) -> Ints:
        """Amount of one resource by admission, of one ``flavor`` or all; one entry more, 0, for what has none (−1)."""
        wanted = np.array([name == resource and flavor in (None, one) for one, name in self.pairs], dtype=bool)
        rows = wanted[self.pair] if len(self.pairs) else np.zeros(0, dtype=bool)
        return summed(self.admission[rows], self.amount[rows], self._number + 1)

    def held(self, parts: "Parts", queues: tuple[str, ...]) -> dict[Slot, Steps]:
        """What all parts of stays together hold over time."""
        counts = np.bincount(self.admission, minlength=self._number)
        starts = np.cumsum(counts) - counts
        with_quota = np.flatnonzero(parts.admission != NONE)
        each = counts[parts.admission[with_quota]]
        part = np.repeat(with_quota, each)
        within = np.arange(len(part)) - np.repeat(np.cumsum(each) - each, each)
        use = np.repeat(starts[parts.admission[with_quota]], each) + within
        keys = parts.queue[part] * len(self.pairs) + self.pair[use]
        freed = parts.released[part] != NONE
        found = Steps.grouped(
            np.concatenate((keys, keys[freed])),
            np.concatenate((parts.reserved[part], parts.released[part][freed])),
            np.concatenate((self.amount[use], -self.amount[use][freed])),
        )
        pairs = list(self.pairs)
        return {(queues[key // len(pairs)], *pairs[key % len(pairs)]): steps for key, steps in found.items()}
