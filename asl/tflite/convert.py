"""From a bundle to a TFLite file.

The graph is first made one of fixed sizes: one example at a time, and of a sequence as many frames
as the model's own preparation brings it to. ONNX Runtime works out then what is constant.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime

from asl.bundle import ModelBundle
from asl.inference.graph import load_graph
from asl.inference.runner import brief, noise
from asl.tflite import elementwise, layers, rearranging, recurrent
from asl.tflite.labels import append_labels, metadata
from asl.tflite.translation import Node, TFLiteError, Translation

_OPERATORS = {
    **elementwise.OPERATORS,
    **rearranging.OPERATORS,
    **layers.OPERATORS,
    **recurrent.OPERATORS,
}
#: Of ONNX's operators; older ones have the same names, and do other things.
_LEAST_VERSION = 13
#: Operators that may have numbers of 8 bits, which TFLite takes for quantized ones in all others.
_WITH_BYTES = {"Cast", *rearranging.OPERATORS}


def to_tflite(bundle: ModelBundle) -> bytes:
    """Return a bundle's network as a TFLite file, with `labels.txt` in it.

    Inputs and outputs have the names and types that they have in ONNX, and one row; a sequence has
    the card's number of frames. Frames that are not there hold NaN, as in ONNX.

    Raises:
        TFLiteError: the network has an operator, or one of its ways, that is not known
            here; the message names it.
        BundleError: its ONNX file may not be read.
    """
    card = bundle.card
    model = _of_fixed_sizes(bundle)
    _check_version(model)
    translation = Translation(model)
    writer, inputs = translation.writer, {}
    for entry in model.graph.input:
        name = entry.name
        inputs[name] = writer.tensor(translation.shape(name), translation.type(name))
        translation.put(name, inputs[name])
    for raw in model.graph.node:
        node = Node.of(raw)
        if node.kind not in _OPERATORS:
            raise TFLiteError(f"{node.kind}: this operator is not translated to TFLite")
        try:
            _check_types(translation, node)
            _OPERATORS[node.kind](translation, node)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            if isinstance(error, TFLiteError):
                raise
            raise node.fault(f"it is not as networks of this app have it ({error})") from error
    outputs = {entry.name: translation.plain(entry.name) for entry in model.graph.output}
    about = metadata(card, tuple(inputs), tuple(outputs))
    content = writer.file(inputs, outputs, card.description, about)
    return append_labels(content, card.labels)


def _check_version(model: onnx.ModelProto) -> None:
    """Refuse a graph of old operators.

    Raises:
        TFLiteError: it is one.
    """
    version = max(one.version for one in model.opset_import if one.domain in ("", "ai.onnx"))
    if version < _LEAST_VERSION:
        raise TFLiteError(
            f"opset {version}: ONNX's operators before opset {_LEAST_VERSION} are not translated "
            "to TFLite; export the network again with a newer one"
        )


def _check_types(translation: Translation, node: Node) -> None:
    """Refuse to compute with numbers of 8 bits.

    Raises:
        TFLiteError: it would be done.
    """
    if node.kind in _WITH_BYTES:
        return
    if any(translation.type(name) == np.uint8 for name in node.inputs if name):
        raise node.fault("it computes with numbers of 8 bits")


def _of_fixed_sizes(bundle: ModelBundle) -> onnx.ModelProto:
    """Return the graph for one example, with its constants folded and all sizes worked out."""
    try:
        model = load_graph(bundle)
        fixed = noise(bundle.card)
        for entry in model.graph.input:
            for size, wanted in zip(
                entry.type.tensor_type.shape.dim, fixed[entry.name].shape, strict=True
            ):
                size.dim_value = wanted
        for entry in model.graph.output:
            entry.type.tensor_type.ClearField("shape")
        del model.graph.value_info[:]
        options = onnxruntime.SessionOptions()
        # Further ones bring operators of ONNX Runtime's own.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        with TemporaryDirectory() as folder:
            options.optimized_model_filepath = str(Path(folder, "fixed.onnx"))
            onnxruntime.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
            folded = onnx.load(options.optimized_model_filepath)
        return onnx.shape_inference.infer_shapes(folded, data_prop=True)
    except Exception as error:  # neither protobuf nor ONNX Runtime has errors of its own to name
        raise TFLiteError(f"the graph cannot be worked out ({brief(error)})") from error
