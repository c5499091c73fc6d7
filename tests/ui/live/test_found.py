"""Hands that the browser found: when they came, and which hand they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.ui.hand_camera.messages import Frame, Message
from asl.ui.live.found import BrowserClock, FoundHands, can_read, wanted_cut


def message(*milliseconds: float) -> Message:
    return Message(1, (640, 480), tuple(map(Frame, milliseconds)))


def test_frames_lie_apart_as_the_browser_says_and_end_with_the_quickest_message():
    clock = BrowserClock()
    assert clock.times(message(1000, 1050), now=10.2) == pytest.approx([10.15, 10.2])
    # The next one takes 0.1 s longer, the third is quicker than both.
    assert clock.times(message(1100, 1150), now=10.4) == pytest.approx([10.25, 10.3])
    assert clock.times(message(1200, 1250), now=10.38) == pytest.approx([10.33, 10.38])


def test_a_camera_that_was_started_again_or_slept_is_in_time():
    clock = BrowserClock()
    clock.times(message(60_000), now=100.0)
    assert clock.times(message(10, 60), now=130.0)[-1] == 130.0
    assert clock.times(message(100), now=500.0) == [500.0]


@given(
    st.lists(
        st.tuples(
            st.lists(st.floats(0, 1e8), min_size=1, max_size=4, unique=True), st.floats(0, 5)
        ),
        max_size=8,
    )
)
def test_whatever_the_browser_says_time_does_not_go_back_nor_ahead(sent):
    clock, now, last = BrowserClock(), 0.0, float("-inf")
    for milliseconds, pause in sent:
        now += pause
        for at in clock.times(message(*sorted(milliseconds)), now):
            assert last <= at <= now
            last = at


def test_frames_vote_on_the_side_until_the_hand_is_gone(tiny_bundle, make_hand):
    card, found = tiny_bundle().card, FoundHands()
    left, right = make_hand(side="left"), make_hand(side="right")
    sides = [found.settle(Frame(0, (hand,)), card)[0].side for hand in (left, left, left, right)]
    assert sides == ["left"] * 4
    assert found.settle(Frame(0), card) == (None, None)
    assert found.settle(Frame(0, (right,)), card)[0].side == "right"


@pytest.mark.parametrize(("kind", "size"), [("read", 128), ("sample", 256)])
def test_a_cut_out_shows_the_hand_where_it_was_cut(tiny_bundle, make_hand, kind, size):
    card, hand = tiny_bundle(context=1.6).card, make_hand(size=60, at=(200, 200))
    cut = wanted_cut(card, recording=kind == "sample", unclear=False)
    assert (cut.kind, cut.size, cut.moving) == (kind, size, kind == "sample")
    frame = Frame(0, (hand,), np.zeros((size, size, 3), np.uint8), kind)
    _, shown = FoundHands().settle(frame, card)
    # Samples show more around the hand, as large.
    assert shown.hand.extent == pytest.approx(128 / 1.6, abs=0.1)
    left, top, right, bottom = shown.hand.box
    assert (left + right, top + bottom) == pytest.approx((size, size), abs=0.1)


def test_an_unclear_hand_is_wanted_again_sooner(tiny_bundle):
    card = tiny_bundle().card
    calm, unclear = (wanted_cut(card, False, one).every for one in (False, True))
    assert unclear < calm


def test_models_that_read_whole_pictures_need_the_video(tiny_bundle):
    card = tiny_bundle().card
    assert can_read(card)
    whole = replace(card.picture, crop="whole")
    assert not can_read(replace(card, inputs=(whole, *card.inputs[1:])))
