"""`asl search`: better settings for a training."""

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated, Any

import typer

from asl.cli.console import print_json, print_table, progress
from asl.cli.options import AsJson, Seed, TrainingOptions, with_training_options


@with_training_options
def search(
    options: TrainingOptions,
    seed: Seed = None,
    vary: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="What to try, with commas: learning_rate, epochs, batch, dropout, augment, width.",
        ),
    ] = "learning_rate,epochs,batch,dropout,augment,width",
    epochs: Annotated[int, typer.Option(min=1, help="Most epochs of a trial.")] = 20,
    trials: Annotated[int, typer.Option(min=1, help="Trials in all, earlier ones included.")] = 30,
    workers: Annotated[int, typer.Option(min=1, help="Trials at a time.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write the best settings here, for --config."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look for better training settings; started again, it goes on where it stopped.

    What is compared is the macro F1 on pictures kept aside from training; those of the test are
    never looked at.
    """
    from asl.cli.training_settings import training_settings
    from asl.training.search.found import search_json
    from asl.training.search.trials import run_search

    settings = training_settings(options, seed=seed)
    if out and not out.resolve().parent.is_dir():
        raise ValueError(f"out: there is no folder {str(out.parent)!r}")
    names = tuple(filter(None, (word.strip() for word in vary.split(","))))
    with progress(log=True) as step, redirect_stdout(sys.stderr):
        found = run_search(
            settings,
            trials,
            workers,
            names,
            epochs,
            lambda state: step(state.done, state.total, state.title),
        )
    answer = search_json(found)
    if out:
        out.write_text(json.dumps(answer["config"], indent=1) + "\n", encoding="utf-8")
    if as_json:
        print_json(answer)
    else:
        _print_search(answer)


def _print_search(answer: dict[str, Any]) -> None:
    """Print what a search for settings found."""
    print(
        f"{answer['trials']} trials, {answer['pruned']} of them given up early. "
        f"Best macro F1 on validation pictures: {answer['macro_f1']:.3f}, with"
    )
    print_table(
        ("setting", "best value", "importance"),
        [
            (name, f"{value:.4g}", f"{answer['importance'].get(name, 0):.0%}")
            for name, value in answer["best"].items()
        ],
    )
