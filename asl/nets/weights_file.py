"""The weights of a network as a bundle keeps them, each of them once.

`weights.safetensors` holds arrays by name. Those that `model.onnx` beside it holds as well, number
for number, are not stored a second time: the metadata of the file lists their names.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from asl.bundle import ONNX, WEIGHTS

#: What the name of a weight ends in where an ONNX file holds it in half precision.
HALF = ".half"
_ELSEWHERE = "in_onnx"


def write_weights(weights: Mapping[str, np.ndarray], folder: Path) -> None:
    """Write the weights of a bundle whose ONNX file is there; `read_weights` gives them back."""
    held = _in_onnx(folder / ONNX)
    again = [name for name, own in weights.items() if np.array_equal(held.get(name, ()), own)]
    own = {name: array for name, array in weights.items() if name not in again}
    save_file(own, folder / WEIGHTS, {_ELSEWHERE: json.dumps(again)})


def read_weights(file: Path) -> dict[str, np.ndarray]:
    """Return arrays by name, as precise as they are stored, their values all numbers.

    Args:
        file: safetensors; of a bundle, or of a training, which holds all by itself.

    Raises:
        ValueError: it cannot be read, or holds other values, or the ONNX file beside it lacks some.
    """
    try:
        with safe_open(file, framework="numpy") as stored:
            weights = {name: stored.get_tensor(name) for name in stored.keys()}
            elsewhere = json.loads((stored.metadata() or {}).get(_ELSEWHERE, "[]"))
        if elsewhere:
            held = _in_onnx(file.with_name(ONNX))
            weights |= {name: held[name] for name in elsewhere}
    except KeyError as error:
        raise ValueError(f"{file.name}: the weights {error} are missing in {ONNX}") from error
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise ValueError(f"{file.name} cannot be read ({error})") from error
    for name, array in weights.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{file.name}: the weights {name!r} hold values that are no numbers")
    return weights


def _in_onnx(file: Path) -> dict[str, np.ndarray]:
    """Return the real numbers that an ONNX file holds itself, by the names of the weights.

    Raises:
        ValueError: it is no ONNX file, or a damaged one.
        OSError: it cannot be read.
    """
    try:
        graph = onnx.load(file, load_external_data=False).graph
    except DecodeError as error:
        raise ValueError(f"{ONNX} is damaged") from error
    real = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
    return {
        tensor.name.removesuffix(HALF): onnx.numpy_helper.to_array(tensor)
        for tensor in graph.initializer
        if tensor.data_type in real and tensor.data_location != onnx.TensorProto.EXTERNAL
    }
