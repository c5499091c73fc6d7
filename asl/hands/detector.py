"""Find the signing hand in a picture with MediaPipe's hand landmarker.

Tight crops and small hands defeat the palm detector, so a picture in which nothing is found is
tried again in the `_RETRIES` below, cheapest first. The same detector serves training and
prediction.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

MODEL_PATH = Path(__file__).parents[2] / "models" / "hand_landmarker" / "hand_landmarker.task"

#: Pairs of joints that a skeleton drawing connects (MediaPipe's 21 hand landmarks).
BONES = (
    (0, 1), (1, 2), (2, 3), (3, 4),
    (0, 5), (5, 6), (6, 7), (7, 8),
    (5, 9), (9, 10), (10, 11), (11, 12),
    (9, 13), (13, 14), (14, 15), (15, 16),
    (13, 17), (0, 17), (17, 18), (18, 19), (19, 20),
)  # fmt: skip

#: Longer side of the picture that is searched: detection itself works at 192 px, and landmarks
#: are read from a 224 px cut-out, so more pixels cost time and change nothing.
_SEARCH_SIDE = 640

#: Padding around the picture as shares of its size, tried in this order.
_RETRIES = (0.0, 0.5, 0.15)

#: Share of the past when frames of a video vote on whether the hand is a left or a right one.
_MEMORY = 0.8


class HandsUnavailable(RuntimeError):
    """Hand detection cannot run here; the message says what is missing."""


@dataclass(frozen=True)
class Hand:
    """One hand in a picture.

    Attributes:
        landmarks: (21, 3) float32; x and y in pixels of the picture, z in the same unit
            relative to the wrist, smaller towards the camera.
        side: "left" or "right", as the detector names it.
        score: the detector's confidence in the side, 0–1.
    """

    landmarks: np.ndarray
    side: str
    score: float

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


class HandDetector:
    """Finds hands in still pictures. Not thread-safe; close it, or use it in a `with` block.

    Every hand is looked at twice. At first MediaPipe reads the joints from a square around the
    palm that it detects. From these joints it can cut the hand out better, as it does in the next
    frame of a video, and reads them again. Of the letters in sets that the networks had not
    learned from, 79 instead of 75 % were recognised in asl_letters/train by the joints of the
    second look, 89.6 instead of 89.2 % in asl_dataset, and 95.4 instead of 94.9 % in asl_29.

    Raises:
        HandsUnavailable: MediaPipe, a system library or the model file is missing.
    """

    def __init__(self, model: Path = MODEL_PATH, confidence: float = 0.3):
        self._video = _Video(model, confidence)

    def __enter__(self) -> "HandDetector":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the native detector; its destructor complains when this is left to the end."""
        self._video.close()

    def detect(self, rgb: np.ndarray) -> Hand | None:
        """Return the signing hand of `rgb`, (height, width, 3) uint8, or None.

        Of several hands the one is taken whose palm MediaPipe is surest of.
        """
        for view, scale, shift in _views(rgb):
            first = self._video.look(view)
            if first is not None:
                again = self._video.look(view)
                self._video.forget()
                return _move(again or first, scale, shift)
        return None


class HandTracker:
    """Follows the signing hand through a video. Not thread-safe; close it after use.

    Where a hand was seen, the next frame is searched only there, which takes less than half as
    long as finding it anew. One hand is followed: to look out for a second one, each frame would
    have to be searched as a whole again.

    Raises:
        HandsUnavailable: MediaPipe, a system library or the model file is missing.
    """

    def __init__(self, model: Path = MODEL_PATH, confidence: float = 0.3):
        self._video = _Video(model, confidence)
        self._retry = 0
        self._rightness = 0.0

    def close(self) -> None:
        """Free the native tracker."""
        self._video.close()

    def restart(self) -> None:
        """Search the next frame as a whole: what was followed may never have been a hand."""
        self._video.forget()
        self._retry = 0
        self._rightness = 0.0

    def track(self, rgb: np.ndarray) -> Hand | None:
        """Return the signing hand of the next frame, (height, width, 3) uint8, or None.

        A frame without a hand is not searched again: the next one is, with other padding.
        """
        [(view, scale, shift)] = _views(rgb, (_RETRIES[self._retry],))
        found = self._video.look(view)
        if found is None:
            self._retry = (self._retry + 1) % len(_RETRIES)
            self._rightness = 0.0
            return None
        hand = _move(found, scale, shift)
        # Left or right is told anew in every frame, and wrongly in some.
        vote = hand.score if hand.side == "right" else -hand.score
        self._rightness = _MEMORY * self._rightness + (1 - _MEMORY) * vote
        return replace(hand, side="right" if self._rightness > 0 else "left")


class _Video:
    """MediaPipe's landmarker on pictures that follow each other.

    Where a hand was seen, the next picture is searched only there.
    """

    def __init__(self, model: Path, confidence: float):
        self._landmarker, self._wrap = _open_landmarker(model, confidence)
        self._frames = 0

    def close(self) -> None:
        self._landmarker.close()

    def look(self, view: np.ndarray) -> Hand | None:
        """Return the hand in the next picture, in its pixels."""
        # MediaPipe wants times that grow, and makes nothing of how fast.
        self._frames += 1
        return _hand(self._landmarker.detect_for_video(self._wrap(view), 33 * self._frames), view)

    def forget(self) -> None:
        """Have the next picture searched as a whole."""
        self.look(np.zeros((64, 64, 3), np.uint8))


def _open_landmarker(model: Path, confidence: float) -> tuple[Any, Callable[[np.ndarray], Any]]:
    """Return MediaPipe's landmarker and what makes its pictures from (h, w, 3) uint8."""
    if not model.is_file():
        raise HandsUnavailable(f"hand detection is off: {model.name} is missing")
    try:
        from mediapipe import Image as MpImage
        from mediapipe import ImageFormat
        from mediapipe.tasks.python import BaseOptions, vision

        class QuietOptions(BaseOptions):
            """MediaPipe reports its use to its maker and has no switch for it; without
            certificate authorities its reports are never delivered."""

            def to_ctypes(self):
                options = super().to_ctypes()
                options.ca_bundle_path = os.devnull.encode()
                return options

        options = vision.HandLandmarkerOptions(
            base_options=QuietOptions(model_asset_path=str(model)),
            running_mode=vision.RunningMode.VIDEO,
            # With two, the whole picture would be searched again for the second one.
            num_hands=1,
            min_hand_detection_confidence=confidence,
            min_hand_presence_confidence=confidence,
        )
        landmarker = vision.HandLandmarker.create_from_options(options)
    except (ImportError, OSError, RuntimeError) as error:
        raise HandsUnavailable(
            f"hand detection is off: {error} (on Debian: apt install libegl1 libgles2 libgl1)"
        ) from error
    return landmarker, lambda rgb: MpImage(image_format=ImageFormat.SRGB, data=rgb)


def _hand(found: Any, view: np.ndarray) -> Hand | None:
    """Return what MediaPipe found, in pixels of `view`."""
    if not found.hand_landmarks:
        return None
    [points], [[side, *_]] = found.hand_landmarks, found.handedness
    height, width = view.shape[:2]
    # MediaPipe scales z like x: by the picture's width.
    size = np.array([width, height, width], np.float32)
    landmarks = np.array([(p.x, p.y, p.z) for p in points], np.float32) * size
    hand = Hand(landmarks, side.category_name.lower(), float(side.score))
    return hand if hand.extent > 1 else None


def _move(hand: Hand, scale: float, shift: np.ndarray) -> Hand:
    """Return a hand of a view in pixels of the picture itself."""
    landmarks = hand.landmarks * scale
    landmarks[:, :2] += shift
    return Hand(landmarks, hand.side, hand.score)


def _views(
    rgb: np.ndarray, shares: Sequence[float] = _RETRIES
) -> Iterator[tuple[np.ndarray, float, np.ndarray]]:
    """Yield pictures to search, each with the scale and shift that lead back to `rgb`'s pixels."""
    height, width = rgb.shape[:2]
    scale = max(1.0, max(height, width) / _SEARCH_SIDE)
    if scale > 1:
        smaller = Image.fromarray(rgb).resize(
            (max(1, round(width / scale)), max(1, round(height / scale))), Image.Resampling.BOX
        )
        rgb = np.asarray(smaller)
    for share in shares:
        pad = round(share * max(rgb.shape[:2]))
        view = np.pad(rgb, ((pad, pad), (pad, pad), (0, 0))) if pad else rgb
        yield np.ascontiguousarray(view), scale, np.float32(-pad * scale)
