"""Find the signing hand in a picture with MediaPipe's hand landmarker.

Tight crops and small hands defeat the palm detector, so a picture in which nothing is found is
tried again in the `_RETRIES` below, cheapest first. The same detector serves training and
prediction.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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

    Raises:
        HandsUnavailable: MediaPipe, a system library or the model file is missing.
    """

    def __init__(self, model: Path = MODEL_PATH, hands: int = 2, confidence: float = 0.3):
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
                num_hands=hands,
                min_hand_detection_confidence=confidence,
                min_hand_presence_confidence=confidence,
            )
            self._landmarker = vision.HandLandmarker.create_from_options(options)
        except (ImportError, OSError, RuntimeError) as error:
            raise HandsUnavailable(
                f"hand detection is off: {error} (on Debian: apt install libegl1 libgles2 libgl1)"
            ) from error
        self._wrap = lambda rgb: MpImage(image_format=ImageFormat.SRGB, data=rgb)

    def __enter__(self) -> "HandDetector":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the native detector; its destructor complains when this is left to the end."""
        self._landmarker.close()

    def detect(self, rgb: np.ndarray) -> Hand | None:
        """Return the signing hand of `rgb`, (height, width, 3) uint8, or None.

        Of several hands the largest is taken: the signer's hand is nearest to the camera.
        """
        for view, scale, shift in _views(rgb):
            hands = self._search(view)
            if hands:
                best = max(hands, key=lambda hand: hand.extent)
                landmarks = best.landmarks * scale
                landmarks[:, :2] += shift
                return Hand(landmarks, best.side, best.score)
        return None

    def _search(self, rgb: np.ndarray) -> list[Hand]:
        height, width = rgb.shape[:2]
        found = self._landmarker.detect(self._wrap(rgb))
        # MediaPipe scales z like x: by the picture's width.
        size = np.array([width, height, width], np.float32)
        hands = [
            Hand(
                np.array([(p.x, p.y, p.z) for p in points], np.float32) * size,
                side[0].category_name.lower(),
                float(side[0].score),
            )
            for points, side in zip(found.hand_landmarks, found.handedness, strict=True)
        ]
        return [hand for hand in hands if hand.extent > 1]


def _views(rgb: np.ndarray) -> Iterator[tuple[np.ndarray, float, np.ndarray]]:
    """Yield pictures to search, each with the scale and shift that lead back to `rgb`'s pixels."""
    height, width = rgb.shape[:2]
    scale = max(1.0, max(height, width) / _SEARCH_SIDE)
    if scale > 1:
        smaller = Image.fromarray(rgb).resize(
            (max(1, round(width / scale)), max(1, round(height / scale))), Image.Resampling.BOX
        )
        rgb = np.asarray(smaller)
    for share in _RETRIES:
        pad = round(share * max(rgb.shape[:2]))
        view = np.pad(rgb, ((pad, pad), (pad, pad), (0, 0))) if pad else rgb
        yield np.ascontiguousarray(view), scale, np.float32(-pad * scale)
