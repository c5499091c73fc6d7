"""The landmark network of a model by itself, without what the picture network costs.

A model with two networks is one ONNX graph, and ONNX Runtime computes all of it, whichever output
is asked for. So what leads to the landmarks' own logits is cut out of it.
"""

import numpy as np
import onnxruntime

from asl.bundle import ONNX, ModelBundle
from asl.inference.network import EYES, NoAnswer, usable

_OUTPUT = EYES["landmarks"]


class LandmarkEye:
    """The landmark network of a bundle. May be shared between threads.

    Raises:
        ImportError: the package onnx, which cuts the graph, is not installed.
        ValueError: the model has no landmark network beside a picture network, or it cannot be
            cut out.
    """

    def __init__(self, bundle: ModelBundle):
        if bundle.card.inputs != ("picture", "landmarks", "found"):
            raise ValueError(f"{bundle.card.name} has no landmark network beside another one")
        import onnx
        from onnx.utils import Extractor

        self._card = bundle.card
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            with bundle.open(ONNX) as file:
                whole = onnx.load(file, load_external_data=False)
            inputs = [entry.name for entry in whole.graph.input]
            cut = Extractor(whole).extract_model(inputs, [_OUTPUT])
            self._session = onnxruntime.InferenceSession(
                cut.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime raises its own types, none of them public
            raise ValueError(
                f"{bundle.card.name}: its landmark network cannot be cut out"
            ) from error
        # Inputs that are left count the rows at most, so that their values do not matter.
        size = bundle.card.picture.size
        self._rest = {
            "picture": np.zeros((1, size, size, 3), np.uint8),
            "found": np.ones(1, np.float32),
        }

    def look(self, points: np.ndarray) -> np.ndarray:
        """Return (C,) calibrated logits for (21, 3) landmarks from `normalise`.

        Raises:
            NoAnswer: they are no usable numbers.
        """
        feed = {"landmarks": points[None].astype(np.float32), **self._rest}
        logits = self._session.run([_OUTPUT], feed)[0]
        if logits.shape != (1, len(self._card.labels)) or not usable(logits):
            raise NoAnswer(f"{self._card.name}: its landmark network gave no usable numbers")
        return logits[0]
