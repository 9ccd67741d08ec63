"""Dask clusters: one of our own on this machine, or one that is there already."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hsmc import __version__
from hsmc.errors import InputError
from hsmc.threads import usable_cores

if TYPE_CHECKING:
    from distributed import Client

LIBRARIES = ("OMP", "OPENBLAS", "MKL", "NUMBA")

ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in LIBRARIES}
"""Environment of a worker: one thread a process, whatever library asks."""

SETTINGS: dict[str, Any] = {
    # A worker gets its next task when it is done with the last one: a task that crashes its
    # worker takes no other along.
    "distributed.scheduler.worker-saturation": 1.0,
    # Workers on this machine are seen to die; clocks that jump must not kill them.
    "distributed.scheduler.worker-ttl": None,
    # What Dask does fifty times a second to watch itself takes 4 % of a core for every worker.
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.worker.profile.enabled": False,
    "distributed.nanny.pre-spawn-environ": ONE_THREAD,
}

CONNECT_SECONDS = 10
"""How long a scheduler may take to answer."""

CLOSE_SECONDS = 1.0
"""How long workers may take to end once there is nothing more to do."""


@contextmanager
def connected(workers: int | None, scheduler: str | None) -> Iterator["Client"]:
    """Give a client of a cluster: of the one named, or of one made here and ended afterwards.

    Args:
        workers: Processes of a cluster made here; None takes one a core that we may use.
        scheduler: Address of a running scheduler, or path of its scheduler file; None makes a
            cluster on this machine.

    Raises:
        InputError: No scheduler answers, or its workers are not fit.
    """
    if scheduler is None:
        with _quiet(), _own(workers or usable_cores()) as client:
            yield client
    else:
        with _quiet(), _attached(scheduler) as client:
            check_workers(client)
            yield client


def check_workers(client: "Client") -> None:
    """Refuse workers that would spoil results.

    Raises:
        InputError: One has more than one thread, or another version of hsmc.
    """
    for address, threads in client.nthreads().items():
        if threads != 1:
            message = (
                f"worker {address} has {threads} threads, needs 1; start it with "
                "dask worker --nthreads 1 (and --nworkers as many as cores)"
            )
            raise InputError(message)
    for address, version in client.run(worker_version, on_error="return").items():
        if version != __version__:
            found = "no hsmc" if isinstance(version, Exception) else f"hsmc {version}"
            message = f"worker {address} has {found}, needs hsmc {__version__}; install the same"
            raise InputError(message)


def worker_version() -> str:
    """Return the version of hsmc, asked on a worker."""
    return __version__


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask from logging lost workers and schedulers: the sweep tells of them in a line."""
    import distributed  # sets levels of its own when it is imported

    loggers = [logging.getLogger(name) for name in (distributed.__name__, "tornado.application")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


@contextmanager
def _own(workers: int) -> Iterator["Client"]:
    import dask
    from distributed import Client, LocalCluster

    with (
        dask.config.set(SETTINGS),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            memory_limit=0,
            dashboard_address="127.0.0.1:0",  # for None, Dask takes a fixed port on all interfaces
            scheduler_kwargs={"dashboard": False},
            silence_logs=logging.CRITICAL,
            preload=["hsmc.sweep.worker"],
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


@contextmanager
def _attached(scheduler: str) -> Iterator["Client"]:
    from distributed import Client

    path = Path(scheduler)
    if "://" not in scheduler and not path.is_file() and ":" not in scheduler:
        message = f"scheduler file {scheduler} does not exist; start dask scheduler with it first"
        raise InputError(message)
    where = {"scheduler_file": scheduler} if path.is_file() else {"address": scheduler}
    try:
        client = Client(**where, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        message = f"no Dask scheduler answers at {scheduler} ({error}); is it running?"
        raise InputError(message) from None
    try:
        yield client
    finally:
        client.close(timeout=CLOSE_SECONDS)
