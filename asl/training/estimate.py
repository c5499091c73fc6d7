"""How long a training takes on this computer and what it needs, before it is started.

Found out in a process of its own (`asl.training.trial`), which trains on a few real batches: the
app's server never loads PyTorch.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import psutil

from asl import processes
from asl.nets.registry import network
from asl.training.config import TrainConfig
from asl.training.jobs import job_environment
from asl.training.plan import Plan
from asl.workspace import hosted, megabytes

_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_CGROUP_USED = Path("/sys/fs/cgroup/memory.current")


class TooLarge(ValueError):
    """A training cannot fit on this computer; the message says what it lacks and what to change."""


@dataclass(frozen=True)
class Estimate:
    """What a training takes.

    Attributes:
        plan: (division, task, seconds) in the order in which they are done.
        memory: bytes at the most demanding moment.
        disk: bytes, caches included.
        pictures: trained and tested on.
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
        plan: Plan = tuple((division, task, seconds) for division, task, seconds in raw["plan"])
        return cls(plan, raw["memory"], raw["disk"], raw["pictures"])


def estimate(
    config: TrainConfig, search: Mapping[str, Any] | None = None
) -> Iterator[tuple[str, float] | Estimate]:
    """Try a training out in a process of its own.

    Args:
        search: for better settings around `config`, instead of training with it; see
            `asl.training.job.Job`. Its time is that of trials none of which is given up early.

    Yields:
        what is being tried and how much of all is done, 0 to 1; at last the estimate. Whoever
        stops asking ends the process.

    Raises:
        ValueError: a setting that cannot be met.
        TooLarge: the training cannot fit into the memory of this computer.
    """
    with TemporaryDirectory(prefix="asl-", dir=_visitors_own()) as place:
        yield from _try_out(config, search, Path(place))


def _visitors_own() -> Path | None:
    """Where what is tried out for a visitor lies, which ends with the visit; None elsewhere."""
    return Path(job_environment()["TMPDIR"]) if hosted() else None


def _try_out(
    config: TrainConfig, search: Mapping[str, Any] | None, place: Path
) -> Iterator[tuple[str, float] | Estimate]:
    command = [sys.executable, "-m", "asl.training.trial"]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # It is killed where nobody waits for it any more, and clears nothing up itself.
        env=job_environment() | {"TMPDIR": str(place)},
        text=True,
        start_new_session=True,
    )
    try:
        processes.note(place, process.pid)
        process.stdin.write(json.dumps({"config": asdict(config), "search": search or {}}))
        process.stdin.close()
        for line in process.stdout:
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
        process.stdout.close()


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
    recipe = config.picture if spec.picture_size else config.landmarks
    less = f"a batch smaller than {recipe.batch}"
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
