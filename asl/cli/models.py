"""`asl models`, `asl scores` and `asl export`: the models there are."""

from pathlib import Path
from typing import Annotated, Any

import typer

from asl.bundle import (
    DEFAULT_MODEL,
    EVALUATION,
    ModelBundle,
    by_title,
    find_bundle,
    scan_bundles,
)
from asl.cli.console import complain, counted, print_json, print_table
from asl.cli.options import AsJson, Labels, Note, ResultsFile, Title
from asl.evaluation.results.result import outward
from asl.tflite import missing


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
            f"{_megabytes(one):.0f} MB",
            one.card.description,
        )
        for title, one in by_title(found).items()
    ]
    print_table(("model", "signs", "network", "size", "description"), rows)


def scores(
    model: Annotated[str, typer.Argument(metavar="NAME|DIR", help="The model.")] = DEFAULT_MODEL,
    labels: Labels = "all",
    among: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml", help="A configuration: only the signs that it lists are possible."
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PART", help="Give the means without this part, too; may be used again."
        ),
    ] = None,
    out: ResultsFile = None,
    title: Title = "",
    note: Note = "",
) -> None:
    """Show how a model did on the people and pictures left out of its training."""
    from asl.evaluation.results.of_models import from_card, score_among

    bundle = find_bundle(model)
    if among:
        if labels != "all":
            raise ValueError("labels: --among already says which signs are possible")
        from asl.training.config import TrainConfig

        signs = TrainConfig.read(among).signs
        result = score_among(bundle, signs, str(among), title, note, without or [])
    else:
        result = from_card(bundle.card, labels, title, note, without or [])
    if out:
        result.write(out)
    print(result.to_markdown())


def export(
    name: Annotated[str, typer.Argument(help="Name of the model, or its folder.")],
    out: Annotated[Path, typer.Option(metavar="FILE.zip", help="The zip file to write.")],
    tflite: Annotated[
        bool,
        typer.Option("--tflite", help="Put the network in as TFLite as well, its labels inside."),
    ] = False,
) -> None:
    """Write a model as one zip file."""
    from asl.downloads import pack_model

    bundle = find_bundle(name)
    if not out.parent.is_dir():
        raise ValueError(f"out: there is no folder {str(out.parent)!r}")
    if out.is_dir():
        raise ValueError(f"out: {str(out)!r} is a folder; name a file in it")
    checked = None
    if tflite:
        if reason := missing():
            raise ValueError(f"tflite: {reason}")
        from asl.tflite.parity import checked_tflite

        checked = checked_tflite(bundle)
        complain(checked.in_words)
    print(pack_model(bundle, out, checked))


def model_json(bundle: ModelBundle) -> dict[str, Any]:
    """Return what `asl models --json` prints for one model."""
    card = bundle.card
    return {
        "name": card.name,
        "folder": str(bundle.folder),
        "labels": card.labels,
        "network": card.network,
        "megabytes": round(_megabytes(bundle), 1),
        "description": card.description,
        "scores": card.scores,
    }


def print_scores(bundle: ModelBundle) -> None:
    """Print where a trained model is and how good it is."""
    training = bundle.card.training
    start = training.get("config", {}).get("start", "not recorded")
    print(f"{bundle.card.name} is in {bundle.folder}")
    print(f"Network {bundle.card.network}, started from: {start}")
    if training.get("start_saw"):
        print(
            f"The start weights had learned from {', '.join(training['start_saw'])} already, "
            "so the scores below flatter; start from 'imagenet' for honest ones."
        )
    _print_table_of_scores(bundle)
    if (bundle.folder / EVALUATION).is_file():
        _print_advice(bundle)
    _print_what_counts(bundle)
    if training.get("split") == "random":
        copies = training.get("near_copies")
        beside = f"{copies:.0%} of the test pictures have a near-copy among those trained on. "
        print(
            f"{beside if copies else ''}A random split says little about new people; to measure "
            "that, say who is in the pictures (--people) and take --split new-person."
        )


def _print_table_of_scores(bundle: ModelBundle) -> None:
    columns = ("data", "split", "candidates", "pictures", "people", "accuracy", "95 % range")
    rows = [
        (
            score["data"],
            score["split"],
            score["candidates"],
            str(score["pictures"]),
            str(score.get("people") or "unknown"),
            f"{score['accuracy']:.1%}",
            "{}% to {}%".format(*outward(score["low"], score["high"])),
        )
        for score in bundle.card.scores
    ]
    print_table(columns, rows)


def _print_advice(bundle: ModelBundle) -> None:
    from asl.evaluation.advice import advise

    advice = advise(bundle)
    low, high = outward(advice.low, advice.high)
    print(
        f"{advice.accuracy:.1%} right {advice.where}: 95 % range {low} % to {high} %, over "
        f"{advice.rests_on}."
    )


def _print_what_counts(bundle: ModelBundle) -> None:
    """Print which test pictures are of signs that were never trained, and whether they count."""
    from asl.evaluation.untrained import LEFT_OUT, NEVER_TRAINED

    for score in bundle.card.scores:
        if score["candidates"] == "all" and score.get(NEVER_TRAINED):
            print(f"Never trained, in {score['data']}: {counted(score[NEVER_TRAINED])}; counted.")
        if score["candidates"] == "all" and score.get(LEFT_OUT):
            print(f"Not counted, in {score['data']}: {counted(score[LEFT_OUT])}.")


def _megabytes(bundle: ModelBundle) -> float:
    """Return the size of the bundle's folder."""
    return sum(file.stat().st_size for file in bundle.folder.iterdir() if file.is_file()) / 1e6
