"""What the table of a data set means for training, in words, and what to do about it.

What its pictures mean is said in `asl.data.library.picture_findings`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from asl.data.in_words import listed
from asl.labels import MOTION_SIGNS, display_name, handshape

#: Fewer pictures of a sign than this leave nothing to learn from once some are kept for the test.
FEWEST_PICTURES = 8
#: Fewer are learnt from, but roughly.
FEW_PICTURES = 30

_IMBALANCE = 4
_SEVERAL_PEOPLE = (
    "With {what} of several people, named under *People*, the model is tested on people it has "
    "not seen."
)

Level = Literal["stop", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing to know about a data set.

    Attributes:
        level: "stop": no training before it is mended; "warning": it costs quality or trust;
            "note": good to know.
        title: what was found, in a few words.
        advice: what it means and what to do, in Markdown; nothing that users wrote.
    """

    level: Level
    title: str
    advice: str


def judge_levels(unsure: bool) -> list[Finding]:
    """Stop if it has yet to be said which folders are the signs."""
    if not unsure:
        return []
    return [
        Finding(
            "stop",
            "It is not clear which folders are the signs",
            "Say which reading is right; a model trained on the wrong one would be of no use.",
        )
    ]


def judge_numbers(
    sizes: pd.Series,
    what: str = "pictures",
    fewest: int = FEWEST_PICTURES,
    enough: int = FEW_PICTURES,
) -> list[Finding]:
    """Judge how many pictures of each sign there are to learn from.

    Args:
        sizes: label → pictures.
        what: they are, if not pictures.
        fewest: of a sign, from which something can be learned.
        enough: of a sign, from which it is learned well.
    """
    findings = []
    if len(sizes) < 2:
        there = "no sign" if sizes.empty else f"only the sign {display_name(sizes.index[0])}"
        findings.append(
            Finding(
                "stop",
                f"There is {there}",
                "A model tells signs apart, so it needs at least two of them, each in a folder of "
                "its own.",
            )
        )
    scarce = sizes[sizes < fewest]
    if len(scarce):
        findings.append(
            Finding(
                "stop",
                f"Too few {what} of {signs_named(scarce.index)}",
                f"A sign needs at least {fewest} {what}, better {enough} or more "
                "from several people. Add some, or leave these signs out.",
            )
        )
    few = sizes[(sizes >= fewest) & (sizes < enough)]
    if len(few):
        findings.append(
            Finding(
                "warning",
                f"Few {what} of {signs_named(few.index)}",
                f"With fewer than {enough} {what} a sign is learnt roughly, and its score "
                "is little more than a guess.",
            )
        )
    if len(sizes) > 1 and sizes.max() > _IMBALANCE * sizes.min():
        findings.append(
            Finding(
                "warning",
                f"{display_name(sizes.idxmax())} has {sizes.max():,} {what}, "
                f"{display_name(sizes.idxmin())} has {sizes.min():,}",
                f"What is rare is recognised less often. Add {what} of such signs.",
            )
        )
    return findings


def judge_test_part(
    parts: dict[str, int], untrained: tuple[str, ...], learnt: int, what: str = "pictures"
) -> list[Finding]:
    """Say that there is a test part, and which signs only it has.

    Args:
        parts: part of the set → pictures.
        untrained: labels that only the test part has.
        learnt: number of pictures to learn from.
        what: they are, if not pictures.
    """
    tested = parts.get("test", 0)
    if not tested or not learnt or set(parts) == {"test"}:
        return []
    findings = [
        Finding(
            "note",
            f"The {what} came with a test part of their own: {tested:,}",
            "It is left out of training, and the model is tested on it.",
        )
    ]
    if untrained:
        verb = "is" if len(untrained) == 1 else "are"
        findings.append(
            Finding(
                "warning",
                f"{signs_named(untrained)} {verb} only in the test part",
                "No model can know a sign that it has not been shown, so these test "
                f"{what} count as wrong. Add {what} of it to the training part, or leave it out.",
            )
        )
    return findings


def judge_copies(copies: tuple[tuple[str, ...], ...], what: str = "pictures") -> list[Finding]:
    """Say how many copies of the same file there are, in groups as in a `Checkup`."""
    surplus = sum(len(group) - 1 for group in copies)
    if not surplus:
        return []
    return [
        Finding(
            "warning",
            f"Copies of other {what}: {surplus:,}",
            "A copy teaches nothing new, and makes the score look better than it is when it "
            "is both learnt from and tested on. Leave the copies out under *Copies*.",
        )
    ]


def judge_people(
    people: pd.DataFrame,
    unknown: int,
    pictures: int,
    people_from: str,
    confirmed: bool,
    parts: dict[str, int],
    what: str = "pictures",
) -> list[Finding]:
    """Judge how far a model can be tested on new people.

    Args:
        people: one row a person; see `asl.data.library.checkup.Checkup`.
        unknown: pictures whose person is not known.
        pictures: number of pictures in use.
        people_from: how the people are known; see `asl.data.people.PeopleFrom`.
        confirmed: whether the user has said that this is right.
        parts: part of the set → pictures.
        what: they are, if not pictures.
    """
    if not pictures:
        return []
    if len(people) < 2:
        return [_one_person(what) if people_from == "one" else _nobody_known(parts, what)]
    findings = []
    if unknown:
        findings.append(
            Finding(
                "warning",
                f"{what.capitalize()} of unknown people: {unknown:,}",
                "Without it, the model cannot be tested on new people. Complete the names under "
                "*People*.",
            )
        )
    if not confirmed:
        source = {"folders": "folder names", "names": "file names"}.get(people_from, "names given")
        findings.append(
            Finding(
                "warning",
                f"{len(people)} people seem to be in the {what}, by the {source}",
                "That is a guess. Until you confirm or correct it under *People*, the model is not "
                "tested on new people.",
            )
        )
    if len(people) == 2:
        findings.append(
            Finding(
                "note",
                "There are only two people",
                "Each of them can be tested only on what the other one taught; more people make "
                "the score and the model better.",
            )
        )
    return findings


def _one_person(what: str) -> Finding:
    return Finding(
        "warning",
        f"All {what} are of one person",
        "The score will say how well the model reads this person, and nothing about others. "
        + _SEVERAL_PEOPLE.format(what=what),
    )


def _nobody_known(parts: dict[str, int], what: str) -> Finding:
    tested = "a random split,"
    if parts.get("test"):
        tested = "the test part, where the same people may be,"
    return Finding(
        "warning",
        f"It is not known who is in the {what}",
        f"The score will come from {tested} and may say little about others. "
        + _SEVERAL_PEOPLE.format(what=what),
    )


def judge_signs(labels: list[str]) -> list[Finding]:
    """Say which signs a still picture cannot show, or cannot tell apart."""
    findings = []
    motion = [label for label in labels if label in MOTION_SIGNS]
    if motion:
        verb = "is a movement" if len(motion) == 1 else "are movements"
        findings.append(
            Finding(
                "note", f"{signs_named(motion)} {verb}", "A still picture holds only a part of it."
            )
        )
    shapes = Counter(handshape(label) for label in labels)
    twins = [label for label in labels if shapes[handshape(label)] > 1]
    if twins:
        findings.append(
            Finding(
                "note",
                f"{signs_named(twins)} share handshapes",
                "In a still picture they can only be told apart by saying whether letters or "
                "digits are signed.",
            )
        )
    return findings


def signs_named(labels: Sequence[str]) -> str:
    """Return signs in words, as people call them."""
    return listed([display_name(label) for label in labels])
