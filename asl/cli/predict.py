"""`asl predict`: the sign in each picture."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from asl.bundle import DEFAULT_MODEL, BundleError, ModelBundle, find_bundle
from asl.cli.console import complain, complain_of, print_json, print_table, progress
from asl.cli.options import AsJson, Controls, Labels, Model
from asl.cli.predict_words import predict_words
from asl.labels import candidates, display_name

if TYPE_CHECKING:
    from asl.images import PictureError
    from asl.inference.pictures.predictor import Prediction, Predictor


def predict(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH", help="Pictures, films, or folders.")
    ],
    model: Model = DEFAULT_MODEL,
    labels: Labels = "all",
    controls: Controls = False,
    as_json: AsJson = False,
) -> None:
    """Name the sign in each picture, or with a model of words in each film or sequence."""
    from asl.images import PictureError

    bundle = find_bundle(model)
    if bundle.card.sequence is not None:
        predict_words(paths, bundle, as_json)
        return
    failed, rows = False, []
    predictor = open_predictor(bundle)
    with progress("Looking") as step:
        candidates(predictor.card.labels, labels)  # a wrong choice fails before the first picture
        pictures = [picture for path in paths for picture in _pictures(path)]
        for done, (path, reason) in enumerate(pictures, start=1):
            answer = _answer(predictor, path, reason, labels, controls)
            if isinstance(answer, PictureError):
                failed = True
                if as_json:
                    print_json({"path": path, "error": answer.reason})
                else:
                    complain(str(answer))
            elif as_json:
                print_json(_prediction_json(path, answer))
            else:
                rows.append(_prediction_row(path, answer))
            step(done, len(pictures))
    if rows:
        print_table(("picture", "sign", "confidence", "next", "note"), rows)
    if failed:
        raise typer.Exit(1)


def open_predictor(bundle: ModelBundle) -> "Predictor":
    """Return the predictor of a model, after it has given a first answer.

    It is said on standard error if hands cannot be found on this computer.

    Raises:
        ValueError: the model gives no answer.
    """
    from asl.inference.first_answer import require_answer
    from asl.inference.pictures.predictor import Predictor

    require_answer(bundle)
    predictor = Predictor(bundle)
    if predictor.hands_missing:
        complain(predictor.hands_missing)
    return predictor


def _pictures(path: str) -> list[tuple[str, str]]:
    """Return the pictures that `path` stands for, each with "" or why it cannot be used."""
    folder = Path(path)
    # Unlike Path, it answers for names that are too long or hold what no name can.
    if not os.path.isdir(folder):
        return [(path, "")]
    from asl.data.pictures.files import list_pictures

    found, _, problems = list_pictures(folder)
    pictures = [(str(folder.joinpath(*parts)), "") for parts in found]
    unread = [problem for problem in problems if problem.kind == "unreadable"]
    complain_of([problem for problem in problems if problem not in unread])
    pictures += [(str(folder / problem.path), problem.message) for problem in unread]
    return pictures or [(path, "there is no picture in this folder")]


def _answer(
    predictor: "Predictor", path: str, reason: str, labels: str, controls: bool
) -> "Prediction | PictureError":
    """Return the answer for one picture, or why there is none: no picture stops the others.

    Args:
        reason: why the picture cannot be used, where that is known already; "" otherwise.
    """
    from asl.decoding import decode
    from asl.images import PictureError

    if reason:
        return PictureError(path, reason)
    try:
        return predictor.predict(decode(path, name=path), labels, controls)
    except PictureError as error:
        return error
    except Exception as error:
        return PictureError(path, _no_answer(error))


def _no_answer(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "there is not enough memory to look at it; make the picture smaller"
    if isinstance(error, BundleError):
        return f"the model gave no answer: {error}"
    return f"it could not be looked at ({error or type(error).__name__})"


def _prediction_json(path: str, prediction: "Prediction") -> dict[str, Any]:
    """Return what `asl predict --json` prints for one picture."""
    hand = prediction.hand
    return {
        "path": path,
        "label": prediction.label,
        "confidence": prediction.confidence,
        "abstained": prediction.abstained,
        "top": [{"label": one.label, "confidence": one.confidence} for one in prediction.top],
        "hand": {
            "found": hand is not None,
            "box": None if hand is None else [round(side, 2) for side in hand.box],
            "side": None if hand is None else hand.side,
        },
        "agreement": prediction.agreement,
        "milliseconds": round(prediction.milliseconds, 2),
    }


def _prediction_row(path: str, prediction: "Prediction") -> tuple[str, ...]:
    """Return picture, sign, confidence, the next three and a note, for people."""
    best = prediction.top[0]
    sign = " or ".join(map(display_name, (best.label, *best.look_alikes)))
    return (
        path,
        "can't tell" if prediction.abstained else sign,
        f"{best.confidence:.0%}",
        ", ".join(f"{one.label} {one.confidence:.0%}" for one in prediction.top[1:4]),
        _note(prediction),
    )


def _note(prediction: "Prediction") -> str:
    if prediction.hand is None:
        return "no hand found"
    if prediction.upside_down:
        return "upside down?"
    if prediction.agreement is False:
        answers = (f"{name}: {one.label}" for name, one in prediction.networks.items())
        return f"the networks disagree ({', '.join(answers)})"
    return ""
