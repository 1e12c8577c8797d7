"""What do earlier forecasts teach? Promises of start times corrected by how far earlier ones missed.

Futures are drawn as if run times were independent of each other and every day were like any earlier one. In real
clusters jobs submitted together run alike and busy weeks stay busy, so times as drawn lie too close together. What
earlier forecasts missed, on the scale of their own spread, says by how much: the quantiles of those errors are put in
place of the quantiles of the futures (normalised conformal prediction).
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp, floor, log1p

ENOUGH = 19
"""Earlier forecasts with a known end from which on they teach something: the p90 is then not just the worst of them."""
_MINUTE_MS = 60_000
_FAR = 5.0
"""Spreads from the median. One is as far as the p90; that is exceeded by chance, this is not."""
_LEAST_SPREAD = 0.25
"""Of futures that all agree; a quarter on the scale of logarithms is a quarter more or less time."""


def order_statistic(times: Sequence[int | None], share: float) -> int | None:
    """The time by which it has started with this probability; None stands for later than all others.

    The order statistic that holds the promise for futures drawn alike: with n futures, number ``share (n + 1)``,
    rounded outwards.
    """
    order = sorted(times, key=lambda at: (at is None, at or 0))
    place = share * (len(order) + 1)
    number = ceil(place - 1e-9) if share >= 0.5 else floor(place + 1e-9)
    return None if number > len(order) else order[max(1, number) - 1]


@dataclass(frozen=True, slots=True)
class Hindcast:
    """A forecast at ``at_ms`` of work that waited, and when it really started; all times are milliseconds from then.

    ``starts_ms`` are its futures, None: not within ``ahead_ms``. ``actual_ms`` None: not in what was recorded.
    """

    at_ms: int
    starts_ms: tuple[int | None, ...]
    ahead_ms: int
    actual_ms: int | None

    def kept(self, share: float, now_ms: int) -> bool | None:
        """Whether it had started by the time promised, as known at ``now_ms``; None: still open then."""
        by = order_statistic(self.starts_ms, share)
        if self.actual_ms is not None and self.at_ms + self.actual_ms <= now_ms:
            return by is None or self.actual_ms <= by
        return False if by is not None and by <= now_ms - self.at_ms else None


@dataclass(frozen=True, slots=True)
class Correction:
    """What earlier forecasts teach: ``errors[i]``, with the share of all errors that are no larger in ``shares[i]``.

    An error is how far the real start lay from the median, in units of the spread, both on a logarithmic scale.
    ``n`` counts the forecasts. What has not started yet counts as later than it has waited (Kaplan-Meier).
    """

    n: int
    errors: tuple[float, ...]
    shares: tuple[float, ...]

    @classmethod
    def of(cls, hindcasts: Sequence[Hindcast], now_ms: int) -> "Correction | None":
        """From what was known at ``now_ms``; None where that is too little."""
        found = sorted(_error(item, now_ms) for item in hindcasts)
        if sum(not still_open for _, still_open in found) < ENOUGH:
            return None
        errors, shares, later = [], [], 1.0
        for index, (error, still_open) in enumerate(found):
            if not still_open:
                later *= (len(found) - index - 1) / (len(found) - index)
                errors.append(error)
                shares.append(1 - later)
        return cls(len(found), tuple(errors), tuple(shares))

    @property
    def far(self) -> bool:
        """Whether more than half of the real starts lay far outside their futures: then these say little."""
        return sum(abs(error) > _FAR for error in self.errors) * 2 > len(self.errors)

    def time(self, starts_ms: Sequence[int | None], ahead_ms: int, share: float) -> int | None:
        """By when it has started with this probability, given these futures; None: later than ``ahead_ms``.

        Where real starts lay far outside, they teach only that futures are no measure: then never before these say.
        """
        error = self._quantile(share)
        if error is None:
            return None
        middle, spread = _shape(starts_ms, ahead_ms)
        logarithm = middle + error * spread
        if logarithm > _log(ahead_ms):
            return None
        told = max(0, round((exp(logarithm) - 1) * _MINUTE_MS))
        drawn = order_statistic(starts_ms, share) if self.far else 0
        return None if drawn is None else max(told, drawn)

    def _quantile(self, share: float) -> float | None:
        """The error at this share, rounded outwards as for futures; None: beyond all errors that were seen."""
        wanted = share * (self.n + 1) / self.n
        if share >= 0.5:
            return next((e for e, s in zip(self.errors, self.shares, strict=True) if s >= wanted - 1e-9), None)
        place = bisect_right(self.shares, wanted + 1e-9)
        return self.errors[max(0, place - 1)] if self.errors else None


def _log(ms: float) -> float:
    """Times on a scale on which a wait twice as long is one step further, and those below a minute are much alike."""
    return log1p(ms / _MINUTE_MS)


def _shape(starts_ms: Sequence[int | None], ahead_ms: int) -> tuple[float, float]:
    """Median and spread of futures on the logarithmic scale; what lies beyond ``ahead_ms`` counts as that."""
    low, middle, high = (
        _log(ahead_ms if (at := order_statistic(starts_ms, share)) is None else at) for share in (0.1, 0.5, 0.9)
    )
    return middle, max((high - low) / 2, _LEAST_SPREAD)


def _error(item: Hindcast, now_ms: int) -> tuple[float, bool]:
    """The error of an earlier forecast, and whether it is still open at ``now_ms``: then it is at least that large."""
    middle, spread = _shape(item.starts_ms, item.ahead_ms)
    waited = now_ms - item.at_ms
    still_open = item.actual_ms is None or item.actual_ms > waited
    passed = waited if still_open or item.actual_ms is None else item.actual_ms
    return (_log(passed) - middle) / spread, still_open
