"""Write a network as ONNX, and check that it still gives the same answers."""

import inspect
import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from onnxscript.optimizer import fold_constants, remove_unused_nodes
from torch import nn

from asl.bundle import ONNX
from asl.card import Parity
from asl.inference.decision import softmax
from asl.inference.runner import open_session
from asl.nets.weights_file import HALF, write_weights

#: Sizes that a graph leaves open: examples in a batch, and frames in a sequence.
EXAMPLES = torch.export.Dim("examples", min=1, max=4096)
FRAMES = torch.export.Dim("frames", min=1, max=10_000)

#: Examples that both are asked about at a time: so few stay in a processor's cache.
_AT_ONCE = 8
#: Probabilities of a network and of its ONNX file may differ by so much.
_LARGEST_DIFFERENCE = 1e-3


def to_onnx(
    network: nn.Module,
    example: tuple[torch.Tensor, ...],
    file: Path,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    open_sizes: Mapping[int, Any] = MappingProxyType({0: EXAMPLES}),
) -> None:
    """Export `network` in evaluation mode, for batches of any size, as one file.

    Args:
        network: whose `forward` takes the inputs one by one, or as ``*inputs``.
        example: at least two in each direction whose size is open, or the exporter takes that for
            a constant.
        open_sizes: of every input: axis → `EXAMPLES` or `FRAMES`.
    """
    shapes = (dict(open_sizes),) * len(example)
    kinds = {one.kind for one in inspect.signature(network.forward).parameters.values()}
    several = inspect.Parameter.VAR_POSITIONAL in kinds
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
            dynamic_shapes=[shapes] if several else list(shapes),
            verbose=False,
            optimize=False,  # it fuses norms, and half precision cannot hold the result exactly
        )
    # Constants alone are folded: the exporter hides biases behind nodes that would keep ONNX
    # Runtime from fusing norms into convolutions, which makes it three times as fast.
    if program is None:
        raise RuntimeError("onnx: the exporter gave no program")
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
    of the one who trained.
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
        graph.initializer.append(numpy_helper.from_array(narrow, name + HALF))
        graph.node.insert(
            0, onnx.helper.make_node("Cast", [name + HALF], [name], to=onnx.TensorProto.FLOAT)
        )
    onnx.save(model, file)


def largest_difference(network: nn.Module, file: Path, inputs: dict[str, np.ndarray]) -> float:
    """Return the largest difference of any probability between the network and its ONNX file.

    Args:
        inputs: ONNX input name → rows to compare, in the order of the network's arguments.
    """
    network.eval()
    session, differences = open_session(file), []
    for start in range(0, len(next(iter(inputs.values()))), _AT_ONCE):
        some = {name: rows[start : start + _AT_ONCE] for name, rows in inputs.items()}
        with torch.no_grad():
            said = network(*map(torch.from_numpy, some.values()))
        own = (said if isinstance(said, torch.Tensor) else said[0]).numpy()
        exported = session.run(["logits"], some)[0]
        differences.append(np.abs(softmax(own) - softmax(exported)).max())
    return float(np.max(differences))


def store(network: nn.Module, folder: Path, inputs: dict[str, np.ndarray]) -> Parity:
    """Make a bundle's ONNX file small, write the weights beside it, and compare both answers.

    Args:
        network: that was exported to the file; its weights went through `halve`.
        folder: of the bundle.
        inputs: as for `largest_difference`, real ones.

    Raises:
        RuntimeError: the exported file answers otherwise than the network.
    """
    compact(folder / ONNX)
    narrow = {k: v.half() if v.is_floating_point() else v for k, v in network.state_dict().items()}
    write_weights({name: tensor.numpy() for name, tensor in narrow.items()}, folder)
    difference = largest_difference(network, folder / ONNX, inputs)
    if not difference <= _LARGEST_DIFFERENCE:  # nor is NaN
        raise RuntimeError(f"{ONNX}: probabilities differ from the network's by {difference:.2g}")
    rows = len(next(iter(inputs.values())))
    return {"pictures": rows, "largest_difference": difference}
