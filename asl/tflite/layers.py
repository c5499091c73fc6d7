"""Operators that networks are named after: convolutions, norms, sums, attention's products."""

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from asl.tflite.elementwise import single
from asl.tflite.rearranging import pad
from asl.tflite.translation import Node, Translation, Translator, channels_last
from asl.tflite.writer import Tensor

_REDUCTIONS = {
    "ReduceMean": "MEAN",
    "ReduceSum": "SUM",
    "ReduceMax": "REDUCE_MAX",
    "ReduceMin": "REDUCE_MIN",
}

#: What ONNX calls it that a pixel is a square, and its place that of the middle. In PyTorch's way
#: a single row or column of the result is the first one of the picture, not the middle.
_HALF_PIXEL, _FIRST_ALONE = b"half_pixel", b"pytorch_half_pixel"


def _convolution(translation: Translation, node: Node) -> None:
    kernel = translation.known(node, 1)
    outputs, inputs, *sides = kernel.shape
    groups = node.attributes.get("group", 1)
    in_groups = groups > 1
    if in_groups and inputs > 1:
        raise node.fault(f"it has {groups} groups of several channels")
    strides, dilations, around = _window(node, sides)
    value = translation.channels_last(node.inputs[0])
    if len(sides) == 1:  # over time alone: a picture of one column
        value = translation.reshape(value, (*value.shape[:2], 1, value.shape[2]))
        kernel = kernel[..., None]
    options = schema.DepthwiseConv2DOptionsT() if in_groups else schema.Conv2DOptionsT()
    options.strideH, options.strideW = strides
    options.dilationHFactor, options.dilationWFactor = dilations
    if isinstance(options, schema.DepthwiseConv2DOptionsT):
        options.depthMultiplier = outputs // groups
        kernel = kernel.transpose(1, 2, 3, 0)
    else:
        kernel = kernel.transpose(0, 2, 3, 1)
    reach = [(one - 1) * step for one, step in zip(_two(sides), dilations, strict=True)]
    value = _padded(translation, value, options, strides, reach, around)
    bias = translation.known(node, 2, np.zeros(outputs, np.float32))
    writer = translation.writer
    constants = [writer.constant(np.ascontiguousarray(kernel)), writer.constant(bias)]
    shape = translation.shape(node.outputs[0])
    last = tuple(shape[axis] for axis in channels_last(len(shape)))
    flat = last if len(sides) == 2 else (*last[:2], 1, last[2])
    kind = "DEPTHWISE_CONV_2D" if in_groups else "CONV_2D"
    written = writer.operator(kind, [value, *constants], flat, value.type, options)
    translation.put(node.outputs[0], translation.reshape(written, last), last=True)


def _pool(translation: Translation, node: Node) -> None:
    sides = node.attributes["kernel_shape"]
    strides, dilations, around = _window(node, sides)
    if len(sides) != 2 or node.attributes.get("ceil_mode", 0) or max(dilations) > 1 or around.any():
        raise node.fault("it has padding, gaps, or another number of sides than two")
    options = schema.Pool2DOptionsT()
    options.padding = schema.Padding.VALID
    options.strideH, options.strideW = strides
    options.filterHeight, options.filterWidth = sides
    value = translation.channels_last(node.inputs[0])
    shape = translation.shape(node.outputs[0])
    last = [shape[axis] for axis in channels_last(len(shape))]
    written = translation.writer.operator("MAX_POOL_2D", [value], last, value.type, options)
    translation.put(node.outputs[0], written, last=True)


def _resize(translation: Translation, node: Node) -> None:
    mode = node.attributes.get("mode", b"nearest")
    places = node.attributes.get("coordinate_transformation_mode", b"half_pixel")
    shape, before = (translation.shape(name) for name in (node.outputs[0], node.inputs[0]))
    same = len(shape) == 4 and shape[:2] == before[:2]
    middle = places == _HALF_PIXEL or (places == _FIRST_ALONE and min(shape[2:], default=1) > 1)
    if mode != b"linear" or not middle or not same:
        raise node.fault("it does something else than to enlarge pictures in straight lines")
    if node.attributes.get("antialias", 0):
        raise node.fault("it smooths what it makes smaller")
    # TFLite goes by the sizes alone.
    scales = translation.known(node, 2, np.zeros(0))
    axes = node.attributes.get("axes", range(len(scales)))
    exact = [shape[axis] / before[axis] for axis in axes]
    whole = node.attributes.get("keep_aspect_ratio_policy", b"stretch") == b"stretch"
    if not whole or (scales.size and not np.allclose(scales, exact)):
        raise node.fault("its sizes are rounded")
    value = translation.channels_last(node.inputs[0])
    last = [shape[axis] for axis in channels_last(len(shape))]
    options = schema.ResizeBilinearOptionsT()
    options.halfPixelCenters = True
    sides = translation.writer.constant(np.array(last[1:3], np.int32))
    written = translation.writer.operator(
        "RESIZE_BILINEAR", [value, sides], last, value.type, options
    )
    translation.put(node.outputs[0], written, last=True)


def _window(node: Node, sides: list[int]) -> tuple[tuple[int, int], tuple[int, int], np.ndarray]:
    """Return strides, dilations, and (2, 2) zeros before and behind rows and columns."""
    if node.attributes.get("auto_pad", b"NOTSET") != b"NOTSET":
        raise node.fault("its padding follows a rule")
    ones = [1] * len(sides)
    strides = _two(node.attributes.get("strides", ones))
    dilations = _two(node.attributes.get("dilations", ones))
    pads = np.zeros((2, 2), np.int32)
    given = np.array(node.attributes.get("pads", [0, 0] * len(sides)), np.int32)
    pads[: len(sides)] = given.reshape(2, -1).T
    return strides, dilations, pads


def _two(sizes: list[int]) -> tuple[int, int]:
    """Return rows and columns; there is one column where there are rows alone."""
    rows, columns = (*sizes, 1)[:2]
    return rows, columns


def _padded(
    translation: Translation,
    value: Tensor,
    options: Any,
    strides: tuple[int, int],
    reach: list[int],
    around: np.ndarray,
) -> Tensor:
    """Return a value with its zeros, or leave them to the convolution where it does the same."""
    usual = []
    for size, stride, far in zip(value.shape[1:3], strides, reach, strict=True):
        more = max((-(-size // stride) - 1) * stride + far + 1 - size, 0)
        usual.append((more // 2, more - more // 2))
    if around.any() and (around == usual).all():
        options.padding = schema.Padding.SAME
        return value
    options.padding = schema.Padding.VALID
    return pad(translation, value, np.pad(around, ((1, 1), (0, 0))))


def _norm(translation: Translation, node: Node) -> None:
    if node.attributes.get("training_mode", 0):
        raise node.fault("it goes by the mean of what it is shown")
    scale, shift, mean, variance = (translation.known(node, place) for place in range(1, 5))
    factor = scale / np.sqrt(variance + np.float32(node.attributes.get("epsilon", 1e-5)))
    offset = shift - mean * factor
    name, result = node.inputs[0], node.outputs[0]
    value, last = translation.as_it_lies(name)
    behind = (1,) * (0 if last else len(value.shape) - 2)
    writer = translation.writer
    for kind, numbers, options in (
        ("MUL", factor, schema.MulOptionsT()),
        ("ADD", offset, schema.AddOptionsT()),
    ):
        numbers = writer.constant(numbers.astype(np.float32).reshape(-1, *behind))
        value = writer.operator(kind, [value, numbers], value.shape, value.type, options)
    translation.put(result, value, last)


def _layer_norm(translation: Translation, node: Node) -> None:
    value, writer = translation.plain(node.inputs[0]), translation.writer
    rank = len(value.shape)
    if node.attributes.get("axis", -1) % rank != rank - 1:
        raise node.fault("it goes over several axes")

    def mean(one: Tensor) -> Tensor:
        options = schema.ReducerOptionsT()
        options.keepDims = True
        axis = writer.constant(np.array([rank - 1], np.int32))
        shape = (*one.shape[:-1], 1)
        return writer.operator("MEAN", [one, axis], shape, one.type, options)

    def pair(kind: str, first: Tensor, second: Tensor, options: object) -> Tensor:
        return writer.operator(kind, [first, second], first.shape, first.type, options)

    centred = pair("SUB", value, mean(value), schema.SubOptionsT())
    variance = mean(pair("MUL", centred, centred, schema.MulOptionsT()))
    least = writer.constant(np.array(node.attributes.get("epsilon", 1e-5), np.float32))
    variance = pair("ADD", variance, least, schema.AddOptionsT())
    spread = writer.operator("RSQRT", [variance], variance.shape, variance.type)
    normed = pair("MUL", centred, spread, schema.MulOptionsT())
    normed = pair("MUL", normed, translation.plain(node.inputs[1]), schema.MulOptionsT())
    if len(node.inputs) > 2:
        normed = pair("ADD", normed, translation.plain(node.inputs[2]), schema.AddOptionsT())
    translation.put(node.outputs[0], normed)


def _linear(translation: Translation, node: Node) -> None:
    alpha, beta = (node.attributes.get(name, 1.0) for name in ("alpha", "beta"))
    if node.attributes.get("transA", 0) or alpha != 1 or beta != 1:
        raise node.fault("it turns or scales what it multiplies")
    weights = translation.known(node, 1)
    if not node.attributes.get("transB", 0):
        weights = weights.T
    bias = translation.known(node, 2, np.zeros(1, np.float32))
    # The same for every row; others are refused.
    _connect(translation, node, weights, np.broadcast_to(bias, (1, len(weights)))[0])


def _connect(
    translation: Translation, node: Node, weights: np.ndarray, bias: np.ndarray | None
) -> None:
    """Write a linear layer, (…, inputs) → (…, outputs) by (outputs, inputs) weights."""
    writer, value = translation.writer, translation.plain(node.inputs[0])
    options = schema.FullyConnectedOptionsT()
    options.keepNumDims = len(value.shape) > 2
    parts = [value, writer.constant(np.ascontiguousarray(weights))]
    parts += [] if bias is None else [writer.constant(bias)]
    shape = translation.shape(node.outputs[0])
    written = writer.operator("FULLY_CONNECTED", parts, shape, value.type, options)
    translation.put(node.outputs[0], written)


def _product(translation: Translation, node: Node) -> None:
    first, second = node.inputs
    if min(len(translation.shape(name)) for name in node.inputs) < 2:
        raise node.fault("it multiplies by a single row")
    if translation.is_known(second) and len(translation.shape(second)) == 2:
        _connect(translation, node, translation.known(node, 1).T, None)
        return
    values = [translation.plain(first), translation.plain(second)]
    shape = translation.shape(node.outputs[0])
    options = schema.BatchMatMulOptionsT()
    written = translation.writer.operator("BATCH_MATMUL", values, shape, values[0].type, options)
    translation.put(node.outputs[0], written)


def _reduce(translation: Translation, node: Node) -> None:
    name, result = node.inputs[0], node.outputs[0]
    rank, kept = len(translation.shape(name)), bool(node.attributes.get("keepdims", 1))
    given = translation.known(node, 1, node.attributes.get("axes"))
    if given is None or not len(given):
        if node.attributes.get("noop_with_empty_axes", 0):
            raise node.fault("it has no axes")
        given = range(rank)
    axes = [int(axis) % rank for axis in given]
    # Without the other axes, channels alone are left, which lie as they should.
    last = translation.lies_last(name) and (kept or axes == list(range(2, rank)))
    value = translation.channels_last(name) if last else translation.plain(name)
    if last:
        axes = [channels_last(rank).index(axis) for axis in axes]
    options = schema.ReducerOptionsT()
    options.keepDims = kept
    places = translation.writer.constant(np.array(axes, np.int32))
    shape = [1 if axis in axes else size for axis, size in enumerate(value.shape)]
    if not kept:
        shape = [size for axis, size in enumerate(value.shape) if axis not in axes]
    kind = _REDUCTIONS[node.kind]
    written = translation.writer.operator(kind, [value, places], shape, value.type, options)
    translation.put(result, written, last and kept)


def _softmax(translation: Translation, node: Node) -> None:
    rank = len(translation.shape(node.inputs[0]))
    if node.attributes.get("axis", -1) % rank != rank - 1:
        raise node.fault("it goes along an axis that is not the last one")
    translation.plain(node.inputs[0])  # with it there, this is as it lies
    if node.kind == "LogSoftmax":
        single(translation, node, "LOG_SOFTMAX", options=schema.LogSoftmaxOptionsT())
        return
    options = schema.SoftmaxOptionsT()
    options.beta = 1.0
    single(translation, node, "SOFTMAX", options=options)


OPERATORS: dict[str, Translator] = {
    "Conv": _convolution,
    "MaxPool": _pool,
    "Resize": _resize,
    "BatchNormalization": _norm,
    "LayerNormalization": _layer_norm,
    "Gemm": _linear,
    "MatMul": _product,
    **dict.fromkeys(_REDUCTIONS, _reduce),
    **dict.fromkeys(("Softmax", "LogSoftmax"), _softmax),
}
