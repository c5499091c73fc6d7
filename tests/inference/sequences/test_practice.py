"""A learner's recording beside an example."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asl.data.sequences.layout import (
    HOLISTIC,
    LEFT_HAND,
    RIGHT_HAND,
    ROWS,
    mirror,
)
from asl.data.sequences.lengths import resample
from asl.inference.sequences.practice import RATE, compare

FRAMES = 40


def hand(points: np.ndarray, rows: tuple[int, ...] = RIGHT_HAND) -> np.ndarray:
    return points[:, list(rows), :2]


def slower(points: np.ndarray, times: float) -> np.ndarray:
    return resample(points, round(times * len(points)))


@pytest.mark.parametrize("body", [True, False])
@pytest.mark.parametrize("both", [True, False])
def test_the_same_recording_does_not_differ(recording, body, both):
    found = compare(recording(body=body, both=both), recording(body=body, both=both))
    assert found.distance == 0 and found.pace == 1 and not found.mirrored
    assert not found.moments and len(found.sentences) == 1
    assert found.path.tolist() == [[frame] * 2 for frame in range(FRAMES)]
    assert all(np.nanmax(values, initial=0) == 0 for values in found.distances.values())
    assert found.place_unit == ("shoulder widths" if body else "spreads of the hands")


@settings(max_examples=20)
@given(
    st.integers(0, 50), st.floats(-3, 3), st.floats(-3, 3), st.floats(0.2, 5), st.booleans(),
    st.booleans(),
)  # fmt: skip
def test_place_and_size_change_nothing(recording, seed, x, y, size, body, both):
    learner, example = recording(seed, body, both), recording(seed + 100, body, both)
    one = compare(learner, example)
    moved = compare(learner * np.float32(size) + np.float32([x, y, 0]), example)
    assert moved.mirrored == one.mirrored and moved.pace == one.pace
    assert moved.distance == pytest.approx(one.distance, abs=1e-3)


@settings(max_examples=20)
@given(st.integers(0, 50), st.booleans(), st.booleans())
def test_a_mirrored_learner_is_told_the_same_of_the_other_hand(recording, seed, body, both):
    learner, example = recording(seed, body, both), recording(seed + 100, body, both)
    one, other = compare(learner, example), compare(mirror(learner, HOLISTIC), example)
    assert other.distance == pytest.approx(one.distance, abs=1e-4)
    assert other.mirrored != one.mirrored
    swap = {"left": "right", "right": "left"}
    assert {(swap[m.hand], m.kind) for m in other.moments} == {
        (m.hand, m.kind) for m in one.moments
    }


@pytest.mark.parametrize("times", [2, 3])
def test_a_slower_copy_differs_in_pace_only(recording, times):
    example = recording()
    found = compare(slower(example, times), example)
    assert not found.moments and found.pace == pytest.approx(times)
    (said,) = found.sentences
    assert "times as long" in said


def test_a_faster_copy_differs_in_pace_only(recording):
    found = compare(recording()[::2], recording())
    assert not found.moments and found.pace == pytest.approx(0.5)
    assert found.sentences == ("You took 50% of the example's time: sign more slowly.",)


def test_pace_goes_by_seconds_not_by_frames(recording):
    points = recording()
    slow = compare(points, points, np.arange(FRAMES) / 10, np.arange(FRAMES) / 30)
    assert slow.pace == pytest.approx(3) and not slow.moments


def test_frames_without_hands_do_not_count(recording):
    points = recording()
    nothing = np.full((10, ROWS, 3), np.nan, np.float32)
    found = compare(np.concatenate([nothing, points, nothing]), points)
    assert found.distance == pytest.approx(0, abs=1e-6) and found.pace == pytest.approx(1)
    assert found.path[[0, -1]].tolist() == [[10, 0], [FRAMES + 9, FRAMES - 1]]


def test_another_shape_is_named_with_its_moment_and_finger(recording):
    example = recording()
    learner = example.copy()
    box = np.ptp(hand(example), axis=1).max(-1)
    # The index finger away, in the second half.
    for joint in range(5, 9):
        learner[20:, RIGHT_HAND[joint], 1] -= 1.6 * box[20:]
    learner[20:, RIGHT_HAND[0], 1] += 0  # the rest stays
    found = compare(learner, example)
    shape = next(one for one in found.moments if one.kind == "hand shape")
    assert shape.hand == "right" and shape.start >= 0.6 and shape.end <= FRAMES / RATE
    assert any("right hand has another shape" in one for one in found.sentences)
    assert np.nanmax(found.distances["right_hand"][:15]) < 0.05


@pytest.mark.parametrize(
    ("shift", "hint"),
    [
        pytest.param((0, 0.25), "higher", id="too low"),
        pytest.param((0, -0.25), "lower", id="too high"),
        pytest.param((0.25, 0), "to your right", id="too far to the picture's right"),
        pytest.param((-0.25, 0), "to your left", id="too far to the picture's left"),
    ],
)
def test_another_place_is_named_with_the_way_to_the_right_one(recording, shift, hint):
    example = recording()
    learner = example.copy()
    learner[:, list(RIGHT_HAND), :2] += np.float32(shift)
    found = compare(learner, example)
    (one,) = found.moments
    assert (one.hand, one.kind, one.hint) == ("right", "place", hint)
    assert hint in found.sentences[0]


def test_another_direction_is_named(recording):
    example, learner = recording(), recording()
    middle = hand(example).mean(1, keepdims=True)
    start = middle[20]
    # In the second half the hand goes back instead of on, a little at a time.
    learner[20:, list(RIGHT_HAND), :2] += (2 * (start - middle))[20:]
    found = compare(learner, example)
    assert "direction" in {one.kind for one in found.moments}
    assert any("moves another way: move it up" in one for one in found.sentences)


def test_a_hand_that_is_not_seen_is_missed(recording):
    learner = recording(both=True)
    learner[:, list(LEFT_HAND)] = np.nan
    found = compare(learner, recording(both=True))
    assert found.sentences[0].startswith("The word needs your left hand")


def test_a_hand_that_rests_beside_the_word_is_no_difference(recording):
    learner = recording()
    learner[:, list(LEFT_HAND)] = (0.7, 0.9, 0)
    learner[:, list(LEFT_HAND), 0] += np.linspace(0, 0.1, 21, dtype=np.float32)
    found = compare(learner, recording())
    assert found.distance == 0 and not found.moments


def test_one_without_shoulders_is_compared_by_hands(recording):
    found = compare(recording(), recording(body=False))
    assert found.place_unit == "spreads of the hands" and not found.moments


@pytest.mark.parametrize(
    ("learner", "seconds", "words"),
    [
        (np.zeros((5, 42, 3)), None, "points: shape"),
        (np.zeros((ROWS, 3)), None, "points: shape"),
        (np.full((5, ROWS, 3), np.nan), None, "no hand is seen"),
        (np.zeros((0, ROWS, 3)), None, "no hand is seen"),
        (np.zeros((FRAMES, ROWS, 3)), np.arange(3), "learner_seconds: "),
        (np.zeros((FRAMES, ROWS, 3)), np.zeros(FRAMES), "learner_seconds: they do not grow"),
    ],
)
def test_recordings_that_are_none(recording, learner, seconds, words):
    with pytest.raises(ValueError, match=words):
        compare(learner, recording(), seconds)


def test_a_still_hand_can_be_compared(recording):
    points = recording()[:1]
    assert compare(points, points).distance == 0
