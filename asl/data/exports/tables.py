"""Tables that name a picture and its label in every row.

``_classes.csv`` and ``_annotations.csv`` of Roboflow ("Multi Class Classification", "Tensorflow
Object Detection CSV"), and any other with a column of file names and one of labels. A column of
people is read, too.
"""

from collections.abc import Iterator

from asl.data.exports.contents import UnreadableError, rows_of
from asl.data.exports.names import Pictures, part_of
from asl.data.exports.records import Files, Findings, ending
from asl.data.scan import Parts

_CLASSES, _ANNOTATIONS = "_classes.csv", "_annotations.csv"
_TOOLS = {_CLASSES: "Roboflow CSV", _ANNOTATIONS: "Roboflow Tensorflow CSV"}
_ENDINGS = (".csv", ".tsv")

# Names of columns without spaces, lines and case; the first that is there counts.
_FILE: tuple[str, ...] = ("filename", "file", "imagename", "imagefile", "imagefilename")
_FILE += ("imagepath", "image", "filepath", "path", "img", "imgname", "imgpath", "picture")
_FILE += ("photo", "imageid", "id", "videofile", "videoname", "videopath", "video", "videoid")
_FILE += ("film", "clip", "clipid")
_LABEL: tuple[str, ...] = ("classname", "labelname", "label", "class", "sign", "signname")
_LABEL += ("gesture", "letter", "word", "gloss", "category", "target", "labels")
_PART = ("split", "set", "subset", "part", "usage")
_PERSON = ("person", "signer", "participant", "personid", "signerid", "participantid")
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
            for picture, labels, part, person in rows:
                why = "it has no label"
                reading.add(picture, file, *labels, part=part, person=person, why=why)
        elif tool:
            findings.trouble(tool, file, "names none of the pictures")


def _rows(
    data: bytes, file: Parts, pictures: Pictures
) -> Iterator[tuple[Parts, list[str], str | None, str]]:
    """Picture, labels, part and person of every row of a picture that is there."""
    one_hot = file[-1].lower() == _CLASSES
    rows = rows_of(data, lambda header: _has_columns(header, one_hot))
    header = next(rows)
    file_at, label_at, part_at = (_column(header, names) for names in (_FILE, _LABEL, _PART))
    person_at = None if one_hot else _column(header, _PERSON)
    for row in rows:
        picture = pictures.find(_value(row, file_at), file)
        if picture:
            label = _value(row, label_at)
            labels = _marked(header, row, file_at) if one_hot else [label] if label else []
            part = part_of((_value(row, part_at),))
            yield picture, labels, part, _value(row, person_at)


def _has_columns(header: list[str], one_hot: bool) -> bool:
    labels = (one_hot and len(header) > 1) or _column(header, _LABEL) is not None
    return labels and _column(header, _FILE) is not None


def _value(row: list[str], at: int | None) -> str:
    """The value in the column at `at`, "" if the row ends before or there is no such column."""
    return "" if at is None else "".join(row[at : at + 1])


def _marked(header: list[str], row: list[str], file_at: int | None) -> list[str]:
    """The names of columns with a 1, except for the column of files."""
    marked = [number for number, value in enumerate(row[: len(header)]) if value == "1"]
    names = [header[number] for number in marked if number != file_at]
    return [name for name in names if name.lower() != _UNLABELED]


def _column(header: list[str], names: tuple[str, ...]) -> int | None:
    plain = [name.lower().replace("_", "").replace(" ", "").replace("-", "") for name in header]
    return next((plain.index(name) for name in names if name in plain), None)
