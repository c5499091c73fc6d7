"""Exports of Edge Impulse.

``info.labels``, at the top or in training/ and testing/, lists files with category and label;
``bounding_boxes.labels`` the boxes of the pictures beside it. Older downloads have neither: there
the label stands before the first dot of a file's name, ``A.3sfpdtn0.ingestion-575c78d8b6.jpg``.

Sources: docs.edgeimpulse.com, specifications, "Edge Impulse exporter format"; types in
``shared/bounding-box-file-types.ts`` of edgeimpulse/edge-impulse-cli.
"""

import re
from collections import defaultdict
from typing import NamedTuple

from asl.data.exports.contents import UnreadableError, json_of
from asl.data.exports.names import class_folders
from asl.data.exports.records import Files, Findings, Reading, ending, label_text
from asl.data.scan import Parts

TOOL = "Edge Impulse"

_INFO, _BOXES = "info.labels", "bounding_boxes.labels"
_FOLDERS = ("training", "testing")
_CATEGORIES = {"training": "train", "testing": "test"}
# Label, perhaps the name before the upload, a running number to the base 32, the server.
_NAME = re.compile(r"([^.]+)\.(?:.+\.)?(?=[^.]*\d)[0-9a-z]{5,}(\.ingestion-[0-9a-z-]+)?\.\w+", re.I)
# What cameras call pictures: no label can be told from it.
_COUNTED = re.compile(r"\d{3}")


def read(files: Files, findings: Findings) -> None:
    """Read label files, or names if there are none."""
    label_files = ending(files, _INFO, _BOXES)
    boxes: dict[Parts, list[object]] = defaultdict(list)
    labels: dict[Parts, list[object]] = defaultdict(list)
    parts: dict[Parts, str] = {}
    named_by: dict[Parts, Parts] = {}
    for file in label_files:
        try:
            entries = _entries(json_of(files[file]()))
        except UnreadableError as error:
            findings.trouble(TOOL, file, error)
            continue
        found = [(findings.pictures.find(entry.path, file), entry) for entry in entries]
        for picture, entry in found:
            if picture:
                named_by.setdefault(picture, file)
                boxes[picture] += entry.boxes
                labels[picture] += entry.labels
                if entry.part:
                    parts.setdefault(picture, entry.part)
        if any(picture for picture, _ in found):
            findings.reading(TOOL, file)
        else:
            findings.trouble(TOOL, file, "names none of the pictures")
    for picture, file in named_by.items():
        # Where there are boxes, the label of the whole picture is often only its name.
        said = boxes[picture] or labels[picture]
        findings.readings[TOOL].add(
            picture, file, *said, part=parts.get(picture), why="it is unlabeled"
        )
    if not label_files:
        _read_names(findings)


class _Entry(NamedTuple):
    """What a label file says of a file."""

    path: object
    boxes: list[object]
    labels: list[object]
    part: str | None


def _entries(content: object) -> list[_Entry]:
    """What is said in either kind of label file."""
    content = content if isinstance(content, dict) else {}
    listed, boxed = content.get("files"), content.get("boundingBoxes")
    if isinstance(listed, list):
        return [
            _Entry(
                entry.get("path"),
                _box_labels(entry.get("boundingBoxes")),
                _labels(entry),
                _CATEGORIES.get(label_text(entry.get("category")) or ""),
            )
            for entry in listed
            if isinstance(entry, dict)
        ]
    if isinstance(boxed, dict):
        return [_Entry(path, _box_labels(boxes), [], None) for path, boxes in boxed.items()]
    raise UnreadableError("lists no files")


def _box_labels(boxes: object) -> list[object]:
    boxes = boxes if isinstance(boxes, list) else []
    return [box.get("label") for box in boxes if isinstance(box, dict)]


def _labels(entry: dict[str, object]) -> list[object]:
    """The label of a file, or the several that it has one after the other."""
    label = entry.get("label")
    if not isinstance(label, dict):
        return [] if label is None else [label]
    if isinstance(label.get("labels"), list):
        return _box_labels(label["labels"])
    return [label["label"]] if label.get("type") == "label" and "label" in label else []


def _read_names(findings: Findings) -> None:
    names = findings.pictures.names
    matches = {
        name: match
        for name in names
        # Roboflow marks its own names with "rf".
        if len(name) > 1 and name[-2].lower() in _FOLDERS and ".rf." not in name[-1]
        if (match := _NAME.fullmatch(name[-1]))
    }
    if 2 * len(matches) <= len(names) or class_folders(names):
        return
    labels = [match[1] for match in matches.values()]
    if 2 * len(set(labels)) > len(labels) and any(map(_COUNTED.search, labels)):
        if all(match[2] for match in matches.values()):
            reason = "is missing, and the pictures' names do not begin with labels"
            findings.trouble(TOOL, (_INFO,), reason)
        return
    reading = findings.readings.setdefault(TOOL, Reading(TOOL))
    for name, match in matches.items():
        reading.add(name, None, match[1])
