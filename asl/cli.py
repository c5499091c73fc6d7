"""The command line: the services of the app from a shell.

With ``--json`` standard output carries JSON and nothing else; logs, progress and errors go to
standard error. Exit status 1: a picture could not be answered, or a training was cancelled; 2: the
command was wrong.
Everything heavy is imported by the command that needs it.
"""

import errno
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from asl.bundle import (
    DEFAULT_MODEL,
    BundleError,
    ModelBundle,
    by_title,
    check_name,
    find_bundle,
    scan_bundles,
    workspace,
)
from asl.cli_live import bench_spelling
from asl.console import (
    complain,
    complain_of,
    left_out_json,
    megabytes,
    model_json,
    prediction_json,
    prediction_row,
    print_check,
    print_evaluation,
    print_json,
    print_scores,
    print_search,
    print_table,
    progress,
)
from asl.labels import candidates
from asl.workspace import disk_trouble

if TYPE_CHECKING:
    from asl.data.folder import Problem
    from asl.inference.predictor import Predictor
    from asl.training.config import TrainConfig
    from asl.training.engine import Progress, Report

app = typer.Typer(
    help="Recognise American Sign Language handshapes, and measure how well.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

LabelSet = Literal["letters", "digits", "all"]
Model = Annotated[str, typer.Option(metavar="NAME|DIR", help="Name of a model, or its folder.")]
People = Annotated[
    str,
    typer.Option(
        metavar="PATTERN|folders|names|CSV|none",
        help="Who is in the pictures; by itself from names that start with hand<N>_.",
    ),
]
Signers = Annotated[
    str,
    typer.Option(
        metavar="PATTERN|folders|names|CSV|none",
        help="Who is in the pictures; nobody is known where it is not said.",
    ),
]
Level = Annotated[
    str,
    typer.Option(
        metavar="part/person/sign/take",
        help="What each level of folders means, the outermost first, where it is not clear.",
    ),
]
Encoding = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="In which the names in a zip are written, where that is not clear."
    ),
]
Labels = Annotated[LabelSet, typer.Option(help="Which signs are possible.")]
Controls = Annotated[
    bool, typer.Option("--controls", help="So are the signs for delete, space and nothing.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


@app.command()
def predict(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Pictures, or folders.")],
    model: Model = DEFAULT_MODEL,
    labels: Labels = "all",
    controls: Controls = False,
    as_json: AsJson = False,
) -> None:
    """Name the sign in each picture."""
    from asl.decoding import decode
    from asl.images import PictureError

    failed, rows = False, []
    predictor = _predictor(find_bundle(model))
    with progress("Looking") as step:
        candidates(predictor.card.labels, labels)  # a wrong choice fails before the first picture
        pictures = [picture for path in paths for picture in _pictures(path)]
        for done, (path, reason) in enumerate(pictures, start=1):
            try:
                if reason:
                    raise PictureError(path, reason)
                prediction = predictor.predict(decode(path, name=path), labels, controls)
            except Exception as error:  # whatever a picture does, the others are answered
                failed = True
                if not isinstance(error, PictureError):
                    error = PictureError(path, _not_looked_at(error))
                if as_json:
                    print_json({"path": path, "error": error.reason})
                else:
                    complain(str(error))
            else:
                if as_json:
                    print_json(prediction_json(path, prediction))
                else:
                    rows.append(prediction_row(path, prediction))
            step(done, len(pictures))
    if rows:
        print_table(("picture", "sign", "confidence", "next", "note"), rows)
    if failed:
        raise typer.Exit(1)


@app.command()
def evaluate(
    data: Annotated[
        list[Path],
        typer.Option(metavar="DIR|ZIP|CSV", help="Class folders, or a zip; may be repeated."),
    ],
    model: Model = DEFAULT_MODEL,
    labels: Labels = "all",
    controls: Controls = False,
    people: People = "auto",
    level: Level = "",
    encoding: Encoding = "",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write a results file here.")
    ] = None,
    title: Annotated[str, typer.Option(metavar="TEXT", help="Title of the results file.")] = "",
    name: Annotated[str, typer.Option(metavar="TEXT", help="Name of its row.")] = "",
    split: Annotated[
        str,
        typer.Option(
            metavar="TEXT", help="How the pictures relate to those the model was trained on."
        ),
    ] = "",
    note: Annotated[str, typer.Option(metavar="TEXT", help="A sentence to stand below.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say how good a model is on a folder of labelled pictures."""
    import pandas as pd

    from asl.data.source import open_source
    from asl.evaluation.report import evaluate_folder

    bundle = find_bundle(model)
    with ExitStack() as opened, progress("Looking") as step:
        problems, tables = [], []
        for one in data:
            source = opened.enter_context(open_source(one, people, level, encoding))
            inside = f"{one}/" if len(data) > 1 else ""
            problems += [replace(own, path=f"{inside}{own.path}") for own in source.problems]
            tables.append(source.table.assign(name=inside + source.table["name"]))
        table = pd.concat(tables, ignore_index=True)
        evaluation = evaluate_folder(_predictor(bundle), table, labels, step, controls)
    complain_of(problems)
    if out:
        from asl.evaluation.results import Result, command, machine

        places = [folder.resolve() for folder in data]
        sets = " + ".join(f"{place.parent.name}/{place.name}" for place in places)
        words = [word for folder in data for word in ("--data", folder)]
        Result(
            title=title or f"{bundle.card.name} on {sets}",
            data=sets,
            split=split,
            candidates=f"{labels}, delete, space, nothing" if controls else labels,
            machine=machine(),
            command=command(
                "evaluate",
                *words,
                "--model",
                model,
                "--labels",
                labels,
                *(["--controls"] if controls else []),
            ),
            rows=({"name": name or bundle.card.name, **evaluation.to_row()},),
            note=note,
        ).write(out)
    if as_json:
        print_json(evaluation.to_json() | {"left_out": left_out_json(problems)})
    else:
        print_evaluation(evaluation)
    if evaluation.errors or any(problem.kind == "unreadable" for problem in problems):
        raise typer.Exit(1)


@app.command()
def check(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="Zip, folder or table with pictures of signs.")
    ],
    people: Signers = "",
    level: Level = "",
    encoding: Encoding = "",
    as_json: AsJson = False,
) -> None:
    """Say what is in a zip, folder or table and what is wrong with it, before training on it."""
    from asl.data.check import check as look

    with progress("Looking") as step:
        found = look(path, people, level, encoding, step)
    if as_json:
        print_json(found)
    else:
        print_check(found)
    if not found["signs"]:
        complain(found["warnings"][0])
        raise typer.Exit(1)
    if any(one["kind"] == "unreadable" for one in found["left_out"]):
        raise typer.Exit(1)


TrainingData = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="DIR|ZIP|CSV",
        help="Class folders, a zip of them, or Sign Language MNIST as it comes; may be repeated.",
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Settings as TOML; other options replace single ones."),
]
Net = Annotated[str | None, typer.Option(metavar="NAME", help="Network to train.")]
Start = Annotated[
    str | None, typer.Option(metavar="bundled|imagenet|hands|none", help="Start weights.")
]
Test = Annotated[
    str | None,
    typer.Option(
        metavar="random|new-person|leave-one-person-out|group-k-fold|leave-one-set-out|own",
        help="How the model is tested; by itself as honestly as the data allow.",
    ),
]
Epochs = Annotated[int | None, typer.Option(min=1, help="Passes over the pictures.")]
Seed = Annotated[int | None, typer.Option(help="Of every random number.")]


@app.command()
def train(
    data: TrainingData = None,
    config: Config = None,
    net: Net = None,
    init: Start = None,
    split: Test = None,
    people: Signers = "",
    level: Level = "",
    encoding: Encoding = "",
    epochs: Epochs = None,
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
    as_json: AsJson = False,
) -> None:
    """Train a model on pictures, and say how good it is on those it has not seen.

    It stands on the app's Runs page while it goes on, and can be stopped there.
    """
    name = out.resolve().name if out else ""
    settings = _settings(
        data, config, name, net, init, split, people, level, encoding, epochs, seed
    )
    from asl.training.run import train as run
    from asl.training.together import is_first

    home = out or workspace() / "models" / settings.name
    left_out: list[Problem] = []

    def tell(problems: "Sequence[Problem]") -> None:
        left_out.extend(problems)
        complain_of(problems)

    # Libraries that print on standard output must not spoil the JSON.
    with progress(log=True) as step, redirect_stdout(sys.stderr):
        with _entered(settings, home, resume) as note:

            def report(state: "Progress") -> None:
                step(state.done, state.total, state.task)
                note(state)

            own = report if is_first() else lambda state: None
            bundle = run(settings, home, resume, side_by_side, own, processes, tell)
    if not is_first():
        return
    if as_json:
        print_json(model_json(bundle) | {"left_out": left_out_json(left_out)})
    else:
        print_scores(bundle)
    if any(problem.kind == "unreadable" for problem in left_out):
        raise typer.Exit(1)


@contextmanager
def _entered(settings: "TrainConfig", out: Path, resume: bool) -> "Iterator[Report]":
    """Keep a run of the app for a training; see `asl.training.command_line.entered`."""
    from asl.training.command_line import Cancelled, entered
    from asl.training.run import check_resume
    from asl.training.together import is_first

    if not is_first():  # the first of the processes speaks for all
        yield lambda state: None
        return
    check_resume(settings, resume)  # before an entry is made for what will not be done
    try:
        with entered(settings, out) as report:
            yield report
    except Cancelled:
        complain(f"{settings.name} was cancelled on the Runs page; --resume goes on with it")
        raise typer.Exit(1) from None


@app.command()
def search(
    data: TrainingData = None,
    config: Config = None,
    net: Net = None,
    init: Start = None,
    split: Test = None,
    people: Signers = "",
    level: Level = "",
    encoding: Encoding = "",
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
    settings = _settings(data, config, "", net, init, split, people, level, encoding, None, seed)
    from asl.training.search import run_search, search_json

    if out and not out.resolve().parent.is_dir():
        raise ValueError(f"out: there is no folder {str(out.parent)!r}")
    names = tuple(filter(None, (word.strip() for word in vary.split(","))))
    with progress(log=True) as step, redirect_stdout(sys.stderr):
        found = run_search(
            settings, trials, workers, names, epochs,
            lambda state: step(state.done, state.total, state.task),
        )  # fmt: skip
    answer = search_json(found)
    if out:
        out.write_text(json.dumps(answer["config"], indent=1) + "\n", encoding="utf-8")
    if as_json:
        print_json(answer)
    else:
        print_search(answer)


def _settings(
    data: list[Path] | None,
    config: Path | None,
    name: str,
    net: str | None,
    start: str | None,
    split: str | None,
    people: str,
    level: str,
    encoding: str,
    epochs: int | None,
    seed: int | None,
) -> "TrainConfig":
    """Return the settings of `config` or the usual ones, changed as the options say."""
    if not data and not config:
        raise ValueError("data: name a folder of class folders, or a --config")
    named_by = "--out" if name else "--data"
    if data and not config:
        folder = _stem(data[0].resolve())
        name = name or re.sub(r"[^A-Za-z0-9._-]+", "-", folder).strip("-._")
        if not name:
            raise ValueError(
                f"--data: no name of a model can be made of the name {folder!r}, which has none of "
                "the letters A to Z and no digit; rename it, or name the model in a --config or "
                "with asl train --out"
            )
    if name:
        check_name(name, named_by)
    from asl.training.config import DataSet, TrainConfig

    sets = tuple(DataSet(str(folder)) for folder in data or ())
    settings = TrainConfig.read(config) if config else TrainConfig(name, sets)
    if net and net != settings.network:
        settings = settings.with_network(net)
    changes = {"name": name, "start": start, "split": split, "seed": seed}
    changes = {key: value for key, value in changes.items() if value not in (None, "")}
    settings = replace(settings, **changes)
    if epochs:
        settings = replace(
            settings,
            picture=replace(settings.picture, epochs=epochs),
            landmarks=replace(settings.landmarks, epochs=epochs),
        )
    if not data:
        return settings
    # What takes time comes last, when nothing else is left to be refused.
    from asl.training.choices import data_sets, preferred_split, require_people

    with progress("Taking pictures in") as step:
        settings = replace(settings, data=data_sets(data, people, level, encoding, step))
    if not split and not config:
        return replace(settings, split=preferred_split(settings.data))
    require_people(settings.data, settings.split)
    return settings


def _stem(path: Path) -> str:
    return path.stem if path.is_file() else path.name


@app.command()
def models(as_json: AsJson = False) -> None:
    """List the models there are, and those that cannot be used."""
    found, unusable = scan_bundles()
    if as_json:
        print_json(
            {
                "models": [model_json(bundle) for bundle in found],
                "unusable": [{"folder": str(one.folder), "reason": one.reason} for one in unusable],
            }
        )
        return
    for one in unusable:
        complain(f"{one.folder.name} cannot be used: {one.reason}")
    rows = [
        (
            title,
            str(len(one.card.labels)),
            one.card.network,
            f"{megabytes(one):.0f} MB",
            one.card.description,
        )
        for title, one in by_title(found).items()
    ]
    print_table(("model", "signs", "network", "size", "description"), rows)


@app.command()
def scores(
    model: Annotated[str, typer.Argument(metavar="NAME|DIR", help="The model.")] = DEFAULT_MODEL,
    labels: Labels = "all",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write a results file here.")
    ] = None,
    title: Annotated[str, typer.Option(metavar="TEXT", help="Title of the results file.")] = "",
    note: Annotated[str, typer.Option(metavar="TEXT", help="A sentence to stand below.")] = "",
) -> None:
    """Show how a model did on the people and pictures left out of its training."""
    from asl.evaluation.results import from_card

    result = from_card(find_bundle(model).card, labels, title, note)
    if out:
        result.write(out)
    print(result.to_markdown())


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="Name of the model, or its folder.")],
    out: Annotated[Path, typer.Option(metavar="FILE.zip", help="The zip file to write.")],
) -> None:
    """Write a model as one zip file."""
    bundle = find_bundle(name)
    if not out.parent.is_dir():
        raise ValueError(f"out: there is no folder {str(out.parent)!r}")
    if out.is_dir():
        raise ValueError(f"out: {str(out)!r} is a folder; name a file in it")
    print(bundle.export(out))


@app.command()
def bench(
    model: Model = DEFAULT_MODEL,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Results file; by default docs/results/bench.json."),
    ] = None,
    repeats: Annotated[int, typer.Option(min=50, help="Pictures timed.")] = 200,
    page: Annotated[
        bool, typer.Option("--page", help="Also start the app in a browser (needs Chromium).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure what prediction costs here, beside PyTorch."""
    from asl.evaluation import bench as costs
    from asl.evaluation.results import RESULTS, Result, command, machine

    bundle = find_bundle(model)
    data = os.environ.get("ASL_DATA")
    pictures = costs.sample_pictures(Path(data) if data else None)
    rows = _if_possible(costs.measure_memory, bundle, pictures[0])
    if page:
        from asl.evaluation.bench_page import measure_page

        rows += _if_possible(measure_page, pictures[0])
    costs.stay_on_one_core()
    predictor = _predictor(bundle)
    with progress("Prediction") as step:
        timed = costs.time_prediction(predictor, pictures, repeats, step)
    # This imports torch, so it comes last.
    with progress("Networks") as step:
        arguments = (bundle, predictor, pictures, repeats, step)
        timed += _if_possible(costs.time_networks, *arguments)
    result = Result(
        title="What prediction costs",
        data="photographs of asl_letters/valid" if data else "noise, in which no hand is found",
        machine=machine(("onnxruntime", "ai-edge-litert", "streamlit", "torch")),
        command=command("bench", *(["--page"] if page else [])),
        rows=(*timed, *rows),
        note="Times are taken on one core; what is compared took turns in one run.",
    )
    result.write(out or RESULTS / "bench.json")
    if as_json:
        print_json(asdict(result))
    else:
        print(result.to_markdown())


@app.command()
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
    from asl.evaluation.results import SOURCES
    from asl.training.reproduce import CLAIMS, reproduce, results

    wanted = only or [""]
    chosen = [one for one in CLAIMS if any(word in f"{one.name} {one.alike}" for word in wanted)]
    if not chosen:
        names = ", ".join(claim.name for claim in CLAIMS)
        raise ValueError(f"only: {' '.join(wanted)!r} is in none of {names}")
    if not table:
        with progress(log=True) as step, redirect_stdout(sys.stderr):
            reproduce(
                chosen,
                report=lambda state: step(state.done, state.total, state.task),
                say=complain,
            )
    result = results()
    result.write(SOURCES)
    print(result.to_markdown())


app.command()(bench_spelling)


@app.command()
def results() -> None:
    """Fill the README's tables, and the page of the sources, from the files in docs/results."""
    from asl.evaluation.results import (
        README,
        SOURCES,
        SOURCES_PAGE,
        Result,
        fill,
        page,
        read_results,
    )

    README.write_text(fill(README.read_text(encoding="utf-8"), read_results()), encoding="utf-8")
    if SOURCES.is_file():
        SOURCES_PAGE.write_text(page(Result.read(SOURCES)), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a wrong value ends it with one line on standard error."""
    try:
        app(arguments, prog_name="asl")
    except (ValueError, OSError) as error:
        no_room = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
        complain(disk_trouble(error) if no_room else str(error))
        sys.exit(2)


def _not_looked_at(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "there is not enough memory to look at it; make the picture smaller"
    if isinstance(error, BundleError):
        return f"the model gave no answer: {error}"
    return f"it could not be looked at ({error or type(error).__name__})"


def _pictures(path: str) -> list[tuple[str, str]]:
    """Return the pictures that `path` stands for, each with "" or why it cannot be used."""
    folder = Path(path)
    # Unlike Path, it answers for names that are too long or hold what no name can.
    if not os.path.isdir(folder):
        return [(path, "")]
    from asl.data.folder import scan_folder

    found, _, problems = scan_folder(folder)
    pictures = [(str(folder.joinpath(*parts)), "") for parts in found]
    unread = [problem for problem in problems if problem.kind == "unreadable"]
    complain_of([problem for problem in problems if problem not in unread])
    pictures += [(str(folder / problem.path), problem.message) for problem in unread]
    return pictures or [(path, "there is no picture in this folder")]


def _predictor(bundle: ModelBundle) -> "Predictor":
    from asl.inference.first_answer import require_answer
    from asl.inference.predictor import Predictor

    require_answer(bundle)
    predictor = Predictor(bundle)
    if predictor.hands_missing:
        complain(predictor.hands_missing)
    return predictor


def _if_possible(measure: Callable[..., list[dict]], *arguments: object) -> list[dict]:
    """Return the rows that `measure` gives, none where something that it needs is missing."""
    try:
        return measure(*arguments)
    except (RuntimeError, ImportError, ValueError) as error:
        complain(f"left out: {error}")
        return []


if __name__ == "__main__":
    main()
