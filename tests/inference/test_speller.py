"""From scores to text: smoothing, holds, letting go, and what control signs do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asl.inference.speller import Held, HoldReader, HoldSettings, Speller

SIGNS = ("A", "B", "O", "0", "space", "nothing")
RATE = 20


def scores(sign, share=0.96):
    rest = (1 - share) / (len(SIGNS) - 1)
    return np.array([share if one == sign else rest for one in SIGNS])


def read(shown, settings=None):
    """Read (sign or None, seconds) one after the other; returns what was taken."""
    reader, taken, frame = HoldReader(SIGNS, settings), [], 0
    for sign, seconds in shown:
        for _ in range(round(seconds * RATE)):
            held = reader.see(sign if sign is None else scores(sign), frame / RATE)
            taken += [held.label] if held else []
            frame += 1
    return taken


@pytest.mark.parametrize(
    ("shown", "taken"),
    [
        ([("A", 1.2)], ["A"]),
        ([("A", 0.5), (None, 0.5)], []),
        ([("A", 1.2), ("B", 1.4)], ["A", "B"]),
        ([("A", 1.2), (None, 0.5), ("A", 1.2)], ["A", "A"]),
        ([("A", 1.2), (None, 0.1), ("A", 1.2)], ["A"]),
        ([("A", 1.2), ("nothing", 0.8), ("A", 1.4)], ["A", "A"]),
        ([("A", 1.2), ("B", 0.15), ("A", 1.2)], ["A"]),
        ([("A", 3.2)], ["A", "A"]),
        ([("nothing", 3)], []),
        ([(None, 3)], []),
        ([("space", 1.2)], ["space"]),
    ],
    ids=[
        "held long enough",
        "too short",
        "one after the other",
        "the same twice by letting go",
        "a lost frame is no letting go",
        "'nothing' lets go",
        "flickering is no letting go",
        "the same twice by holding on",
        "'nothing' is never taken",
        "no hand",
        "a control sign",
    ],
)
def test_what_is_taken(shown, taken):
    assert read(shown) == taken


def test_a_held_letter_is_not_repeated_if_the_user_does_not_want_it():
    assert read([("A", 8)], HoldSettings(again=0)) == ["A"]


@pytest.mark.parametrize("hold", [0.3, 0.8, 1.5])
def test_the_hold_lasts_as_long_as_the_user_says(hold):
    reader = HoldReader(SIGNS, HoldSettings(hold=hold))
    frames = next(n for n in range(200) if reader.see(scores("A"), n / RATE))
    assert hold <= frames / RATE <= hold + 0.3


def between(one, other, share):
    """Return scores of a hand that is `one` with a probability, and else `other`."""
    return np.array([{one: share, other: 1 - share}.get(sign, 0.0) for sign in SIGNS])


@pytest.mark.parametrize(
    ("share", "likely", "taken"),
    [(0.45, "A", "A"), (0.45, "B", "B"), (0.97, "B", "A")],
    ids=["unclear, A expected", "unclear, B expected", "clear, B expected"],
)
def test_what_is_expected_counts_where_a_sign_is_not_clear(share, likely, taken):
    reader = HoldReader(SIGNS)
    expected = np.where(np.array(SIGNS) == likely, 2.0, 0.5)
    seen = [reader.see(between("A", "B", share), n / RATE, expected) for n in range(30)]
    assert [held.label for held in seen if held] == [taken]


def test_a_sign_that_is_still_held_is_not_taken_for_what_comes_next():
    reader = HoldReader(SIGNS, HoldSettings(again=0))
    taken = []
    for n in range(100):
        likely = "B" if taken else "A"
        expected = np.where(np.array(SIGNS) == likely, 3.0, 0.3)
        held = reader.see(between("A", "B", 0.6), n / RATE, expected)
        taken += [held.label] if held else []
    assert taken == ["A"]


def test_an_unsure_sign_takes_longer():
    sure, unsure = HoldReader(SIGNS), HoldReader(SIGNS)
    first = next(n for n in range(200) if sure.see(scores("A"), n / RATE))
    later = next(n for n in range(200) if unsure.see(scores("A", 0.305), n / RATE))
    assert later > 1.3 * first


def test_hysteresis_keeps_a_sign_that_wavers():
    reader = HoldReader(SIGNS)
    assert not any(reader.see(scores("A", 0.28), n / RATE) for n in range(60))
    assert reader.held is None
    for number in range(60, 70):
        reader.see(scores("A", 0.9), number / RATE)
    assert reader.held.label == "A"
    for number in range(70, 100):
        reader.see(scores("A", 0.28), number / RATE)
    assert reader.held.label == "A"
    for number in range(100, 140):
        reader.see(np.array([0.15, 0.29, 0.07, 0.07, 0.21, 0.21]), number / RATE)
    assert reader.held is None


def test_another_sign_is_shown_before_the_one_before_has_been_let_go():
    reader, shown = HoldReader(SIGNS), []
    for number in range(24):
        reader.see(scores("A"), number / RATE)
    for number in range(24, 40):
        reader.see(scores("B"), number / RATE)
        held = reader.held
        shown.append((held.label, held.progress) if held else None)
    first = next(place for place, one in enumerate(shown) if one and one[0] == "B")
    begins = next(place for place, one in enumerate(shown) if one and one[0] == "B" and one[1] > 0)
    assert first / RATE <= 0.25
    assert shown[first] == ("B", 0.0) and (begins - first) / RATE >= 0.1


def test_what_flickers_in_between_is_not_shown():
    reader = HoldReader(SIGNS)
    for number, sign in enumerate(["A"] * 24 + ["B"] * 3 + ["A"] * 20):
        reader.see(scores(sign), number / RATE)
        assert reader.held is None or reader.held.label == "A"


def test_the_ring_fills_and_empties():
    reader, progress = HoldReader(SIGNS), []
    for number in range(14):
        reader.see(scores("A"), number / RATE)
        progress.append(reader.held.progress)
    assert progress == sorted(progress) and 0 <= progress[0] < 0.1 and progress[-1] > 0.7
    assert reader.held.taken == 0


def test_look_alikes_are_held_together_the_likelier_first():
    reader = HoldReader(SIGNS)
    for number in range(10):
        reader.see(np.array([0.02, 0.02, 0.4, 0.52, 0.02, 0.02]), number / RATE)
    assert reader.held.labels == ("0", "O")
    assert reader.held.confidence == pytest.approx(0.92)


def test_a_long_gap_between_frames_does_not_count_as_holding():
    reader = HoldReader(SIGNS)
    assert reader.see(scores("A"), 0.0) is None
    assert reader.see(scores("A"), 60.0) is None


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from([*SIGNS, None]), st.floats(0.05, 2)), max_size=8))
def test_never_more_is_taken_than_time_allows(shown):
    taken = read(shown)
    assert len(taken) * 0.8 <= sum(seconds for _, seconds in shown) + 1 / RATE
    assert set(taken) <= {sign for sign, _ in shown if sign}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"hold": 0}, "hold: 0 "),
        ({"hold": 99}, "hold: 99"),
        ({"again": -1}, "again: -1"),
        ({"sure": 0.1}, "unsure, sure"),
        ({"release": -0.1}, "release"),
    ],
)
def test_settings_that_make_no_sense_are_refused(change, reason):
    with pytest.raises(ValueError, match=reason):
        HoldSettings(**change)


class TestSpeller:
    def test_letters_space_and_delete(self):
        speller = Speller()
        for label in ("H", "I", "space", "X", "del", "nothing"):
            speller.press(label)
        assert speller.text == "HI "

    def test_delete_on_an_empty_text(self):
        speller = Speller()
        speller.press("del")
        assert speller.text == ""

    @pytest.mark.parametrize(
        ("text", "labels", "written"),
        [("", ("0", "O"), "O"), ("N", ("0", "O"), "O"), ("1", ("O", "0"), "0"), ("1", ("A",), "A")],
    )
    def test_of_look_alikes_the_one_that_goes_on_with_the_text(self, text, labels, written):
        speller = Speller(text)
        assert speller.write(Held(labels, 0.9, 1.0, 1)) == written
        assert speller.text == text + written

    @pytest.mark.parametrize(
        ("text", "after"), [("HEL", "HELLO "), ("OH HEL", "OH HELLO "), ("OH ", "OH HELLO ")]
    )
    def test_a_suggestion_replaces_the_unfinished_word_only(self, text, after):
        speller = Speller(text)
        speller.replace_word("HELLO")
        assert speller.text == after
