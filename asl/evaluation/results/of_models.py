"""Results files of models, from their cards and from the test answers that they keep."""

from collections.abc import Callable, Iterable, Sequence
from statistics import fmean
from typing import Any

from asl.bundle import ModelBundle
from asl.card import ModelCard, ScoreEntry
from asl.evaluation.advising.words import kind_of_card, words_for
from asl.evaluation.metrics import measure
from asl.evaluation.recorded import read_evaluation, restricted
from asl.evaluation.results.result import Result, command, machine
from asl.labels import BEST

#: Figures of a card's score that a results file shows, in this order.
_SHOWN = (
    "pictures",
    "people",
    "accuracy",
    "low",
    "high",
    "accuracy_strict",
    "within_five",
    "picture_network",
    "landmark_network",
    "hand_found",
)
#: From so many parts on, the worst one is a matter of chance.
_MANY_PARTS = 9
#: Of words, no others are right beside the very sign.
_OF_PICTURES = ("accuracy_strict",)
_SHARES = ("accuracy", "accuracy_strict", "within_five", "picture_network", "landmark_network")


def from_card(
    card: ModelCard, wanted: str, title: str = "", note: str = "", without: Sequence[str] = ()
) -> Result:
    """Make a results file of what a card says about the folds of its data.

    Several folds get rows with their means; see `summarised`, also for `without`.

    Raises:
        ValueError: the card has no score for the candidate set `wanted`, or `without` names what
            is none of its folds.
    """
    scores = [score for score in card.scores if score.get("candidates") == wanted]
    if not scores:
        raise ValueError(f"labels: the card of {card.name} has no score for {wanted!r}")
    examples = words_for(kind_of_card(card)).examples
    shown = [key for key in _SHOWN if card.still or key not in _OF_PICTURES]

    def row(one: ScoreEntry) -> dict[str, Any]:
        figures = {key: dict(one)[key] for key in shown if key in one}
        return {examples if key == "pictures" else key: own for key, own in figures.items()}

    rows = [{"name": one.get("data", "")} | row(one) for one in scores]
    return of_folds(card, rows, wanted, ("--labels", wanted), without, title, note)


def of_folds(
    card: ModelCard,
    rows: Sequence[dict[str, Any]],
    candidates: str,
    options: Sequence[str],
    without: Sequence[str],
    title: str,
    note: str,
) -> Result:
    """Make a results file of rows for the folds of a model's own data.

    Args:
        options: of `asl scores`, by which the candidates were chosen.
        without: see `summarised`, also for the errors.
    """
    training = card.training
    left_out = [word for name in without for word in ("--without", name)]
    return Result(
        title=title or card.name,
        data=", ".join(one.get("name", "") for one in card.data),
        split=f"{training.get('split', 'unknown')} ({training.get('split_means', 'unknown')})",
        candidates=candidates,
        machine=machine(("torch",)),
        command=command("scores", card.name, *options, *left_out),
        rows=summarised(rows, without),
        note=note,
    )


def summarised(
    rows: Sequence[dict[str, Any]], without: Sequence[str] = ()
) -> tuple[dict[str, Any], ...]:
    """Return the rows of several parts and their means, each part counting alike, and their worst.

    Of many parts the mean of the worst third stands there as well.

    Args:
        without: names of parts whose labels or recordings are in doubt; the means are given once
            with and once without them.

    Raises:
        ValueError: one of these is no part, or none would be left.
    """
    names = [row["name"] for row in rows]
    unknown = [name for name in without if name not in names]
    if unknown:
        raise ValueError(f"without: {unknown[0]!r} is none of the parts {', '.join(names)}")
    kept = [row for row in rows if row["name"] not in without]
    if without and len(kept) < 2:
        raise ValueError("without: fewer than two parts would be left")
    more = _means(kept, f" without {', '.join(without)}") if without else []
    return (*rows, *(_means(rows) if len(rows) > 1 else []), *more)


def _means(rows: Sequence[dict[str, Any]], name: str = "") -> list[dict[str, Any]]:
    def worst_third(shares: Iterable[float]) -> float:
        return fmean(sorted(shares)[: len(rows) // 3])

    shares = [key for key in _SHARES if all(key in row for row in rows)]
    kinds: dict[str, Callable[[Iterable[float]], float]] = {"mean": fmean, "worst": min}
    if len(rows) >= _MANY_PARTS:
        kinds["mean of the worst third"] = worst_third
    return [
        {"name": kind + name, **{key: summary(row[key] for row in rows) for key in shares}}
        for kind, summary in kinds.items()
    ]


def score_among(
    bundle: ModelBundle,
    signs: Sequence[str],
    of: str,
    title: str = "",
    note: str = "",
    without: Sequence[str] = (),
) -> Result:
    """Return how a model did on the signs of another, by its stored test answers.

    One of many signs may read a few better than one that learned these alone, since what it learned
    of the others helps.

    Args:
        signs: that are possible; tested are examples of these alone.
        of: where they are listed, as the command line was told it.
        without: see `summarised`.

    Raises:
        ValueError: no signs, one that the model does not know, or none that was tested; `without`
            names what is none of the folds.
        BundleError: the stored answers are missing or broken.
    """
    card = bundle.card
    if not signs:
        raise ValueError(f"among: {of} lists no signs")
    unknown = [sign for sign in signs if sign not in card.labels]
    if unknown:
        others = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        raise ValueError(f"among: {card.name} does not know {unknown[0]!r}{others} of {of}")
    tested = restricted(read_evaluation(bundle.folder, card.labels), list(signs), card.still)
    examples = words_for(kind_of_card(card)).examples

    def row(fold: str) -> dict[str, Any]:
        own = tested.take((tested.rows["fold"] == fold).to_numpy())
        scores = measure(own.truth, own.scores, own.labels, own.rows["person"], still=card.still)
        low, high = scores.interval
        return {
            "name": fold,
            examples: scores.pictures,
            "people": scores.people,
            "accuracy": scores.accuracy,
            "low": low,
            "high": high,
            "within_five": own.within(BEST),
        }

    rows = [row(fold) for fold in dict.fromkeys(tested.rows["fold"])]
    candidates = f"{len(signs)} of {len(card.labels)}"
    return of_folds(card, rows, candidates, ("--among", of), without, title, note)
