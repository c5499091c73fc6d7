"""Write a network as ONNX, and check that it still gives the same answers."""

import logging
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from onnxscript.optimizer import fold_constants, remove_unused_nodes
from torch import nn

from asl.inference.decision import softmax
from asl.nets.two_eyes import TwoEyes

_DYNAMIC = {0: torch.export.Dim("pictures", min=1, max=4096)}


def to_onnx(
    network: nn.Module,
    example: tuple[torch.Tensor, ...],
    file: Path,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
) -> None:
    """Export `network` in evaluation mode, for batches of any size, as one file.

    `example` must hold at least two rows, or the exporter takes the batch size for a constant.
    """
    network.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            network,
            example,
            dynamo=True,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_shapes=[(dict(_DYNAMIC),) * len(example)]
            if isinstance(network, TwoEyes)
            else [dict(_DYNAMIC)] * len(example),
            verbose=False,
            optimize=False,  # it fuses norms, and half precision cannot hold the result exactly
        )
    # Constants alone are folded: the exporter hides biases behind nodes that would keep ONNX
    # Runtime from fusing norms into convolutions, which makes it three times as fast.
    fold_constants(program.model)
    remove_unused_nodes(program.model)
    program.save(str(file), external_data=False)


def halve(network: nn.Module) -> nn.Module:
    """Round the weights to half precision in place, so that they can be stored in it exactly."""
    with torch.no_grad():
        for tensor in [*network.parameters(), *network.buffers()]:
            if tensor.is_floating_point():
                tensor.copy_(tensor.half().float())
    return network


def compact(file: Path) -> None:
    """Store an ONNX file's large weights in half precision, without the exporter's notes.

    ONNX Runtime widens the weights on loading; nothing is lost for a network that went through
    `halve` before its export. The notes say where in the source each node comes from, with paths
    of whoever trained.
    """
    model = onnx.load(file)
    graph = model.graph
    for noted in (model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output):
        noted.ClearField("metadata_props")
        noted.ClearField("doc_string")
    for tensor in graph.initializer:
        tensor.ClearField("metadata_props")
    for tensor in list(graph.initializer):
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) < 256:
            continue
        values = numpy_helper.to_array(tensor)
        narrow = values.astype(np.float16)
        if not np.array_equal(narrow.astype(np.float32), values):
            continue  # made by the exporter, such as folded constants: not ours to round
        name = tensor.name
        graph.initializer.remove(tensor)
        graph.initializer.append(numpy_helper.from_array(narrow, f"{name}.half"))
        graph.node.insert(
            0, onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT)
        )
    onnx.save(model, file)


def largest_difference(network: nn.Module, file: Path, inputs: dict[str, np.ndarray]) -> float:
    """Return the largest difference of any probability between the network and its ONNX file.

    Args:
        inputs: ONNX input name → rows to compare, in the order of the network's arguments.
    """
    network.eval()
    with torch.no_grad():
        own = network(*(torch.from_numpy(rows) for rows in inputs.values()))[0].numpy()
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    exported = session.run(["logits"], inputs)[0]
    return float(np.abs(softmax(own) - softmax(exported)).max())
