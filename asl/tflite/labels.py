"""The names of the signs inside a TFLite file, as TensorFlow Lite's metadata has them.

A zip with `labels.txt` stands behind the network, which does not mind it: `unzip` opens it, and
so do MediaPipe and Android's tools, which learn from the metadata to which output it belongs.

Source of the numbers of fields and kinds: see `asl.tflite.metadata`.
"""

import io
import zipfile
from collections.abc import Sequence

from asl.card import ModelCard
from asl.tflite.metadata import (
    METADATA,
    TENSOR_DESCRIPTION,
    TENSOR_FIELDS,
    TENSOR_FILES,
    TENSOR_NAME,
    MetadataBuilder,
)

LABELS = "labels.txt"

#: Fields of the table of a file inside, how many it has, and of what kind it is.
_FILE_FIELDS, _FILE_NAME, _FILE_DESCRIPTION, _FILE_KIND, _AXIS_LABELS = 5, 0, 1, 2, 2

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
    builder = MetadataBuilder()
    given, told = ([_tensor(builder, name) for name in names] for names in (inputs, outputs))
    return {METADATA: builder.finish(card.name, card.description, given, told)}


def _tensor(builder: MetadataBuilder, name: str) -> int:
    fields: dict[int, int] = {TENSOR_NAME: builder.text(name)}
    if name in MEANINGS:
        fields[TENSOR_DESCRIPTION] = builder.text(MEANINGS[name])
    if name == "picture":
        fields |= builder.image()
    if name.endswith("logits"):
        labels = builder.table(
            _FILE_FIELDS,
            {
                _FILE_NAME: builder.text(LABELS),
                _FILE_DESCRIPTION: builder.text("The signs, in the order of the logits."),
            },
            {_FILE_KIND: _AXIS_LABELS},
        )
        fields[TENSOR_FILES] = builder.tables([labels])
    return builder.table(TENSOR_FIELDS, fields)
