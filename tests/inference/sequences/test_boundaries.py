"""Words that begin and end in made-up streams of landmarks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asl.data.sequences.layout import HOLISTIC, LEFT_HAND, RIGHT_HAND, ROWS, mirror
from asl.inference.sequences.boundaries import WordBoundaries
from asl.inference.sequences.boundary_settings import BoundarySettings

#: A palm of a tenth of the frame, fingers up.
HAND = np.stack([np.linspace(-0.04, 0.04, 21), -0.01 * np.arange(21)], 1)
HAND[9] = HAND[0] + (0, -0.1)

PLACES = {"lap": (0.4, 0.9), "chest": (0.45, 0.5), "chin": (0.4, 0.3)}


class Signer:
    """Writes frames of a person, second after second."""

    def __init__(self, rate: float = 15, tremor: float = 0.0, seed: int = 0) -> None:
        self.rate, self.tremor = rate, tremor
        self.random = np.random.default_rng(seed)
        self.frames: list[np.ndarray] = []

    def add(self, right=None, left=None) -> None:
        frame = np.full((ROWS, 3), np.nan, np.float32)
        for rows, place in ((RIGHT_HAND, right), (LEFT_HAND, left)):
            if place is not None:
                joints = HAND + place + self.random.normal(0, 0.1 * self.tremor, HAND.shape)
                frame[list(rows), :2], frame[list(rows), 2] = joints, 0
        self.frames.append(frame)

    def hold(self, seconds: float, right=None, left=None) -> "Signer":
        for _ in range(round(seconds * self.rate)):
            self.add(right, left)
        return self

    def move(self, seconds: float, start, end, left=None, waves: float = 0.0) -> "Signer":
        for share in np.linspace(0, 1, round(seconds * self.rate)):
            eased = share**2 * (3 - 2 * share)
            swing = 0.1 * np.sin(2 * np.pi * waves * share)
            self.add(np.add(start, eased * np.subtract(end, start)) + np.array([swing, 0]), left)
        return self

    def sign(self, start="lap", end="lap", left=None) -> "Signer":
        """A word of 1.6 seconds: up, to and fro, down."""
        a, b, c = PLACES[start], PLACES["chest"], PLACES[end]
        self.move(0.4, a, b, left)
        self.move(0.8, b, b, left, waves=2)
        return self.move(0.4, b, c, left)


def run(signer: Signer, settings: BoundarySettings | None = None):
    """The words, each with the second at which it was over, and the states."""
    boundaries = WordBoundaries(settings or BoundarySettings())
    words, states = [], []
    for number, frame in enumerate(signer.frames):
        word = boundaries.feed(frame, number / signer.rate)
        states.append(boundaries.state)
        if word is not None:
            words.append((word, number / signer.rate))
    return words, states


@pytest.mark.parametrize("rate", [10, 15, 30])
@pytest.mark.parametrize("tremor", [0.0, 0.02, 0.04])
def test_words_between_resting_hands_in_view(rate, tremor):
    signer = Signer(rate, tremor).hold(1.2, PLACES["lap"])
    truth = []
    for _ in range(5):
        start = len(signer.frames) / rate
        signer.sign()
        truth.append((start, len(signer.frames) / rate))
        signer.hold(1.2, PLACES["lap"])
    words, _ = run(signer)
    assert len(words) == 5
    for (word, over), (start, end) in zip(words, truth, strict=True):
        assert word.reason == "rested"
        assert abs(word.start - start) <= 0.4 and -0.3 <= over - end <= 0.6
        assert word.end < over - 0.1, "the rest is not part of the word"
        assert len(word.points) == len(word.seconds)


@pytest.mark.parametrize("rate", [10, 15, 30])
def test_words_between_hands_out_of_view(rate):
    signer = Signer(rate).hold(1)
    for _ in range(3):
        signer.sign().hold(1)
    words, states = run(signer)
    assert [word.reason for word, _ in words] == ["left"] * 3
    for number, (word, over) in enumerate(words):
        assert abs(word.start - (1 + 2.6 * number)) <= 0.35
        assert 0.2 <= over - (2.6 + 2.6 * number) <= 0.5
    assert {*states} == {"waiting", "signing", "ended"}
    assert states.count("ended") == 3


def test_a_few_frames_of_rest_stay_at_each_end():
    signer = Signer(20).hold(1.5, PLACES["lap"]).sign().hold(1.5, PLACES["lap"])
    ((word, _),), _ = run(signer)
    settings = BoundarySettings()
    rest = signer.frames[0]
    still = [np.allclose(frame, rest, atol=2e-3, equal_nan=True) for frame in word.points]
    assert sum(still[:12]) <= settings.edge_frames + 3
    assert sum(still[-12:]) <= settings.edge_frames + 4
    assert sum(still) < len(still) / 2


def test_a_hand_at_rest_beside_the_signing_one_changes_nothing():
    lap = (0.6, 0.9)
    signer = Signer(15, 0.02).hold(1, PLACES["lap"], lap).sign(left=lap).hold(1, PLACES["lap"], lap)
    words, _ = run(signer)
    assert len(words) == 1 and abs(words[0][0].start - 1) <= 0.4


def test_a_hand_found_wrongly_for_a_frame_begins_nothing():
    signer = Signer(15)
    for _ in range(6):
        signer.hold(0.5).hold(1 / 15, (0.8, 0.2))
    words, states = run(signer)
    assert not words and {*states} == {"waiting"}


def test_sides_that_change_places_begin_nothing():
    signer = Signer(15, 0.01).hold(1, PLACES["lap"], (0.6, 0.9))
    signer.hold(0.5, (0.6, 0.9), PLACES["lap"]).hold(1, PLACES["lap"], (0.6, 0.9))
    words, states = run(signer)
    assert not words and {*states} == {"waiting"}


def test_who_sits_there_at_the_beginning_has_not_begun():
    words, states = run(Signer(15, 0.02).hold(5, PLACES["lap"]))
    assert not words and {*states} == {"waiting"}


def test_a_hand_that_is_lost_at_rest_and_found_again_has_not_signed():
    signer = Signer(15, 0.01).hold(1, PLACES["lap"]).hold(1).hold(1, PLACES["lap"])
    words, _ = run(signer)
    assert not words


def test_gaps_of_five_frames_do_not_end_a_word():
    signer = Signer(30).hold(1).sign().hold(1)
    for frame in signer.frames[42:47]:
        frame[:] = np.nan
    words, _ = run(signer)
    assert len(words) == 1


def test_a_hold_that_is_shorter_than_a_rest_does_not_end_a_word():
    lap, chest, chin = PLACES.values()
    signer = Signer(15, 0.02).hold(1, lap).move(0.4, lap, chest).hold(0.25, chest)
    signer.move(0.4, chest, chin).hold(0.25, chin).move(0.4, chin, lap).hold(1, lap)
    words, _ = run(signer)
    assert len(words) == 1


def test_a_small_sign_that_stays_near_the_rest_is_a_word():
    chin = PLACES["chin"]
    signer = Signer(15, 0.02).hold(1.2, chin)
    for share in np.linspace(0, 1, 18):
        signer.add(np.add(chin, (0.04 * np.sin(2 * np.pi * 2 * share), 0)))
    words, _ = run(signer.hold(1.2, chin))
    assert len(words) == 1


def test_going_back_to_rest_after_a_held_sign_is_no_word():
    lap, chest, _ = PLACES.values()
    signer = Signer(15, 0.02).hold(1, lap).move(0.4, lap, chest).move(0.8, chest, chest, waves=2)
    signer.hold(1, chest).move(0.4, chest, lap).hold(1, lap)
    words, _ = run(signer)
    assert len(words) == 1 and words[0][0].end < 3


def test_a_word_is_cut_off_and_the_next_one_waits_for_a_rest():
    chest = PLACES["chest"]
    signer = (
        Signer(15).hold(1).move(8, chest, chest, waves=16).hold(1, chest).hold(1).sign().hold(1)
    )
    words, states = run(signer)
    assert [word.reason for word, _ in words] == ["longest", "left"]
    assert words[0][0].seconds[-1] - words[0][0].seconds[0] <= 3.1
    assert states[5 * 15 : 8 * 15] == ["ended"] * 45


def test_what_was_not_over_comes_at_the_end():
    boundaries = WordBoundaries()
    frames = Signer(15).hold(1).sign().frames
    for number, frame in enumerate(frames):
        assert boundaries.feed(frame, number / 15) is None
    word = boundaries.finish()
    assert word is not None and abs(word.start - 1) < 0.25
    assert boundaries.finish() is None and boundaries.state == "waiting"


def test_a_long_break_forgets_what_was_seen():
    boundaries = WordBoundaries()
    for number, frame in enumerate(Signer(15).hold(1).sign().frames[:25]):
        boundaries.feed(frame, number / 15)
    assert boundaries.state == "signing"
    boundaries.feed(np.full((ROWS, 3), np.nan, np.float32), 60.0)
    assert boundaries.state == "waiting"


@settings(max_examples=20)
@given(st.floats(0.3, 3), st.floats(-2, 2), st.floats(-2, 2), st.booleans(), st.integers(0, 20))
def test_size_place_and_side_change_nothing(size, x, y, mirrored, seed):
    signer = Signer(15, 0.02, seed).hold(0.8, PLACES["lap"]).sign().hold(0.8, PLACES["lap"])
    (((word, over),), _) = run(signer)
    changed = np.stack(signer.frames) * np.float32(size) + np.float32([x, y, 0])
    signer.frames = list(mirror(changed, HOLISTIC) if mirrored else changed)
    (((other, other_over),), _) = run(signer)
    assert (word.start, word.end, over) == (other.start, other.end, other_over)


@pytest.mark.parametrize(
    ("points", "seconds", "words"),
    [
        (np.zeros((42, 3)), 1.0, "points: shape"),
        (np.zeros((ROWS, 1)), 1.0, "points: shape"),
        (np.zeros((2, ROWS, 3)), 1.0, "points: shape"),
        (np.zeros((ROWS, 3)), 0.0, "seconds: 0.0 is not after"),
        (np.zeros((ROWS, 3)), float("nan"), "seconds: nan is not after"),
    ],
)
def test_frames_that_are_none(points, seconds, words):
    boundaries = WordBoundaries()
    boundaries.feed(np.zeros((ROWS, 3)), 0.0)
    with pytest.raises(ValueError, match=words):
        boundaries.feed(points, seconds)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("begin_frames", 0),
        ("begin_frames", 2.5),
        ("leave", 0.0),
        ("still", float("nan")),
        ("rest_seconds", 0.0),
        ("longest", 0.4),
        ("noisy", 0.5),
        ("rest_seconds", 4.0),
    ],
)
def test_settings_that_are_none(field, value):
    named = "longest" if (field, value) == ("rest_seconds", 4.0) else field
    with pytest.raises(ValueError, match=f"{named}: "):
        BoundarySettings(**{field: value})
