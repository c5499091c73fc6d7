"""TensorFlow Lite's metadata: what a file says of its tensors, for MediaPipe and Android's tools.

Source: metadata_schema.fbs of TensorFlow Lite Support, version 1.0.0; numbers of fields and kinds
are those of that file.
"""

from collections.abc import Mapping, Sequence

import flatbuffers

#: The name by which it is looked for in a file.
METADATA = "TFLITE_METADATA"

_IDENTIFIER = b"M001"
_OLDEST_PARSER = "1.0.0"
#: Fields of the tables, and how many each has.
_MODEL_FIELDS, _MODEL_NAME, _MODEL_DESCRIPTION, _GRAPHS, _PARSER = 8, 0, 1, 3, 7
_GRAPH_FIELDS, _INPUTS, _OUTPUTS = 7, 2, 3
TENSOR_FIELDS, TENSOR_NAME, TENSOR_DESCRIPTION, TENSOR_FILES = 7, 0, 1, 6
_TENSOR_CONTENT, _TENSOR_UNITS = 3, 4
_CONTENT_FIELDS, _PROPERTIES_KIND, _PROPERTIES = 3, 0, 1
_UNIT_FIELDS, _UNIT_KIND, _UNIT = 2, 0, 1
_NORMALISATION_FIELDS, _MEAN, _DEVIATION = 2, 0, 1
#: Kinds: what a tensor shows, in which colours, and what is done to its numbers.
_IMAGE, _RGB, _NORMALISATION = 2, 1, 1


class MetadataBuilder:
    """Writes tables of a FlatBuffers schema for which there is no code."""

    def __init__(self) -> None:
        self._builder = flatbuffers.Builder(1024)

    def text(self, said: str) -> int:
        """Write a text, and return its place."""
        return int(self._builder.CreateString(said))

    def numbers(self, values: Sequence[float]) -> int:
        """Write a list of numbers, and return its place."""
        self._builder.StartVector(4, len(values), 4)
        for value in reversed(values):
            self._builder.PrependFloat32(value)
        return int(self._builder.EndVector())

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

    def image(self) -> dict[int, int]:
        """Return the fields of a tensor that is an RGB image."""
        colours = self.table(1, {}, {0: _RGB})
        content = self.table(_CONTENT_FIELDS, {_PROPERTIES: colours}, {_PROPERTIES_KIND: _IMAGE})
        return {_TENSOR_CONTENT: content}

    def normalised(self, mean: float, deviation: float) -> dict[int, int]:
        """Return the fields of a tensor whose numbers become (number - mean) / deviation."""
        how = self.table(
            _NORMALISATION_FIELDS,
            {_MEAN: self.numbers([mean]), _DEVIATION: self.numbers([deviation])},
        )
        unit = self.table(_UNIT_FIELDS, {_UNIT: how}, {_UNIT_KIND: _NORMALISATION})
        return {_TENSOR_UNITS: self.tables([unit])}

    def finish(
        self, name: str, description: str, inputs: Sequence[int], outputs: Sequence[int]
    ) -> bytes:
        """Return the metadata of a file.

        Args:
            name: of the network.
            description: of it, for people.
            inputs, outputs: places of tables of `TENSOR_FIELDS`, in the order of the file.
        """
        both = {_INPUTS: self.tables(inputs), _OUTPUTS: self.tables(outputs)}
        graph = self.table(_GRAPH_FIELDS, both)
        root = self.table(
            _MODEL_FIELDS,
            {
                _MODEL_NAME: self.text(name),
                _MODEL_DESCRIPTION: self.text(description),
                _GRAPHS: self.tables([graph]),
                _PARSER: self.text(_OLDEST_PARSER),
            },
        )
        self._builder.Finish(root, _IDENTIFIER)
        return bytes(self._builder.Output())
