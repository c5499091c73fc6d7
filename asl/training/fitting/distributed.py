"""Several processes: those that train one network together, and those that train a fold each.

Of those that train together, each works on its share of every batch, and their gradients are
averaged (PyTorch's DistributedDataParallel, through accelerate). They are started by
`run_data_parallel` on this machine, or by ``torchrun`` on one or more; see
docs/several-machines.md.
All of them must see the same workspace: the first one writes, the others read.
"""

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from queue import Empty
from typing import Any

import torch
from accelerate import PartialState
from torch.multiprocessing import start_processes

from asl.processes import end_with_parent
from asl.training.progress import Progress, Report


def is_first() -> bool:
    """Whether this process is the one that writes and speaks; true where it is alone."""
    return int(os.environ.get("RANK", "0")) == 0


def is_alone() -> bool:
    """Whether no other process trains the same network."""
    return int(os.environ.get("WORLD_SIZE", "1")) == 1


@contextmanager
def first_here() -> Iterator[None]:
    """Let one process of each machine do something, such as filling a cache, before the others."""
    if is_alone():
        yield
        return
    with _state().local_main_process_first():
        yield


def wait_for_all() -> None:
    """Return once all processes have come here."""
    if not is_alone():
        _state().wait_for_everyone()


def run_data_parallel(
    processes: int, work: Callable[..., None], arguments: tuple[Any, ...], report: Report
) -> None:
    """Run ``work(*arguments, report)`` in that many processes of this machine.

    All of them are ended when one fails, and when `report` raises something here.

    Args:
        work: a function of a module, which can be sent to another process.
        report: is given the progress of the first process.

    Raises:
        torch.multiprocessing.ProcessRaisedException: a process failed; the message says why.
    """
    context = get_context("spawn")
    with context.Manager() as shared:
        news = shared.Queue()
        team = start_processes(
            _member, (processes, _free_port(), work, arguments, news), processes,
            join=False, start_method="spawn",
        )  # fmt: skip
        try:
            while not team.join(timeout=0.2):
                _pass_on(news, report)
            _pass_on(news, report)
        except BaseException:
            for member in team.processes:
                member.kill()  # nothing is lost: checkpoints are swapped in whole
            raise


def run_in_parallel(
    at_a_time: int,
    work: Callable[..., None],
    calls: Sequence[tuple[Any, ...]],
    report: Report,
) -> None:
    """Run ``work(*call, report)`` for each of `calls`, some at a time, each in its own process.

    All of them are stopped when one fails, and when `report` raises something here.

    Args:
        work: a function of a module, which can be sent to another process.
        report: is given the progress of all of them.
    """
    threads = max(1, (os.cpu_count() or 1) // at_a_time)
    # Spawned, not forked: PyTorch's threads do not survive a fork.
    context = get_context("spawn")
    pool = ProcessPoolExecutor(at_a_time, context, end_with_parent)
    with context.Manager() as shared, pool:
        news, stop = shared.Queue(), shared.Event()
        running = {pool.submit(_apart, threads, work, call, news, stop) for call in calls}
        try:
            while running:
                with suppress(Empty):
                    report(news.get(timeout=0.5))
                done = {fold for fold in running if fold.done()}
                running -= done
                for fold in done:
                    fold.result()
            _pass_on(news, report)
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def _apart(threads: int, work: Callable[..., None], call: tuple, news, stop) -> None:
    torch.set_num_threads(threads)

    def note(progress: Progress) -> None:
        if stop.is_set():
            raise InterruptedError("stopped with the others")
        news.put(progress)

    work(*call, note)


def _pass_on(news, report: Report) -> None:
    with suppress(Empty):
        while True:
            report(news.get_nowait())


def _member(rank: int, processes: int, port: int, work, arguments, news) -> None:
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // processes))
    work(*arguments, news.put if rank == 0 else lambda progress: None)
    _state().destroy_process_group()


def _state() -> PartialState:
    return PartialState(cpu=not torch.cuda.is_available())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
