"""Labels inside a TFLite file are found by what looks for them."""

from __future__ import annotations

import io
import zipfile

import flatbuffers.encode
import flatbuffers.number_types
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from flatbuffers.table import Table

from asl.tflite.convert import to_tflite
from asl.tflite.labels import LABELS, METADATA, append_labels, read_labels

_NAME, _FILE_KIND, _GRAPHS, _OUTPUTS, _FILES, _AXIS_LABELS = 0, 2, 3, 3, 6, 2


class Read:
    """A table of metadata_schema.fbs, whose fields are read by number."""

    def __init__(self, content: bytes, place: int):
        self.content, self.table = content, Table(content, place)

    def text(self, field: int) -> str:
        return self.table.String(self.place(field)).decode()

    def byte(self, field: int) -> int:
        return self.content[self.place(field)]

    def tables(self, field: int) -> list[Read]:
        offset = self.place(field) - self.table.Pos
        first, count = self.table.Vector(offset), self.table.VectorLen(offset)
        places = [self.table.Indirect(first + 4 * number) for number in range(count)]
        return [Read(self.content, place) for place in places]

    def place(self, field: int) -> int:
        offset = self.table.Offset(4 + 2 * field)
        assert offset, f"field {field} is missing"
        return self.table.Pos + offset


def test_labels_stand_behind_the_network_without_being_packed():
    labels = ("A", "del", "ÑU", "[b]")
    whole = append_labels(b"TFL3 network", labels)
    assert whole.startswith(b"TFL3 network") and read_labels(whole) == labels
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        [member] = archive.infolist()
        assert archive.testzip() is None
    assert (member.filename, member.compress_type) == (LABELS, zipfile.ZIP_STORED)
    assert append_labels(b"TFL3 network", labels) == whole


@pytest.mark.parametrize("content", [b"", b"TFL3 network", b"PK"])
def test_a_file_without_labels_says_so(content):
    with pytest.raises(ValueError, match=r"no labels\.txt inside"):
        read_labels(content)


def test_metadata_says_to_which_outputs_they_belong(tiny_bundle):
    content = to_tflite(tiny_bundle("mine"))
    model = schema.Model.GetRootAs(content, 0)
    [entry] = [model.Metadata(number) for number in range(model.MetadataLength())]
    assert entry.Name().decode() == METADATA
    about = model.Buffers(entry.Buffer()).DataAsNumpy().tobytes()
    assert about[4:8] == b"M001"
    offset = flatbuffers.number_types.UOffsetTFlags.packer_type
    root = Read(about, flatbuffers.encode.Get(offset, about, 0))
    [graph] = root.tables(_GRAPHS)
    outputs = graph.tables(_OUTPUTS)
    names = [one.text(_NAME) for one in outputs]
    assert (root.text(_NAME), names) == ("mine", ["logits", "picture_logits", "landmark_logits"])
    for output in outputs:
        [file] = output.tables(_FILES)
        assert (file.text(_NAME), file.byte(_FILE_KIND)) == (LABELS, _AXIS_LABELS)
    details = Interpreter(model_content=content).get_output_details()
    assert [one["name"] for one in details] == names
