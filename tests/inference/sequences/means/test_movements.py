"""The mean movement of a word, and its way into a model."""

import tracemalloc

import numpy as np
import pytest

from asl.bundle import LEXICON
from asl.data.sequences.examples import SequenceExamples
from asl.data.sequences.layout import (
    ASPECT,
    HANDS,
    HOLISTIC,
    LEFT_HAND,
    RIGHT_HAND,
    mirror,
)
from asl.data.sequences.normalise import as_signer
from asl.data.sequences.packed import read_packed
from asl.inference.sequences.lexicon import kept_of, read_lexicon, write_kept
from asl.inference.sequences.means.agreeing import agreeing
from asl.inference.sequences.means.movements import (
    BYTES_A_WORD,
    mean_movement,
    write_mean_movements,
)
from asl.inference.sequences.practice import compare

RIGHT = list(RIGHT_HAND)


def test_of_the_same_recording_it_is_the_recording(recording):
    one = recording(2, body=False, both=True)[..., :2]
    np.testing.assert_allclose(mean_movement([one] * 3), one, atol=1e-4)


def test_of_slower_and_faster_ones_it_has_the_pace_in_the_middle(recording):
    one = recording(2, body=False)[..., :2]
    slow = recording(2, body=False, frames=80)[..., :2]
    mean = mean_movement([slow, one, one[::2]])
    assert len(mean) == 40
    np.testing.assert_allclose(mean[3:-3, RIGHT], one[3:-3, RIGHT], atol=0.01)


def test_a_hold_is_as_long_as_on_average(recording):
    one = recording(2, body=False, frames=30)[..., :2]

    def held(at: int) -> np.ndarray:
        return np.concatenate([one[:at], np.repeat(one[at : at + 1], 15, 0), one[at:]])

    mean = mean_movement([held(10), held(10)])
    np.testing.assert_allclose(mean, held(10), atol=1e-4)
    # What is early in one and late in the other is due in between.
    early = np.concatenate([one[:1].repeat(20, 0), one])
    late = np.concatenate([one, one[-1:].repeat(20, 0)])
    moves = np.abs(np.diff(mean_movement([early, late])[:, RIGHT], axis=0)).sum((1, 2))
    middle = (np.arange(len(moves)) * moves).sum() / moves.sum()
    assert 20 < middle < 30


def test_wherever_they_sit_it_is_a_dictionary_signer(recording):
    one = recording(2)[..., :2]
    near = one * np.float32(1.7) + np.float32([-0.3, 0.1])
    mean = mean_movement([near, one])
    np.testing.assert_allclose(mean, as_signer(one, HOLISTIC), atol=1e-4)


def test_it_is_near_to_all_and_the_copy_of_none(recording):
    clips = [recording(seed)[..., :2] for seed in (1, 2, 3)]
    mean = mean_movement(clips)
    apart = [
        compare(clip, other).distance for clip in clips for other in clips if clip is not other
    ]
    assert max(compare(clip, mean).distance for clip in clips) < max(apart)
    for clip in clips:
        assert np.nanmean(np.abs(mean - as_signer(clip, HOLISTIC))) > 0.005


def test_recordings_without_anything_in_common_have_no_mean(recording):
    with pytest.raises(ValueError, match="recordings: there are none"):
        mean_movement([])
    right = recording(body=False)[..., :2]
    left = mirror(right, HOLISTIC)
    with pytest.raises(ValueError, match="nothing in common"):
        mean_movement([left, right])


@pytest.fixture
def model(tiny_bundle):
    return tiny_bundle(labels=("no", "one", "yes"))


def test_a_model_gets_the_words_on_which_enough_people_agree(model, recording, examples):
    clips = [recording(1), recording(1), mirror(recording(1), HOLISTIC)]
    clips += [recording(2), recording(2), recording(3)]
    labels = ["yes", "yes", "yes", "no", "no", "one"]
    data = examples(clips, labels, selection=HANDS)
    done = []
    found = write_mean_movements(
        model.folder, data, model.card.labels, step=lambda *so_far: done.append(so_far)
    )
    assert found == {"yes": 3} and done == [(1, 3), (2, 3), (3, 3)]
    [(word, example)] = read_lexicon(model).items()
    assert word == "yes" and example.people == 3
    np.testing.assert_allclose(example.points[:, RIGHT, :2], recording(1)[:, RIGHT, :2], atol=2e-3)
    assert write_mean_movements(model.folder, data, model.card.labels, 2) == {"no": 2, "yes": 3}


def test_without_a_word_there_is_no_file(model, recording, examples):
    data = examples([recording()], ["no"])
    assert write_mean_movements(model.folder, data, ["no"], 1) == {}
    assert not (model.folder / LEXICON).exists()
    with pytest.raises(ValueError, match="people: 0"):
        write_mean_movements(model.folder, data, ["no"], 0)


def test_real_signers_make_hands_of_their_own_size(asl_data):
    packed = read_packed(asl_data / "wlasl" / "sequences.npz")
    signs = np.array(packed.signs)
    for word, hands in (("book", 2), ("drink", 1), ("eat", 1), ("mother", 1), ("friend", 2)):
        rows = np.flatnonzero(signs == word)
        examples = SequenceExamples(
            HANDS,
            tuple(packed.read(row, HANDS) for row in rows.tolist()),
            np.arange(len(rows)),
            np.zeros(len(rows), np.int64),
            packed.lengths[rows],
            signs[rows],
            np.array(packed.people)[rows],
            rows.astype(str),
        )
        found = agreeing(examples, word, 3)
        mean = mean_movement(found.recordings)
        shown = np.isfinite(mean[:, [LEFT_HAND[0], RIGHT_HAND[0]], 0]).mean(0)
        assert (shown > 0.5).sum() == hands and shown[1] > 0.8, word
        sizes = [np.nanmedian(_palm(one)) for one in found.recordings]
        assert min(sizes) * 0.8 < np.nanmedian(_palm(mean)) < max(sizes) * 1.2


def _palm(points: np.ndarray) -> np.ndarray:
    """(T,) from wrist to the middle finger's knuckle of a right hand."""
    return np.linalg.norm((points[:, RIGHT[9]] - points[:, RIGHT[0]]) * (ASPECT, 1), axis=-1)


def test_what_waits_to_be_written_takes_little_memory(tmp_path):
    random, words = np.random.default_rng(0), 20
    tracemalloc.start()
    try:
        kept = {
            f"word {number}": kept_of("", random.random((50, 543, 2), np.float32))
            for number in range(words)
        }
        write_kept(tmp_path, kept)
        assert tracemalloc.get_traced_memory()[1] < words * BYTES_A_WORD
    finally:
        tracemalloc.stop()
