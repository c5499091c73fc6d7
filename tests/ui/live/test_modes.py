"""What becomes of the signs that a visitor shows, mode by mode."""

import numpy as np
import pytest

from asl.inference.practice import Practice
from asl.inference.speller import Held
from asl.ui.live.modes import Mode, Practising, Recorder, Recording, Spelling

FRAME = np.zeros((8, 8, 3), np.uint8)


def held(*labels: str) -> Held:
    return Held(labels, confidence=0.9, progress=0.0, taken=1)


@pytest.mark.parametrize("make", [Mode, Spelling, Practising, Recorder])
def test_a_mode_takes_everything_and_says_nothing_at_first(make, make_hand):
    mode = make()
    assert mode.caption == ""
    mode.see(FRAME, make_hand(), 0.0)
    mode.take(held("A"), 0.0)
    mode.take_drawn("J", 0.1)


def test_spelling_writes_what_is_held_and_what_is_drawn():
    mode = Spelling()
    mode.take(held("0", "O"), 0.0)
    mode.take_drawn("J", 1.0)
    assert mode.caption == mode.speller.text == "OJ"


def test_practising_answers_the_letter_that_is_due():
    mode = Practising()
    mode.practice = Practice(["CAT"], now=0.0)
    assert mode.caption == "[C]AT"
    mode.take(held("C"), 1.0)
    assert mode.caption == "C[A]T"
    mode.take_drawn("Z", 2.0)
    assert mode.caption == "C[A]T"


def test_recording_keeps_frames_with_a_hand_and_not_too_many(make_hand):
    mode = Recorder()
    mode.recording = Recording("A", wanted=2)
    for hand, at in ((None, 0.0), (make_hand(), 1.0), (make_hand(), 1.1), (make_hand(), 1.4)):
        mode.see(FRAME, hand, at)
    assert len(mode.recording.samples) == 2 and mode.recording.is_complete
    mode.see(FRAME, make_hand(), 9.0)
    assert mode.caption == "A: 2 of 2"
    assert all(sample.startswith(b"\xff\xd8") for sample in mode.recording.samples)
