"""`asl bench`, `asl reproduce` and `asl results`: the figures in docs/results."""

import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from asl.bundle import DEFAULT_MODEL, find_bundle
from asl.cli.console import complain, print_json, progress
from asl.cli.options import AsJson, Model
from asl.cli.predict import open_predictor
from asl.evaluation.results.result import RESULTS, SOURCES, Result, command, machine


def bench(
    model: Model = DEFAULT_MODEL,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Results file; by default docs/results/bench.json."),
    ] = None,
    repeats: Annotated[int, typer.Option(min=50, help="Pictures timed.")] = 200,
    as_json: AsJson = False,
) -> None:
    """Measure what prediction costs here, beside PyTorch."""
    from asl.evaluation import bench as costs

    bundle = find_bundle(model)
    data = os.environ.get("ASL_DATA")
    pictures = costs.sample_pictures(Path(data) if data else None)
    memory = _if_possible(lambda: costs.measure_memory(bundle, pictures[0]))
    costs.stay_on_one_core()
    predictor = open_predictor(bundle)
    with progress("Prediction") as step:
        timed = costs.time_prediction(predictor, pictures, repeats, step)
    # This imports torch, so it comes last.
    with progress("Networks") as step:
        timed += _if_possible(
            lambda: costs.time_networks(bundle, predictor, pictures, repeats, step)
        )
    result = Result(
        title="What prediction costs",
        data="photographs of asl_letters/valid" if data else "noise, in which no hand is found",
        machine=machine(("onnxruntime", "ai-edge-litert", "streamlit", "torch")),
        command=command("bench"),
        rows=(*timed, *memory),
        note="Times are taken on one core; what is compared took turns in one run.",
    )
    result.write(out or RESULTS / "bench.json")
    if as_json:
        print_json(asdict(result))
    else:
        print(result.to_markdown())


def reproduce(
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="WORDS", help="Only networks whose name has these words in it."),
    ] = None,
    table: Annotated[
        bool, typer.Option("--table", help="Train nothing; write the table of what is done.")
    ] = False,
) -> None:
    """Train the sources' networks again, as far as that is not done, and write the table.

    The data sets are read from the folder that ASL_DATA names. It can be stopped at any time.
    """
    from asl.training import reproduce as sources

    wanted = only or [""]
    chosen = [
        one for one in sources.CLAIMS if any(word in f"{one.name} {one.alike}" for word in wanted)
    ]
    if not chosen:
        names = ", ".join(claim.name for claim in sources.CLAIMS)
        raise ValueError(f"only: {' '.join(wanted)!r} is in none of {names}")
    if not table:
        with progress(log=True) as step, redirect_stdout(sys.stderr):
            sources.reproduce(
                chosen,
                report=lambda state: step(state.done, state.total, state.title),
                say=complain,
            )
    before = Result.read(SOURCES).rows if SOURCES.is_file() else ()
    result = sources.results(before=before)
    result.write(SOURCES)
    print(result.to_markdown())


def results() -> None:
    """Fill the README's table, and the pages of all tables, from the files in docs/results."""
    from asl.evaluation.results.pages import write_pages

    write_pages()


def _if_possible(measure: Callable[[], list[dict]]) -> list[dict]:
    """Return the rows that `measure` gives, none if something that it needs is missing."""
    try:
        return measure()
    except (RuntimeError, ImportError, ValueError) as error:
        complain(f"left out: {error}")
        return []
