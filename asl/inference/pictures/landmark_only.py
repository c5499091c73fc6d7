"""The landmark network of a model by itself, without what the picture network costs.

A model with two networks is one ONNX graph. What leads to the landmarks' own logits is cut out
of it.
"""

import numpy as np

from asl.bundle import ModelBundle
from asl.inference.runner import NETWORK_LOGITS, NoAnswer

_OUTPUT = NETWORK_LOGITS["landmarks"]


class LandmarkOnly:
    """The landmark network of a bundle. May be shared between threads.

    Raises:
        ImportError: the package onnx, which cuts the graph, is not installed.
        ValueError: the model has no landmark network beside a picture network, or it cannot be
            cut out.
    """

    def __init__(self, bundle: ModelBundle) -> None:
        card = bundle.card
        if card.picture is None or card.landmarks is None:
            raise ValueError(f"{card.name} has no landmark network beside another one")
        from asl.inference.graph import cut, load_graph

        self._card, self._size = card, card.picture.size
        try:
            self._runner = cut(load_graph(bundle), card.input_names, [_OUTPUT])
        except Exception as error:  # protobuf raises types of its own
            raise ValueError(f"{card.name}: its landmark network cannot be cut out") from error

    def logits(self, points: np.ndarray) -> np.ndarray:
        """Return (C,) calibrated logits for (21, 3) landmarks from `normalise`.

        Raises:
            NoAnswer: they are no usable numbers.
        """
        return np.asarray(self.logits_of(points[None])[0])

    def logits_of(self, points: np.ndarray) -> np.ndarray:
        """Return (N, C) calibrated logits for (N, 21, 3) landmarks from `normalise`.

        Raises:
            NoAnswer: they are no usable numbers.
        """
        rows, size = len(points), self._size
        # The graph may ask other inputs for the number of rows; their values do not matter.
        feed: dict[str, np.ndarray] = {
            "landmarks": points.astype(np.float32),
            "picture": np.zeros((rows, size, size, 3), np.uint8),
            "found": np.ones(rows, np.float32),
        }
        reason = f"{self._card.name}: its landmark network gave no usable numbers"
        try:
            logits = self._runner.run(feed)[_OUTPUT]
        except NoAnswer as error:
            raise NoAnswer(reason) from error
        if logits.shape != (rows, len(self._card.labels)):
            raise NoAnswer(reason)
        return np.asarray(logits)
