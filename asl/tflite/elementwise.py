"""Operators that work number by number, however the axes lie."""

from collections.abc import Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from asl.tflite.translation import Node, TFLiteError, Translation, Translator
from asl.tflite.writer import Tensor, tensor_type

#: TFLite's operators take at most so many axes where sizes differ.
_MOST_AXES = 4

#: ONNX operator of several values → TFLite's name, its options, and whether it answers yes or no.
_SEVERAL: dict[str, tuple[str, type | None, bool]] = {
    "Add": ("ADD", schema.AddOptionsT, False),
    "Sub": ("SUB", schema.SubOptionsT, False),
    "Mul": ("MUL", schema.MulOptionsT, False),
    "Div": ("DIV", schema.DivOptionsT, False),
    "Pow": ("POW", schema.PowOptionsT, False),
    "Min": ("MINIMUM", schema.MaximumMinimumOptionsT, False),
    "Max": ("MAXIMUM", schema.MaximumMinimumOptionsT, False),
    "Greater": ("GREATER", schema.GreaterOptionsT, True),
    "Less": ("LESS", schema.LessOptionsT, True),
    "Equal": ("EQUAL", schema.EqualOptionsT, True),
    "And": ("LOGICAL_AND", schema.LogicalAndOptionsT, True),
    "Where": ("SELECT_V2", schema.SelectV2OptionsT, False),
}
#: In ONNX they take any number of values.
_OF_TWO = ("MINIMUM", "MAXIMUM")
#: ONNX operator of one value → TFLite's name.
_SINGLE = {
    "Relu": "RELU",
    "Sigmoid": "LOGISTIC",
    "Sqrt": "SQRT",
    "Floor": "FLOOR",
    "Not": "LOGICAL_NOT",
}


def single(
    translation: Translation,
    node: Node,
    kind: str,
    of: np.dtype | None = None,
    options: object = None,
) -> None:
    """Write an operator of one value, whose result lies as that does."""
    name, result = node.inputs[0], node.outputs[0]
    value, last = translation.as_it_lies(name)
    written = translation.writer.operator(kind, [value], value.shape, of or value.type, options)
    translation.put(result, written, last)


def several(
    translation: Translation,
    names: Sequence[str],
    result: str,
    kind: str,
    options: object | None = None,
    of: np.dtype | type | None = None,
) -> None:
    """Write an operator of several values whose sizes are brought together as in NumPy.

    Raises:
        TFLiteError: the sizes differ in more ways than TFLite can do.
    """
    shape = translation.shape(result)
    computed = [name for name in names if not translation.is_known(name)]
    last = any(translation.lies_last(name) for name in computed) and all(
        len(translation.shape(name)) == len(shape) for name in computed
    )
    values = [
        translation.channels_last(name, len(shape)) if last else translation.plain(name)
        for name in names
    ]
    kept = of or values[-1].type
    lying = np.broadcast_shapes(*(value.shape for value in values))
    if len(lying) > _MOST_AXES:
        values = _with_fewer_axes(translation, values, kind)
    sizes = np.broadcast_shapes(*(value.shape for value in values))
    written = translation.writer.operator(kind, values, sizes, kept, options)
    translation.put(result, translation.reshape(written, lying), last)


def _with_fewer_axes(translation: Translation, values: Sequence[Tensor], kind: str) -> list[Tensor]:
    """Return values with those axes joined that stand side by side and stretch alike."""
    rank = max(len(value.shape) for value in values)
    shapes = [(1,) * (rank - len(value.shape)) + value.shape for value in values]
    joined: list[tuple[int, ...]] = []  # sizes of each value, for each axis that is left
    for sizes in zip(*shapes, strict=True):
        if max(sizes) == 1:
            continue
        before = joined[-1] if joined else ()
        if before and [one == 1 for one in before] == [one == 1 for one in sizes]:
            joined[-1] = tuple(a * b for a, b in zip(before, sizes, strict=True))
        else:
            joined.append(sizes)
    if len(joined) > _MOST_AXES:
        raise TFLiteError(f"{kind}: values of these sizes cannot be brought together")
    fewer = zip(*joined, strict=True) if joined else ((1,) for _ in values)
    return [translation.reshape(value, sizes) for value, sizes in zip(values, fewer, strict=True)]


def _translate_single(translation: Translation, node: Node) -> None:
    single(translation, node, _SINGLE[node.kind])


def _translate_several(translation: Translation, node: Node) -> None:
    kind, options, answers = _SEVERAL[node.kind]
    if kind in _OF_TWO and len(node.inputs) != 2:
        raise node.fault(f"it has {len(node.inputs)} inputs")
    made = options() if options else None
    of = np.bool_ if answers else None
    several(translation, node.inputs, node.outputs[0], kind, made, of)


def _power(translation: Translation, node: Node) -> None:
    exponent = translation.known(node, 1)
    if exponent.size == 1 and exponent.item() == 2:  # exact, and faster
        names = (node.inputs[0], node.inputs[0])
        several(translation, names, node.outputs[0], "MUL", schema.MulOptionsT())
        return
    if exponent.dtype != translation.type(node.inputs[0]):
        raise node.fault("its exponent has numbers of another type")
    _translate_several(translation, node)


def _clip(translation: Translation, node: Node) -> None:
    name, result = node.inputs[0], node.outputs[0]
    low, high = translation.known(node, 1), translation.known(node, 2)
    kind = translation.type(name)
    if (low, high) == (0, 6) and kind == np.float32:
        single(translation, node, "RELU6")
        return
    value, last = translation.as_it_lies(name)
    for bound, limit in (("MAXIMUM", low), ("MINIMUM", high)):
        if limit is not None:
            limit = translation.writer.constant(np.asarray(limit, kind))
            options = schema.MaximumMinimumOptionsT()
            value = translation.writer.operator(bound, [value, limit], value.shape, kind, options)
    translation.put(result, value, last)


def _cast(translation: Translation, node: Node) -> None:
    before, after = translation.type(node.inputs[0]), translation.type(node.outputs[0])
    if before == after:
        translation.same(node.outputs[0], node.inputs[0])
        return
    options = schema.CastOptionsT()
    options.inDataType, options.outDataType = tensor_type(before), tensor_type(after)
    single(translation, node, "CAST", after, options)


def _is_nan(translation: Translation, node: Node) -> None:
    # Nothing else differs from itself.
    name = node.inputs[0]
    options = schema.NotEqualOptionsT()
    several(translation, (name, name), node.outputs[0], "NOT_EQUAL", options, np.bool_)


OPERATORS: dict[str, Translator] = {
    **dict.fromkeys(_SINGLE, _translate_single),
    **dict.fromkeys(_SEVERAL, _translate_several),
    "Pow": _power,
    "Clip": _clip,
    "Cast": _cast,
    "IsNaN": _is_nan,
}
