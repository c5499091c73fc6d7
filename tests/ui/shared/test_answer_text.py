"""Answers in words."""

import dataclasses

import pytest

from asl.inference.decision import Candidate
from asl.inference.pictures.predictor import Prediction
from asl.ui.shared import answer_text


@pytest.fixture
def prediction(make_hand) -> Prediction:
    """A sure A, on which both networks agree."""
    top = (Candidate("A", 0.9), Candidate("S", 0.05))
    networks = {"picture": Candidate("A", 0.8), "landmarks": Candidate("A", 0.7)}
    return Prediction("A", 0.9, False, top, make_hand(), networks, 10.0)


def changed(prediction: Prediction, best: Candidate, **fields: object) -> Prediction:
    return dataclasses.replace(
        prediction, label=best.label, confidence=best.confidence, top=(best,), **fields
    )


def titles(prediction: Prediction, **options: bool) -> list[str]:
    return [note.title for note in answer_text.notes(prediction, **options)]


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (0.97, "Very sure, 97%"),
        (0.9, "Sure, 90%"),
        (0.7, "Fairly sure, 70%"),
        (0.2, "Not very sure, 20%"),
    ],
)
def test_sureness(prediction, confidence, words):
    assert answer_text.sureness(changed(prediction, Candidate("A", confidence))) == words


def test_a_sure_answer_needs_no_notes(prediction):
    assert answer_text.headline(prediction) == "A"
    assert answer_text.notes(prediction) == []


def test_an_abstaining_model_names_no_sign_but_the_closest(prediction):
    unsure = changed(prediction, Candidate("A", 0.3), abstained=True)
    assert answer_text.headline(unsure) == "Can't tell"
    assert answer_text.sureness(unsure) == "Not sure enough to answer; closest is A, 30%"
    assert titles(unsure) == ["Can't tell"]


def test_without_a_hand_the_picture_network_alone_answered(prediction):
    alone = dataclasses.replace(prediction, hand=None, networks={"picture": Candidate("A", 0.9)})
    (note,) = answer_text.notes(alone)
    assert note.title == "No hand found"
    assert "picture network answered alone" in note.text
    assert answer_text.BETTER_PICTURE in note.text


def test_where_no_hands_can_be_searched_the_picture_is_not_blamed(prediction):
    alone = dataclasses.replace(prediction, hand=None, networks={"picture": Candidate("A", 0.9)})
    assert titles(alone, hands_searched=False) == []


def test_disagreement_names_what_each_network_sees(prediction):
    networks = {"picture": Candidate("S", 0.62), "landmarks": Candidate("A", 0.88)}
    (note,) = answer_text.notes(dataclasses.replace(prediction, networks=networks))
    assert note.title == "The two networks disagree"
    assert note.text.startswith(
        "The picture network sees **S** (62%), the landmark network sees **A** (88%)."
    )


def test_labels_in_notes_are_escaped(prediction):
    networks = {"picture": Candidate("**x**", 0.62), "landmarks": Candidate("A", 0.88)}
    (note,) = answer_text.notes(dataclasses.replace(prediction, networks=networks))
    assert r"**\*\*x\*\***" in note.text


def test_a_picture_that_may_be_upside_down_says_what_to_do(prediction):
    (note,) = answer_text.notes(dataclasses.replace(prediction, abstained=True, upside_down=True))
    assert note.title == "Perhaps upside down" and "turn it" in note.text


@pytest.mark.parametrize("label", ["J", "Z"])
def test_motion_signs_say_so(prediction, label):
    assert titles(changed(prediction, Candidate(label, 0.9))) == ["Needs motion"]


def test_look_alikes_are_one_answer_and_say_how_to_tell_them_apart(prediction):
    both = changed(prediction, Candidate("O", 0.9, ("0",)))
    assert answer_text.headline(both) == "O or 0"
    (note,) = answer_text.notes(both)
    assert note.text.startswith("O and 0 look alike in a still picture.")


@pytest.mark.parametrize(
    ("networks", "words"),
    [
        pytest.param({"picture": "A", "landmarks": "A"}, "yes", id="agree"),
        pytest.param({"picture": "O", "landmarks": "0"}, "yes", id="same handshape"),
        pytest.param({"picture": "A", "landmarks": "S"}, "no", id="disagree"),
        pytest.param({"picture": "A"}, "one network", id="one network"),
    ],
)
def test_agreement(prediction, networks, words):
    networks = {name: Candidate(label, 0.9) for name, label in networks.items()}
    assert answer_text.agreement(dataclasses.replace(prediction, networks=networks)) == words
