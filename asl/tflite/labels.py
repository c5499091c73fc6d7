"""The names of the signs inside a TFLite file, as TensorFlow Lite's metadata has them.

A zip with `labels.txt` stands behind the network, which does not mind it: `unzip` opens it, and
so do MediaPipe and Android's tools, which learn from the metadata to which output it belongs.

Source: metadata_schema.fbs of TensorFlow Lite Support, version 1.0.0; numbers of fields and kinds
are those of that file.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence

import flatbuffers

from asl.card import ModelCard

LABELS = "labels.txt"
METADATA = "TFLITE_METADATA"

_IDENTIFIER = b"M001"
_OLDEST_PARSER = "1.0.0"
#: Fields of the tables, and how many each has.
_MODEL_FIELDS, _MODEL_NAME, _MODEL_DESCRIPTION, _GRAPHS, _PARSER = 8, 0, 1, 3, 7
_GRAPH_FIELDS, _INPUTS, _OUTPUTS = 7, 2, 3
_TENSOR_FIELDS, _TENSOR_NAME, _TENSOR_DESCRIPTION, _CONTENT, _FILES = 7, 0, 1, 3, 6
_CONTENT_FIELDS, _PROPERTIES_KIND, _PROPERTIES = 3, 0, 1
_FILE_FIELDS, _FILE_NAME, _FILE_DESCRIPTION, _FILE_KIND = 5, 0, 1, 2
#: Kinds: what a file says, what a tensor shows, and in which colours.
_AXIS_LABELS, _IMAGE, _RGB = 2, 2, 1

#: What is in each input and output, for people.
MEANINGS = {
    "picture": "RGB from 0 to 255; all further preparation of pixels is part of the network.",
    "landmarks": "Joints of the hand, free of place, size and side.",
    "found": "1 if a hand was found, else 0.",
    "sequence": "Prepared landmarks over time; frames that are not there hold NaN.",
    "logits": "Of all signs; their softmax are the probabilities.",
    "picture_logits": "What the network of pictures says alone.",
    "landmark_logits": "What the network of joints says alone.",
}


def append_labels(content: bytes, labels: Sequence[str]) -> bytes:
    """Return a TFLite file with a line for each label, in the order of the logits, behind it."""
    whole = io.BytesIO()
    whole.write(content)
    with zipfile.ZipFile(whole, "a", zipfile.ZIP_STORED) as archive:  # readers know no other
        member = zipfile.ZipInfo(LABELS)  # of a fixed date: the same labels give the same file
        archive.writestr(member, "".join(f"{label}\n" for label in labels))
    return whole.getvalue()


def read_labels(content: bytes) -> tuple[str, ...]:
    """Return the labels inside a TFLite file.

    Raises:
        ValueError: there are none.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return tuple(archive.read(LABELS).decode().splitlines())
    except (zipfile.BadZipFile, KeyError) as error:
        raise ValueError(f"the TFLite file has no {LABELS} inside") from error


def metadata(card: ModelCard, inputs: Sequence[str], outputs: Sequence[str]) -> dict[str, bytes]:
    """Return what a file says of its tensors, by the name that it is looked for.

    Args:
        inputs: names, in the order of the file.
        outputs: the same.
    """
    builder = _Builder()
    graph = builder.table(
        _GRAPH_FIELDS,
        {
            _INPUTS: builder.tables([_tensor(builder, name) for name in inputs]),
            _OUTPUTS: builder.tables([_tensor(builder, name) for name in outputs]),
        },
    )
    root = builder.table(
        _MODEL_FIELDS,
        {
            _MODEL_NAME: builder.text(card.name),
            _MODEL_DESCRIPTION: builder.text(card.description),
            _GRAPHS: builder.tables([graph]),
            _PARSER: builder.text(_OLDEST_PARSER),
        },
    )
    return {METADATA: builder.finish(root)}


def _tensor(builder: "_Builder", name: str) -> int:
    fields: dict[int, int] = {_TENSOR_NAME: builder.text(name)}
    if name in MEANINGS:
        fields[_TENSOR_DESCRIPTION] = builder.text(MEANINGS[name])
    if name == "picture":
        colours = builder.table(1, {}, {0: _RGB})
        fields[_CONTENT] = builder.table(
            _CONTENT_FIELDS, {_PROPERTIES: colours}, {_PROPERTIES_KIND: _IMAGE}
        )
    if name.endswith("logits"):
        labels = builder.table(
            _FILE_FIELDS,
            {
                _FILE_NAME: builder.text(LABELS),
                _FILE_DESCRIPTION: builder.text("The signs, in the order of the logits."),
            },
            {_FILE_KIND: _AXIS_LABELS},
        )
        fields[_FILES] = builder.tables([labels])
    return builder.table(_TENSOR_FIELDS, fields)


class _Builder:
    """Writes tables of a FlatBuffers schema for which there is no code."""

    def __init__(self) -> None:
        self._builder = flatbuffers.Builder(1024)

    def text(self, said: str) -> int:
        """Write a text, and return its place."""
        return int(self._builder.CreateString(said))

    def tables(self, places: Sequence[int]) -> int:
        """Write a list of tables, and return its place."""
        self._builder.StartVector(4, len(places), 4)
        for place in reversed(places):
            self._builder.PrependUOffsetTRelative(place)
        return int(self._builder.EndVector())

    def table(
        self, size: int, places: Mapping[int, int], kinds: Mapping[int, int] | None = None
    ) -> int:
        """Write a table, and return its place.

        Args:
            size: how many fields it may have.
            places: field → place of a text, a list or a table.
            kinds: field → number of one byte.
        """
        self._builder.StartObject(size)
        for field, place in places.items():
            self._builder.PrependUOffsetTRelativeSlot(field, place, 0)
        for field, kind in (kinds or {}).items():
            self._builder.PrependInt8Slot(field, kind, 0)
        return int(self._builder.EndObject())

    def finish(self, root: int) -> bytes:
        """Return all of it."""
        self._builder.Finish(root, _IDENTIFIER)
        return bytes(self._builder.Output())
