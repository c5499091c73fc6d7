"""Recordings of words as examples to learn from."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from asl.data.sequences.examples import SequenceExamples
from asl.data.sequences.layout import HOLISTIC, Selection


def examples(
    recordings: Sequence[np.ndarray],
    labels: Sequence[str],
    people: Sequence[str] = (),
    selection: Selection = HOLISTIC,
) -> SequenceExamples:
    """Recordings of (T, 543, 3) by word; each is somebody else's unless `people` says so."""
    lengths = np.array([len(one) for one in recordings])
    count = len(recordings)
    return SequenceExamples(
        selection,
        (np.concatenate(recordings)[:, list(selection.rows)],),
        np.zeros(count, np.int64),
        np.concatenate([[0], np.cumsum(lengths)[:-1]]),
        lengths,
        np.array(labels),
        np.array(people or [f"person {number}" for number in range(count)]),
        np.array([f"clips.npz#{number}" for number in range(count)]),
    )


@pytest.fixture(scope="session", name="examples")
def make_examples() -> Callable[..., SequenceExamples]:
    return examples
