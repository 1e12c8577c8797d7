"""How long must a workload wait before it may try again? (R6.20, R6.73)."""


def backoff_ms(attempt: int, base_ms: int, most_ms: int) -> int:
    """Wait before retry number ``attempt``, counted from 1: base, then doubled each time up to ``most_ms``.

    The first wait is ``base_ms`` even if that is more than ``most_ms``. Kueue adds up to 0.01 % at random, which
    is left out here. Implements R6.20.
    """
    if attempt <= 1:
        return base_ms
    doublings = min(attempt - 1, 62)
    return min(base_ms << doublings, most_ms)
