"""Reading a visitor's pictures, and remembering only what is needed."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from asl.card_inputs import LandmarksInput
from asl.inference.pictures.predictor import NetworkOutputs, Predictor
from asl.ui.photo.predictions import Picture, PictureMemory, read, table


@pytest.fixture
def load(hands_by_colour, tiny_bundle) -> Callable[..., Predictor]:
    return lambda name="tiny", **options: Predictor(tiny_bundle(name, **options))


@pytest.fixture
def encode(coloured_file) -> Callable[..., Picture]:
    return lambda name="hand.png", **options: Picture(name, coloured_file(**options))


def test_a_picture_is_searched_once_whatever_is_asked(load, encode, hands_by_colour):
    memory, one, other = PictureMemory(), load("one"), load("other", bias=np.array([0, 99, 0]))
    assert read(encode(), memory, "one", one, "letters").prediction.hand is not None
    read(encode("renamed.png"), memory, "one", one, "all")
    assert read(encode(), memory, "other", other, "all").prediction.label == "B"
    assert len(hands_by_colour) == 1


def test_what_is_no_longer_given_is_forgotten(load, encode):
    memory, predictor = PictureMemory(), load()
    kept, removed = encode(colour="red"), encode(colour="lime")
    for picture in (kept, removed):
        read(picture, memory, "tiny", predictor, "all")
    memory.keep_only([kept])
    assert memory.knows(kept, "tiny") and not memory.knows(removed, "tiny")
    assert len(memory) == 1


def test_feature_maps_are_not_kept(load, encode):
    memory, picture = PictureMemory(), encode()
    predictor = load()
    outputs = memory.outputs_of(picture, "tiny", predictor).outputs
    assert outputs["tiny"].outputs == {}


def test_a_broken_file_says_why_and_is_not_read_again(load, hands_by_colour):
    memory, broken = PictureMemory(), Picture("broken.jpg", b"no picture")
    reading = read(broken, memory, "tiny", load(), "all")
    assert reading.prediction is None and not reading.preview
    assert "not a JPEG, PNG" in reading.reason
    assert memory.knows(broken, "tiny") and not hands_by_colour


@pytest.mark.parametrize("step", ["find_hand", "predict_logits"])
@pytest.mark.parametrize("error", [MemoryError, RuntimeError])
def test_what_fails_after_decoding_is_said_in_plain_words(load, encode, monkeypatch, step, error):
    def fail(*_):
        raise error

    predictor = load()
    monkeypatch.setattr(predictor, step, fail)
    reading = read(encode(), PictureMemory(), "tiny", predictor, "all")
    assert reading.prediction is None
    assert "not enough memory" in reading.reason


def test_a_landmark_model_gives_no_answer_without_a_hand(load, encode, monkeypatch):
    predictor = load()
    predictor.card = replace(predictor.card, inputs=(LandmarksInput(),))
    blind = NetworkOutputs(None, np.array([9.0, 0, 0]), {}, {})
    monkeypatch.setattr(predictor, "predict_logits", lambda rgb, hand: blind)
    reading = read(encode(hand=""), PictureMemory(), "tiny", predictor, "all")
    assert reading.prediction is None
    assert reading.reason.startswith("no hand found")
    assert reading.preview


def test_table(load, encode):
    memory, sure = (
        PictureMemory(),
        load(bias=np.array([9, 0, 0]), landmark_bias=np.array([9, 0, 0])),
    )
    unsure = load("unsure", gain=0, landmark_bias=np.array([0.3, 0, 0]))
    readings = [
        read(encode("a.png"), memory, "sure", sure, "all"),
        read(encode("b.png", hand=""), memory, "sure", sure, "all"),
        read(encode("c.png"), memory, "unsure", unsure, "all"),
        read(Picture("=d.png", b""), memory, "sure", sure, "all"),
    ]
    rows = table(readings)
    assert [row["file"] for row in rows] == ["a.png", "b.png", "c.png", "'=d.png"]
    assert [row["sign"] for row in rows] == ["A", "A", "Can't tell", ""]
    assert [row["hand"] for row in rows] == ["right", "no", "right", ""]
    assert [row["networks agree"] for row in rows] == ["yes", "one network", "yes", ""]
    assert rows[0]["confidence"] == 0.999
    assert [row["note"] for row in rows] == [
        "",
        "No hand found",
        "closest: A",
        "the file is empty; save or upload it again",
    ]
