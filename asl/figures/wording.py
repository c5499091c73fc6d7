"""How figures and pages call the examples that models are asked about.

All words that depend on the kind of example come from here. Another kind needs a `Wording` of its
own and no figures of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from asl.bundle import ModelBundle
from asl.evaluation.advising import words
from asl.labels import BEST


@dataclass(frozen=True)
class Wording:
    """The words for one kind of example.

    Attributes:
        example: a single one.
        examples: several of them.
        found: what is said of an example in which a hand was found; "" where there is no example
            without one.
        found_title: heading of how often one was found.
        not_found: what follows if none was found, a sentence.
        thresholds: name of a threshold in the card's `abstain_below` → when it counts.
        uncounted: what the milliseconds of a network leave out, a sentence.
        look_alikes: which answers count as right though another sign was meant, a sentence; "" for
            none.
        best: how many of the likeliest signs are looked at for a score beside that of the first;
            0 for no such score.
        mistakes: what to look for in the most confident mistakes, beside wrong labels.
    """

    example: str
    examples: str
    found: str
    found_title: str
    not_found: str
    thresholds: Mapping[str, str]
    uncounted: str
    look_alikes: str
    best: int
    mistakes: str

    def as_named(self, entry: Mapping[str, object]) -> dict[str, object]:
        """Return an entry of a model's card, whose examples are always called pictures there."""
        return {self.examples if key == "pictures" else key: one for key, one in entry.items()}


PICTURES = Wording(
    example=words.PICTURES.example,
    examples=words.PICTURES.examples,
    found="hand found",
    found_title="Hands found",
    not_found="Where it is not, the picture network answers alone, and a model of landmarks alone "
    "cannot answer at all.",
    thresholds={"hand": "with a hand found", "no_hand": "without"},
    uncounted="Milliseconds are those of the networks; finding the hand in the picture costs the "
    "same for all.",
    look_alikes="Look-alikes such as O and 0 count as right.",
    best=0,
    mistakes="signs that lie between two others, and hands that are cut off",
)

SEQUENCES = Wording(
    example=words.CLIPS.example,
    examples=words.CLIPS.examples,
    found="",
    found_title="",
    not_found="",
    thresholds={"sequence": "can't tell"},
    uncounted="Milliseconds are those of the network; finding the joints in a film comes on top.",
    look_alikes="",
    best=BEST,
    mistakes="words that are signed in several ways, and clips that begin too late or end too "
    "early",
)

#: For models of several kinds side by side.
MIXED = Wording(
    example="example",
    examples="examples",
    found="",
    found_title="",
    not_found="",
    thresholds={},
    uncounted="Milliseconds are those of the networks; what comes before them is not counted.",
    look_alikes=PICTURES.look_alikes,
    best=0,
    mistakes="",
)


def wording_of(*bundles: ModelBundle) -> Wording:
    """Return the words for the examples of some models."""
    still = {bundle.card.still for bundle in bundles}
    if len(still) > 1:
        return MIXED
    return PICTURES if still != {False} else SEQUENCES
