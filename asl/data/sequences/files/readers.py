"""Who reads files: processes of this machine, or a Dask cluster of several machines."""

import os
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from asl.processes import worker_pool

#: Address of a cluster's scheduler, as in tcp://first.machine:8786.
DASK = "ASL_DASK"

_SECONDS = 10


@contextmanager
def open_readers(workers: int) -> Iterator[tuple[Executor, int]]:
    """Give what reads files in parallel, and how many are read at once.

    With `ASL_DASK` set it is that cluster, whose machines see data and cache under the same paths
    and have this package, in the same version; `workers` then counts for nothing.

    Raises:
        ValueError: `ASL_DASK` names no cluster, or Dask is not installed.
    """
    address = os.environ.get(DASK, "").strip()
    if not address:
        with worker_pool(workers, _nothing) as pool:
            yield pool, workers
        return
    try:
        # Optional, and large.
        from distributed import Client
    except ImportError:
        raise ValueError(
            f"{DASK}: Dask is not installed; install it with pip install 'asl-workbench[cluster]', "
            f"or unset {DASK} to read on this machine"
        ) from None
    try:
        client = Client(address, timeout=_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{DASK}: no Dask scheduler answers at {address!r} ({error}); start one with "
            f"dask scheduler, or unset {DASK} to read on this machine"
        ) from error
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise ValueError(f"{DASK}: the cluster at {address!r} has no workers; start some")
        # A file may have changed since it was last read, under the same name.
        yield client.get_executor(pure=False), threads


def _nothing() -> None:
    """A worker needs no preparation."""
