"""Tables that name a picture and its label in every row.

``_classes.csv`` and ``_annotations.csv`` of Roboflow ("Multi Class Classification", "Tensorflow
Object Detection CSV"), and any other with a column of file names and one of labels.
"""

from collections.abc import Iterator

from asl.data.exports.contents import UnreadableError, rows_of
from asl.data.exports.names import Parts, Pictures, part_of
from asl.data.exports.records import Files, Findings, ending

_CLASSES, _ANNOTATIONS = "_classes.csv", "_annotations.csv"
_TOOLS = {_CLASSES: "Roboflow CSV", _ANNOTATIONS: "Roboflow Tensorflow CSV"}
_ENDINGS = (".csv", ".tsv")

# Names of columns without spaces, lines and case; the first that is there counts.
_FILE = ("filename", "file", "imagename", "imagefile", "imagefilename", "imagepath", "image")
_FILE += ("filepath", "path", "img", "imgname", "imgpath", "picture", "photo", "imageid", "id")
_LABEL = ("classname", "labelname", "label", "class", "sign", "signname", "gesture", "letter")
_LABEL += ("word", "gloss", "category", "target", "labels")
_PART = ("split", "set", "subset", "part", "usage")
# Roboflow's column for pictures without a class.
_UNLABELED = "unlabeled"


def read(files: Files, findings: Findings) -> None:
    """Read every table that has such columns and names pictures."""
    for file in ending(files, *_ENDINGS):
        tool = _TOOLS.get(file[-1].lower())
        try:
            rows = list(_rows(files[file](), file, findings.pictures))
        except UnreadableError as error:
            if tool:
                findings.trouble(tool, file, error)
            continue
        if rows:
            reading = findings.reading(tool or "table", file)
            for picture, labels, part in rows:
                reading.add(picture, file, *labels, part=part, why="it has no label")
        elif tool:
            findings.trouble(tool, file, "names none of the pictures")


def _rows(
    data: bytes, file: Parts, pictures: Pictures
) -> Iterator[tuple[Parts, list[str], str | None]]:
    """Picture, labels and part of every row of a picture that is there."""
    one_hot = file[-1].lower() == _CLASSES
    labels_in = _marked if one_hot else _labelled
    rows = rows_of(data, lambda header: _has_columns(header, one_hot))
    header = next(rows)
    at, part_at = _column(header, _FILE), _column(header, _PART)
    for row in rows:
        picture = pictures.find(row[at], file) if len(row) > at else None
        if picture:
            word = row[part_at] if part_at is not None and len(row) > part_at else ""
            yield picture, labels_in(header, row, at), part_of((word,))


def _has_columns(header: list[str], one_hot: bool) -> bool:
    labels = (one_hot and len(header) > 1) or _column(header, _LABEL) is not None
    return labels and _column(header, _FILE) is not None


def _labelled(header: list[str], row: list[str], at: int) -> list[str]:
    column = _column(header, _LABEL)
    return [value for value in row[column : column + 1] if value]


def _marked(header: list[str], row: list[str], at: int) -> list[str]:
    """The names of columns with a 1, but for that of the file at `at`."""
    marked = [number for number, value in enumerate(row[: len(header)]) if value == "1"]
    names = [header[number] for number in marked if number != at]
    return [name for name in names if name.lower() != _UNLABELED]


def _column(header: list[str], names: tuple[str, ...]) -> int | None:
    plain = [name.lower().replace("_", "").replace(" ", "").replace("-", "") for name in header]
    return next((plain.index(name) for name in names if name in plain), None)
