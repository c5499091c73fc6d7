"""What MediaPipe's detecting networks answer: boxes with a few points, around palms, faces, people.

They are single-shot detectors (Bazarevsky et al., "BlazeFace", 2019): every cell of a few grids
answers with boxes, measured from the cell's middle, and how sure it is of each. The calculators
`SsdAnchors`, `TensorsToDetections` and `NonMaxSuppression` of MediaPipe's graphs do the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from asl.hands.litert import Network

#: Boxes that share more than this of their joint area are around the same thing.
_SAME = 0.3


@dataclass(frozen=True)
class Box:
    """What was found, on the scale 0–1 of the square that the network saw.

    Attributes:
        low, high: (2,) corners of its upright box, x and y.
        points: (n, 2) of it that the network tells.
        score: how sure the network is, 0–1.
    """

    low: np.ndarray
    high: np.ndarray
    points: np.ndarray
    score: float


class BoxNetwork:
    """A network that finds boxes. Not thread-safe.

    Args:
        network: gives boxes and their logits.
        grids: pixels a cell, and boxes a cell, of each of its grids.
    """

    def __init__(self, network: Network, grids: Sequence[tuple[int, int]]):
        self._network = network
        self._anchors = _anchors(network.size, grids)
        #: Side in pixels of the square that it sees.
        self.size = network.size

    def find(self, square: np.ndarray, confidence: float, most: int = 1) -> list[Box]:
        """Return what is found in a (size, size, 3) uint8 square, the surest first.

        Args:
            square: what the network sees.
            confidence: 0–1, below which nothing is found.
            most: how many are returned at most.
        """
        boxes, logits = self._network(square)
        scores = 1 / (1 + np.exp(-logits[0, :, 0].clip(-80, 80)))
        sure = scores >= confidence
        scores, boxes, anchors = scores[sure], boxes[0, sure] / self.size, self._anchors[sure]
        centres, sizes = anchors + boxes[:, :2], boxes[:, 2:4]
        points = anchors[:, None] + boxes[:, 4:].reshape(len(boxes), (boxes.shape[1] - 4) // 2, 2)
        low, high = centres - sizes / 2, centres + sizes / 2
        left = np.ones(len(scores), bool)
        found: list[Box] = []
        while left.any() and len(found) < most:
            surest = int(np.where(left, scores, -1).argmax())
            same = left & (_overlap(low, high, surest) > _SAME)
            same[surest] = True
            # One thing is found from several anchors; their mean is steadier than the surest one.
            weights = scores[same] / scores[same].sum()
            mean_low, mean_high, mean_points = (
                np.tensordot(weights, part[same], 1) for part in (low, high, points)
            )
            found.append(Box(mean_low, mean_high, mean_points, float(scores[surest])))
            left &= ~same
        return found


def letterbox(rgb: np.ndarray, size: int, margin: float = 0.0) -> np.ndarray:
    """Return `rgb` within a margin in the middle of a black square, (size, size, 3) uint8.

    Args:
        rgb: (height, width, 3) uint8.
        size: side of the square in pixels.
        margin: black around the picture, as a share of its longer side.
    """
    height, width = rgb.shape[:2]
    scale = size / (max(height, width) * (1 + 2 * margin))
    small = Image.fromarray(rgb).resize(
        (max(1, round(width * scale)), max(1, round(height * scale))),
        Image.Resampling.BILINEAR,
        reducing_gap=2,
    )
    square = Image.new("RGB", (size, size))
    square.paste(small, ((size - small.width) // 2, (size - small.height) // 2))
    return np.asarray(square)


def _anchors(size: int, shapes: Sequence[tuple[int, int]]) -> np.ndarray:
    """Return what boxes are measured from, (n, 2) points on the scale 0–1."""
    grids = []
    for pixels, boxes in shapes:
        middles = (np.arange(size // pixels) + 0.5) * pixels / size
        y, x = np.meshgrid(middles, middles, indexing="ij")
        grids.append(np.repeat(np.stack((x, y), axis=-1).reshape(-1, 2), boxes, axis=0))
    return np.concatenate(grids)


def _overlap(low: np.ndarray, high: np.ndarray, number: int) -> np.ndarray:
    """Return the intersection over union of (n, 2) boxes with one of them, (n,)."""
    shared = np.minimum(high, high[number]) - np.maximum(low, low[number])
    shared, areas = shared.clip(0).prod(1), (high - low).clip(0).prod(1)
    return shared / np.maximum(areas + areas[number] - shared, 1e-12)
