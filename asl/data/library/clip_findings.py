"""What the clips of a data set mean for training, in words, and what to do about it."""

from collections.abc import Sequence

import pandas as pd

from asl.data.in_words import listed
from asl.data.library.findings import Finding, judge_copies
from asl.data.sequences.statistics import length_statistics
from asl.labels import display_name

#: Fewer clips of a sign than this leave nothing to learn from once some are kept for the test.
FEWEST_CLIPS = 4
#: Fewer are learned from, but roughly.
FEW_CLIPS = 12

_SIGNS_SHOWN = 20


def judge_clips(table: pd.DataFrame, copies: tuple[tuple[str, ...], ...]) -> list[Finding]:
    """Judge what is seen in clips, and how long they are.

    Args:
        table: see `asl.data.library.table.COLUMNS`, clips that are not used among them.
        copies: as in a `Checkup`.
    """
    findings = []
    unreadable = int((table["state"] == "unreadable").sum())
    if unreadable:
        findings.append(
            Finding(
                "warning",
                f"Clips that cannot be read: {unreadable:,}",
                "They are not used. Which ones, and why, stands under *Left out*.",
            )
        )
    away = table[(table["state"] == "left out") & (table["reason"].str.contains("hand"))]
    if len(away):
        findings.append(
            Finding(
                "warning",
                f"Clips in which too little of a hand is seen: {len(away):,}",
                "They are left out of training. Record these again with both hands in view and in "
                "good light; which ones they are stands under *Left out*.",
            )
        )
    findings += judge_copies(copies, "clips")
    used = table[(table["state"] == "used") & table["frames"].notna()]
    if len(used):
        said = mean_lengths(used["frames"].tolist(), used["label"].tolist())
        findings.append(
            Finding(
                "note",
                said,
                "Films have 25 for each second, however they were recorded. A sign that is far "
                "longer than others may have been recorded with pauses.",
            )
        )
    return findings


def mean_lengths(frames: Sequence[int], labels: Sequence[str]) -> str:
    """Return in words how long the sequences of each sign are."""
    found = length_statistics(frames, labels)
    means = [f"{display_name(one.sign)} {one.mean:.0f}" for one in found]
    return f"Mean length in frames: {listed(means, _SIGNS_SHOWN, last=', ')}"
