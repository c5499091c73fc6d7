"""`asl train`: a model from pictures."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from asl.cli.console import complain, complain_of, left_out_json, print_json, progress
from asl.cli.models import model_json, print_scores
from asl.cli.options import AsJson, Seed, TrainingOptions, with_training_options
from asl.workspace import workspace

if TYPE_CHECKING:
    from asl.data.problems import Problem
    from asl.training.config import TrainConfig
    from asl.training.progress import Progress, Report


@with_training_options
def train(
    options: TrainingOptions,
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the pictures.")] = None,
    seed: Seed = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The model's folder; by default in the workspace."),
    ] = None,
    processes: Annotated[
        int, typer.Option(min=1, help="Processes that share the work on each network.")
    ] = 1,
    side_by_side: Annotated[
        int, typer.Option(min=1, help="Divisions of the data trained at a time.")
    ] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted one.")
    ] = False,
    tensorboard: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Also write the figures of every epoch for TensorBoard."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a model on pictures, or on sequences, and say how good it is on those it has not seen.

    It stands on the app's Runs page while it goes on, and can be stopped there.
    """
    from asl.cli.training_settings import training_settings
    from asl.training.cross_validation import train as train_model
    from asl.training.fitting.distributed import is_first
    from asl.training.fitting.tensorboard import on_board
    from asl.training.progress import ignore

    name = out.resolve().name if out else ""
    settings = training_settings(options, name, epochs, seed)
    home = out or workspace() / "models" / settings.name
    left_out: list[Problem] = []

    def tell_left_out(problems: "Sequence[Problem]") -> None:
        left_out.extend(problems)
        complain_of(problems)

    with ExitStack() as opened:
        board = on_board(tensorboard, settings.name, ignore) if tensorboard else nullcontext(ignore)
        note = opened.enter_context(board)  # refused before an entry among the runs is made
        report = opened.enter_context(_reported(settings, home, resume, note))
        bundle = train_model(settings, home, resume, side_by_side, report, processes, tell_left_out)
    if not is_first():
        return
    if as_json:
        print_json(model_json(bundle) | {"left_out": left_out_json(left_out)})
    else:
        print_scores(bundle)
    if any(problem.kind == "unreadable" for problem in left_out):
        raise typer.Exit(1)


@contextmanager
def _reported(
    settings: "TrainConfig", out: Path, resume: bool, also: "Report"
) -> "Iterator[Report]":
    """Give whom a training tells of its progress: this terminal and the app's Runs page.

    Of several processes that train together, only the first speaks.

    Args:
        also: is told as well.

    Raises:
        typer.Exit: the training was cancelled on the Runs page.
        ValueError: see `asl.runs.cli_run.entered`, or the run cannot be resumed.
    """
    from asl.runs.cli_run import entered
    from asl.runs.worker import Cancelled
    from asl.training.fitting.distributed import is_first
    from asl.training.resume import check_resume

    # Libraries that print on standard output must not spoil the JSON.
    with progress(log=True) as step, redirect_stdout(sys.stderr):
        if not is_first():
            yield lambda state: None
            return
        check_resume(settings, resume)  # before an entry is made for what will not be done
        try:
            with entered(settings, out) as note:

                def report(state: "Progress") -> None:
                    step(state.done, state.total, state.title)
                    note(state)
                    also(state)

                yield report
        except Cancelled:
            complain(f"{settings.name} was cancelled on the Runs page; --resume goes on with it")
            raise typer.Exit(1) from None
