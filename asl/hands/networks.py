"""MediaPipe's two networks for hands, run by LiteRT: one finds palms, one reads joints.

They are described in Zhang et al., "MediaPipe Hands: On-device Real-time Hand Tracking" (2020);
the numbers below are those of MediaPipe's graphs `hand_detector` and `hand_landmarks_detector`.
MediaPipe's own package would run the networks too, but not one without the other.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

import numpy as np
from PIL import Image

from asl.hands.square import Square

if TYPE_CHECKING:
    import tflite

MODEL_PATH = Path(__file__).parents[2] / "models" / "hand_landmarker" / "hand_landmarker.task"
PALMS, JOINTS = "hand_detector.tflite", "hand_landmarks_detector.tflite"

#: The palm network answers in two grids: pixels a cell, and boxes a cell.
_GRIDS = ((8, 2), (16, 6))

#: Boxes that share more than this of their joint area are of the same palm.
_SAME_PALM = 0.3

#: The joint network's z is in shares of 0.4 of its square.
_Z_SHARE = 0.4


class HandsUnavailable(RuntimeError):
    """Hand detection cannot run here; the message says what is missing."""


class Palms:
    """The network that finds palms. Not thread-safe.

    Args:
        size: side in pixels of what it sees, a multiple of 32. It was trained with 192; with
            fewer it takes less time, finds large palms better, and misses small ones.

    Raises:
        HandsUnavailable: LiteRT or the model file is missing.
    """

    def __init__(self, size: int, task: Path = MODEL_PATH):
        self._network = _Network(task, PALMS, size)
        self._anchors = _anchors(size)

    def find(self, rgb: np.ndarray, margin: float, confidence: float) -> Square | None:
        """Return the square in which the hand of the surest palm must lie, or None.

        Args:
            rgb: (height, width, 3) uint8.
            margin: black around the picture, as a share of its longer side; palms that fill a
                picture are found only with some.
            confidence: 0–1, below which nothing is a palm.
        """
        size = self._network.size
        boxes, logits = self._network(_letterbox(rgb, size, margin))
        scores = 1 / (1 + np.exp(-logits[0, :, 0].clip(-100, 100)))
        sure = scores >= confidence
        if not sure.any():
            return None
        scores, boxes, anchors = scores[sure], boxes[0, sure] / size, self._anchors[sure]
        centres, sizes = anchors + boxes[:, :2], boxes[:, 2:4]
        points = anchors[:, None] + boxes[:, 4:].reshape(-1, 7, 2)
        low, high = centres - sizes / 2, centres + sizes / 2
        same = _overlap(low, high, int(scores.argmax())) > _SAME_PALM
        # A palm is found from several anchors, and their mean is steadier than the surest one.
        weights = scores[same] / scores[same].sum()
        searched = Square.around_picture(rgb, margin)
        low, high, points = (
            searched.to_picture(np.tensordot(weights, part[same], 1))
            for part in (low, high, points)
        )
        return Square.around_palm(low, high, points)


class Joints:
    """The network that reads the joints of a hand. Not thread-safe.

    Raises:
        HandsUnavailable: LiteRT or the model file is missing.
    """

    def __init__(self, task: Path = MODEL_PATH):
        self._network = _Network(task, JOINTS)

    def read(self, rgb: np.ndarray, where: Square) -> tuple[np.ndarray, float, float]:
        """Return the joints of the hand in a square of `rgb`, (height, width, 3) uint8.

        Returns:
            (21, 3) float32, x and y in pixels, z in the same unit relative to the wrist, smaller
            towards the camera; and how likely, 0–1, there is a hand, and it is a right one.
        """
        size = self._network.size
        joints, presence, right, _ = self._network(where.cut(rgb, size))
        joints = joints.reshape(21, 3) / size
        depth = joints[:, 2:] * (where.side / _Z_SHARE)
        points = np.concatenate((where.to_picture(joints[:, :2]), depth), axis=1)
        return points.astype(np.float32), float(presence[0, 0]), float(right[0, 0])


class _Network:
    """One of the networks in MediaPipe's file, on one thread.

    Args:
        size: side in pixels of the square that it is to see, if not the one it was trained with.
    """

    def __init__(self, task: Path, member: str, size: int | None = None):
        if not task.is_file():
            raise HandsUnavailable(f"hand detection is off: {task.name} is missing")
        try:
            from ai_edge_litert.interpreter import Interpreter

            with ZipFile(task) as parts:
                content = parts.read(member)
            if size:
                content = _resized(content, size)
            self._interpreter = Interpreter(model_content=content, num_threads=1)
            [given] = self._interpreter.get_input_details()
            self._given = given["index"]
            if size:
                self._interpreter.resize_tensor_input(self._given, (1, size, size, 3))
            self._interpreter.allocate_tensors()
        except (ImportError, OSError, RuntimeError, ValueError, KeyError, BadZipFile) as error:
            raise HandsUnavailable(f"hand detection is off: {error}") from error
        self._answers = [answer["index"] for answer in self._interpreter.get_output_details()]
        #: Side in pixels of the square that it sees.
        self.size = size or int(given["shape"][1])

    def __call__(self, square: np.ndarray) -> list[np.ndarray]:
        """Return the network's outputs for a (size, size, 3) uint8 square."""
        self._interpreter.set_tensor(self._given, square[None].astype(np.float32) / 255)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(answer) for answer in self._answers]


def operators(model: "tflite.Model") -> Iterator[tuple[int, "tflite.Operator"]]:
    """Yield kind and description of what a TFLite network does, in its order."""
    graph = model.Subgraphs(0)
    for number in range(graph.OperatorsLength()):
        operator = graph.Operators(number)
        kind = model.OperatorCodes(operator.OpcodeIndex())
        yield max(kind.BuiltinCode(), kind.DeprecatedBuiltinCode()), operator


def _resized(content: bytes, size: int) -> bytes:
    """Return a TFLite network that can see squares of `size` pixels.

    Convolutions take any size; only to what size answers are enlarged is written down.
    """
    import tflite

    changed = bytearray(content)
    model = tflite.Model.GetRootAs(changed, 0)
    graph = model.Subgraphs(0)
    trained = int(graph.Tensors(graph.Inputs(0)).Shape(1))
    for kind, operator in operators(model):
        if kind == tflite.BuiltinOperator.RESIZE_BILINEAR:
            written = model.Buffers(graph.Tensors(operator.Inputs(1)).Buffer()).DataAsNumpy()
            sides = written.view(np.int32)
            sides[:] = sides * size // trained
    return bytes(changed)


def _letterbox(rgb: np.ndarray, size: int, margin: float) -> np.ndarray:
    """Return `rgb` within a margin in the middle of a black square, (size, size, 3) uint8."""
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


def _anchors(size: int) -> np.ndarray:
    """Return what the palm network measures from, (n, 2) points on the scale 0–1."""
    grids = []
    for pixels, boxes in _GRIDS:
        middles = (np.arange(size // pixels) + 0.5) * pixels / size
        y, x = np.meshgrid(middles, middles, indexing="ij")
        grids.append(np.repeat(np.stack((x, y), axis=-1).reshape(-1, 2), boxes, axis=0))
    return np.concatenate(grids)


def _overlap(low: np.ndarray, high: np.ndarray, number: int) -> np.ndarray:
    """Return the intersection over union of (n, 2) boxes with one of them, (n,)."""
    shared = np.minimum(high, high[number]) - np.maximum(low, low[number])
    shared, areas = shared.clip(0).prod(1), (high - low).clip(0).prod(1)
    return shared / np.maximum(areas + areas[number] - shared, 1e-12)
