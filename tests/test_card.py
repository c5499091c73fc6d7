"""Cards that are read, of both schemas, and those that are refused with a reason."""

import json
import pickle
from collections.abc import Callable

import pytest

from asl.card import ModelCard
from asl.card_fields import CardError
from asl.card_inputs import LandmarksInput, PictureInput, SequenceInput

PICTURE = {
    "kind": "picture", "size": 64, "mean": [0.0] * 3, "std": [1.0] * 3, "context": 1.6,
    "crop": "hand",
}  # fmt: skip
LANDMARKS = {"kind": "landmarks", "rereads": 5}
SEQUENCE = {
    "kind": "sequence", "landmarks": [468, 500, 522], "features": 24, "frames": 64,
    "filling": "mask", "gap": 2, "drop_empty": False, "centre": "shoulders", "scale": "shoulders",
    "coordinates": 3, "places": True, "own_boxes": True, "differences": 1,
}  # fmt: skip

#: As versions up to 0.1 wrote it.
SCHEMA_1 = {
    "schema": 1,
    "name": "tiny",
    "labels": ["A", "B", "C"],
    "network": "efficientnet_lite0",
    "inputs": ["picture", "landmarks", "found"],
    "picture": {
        "size": 128, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225],
        "context": 1.45, "look": "whole",
    },
    "abstain_below": {"hand": 0.7, "no_hand": 0.9},
    "settings": {},
    "readings": 5,
    "description": "Zwei Hände",
    "training": {"split": "random", "config": {"look": "whole", "readings": 5}},
    "data": [{"name": "mine", "people": None}],
    "scores": [{"data": "mine", "candidates": "all", "accuracy": 0.9}],
    "calibration": {"weights": {"picture": 1.0}},
    "parity": {"pictures": 2},
    "versions": {"torch": "2.15.0"},
    "handshapes": {"A": [[0.0, 1.0, 2.0]] * 21},
}  # fmt: skip
#: The same as it is written now.
SCHEMA_2 = {
    name: value for name, value in SCHEMA_1.items() if name not in ("picture", "readings")
} | {
    "schema": 2,
    "inputs": [
        {"kind": "picture", "size": 128, "mean": [0.485, 0.456, 0.406],
         "std": [0.229, 0.224, 0.225], "context": 1.45, "crop": "whole"},
        {"kind": "landmarks", "rereads": 5},
    ],
}  # fmt: skip


def read(raw: dict[str, object], **changes: object) -> ModelCard:
    """The card with some fields replaced; those set to None are left out."""
    kept = {name: value for name, value in (raw | changes).items() if value is not None}
    return ModelCard.from_json(json.dumps(kept))


def test_a_card_survives_writing_and_reading():
    card = read(SCHEMA_2)
    assert ModelCard.from_json(card.to_json()) == card
    assert json.loads(card.to_json()) == SCHEMA_2


def test_a_card_of_schema_1_is_read_and_written_as_schema_2():
    card = read(SCHEMA_1)
    assert card == read(SCHEMA_2)
    assert json.loads(card.to_json()) == SCHEMA_2


@pytest.mark.parametrize(
    ("inputs", "picture", "names", "rereads"),
    [
        pytest.param(["picture"], SCHEMA_1["picture"], ("picture",), 0, id="pictures"),
        pytest.param(["landmarks"], None, ("landmarks",), 5, id="landmarks"),
        pytest.param(
            ["picture", "landmarks", "found"],
            {"size": 28, "mean": [0.5], "std": [0.25], "context": 1.5},
            ("picture", "landmarks", "found"),
            5,
            id="both, before crops could be whole",
        ),
    ],
)
def test_inputs_of_schema_1(inputs, picture, names, rereads):
    card = read(SCHEMA_1, inputs=inputs, picture=picture)
    assert (card.input_names, card.rereads) == (names, rereads)
    assert (card.picture is None) == (picture is None)


BAD_SCHEMA_1 = {
    "no inputs": ({"inputs": []}, "inputs"),
    "an unknown input": ({"inputs": ["sound"]}, "inputs"),
    "an input twice": ({"inputs": ["picture", "picture"]}, "inputs"),
    "inputs that are no names": ({"inputs": [["picture"], {}]}, "inputs"),
    "a text for inputs": ({"inputs": "picture"}, "inputs is no list"),
    "nothing but whether there is a hand": ({"inputs": ["found"], "picture": None}, "inputs"),
    "a picture input without its size": ({"picture": None}, "picture must be set"),
    "a picture that is not looked at": ({"inputs": ["landmarks"]}, "picture must be set"),
    "a text as picture": ({"picture": "big"}, "picture: its fields"),
    "a picture of another kind": ({"picture": SEQUENCE}, "picture: its fields"),
    "a giant picture": ({"picture": PICTURE | {"size": 10**9}}, "picture"),
    "a thousand rereads": ({"readings": 1000}, "readings 1000"),
    "half a reread": ({"readings": 0.5}, "readings 0.5"),
}


@pytest.mark.parametrize(("changes", "message"), BAD_SCHEMA_1.values(), ids=BAD_SCHEMA_1)
def test_an_unusable_card_of_schema_1_is_refused(changes, message):
    with pytest.raises(CardError, match=message):
        read(SCHEMA_1, **changes)


@pytest.mark.parametrize(
    ("inputs", "names"),
    [
        ([PICTURE], ("picture",)),
        ([LANDMARKS], ("landmarks",)),
        ([PICTURE, LANDMARKS], ("picture", "landmarks", "found")),
        ([SEQUENCE], ("sequence",)),
    ],
    ids=["picture", "landmarks", "both", "sequence"],
)
def test_inputs(inputs, names):
    card = read(SCHEMA_2, inputs=inputs)
    assert card.input_names == names
    assert json.loads(card.to_json())["inputs"] == inputs
    kinds = {entry["kind"] for entry in inputs}
    typed = {"picture": card.picture, "landmarks": card.landmarks, "sequence": card.sequence}
    assert {kind for kind, entry in typed.items() if entry is not None} == kinds
    assert card.rereads == (5 if "landmarks" in kinds else 0)


def test_fields_of_an_input_that_may_be_missing():
    shown = {name: value for name, value in PICTURE.items() if name != "crop"}
    card = read(SCHEMA_2, inputs=[shown, {"kind": "landmarks"}])
    assert card.picture == PictureInput(64, (0.0,) * 3, (1.0,) * 3, 1.6, "hand")
    assert card.landmarks == LandmarksInput(0)


def test_the_shape_of_a_sequence():
    assert SequenceInput((468, 522), 16, 64, "mask").shape == (64, 16)


def test_fields_of_later_versions_are_ignored():
    assert read(SCHEMA_2, of_tomorrow=1) == read(SCHEMA_2)


def change(entry: dict[str, object], **fields: object) -> dict[str, object]:
    return {"inputs": [entry | fields]}


BAD_CARDS = {
    "another schema": ({"schema": 3}, "schema 1 or 2 expected"),
    "no schema": ({"schema": None}, "schema 1 or 2 expected"),
    "no name": ({"name": None}, "name"),
    "a path as name": ({"name": "../x"}, "name '../x'"),
    "a name too long": ({"name": "x" * 65}, "name"),
    "a number as name": ({"name": 5}, "name 5"),
    "one label": ({"labels": ["A"]}, "1 labels"),
    "too many labels": ({"labels": [f"sign {i}" for i in range(2001)]}, "2001 labels"),
    "a text for labels": ({"labels": "ABC"}, "labels is no list"),
    "a label twice": ({"labels": ["A", "A", "B"]}, "stands twice"),
    "a small letter": ({"labels": ["a", "B", "C"]}, "label 'a'"),
    "an empty label": ({"labels": ["", "B", "C"]}, "label ''"),
    "a label too long": ({"labels": ["x" * 65, "B", "C"]}, "1 to 64"),
    "a label turning right to left": ({"labels": ["\u202eA", "B", "C"]}, "cannot be shown"),
    "a label not in normal form": ({"labels": ["A\u0308", "B", "C"]}, "plain form"),
    "a number as label": ({"labels": [1, 2, 3]}, "label 1"),
    "no inputs": ({"inputs": []}, "inputs"),
    "inputs of schema 1": ({"inputs": ["picture"]}, "inputs: an entry is none of the kinds"),
    "an unknown input": ({"inputs": [{"kind": "sound"}]}, "none of the kinds picture, landmarks"),
    "a list for a kind": ({"inputs": [{"kind": ["picture"]}]}, "none of the kinds"),
    "an input twice": ({"inputs": [LANDMARKS, LANDMARKS]}, "inputs: .* twice"),
    "sequences and pictures": ({"inputs": [PICTURE, SEQUENCE]}, "inputs: a sequence is"),
    "a giant picture": (change(PICTURE, size=10**9), "picture size 1000000000 is not 8 to 1024"),
    "no deviation": (change(PICTURE, std=[0] * 3), "picture: std: 1 0 is not"),
    "two colours": (change(PICTURE, mean=[0] * 2, std=[1] * 2), "picture mean and std"),
    "no context": (change(PICTURE, context=0), "picture: context 0"),
    "another crop": (change(PICTURE, crop="face"), "picture crop 'face'"),
    "a field too many": (change(PICTURE, colour="grey"), "picture: its fields must be context,"),
    "a thousand rereads": (change(LANDMARKS, rereads=1000), "rereads 1000 is not 0 to 20"),
    "half a reread": (change(LANDMARKS, rereads=0.5), "rereads 0.5"),
    "no frames": (change(SEQUENCE, frames=0), "sequence frames 0 is not 1 to 10000"),
    "no landmarks": (change(SEQUENCE, landmarks=[]), "sequence landmarks: there is none"),
    "a landmark twice": (change(SEQUENCE, landmarks=[468, 468]), "or one stands twice"),
    "half a landmark": (change(SEQUENCE, landmarks=[0.5]), "sequence landmarks: one 0.5"),
    "a landmark beyond the last": (
        change(SEQUENCE, landmarks=[543]),
        "landmarks: one 543 is not",
    ),
    "landmarks by name": (change(SEQUENCE, landmarks="hands"), "landmarks is no list"),
    "half a feature": (change(SEQUENCE, features=0.5), "sequence features 0.5"),
    "an endless gap": (change(SEQUENCE, gap=1001), "sequence gap 1001 is not 0 to 1000"),
    "boxes perhaps": (change(SEQUENCE, own_boxes=1), "own_boxes 1 is neither true nor false"),
    "third differences": (change(SEQUENCE, differences=3), "sequence differences 3 is not 0 to 2"),
    "one coordinate": (change(SEQUENCE, coordinates=1), "sequence coordinates 1 is not 2 to 3"),
    "filled with sand": (change(SEQUENCE, filling="sand"), "sequence filling 'sand'"),
    "centred elsewhere": (change(SEQUENCE, centre="knee"), "sequence centre 'knee' is none of"),
    "scaled otherwise": (change(SEQUENCE, scale=""), "sequence scale '' is none of"),
    "a sequence without frames": (
        {"inputs": [{name: SEQUENCE[name] for name in SEQUENCE if name != "frames"}]},
        "sequence: its fields must be",
    ),
    "a threshold above 1": ({"abstain_below": {"hand": 2}}, "abstain_below: hand 2"),
    "a threshold that is none": ({"abstain_below": {"hand": float("nan")}}, "abstain_below"),
    "a threshold for a foot": ({"abstain_below": {"foot": 0.5}}, "abstain_below 'foot'"),
    "a list of thresholds": ({"abstain_below": [0.5]}, "abstain_below"),
}


@pytest.mark.parametrize(("changes", "message"), BAD_CARDS.values(), ids=BAD_CARDS)
def test_an_unusable_card_is_refused(changes, message):
    with pytest.raises(CardError, match=message):
        read(SCHEMA_2, **changes)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{'name': 1}", id="single quotes"),
        pytest.param(b"[1]", id="a list"),
        pytest.param(b"[" * 200_000, id="nested without end"),
        pytest.param(b"\xff\xfe\x00", id="no UTF-8"),
        pytest.param(pickle.dumps({"schema": 1}), id="a pickle"),
    ],
)
def test_a_card_that_is_no_json_is_refused(content):
    with pytest.raises(CardError):
        ModelCard.from_json(content.decode(errors="replace"))


def test_a_model_of_schema_1_is_used_like_any_other(tiny_bundle: Callable, asl_home):
    from asl.bundle import CARD, find_bundle
    from asl.inference.pictures.predictor import Predictor

    bundle = tiny_bundle("old")
    old = SCHEMA_1 | {"name": "old", "picture": SCHEMA_1["picture"] | {"size": 16}}
    (bundle.folder / CARD).write_text(json.dumps(old))
    found = find_bundle("old")
    assert found.card.picture.crop == "whole"
    assert Predictor(found).card.input_names == ("picture", "landmarks", "found")
