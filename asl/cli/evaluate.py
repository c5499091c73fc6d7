"""`asl evaluate`: how good a model is on labelled pictures."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from asl.bundle import DEFAULT_MODEL, find_bundle
from asl.cli.console import (
    complain,
    complain_of,
    counted,
    left_out_json,
    naming,
    print_json,
    print_table,
    progress,
)
from asl.cli.options import (
    AsJson,
    Controls,
    Encoding,
    Labels,
    Level,
    Model,
    Note,
    ResultsFile,
    Title,
)
from asl.cli.predict import open_predictor
from asl.cli.predict_words import open_words
from asl.evaluation.results.result import Result, command, machine, outward
from asl.figures.wording import Wording, wording_of
from asl.labels import display_name
from asl.workspace import workspace

if TYPE_CHECKING:
    import pandas as pd

    from asl.data.problems import Problem
    from asl.evaluation.report import Evaluation

#: Figures of one kind of example alone, in words.
_OWN = {
    "hand_found": "hand found",
    "within_five": "sign among the best five",
    "among_these_words": "accuracy where only these words are possible, mean of the people",
}
#: Figures of what is no word of the model, in words.
_STRANGE = {"other_words": "words that it does not know", "no_words": "movements that are no words"}
#: People whom an error names, so that one sees how they are called here.
_MOST_NAMED = 50

People = Annotated[
    str,
    typer.Option(
        metavar="PATTERN|folders|names|CSV|none",
        help="Who is in the pictures; by itself from names that start with hand<N>_.",
    ),
]


def evaluate(
    data: Annotated[
        list[Path],
        typer.Option(
            metavar="DIR|ZIP|CSV|NPZ",
            help="Class folders, or a zip, or sequences; may be repeated.",
        ),
    ],
    model: Model = DEFAULT_MODEL,
    labels: Labels = "all",
    controls: Controls = False,
    people: People = "auto",
    level: Level = "",
    encoding: Encoding = "",
    out: ResultsFile = None,
    title: Title = "",
    name: Annotated[str, typer.Option(metavar="TEXT", help="Name of its row.")] = "",
    split: Annotated[
        str,
        typer.Option(
            metavar="TEXT", help="How the pictures relate to those the model was trained on."
        ),
    ] = "",
    note: Note = "",
    negatives: Annotated[
        int,
        typer.Option(
            min=0, help="Also ask so many movements that are made of the clips and are no words."
        ),
    ] = 0,
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PERSON",
            help="Also give the figures without this person, whose labels or recordings are in "
            "doubt; may be repeated.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say how good a model is on labelled pictures, or a model of words on sequences."""
    from asl.evaluation.report import evaluate_folder
    from asl.evaluation.sequences.report import evaluate_sequences
    from asl.training.sequences.negatives import negative

    bundle = find_bundle(model)
    if negatives and bundle.card.still:
        raise ValueError(f"negatives: {bundle.card.name} reads pictures; only words have negatives")
    with ExitStack() as opened, progress("Looking") as step:
        kind = "pictures" if bundle.card.still else "sequences"
        table, problems = _open(opened, data, people, level, encoding, kind)
        ask: Callable[[pd.DataFrame], Evaluation]
        if bundle.card.still:
            ask = partial(
                evaluate_folder, open_predictor(bundle),
                wanted=labels, progress=step, controls=controls,
            )  # fmt: skip
        else:
            ask = partial(
                evaluate_sequences, open_words(bundle), cache=workspace() / "cache",
                progress=step, negative=negative, negatives=negatives,
            )  # fmt: skip
        rest = _without(table, without) if without else None
        evaluation = ask(table)
        of_rest = None if rest is None else ask(rest)
    in_doubt = ", ".join(without or [])
    complain_of(problems)
    if out:
        sets = _sets(data)
        words: list[object] = [word for folder in data for word in ("--data", folder)]
        words += ["--model", model, "--labels", labels, *(["--controls"] if controls else [])]
        words += ["--negatives", negatives] if negatives else []
        words += [word for person in without or [] for word in ("--without", person)]
        row = name or bundle.card.name
        Result(
            title=title or f"{bundle.card.name} on {sets}",
            data=sets,
            split=split,
            candidates=f"{labels}, delete, space, nothing" if controls else labels,
            machine=machine(),
            command=command("evaluate", *words),
            rows=(
                {"name": row, **evaluation.to_row()},
                *([{"name": f"{row} without {in_doubt}", **of_rest.to_row()}] if of_rest else []),
            ),
            note=note,
        ).write(out)
    if as_json:
        of_fewer = {"without": of_rest.to_json()} if of_rest else {}
        print_json(evaluation.to_json() | of_fewer | {"left_out": left_out_json(problems)})
    else:
        _print_evaluation(evaluation, wording_of(bundle))
        if of_rest:
            print(f"\nWithout {in_doubt}:\n")
            _print_evaluation(of_rest, wording_of(bundle))
    if evaluation.errors or any(problem.kind == "unreadable" for problem in problems):
        raise typer.Exit(1)


def _rejected(figures: Mapping[str, Any]) -> str:
    shares = f"{figures['rejected']:.1%}, {figures['none_of_these']:.1%}"
    return f"{shares} of {figures['clips']}"


def _open(
    opened: ExitStack, data: Sequence[Path], people: str, level: str, encoding: str, kind: str
) -> tuple["pd.DataFrame", "list[Problem]"]:
    """Return one table of the examples of all `data`, and what is wrong with some.

    Args:
        opened: keeps what was unpacked until it is closed.
        kind: "pictures" or "sequences".
    """
    import pandas as pd

    from asl.data.source import open_source

    problems, tables = [], []
    for one in data:
        with naming(one):
            source = opened.enter_context(open_source(one, people, level, encoding, kind=kind))
        inside = f"{one}/" if len(data) > 1 else ""
        problems += [replace(own, path=f"{inside}{own.path}") for own in source.problems]
        tables.append(source.table.assign(name=inside + source.table["name"]))
    return pd.concat(tables, ignore_index=True), problems


def _without(table: "pd.DataFrame", people: Sequence[str]) -> "pd.DataFrame":
    """Return the examples of all but these people.

    Raises:
        ValueError: nobody is known, one of them is nobody here, or nobody would be left.
    """
    known = table["person"].dropna().unique().tolist()
    if not known:
        raise ValueError("without: it is not known who is in the data; --people says it")
    unknown = [person for person in people if person not in known]
    if unknown:
        there = ", ".join(known[:_MOST_NAMED])
        raise ValueError(f"without: {unknown[0]!r} is none of the people; there are {there}")
    kept = table[~table["person"].isin(people)]
    if kept.empty:
        raise ValueError("without: nobody would be left")
    return kept


def _sets(data: Sequence[Path]) -> str:
    places = [folder.resolve() for folder in data]
    return " + ".join(f"{place.parent.name}/{place.name}" for place in places)


def _print_evaluation(evaluation: "Evaluation", words: Wording) -> None:
    """Print the figures of an evaluation, sign by sign."""
    figures = evaluation.to_json()
    low, high = outward(*figures["interval"])
    answered = figures["accuracy_when_answered"]
    like = "people" if (figures["people"] or 0) > 1 else words.examples
    rows = [
        (words.examples, str(figures["images"])),
        ("people in them", str(figures["people"] or "unknown")),
        (f"accuracy, every {words.example} counted", f"{figures['accuracy']:.1%}"),
        (f"95 % range, for {like} like these", f"{low}% to {high}%"),
        ("macro F1", f"{figures['macro_f1']:.3f}"),
        *((said, f"{figures[key]:.1%}") for key, said in _OWN.items() if key in figures),
        ("answered", f"{figures['answered']:.1%}"),
        ("accuracy when answered", "–" if answered is None else f"{answered:.1%}"),
        (f"{words.examples} that cannot be read", str(len(figures["errors"]))),
        ("left out, of signs that the model does not know", counted(figures["unknown"])),
        ("left out, not among the candidates", counted(figures["not_among_candidates"])),
        *(
            (f"{said}: rejected, or held for none", _rejected(figures[key]))
            for key, said in _STRANGE.items()
            if key in figures
        ),
    ]
    print_table(("what", "value"), rows)
    print_table(
        ("sign", words.examples, "precision", "recall", "F1"),
        [
            (
                display_name(label),
                str(one["support"]),
                f"{one['precision']:.1%}",
                f"{one['recall']:.1%}",
                f"{one['f1']:.3f}",
            )
            for label, one in figures["per_class"].items()
        ],
    )
    for error in figures["errors"]:
        complain(f"{error['path']}: {error['error']}")
