"""Body, face and both hands in the frames of a video, in Holistic's 543 rows."""

import numpy as np

from asl.body.arms import ArmsFollower
from asl.body.face import FaceFollower
from asl.body.pair import PairFollower
from asl.body.pose import PoseFollower
from asl.data.sequences.layout import PARTS, ROWS
from asl.hands.detector import view_of

#: A part of `PARTS` → what was seen of it, (n, 3) in pixels or None, and how surely.
_Seen = dict[str, tuple[np.ndarray | None, float]]


class BodyTracker:
    """Follows one person through a video, as MediaPipe's Holistic does. Not thread-safe.

    The body is found once and then followed; where its wrists are, hands are searched, and read
    where the last frame had them if they are still there. Without the body, up to two hands are
    found by their palms, and their shape tells which is which.

    Args:
        threads: that networks run on, 1 to 16.
        face: also look for the face; without `pose` there is none.
        pose: look for the body; without it hands are found alone, which takes half the time.

    Attributes:
        confidence: part of `asl.data.sequences.layout.PARTS` → how likely, 0–1, the last frame
            shows it.

    Raises:
        HandsUnavailable: LiteRT or a file of the networks is missing.
        ValueError: `threads` is out of its range.
    """

    def __init__(self, threads: int = 1, face: bool = True, pose: bool = True):
        if not 1 <= threads <= 16:
            raise ValueError(f"threads: expected 1 to 16, got {threads}")
        self._pose = PoseFollower(threads) if pose else None
        self._arms = ArmsFollower(threads) if pose else None
        self._face = FaceFollower(threads) if pose and face else None
        self._pair = None if pose else PairFollower(threads)
        self.confidence = dict.fromkeys(PARTS, 0.0)

    def reset(self) -> None:
        """Forget the last frame: the next one is of another film, or long after."""
        for part in (self._pose, self._arms, self._face, self._pair):
            if part:
                part.reset()
        self.confidence = dict.fromkeys(PARTS, 0.0)

    def track(self, rgb: np.ndarray) -> np.ndarray:
        """Return the landmarks of the next frame.

        Args:
            rgb: (height, width, 3) uint8, upright and not mirrored: left and right are the
                person's own.

        Returns:
            (543, 3) float32 in the order of `asl.data.sequences.layout`; x and y in shares of the
            frame's width and height, z in shares of its width, smaller towards the camera, from
            the wrist for hands, the hips for the body, and the head's middle for the face. Points
            may lie outside the frame; rows of a part that was not seen are NaN.

        Raises:
            ValueError: `rgb` is no such picture.
        """
        _check(rgb)
        view, _ = view_of(rgb)
        height, width = view.shape[:2]
        landmarks = np.full((ROWS, 3), np.nan, np.float32)
        for part, (points, confidence) in self._see(view).items():
            first, count = PARTS[part]
            self.confidence[part] = confidence
            if points is not None:
                landmarks[first : first + count] = points / (width, height, width)
        return landmarks

    def _see(self, view: np.ndarray) -> _Seen:
        if self._pair:
            found = self._pair.track(view)
            sides = {side: found.get(side) for side in ("left", "right")}
            return {
                f"{side}_hand": (hand.landmarks, hand.presence) if hand else (None, 0.0)
                for side, hand in sides.items()
            }
        seen: _Seen = {}
        pose = self._pose.track(view) if self._pose else None
        seen["pose"] = (pose.landmarks, pose.presence) if pose else (None, 0.0)
        if self._arms:
            hands = self._arms.track(view, pose)
            seen |= {f"{side}_hand": hand for side, hand in hands.items()}
        if self._face:
            seen["face"] = self._face.track(view, pose)
        return seen


def _check(rgb: np.ndarray) -> None:
    shape = getattr(rgb, "shape", None)
    if not isinstance(rgb, np.ndarray) or rgb.ndim != 3 or rgb.shape[2] != 3 or not rgb.size:
        raise ValueError(f"rgb: expected (height, width, 3) pixels, got shape {shape}")
    if rgb.dtype != np.uint8:
        raise ValueError(f"rgb: expected uint8, got {rgb.dtype}")
