"""Find the signing hand in a picture or a video, with MediaPipe's networks.

The same detector serves training and prediction.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from asl.hands.hand import BONES as BONES
from asl.hands.hand import Hand as Hand
from asl.hands.networks import MODEL_PATH, Joints, Palm, Palms, distinct
from asl.hands.parts import SIDE, close_up, levels
from asl.hands.square import Square

#: Longer side in pixels of the picture that is searched: the networks take up to 224 of them, so
#: that more cost time and change nothing.
_SEARCH_SIDE = 640

#: Sides in pixels and margins of the squares that palms are searched in, in this order. Most hands
#: are large, and found best in few pixels; small ones need more, tight cut-outs a margin.
_SEARCHES = ((128, 0.0), (192, 0.0), (192, 0.5), (192, 0.15))

#: Margins and angles of the whole picture, from which joints are read where no palm is found, as
#: where fingers cover it; the surest counts.
_GUESSES = ((0.0, 0.0), (0.2, 0.0), (0.0, -0.6), (0.0, 0.6), (0.25, -0.6), (0.25, 0.6))

#: Angles of the middle square of an oblong picture, in which joints are searched as well; and
#: how much longer than its other side a picture's longer one must be.
_MIDDLE_ANGLES, _OBLONG = (0.0, -0.6, 0.6), 1.1

#: Shorter pictures than this, in pixels, show no joints; those of Sign Language MNIST have 28, and
#: there are tens of thousands of them.
_LEAST_HEIGHT = 64

#: How sure the networks must be, 0–1, that there is a hand: if a palm was found or the last frame
#: showed a hand, and if nothing speaks for it but the joints.
_SURE, _SURE_WITHOUT_PALM = 0.3, 0.9

#: How sure they must be for the search to end: below, joints are often read upside down or beside
#: the hand, and another search reads them rightly.
CERTAIN = 0.95

#: The same in parts of a picture, of the palm and of the hand: there are many, so that what only
#: looks like a hand is met more often. And how much of the picture around a palm's square is read.
_SURE_IN_PART, _CERTAIN_IN_PART, _CLOSE = 0.5, 0.97, 1.8

#: Side of the part of a large picture in which a hand is read again, in the hand's extents.
_SURROUNDINGS = 3.0

#: How large a second hand must be beside the first; pixels and palms in which it is searched.
_AS_LARGE, _LARGE_SEARCH, _MOST_PALMS = 0.5, 192, 4


class HandDetector:
    """Finds the signing hand in still pictures. Not thread-safe.

    From a palm it can only be guessed where the fingers are; from the joints that are read there
    the hand can be cut out better, as MediaPipe does in the next frame of a video. If that square
    is another one, the joints are read a second time. If it is not certain to be a hand, the
    picture is searched in other ways, too.

    Raises:
        HandsUnavailable: LiteRT or the model file is missing.
    """

    def __init__(self, model: Path = MODEL_PATH):
        self._reader = HandReader(model)

    def detect(self, rgb: np.ndarray) -> Hand | None:
        """Return the signing hand of `rgb`, (height, width, 3) uint8, or None.

        Of several hands the one is taken whose palm the network is surest of, if it is certain to
        be a hand, and else what is most likely one. Where the whole picture shows none, it is
        searched in parts, the larger ones first; and so is one that has more pixels than are
        searched of the whole, if its hand is not certain.
        """
        hand = self.detect_in_whole(rgb)
        certain = hand is not None and hand.presence >= CERTAIN
        if certain or (hand is not None and max(rgb.shape[:2]) <= _SEARCH_SIDE):
            return hand
        return self._detect_in_parts(rgb) or hand

    def detect_in_whole(self, rgb: np.ndarray) -> Hand | None:
        """Return the signing hand of `rgb` as `detect` does, but miss one that is small in it."""
        view, scale = view_of(rgb)
        found = []
        for search in _SEARCHES:
            hand = self._reader.find(view, *search)
            if hand and hand.presence >= CERTAIN:
                return hand.placed(scale)
            found.append(hand)
        found += [self._reader.guess(view, *guess) for guess in _guesses(view)]
        surest = max(filter(None, found), key=lambda hand: hand.presence, default=None)
        return surest and surest.placed(scale)

    def _detect_in_parts(self, rgb: np.ndarray) -> Hand | None:
        """Return the hand of the surest palm in parts of a picture that is certain to be one."""
        for level in levels(rgb):
            palms = []
            for corner in level.corners:
                if palm := self._reader.find_in_part(level.part(corner)):
                    palms.append(palm.placed(level.scale, corner))
            for palm in distinct(palms)[:_MOST_PALMS]:
                if hand := self._read_small(rgb, palm.square):
                    return hand
        return None

    def _read_small(self, rgb: np.ndarray, square: Square) -> Hand | None:
        """Return the hand in a small square of a picture, if it is certain to be one."""
        part, corner = close_up(rgb, square.centre, _CLOSE * square.side)
        view, scale = view_of(part)
        there = Square((square.centre - corner) / scale, square.side / scale, square.angle)
        hand = self._reader.read_closely(view, there)
        if hand is None or hand.presence < _CERTAIN_IN_PART:
            return None
        return hand.placed(scale, corner)

    def shows_another(self, rgb: np.ndarray, hand: Hand) -> bool:
        """Return whether a picture shows a second hand, about as large, as certain to be one.

        Args:
            rgb: (height, width, 3) uint8, in which the hand was found.
            hand: in pixels of `rgb`.
        """
        view, scale = view_of(rgb)
        known = replace(hand, landmarks=hand.landmarks / np.float32(scale))
        middle = known.landmarks[:, :2].mean(0)
        return any(
            other.presence >= CERTAIN
            and other.extent >= _AS_LARGE * known.extent
            and not other.lies_at(middle)
            and not known.lies_at(other.landmarks[:, :2].mean(0))
            for other in self._reader.find_several(view, _LARGE_SEARCH, _MOST_PALMS, [known])
        )

    def reread(
        self, rgb: np.ndarray, hand: Hand, count: int, random: np.random.Generator
    ) -> list[Hand | None]:
        """Return rereads of `hand`: its joints, read in squares that lie a little elsewhere.

        Every other one lies in the picture's mirror image, in which its joints are given.

        Args:
            rgb: (height, width, 3) uint8, in which the hand was found.
            hand: in pixels of `rgb`.
            count: how many squares are drawn.
            random: draws them.

        Returns:
            One hand a square, None where the network finds none.
        """
        part, corner = surroundings(rgb, hand)
        view, scale = view_of(part)
        joints = (hand.landmarks[:, :2] - corner) / scale
        mirrored = joints * (-1, 1) + (view.shape[1], 0)
        beyond = rgb.shape[1] - corner[0] - part.shape[1]
        sides = (
            (view, joints, corner),
            (np.ascontiguousarray(view[:, ::-1]), mirrored, (beyond, corner[1])),
        )
        rereads: list[Hand | None] = []
        for number in range(count):
            picture, around, place = sides[number % 2]
            square = Square.around_joints(around).elsewhere(random)
            reread = self._reader.read_joints(picture, square)
            rereads.append(reread and reread.placed(scale, place))
        return rereads


class HandReader:
    """Both networks, and what is made of their answers."""

    def __init__(self, model: Path, threads: int = 1):
        sizes = {size for size, _ in _SEARCHES}
        self._palms = {size: Palms(size, model, threads) for size in sizes}
        self._joints = Joints(model, threads)

    def find(self, view: np.ndarray, size: int, margin: float) -> Hand | None:
        """Return the hand of the surest palm in a picture, in its pixels."""
        square = self._palms[size].find(view, margin, _SURE)
        return None if square is None else self.read_closely(view, square)

    def search_once(self, view: np.ndarray, attempt: int) -> Hand | None:
        """Return the hand of a picture, searched in one way: another one with each attempt."""
        found = self.find(view, *_SEARCHES[attempt % len(_SEARCHES)])
        guesses = _guesses(view)
        return found or self.guess(view, *guesses[attempt % len(guesses)])

    def find_several(
        self, view: np.ndarray, size: int, most: int, known: Sequence[Hand] = ()
    ) -> list[Hand]:
        """Return the hands of up to `most` palms in a picture, the surest palm first.

        Palms that lie where `known` hands do are not read again.
        """
        found = []
        for palm in self._palms[size].find_several(view, 0.0, _SURE, most):
            if any(hand.lies_at(palm.square.centre) for hand in known):
                continue
            if hand := self.read_closely(view, palm.square):
                found.append(hand)
        return found

    def find_in_part(self, part: np.ndarray) -> Palm | None:
        """Return the surest palm in a part of a picture, in its pixels."""
        palms = self._palms[SIDE].find_several(part, 0.0, _SURE_IN_PART, 1)
        return palms[0] if palms else None

    def guess(self, view: np.ndarray, margin: float, angle: float) -> Hand | None:
        """Return the hand that fills a picture, if that is all but certain."""
        if len(view) < _LEAST_HEIGHT:
            return None
        hand = self.read_closely(view, Square.around_picture(view, margin, angle))
        return hand if hand and hand.presence >= _SURE_WITHOUT_PALM else None

    def read_closely(self, view: np.ndarray, square: Square) -> Hand | None:
        """Return the hand in a square; if its joints ask for another square, as read in that."""
        first = self.read_joints(view, square)
        if first is None or square.shows_same(better := first.square):
            return first
        return self.read_joints(view, better)

    def read_joints(self, view: np.ndarray, square: Square) -> Hand | None:
        """Return the hand in a square, if there is one."""
        landmarks, presence, right = self._joints.read(view, square)
        side = "right" if right > 0.5 else "left"
        hand = Hand(landmarks, side, max(right, 1 - right), presence)
        return hand if presence >= _SURE and hand.extent > 1 else None


def surroundings(rgb: np.ndarray, hand: Hand) -> tuple[np.ndarray, tuple[int, int]]:
    """Return the part of a picture in which a hand of it is read again, and its left and top.

    Args:
        rgb: (height, width, 3) uint8.
        hand: in pixels of `rgb`.
    """
    if max(rgb.shape[:2]) <= _SEARCH_SIDE:
        return rgb, (0, 0)
    left, top, right, bottom = hand.box
    middle = np.array(((left + right) / 2, (top + bottom) / 2))
    return close_up(rgb, middle, _SURROUNDINGS * hand.extent)


def view_of(rgb: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the picture to search, and how many pixels of `rgb` one of its pixels is wide."""
    height, width = rgb.shape[:2]
    scale = max(1.0, max(height, width) / _SEARCH_SIDE)
    if scale == 1:
        return rgb, scale
    size = max(1, round(width / scale)), max(1, round(height / scale))
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BOX)), scale


def _guesses(view: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Return margins and angles of the squares of a picture in which joints may be guessed."""
    shorter, longer = sorted(view.shape[:2])
    if longer < _OBLONG * shorter:
        return _GUESSES
    middle = (shorter / longer - 1) / 2
    return *((middle, angle) for angle in _MIDDLE_ANGLES), *_GUESSES
