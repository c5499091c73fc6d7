"""Operators that move, choose and join numbers without computing any."""

from collections.abc import Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from asl.tflite.translation import (
    Node,
    Translation,
    Translator,
    channels_first,
    channels_last,
)
from asl.tflite.writer import Tensor


def _reshape(translation: Translation, node: Node) -> None:
    name, result = node.inputs[0], node.outputs[0]
    translation.put(result, translation.reshape(translation.plain(name), translation.shape(result)))


def _transpose(translation: Translation, node: Node) -> None:
    name, result = node.inputs[0], node.outputs[0]
    rank = len(translation.shape(name))
    order = tuple(node.attributes.get("perm", range(rank)[::-1]))
    if order == channels_first(rank) and not translation.lies_last(name):
        translation.put(result, translation.plain(name), last=True)
    elif order == channels_last(rank) and translation.lies_last(name):
        translation.put(result, translation.channels_last(name))
    else:
        translation.put(result, translation.turn(translation.plain(name), order))


def _concatenate(translation: Translation, node: Node) -> None:
    result, computed = node.outputs[0], [n for n in node.inputs if not translation.is_known(n)]
    rank = len(translation.shape(result))
    last = all(translation.lies_last(name) for name in computed)
    axis = node.attributes["axis"] % rank
    values = [
        translation.channels_last(name) if last else translation.plain(name) for name in node.inputs
    ]
    shape = translation.shape(result)
    options = schema.ConcatenationOptionsT()
    options.axis = channels_last(rank).index(axis) if last else axis
    if last:
        shape = tuple(shape[one] for one in channels_last(rank))
    written = translation.writer.operator("CONCATENATION", values, shape, values[0].type, options)
    translation.put(result, written, last)


def _slice(translation: Translation, node: Node) -> None:
    rank = len(translation.shape(node.inputs[0]))
    starts, ends = translation.known(node, 1), translation.known(node, 2)
    axes = translation.known(node, 3, np.arange(len(starts)))
    steps = translation.known(node, 4, np.ones_like(starts))
    if (steps < 1).any():
        raise node.fault("it goes backwards")
    parts = [slice(None)] * rank
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        parts[axis] = slice(int(start), int(end), int(step))
    _cut(translation, node.inputs[0], node.outputs[0], parts)


def _split(translation: Translation, node: Node) -> None:
    name, begin = node.inputs[0], 0
    rank = len(translation.shape(name))
    axis = node.attributes.get("axis", 0) % rank
    for result in node.outputs:
        size = translation.shape(result)[axis]
        parts = [slice(None)] * rank
        parts[axis] = slice(begin, begin + size)
        _cut(translation, name, result, parts)
        begin += size


def _cut(translation: Translation, name: str, result: str, parts: list[slice]) -> None:
    """Write a part of a value, which lies as that does."""
    value, last = translation.as_it_lies(name)
    order = channels_last(len(parts)) if last else range(len(parts))
    bounds = np.array(
        [parts[axis].indices(size) for axis, size in zip(order, value.shape, strict=True)], np.int32
    )
    shape = [len(range(*one)) for one in bounds.tolist()]
    limits = [translation.writer.constant(column.copy()) for column in bounds.T]
    written = translation.writer.operator(
        "STRIDED_SLICE", [value, *limits], shape, value.type, schema.StridedSliceOptionsT()
    )
    translation.put(result, written, last)


def _pad(translation: Translation, node: Node) -> None:
    if node.attributes.get("mode", b"constant") != b"constant" or translation.known(node, 2, 0):
        raise node.fault("it pads with something else than zeros")
    name, result = node.inputs[0], node.outputs[0]
    rank = len(translation.shape(name))
    amounts, axes = translation.known(node, 1), translation.known(node, 3, np.arange(rank))
    if (amounts < 0).any():
        raise node.fault("it cuts off")
    around = np.zeros((rank, 2), np.int32)
    around[axes] = amounts.reshape(2, -1).T
    value, last = translation.as_it_lies(name)
    if last:
        around = around[list(channels_last(rank))]
    translation.put(result, pad(translation, value, around), last)


def pad(translation: Translation, value: Tensor, around: np.ndarray) -> Tensor:
    """Return a tensor with zeros around it.

    Args:
        around: (axes, 2) int32, zeros before and behind.
    """
    if not around.any():
        return value
    shape = [size + int(more) for size, more in zip(value.shape, around.sum(1), strict=True)]
    amounts = translation.writer.constant(np.ascontiguousarray(around))
    return translation.writer.operator(
        "PAD", [value, amounts], shape, value.type, schema.PadOptionsT()
    )


def _expand(translation: Translation, node: Node) -> None:
    shape = translation.shape(node.outputs[0])
    sizes = translation.writer.constant(np.array(shape, np.int32))
    value = translation.plain(node.inputs[0])
    written = translation.writer.operator("BROADCAST_TO", [value, sizes], shape, value.type)
    translation.put(node.outputs[0], written)


def _places(translation: Translation, node: Node, sizes: int | Sequence[int]) -> Tensor:
    """Return the places that a node takes; in TFLite none may be counted from the end.

    Args:
        sizes: of the axes that the last axis of the places is about, or of the only one.
    """
    if not translation.is_known(node.inputs[1]):
        return translation.plain(node.inputs[1])
    places = translation.known(node, 1)
    return translation.writer.constant(
        np.where(places < 0, places + np.array(sizes, np.int32), places)
    )


def _gather(translation: Translation, node: Node) -> None:
    value = translation.plain(node.inputs[0])
    options = schema.GatherOptionsT()
    options.axis = node.attributes.get("axis", 0) % len(value.shape)
    places = _places(translation, node, value.shape[options.axis])
    shape = translation.shape(node.outputs[0])
    written = translation.writer.operator("GATHER", [value, places], shape, value.type, options)
    translation.put(node.outputs[0], written)


def _gather_rows(translation: Translation, node: Node) -> None:
    if node.attributes.get("batch_dims", 0):
        raise node.fault("it chooses in every example by itself")
    value = translation.plain(node.inputs[0])
    places = _places(translation, node, value.shape[: translation.shape(node.inputs[1])[-1]])
    shape = translation.shape(node.outputs[0])
    options = schema.GatherNdOptionsT()
    written = translation.writer.operator("GATHER_ND", [value, places], shape, value.type, options)
    translation.put(node.outputs[0], written)


def _gather_elements(translation: Translation, node: Node) -> None:
    """Along one axis every number says which one it takes: done in one long row of them all."""
    value = translation.plain(node.inputs[0])
    axis = node.attributes.get("axis", 0) % len(value.shape)
    places = _places(translation, node, value.shape[axis])
    strides = np.cumprod((1, *value.shape[:0:-1]), dtype=np.int32)[::-1]
    others = np.indices(places.shape, np.int32)
    others[axis] = 0
    offsets = np.tensordot(strides, others, 1).astype(np.int32)
    writer, shape = translation.writer, places.shape
    stride = writer.constant(np.array(strides[axis], np.int32))
    steps = writer.operator("MUL", [places, stride], shape, np.int32, schema.MulOptionsT())
    rows = writer.operator(
        "ADD", [steps, writer.constant(offsets)], shape, np.int32, schema.AddOptionsT()
    )
    long = translation.reshape(value, [int(np.prod(value.shape))])
    options = schema.GatherOptionsT()
    written = writer.operator("GATHER", [long, rows], shape, value.type, options)
    translation.put(node.outputs[0], written)


def _top(translation: Translation, node: Node) -> None:
    value, writer = translation.plain(node.inputs[0]), translation.writer
    axis = node.attributes.get("axis", -1) % len(value.shape)
    if axis != len(value.shape) - 1:
        raise node.fault("it sorts along an axis that is not the last one")
    smallest = not node.attributes.get("largest", 1)

    def turned(one: Tensor) -> Tensor:
        return writer.operator("NEG", [one], one.shape, one.type, schema.NegOptionsT())

    count = writer.constant(np.array(translation.known(node, 1).item(), np.int32))
    shape = translation.shape(node.outputs[1])
    found, places = writer.tensor(shape, value.type), writer.tensor(shape, np.int32)
    writer.operator_into(
        "TOPK_V2",
        [turned(value) if smallest else value, count],
        [found, places],
        schema.TopKV2OptionsT(),
    )
    translation.put(node.outputs[1], places)
    translation.put(node.outputs[0], turned(found) if smallest else found)


OPERATORS: dict[str, Translator] = {
    **dict.fromkeys(("Reshape", "Unsqueeze", "Squeeze", "Flatten"), _reshape),
    "Transpose": _transpose,
    "Concat": _concatenate,
    "Slice": _slice,
    "Split": _split,
    "Pad": _pad,
    "Expand": _expand,
    "Gather": _gather,
    "GatherND": _gather_rows,
    "GatherElements": _gather_elements,
    "TopK": _top,
}
