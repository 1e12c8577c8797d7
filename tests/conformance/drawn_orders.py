"""Other runs that a release in random order of resources might have made (V10): each attempt visits them in an order of
its own, drawn by a seed.

``python tests/conformance/drawn_orders.py RELEASE/FAMILY ID [SEEDS]`` looks for a seed with which a recording agrees.
"""

import gzip
import json
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from kueue_sim.policy import nomination
from kueue_sim.policy.flavors.compiled_request import CompiledRequest, FlavorOption, PodSetGroup, RequestPart
from kueue_sim.policy.flavors.flavor_assigner import FlavorAssigner
from kueue_sim.policy.workloads.assignment import Assignment
from tests.conformance.runs import compare_run

VERSIONS = Path(__file__).parents[3] / "shared" / "conformance" / "versions"


@contextmanager
def drawn(seed: int) -> Iterator[None]:
    """Within it every attempt visits resources in an order drawn by ``seed``."""
    stream = random.Random(seed)

    class Drawing(FlavorAssigner):
        """Remembers nothing, since the same request may get another answer."""

        def __init__(self, compiled: Any, oracle: Any, remembers: bool = True) -> None:
            super().__init__(compiled, oracle, remembers=False)

        def assign(self, request: CompiledRequest, *others: Any, **named: Any) -> Assignment:
            groups = tuple(_group(group, stream) for group in request.groups)
            return super().assign(replace(request, groups=groups, answers={}), *others, **named)

    nomination.FlavorAssigner = Drawing  # type: ignore[misc]
    try:
        yield
    finally:
        nomination.FlavorAssigner = FlavorAssigner  # type: ignore[misc]


def _group(group: PodSetGroup, stream: random.Random) -> PodSetGroup:
    parts = stream.sample(group.parts, len(group.parts))
    return replace(group, parts=tuple(_part(part, stream) for part in parts))


def _part(part: RequestPart, stream: random.Random) -> RequestPart:
    return replace(part, options=tuple(_option(option, stream) for option in part.options))


def _option(option: FlavorOption, stream: random.Random) -> FlavorOption:
    return replace(option, demands=tuple(stream.sample(option.demands, len(option.demands))))


def recording(group: str, identity: str) -> dict[str, Any]:
    """One recording of ``RELEASE/FAMILY``."""
    with gzip.open(VERSIONS / f"{group}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return next(case for case in map(json.loads, lines) if case["scenario"]["name"] == identity)


def agreeing_seed(case: dict[str, Any], seeds: range) -> int | None:
    """The first seed with which decisions, states and messages are those of the recording; None: none of them."""
    for seed in seeds:
        with drawn(seed):
            if compare_run(case) is None:
                return seed
    return None


if __name__ == "__main__":
    given = recording(sys.argv[1], sys.argv[2])
    print(agreeing_seed(given, range(int(sys.argv[3]) if sys.argv[3:] else 100)))
