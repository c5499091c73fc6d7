"""People drawn on frames and on paper."""

import io
import time

import numpy as np
import pytest
from PIL import Image

from asl.data.sequences.layout import LEFT_HAND, RIGHT_HAND
from asl.figures.motion.drawing import Paper, View, overlay, sheet, still
from asl.figures.motion.lines import HAND_COLOURS

GREY = np.full((240, 320, 3), 90, np.uint8)


def count(rgb, colour: str, far: int = 40) -> int:
    """How many pixels have about that colour."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return int((np.abs(np.asarray(rgb).astype(int) - wanted).max(-1) <= far).sum())


def middle(rgb, colour: str) -> tuple[float, float]:
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    y, x = np.nonzero(np.abs(np.asarray(rgb).astype(int) - wanted).max(-1) <= 40)
    return float(x.mean()) / rgb.shape[1], float(y.mean()) / rgb.shape[0]


def test_hands_lie_on_the_frame_where_they_were_seen(signing):
    drawn = overlay(GREY, signing[0])
    assert drawn.shape == GREY.shape and drawn.dtype == np.uint8
    assert (GREY == 90).all(), "the frame itself stays as it is"
    for side, place in (("right", (0.35, 0.9)), ("left", (0.65, 0.9))):
        np.testing.assert_allclose(middle(drawn, HAND_COLOURS[side]), place, atol=0.03)


def test_in_a_mirror_frame_and_hands_are_turned_round(signing):
    frame = GREY.copy()
    frame[:, :10] = 255
    drawn = overlay(frame, signing[0], mirror=True)
    assert (drawn[:100, -10:] == 255).all()
    np.testing.assert_allclose(middle(drawn, HAND_COLOURS["right"]), (0.65, 0.9), atol=0.03)


def test_nothing_seen_leaves_the_frame(signing):
    assert (overlay(GREY, np.full_like(signing[0], np.nan)) == GREY).all()


def test_a_frame_of_the_camera_is_drawn_on_at_once(signing):
    frame = np.zeros((480, 640, 3), np.uint8)
    taken = []
    for _ in range(15):
        start = time.process_time()
        overlay(frame, signing[0])
        taken.append(time.process_time() - start)
    assert min(taken) < 0.004


@pytest.mark.parametrize("background", ["#ffffff", "#030405"])
def test_a_still_is_a_small_picture_on_the_pages_background(signing, background):
    content = still(signing[10], Paper(200, background))
    picture = np.asarray(Image.open(io.BytesIO(content)))
    assert len(content) < 20_000 and picture.shape == (200, 200, 3)
    assert bytes(picture[0, 0]).hex() == background[1:]
    assert count(picture, HAND_COLOURS["right"]) and count(picture, HAND_COLOURS["left"])


def test_left_joints_are_rings(signing):
    def white(rows) -> int:
        alone = signing[0].copy()
        alone[list(rows)] = np.nan
        return count(sheet([(alone, View.of(signing))], Paper(400, "#000000")), "#ffffff", 60)

    assert white(RIGHT_HAND) > 5 and white(LEFT_HAND) == 0


def test_a_view_has_room_for_all_frames_and_keeps_the_shape(signing):
    view = View.of(signing, aspect=2.0)
    every = np.concatenate([view.place(frame, 100) for frame in signing])
    hands = every.reshape(len(signing), -1, 3)[:, [*LEFT_HAND, *RIGHT_HAND], :2]
    assert hands.min() >= 0 and hands.max() <= 100
    across = view.place(np.array([[0.1, 0, 0], [0.2, 0, 0], [0.1, 0.1, 0]]), 100)
    assert across[1, 0] - across[0, 0] == pytest.approx(2 * (across[2, 1] - across[0, 1]))


def test_one_misread_joint_does_not_shrink_the_person(signing):
    view = View.of(signing)
    signing[3, RIGHT_HAND[2], 0] = 50
    assert View.of(signing).side < 1.5 * view.side


def test_only_the_last_person_is_in_colours(signing):
    view = View.of(signing)
    alone = sheet([(signing[0], view)], Paper())
    both = sheet([(signing[29], view), (signing[0], view)], Paper())
    assert abs(count(alone, HAND_COLOURS["right"]) - count(both, HAND_COLOURS["right"])) < 60
    assert count(both, "#808080") > count(alone, "#808080")


def test_a_marked_moment_has_a_frame_and_a_place_on_the_line(signing):
    view = View.of(signing)
    marked = np.asarray(sheet([(signing[0], view)], Paper(), time=0.5, marks=[0.5, 0.25]))
    other = np.asarray(sheet([(signing[0], view)], Paper(), time=0.75, marks=[0.5, 0.25]))
    assert count(marked[:1], "#b4559a") > 300 and count(other[:1], "#b4559a") == 0
    assert count(other[-20:], "#b4559a") > 10


@pytest.mark.parametrize("side", [31, 33, 2000, 64.0])
def test_paper_that_is_none(side):
    with pytest.raises(ValueError, match="side: "):
        Paper(side)


def test_nothing_to_draw(signing):
    with pytest.raises(ValueError, match="neither hands nor shoulders nor face"):
        still(np.full_like(signing[0], np.nan))
