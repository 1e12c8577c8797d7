"""Usage-based admission fair sharing: order inside one ClusterQueue by what each LocalQueue used lately (file 07).

Usage decays with a half-life and is sampled at fixed intervals. Between events nothing changes but time, so the
samples that fell due are taken when somebody asks.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Context, Decimal

from sim.model import AdmissionFairSharing

LocalQueueKey = tuple[str, str]
"""(namespace, name)."""

_EXACT = Context(prec=60)
_NANO = Decimal("1e-9")


def decay_rate(elapsed_ms: int, half_life_ms: int) -> float:
    """Share of history that is replaced after this time; 0 without a half-life. Implements R7.6."""
    if half_life_ms == 0:
        return 0.0
    return 1.0 - math.pow(0.5, max(0, elapsed_ms) / half_life_ms)


def _scaled(amount: Decimal, factor: float) -> Decimal:
    """Exact product rounded down to nine decimals. Implements R7.8."""
    product = _EXACT.multiply(amount, Decimal(repr(factor)))
    return product.quantize(_NANO, rounding=ROUND_DOWN, context=_EXACT)


def natural(amounts: Mapping[str, int]) -> dict[str, Decimal]:
    """Canonical amounts in natural units: cores instead of millicores."""
    return {name: Decimal(amount) / 1000 if name == "cpu" else Decimal(amount) for name, amount in amounts.items()}


@dataclass(slots=True)
class _Account:
    consumed: dict[str, Decimal]
    updated_ms: int
    admitted: dict[str, Decimal] = field(default_factory=dict)
    penalties: dict[str, dict[str, Decimal]] = field(default_factory=dict)


class UsageLedger:
    """Decayed usage and entry penalties of every LocalQueue. All times in milliseconds."""

    def __init__(self, settings: AdmissionFairSharing) -> None:
        self._settings = settings
        self._accounts: dict[LocalQueueKey, _Account] = {}

    def restore(self, queue: LocalQueueKey, consumed: Mapping[str, int], now: int) -> None:
        """Start from recorded usage, in canonical units."""
        self._accounts[queue] = _Account(natural(consumed), now)

    def forget(self, queue: LocalQueueKey) -> None:
        """The LocalQueue was deleted."""
        self._accounts.pop(queue, None)

    def usage(self, queue: LocalQueueKey, weight: float, now: int) -> float:
        """Weighted usage that orders the queue, smaller first; infinite for weight 0. Implements R7.9."""
        if weight <= 0:
            return math.inf
        account = self._current(queue, now)
        total: dict[str, Decimal] = dict(account.consumed)
        for penalty in account.penalties.values():
            for resource, amount in penalty.items():
                total[resource] = total.get(resource, Decimal(0)) + amount
        weights = self._settings.resource_weights
        return sum(weights.get(name, 1.0) * float(total[name]) for name in sorted(total)) / weight

    def reserve(self, queue: LocalQueueKey, workload: str, requests: Mapping[str, int], now: int) -> None:
        """Quota was reserved: charge the entry penalty at once. Implements R7.14."""
        rate = decay_rate(self._settings.sampling_interval_ms, self._settings.half_life_ms)
        penalty = {name: _scaled(amount, rate) for name, amount in natural(requests).items()}
        self._current(queue, now).penalties[workload] = penalty

    def admit(self, queue: LocalQueueKey, workload: str, usage: Mapping[str, int], now: int) -> None:
        """The workload is admitted: its usage counts from now on, and its penalty is settled. Implements R7.16."""
        account = self._current(queue, now)
        _add(account.admitted, natural(usage))
        penalty = account.penalties.pop(workload, None)
        if penalty is not None:
            self._decay(account, now)
            _add(account.consumed, penalty)

    def release(self, queue: LocalQueueKey, workload: str, usage: Mapping[str, int], now: int) -> None:
        """The workload gave up its quota."""
        account = self._current(queue, now)
        account.penalties.pop(workload, None)
        _add(account.admitted, {name: -amount for name, amount in natural(usage).items()})

    def _current(self, queue: LocalQueueKey, now: int) -> _Account:
        """The account with all samples taken that are due by now. Implements R7.20."""
        account = self._accounts.get(queue)
        if account is None:
            account = self._accounts[queue] = _Account({}, now)
        step = self._settings.sampling_interval_ms
        while account.updated_ms + step <= now:
            self._decay(account, account.updated_ms + step)
        return account

    def _decay(self, account: _Account, now: int) -> None:
        """Implements R7.7."""
        if self._settings.half_life_ms == 0:
            account.consumed, account.updated_ms = {}, now
            return
        rate = decay_rate(now - account.updated_ms, self._settings.half_life_ms)
        decayed = {name: _scaled(amount, 1.0 - rate) for name, amount in account.consumed.items()}
        _add(decayed, {name: _scaled(amount, rate) for name, amount in account.admitted.items()})
        account.consumed, account.updated_ms = decayed, now


def _add(total: dict[str, Decimal], more: Mapping[str, Decimal]) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, Decimal(0)) + amount
