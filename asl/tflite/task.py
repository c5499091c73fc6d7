"""Networks as MediaPipe's finders in browsers take them: a task file.

It is a zip, nothing in it packed, of TFLite files that say how they want the colours of pictures.
"""

import io
import zipfile
from collections.abc import Mapping

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from asl.tflite.metadata import METADATA, TENSOR_FIELDS, MetadataBuilder

_IDENTIFIER = b"TFL3"


def task_file(networks: Mapping[str, bytes]) -> bytes:
    """Return a task file of TFLite files, by the names under which its finder looks for them."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        for name, content in networks.items():
            # Of a fixed date: the same networks give the same file.
            archive.writestr(zipfile.ZipInfo(name), content)
    return whole.getvalue()


def with_colours(content: bytes) -> bytes:
    """Return a TFLite file that says that it wants colours from 0 to 1, in place of 0 to 255.

    MediaPipe's older networks do not say it; the graphs that ran them did.
    """
    builder = MetadataBuilder()
    colours = {**builder.image(), **builder.normalised(0.0, 255.0)}
    picture = builder.table(TENSOR_FIELDS, colours)
    told = schema.BufferT()
    told.data = np.frombuffer(builder.finish("", "", [picture], []), np.uint8)
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    model.buffers.append(told)
    entry = schema.MetadataT()
    entry.name, entry.buffer = METADATA.encode(), len(model.buffers) - 1
    model.metadata = [*(model.metadata or []), entry]
    written = flatbuffers.Builder(len(content))
    written.Finish(model.Pack(written), _IDENTIFIER)
    return bytes(written.Output())
