"""Sequences of landmarks as training holds them."""

import hashlib
from dataclasses import dataclass

import numpy as np

from asl.data.sequences.examples import SequenceExamples
from asl.training.data import TrainingData


@dataclass(frozen=True)
class SequenceArrays:
    """The examples of `asl.training.data.TrainingData` where they are sequences.

    Attributes:
        examples: all of them, N rows.
    """

    examples: SequenceExamples

    @property
    def content(self) -> bytes:
        """What tells these sequences from others."""
        return self.examples.length.tobytes()


SequenceData = TrainingData[SequenceArrays]


def fingerprint(examples: SequenceExamples) -> str:
    """Return a SHA-256 over the lengths of sequences and the middle frame of each.

    So that few pages of large files are read; whole sequences are as long as films.
    """
    digest = hashlib.sha256(examples.length.astype(np.int64).tobytes())
    middle = examples.start + examples.length // 2
    for array, frame in zip(examples.array.tolist(), middle.tolist(), strict=True):
        digest.update(np.asarray(examples.arrays[array][frame], np.float16).tobytes())
    return digest.hexdigest()
