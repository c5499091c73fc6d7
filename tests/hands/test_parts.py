"""Parts of pictures cover them, places in them are places in the picture, small hands are found."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from asl.examples import example_pictures
from asl.hands.detector import HandDetector
from asl.hands.networks import Palm, distinct
from asl.hands.parts import OVERLAP, SCALES, SIDE, close_up, levels
from asl.hands.square import Square

sizes = st.tuples(st.integers(1, 2500), st.integers(1, 2500))


@pytest.fixture(scope="module")
def detector() -> HandDetector:
    return HandDetector()


@pytest.fixture(scope="module")
def crop() -> Image.Image:
    """A hand that fills its picture."""
    return Image.open(BytesIO(example_pictures()["V 1"])).convert("RGB")


def scene_with(crop: Image.Image, size: tuple[int, int], corner: tuple[int, int], side: int):
    scene = Image.new("RGB", size, (96, 110, 120))
    scene.paste(crop.resize((side, side)), corner)
    return np.asarray(scene)


class TestGeometry:
    @settings(max_examples=40, deadline=None)
    @given(sizes)
    def test_parts_cover_the_picture_and_overlap(self, size):
        rgb = np.zeros((*size, 3), np.uint8)
        found = list(levels(rgb))
        assert len(found) == sum(max(size) >= scale * SIDE for scale in SCALES)
        for level in found:
            seen = np.zeros(level.view.shape[:2], int)
            for left, top in level.corners:
                part = level.part((left, top))
                assert part.shape == (*np.minimum(seen.shape, SIDE), 3)
                seen[top : top + SIDE, left : left + SIDE] += 1
            assert seen.min() == 1
            for axis in (0, 1):
                starts = np.unique([corner[axis] for corner in level.corners])
                assert (np.diff(starts) <= SIDE * (1 - OVERLAP) + 1).all()

    @settings(max_examples=40, deadline=None)
    @given(sizes, st.integers(0, 2**32 - 1))
    def test_what_is_small_lies_in_one_part_as_a_whole(self, size, seed):
        random = np.random.default_rng(seed)
        for level in levels(np.zeros((*size, 3), np.uint8)):
            shape = np.array(level.view.shape[1::-1])
            side = np.minimum(OVERLAP * SIDE - 2, shape)
            low = random.uniform(0, shape - side)
            assert any(
                (low >= corner).all() and (low + side <= np.add(corner, SIDE)).all()
                for corner in level.corners
            )

    @settings(max_examples=25, deadline=None)
    @given(st.integers(400, 1800), st.integers(400, 1800), st.data())
    def test_places_in_a_part_are_places_in_the_picture(self, width, height, data):
        x, y = data.draw(st.integers(20, width - 21)), data.draw(st.integers(20, height - 21))
        rgb = np.zeros((height, width, 3), np.uint8)
        rgb[y - 20 : y + 21, x - 20 : x + 21] = 255
        for level in levels(rgb):
            shown = 0
            for corner in level.corners:
                bright = np.argwhere(level.part(corner)[..., 0] > 127)[:, ::-1]
                if len(bright) < (level.part(corner)[..., 0] > 0).sum() / 2 or not len(bright):
                    continue
                inside = (bright.min(0) > 0) & (bright.max(0) + 1 < level.part(corner).shape[1::-1])
                if inside.all():
                    palm = Palm(Square(bright.mean(0) + 0.5, 10.0), 0.9)
                    placed = palm.placed(level.scale, corner).square
                    assert np.abs(placed.centre - (x + 0.5, y + 0.5)).max() < 1.5 * level.scale
                    assert placed.side == pytest.approx(10 * level.scale)
                    shown += 1
            assert shown or min(x, y, width - x, height - y) < 25

    @settings(max_examples=50, deadline=None)
    @given(sizes, st.floats(-500, 3000), st.floats(-500, 3000), st.floats(1, 900))
    def test_a_close_up_is_what_the_picture_shows_there(self, size, x, y, side):
        rgb = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
        shown, (left, top) = close_up(rgb, np.array((x, y)), side)
        height, width = shown.shape[:2]
        assert height and width
        np.testing.assert_array_equal(shown, rgb[top : top + height, left : left + width])
        if side / 2 < x < size[1] - side / 2 and side / 2 < y < size[0] - side / 2:
            assert left <= x - side / 2 and x + side / 2 <= left + width
            assert top <= y - side / 2 and y + side / 2 <= top + height

    def test_of_palms_in_one_place_the_surest_counts(self):
        here, beside, there = (Square(np.array(at), 100.0) for at in ((0, 0), (20, 0), (200, 0)))
        palms = [Palm(here, 0.6), Palm(beside, 0.9), Palm(there, 0.7)]
        assert [palm.score for palm in distinct(palms)] == [0.9, 0.7]
        assert distinct([]) == []


class TestSmallHands:
    """With the pictures that come along; `benchmarks.small_hands` measures how many are found."""

    @pytest.mark.parametrize(
        ("size", "corner", "side"),
        [((4000, 3000), (2500, 1300), 600), ((1920, 1080), (1400, 700), 170)],
        ids=["phone", "screen"],
    )
    def test_it_is_found_only_in_parts(self, detector, crop, size, corner, side):
        scene = scene_with(crop, size, corner, side)
        alone = detector.detect(scene_with(crop, (side, side), (0, 0), side))
        hand = detector.detect(scene)
        assert detector.detect_in_whole(scene) is None
        assert hand.side == alone.side and hand.presence >= 0.95
        apart = np.abs(hand.landmarks[:, :2] - corner - alone.landmarks[:, :2])
        assert apart.mean() < 0.08 * alone.extent

    def test_it_is_reread_in_full_resolution(self, detector, crop):
        corner, side = (2500, 1300), 600
        scene = scene_with(crop, (4000, 3000), corner, side)
        hand = detector.detect(scene)
        plain, mirrored = detector.reread(scene, hand, 2, np.random.default_rng(0))
        back = replace(mirrored, landmarks=mirrored.landmarks * (-1, 1, 1) + (4000, 0, 0))
        for again in (plain, back):
            apart = np.abs(again.landmarks - hand.landmarks)[:, :2].mean()
            assert 0 < apart < 0.06 * hand.extent
        assert plain.side == hand.side != mirrored.side

    def test_parts_are_not_searched_where_the_whole_shows_a_hand(self, detector, crop, monkeypatch):
        scene = scene_with(crop, (800, 800), (0, 0), 800)
        monkeypatch.setattr("asl.hands.detector.levels", lambda rgb: pytest.fail("searched"))
        assert detector.detect(scene) is not None

    @pytest.mark.parametrize(
        ("size", "presence", "searched"),
        [(1200, 0.5, True), (640, 0.5, False), (1200, 0.97, False)],
        ids=["not certain", "not certain, all pixels were searched", "certain"],
    )
    def test_a_hand_that_is_not_certain_is_searched_for_where_there_are_more_pixels(
        self, detector, make_hand, monkeypatch, size, presence, searched
    ):
        whole, asked = replace(make_hand(), presence=presence), []
        monkeypatch.setattr(HandDetector, "detect_in_whole", lambda *_: whole)
        monkeypatch.setattr(
            "asl.hands.detector.levels", lambda rgb: asked.append(rgb.shape) or iter(())
        )
        assert detector.detect(np.zeros((size, size, 3), np.uint8)) is whole
        assert bool(asked) is searched

    def test_noise_stays_empty(self, detector):
        random = np.random.default_rng(0)
        coarse = random.integers(0, 256, (30, 40, 3), np.uint8)
        for noise in (
            random.integers(0, 256, (900, 1200, 3), np.uint8),
            np.asarray(Image.fromarray(coarse).resize((1600, 1200), Image.Resampling.BICUBIC)),
            np.full((1080, 1920, 3), 255, np.uint8),
        ):
            assert detector.detect(noise) is None

    @pytest.mark.parametrize("size", [(1, 4000), (4000, 1), (300, 2)], ids=str)
    def test_thin_pictures_are_searched(self, detector, size):
        assert detector.detect(np.full((*size, 3), 128, np.uint8)) is None
