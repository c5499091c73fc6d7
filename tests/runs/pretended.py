"""What takes the place of training in processes that only pretend to train.

`install` is called by a ``sitecustomize`` module on the path of such a process, before anything
else is imported. `test_control` holds the signatures to those of what is replaced.
"""

import contextlib
import subprocess
import sys
import time
import types
from pathlib import Path

ERRORS = {
    "value": ValueError("data: there is no picture"),
    "full": OSError(28, "No space"),
    "odd": KeyError("x"),
    "memory": MemoryError(),
}


def train(
    config,
    out,
    resume=False,
    side_by_side=1,
    report=print,
    processes=1,
    tell_left_out=print,
):
    """Do what the description says: "steps N", "error KIND", "hang", or "come back"."""
    from asl.training.progress import Progress, Task

    how, *what = config.description.split() or ["steps", "3"]
    print("training", flush=True)
    if how == "error":
        raise ERRORS[what[0]]
    if how == "come":  # back, however often its folder is deleted
        while True:
            with contextlib.suppress(FileNotFoundError):
                (out.parent / "00").mkdir(parents=True, exist_ok=True)
                (out.parent / "00" / "checkpoint").touch()
    if how == "hang":
        ignore = (
            "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
        )
        child = subprocess.Popen([sys.executable, "-S", "-c", ignore])
        print("child", child.pid, flush=True)
        time.sleep(60)
    total = int(what[0])
    for step in range(1, total + 1):
        for figures in ({"train_loss": 1.0}, {"epoch": float(step)}):
            report(Progress(Task.PICTURE_NETWORK, step, total, 1.0, figures, fold="00"))
        time.sleep(0.05)


def run_search(config, trials, workers=1, vary=(), most_epochs=20, report=print, home=None):
    """Train once, and leave a study behind."""
    (home / "study.db").write_text(f"{trials} {vary}")
    train(config, home, True, report=report)


def advise(bundle, paths=None):
    return Advice()


class Advice:
    def to_json(self) -> str:
        return "{}"


#: Module → what of it is replaced by what is here.
REPLACED = {
    "asl.training.cross_validation": ("train",),
    "asl.training.search.trials": ("run_search",),
    "asl.evaluation.advice": ("advise",),
}


def install() -> None:
    """Put these in the place of the modules, which are not loaded then."""
    for name, members in REPLACED.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update({member: globals()[member] for member in members})
    sys.modules["asl.training.bundling"] = types.ModuleType("bundling")
    sys.modules["asl.training.bundling"].TESTED = "tested"
    sys.modules["pandas"] = types.ModuleType("pandas")
    sys.modules["pandas"].read_parquet = lambda file: {"path": []}


def sitecustomize(folder: Path) -> None:
    """Write a module into `folder` that installs this one in every process with it on its path."""
    (folder / "pretended.py").write_text(Path(__file__).read_text())
    (folder / "sitecustomize.py").write_text("import pretended\n\npretended.install()\n")
