"""TFLite's file format: tensors, constants, operators and what else a file holds, written.

Source: tensorflow/lite/schema/schema.fbs, whose classes `ai_edge_litert.schema_py_generated` has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

#: What the file begins with, behind the place of its root.
_IDENTIFIER = b"TFL3"
_SCHEMA = 3
_TYPES = {
    np.dtype(np.float32): schema.TensorType.FLOAT32,
    np.dtype(np.int32): schema.TensorType.INT32,
    np.dtype(np.uint8): schema.TensorType.UINT8,
    np.dtype(np.bool_): schema.TensorType.BOOL,
}
#: Constants begin at multiples of so many bytes.
_ALIGNED = 16
#: Versions of operators that have no first one in LiteRT.
_VERSIONS = {"BROADCAST_TO": 2}


@dataclass(frozen=True)
class Tensor:
    """A value in the file.

    Attributes:
        number: its place among the tensors.
        shape: its sizes, all known.
        type: float32, int32, uint8 or bool.
    """

    number: int
    shape: tuple[int, ...]
    type: np.dtype


def tensor_type(kind: np.dtype) -> int:
    """Return TFLite's number of a type.

    Raises:
        ValueError: there is none here.
    """
    if kind not in _TYPES:
        raise ValueError(f"numbers of the type {kind} are not translated")
    return _TYPES[kind]


class Writer:
    """Takes tensors and operators in the order in which they are computed, and makes a file."""

    def __init__(self) -> None:
        # The first buffer is that of all tensors which are no constants, and is empty.
        self._buffers = [schema.BufferT()]
        self._tensors: list[schema.TensorT] = []
        self._operators: list[schema.OperatorT] = []
        self._codes: dict[str, int] = {}

    def tensor(
        self, shape: Sequence[int], kind: np.dtype | type, name: str = "", buffer: int = 0
    ) -> Tensor:
        """Add a tensor that an input or an operator fills."""
        tensor, number = schema.TensorT(), len(self._tensors)
        tensor.shape, tensor.type = list(shape), tensor_type(np.dtype(kind))
        tensor.name, tensor.buffer = name or f"value_{number}", buffer
        self._tensors.append(tensor)
        return Tensor(number, tuple(shape), np.dtype(kind))

    def constant(self, values: np.ndarray) -> Tensor:
        """Add a constant."""
        return self.tensor(values.shape, values.dtype, buffer=self._buffer(values.tobytes()))

    def operator(
        self,
        kind: str,
        inputs: Sequence[Tensor | None],
        shape: Sequence[int],
        of: np.dtype | type,
        options: object | None = None,
    ) -> Tensor:
        """Add an operator with one output, and return that.

        Args:
            kind: TFLite's name of it.
            inputs: None for one that it can do without.
            shape: of the output.
            of: type of the output.
            options: its own, an object of the schema.
        """
        result = self.tensor(shape, of)
        self.operator_into(kind, inputs, [result], options)
        return result

    def operator_into(
        self,
        kind: str,
        inputs: Sequence[Tensor | None],
        outputs: Sequence[Tensor],
        options: object | None = None,
    ) -> None:
        """Add an operator that fills tensors which are there."""
        operator = schema.OperatorT()
        operator.opcodeIndex = self._codes.setdefault(kind, len(self._codes))
        operator.inputs = [-1 if one is None else one.number for one in inputs]
        operator.outputs = [one.number for one in outputs]
        if options is not None:
            name = type(options).__name__.removesuffix("T")
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, name)
            operator.builtinOptions = options
        self._operators.append(operator)

    def file(
        self,
        inputs: Mapping[str, Tensor],
        outputs: Mapping[str, Tensor],
        description: str,
        metadata: Mapping[str, bytes],
    ) -> bytes:
        """Return the file.

        Args:
            inputs: by name, in the order in which they stand in the file.
            outputs: the same.
            description: for people.
            metadata: by name; see `asl.tflite.labels`.
        """
        graph = schema.SubGraphT()
        for named in (inputs, outputs):
            for name, tensor in named.items():
                self._tensors[tensor.number].name = name
        graph.tensors, graph.operators, graph.name = self._tensors, self._operators, "main"
        graph.inputs = [one.number for one in inputs.values()]
        graph.outputs = [one.number for one in outputs.values()]
        model = schema.ModelT()
        model.version, model.description = _SCHEMA, description
        model.subgraphs, model.operatorCodes = [graph], [_code(kind) for kind in self._codes]
        model.signatureDefs = [_signature(inputs, outputs)]
        model.metadata = [self._metadata(*one) for one in metadata.items()]
        model.buffers = self._buffers
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(model.Pack(builder), _IDENTIFIER)
        return bytes(builder.Output())

    def _buffer(self, content: bytes) -> int:
        buffer = _Buffer()
        buffer.data = np.frombuffer(content, np.uint8)
        self._buffers.append(buffer)
        return len(self._buffers) - 1

    def _metadata(self, name: str, content: bytes) -> schema.MetadataT:
        entry = schema.MetadataT()
        entry.name, entry.buffer = name, self._buffer(content)
        return entry


class _Buffer(schema.BufferT):
    """Numbers that begin where the schema wants them, which its own class does not see to."""

    def Pack(self, builder: flatbuffers.Builder) -> int:
        builder.Prep(_ALIGNED, len(self.data))
        return int(super().Pack(builder))


def _code(kind: str) -> schema.OperatorCodeT:
    """Return the entry of an operator, which older readers find in another field."""
    code, number = schema.OperatorCodeT(), getattr(schema.BuiltinOperator, kind)
    code.builtinCode, code.deprecatedBuiltinCode = number, min(number, 127)
    code.version = _VERSIONS.get(kind, 1)
    return code


def _signature(inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor]) -> schema.SignatureDefT:
    """Return what lets inputs and outputs be found by their names."""
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = "serving_default", 0
    signature.inputs, signature.outputs = (
        [_tensor_map(name, one) for name, one in named.items()] for named in (inputs, outputs)
    )
    return signature


def _tensor_map(name: str, tensor: Tensor) -> schema.TensorMapT:
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name, tensor.number
    return entry
