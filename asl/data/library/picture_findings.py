"""What the pictures of a data set mean for training, in words, and what to do about it."""

import pandas as pd

from asl.data.library.findings import Finding, judge_copies, signs_named

_SMALL_SIDE = 64
_HANDS_SEEN = 0.8
_MANY_NEAR = 0.1


def judge_labels(
    contradictions: pd.DataFrame,
    copies: tuple[tuple[str, ...], ...],
    near_share: float,
) -> list[Finding]:
    """Judge labels by pictures that look alike; the arguments are those of a `Checkup`."""
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
    findings += judge_copies(copies)
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


def judge_pixels(unreadable: pd.DataFrame, classes: pd.DataFrame) -> list[Finding]:
    """Judge whether pictures can be read, and are large enough; see `Checkup`."""
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


def judge_hands(used: pd.DataFrame, classes: pd.DataFrame) -> list[Finding]:
    """Judge how often hands were found: in the rows in use, and by classes as in `Checkup`."""
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
            f"In many pictures of {signs_named(rare['label'])} no hand is found",
            "The model then sees the whole picture instead of the hand. Show the whole hand, in "
            "good light, with some room around it.",
        )
    ]
