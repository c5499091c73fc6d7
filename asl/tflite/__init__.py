"""A bundle's network as TFLite, with its labels inside: for phones and other small computers.

ONNX operators are written as TFLite's, one after the other, into TFLite's own file format, whose
description comes with LiteRT; no TensorFlow is needed. `convert` begins it, `translation` goes
through the graph, `writer` makes the file, `labels` puts the names of the signs into it, and
`parity` compares its answers with those of ONNX Runtime.
"""

from importlib.util import find_spec


def missing() -> str:
    """Return why no TFLite file can be made here, "" where one can."""
    if find_spec("ai_edge_litert") and find_spec("flatbuffers"):
        return ""
    return "LiteRT is not installed here; `pip install ai-edge-litert` installs it."
