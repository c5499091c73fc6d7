"""Packed files as users bring them: of sequences that a test makes, and zips."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from asl.data.sequences.layout import HANDS


def pack(
    file: Path | IO[bytes],
    clips: Sequence[np.ndarray],
    signs: Sequence[str],
    people: Sequence[str],
    rows: Sequence[int] = HANDS.rows,
) -> None:
    """Write N sequences, (T, len(rows), 3) each, with the sign and the person of each."""
    np.savez_compressed(
        file,
        x=np.concatenate(clips).astype(np.float16),
        length=np.array([len(clip) for clip in clips]),
        participant_id=np.array(people),
        sequence_id=np.arange(len(clips)),
        sign=np.array(signs),
        landmark_idx=np.array(rows),
    )


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A zip with these members, by their names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()
