"""Who makes the runs: this process, a pool of processes, a Dask cluster, or any ``concurrent.futures`` executor."""

import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.context import BaseContext
from typing import ParamSpec, TypeVar

from kueue_sim.errors import InputError, MissingExtra, Mistake

_P = ParamSpec("_P")
_T = TypeVar("_T")
_ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx)://(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}", re.ASCII)
_PRELOADED = ["kueue_sim.whatif.execution.replication", "numpy.ma"]
"""What every run imports, numpy's part when it first measures something."""
GRACE_S = 0.5
"""Seconds after Ctrl-C in which calls under way may still be finished; batches of small runs take less."""
MANY = 1000
"""Calls in flight where nobody knows how many workers there are."""


@dataclass(frozen=True, slots=True)
class Crew:
    """Who makes runs. ``start`` gives an executor, ``ahead`` is how many calls that is handed before one has ended.

    ``again``: a broken executor may be replaced by a new one. ``workers``: how many processes share the calls, so that
    small runs can be sent together; None: nobody knows, or a call costs nothing.
    """

    start: Callable[[], AbstractContextManager[Executor]]
    ahead: int
    again: bool = False
    workers: int | None = None


class InProcess(Executor):
    """Makes each call at once in the calling thread."""

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        future: Future[_T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def in_process() -> Crew:
    """One run after the other, here."""
    return Crew(InProcess, ahead=1)


def processes(workers: int | None = None) -> Crew:
    """A pool of processes on this machine, by default one per core."""
    number = workers or os.cpu_count() or 1

    def start() -> Executor:
        pool = ProcessPoolExecutor(number, mp_context=_context(), initializer=_die_quietly, initargs=(GRACE_S,))
        with warnings.catch_warnings():
            # The warning counts threads of numerical libraries, which outlive a fork; those of Python were counted.
            warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
            pool.submit(int)  # The first call starts all workers: here, where nobody is told of those threads.
        return pool

    return Crew(start, ahead=2 * number + 1, again=True, workers=number)


def _context() -> BaseContext:
    """How workers start: as copies of this process, which has imported and read what a run needs, or where that is not
    safe, of another that imports it first."""
    if sys.platform == "linux" and threading.active_count() == 1:
        return get_context("fork")
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def _die_quietly(grace_s: float) -> None:
    """Ctrl-C reaches the whole process group; the parent alone speaks about it. A worker may finish its call within
    the grace, and dies at once of a second Ctrl-C; where a system has no timers, of the first."""
    if not hasattr(signal, "setitimer"):
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        return

    def finish(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, grace_s)

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, finish)


def dask(address: str) -> Crew:
    """The workers of a running Dask scheduler, such as ``tcp://10.0.0.1:8786``. Needs the extra ``cluster``.

    The scheduler itself hands the work of a lost worker to another one. Raises InputError where that is no address,
    TLS is asked for without certificates, or nobody answers.
    """
    if not _ADDRESS.fullmatch(address):
        problem = "the address of a Dask scheduler looks like tcp://10.0.0.1:8786 or tls://scheduler.example:8786"
        raise InputError([Mistake(None, f"{address!r} is no address; {problem}")])
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtra("the executor dask", "cluster") from None

    if address.startswith("tls:") and not _has_certificates():
        problem = "set distributed.comm.tls.ca-file and .client.cert in Dask's configuration"
        raise InputError([Mistake(None, f"{address!r} asks for TLS, and no certificates are configured; {problem}")])

    @contextmanager
    def start() -> Iterator[Executor]:
        try:
            client = Client(address, set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, ValueError, TypeError) as error:
            raise InputError([Mistake(None, f"no Dask scheduler answers at {address!r}: {error}")]) from None
        with client:
            yield client.get_executor(pure=False)  # type: ignore[no-untyped-call]

    return Crew(start, ahead=MANY)


def _has_certificates() -> bool:
    from distributed.security import Security

    return bool(Security().get_connection_args("client").get("ssl_context"))  # type: ignore[no-untyped-call]


@contextmanager
def lasting(crew: Crew) -> Iterator[Crew]:
    """The same crew with one executor for many rounds of runs, replaced only when it breaks."""
    with ExitStack() as stack:
        running: list[Executor] = []

        def start() -> AbstractContextManager[Executor]:
            if not running or _is_broken(running[-1]):
                running.append(stack.enter_context(crew.start()))
            return nullcontext(running[-1])

        yield replace(crew, start=start)


def _is_broken(executor: Executor) -> bool:
    """Whether an executor has lost its workers: only a call tells."""
    try:
        executor.submit(int)
    except BrokenExecutor:
        return True
    return False


def crew_of(given: str | Crew | Executor, workers: int | None = None, address: str | None = None) -> Crew:
    """The crew of ``local``, ``processes``, ``dask``, or of an executor the caller made. Raises InputError."""
    if isinstance(given, Crew):
        return given
    if isinstance(given, Executor):
        return Crew(lambda: nullcontext(given), ahead=MANY)
    if given == "dask":
        if address is None:
            raise InputError([Mistake(None, "the executor dask needs the address of its scheduler")])
        return dask(address)
    if given == "processes":
        return processes(workers)
    if given == "local":
        return in_process()
    raise InputError([Mistake(None, f"executor {given!r} is not accepted; accepted: local, processes, dask")])
