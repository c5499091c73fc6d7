"""How a model did where only some of its signs are possible, from its stored test answers.

A model of many signs may read a few of them better than one that learned these alone, since what it
learned of the others helps.
"""

from collections.abc import Sequence
from typing import Any

from asl.bundle import ModelBundle
from asl.evaluation.advising.words import kind_of_card, words_for
from asl.evaluation.metrics import measure
from asl.evaluation.recorded import read_evaluation, restricted
from asl.evaluation.results import Result, of_folds

#: Answers that are looked at for "within five".
_BEST = 5


def score_among(
    bundle: ModelBundle,
    signs: Sequence[str],
    of: str,
    title: str = "",
    note: str = "",
    without: Sequence[str] = (),
) -> Result:
    """Return a results file with a row for each part that was left out.

    Args:
        signs: that are possible; tested are examples of these alone.
        of: where they are listed, as the command line was told it.
        without: see `asl.evaluation.results.summarised`.

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
            "within_five": own.within(_BEST),
        }

    rows = [row(fold) for fold in dict.fromkeys(tested.rows["fold"])]
    candidates = f"{len(signs)} of {len(card.labels)}"
    return of_folds(card, rows, candidates, ("--among", of), without, title, note)
