"""Has a job of a history ended? What programs write as its state, and where there is no time yet."""

NO_END, NO_START = "it has no end", "it never started"
_STARTED = (
    *("RUNNING", "SUSPENDED", "STOPPED", "COMPLETING", "CONFIGURING", "RESIZING", "SIGNALING", "STAGE_OUT"),
    "STARTING",
    *("R", "S", "ST", "CG", "CF", "RS", "SI", "SO"),
)
_WAITING = (
    *("PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "SPECIAL_EXIT"),
    *("PD", "RQ", "RH", "RF", "RD", "SE", "QUEUED", "WAITING", "SUBMITTED", "RUNNABLE"),
)
_UNFINISHED = {**dict.fromkeys(_STARTED, NO_END), **dict.fromkeys(_WAITING, NO_START)}
"""States of jobs that have not ended, Slurm's with their short forms, and what that means for a history; ``SUBMITTED``,
``RUNNABLE`` and ``STARTING`` are those of AWS Batch."""
_PUT_BACK = ("PREEMPTED", "NODE_FAIL", "PR", "NF", "EVICTED")
"""States after which a job may wait and run once more."""
_NO_TIME = (
    *("", "-", "--", "unknown", "none", "<none>", "n/a", "#n/a", "nan", "nat", "<na>"),
    *("null", "(null)", "[null]", "<null>", r"\n", "0000-00-00 00:00:00"),
)
"""What programs write where there is no time, in small letters; ``\\N`` is that of databases."""


def unfinished(state: str) -> str:
    """What a state says of a job that has not ended, NO_END or NO_START; "" of any other. ``CANCELLED by 1000`` counts
    by its first word."""
    return _UNFINISHED.get(state.strip().partition(" ")[0].upper(), "")


def may_be_put_back(state: str) -> bool:
    """Whether a job that ended in this state may have run again afterwards: what ran is no run of its own then."""
    return state.strip().partition(" ")[0].upper() in _PUT_BACK


def may_be_unfinished(begin: str) -> bool:
    """Whether a state of which only the first letters are there may be one of a job that has not ended."""
    return any(state.startswith(begin.upper()) for state in _UNFINISHED)


def is_no_time(text: str) -> bool:
    """Whether a text stands where there is no time, or none yet."""
    return text.strip().lower() in _NO_TIME
