"""Can a model be trained on these pictures or clips, and what should be corrected before?

Only the table of a data set is read, so that the answer follows every correction at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from asl.data.library.clip_findings import FEW_CLIPS, FEWEST_CLIPS, judge_clips
from asl.data.library.findings import (
    FEW_PICTURES,
    FEWEST_PICTURES,
    Finding,
    Level,
    judge_levels,
    judge_numbers,
    judge_people,
    judge_signs,
    judge_test_part,
)
from asl.data.library.picture_findings import judge_hands, judge_labels, judge_pixels
from asl.labels import handshape

Kind = Literal["pictures", "sequences"]
State = Literal["ready", "ready with warnings", "not trainable"]


@dataclass(frozen=True, eq=False)
class Checkup:
    """What was found in a data set.

    Attributes:
        classes: one row a sign: label, pictures, people, hands (share with a hand found, missing
            if not searched for), side (median of the shorter side in pixels).
        people: one row a person: person, pictures, signs.
        people_known: whether it is known of every picture who is in it, and confirmed.
        parts: part of the set → pictures.
        untrained: labels that only the test part has.
        unreadable: rows that cannot be decoded: original, reason.
        copies: groups of paths of the same file, each with one label.
        contradictions: pairs of the same or nearly the same picture with different labels:
            a, b (paths), label_a, label_b, bits that differ, same_file.
        near_share: share of pictures that nearly repeat another one.
        unchecked: pictures that came after all of them were last checked.
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
    kind: Kind = "pictures",
) -> Checkup:
    """Judge a data set.

    Args:
        table: see `asl.data.library.table.COLUMNS`.
        near: pairs that look alike, columns a, b (paths) and bits.
        people_from: how it is known who is in the pictures; see `asl.data.library.dataset.Dataset`.
        confirmed: whether the user has said that this is right.
        unsure: whether it has yet to be said which folders are the signs.
        kind: of the examples; of sequences no pixels are judged.
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
    what, fewest, enough = "pictures", FEWEST_PICTURES, FEW_PICTURES
    if kind == "sequences":
        what, fewest, enough = "clips", FEWEST_CLIPS, FEW_CLIPS
        seen = judge_clips(table, copies)
    else:
        seen = [
            *judge_labels(contradictions, copies, near_share),
            *judge_pixels(unreadable.reset_index(drop=True), classes),
            *judge_hands(used, classes),
        ]
    who = judge_people(people, unknown, len(used), people_from, confirmed, parts, what)
    findings = [
        *judge_levels(unsure),
        *judge_numbers(learnt["label"].value_counts().sort_index(), what, fewest, enough),
        *judge_test_part(parts, untrained, len(learnt), what),
        *seen,
        *([] if unsure else who),
        *([] if kind == "sequences" else judge_signs(classes["label"].tolist())),
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
