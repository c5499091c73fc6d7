"""Can a model be trained on these pictures, and what should be mended before?

The judgement reads the table of a data set alone, so that it follows every correction at once.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from asl.labels import MOTION_SIGNS, display_name, handshape

#: Fewer pictures of a sign than this leave nothing to learn from once some are kept for the test.
FEWEST_PICTURES = 8
#: Fewer are learnt from, but roughly.
FEW_PICTURES = 30

_IMBALANCE = 4
_SMALL_SIDE = 64
_HANDS_SEEN = 0.8
_MANY_NEAR = 0.1
_NAMED = 8

Level = Literal["stop", "warning", "note"]
State = Literal["ready", "ready with warnings", "not trainable"]


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


@dataclass(frozen=True, eq=False)
class Checkup:
    """What was found in a data set.

    Attributes:
        classes: one row a sign: label, pictures, people, hands (share with a hand found, missing
            where not searched), side (median of the shorter side in pixels).
        people: one row a person: person, pictures, signs.
        unreadable: rows that cannot be decoded: original, reason.
        copies: groups of paths of the same file, each with one label.
        contradictions: pairs of the same or nearly the same picture with different labels:
            a, b (paths), label_a, label_b, bits that differ, same_file.
        near_share: share of pictures that nearly repeat another one.
        unchecked: pictures that came after the last look at all of them.
        findings: stops first, then warnings, then notes.
    """

    classes: pd.DataFrame
    people: pd.DataFrame
    people_known: bool
    parts: dict[str, int]
    untrained: tuple[str, ...]
    unreadable: pd.DataFrame
    copies: tuple[tuple[str, ...], ...]
    contradictions: pd.DataFrame
    near_share: float
    unchecked: int
    findings: tuple[Finding, ...]

    @property
    def state(self) -> State:
        """The verdict."""
        levels = {finding.level for finding in self.findings}
        if "stop" in levels:
            return "not trainable"
        return "ready with warnings" if "warning" in levels else "ready"

    @property
    def pictures(self) -> int:
        """Number of pictures in use."""
        return int(self.classes["pictures"].sum())


def check_up(
    table: pd.DataFrame,
    near: pd.DataFrame,
    people_from: str = "unknown",
    confirmed: bool = False,
    unsure: bool = False,
) -> Checkup:
    """Judge a data set.

    Args:
        table: see `asl.data.datasets.COLUMNS`.
        near: pairs that look alike, columns a, b (paths) and bits.
        people_from: how it is known who is in the pictures; see `asl.data.datasets.Dataset`.
        confirmed: whether the user has said that this is right.
        unsure: whether it has yet to be said which folders are the signs.
    """
    used = table[table["state"] == "used"]
    unreadable = table.loc[table["state"] == "unreadable", ["original", "reason"]]
    classes, people = _classes(used), _people(used)
    copies = _copies(used)
    near_share, contradictions = _alike(used, near)
    unknown = int(used["person"].isna().sum())
    parts = {str(part): int(count) for part, count in used["part"].value_counts().items()}
    learnt = used[used["part"] != "test"] if len(used[used["part"] != "test"]) else used
    untrained = tuple(sorted(set(used["label"]) - set(learnt["label"])))
    findings = [
        *_levels(unsure),
        *_enough(learnt["label"].value_counts().sort_index()),
        *_test_part(parts, untrained, len(learnt)),
        *_labels(contradictions, copies, near_share, len(used)),
        *_readable(unreadable.reset_index(drop=True), classes),
        *_hands(used, classes),
        *([] if unsure else _who(people, unknown, len(used), people_from, confirmed, parts)),
        *_signs(classes["label"].tolist()),
    ]
    order: Sequence[Level] = ("stop", "warning", "note")
    return Checkup(
        classes=classes,
        people=people,
        people_known=confirmed and unknown == 0 and len(people) > 1,
        parts=parts,
        untrained=untrained,
        unreadable=unreadable.reset_index(drop=True),
        copies=copies,
        contradictions=contradictions,
        near_share=near_share,
        unchecked=int((~used["checked"].astype("boolean").fillna(False)).sum()),
        findings=tuple(sorted(findings, key=lambda finding: order.index(finding.level))),
    )


def _classes(used: pd.DataFrame) -> pd.DataFrame:
    side = used[["width", "height"]].min(axis=1).astype(float)
    rows = [
        {
            "label": label,
            "pictures": len(rows),
            "people": rows["person"].nunique(),
            "hands": float(rows["found"].mean()) if rows["found"].notna().any() else np.nan,
            "side": float(side[rows.index].median()),
        }
        for label, rows in used.groupby("label", sort=True)
    ]
    return pd.DataFrame(rows, columns=["label", "pictures", "people", "hands", "side"])


def _people(used: pd.DataFrame) -> pd.DataFrame:
    rows = [
        {"person": person, "pictures": len(rows), "signs": rows["label"].nunique()}
        for person, rows in used.groupby("person", sort=True)
    ]
    return pd.DataFrame(rows, columns=["person", "pictures", "signs"])


def _copies(used: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    groups = used.groupby(["content", "label"], sort=False)["path"].agg(tuple)
    return tuple(group for group in groups if len(group) > 1)


def _alike(used: pd.DataFrame, near: pd.DataFrame) -> tuple[float, pd.DataFrame]:
    """The share of pictures with a near-copy, and pairs whose labels contradict each other."""
    by_path = used.set_index("path")
    near = near[near["a"].isin(by_path.index) & near["b"].isin(by_path.index)]
    share = len({*near["a"], *near["b"]}) / len(used) if len(used) else 0.0
    label, content = by_path["label"], by_path["content"]
    pairs = near.assign(
        label_a=label.reindex(near["a"]).to_numpy(),
        label_b=label.reindex(near["b"]).to_numpy(),
        same_file=content.reindex(near["a"]).to_numpy() == content.reindex(near["b"]).to_numpy(),
    )
    # Look-alikes such as 0 and O may honestly look the same.
    differ = [
        handshape(a) != handshape(b)
        for a, b in zip(pairs["label_a"], pairs["label_b"], strict=True)
    ]
    pairs = pairs[np.array(differ, dtype=bool)]
    return share, pairs.sort_values(["bits", "a", "b"]).reset_index(drop=True)


def _levels(unsure: bool) -> list[Finding]:
    if not unsure:
        return []
    return [
        Finding(
            "stop",
            "It is not clear which folders are the signs",
            "Say which reading is right; a model trained on the wrong one would be of no use.",
        )
    ]


def _enough(sizes: pd.Series) -> list[Finding]:
    """Judge how many pictures of each sign there are to learn from: label → pictures."""
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
    scarce = sizes[sizes < FEWEST_PICTURES]
    if len(scarce):
        findings.append(
            Finding(
                "stop",
                f"Too few pictures of {_named(scarce.index)}",
                f"A sign needs at least {FEWEST_PICTURES} pictures, better {FEW_PICTURES} or more "
                "from several people. Add some, or leave these signs out.",
            )
        )
    few = sizes[(sizes >= FEWEST_PICTURES) & (sizes < FEW_PICTURES)]
    if len(few):
        findings.append(
            Finding(
                "warning",
                f"Few pictures of {_named(few.index)}",
                f"With fewer than {FEW_PICTURES} pictures a sign is learnt roughly, and its score "
                "is little more than a guess.",
            )
        )
    if len(sizes) > 1 and sizes.max() > _IMBALANCE * sizes.min():
        findings.append(
            Finding(
                "warning",
                f"{display_name(sizes.idxmax())} has {sizes.max():,} pictures, "
                f"{display_name(sizes.idxmin())} has {sizes.min():,}",
                "What is rare is recognised less often. Add pictures of such signs.",
            )
        )
    return findings


def _test_part(parts: dict[str, int], untrained: tuple[str, ...], learnt: int) -> list[Finding]:
    tested = parts.get("test", 0)
    if not tested or not learnt or set(parts) == {"test"}:
        return []
    findings = [
        Finding(
            "note",
            f"The pictures came with a test part of their own: {tested:,}",
            "It is left out of training, and the model is tested on it.",
        )
    ]
    if untrained:
        verb = "is" if len(untrained) == 1 else "are"
        findings.append(
            Finding(
                "warning",
                f"{_named(untrained)} {verb} only in the test part",
                "No model can know a sign that it has not been shown, so these test pictures count "
                "as wrong. Add pictures of it to the training part, or leave it out.",
            )
        )
    return findings


def _labels(
    contradictions: pd.DataFrame,
    copies: tuple[tuple[str, ...], ...],
    near_share: float,
    pictures: int,
) -> list[Finding]:
    findings = []
    if len(contradictions):
        findings.append(
            Finding(
                "warning",
                f"Pairs that look alike and are called differently: {len(contradictions):,}",
                "One of the names is probably wrong, and a wrong name teaches the model a wrong "
                "sign. Decide under *Copies*.",
            )
        )
    surplus = sum(len(group) - 1 for group in copies)
    if surplus:
        findings.append(
            Finding(
                "warning",
                f"Copies of other pictures: {surplus:,}",
                "A copy teaches nothing new, and makes the score look better than it is when it "
                "is both learnt from and tested on. Leave the copies out under *Copies*.",
            )
        )
    if near_share > _MANY_NEAR:
        findings.append(
            Finding(
                "note",
                f"{near_share:.0%} of the pictures nearly repeat another one",
                "So it is with pictures taken in a row. A random split puts such neighbours on "
                "both sides and flatters; a test on new people does not.",
            )
        )
    return findings


def _readable(unreadable: pd.DataFrame, classes: pd.DataFrame) -> list[Finding]:
    findings = []
    if len(unreadable):
        findings.append(
            Finding(
                "warning",
                f"Pictures that cannot be read: {len(unreadable):,}",
                "They are not used. Which ones, and why, stands under *Left out*.",
            )
        )
    small = classes[classes["side"] < _SMALL_SIDE]
    if len(small):
        findings.append(
            Finding(
                "warning",
                f"The pictures are small, about {int(small['side'].median())} pixels",
                "Fingers are hard to make out, and hands are rarely found in them. Larger "
                "pictures, from 200 pixels on, make better models.",
            )
        )
    return findings


def _hands(used: pd.DataFrame, classes: pd.DataFrame) -> list[Finding]:
    if used.empty:
        return []
    checked = used["checked"].astype("boolean").fillna(False)
    if checked.any() and used.loc[checked, "found"].isna().all():
        return [
            Finding(
                "warning",
                "Hands cannot be searched for on this computer",
                "Only networks that look at whole pictures can be trained; they do worse on new "
                "people and in other rooms. The README says which system packages are missing.",
            )
        ]
    rare = classes[(classes["hands"] < _HANDS_SEEN) & (classes["label"] != "nothing")]
    if rare.empty:
        return []
    return [
        Finding(
            "warning",
            f"In many pictures of {_named(rare['label'])} no hand is found",
            "The model then sees the whole picture instead of the hand. Show the whole hand, in "
            "good light, with some room around it.",
        )
    ]


def _who(
    people: pd.DataFrame,
    unknown: int,
    pictures: int,
    people_from: str,
    confirmed: bool,
    parts: dict[str, int],
) -> list[Finding]:
    if not pictures:
        return []
    if len(people) < 2:
        if people_from == "one":
            title = "All pictures are of one person"
            meaning = "The score will say how well the model reads this person, and nothing about"
        else:
            title = "It is not known who is in the pictures"
            split = (
                "the test part, where the same people may be,"
                if parts.get("test")
                else ("a random split,")
            )
            meaning = f"The score will come from {split} and may say little about"
        return [
            Finding(
                "warning",
                title,
                f"{meaning} others. With pictures of several people, named under *People*, the "
                "model is tested on people it has not seen.",
            )
        ]
    findings = []
    if unknown:
        findings.append(
            Finding(
                "warning",
                f"Pictures of unknown people: {unknown:,}",
                "Without it, the model cannot be tested on new people. Complete the names under "
                "*People*.",
            )
        )
    if not confirmed:
        source = {"folders": "folder names", "names": "file names"}.get(people_from, "names given")
        findings.append(
            Finding(
                "warning",
                f"{len(people)} people seem to be in the pictures, by the {source}",
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


def _signs(labels: list[str]) -> list[Finding]:
    findings = []
    motion = [label for label in labels if label in MOTION_SIGNS]
    if motion:
        verb = "is a movement" if len(motion) == 1 else "are movements"
        findings.append(
            Finding("note", f"{_named(motion)} {verb}", "A still picture holds only a part of it.")
        )
    shapes = Counter(handshape(label) for label in labels)
    twins = [label for label in labels if shapes[handshape(label)] > 1]
    if twins:
        findings.append(
            Finding(
                "note",
                f"{_named(twins)} share handshapes",
                "In a still picture they can only be told apart by saying whether letters or "
                "digits are signed.",
            )
        )
    return findings


def _named(labels: Sequence[str]) -> str:
    return listed([display_name(label) for label in labels])


def listed(names: Sequence[str]) -> str:
    """Return some names in words, as in "A, B and 3 more"."""
    if len(names) > _NAMED:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
