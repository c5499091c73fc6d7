"""What the command line writes: answers on standard output, everything else on standard error."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from asl.bundle import EVALUATION, ModelBundle
from asl.evaluation.results import outward
from asl.labels import display_name

if TYPE_CHECKING:
    from asl.data.folder import Problem
    from asl.evaluation.report import Evaluation
    from asl.inference.predictor import Prediction

#: Wide enough for any table: what is piped into a file or another program is never folded.
_PIPED_WIDTH = 1000


def print_json(value: dict[str, Any]) -> None:
    """Print one object on one line, in ASCII: a file name that is no valid UTF-8 survives it."""
    print(json.dumps(value), flush=True)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, folded to the width of the terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        # As text, not as markup: a label may hold brackets.
        table.add_row(*[Text(_printable(cell), overflow="fold") for cell in row])
    width = None if sys.stdout.isatty() else _PIPED_WIDTH
    Console(file=sys.stdout, width=width).print(table)


def prediction_json(path: str, prediction: "Prediction") -> dict[str, Any]:
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


def prediction_row(path: str, prediction: "Prediction") -> tuple[str, ...]:
    """Return picture, sign, confidence, the next three and a note, for people."""
    best = prediction.top[0]
    sign = " or ".join(map(display_name, (best.label, *best.look_alikes)))
    note = ""
    if prediction.hand is None:
        note = "no hand found"
    elif prediction.upside_down:
        note = "upside down?"
    elif prediction.agreement is False:
        looks = (f"{name}: {eye.label}" for name, eye in prediction.eyes.items())
        note = f"the networks disagree ({', '.join(looks)})"
    return (
        path,
        "can't tell" if prediction.abstained else sign,
        f"{best.confidence:.0%}",
        ", ".join(f"{one.label} {one.confidence:.0%}" for one in prediction.top[1:4]),
        note,
    )


def model_json(bundle: ModelBundle) -> dict[str, Any]:
    """Return what `asl models --json` prints for one model."""
    card = bundle.card
    return {
        "name": card.name,
        "folder": str(bundle.folder),
        "labels": card.labels,
        "network": card.network,
        "megabytes": round(megabytes(bundle), 1),
        "description": card.description,
        "scores": card.scores,
    }


def left_out_json(problems: Sequence["Problem"]) -> list[dict[str, str]]:
    """Return what was not used, and why; not what was only settled."""
    from asl.data.folder import SETTLED

    return [
        {"path": one.path, "reason": one.message} for one in problems if one.kind not in SETTLED
    ]


def megabytes(bundle: ModelBundle) -> float:
    """Return the size of the bundle's folder."""
    return sum(file.stat().st_size for file in bundle.folder.iterdir() if file.is_file()) / 1e6


def print_scores(bundle: ModelBundle) -> None:
    """Print where a trained model is and how good it is."""
    from asl.evaluation.advice import advise
    from asl.evaluation.untrained import LEFT_OUT, NEVER_TRAINED

    training = bundle.card.training
    start = training.get("config", {}).get("start", "not recorded")
    print(f"{bundle.card.name} is in {bundle.folder}")
    print(f"Network {bundle.card.network}, started from: {start}")
    if training.get("start_saw"):
        print(
            f"The start weights had learned from {', '.join(training['start_saw'])} already, "
            "so the scores below flatter; start from 'imagenet' for honest ones."
        )
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
    if (bundle.folder / EVALUATION).is_file():
        advice = advise(bundle)
        low, high = outward(advice.low, advice.high)
        print(
            f"{advice.accuracy:.1%} right {advice.where}: 95 % range {low} % to {high} %, over "
            f"{advice.rests_on}."
        )
    for score in bundle.card.scores:
        if score["candidates"] == "all" and score.get(NEVER_TRAINED):
            print(f"Never trained, in {score['data']}: {_counted(score[NEVER_TRAINED])}; counted.")
        if score["candidates"] == "all" and score.get(LEFT_OUT):
            print(f"Not counted, in {score['data']}: {_counted(score[LEFT_OUT])}.")
    if training.get("split") == "random":
        copies = training.get("near_copies")
        beside = f"{copies:.0%} of the test pictures have a near-copy among those trained on. "
        print(
            f"{beside if copies else ''}A random split says little about new people; to measure "
            "that, say who is in the pictures (--people) and take --split new-person."
        )


def print_check(found: dict[str, Any]) -> None:
    """Print what `asl.data.check.check` found."""
    total = sum(found["signs"].values())
    print(f"{found['verdict'].capitalize()}: {total} pictures of {len(found['signs'])} signs")
    print_table(("sign", "pictures"), [(sign, str(n)) for sign, n in found["signs"].items()])
    if found["people"]:
        known = "people" if found["people_known"] else "people?"
        print_table((known, "pictures"), [(who, str(n)) for who, n in found["people"].items()])
    if found["parts"]:
        print_table(("part", "pictures"), [(part, str(n)) for part, n in found["parts"].items()])
    for warning in found["warnings"]:
        print(f"Warning: {warning}")
    options = {"levels": "--level", "people": "--people", "names": "--encoding"}
    for question in found["questions"]:
        print(f"Question: {question['text']}")
        for option in question["options"]:
            print(f"  {options[question['about']]} {option['answer']}: {option['means']}")
    for one in found["left_out"]:
        complain(f"{one['path']}: {one['reason']}")


def print_evaluation(evaluation: "Evaluation") -> None:
    """Print the figures of an evaluation, sign by sign."""
    figures = evaluation.to_json()
    low, high = outward(*figures["interval"])
    answered = figures["accuracy_when_answered"]
    like = "people" if (figures["people"] or 0) > 1 else "pictures"
    rows = [
        ("pictures", str(figures["images"])),
        ("people in them", str(figures["people"] or "unknown")),
        ("accuracy, every picture counted", f"{figures['accuracy']:.1%}"),
        (f"95 % range, for {like} like these", f"{low}% to {high}%"),
        ("macro F1", f"{figures['macro_f1']:.3f}"),
        ("hand found", f"{figures['hand_found']:.1%}"),
        ("answered", f"{figures['answered']:.1%}"),
        ("accuracy when answered", "–" if answered is None else f"{answered:.1%}"),
        ("pictures that cannot be read", str(len(figures["errors"]))),
        ("left out, of signs that the model does not know", _counted(figures["unknown"])),
        ("left out, not among the candidates", _counted(figures["not_among_candidates"])),
    ]
    print_table(("what", "value"), rows)
    print_table(
        ("sign", "pictures", "precision", "recall", "F1"),
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


def _counted(pictures: Mapping[str, int]) -> str:
    """Return how many pictures of which signs, as in "5 (D 3, Q 2)"."""
    signs = ", ".join(f"{display_name(label)} {count}" for label, count in pictures.items())
    return f"{sum(pictures.values())} ({signs})" if signs else "0"


def print_search(answer: dict[str, Any]) -> None:
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


def complain(message: str) -> None:
    """Print one plain line on standard error."""
    print(f"asl: {_printable(message)}", file=sys.stderr, flush=True)


def complain_of(problems: Sequence["Problem"]) -> None:
    """Say what was left out or settled; hidden files, of which systems leave many, by number."""
    hidden = [problem for problem in problems if problem.kind == "hidden"]
    for problem in problems:
        if problem.kind != "hidden":
            complain(f"{problem.path}: {problem.message}")
    if hidden:
        more = f" and {len(hidden) - 1} more hidden files" if len(hidden) > 1 else ""
        complain(f"{hidden[0].path}{more}: {hidden[0].message}")


@contextmanager
def progress(what: str = "", log: bool = False) -> Iterator[Callable[..., None]]:
    """Show on a terminal how much is done and how long the rest takes.

    Args:
        what: is being done.
        log: where there is no terminal, print a line at every tenth instead of nothing.

    Yields:
        ``step(done, total, what=what)``; each `what` gets a bar of its own.
    """
    if not sys.stderr.isatty():
        yield _tenths(what) if log else lambda done, total, what=what: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # By itself rich would send what is printed to standard output to its own console.
    terminal = Console(file=sys.stderr)
    with Progress(*columns, console=terminal, transient=True, redirect_stdout=False) as bar:
        lines: dict[str, Any] = {}

        def step(done: int, total: int, what: str = what) -> None:
            if what not in lines:
                lines[what] = bar.add_task(what)
            bar.update(lines[what], completed=done, total=total)

        yield step


def _tenths(what: str) -> Callable[..., None]:
    last = (what, 0)

    def step(done: int, total: int, what: str = what) -> None:
        nonlocal last
        if last != (last := (what, 10 * done // max(total, 1))):
            complain(f"{what}: {done} of {total}")

    return step


def _printable(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()
