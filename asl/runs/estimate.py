"""How long a training takes on this computer and what it needs, before it is started.

Found out in a process of its own (`asl.runs.estimate_worker`), which trains on a few real
batches: the app's server never loads PyTorch.
"""

import json
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import psutil

from asl import processes
from asl.nets.registry import network
from asl.runs.control import run_environment
from asl.training.config import TrainConfig
from asl.workspace import hosted, megabytes

_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_CGROUP_USED = Path("/sys/fs/cgroup/memory.current")


class TooLarge(ValueError):
    """A training cannot fit on this computer; the message says what it lacks and what to change."""


@dataclass(frozen=True)
class Estimate:
    """What a training takes.

    Attributes:
        plan: (fold, task, seconds) in the order in which they are done.
        memory: bytes at the most demanding moment.
        disk: bytes, caches included.
        pictures: how many examples are trained and tested on, of whatever kind.
    """

    plan: tuple[tuple[str, str, float], ...]
    memory: int
    disk: int
    pictures: int

    @property
    def seconds(self) -> float:
        """From the start to the report."""
        return sum(step[2] for step in self.plan)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Build from plain values; the reverse of `dataclasses.asdict`."""
        plan = tuple((fold, task, seconds) for fold, task, seconds in raw["plan"])
        return cls(plan, raw["memory"], raw["disk"], raw["pictures"])


def estimate(
    config: TrainConfig, search: Mapping[str, Any] | None = None
) -> Generator[tuple[str, float] | Estimate]:
    """Run a training for a few steps in a process of its own.

    Args:
        search: for better settings around `config`, instead of training with it; see
            `asl.runs.run.Run`. Its time is that of trials none of which is given up early.

    Yields:
        what is being tried and how much of all is done, 0 to 1; at last the estimate. To
        stop asking ends the process.

    Raises:
        ValueError: a setting that cannot be met.
        TooLarge: the training cannot fit into the memory of this computer.
    """
    with TemporaryDirectory(prefix="asl-", dir=_visitors_own()) as place:
        yield from _measure_apart(config, search, Path(place))


def _visitors_own() -> Path | None:
    """Where what is tried out for a visitor lies, which ends with the visit; None elsewhere."""
    return Path(run_environment()["TMPDIR"]) if hosted() else None


def _measure_apart(
    config: TrainConfig, search: Mapping[str, Any] | None, place: Path
) -> Iterator[tuple[str, float] | Estimate]:
    command = [sys.executable, "-m", "asl.runs.estimate_worker"]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # It is killed where nobody waits for it any more, and clears nothing up itself.
        env=run_environment() | {"TMPDIR": str(place)},
        text=True,
        start_new_session=True,
    )
    asked, said_so_far = process.stdin, process.stdout
    if asked is None or said_so_far is None:  # never, since both are asked for
        raise OSError("estimate: the process cannot be reached")
    try:
        processes.note(place, process.pid)
        asked.write(json.dumps({"config": asdict(config), "search": search or {}}))
        asked.close()
        for line in said_so_far:
            said = json.loads(line)
            if "estimate" in said:
                found = Estimate.from_dict(said["estimate"])
                check_memory(found.memory, config, search)
                yield found
                return
            if "error" in said:
                raise ValueError(said["error"])
            yield said["what"], said["share"]
        raise TooLarge(
            "memory: trying out a few batches ended without an answer, most likely for lack of "
            f"memory; choose {_less(config, search)}"
        )
    finally:
        process.kill()
        process.wait()
        said_so_far.close()


def check_memory(needed: int, config: TrainConfig, search: Mapping[str, Any] | None = None) -> None:
    """Refuse what does not fit.

    Raises:
        TooLarge: there is less free memory than `needed` bytes.
    """
    free = memory_free()
    if needed > free:
        raise TooLarge(
            f"memory: this {'search' if search else 'training'} needs about {megabytes(needed)}, "
            f"and {megabytes(free)} are free here; choose {_less(config, search)}, or Quick, or "
            "close other programs"
        )


def _less(config: TrainConfig, search: Mapping[str, Any] | None) -> str:
    """Return what can be chosen that takes less memory."""
    spec = network(config.network)
    less = f"a batch smaller than {config.recipe.batch}"
    if search:
        less = "fewer trials at a time, and do not vary the batch or the width"
    return f"{less}, pictures smaller than {config.size} pixels" if spec.any_size else less


def memory_free() -> int:
    """Return the bytes of memory that a new process may use, limits of containers included."""
    free = psutil.virtual_memory().available
    try:
        return min(free, int(_CGROUP_LIMIT.read_text()) - int(_CGROUP_USED.read_text()))
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return free
