"""Parts of a bundle's ONNX graph, cut out in memory: what leads from some values to others.

ONNX Runtime computes a whole graph, whichever output is asked for; a part costs only what it
needs. The bundle's file stays as it is. Needs the package onnx, which prediction does without.
"""

from collections.abc import Collection, Sequence

import onnx
from onnx import TensorProto, helper

from asl.bundle import ONNX, ModelBundle
from asl.inference.runner import GraphRunner


def load_graph(bundle: ModelBundle) -> onnx.ModelProto:
    """Read a bundle's ONNX file, without any other file that it may refer to.

    Raises:
        BundleError: it may not be read.
        Exception: it is broken; protobuf's own types.
    """
    with bundle.open(ONNX) as file:
        return onnx.load(file, load_external_data=False)


def cut(model: onnx.ModelProto, inputs: Sequence[str], outputs: Sequence[str]) -> GraphRunner:
    """Return the part of a model that leads from some of `inputs` to `outputs`, ready to run.

    Args:
        model: stays as it is.
        inputs: names of values at which the part may begin.
        outputs: names of the values that are wanted.

    Raises:
        BundleError: there is no such part.
    """
    graph = model.graph
    nodes = needed_nodes(graph, outputs, inputs)
    read = {name for node in nodes for name in node.input}
    known = {entry.name: entry for entry in (*graph.input, *graph.output)}

    def entry(name: str) -> onnx.ValueInfoProto:
        return known.get(name) or helper.make_tensor_value_info(name, TensorProto.FLOAT, None)

    part = helper.make_graph(
        nodes,
        graph.name,
        [entry(name) for name in inputs if name in read],
        [entry(name) for name in outputs],
        [tensor for tensor in graph.initializer if tensor.name in read],
    )
    cut_out = helper.make_model(part, opset_imports=model.opset_import, ir_version=model.ir_version)
    return GraphRunner(cut_out.SerializeToString(), name=f"a part of {ONNX}")


def needed_nodes(
    graph: onnx.GraphProto, outputs: Collection[str], inputs: Collection[str]
) -> list[onnx.NodeProto]:
    """Return the nodes that `outputs` need, beginning at `inputs`, in the graph's order."""
    wanted, chosen = set(outputs) - set(inputs), []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            chosen.append(node)
            wanted |= set(node.input) - set(inputs)
    return chosen[::-1]
