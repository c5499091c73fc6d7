"""Trainings of models that come with the app, to be looked at before anything was trained here.

    examples/runs/<model>/   job.json, state.json, progress.jsonl and advice.json, as in any run

They are kept by the command that trains these models (`make source-models`), as
``python -m asl.runs.examples MODEL…``. The model itself is the one in ``models/``. Of the data set
only its name is kept, and nothing of a picture.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import asl.bundle
import asl.examples
from asl.bundle import CARD
from asl.evaluation.advice import Advice
from asl.files import replacing, write_json
from asl.runs import files
from asl.runs.control import find_run
from asl.runs.run import Run, RunError, history, read_run, status

EXAMPLES = Path(asl.examples.__file__).parent / "runs"


def list_examples() -> list[Run]:
    """Return the trainings of bundled models, by name; none whose model is not here."""
    found = []
    for file in sorted(EXAMPLES.glob(f"*/{files.REQUEST}")):
        model = asl.bundle.BUNDLED_MODELS / file.parent.name
        if (model / CARD).is_file():
            found.append(replace(read_run(file.parent), out=str(model)))
    return found


def is_example(run: Run) -> bool:
    """Return whether a run came with the app, so that it can be looked at and not changed."""
    return run.folder.parent == EXAMPLES


def keep_example(name: str) -> Run:
    """Keep of a run of the workspace what makes it an example.

    Args:
        name: of the run, and of the bundled model that it made.

    Raises:
        RunError: there is no such run, or it has not come to its end.
        ValueError: its report is damaged.
    """
    run = find_run(name)
    if status(run).state != "done":
        raise RunError(f"run: {name!r} is {status(run).state}; only finished ones are examples")
    advice = Advice.from_json((run.folder / files.ADVICE).read_text())
    state, rows = status(run), history(run)
    kept = replace(
        run, folder=EXAMPLES / name, dataset_id="", launcher="", out="", began_in="", model=name
    )
    kept.folder.mkdir(parents=True, exist_ok=True)
    kept.write()
    ended = run.created + (state.seconds or 0.0)
    write_json(kept.folder / files.STATE, {"state": "done", "began": run.created, "ended": ended})
    # The pictures that look mislabelled are not here to be looked at.
    report = replace(advice, suspects=()).to_json()
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    for file, text in ((files.ADVICE, report + "\n"), (files.PROGRESS, lines)):
        with replacing(kept.folder / file) as fresh:
            fresh.write_text(text)
    return kept


def main(names: Sequence[str]) -> None:
    """Keep the runs of these names, and say how much each takes."""
    for name in names:
        kept = keep_example(name)
        size = sum(file.stat().st_size for file in kept.folder.iterdir())
        print(f"{name}: {size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
