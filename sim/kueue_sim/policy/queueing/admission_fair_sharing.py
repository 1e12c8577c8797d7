"""Usage-based admission fair sharing: order inside one ClusterQueue by what each LocalQueue used lately (R7.5–R7.25).

Usage decays with a half-life and is sampled at fixed intervals. Between events nothing changes but time, so the
samples that fell due are taken when somebody asks.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Context, Decimal
from fractions import Fraction

from kueue_sim.model import AdmissionFairSharing

LocalQueueKey = tuple[str, str]
"""(namespace, name)."""

BATCH_MS = 1000
"""Time from an event of a LocalQueue's workloads to the update of its usage (R7.20)."""

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


def _nanos(amount: Fraction) -> Decimal:
    """Exact to nine decimals, as Kubernetes keeps quantities."""
    return (Decimal(amount.numerator) / Decimal(amount.denominator)).quantize(_NANO, context=_EXACT)


def natural(amounts: Mapping[str, int]) -> dict[str, Decimal]:
    """Canonical amounts in natural units: cores instead of millicores."""
    return {name: Decimal(amount) / 1000 if name == "cpu" else Decimal(amount) for name, amount in amounts.items()}


@dataclass(slots=True)
class _Account:
    """``admitted`` is the present usage of admitted workloads; ``recheck_ms`` when an event asks for an update;
    ``paused`` while the LocalQueue or its ClusterQueue is stopped (R7.23)."""

    consumed: dict[str, Decimal]
    updated_ms: int
    admitted: dict[str, Decimal] = field(default_factory=dict)
    penalties: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    recheck_ms: int | None = None
    paused: bool = False

    def next_ms(self, step: int) -> int:
        """When its usage is updated next."""
        due = self.updated_ms + step
        return due if self.recheck_ms is None or not self.penalties else min(due, self.recheck_ms)

    def settles(self, most: Mapping[str, Decimal]) -> bool:
        """Whether decay changes its usage by less than a millionth of what the LocalQueue that uses most has."""
        names = self.consumed.keys() | self.admitted.keys()
        none = Decimal(0)
        return not self.penalties and all(
            abs(self.consumed.get(name, none) - self.admitted.get(name, none)) <= most.get(name, none) / 1_000_000
            for name in names
            if most.get(name)
        )

    def is_idle(self) -> bool:
        """Whether samples change nothing."""
        return not (self.penalties or any(self.consumed.values()) or any(self.admitted.values()))


class UsageLedger:
    """Decayed usage and entry penalties of every LocalQueue. All times in milliseconds, never going back."""

    def __init__(self, settings: AdmissionFairSharing) -> None:
        self._settings = settings
        self._accounts: dict[LocalQueueKey, _Account] = {}

    def take_samples(self, until_ms: int) -> Iterator[LocalQueueKey]:
        """Takes the samples that are due by then, in order of time, and names each LocalQueue whose usage was updated.

        What happens until the next call happens before the samples that are due later. Implements R7.20.
        """
        while True:
            due = [(self._due_ms(account), key) for key, account in self._accounts.items() if not account.paused]
            at_ms, key = min(due, default=(until_ms + 1, ("", "")))
            if at_ms > until_ms:
                return
            account = self._accounts[key]
            account.recheck_ms = None if account.recheck_ms == at_ms else account.recheck_ms
            if account.penalties or at_ms >= account.updated_ms + self._settings.sampling_interval_ms:
                self._skip(account, at_ms, until_ms)
                yield key

    def _due_ms(self, account: _Account) -> int:
        due = account.updated_ms + self._settings.sampling_interval_ms
        return due if account.recheck_ms is None else min(due, account.recheck_ms)

    def _skip(self, account: _Account, at_ms: int, until_ms: int) -> None:
        """Update its usage; where nothing was used there is nothing to decay until something is."""
        step = self._settings.sampling_interval_ms
        if account.is_idle() and until_ms > at_ms:
            account.updated_ms += (until_ms - account.updated_ms) // step * step
        else:
            self._decay(account, at_ms)

    def has_penalty(self, queue: LocalQueueKey) -> bool:
        """Whether a penalty of the LocalQueue is pending that is not zero (R7.13)."""
        account = self._accounts.get(queue)
        return account is not None and any(any(penalty.values()) for penalty in account.penalties.values())

    def open(self, queue: LocalQueueKey, now: int, consumed: Mapping[str, int] | None = None) -> None:
        """The LocalQueue exists from now on, with this usage in canonical units. Implements R7.5, R7.24."""
        if queue not in self._accounts:
            self._accounts[queue] = _Account(natural(consumed or {}), now)

    def reopen(self, queue: LocalQueueKey, consumed: Mapping[str, Fraction], at_ms: int) -> None:
        """The LocalQueue had this usage, in natural units, at its last sample before the simulation began."""
        self._accounts[queue] = _Account({name: _nanos(amount) for name, amount in consumed.items()}, at_ms)

    def sampled(self, queue: LocalQueueKey) -> tuple[Mapping[str, Decimal], int]:
        """The LocalQueue's usage in natural units at its last sample, and when that was."""
        account = self._accounts[queue]
        return account.consumed, account.updated_ms

    def forget(self, queue: LocalQueueKey) -> None:
        """The LocalQueue was deleted."""
        self._accounts.pop(queue, None)

    def pause(self, queue: LocalQueueKey, now: int) -> None:
        """The LocalQueue was stopped, or its ClusterQueue: no more samples. Implements R7.23."""
        self._current(queue, now).paused = True

    def resume(self, queue: LocalQueueKey, now: int) -> None:
        """The LocalQueue takes part again; a sample that is overdue covers the whole gap with the usage of now."""
        account = self._accounts.get(queue)
        if account is None or not account.paused:
            return
        account.paused = False
        if account.updated_ms + self._settings.sampling_interval_ms <= now:
            self._decay(account, now)

    def consumed(self, queue: LocalQueueKey, now: int) -> dict[str, Decimal]:
        """Decayed usage per resource in natural units, without penalties."""
        return dict(self._current(queue, now).consumed)

    def usage(self, queue: LocalQueueKey, weight: float, now: int) -> float:
        """Weighted usage that orders the queue, smaller first; infinite for weight 0. Implements R7.9."""
        if weight <= 0:
            return math.inf
        account = self._current(queue, now)
        total: dict[str, Decimal] = dict(account.consumed)
        for penalty in account.penalties.values():
            _add(total, penalty)
        weights = self._settings.resource_weights
        used = 0.0
        for name in sorted(total):
            used += weights.get(name, 1.0) * float(total[name])
        return used / weight

    def next_update_ms(self, queues: Iterable[LocalQueueKey], now: int) -> int | None:
        """When time alone changes the usage of one of these LocalQueues again, as far as that can change their order.

        None when it never does: whatever decays or grows has come so near to its end that no two can change places.
        """
        accounts = [account for account in (self._current(queue, now) for queue in queues) if not account.paused]
        if not accounts or all(account.settles(_most_used(accounts)) for account in accounts):
            return None
        return min(account.next_ms(self._settings.sampling_interval_ms) for account in accounts)

    def reserve(self, queue: LocalQueueKey, workload: str, requests: Mapping[str, int], now: int) -> None:
        """Quota was reserved: charge the entry penalty at once. Implements R7.14."""
        rate = decay_rate(self._settings.sampling_interval_ms, self._settings.half_life_ms)
        penalty = {name: _scaled(amount, rate) for name, amount in natural(requests).items()}
        account = self._current(queue, now)
        account.penalties[workload] = penalty
        self._notice(account, now)

    def admit(self, queue: LocalQueueKey, workload: str, usage: Mapping[str, int], now: int, settles: bool) -> None:
        """The workload is admitted and its usage counts; with ``settles`` its penalty becomes usage (R7.16).

        ``settles`` is whether the ClusterQueue is usage-based (R7.18).
        """
        account = self._current(queue, now)
        _add(account.admitted, natural(usage))
        if settles:
            self._decay(account, now)
            _add(account.consumed, account.penalties.pop(workload, {}))
        self._notice(account, now)

    def restore(self, queue: LocalQueueKey, usage: Mapping[str, int]) -> None:
        """This much of it, in canonical units, was admitted before and is still in use."""
        _add(self._accounts[queue].admitted, natural(usage))

    def has_charged(self, queue: LocalQueueKey, requests: Mapping[str, int], at_ms: int) -> bool:
        """Whether a sample of that very instant is so high that a penalty for these requests can be in it."""
        account = self._accounts[queue]
        if at_ms != account.updated_ms:
            return False
        rate = decay_rate(self._settings.sampling_interval_ms, self._settings.half_life_ms)
        penalty = {name: _scaled(amount, rate) for name, amount in natural(requests).items()}
        return all(account.consumed.get(name, Decimal(0)) >= amount for name, amount in penalty.items())

    def release_all(self, queue: LocalQueueKey) -> None:
        """Nothing is admitted as yet; what it consumed stays."""
        account = self._accounts[queue]
        account.admitted, account.recheck_ms = {}, None

    def change(self, queue: LocalQueueKey, usage: Mapping[str, int], now: int) -> None:
        """Admitted usage grew by this much in canonical units; negative for what was given up."""
        account = self._current(queue, now)
        _add(account.admitted, natural(usage))
        self._notice(account, now)

    def forgive(self, queue: LocalQueueKey, workload: str, now: int) -> None:
        """The workload cannot settle its penalty any more. Implements R7.17."""
        account = self._current(queue, now)
        account.penalties.pop(workload, None)
        self._notice(account, now)

    def _notice(self, account: _Account, now: int) -> None:
        """An event asks for an update a moment later. Implements R7.20–R7.21."""
        if account.recheck_ms is None:
            account.recheck_ms = now + BATCH_MS

    def _current(self, queue: LocalQueueKey, now: int) -> _Account:
        """The account, a new one if it is not known yet."""
        account = self._accounts.get(queue)
        if account is None:
            account = self._accounts[queue] = _Account({}, now)
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


def _most_used(accounts: Iterable[_Account]) -> dict[str, Decimal]:
    """The greatest present usage of each resource. Where there is none, all usage decays alike and keeps its order."""
    most: dict[str, Decimal] = {}
    for account in accounts:
        for name, amount in account.admitted.items():
            most[name] = max(amount, most.get(name, Decimal(0)))
    return most


def _add(total: dict[str, Decimal], more: Mapping[str, Decimal]) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, Decimal(0)) + amount
