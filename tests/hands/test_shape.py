"""What a hand does differently from the typical one, on drawn hands and under every movement."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.bundle import BUNDLED_MODELS, CARD, DEFAULT_MODEL
from asl.hands.landmarks import FINGERS, normalise
from asl.hands.shape import TOLERANCE, bend, compare_shapes, spread, thumb_out

FOUR = ("index", "middle", "ring", "little")
OPPOSITE = {
    "bent": "straight",
    "straight": "bent",
    "spread": "together",
    "together": "spread",
    "thumb in": "thumb out",
    "thumb out": "thumb in",
    "turned": "turned",
}

any_hand = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).uniform(-2, 2, (21, 3))
)
degrees = st.floats(-180, 180)


@pytest.fixture
def points(make_hand):
    """``points(*straight fingers)``: a drawn right hand, normalised."""

    def make(*straight: str) -> np.ndarray:
        hand = make_hand(straight)
        return normalise(hand.landmarks, hand.side).astype(np.float64)

    return make


def rotation(x: float, y: float, z: float) -> np.ndarray:
    """The matrix that turns row vectors about the three axes, in degrees."""
    turned = np.eye(3)
    for axis, angle in enumerate(np.radians((x, y, z))):
        one, other = (i for i in range(3) if i != axis)
        turn = np.eye(3)
        turn[[one, other], [one, other]] = np.cos(angle)
        turn[one, other], turn[other, one] = np.sin(angle), -np.sin(angle)
        turned = turned @ turn
    return turned


def swing(points: np.ndarray, finger: str, angle: float) -> np.ndarray:
    """The hand with one finger turned about its first joint in the picture's plane."""
    joints = list(FINGERS[finger])
    moved = points.copy()
    moved[joints] = (points[joints] - points[joints[0]]) @ rotation(0, 0, angle) + points[joints[0]]
    return moved


def told(differences) -> set[tuple[str, str]]:
    return {(one.finger, one.kind) for one in differences}


@given(any_hand)
def test_a_hand_does_not_differ_from_itself(hand):
    assert compare_shapes(hand, hand) == ()


@given(any_hand, any_hand)
def test_the_other_way_round_everything_is_opposite(hand, typical):
    there = {(d.finger, d.kind): d.amount for d in compare_shapes(hand, typical)}
    back = {(d.finger, OPPOSITE[d.kind]): d.amount for d in compare_shapes(typical, hand)}
    # A difference of half a turn has no side.
    clear = {key for key in there if there[key] < 179.9}
    assert clear == {key for key in back if back[key] < 179.9}
    assert all(there[key] == pytest.approx(back[key], abs=1e-6) for key in clear)


@given(any_hand, any_hand)
def test_the_largest_comes_first_and_small_ones_are_left_out(hand, typical):
    sizes = [one.amount / TOLERANCE[one.kind] for one in compare_shapes(hand, typical)]
    assert sizes == sorted(sizes, reverse=True)
    assert all(size > 1 for size in sizes)


@given(any_hand, degrees, degrees, degrees, st.floats(0.2, 5), st.floats(-3, 3))
def test_angles_do_not_depend_on_place_size_and_direction(hand, x, y, z, scale, shift):
    moved = scale * hand @ rotation(x, y, z) + shift
    for finger in FINGERS:
        assert bend(moved, finger) == pytest.approx(bend(hand, finger), abs=1e-4)


@given(degrees, degrees, degrees)
def test_a_hand_in_any_direction_keeps_its_spread_and_thumb(x, y, z):
    hand = np.zeros((21, 3))
    for number, (finger, joints) in enumerate(FINGERS.items()):
        ray = np.array([0.6 - 0.3 * number, -1.0, 0.0])
        for step, joint in enumerate(joints, start=1):
            hand[joint] = ray * (0.5 + 0.3 * step)
        assert bend(hand, finger) == pytest.approx(0, abs=1e-4)
    moved = hand @ rotation(x, y, z)
    assert spread(moved, "index", "middle") == pytest.approx(spread(hand, "index", "middle"))
    assert thumb_out(moved) == pytest.approx(thumb_out(hand))


@pytest.mark.parametrize("finger", FOUR)
def test_a_bent_finger_is_named(points, finger):
    others = [name for name in FINGERS if name != finger]
    (only,) = compare_shapes(points(*others), points(*FINGERS))
    assert (only.finger, only.kind) == (finger, "bent")
    assert only.amount == pytest.approx(180, abs=1)
    assert only.sentence.startswith(f"Your {finger} finger is more bent than usual")


@pytest.mark.parametrize("finger", FOUR)
def test_a_straight_finger_is_named(points, finger):
    (only,) = compare_shapes(points(finger), points())
    assert (only.finger, only.kind) == (finger, "straight")
    assert "bend it (by about 180°)." in only.sentence


@pytest.mark.parametrize(
    ("angle", "kind"), [pytest.param(20, "spread", id="V"), pytest.param(-20, "together", id="R")]
)
def test_fingers_that_are_apart_or_crossed(points, angle, kind):
    hand = points("index", "middle")
    thumb_side = np.sign(hand[FINGERS["index"][0], 0] - hand[FINGERS["middle"][0], 0])
    (only,) = compare_shapes(swing(hand, "index", thumb_side * angle), hand)
    assert (only.finger, only.kind) == ("index", kind)
    assert only.amount == pytest.approx(20, abs=0.5)


def test_the_spread_of_bent_fingers_is_not_judged(points):
    hand = points("middle")
    assert compare_shapes(swing(hand, "index", 30), hand) == ()


@pytest.mark.parametrize(("angle", "kind"), [(60, "thumb out"), (-60, "thumb in")])
def test_the_thumb(points, angle, kind):
    hand = points(*FINGERS)
    out = np.sign(hand[FINGERS["thumb"][0], 0])
    moved = hand.copy()
    joints = list(FINGERS["thumb"][1:])
    base = hand[joints[0]]
    moved[joints] = (hand[joints] - base) @ rotation(0, 0, out * angle) + base
    assert ("thumb", kind) in told(compare_shapes(moved, hand))


def test_a_turned_hand_says_where_the_sign_points(points):
    hand = points(*FINGERS)
    (only,) = compare_shapes(hand @ rotation(0, 0, 90), hand)
    assert (only.finger, only.kind) == ("hand", "turned")
    assert only.amount == pytest.approx(90, abs=0.5)
    assert "usually points up (by about 90°)" in only.sentence


def test_a_hand_that_points_at_the_camera_has_no_direction(points):
    hand = points(*FINGERS)
    assert compare_shapes(hand @ rotation(80, 0, 90), hand) == ()


@pytest.mark.parametrize(
    ("made", "meant", "first"),
    [
        pytest.param("D", "L", ("thumb", "thumb in"), id="D for L"),
        pytest.param("U", "V", ("index", "together"), id="U for V"),
        pytest.param("V", "U", ("index", "spread"), id="V for U"),
        pytest.param("R", "U", ("index", "together"), id="R for U"),
        pytest.param("A", "Y", ("little", "bent"), id="A for Y"),
        pytest.param("I", "A", ("little", "straight"), id="I for A"),
    ],
)
def test_typical_mistakes(made, meant, first):
    card = BUNDLED_MODELS / DEFAULT_MODEL / CARD
    if not card.is_file():
        pytest.skip("needs the bundled model")
    shapes = json.loads(card.read_text(encoding="utf-8"))["handshapes"]
    differences = compare_shapes(np.array(shapes[made]), np.array(shapes[meant]))
    assert (differences[0].finger, differences[0].kind) == first


@pytest.mark.parametrize(
    ("hand", "message"),
    [
        pytest.param(np.zeros((20, 3)), r"hand: shape \(20, 3\)", id="a joint is missing"),
        pytest.param(np.full((21, 3), np.nan), "hand: a value is not finite", id="NaN"),
    ],
)
def test_unusable_landmarks_are_named(hand, message):
    with pytest.raises(ValueError, match=message):
        compare_shapes(hand, np.zeros((21, 3)))
