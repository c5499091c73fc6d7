"""Find the signing hand in a picture or a video, with MediaPipe's networks.

The same detector serves training and prediction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from asl.hands.networks import MODEL_PATH, Joints, Palms
from asl.hands.square import Square

#: Pairs of joints that a skeleton drawing connects (MediaPipe's 21 hand landmarks).
BONES = (
    (0, 1), (1, 2), (2, 3), (3, 4),
    (0, 5), (5, 6), (6, 7), (7, 8),
    (5, 9), (9, 10), (10, 11), (11, 12),
    (9, 13), (13, 14), (14, 15), (15, 16),
    (13, 17), (0, 17), (17, 18), (18, 19), (19, 20),
)  # fmt: skip

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
_CERTAIN = 0.95

#: What is nearer to the middle of a hand than this, in its extents, is the same hand.
_SAME = 0.35

#: How large a second hand must be beside the first; pixels and palms in which it is searched.
_AS_LARGE, _LARGE_SEARCH, _MOST_PALMS = 0.5, 192, 4

#: Share of the past when frames of a video vote on whether the hand is a left or a right one.
_MEMORY = 0.8


@dataclass(frozen=True)
class Hand:
    """One hand in a picture.

    Attributes:
        landmarks: (21, 3) float32; x and y in pixels of the picture, z in the same unit
            relative to the wrist, smaller towards the camera.
        side: "left" or "right", as the detector names it.
        score: the detector's confidence in the side, 0–1.
        presence: its confidence that this is a hand, 0–1.
    """

    landmarks: np.ndarray
    side: str
    score: float
    presence: float = 1.0

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the landmarks in pixels; may lie outside the picture."""
        (left, top), (right, bottom) = self.landmarks[:, :2].min(0), self.landmarks[:, :2].max(0)
        return float(left), float(top), float(right), float(bottom)

    @property
    def extent(self) -> float:
        """Longer side of the box in pixels."""
        left, top, right, bottom = self.box
        return max(right - left, bottom - top)

    def lies_at(self, place: np.ndarray) -> bool:
        """Return whether a point, (2,) in pixels, is so near to the middle that both are one."""
        apart = self.landmarks[:, :2].mean(0) - place
        return bool(np.hypot(*apart) < _SAME * self.extent)


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
        be a hand, and else what is most likely one.
        """
        view, scale = view_of(rgb)
        found = []
        for search in _SEARCHES:
            hand = self._reader.find(view, *search)
            if hand and hand.presence >= _CERTAIN:
                return _enlarge(hand, scale)
            found.append(hand)
        found += [self._reader.guess(view, *guess) for guess in _guesses(view)]
        surest = max(filter(None, found), key=lambda hand: hand.presence, default=None)
        return surest and _enlarge(surest, scale)

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
            other.presence >= _CERTAIN
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
        view, scale = view_of(rgb)
        joints = hand.landmarks[:, :2] / scale
        mirrored = joints * (-1, 1) + (view.shape[1], 0)
        sides = (view, joints), (np.ascontiguousarray(view[:, ::-1]), mirrored)
        rereads: list[Hand | None] = []
        for number in range(count):
            picture, around = sides[number % 2]
            square = Square.around_joints(around).elsewhere(random)
            reread = self._reader.read_joints(picture, square)
            rereads.append(reread and _enlarge(reread, scale))
        return rereads


class SideVote:
    """Frames of a video vote on which hand they show: it is told in each, and wrongly in some."""

    def __init__(self) -> None:
        self._rightness = 0.0

    def settle(self, hand: Hand) -> Hand:
        """Return the hand of the next frame as the one that the frames up to it show."""
        vote = hand.score if hand.side == "right" else -hand.score
        self._rightness = _MEMORY * self._rightness + (1 - _MEMORY) * vote
        return replace(hand, side="right" if self._rightness > 0 else "left")


class HandTracker:
    """Follows the signing hand through a video. Not thread-safe.

    Once there is a hand, its joints are read in the next frame without a search, which takes
    half the time. One hand is followed: to notice a second one, each frame would have to be
    searched again.

    Raises:
        HandsUnavailable: LiteRT or the model file is missing.
    """

    def __init__(self, model: Path = MODEL_PATH):
        self._reader = HandReader(model)
        self.restart()

    def restart(self) -> None:
        """Search the next frame as a whole: what was followed may never have been a hand."""
        self._last: Hand | None = None
        self._retry = 0
        self._side = SideVote()

    def track(self, rgb: np.ndarray) -> Hand | None:
        """Return the signing hand of the next frame, (height, width, 3) uint8, or None.

        Until a hand is certain, a frame is searched in one way, and if need be joints are guessed
        in it in one; the next one in others.
        """
        view, scale = view_of(rgb)
        hand = self._last and self._reader.read_joints(view, _around(self._last))
        if hand is None or hand.presence < _CERTAIN:
            guesses = _guesses(view)
            found = self._reader.find(view, *_SEARCHES[self._retry % len(_SEARCHES)])
            found = found or self._reader.guess(view, *guesses[self._retry % len(guesses)])
            if hand is None or (found and found.presence > hand.presence):
                hand = found
                self._side = SideVote()
            self._retry += 1
        else:
            self._retry = 0
        self._last = hand
        if hand is None:
            return None
        return self._side.settle(_enlarge(hand, scale))


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

    def find_several(
        self, view: np.ndarray, size: int, most: int, known: Sequence[Hand] = ()
    ) -> list[Hand]:
        """Return the hands of up to `most` palms in a picture, the surest palm first.

        Palms that lie where `known` hands do are not read again.
        """
        found = []
        for square in self._palms[size].find_several(view, 0.0, _SURE, most):
            if any(hand.lies_at(square.centre) for hand in known):
                continue
            if hand := self.read_closely(view, square):
                found.append(hand)
        return found

    def guess(self, view: np.ndarray, margin: float, angle: float) -> Hand | None:
        """Return the hand that fills a picture, if that is all but certain."""
        if len(view) < _LEAST_HEIGHT:
            return None
        hand = self.read_closely(view, Square.around_picture(view, margin, angle))
        return hand if hand and hand.presence >= _SURE_WITHOUT_PALM else None

    def read_closely(self, view: np.ndarray, square: Square) -> Hand | None:
        """Return the hand in a square; if its joints ask for another square, as read in that."""
        first = self.read_joints(view, square)
        if first is None or square.shows_same(better := _around(first)):
            return first
        return self.read_joints(view, better)

    def read_joints(self, view: np.ndarray, square: Square) -> Hand | None:
        """Return the hand in a square, if there is one."""
        landmarks, presence, right = self._joints.read(view, square)
        side = "right" if right > 0.5 else "left"
        hand = Hand(landmarks, side, max(right, 1 - right), presence)
        return hand if presence >= _SURE and hand.extent > 1 else None


def _around(hand: Hand) -> Square:
    return Square.around_joints(hand.landmarks[:, :2])


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


def _enlarge(hand: Hand, scale: float) -> Hand:
    """Return a hand of a view in pixels of the picture itself."""
    return hand if scale == 1 else replace(hand, landmarks=hand.landmarks * np.float32(scale))
