"""Which recordings of a word show the same movement."""

import numpy as np
import pytest

from asl.data.sequences.layout import HANDS, HOLISTIC, LEFT_HAND, RIGHT_HAND, ROWS, mirror
from asl.inference.sequences.means.agreeing import MOST, agreeing


def between(recording, share: float) -> np.ndarray:
    """A recording between two others."""
    return recording(1) * np.float32(1 - share) + recording(2) * np.float32(share)


def another_way(recording, seed: int) -> np.ndarray:
    """A recording that nobody would take for another: its hand is upside down and goes down."""
    points = recording(seed)
    points[:, list(RIGHT_HAND), 1] = 1 - points[:, list(RIGHT_HAND), 1]
    return points


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape[0] == other.shape[0] and np.array_equal(
        one[..., :2], other[..., :2], equal_nan=True
    )


def test_the_one_in_the_middle_comes_first(recording, examples):
    clips = [between(recording, share) for share in (0.3, 0.7, 0.5, 0.4, 0.6)]
    found = agreeing(examples(clips, ["no"] * 5), "no", 3)
    assert same(found.recordings[0], clips[2]) and found.people == len(found.recordings) == 5


def test_each_word_is_looked_for_among_its_own(recording, examples):
    data = examples([recording(seed) for seed in (3, 4, 4, 3)], ["a", "b", "b", "a"])
    assert same(agreeing(data, "b", 2).recordings[1], recording(4))
    assert agreeing(data, "missing", 1) is None


def test_those_of_another_way_are_left_out(recording, examples):
    clips = [recording(1), another_way(recording, 1), recording(1), recording(1)]
    clips.append(another_way(recording, 8))
    found = agreeing(examples(clips, ["no"] * 5), "no", 3)
    assert len(found.recordings) == 3 and all(same(one, recording(1)) for one in found.recordings)


def test_too_few_that_agree_are_none(recording, examples):
    clips = [recording(1), recording(1), another_way(recording, 1)]
    assert agreeing(examples(clips, ["no"] * 3), "no", 3) is None
    assert agreeing(examples(clips, ["no"] * 3), "no", 2).people == 2
    assert agreeing(examples(clips[:1], ["no"]), "no", 1) is None


def test_pace_and_where_a_person_sits_do_not_count(recording, examples):
    one = recording(1)
    clips = [one, one[::2], np.repeat(one, 2, 0), one * np.float32(0.4) + np.float32([0.2, 0.1, 0])]
    assert agreeing(examples(clips, ["no"] * 4), "no", 3).people == 4


def test_left_handed_people_are_mirrored_whoever_is_most_typical(recording, examples):
    one = recording(1)
    for left in ([0], [2], [0, 1]):
        clips = [mirror(one, HOLISTIC) if number in left else one for number in range(5)]
        found = agreeing(examples(clips, ["no"] * 5), "no", 3)
        for clip in found.recordings:
            np.testing.assert_allclose(clip, one[..., :2], atol=1e-6)


def test_only_one_recording_of_a_person_counts_among_several_people(recording, examples):
    clips = [recording(1)] * 5
    data = examples(clips, ["no"] * 5, ["ann", "ann", "ben", "ben", "cy"])
    found = agreeing(data, "no", 3)
    assert len(found.recordings) == found.people == 3
    assert agreeing(data, "no", 4) is None


def test_ones_own_recordings_are_enough_for_oneself(recording, examples):
    clips = [recording(1)] * 3
    for name in ("ann", ""):
        data = examples(clips, ["no"] * 3, [name] * 3)
        found = agreeing(data, "no", 1)
        assert len(found.recordings) == 3 and found.people == 1
        assert agreeing(data, "no", 2) is None, "who is not known may be the same"


@pytest.mark.parametrize("kind", ["lost", "short"])
def test_incomplete_ones_count_only_if_there_are_no_others(recording, examples, kind):
    spoiled = recording(1)
    if kind == "lost":
        spoiled[10:18, list(RIGHT_HAND)] = np.nan
    else:
        spoiled = spoiled[:5]
    clips = [spoiled, spoiled, recording(9), recording(9)]
    found = agreeing(examples(clips, ["no"] * 4), "no", 2)
    assert len(found.recordings) == 2 and same(found.recordings[0], recording(9))
    assert agreeing(examples(clips[:2], ["no"] * 2), "no", 2).people == 2


def test_one_in_which_no_hand_is_seen_is_never_taken(recording, examples):
    nothing = np.full((20, ROWS, 3), np.nan, np.float32)
    assert agreeing(examples([nothing] * 3, ["no"] * 3), "no", 1) is None
    found = agreeing(examples([nothing, recording(), recording()], ["no"] * 3), "no", 1)
    assert len(found.recordings) == 2


def test_a_hand_that_is_taken_for_the_other_for_a_while_is_one(recording, examples):
    one = recording(1, body=False)
    confused = one.copy()
    confused[25:, list(LEFT_HAND)] = one[25:, list(RIGHT_HAND)]  # found as both
    confused[30:, list(RIGHT_HAND)] = np.nan  # and as the wrong one
    data = examples([confused] * 3, ["no"] * 3)
    for clip in agreeing(data, "no", 3).recordings:
        np.testing.assert_array_equal(clip, one[..., :2])


def test_two_hands_stay_two(recording, examples):
    one = recording(1, both=True)
    data = examples([one] * 3, ["no"] * 3)
    assert same(agreeing(data, "no", 3).recordings[0], one)


def test_hands_alone_do(recording, examples):
    clips = [recording(1), recording(1), another_way(recording, 1)]
    data = examples(clips, ["no"] * 3, selection=HANDS)
    assert agreeing(data, "no", 2).people == 2


def test_of_many_recordings_some_are_compared(recording, examples):
    data = examples([recording(1, frames=12)] * 100, ["no"] * 100)
    assert len(agreeing(data, "no", 3).recordings) == MOST
