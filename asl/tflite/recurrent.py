"""Long short-term memory, frame after frame.

TFLite has an operator of its own for it, which remembers its state from one call to the next: the
answer to a sequence would depend on the one before. So each frame's step is written out.
"""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from asl.tflite.translation import Node, Translation, Translator
from asl.tflite.writer import Tensor

_GATES = 4


def _lstm(translation: Translation, node: Node) -> None:
    """ONNX's LSTM, forwards: (T, N, inputs) → (T, 1, N, width), and the last states."""
    _check(node)
    steps = _Steps(translation, node)
    states = steps.run(translation.plain(node.inputs[0]))
    width, rows = steps.width, states[0].shape[0]
    writer = translation.writer
    options = schema.ConcatenationOptionsT()
    options.axis = 0
    each = [translation.reshape(state, (1, 1, rows, width)) for state in states]
    shape = (len(each), 1, rows, width)
    whole = writer.operator("CONCATENATION", each, shape, np.float32, options)
    last = (each[-1], translation.reshape(steps.cell, (1, 1, rows, width)))
    for name, value in zip(node.outputs, (whole, *last), strict=False):
        if name:
            wanted = translation.shape(name)
            translation.put(name, translation.reshape(value, wanted))


def _check(node: Node) -> None:
    """Refuse what PyTorch's LSTM has not, or only if asked for.

    Raises:
        TFLiteError: naming it.
    """
    given = node.attributes
    if given.get("direction", b"forward") != b"forward":
        raise node.fault("it also reads from the end")
    if given.get("layout", 0) or given.get("input_forget", 0) or "clip" in given:
        raise node.fault("it has a layout, a clip or joined gates of its own")
    if given.get("activations") not in (None, [b"Sigmoid", b"Tanh", b"Tanh"]):
        raise node.fault("its activations are not the usual ones")
    if len(node.inputs) > 4 and node.inputs[4]:
        raise node.fault("its sequences have lengths of their own")
    if len(node.inputs) > 7 and node.inputs[7]:
        raise node.fault("it has peepholes")


class _Steps:
    """The steps of one layer.

    Attributes:
        width: of its state.
        cell: the state of the cell after the last step.
    """

    def __init__(self, translation: Translation, node: Node) -> None:
        self._translation, self._writer = translation, translation.writer
        inputs, recurrent = (translation.known(node, place)[0] for place in (1, 2))
        self.width = recurrent.shape[1]
        bias = translation.known(node, 3, np.zeros((1, 2 * _GATES * self.width), np.float32))[0]
        self._inputs, self._recurrent = (
            self._writer.constant(np.ascontiguousarray(one)) for one in (inputs, recurrent)
        )
        # Both biases are added to the same sum.
        self._bias = self._writer.constant(bias.reshape(2, -1).sum(0))
        if any(translation.known(node, place, np.zeros(1)).any() for place in (5, 6)):
            raise node.fault("it begins with a state")

    def run(self, frames: Tensor) -> list[Tensor]:
        """Return the (N, width) states after each of (T, N, inputs) frames."""
        count, rows, _ = frames.shape
        start = self._writer.constant(np.zeros((rows, self.width), np.float32))
        hidden, self.cell = start, start
        sums = self._connect(frames, self._inputs, self._bias, (count, rows))
        states = []
        for number in range(count):
            given = self._part(sums, number)
            hidden = self._step(given, hidden, rows)
            states.append(hidden)
        return states

    def _step(self, given: Tensor, hidden: Tensor, rows: int) -> Tensor:
        told = self._connect(hidden, self._recurrent, None, (rows,))
        gates = self._pair("ADD", given, told, schema.AddOptionsT())
        split = [self._writer.tensor((rows, self.width), np.float32) for _ in range(_GATES)]
        options = schema.SplitOptionsT()
        options.numSplits = _GATES
        axis = self._writer.constant(np.array(1, np.int32))
        self._writer.operator_into("SPLIT", [axis, gates], split, options)
        entry, out, forget, fresh = split  # ONNX's order
        kept = self._times(self._alone("LOGISTIC", forget), self.cell)
        added = self._times(self._alone("LOGISTIC", entry), self._alone("TANH", fresh))
        self.cell = self._pair("ADD", kept, added, schema.AddOptionsT())
        return self._times(self._alone("LOGISTIC", out), self._alone("TANH", self.cell))

    def _connect(
        self, value: Tensor, weights: Tensor, bias: Tensor | None, rows: tuple[int, ...]
    ) -> Tensor:
        options = schema.FullyConnectedOptionsT()
        options.keepNumDims = len(rows) > 1
        shape = (*rows, _GATES * self.width)
        return self._writer.operator(
            "FULLY_CONNECTED", [value, weights, bias], shape, np.float32, options
        )

    def _part(self, sums: Tensor, number: int) -> Tensor:
        """Return the (N, 4 × width) sums of one frame."""
        shape = (1, *sums.shape[1:])
        begin = self._writer.constant(np.array((number, 0, 0), np.int32))
        size = self._writer.constant(np.array(shape, np.int32))
        part = self._writer.operator(
            "SLICE", [sums, begin, size], shape, np.float32, schema.SliceOptionsT()
        )
        return self._translation.reshape(part, shape[1:])

    def _alone(self, kind: str, value: Tensor) -> Tensor:
        return self._writer.operator(kind, [value], value.shape, np.float32)

    def _pair(self, kind: str, first: Tensor, second: Tensor, options: object) -> Tensor:
        return self._writer.operator(kind, [first, second], first.shape, np.float32, options)

    def _times(self, first: Tensor, second: Tensor) -> Tensor:
        return self._pair("MUL", first, second, schema.MulOptionsT())


OPERATORS: dict[str, Translator] = {"LSTM": _lstm}
