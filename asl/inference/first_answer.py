"""Try a model of unknown origin in a process of its own, before it is loaded into this one.

A network can loop for ever or ask for any memory, at its first answer or while it is still being
loaded. What came with the app is known to do neither. Any other model has to give its first answers
to noise, under limits on time and memory. The outcome is remembered for as long as the files of the
model stay the same and this process lives.
"""

import hashlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import asl
from asl.bundle import CARD, ONNX, BundleError, ModelBundle

#: Seconds of computing that a model gets, and in all, since one that only waits computes nothing.
SECONDS, DEADLINE = 10, 30
#: Memory for everything but the network, and how many times over its file may be in memory.
_MEMORY, _COPIES = 1 << 30, 4
_MOST_REMEMBERED = 256


@dataclass(frozen=True)
class _Model:
    """A model as it is on disk; the same content is the same model wherever it lies."""

    content: str
    folder: Path = field(compare=False)


def require_answer(bundle: ModelBundle) -> None:
    """Refuse a model that gives no first answer.

    Raises:
        BundleError: it cannot be loaded, is not what its card says, takes too long or too much
            memory, or gives values that are no numbers.
    """
    if bundle.is_bundled:
        return
    try:
        states = [(bundle.folder / file).stat() for file in (CARD, ONNX)]
    except OSError as error:
        raise BundleError(f"{bundle.folder}: the model cannot be read ({error})") from error
    files = tuple((state.st_ino, state.st_size, state.st_mtime_ns) for state in states)
    reason = _try(_Model(_content(bundle.folder, files), bundle.folder))
    if reason:
        raise BundleError(f"{bundle.folder}: {reason}")


@lru_cache(_MOST_REMEMBERED)
def _content(folder: Path, files: object) -> str:
    """Return the same for the same card and network; `files` tells when to read them again."""
    bundle, digest = ModelBundle.read(folder), hashlib.sha256()
    for name in (CARD, ONNX):
        with bundle.open(name) as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


@lru_cache(_MOST_REMEMBERED)
def _try(model: _Model) -> str:
    """Return why a model gives no first answer, "" where it does."""
    root = str(Path(asl.__file__).parents[1])
    paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "asl.inference.first_answer", str(model.folder)],
            env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=DEADLINE,
            text=True,
        )
    except subprocess.TimeoutExpired:
        return f"{ONNX} gives no answer within {DEADLINE} s"
    except OSError as error:  # says nothing about the model, so it is not remembered
        raise BundleError(f"{model.folder}: the model cannot be tried ({error})") from error
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"{ONNX} gives no answer within {SECONDS} s of computing"
    if done.returncode:
        return done.stdout.strip() or f"{ONNX} ends the process that tries it, or needs more memory"
    return ""


def main(folder: str) -> None:
    """Ask the model in `folder`; print why it gives no answer and exit with status 1 if so."""
    _limit(Path(folder))
    # What it costs to import them is within the limits, too.
    from asl.inference.runner import ModelRunner, noise

    try:
        bundle = ModelBundle.read(Path(folder))
        runner = ModelRunner(bundle)
        for rows in (1, 2):
            runner.run(noise(bundle.card, rows))
    except BundleError as error:
        print(str(error).removeprefix(f"{folder}: "))
        sys.exit(1)


def _limit(folder: Path) -> None:
    """Have the system end this process if it computes too long, and give it no endless memory."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most = _MEMORY + _COPIES * (folder / ONNX).stat().st_size
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


if __name__ == "__main__":
    main(sys.argv[1])
