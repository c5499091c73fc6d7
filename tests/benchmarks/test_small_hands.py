"""Pictures with small hands are what they say, and what counts as found."""

import numpy as np
import pytest
from PIL import Image

from asl.evaluation.results.result import Result
from asl.examples import example_pictures
from asl.hands.detector import Hand, HandDetector
from benchmarks import small_hands
from benchmarks.small_hand_pictures import PHONE, SCREEN, Composed, Photo, phone_photo, screenshot

ROOMS = [Image.new("RGB", (120, 300), colour) for colour in ("gray", "tan", "navy")]


def hand_at(left: float, top: float, right: float, bottom: float) -> Hand:
    landmarks = np.full((21, 3), ((left + right) / 2, (top + bottom) / 2, 0), np.float32)
    landmarks[0], landmarks[1] = (left, top, 0), (right, bottom, 0)
    return Hand(landmarks, "right", 0.9)


@pytest.fixture
def photo() -> Photo:
    """Red where its hand is."""
    rgb = np.full((400, 400, 3), 40, np.uint8)
    rgb[100:300, 150:250] = (255, 0, 0)
    return Photo.of(rgb, hand_at(150, 100, 250, 300))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("make", "size"), [(phone_photo, PHONE), (screenshot, SCREEN)], ids=["phone", "screen"]
)
def test_the_box_is_where_the_hand_is(photo, make, size, seed):
    made = make(photo, ROOMS, np.random.default_rng(seed))
    assert made.rgb.shape == (*size[::-1], 3)
    left, top, right, bottom = made.box
    assert 0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]
    x, y = round((left + right) / 2), round((top + bottom) / 2)
    assert made.rgb[y, x].tolist() == [255, 0, 0]
    longer = bottom - top
    if make is phone_photo:
        assert longer == pytest.approx(700)
    else:
        assert 0.15 <= longer * 2 / SCREEN[0] <= 0.2  # the hand is half its photo


@pytest.mark.parametrize("make", [phone_photo, screenshot], ids=["phone", "screen"])
def test_without_a_hand(photo, make):
    made = make(None, ROOMS, np.random.default_rng(0))
    assert made.box is None
    assert not (made.rgb == (255, 0, 0)).all(-1).any()


def test_rooms_are_what_lies_beside_the_hand(photo):
    room = np.asarray(photo.room())
    assert min(room.shape[:2]) >= 80 and (room == 40).all()
    full = Photo.of(np.zeros((100, 100, 3), np.uint8), hand_at(10, 10, 90, 90))
    assert full.room() is None


@pytest.mark.parametrize(
    ("box", "found"),
    [
        ((100, 100, 200, 200), True),
        ((120, 90, 220, 190), True),
        ((110, 110, 180, 180), True),
        ((130, 130, 170, 170), False),
        ((190, 100, 290, 200), False),
        ((60, 60, 260, 260), False),
    ],
    ids=["the same", "a little beside", "smaller", "much smaller", "beside", "much larger"],
)
def test_found(box, found):
    assert small_hands.is_found(hand_at(*box), (100, 100, 200, 200)) is found
    assert not small_hands.is_found(None, (100, 100, 200, 200))


class Detector(HandDetector):
    """Finds a hand in the middle of bright pictures, of very bright ones as a whole, too."""

    def __init__(self) -> None: ...

    def detect(self, rgb: np.ndarray) -> Hand | None:
        return hand_at(10, 10, 30, 30) if rgb.mean() > 100 else None

    def detect_in_whole(self, rgb: np.ndarray) -> Hand | None:
        return self.detect(rgb) if rgb.mean() > 200 else None


def test_both_ways_are_counted():
    box = (10.0, 10.0, 30.0, 30.0)
    pictures = [
        Composed(np.full((40, 40, 3), light, np.uint8), where)
        for light, where in ((50, box), (150, box), (250, box), (150, None), (50, None))
    ]
    found, times = small_hands.search(Detector(), iter(pictures))
    assert found == [(False, False), (False, True), (True, True), (False, True), (False, False)]
    assert all(time >= 0 for pair in times for time in pair)


def test_a_results_file(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "asl_letters" / "valid" / "L"
    folder.mkdir(parents=True)
    for number in range(2):
        (folder / f"{number}.jpg").write_bytes(example_pictures()["V 1"])
    monkeypatch.setenv("ASL_DATA", str(tmp_path))
    monkeypatch.setattr(Photo, "room", lambda photo: ROOMS[0])
    out = tmp_path / "small-hands.json"
    small_hands.main(["--out", str(out), "--pictures", "1"])
    result = Result.read(out)
    assert result.command == "python -m benchmarks.small_hands --pictures 1"
    phone, half, screen, *empty = (row for row in result.rows if "pictures" in row)
    assert (
        phone["and parts"] == half["and parts"] == screen["and parts"] == 1
        and phone["aim"] == "80 %"
    )
    assert [row["and parts"] for row in empty] == [0, 0, 0]
    assert capsys.readouterr().out.strip() == result.to_markdown()


def test_no_photo_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ASL_DATA", str(tmp_path))
    with pytest.raises(SystemExit):
        small_hands.main([])
    assert "no photo with a hand in asl_letters" in capsys.readouterr().err
