"""A graph of ONNX operators, translated node by node; and in which order a value's axes lie.

ONNX has the channels of pictures in front of rows and columns, TFLite behind them. So a value may
lie in the file in ONNX's order of axes, with channels last, or both ways. What works number by
number takes values as they lie, so that few have to be turned.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import onnx
from ai_edge_litert import schema_py_generated as schema
from onnx import helper, numpy_helper

from asl.tflite.writer import Tensor, Writer


class TFLiteError(ValueError):
    """A model cannot be had as TFLite; the message says what of it is in the way."""


@dataclass(frozen=True)
class Node:
    """One step of an ONNX graph.

    Attributes:
        kind: ONNX's name of the operator.
        inputs: names of values; "" for one that is left out.
        outputs: the same.
        attributes: by name.
    """

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    @classmethod
    def of(cls, node: onnx.NodeProto) -> Self:
        """Read it."""
        attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        kind = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
        return cls(kind, tuple(node.input), tuple(node.output), attributes)

    def fault(self, reason: str) -> TFLiteError:
        """Return the error that says why this node cannot be translated."""
        return TFLiteError(f"{self.kind}: {reason}, which is not translated to TFLite")


class Translation:
    """The values of a graph as far as they are written.

    Args:
        model: whose sizes are all known, constants folded.

    Attributes:
        writer: of the file.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        self.writer = Writer()
        graph = model.graph
        entries = (*graph.value_info, *graph.input, *graph.output)
        self._types = {one.name: one.type.tensor_type for one in entries}
        self._known = {one.name: _narrow(numpy_helper.to_array(one)) for one in graph.initializer}
        self._plain: dict[str, Tensor] = {}
        self._channels_last: dict[str, Tensor] = {}

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the sizes of a value, in ONNX's order.

        Raises:
            TFLiteError: they are not all known.
        """
        if name in self._known:
            return self._known[name].shape
        entry = self._types.get(name)
        if entry is None or not entry.HasField("shape"):
            sizes = [0]
        else:
            sizes = [one.dim_value for one in entry.shape.dim]
        if not all(size > 0 for size in sizes):
            raise TFLiteError(f"{name}: its size is not known before it is computed")
        return tuple(sizes)

    def type(self, name: str) -> np.dtype:
        """Return the type of a value's numbers; whole ones have 32 bits."""
        if name in self._known:
            return self._known[name].dtype
        return narrow_type(helper.tensor_dtype_to_np_dtype(self._types[name].elem_type))

    def known(self, node: Node, place: int, usual: Any = None) -> Any:
        """Return an input of a node that is a constant, or `usual` where it is left out.

        Raises:
            TFLiteError: it is computed.
        """
        if place >= len(node.inputs) or not node.inputs[place]:
            return usual
        name = node.inputs[place]
        if name not in self._known:
            raise node.fault(f"its input {place + 1} is computed")
        return self._known[name]

    def is_known(self, name: str) -> bool:
        """Return whether a value is a constant."""
        return name in self._known

    def plain(self, name: str) -> Tensor:
        """Return a value in ONNX's order of axes.

        Raises:
            TFLiteError: nothing that is translated computes it.
        """
        if name not in self._plain:
            if name in self._known:
                self._plain[name] = self.writer.constant(self._known[name])
            elif name not in self._channels_last:
                raise TFLiteError(f"{name}: this output is not translated to TFLite")
            else:
                turned = self._channels_last[name]
                self._plain[name] = self.turn(turned, channels_first(len(turned.shape)))
        return self._plain[name]

    def channels_last(self, name: str, rank: int = 0) -> Tensor:
        """Return a value with its channels last.

        Args:
            rank: that a constant of fewer axes is brought to.
        """
        if name in self._known:
            values = self._known[name]
            values = values.reshape((1,) * (rank - values.ndim) + values.shape)
            return self.writer.constant(
                np.ascontiguousarray(values.transpose(channels_last(values.ndim)))
            )
        if name not in self._channels_last:
            plain = self.plain(name)
            self._channels_last[name] = self.turn(plain, channels_last(len(plain.shape)))
        return self._channels_last[name]

    def lies_last(self, name: str) -> bool:
        """Return whether a value lies in the file with its channels last only."""
        return name in self._channels_last and name not in self._plain

    def as_it_lies(self, name: str) -> tuple[Tensor, bool]:
        """Return a value, and whether its channels are last, without turning it."""
        last = self.lies_last(name)
        return (self.channels_last(name) if last else self.plain(name)), last

    def put(self, name: str, tensor: Tensor, last: bool = False) -> None:
        """Note where a value lies."""
        (self._channels_last if last else self._plain)[name] = tensor

    def same(self, name: str, other: str) -> None:
        """Note that a value is another one."""
        if other in self._known:
            self._known[name] = self._known[other]
        for values in (self._plain, self._channels_last):
            if other in values:
                values[name] = values[other]

    def turn(self, tensor: Tensor, order: Sequence[int]) -> Tensor:
        """Return a tensor with its axes in another order."""
        places = self.writer.constant(np.array(order, np.int32))
        shape = [tensor.shape[axis] for axis in order]
        return self.writer.operator(
            "TRANSPOSE", [tensor, places], shape, tensor.type, schema.TransposeOptionsT()
        )

    def reshape(self, tensor: Tensor, shape: Sequence[int]) -> Tensor:
        """Return the numbers of a tensor, in their order, in another shape."""
        if tensor.shape == tuple(shape):
            return tensor
        options = schema.ReshapeOptionsT()
        options.newShape = list(shape)
        sizes = self.writer.constant(np.array(shape, np.int32))
        return self.writer.operator("RESHAPE", [tensor, sizes], shape, tensor.type, options)


#: Translates a node: asks for its inputs, and puts its outputs.
Translator = Callable[[Translation, Node], None]


def channels_last(rank: int) -> tuple[int, ...]:
    """Return the axes of a value in the order in which channels come last."""
    return (0, *range(2, rank), 1)


def channels_first(rank: int) -> tuple[int, ...]:
    """Return the axes of a value with channels last in ONNX's order."""
    return (0, rank - 1, *range(1, rank - 1))


def narrow_type(kind: np.dtype) -> np.dtype:
    """Return the type that stands for one of ONNX's: whole numbers have 32 bits."""
    return np.dtype(np.int32) if kind == np.int64 else np.dtype(kind)


def _narrow(values: np.ndarray) -> np.ndarray:
    """Return a constant as it can be written; a slice's end may be beyond all 32 bits."""
    if values.dtype == np.int64:
        return values.clip(*_INT32).astype(np.int32)
    return values


_INT32 = np.iinfo(np.int32).min, np.iinfo(np.int32).max
