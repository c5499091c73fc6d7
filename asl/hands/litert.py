"""One network in TFLite's format, run by LiteRT: MediaPipe's for hands, and for body and face."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

import numpy as np

if TYPE_CHECKING:
    import tflite


class HandsUnavailable(RuntimeError):
    """What finds hands, or body and face, cannot run here; the message says what is missing."""


class Network:
    """A network that sees one square of RGB. Not thread-safe.

    Args:
        file: the network, or a zip that holds it.
        member: its name in the zip; None where the file itself is the network.
        size: side in pixels of the square that it is to see, if not the one it was trained with.
        threads: that it runs on.
        signed: it sees colours from -1 to 1, not from 0 to 1.
        purpose: what is off without it, in the words of errors.

    Attributes:
        size: side in pixels of the square that it sees.

    Raises:
        HandsUnavailable: LiteRT or the file is missing.
    """

    def __init__(
        self,
        file: Path,
        member: str | None = None,
        *,
        size: int | None = None,
        threads: int = 1,
        signed: bool = False,
        purpose: str = "hand detection",
    ):
        if not file.is_file():
            raise HandsUnavailable(f"{purpose} is off: {file.name} is missing")
        try:
            from ai_edge_litert.interpreter import Interpreter

            content = _content(file, member)
            if size:
                content = _resized(content, size)
            self._interpreter = Interpreter(model_content=content, num_threads=threads)
            [given] = self._interpreter.get_input_details()
            self._given = given["index"]
            if size:
                self._interpreter.resize_tensor_input(self._given, (1, size, size, 3))
            self._interpreter.allocate_tensors()
        except (ImportError, OSError, RuntimeError, ValueError, KeyError, BadZipFile) as error:
            raise HandsUnavailable(f"{purpose} is off: {error}") from error
        self._answers = [answer["index"] for answer in self._interpreter.get_output_details()]
        self._darkest, self._range = (-1.0, 127.5) if signed else (0.0, 255.0)
        self.size = size or int(given["shape"][1])

    def __call__(self, square: np.ndarray) -> list[np.ndarray]:
        """Return the network's outputs for a (size, size, 3) uint8 square."""
        colours = square[None].astype(np.float32) / np.float32(self._range)
        if self._darkest:
            colours += np.float32(self._darkest)
        self._interpreter.set_tensor(self._given, colours)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(answer) for answer in self._answers]


def operators(model: "tflite.Model") -> Iterator[tuple[int, "tflite.Operator"]]:
    """Yield kind and description of what a TFLite network does, in its order."""
    graph = model.Subgraphs(0)
    for number in range(graph.OperatorsLength()):
        operator = graph.Operators(number)
        kind = model.OperatorCodes(operator.OpcodeIndex())
        yield max(kind.BuiltinCode(), kind.DeprecatedBuiltinCode()), operator


def _content(file: Path, member: str | None) -> bytes:
    if member is None:
        return file.read_bytes()
    with ZipFile(file) as parts:
        return parts.read(member)


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
