"""What the page's camera sends is taken as it is meant, or refused; nothing else happens."""

from __future__ import annotations

import base64
import copy
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from asl.hands.crop import crop_hand
from asl.ui.hand_camera.messages import MOST_FRAMES, hand_in_cut, read_message

SIZES = {"read": 128, "sample": 256}
PARTS = ("number", "size", "frames", "cut", "body")


def jpeg(width: int = 128, height: int = 128, kind: str = "JPEG") -> str:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(file, kind)
    return base64.b64encode(file.getvalue()).decode()


@pytest.fixture
def message(make_hand):
    """A message as the page sends it: two frames, the first without a hand, and a cut-out."""
    joints = make_hand(size=60, at=(300, 200)).landmarks.ravel().round(1).tolist()
    return {
        "number": 7,
        "size": [640, 480],
        "frames": [[100.0], [150, 0.93, *joints]],
        "cut": {"frame": 1, "kind": "read", "jpeg": jpeg()},
    }


def test_what_the_page_sends_is_taken(message, make_hand):
    taken = read_message(message, SIZES)
    nothing, shown = taken.frames
    assert taken.number == 7 and nothing.hand is None and nothing.cut is None
    assert (shown.milliseconds, shown.hand.side, shown.kind) == (150, "right", "read")
    assert shown.hand.score == pytest.approx(0.93)
    assert shown.cut.shape == (128, 128, 3) and shown.cut[64, 64, 0] > 250
    message["frames"][1][1], message["cut"] = 0.2, None
    left = read_message(message, SIZES).frames[1]
    assert (left.hand.side, left.hand.score, left.cut) == ("left", 0.8, None)


@pytest.fixture
def of_both(make_hand):
    """A message of both hands: two frames, one with a hand and one with two, and the shoulders."""
    left, right = (
        make_hand(size=60, at=at).landmarks.ravel().round(1).tolist()
        for at in ((400, 200), (200, 200))
    )
    return {
        "number": 7,
        "size": [640, 480],
        "frames": [[100.0, 0.93, *right], [150, 0.93, *right, 0.1, *left]],
        "cut": None,
        "body": [100.0, 400.0, 300.0, 250.0, 310.0],
    }


def test_both_hands_and_the_shoulders_are_taken_where_they_are_asked_for(of_both):
    taken = read_message(of_both, {}, both=True)
    one, two = taken.frames
    assert [hand.side for hand in one.hands] == ["right"]
    assert [(hand.side, hand.score) for hand in two.hands] == [("right", 0.93), ("left", 0.9)]
    assert two.hands[1].landmarks[:, 0].mean() > 350 > two.hands[0].landmarks[:, 0].mean()
    assert taken.size == (640, 480) and taken.body.milliseconds == 100
    assert taken.body.shoulders.tolist() == [[400, 300], [250, 310]]
    nobody = read_message(of_both | {"body": [120.0]}, {}, both=True)
    assert nobody.body.milliseconds == 120 and nobody.body.shoulders is None
    with pytest.raises(ValueError, match="frames"):
        read_message(of_both, SIZES)
    with pytest.raises(ValueError, match="body: nobody asked"):
        read_message(of_both | {"frames": [[1.0]]}, SIZES)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("body", "no list"), ([], "no list"), ([1.0, 2.0], "no body"), ([1.0] * 6, "no list"),
        ([-1.0], "time"), ([1.0, 4.0, 4.0, 4.0, float("nan")], "finite"),
        ([1.0, 4.0, 4.0, 4.0, "4"], "no number"), ([1.0, 4.0, 4.0, 4.0, 10**6], "beside"),
        ({"a": 1}, "no list"), ([True], "no number"), ([1.0, 10**400, 1, 1, 1], "too large"),
    ],
)  # fmt: skip
def test_a_body_that_makes_no_sense_is_refused(of_both, body, reason):
    with pytest.raises(ValueError, match=f"body: .*{reason}"):
        read_message(of_both | {"body": body}, {}, both=True)


def test_no_cut_out_is_taken_that_was_not_asked_for(of_both):
    cut = {"frame": 0, "kind": "read", "jpeg": jpeg()}
    with pytest.raises(ValueError, match="cut: its kind"):
        read_message(of_both | {"cut": cut}, {}, both=True)


def changed(path: tuple, value: object):
    """A change of the message at a path of keys; `...` deletes."""

    def change(message: dict) -> dict:
        place = message
        for key in path[:-1]:
            place = place[key]
        if value is ...:
            del place[path[-1]]
        else:
            place[path[-1]] = value
        return message

    return change


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda _: None, "message"),
        (lambda _: "x", "message"),
        (lambda _: [1], "message"),
        (changed(("number",), ...), "number"),
        (changed(("number",), True), "number"),
        (changed(("number",), 2**40), "number"),
        (changed(("size",), [640]), "size"),
        (changed(("size",), [640, 10**9]), "size"),
        (changed(("size",), [640.5, 480]), "size"),
        (changed(("size",), {"width": 640}), "size"),
        (changed(("frames",), []), "frames"),
        (changed(("frames",), "frames"), "frames"),
        (changed(("frames",), [[float(n)] for n in range(MOST_FRAMES + 1)]), "frames"),
        (changed(("frames", 0), []), "frames"),
        (changed(("frames", 0), [1.0] * 10**5), "frames"),
        (changed(("frames", 0), [[1.0]]), "frames"),
        (changed(("frames", 0), [-1.0]), "frames"),
        (changed(("frames", 0), [150.0]), "one after the other"),
        (changed(("frames", 1, 0), 10**300), "frames"),
        (changed(("frames", 1, 0), 10**400), "frames"),
        (changed(("frames", 1, 1), 1.5), "right hand"),
        (changed(("frames", 1, 5), float("nan")), "finite"),
        (changed(("frames", 1, 5), float("inf")), "finite"),
        (changed(("frames", 1, 5), "12"), "frames"),
        (changed(("frames", 1, 5), None), "frames"),
        (changed(("frames", 1, 5), True), "frames"),
        (changed(("frames", 1, 5), 10**6), "beside the picture"),
        (changed(("frames", 1, 5), -(10**6)), "beside the picture"),
        (changed(("frames", 1), [150.0, 0.9, *[5.0] * 63]), "one place"),
        (changed(("frames", 1), [150.0, 0.9, *[5.0] * 60]), "no frame"),
        (changed(("cut",), "cut"), "cut"),
        (changed(("cut", "frame"), 2), "cut"),
        (changed(("cut", "frame"), -1), "cut"),
        (changed(("cut", "frame"), True), "cut"),
        (changed(("cut", "frame"), 0), "no hand"),
        (changed(("cut", "kind"), "whole"), "kind"),
        (changed(("cut", "kind"), ["read"]), "kind"),
        (changed(("cut", "kind"), "sample"), "256 pixels"),
        (changed(("cut", "jpeg"), b"x"), "cut"),
        (changed(("cut", "jpeg"), "A" * 10**6), "characters"),
        (changed(("cut", "jpeg"), "not base64!"), "whole"),
        (changed(("cut", "jpeg"), jpeg(kind="PNG")), "no JPEG"),
        (changed(("cut", "jpeg"), jpeg()[:400]), "cut"),
        (changed(("cut", "jpeg"), jpeg(4000, 8)), "128 pixels"),
        (changed(("cut", "jpeg"), base64.b64encode(b"\xff\xd8\xff" + b"0" * 999).decode()), "cut"),
    ],
)  # fmt: skip
def test_what_the_page_does_not_send_is_refused_by_its_part(message, change, part):
    with pytest.raises(ValueError, match=part) as refused:
        read_message(change(copy.deepcopy(message)), SIZES)
    assert len(str(refused.value)) < 200


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


@settings(max_examples=50)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(PARTS, anything)) | anything)
def test_whatever_is_sent_no_other_error_comes(sent):
    for sizes, both in ((SIZES, False), ({}, True)):
        with pytest.raises(ValueError):
            read_message(sent, sizes, both)


@given(
    st.floats(20, 200), st.tuples(st.floats(-50, 700), st.floats(-50, 500)), st.booleans(),
    st.sampled_from([1.0, 1.45, 2.9]),
)  # fmt: skip
def test_a_network_is_shown_the_cut_out_as_it_came(make_hand, size, at, left, context):
    hand = make_hand(side="left" if left else "right", size=size, at=at)
    noise = np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8)
    inside = hand_in_cut(hand, noise, context)
    shown = crop_hand(noise, inside, 128, context=context)
    near = np.abs(shown[:, :: -1 if left else 1].astype(int) - noise)
    assert near[2:-2, 2:-2].mean() < 2
