"""Time to the same accuracy: Quick, beside fastai and Hugging Face's Trainer.

    python -m benchmarks.training --data $ASL_DATA/asl_dataset     # about 20 minutes on two cores
    python -m benchmarks.training --data $ASL_DATA/asl_dataset --limit 1 --epochs 1   # does it run?

fastai and transformers are no part of the project; they get an environment of their own, which
takes everything else from the project's:

    .venv/bin/python -m venv .venv/peers
    ls -d $PWD/.venv/lib/python3*/site-packages > \\
        $(ls -d .venv/peers/lib/python3*/site-packages)/project.pth
    .venv/peers/bin/pip install -r benchmarks/requirements.txt

One person is left out, the pictures of all others are trained on. All contenders start from the
same folder of whole pictures with the same network and start weights, each in a process of its
own, one after the other, on all cores. The network is by default one that all of them are at home
with, EfficientNet-Lite0 from ImageNet; Quick's own, `--network efficientnet_hands`, has no batch
normalisation, which the peers' recipes count on.

- ours: what *Quick* does, with nothing cached: search the hands, run the frozen trunk over all of
  them, train what lies above it and the landmark network, leave each of the others out in turn to
  foretell the score, export. There is no model before all of that is done.
- fastai: `Learner.fine_tune` with its defaults: one epoch with a frozen trunk, then all of it;
  batches of 64, `aug_transforms()`.
- transformers: `Trainer` as in Hugging Face's image classification example: AdamW, linear
  schedule, batches of 8, RandomResizedCrop, horizontal flips. Only its learning rate is not the
  example's, which suits transformers; see `_RATE` in `benchmarks.contenders`.

The clock runs from the folder of pictures on. It stops during tests on the pictures of the left-out
person, which are after every epoch of the peers and once for ours; what they take is told apart. A
broken-off run goes on with the contenders that have no result yet. Nothing else should run on the
machine meanwhile.
"""

import argparse
import csv
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from asl.cli.console import complain
from asl.data.folder import read_folder
from asl.data.splits import person_split
from asl.evaluation.results.result import HOME, Result, machine
from asl.files import replacing
from asl.nets.registry import networks
from asl.workspace import workspace
from benchmarks.command import at_least, command_line, parser
from benchmarks.contenders import (
    EPOCHS,
    IN_TEST,
    IN_TRAIN,
    MINUTES,
    NAMES,
    PEOPLE,
    SEED,
    Outcome,
    Task,
)

#: The first by name of those in asl_dataset, who also has the most pictures.
_PERSON = "hand1"
_NETWORK = "efficientnet_lite0"
_AIM = 0.5
_PEERS = HOME / ".venv" / "peers" / "bin" / "python"
_START = "import sys; from benchmarks.contenders import take_part; take_part(*sys.argv[1:])"


def divide(table: pd.DataFrame, person: str, folder: Path, limit: int = 0) -> None:
    """Copy the pictures of `table`, `person`'s for the test and all others to train on.

    Args:
        table: columns path, label, person.
        person: is left out.
        folder: is filled as `Task` says, or left alone if it has been.
        limit: most pictures of each sign and person; 0 for all.

    Raises:
        ValueError: nobody is called so, the others are unknown, or lack one of the signs.
    """
    if limit:
        table = table.groupby(["label", "person"], sort=False, dropna=False).head(limit)
    split = person_split(table["label"], table["person"], person)
    train, test = table.iloc[split.train], table.iloc[split.test]
    lacking = sorted(set(test["label"]) - set(train["label"]))
    if lacking:
        raise ValueError(f"person: only {person!r} shows {lacking[0]!r}; leave that sign out")
    if (folder / PEOPLE).is_file():
        return
    shutil.rmtree(folder, ignore_errors=True)
    places = []
    for part, rows in ((IN_TRAIN, train), (IN_TEST, test)):
        for number, row in enumerate(rows.itertuples()):
            # Numbered: names tell who it is, and may stand twice.
            place = Path(row.label) / f"{number:05d}{Path(row.path).suffix.lower()}"
            target = folder / part / place
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(row.path, target)
            if part == IN_TRAIN:
                places.append((place.as_posix(), row.person))
    with (
        replacing(folder / PEOPLE) as fresh,
        fresh.open("w", encoding="utf-8", newline="") as lines,
    ):
        csv.writer(lines).writerows([("path", "person"), *places])


def run(name: str, task: Task, file: Path, python: Path) -> Outcome:
    """Let a contender do the task in a process of its own, in an empty workspace.

    Raises:
        RuntimeError: it failed.
    """
    cores = str(os.cpu_count() or 1)
    with TemporaryDirectory() as home:
        task_file = Path(home) / "task.json"
        task_file.write_text(json.dumps(asdict(task)), encoding="utf-8")
        environment = {
            **os.environ,
            "ASL_HOME": str(Path(home) / "asl-home"),
            "OMP_NUM_THREADS": cores,
            "HF_HUB_OFFLINE": "1",
        }
        environment.pop("MLFLOW_TRACKING_URI", None)
        words = [str(python), "-c", _START, name, str(task_file), str(file)]
        process = subprocess.Popen(words, cwd=HOME, env=environment, stdin=subprocess.DEVNULL)
        try:
            if process.wait():
                raise RuntimeError(f"{NAMES[name]} failed; what it said stands above")
        finally:
            process.terminate()
            process.wait()
    return Outcome.read(file)


def rows(outcomes: dict[str, Outcome]) -> list[dict[str, Any]]:
    """Return the table: each contender's best epoch, and our time to the same over theirs."""
    found, ours = [], outcomes.get("ours")
    for name, outcome in outcomes.items():
        best, last = outcome.best(), outcome.points[-1]
        row = {
            "name": NAMES[name],
            "epochs": len(outcome.points) if name != "ours" else None,
            "people": 1,  # the one who is left out
            "accuracy": best.accuracy,
            "low": best.low,
            "high": best.high,
            "accuracy_strict": best.accuracy_strict,
            "training_seconds": round(best.seconds),
            "accuracy_at_the_end": last.accuracy,
            "training_seconds_in_all": round(last.seconds),
            "evaluation_seconds": round(outcome.evaluation_seconds),
            "curve": [asdict(point) for point in outcome.points],
        }
        if ours and name != "ours":
            row["ours_to_the_same"] = _ratio(ours, outcome, "accuracy")
            row["ours_to_the_same_strict"] = _ratio(ours, outcome, "accuracy_strict")
            row["aim"] = f"{_AIM:g} ×"
        found.append(row)
    return found


def _ratio(ours: Outcome, peer: Outcome, figure: str) -> str:
    """Return our time to the best that the peer reaches, over the peer's time to it."""
    target = peer.best(figure)
    seconds = ours.seconds_to(getattr(target, figure), figure)
    return "not reached" if seconds is None else f"{seconds / target.seconds:.2f} ×"


def note_on(outcomes: dict[str, Outcome], task: Task) -> str:
    """Return what must be known to read the table."""
    config = task.config()
    said = [
        f"All train {config.network} from the start weights {config.start!r} on pictures of "
        f"{config.size} pixels. The peers train all of it for {task.epochs} epochs on whole "
        "pictures, fastai one more with a frozen trunk. Accuracy is that of the best epoch, and "
        "counts look-alikes (0/O, 2/V, 6/W, 9/F) as one sign; accuracy strict does not. Training "
        "seconds are those until that epoch, without looking at the test pictures."
    ]
    stopped = [NAMES[name] for name, outcome in outcomes.items() if outcome.stopped]
    if stopped:
        said.append(f"{' and '.join(stopped)}: stopped after {task.minutes:g} minutes.")
    if "ours" in outcomes:
        spent = outcomes["ours"].spent.items()
        parts = ", ".join(f"{what} {seconds:.0f} s" for what, seconds in spent)
        said.append(
            "Ours trains what lies above the frozen trunk, on the hands cut out of the pictures, "
            "with a landmark network beside it, and leaves each of the others out in turn to "
            f"foretell its score on a new person. It took: {parts}. Ours to the same is our time "
            "to at least a peer's best accuracy over the peer's."
        )
    return " ".join(said)


def _missing(python: Path, names: Sequence[str]) -> str:
    """Return why peers cannot run, "" if they can."""
    script = "import sys, importlib.util as u; sys.exit(u.find_spec(sys.argv[1]) is None)"
    for name in names:
        try:
            there = not subprocess.run([python, "-c", script, name], check=False).returncode
        except OSError:
            there = False
        if not there:
            return (
                f"{name} is not installed for {python}; how to install it stands at the top of "
                "benchmarks/training.py, or leave it out: --only ours"
            )
    return ""


def _parser() -> argparse.ArgumentParser:
    made = parser(__doc__, "training-benchmark.json")
    nets = sorted(name for name, spec in networks().items() if spec.frozen_stages)
    made.add_argument("--data", type=Path, required=True, help="folder of class folders")
    made.add_argument("--people", default="auto", help="who is in the pictures, as for asl train")
    made.add_argument("--person", default=_PERSON, help="who is left out to test on")
    made.add_argument("--network", default=_NETWORK, choices=nets)
    made.add_argument("--epochs", type=at_least(1), default=EPOCHS, help="of the peers")
    made.add_argument(
        "--minutes", type=at_least(0, float), default=MINUTES, help="at most, for each peer"
    )
    made.add_argument(
        "--limit", type=at_least(0), default=0, help="pictures of each sign and person"
    )
    made.add_argument("--seed", type=at_least(0), default=SEED)
    made.add_argument("--only", nargs="+", default=list(NAMES), choices=NAMES)
    made.add_argument("--peers", type=Path, default=_PEERS, help="Python that has the peers")
    return made


def _command(chosen: argparse.Namespace) -> str:
    words: list[object] = ["--data", chosen.data]
    for name in ("people", "person", "network", "limit", "epochs", "minutes", "seed", "only"):
        given = getattr(chosen, name)
        if given != _parser().get_default(name):
            words += [f"--{name}", *(given if isinstance(given, list) else [given])]
    return command_line("training", *words)


def main(arguments: Sequence[str] | None = None) -> None:
    """Let all contenders train, one after the other, and write the results file."""
    chosen = _parser().parse_args(arguments)
    chosen.only = [name for name in NAMES if name in chosen.only]
    # Ended by a signal, nothing may be left running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if problem := _missing(chosen.peers, [name for name in chosen.only if name != "ours"]):
        raise SystemExit(f"training: {problem}")
    home = _home(chosen)
    pictures = home / "pictures"
    try:
        table = read_folder(chosen.data, chosen.people, check=True).table
        divide(table, chosen.person, pictures, chosen.limit)
    except ValueError as error:
        raise SystemExit(f"training: {error}") from error
    task = Task(str(pictures), chosen.network, chosen.epochs, chosen.minutes, chosen.seed)
    result = _result(_compare(task, home, chosen), task, chosen)
    result.write(chosen.out)
    shutil.rmtree(home)  # what was only kept to go on with
    print(result.to_markdown())


def _home(chosen: argparse.Namespace) -> Path:
    """Return the folder in which runs with the same options go on."""
    asked = [str(chosen.data.resolve()), chosen.people, chosen.person, chosen.limit]
    asked += [chosen.network, chosen.epochs, chosen.minutes, chosen.seed]
    mark = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:8]
    return workspace().resolve() / "benchmarks" / f"training-{mark}"


def _compare(task: Task, home: Path, chosen: argparse.Namespace) -> dict[str, Outcome]:
    """Let those train who have no outcome in `home` yet; a failure or Ctrl+C ends the program."""
    outcomes = {}
    for name in chosen.only:
        file = home / f"{name}.json"
        if file.is_file():
            complain(f"{NAMES[name]}: done before the run was broken off")
            outcomes[name] = Outcome.read(file)
            continue
        complain(f"{NAMES[name]} (load {os.getloadavg()[0]:.1f})")
        python = Path(sys.executable) if name == "ours" else chosen.peers
        try:
            outcomes[name] = run(name, task, file, python)
        except KeyboardInterrupt:
            raise SystemExit("training: broken off; the same command goes on") from None
        except RuntimeError as error:
            raise SystemExit(f"training: {error}") from error
    return outcomes


def _result(outcomes: dict[str, Outcome], task: Task, chosen: argparse.Namespace) -> Result:
    versions = {
        package: said for outcome in outcomes.values() for package, said in outcome.versions.items()
    }
    train, test = (len(list(Path(task.folder, part).glob("*/*"))) for part in (IN_TRAIN, IN_TEST))
    return Result(
        title="Time to train, beside fastai and Hugging Face's Trainer",
        data=f"{chosen.data.resolve().name}, {train:,} pictures to train on, {test:,} to test",
        split=f"{chosen.person} left out",
        candidates="all",
        machine=", ".join([machine(()), *(f"{name} {said}" for name, said in versions.items())]),
        command=_command(chosen),
        rows=tuple(rows(outcomes)),
        note=note_on(outcomes, task),
    )


if __name__ == "__main__":
    main()
