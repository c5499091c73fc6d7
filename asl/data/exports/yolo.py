"""YOLO's text files: one for each picture, a box a line, which begins with the number of a class.

They lie beside the pictures (Darknet), or in labels/ where the pictures lie in images/, with
train/ and val/ above (Roboflow) or below (Ultralytics). Names of classes stand in ``data.yaml``
as a list or by number, or a line each in ``classes.txt``, ``obj.names`` or ``_darknet.labels``.

Sources: docs.ultralytics.com, "Object detection datasets"; AlexeyAB/darknet; exports of Roboflow.
"""

from asl.data.exports.contents import UnreadableError, small_text, yaml_of
from asl.data.exports.records import Files, Findings, Reading, ending, label_text
from asl.data.scan import Parts

TOOL = "YOLO"

_NAME_LISTS = ("classes.txt", "obj.names", "_darknet.labels", "labels.txt")
_NO_BOX = "no hand is marked in it"
# Class, middle and size; outlines and corners have more numbers.
_FEWEST_NUMBERS = 5
_MOST_LISTS = 20

_Names = dict[str, str]


def read(files: Files, findings: Findings) -> None:
    """Read the text file of every picture that has one."""
    name_files = [file for file in files if _lists_names(file)]
    about = {
        file: picture
        for file in ending(files, ".txt")
        if file not in name_files and (picture := findings.pictures.belonging(file))
    }
    if not about:
        return
    known = _all_names(files, name_files, findings)
    reading = Reading(TOOL, read_from=sorted(known))
    by_folder = {file[:-1]: names for file, names in reversed(known.items())}
    first = next(iter(known.values()), None)
    everywhere = first if all(names == first for names in known.values()) else None
    nameless = None
    for file, picture in about.items():
        try:
            numbers = _numbers(small_text(files[file]()))
        except UnreadableError as error:
            reading.add(picture, file, why=f"{file[-1]} {error}")
            continue
        names = _nearest(by_folder, file) or everywhere
        if names is None:
            nameless = nameless or (file if numbers else None)
            continue
        missing = [number for number in numbers if number not in names]
        why = f"class {missing[0]} has no name" if missing else _NO_BOX
        labels = [] if missing else [names[number] for number in numbers]
        reading.add(picture, file, *labels, why=why)
        reading.read_from.append(file)
    if reading.distinct:
        findings.readings[TOOL] = reading
    elif nameless:
        reason = "numbers the classes, and no data.yaml or classes.txt names them"
        findings.trouble(TOOL, nameless, reason)


def _lists_names(file: Parts) -> bool:
    name = file[-1].lower()
    return name in _NAME_LISTS or name.endswith(".names") or _is_yaml(file)


def _is_yaml(file: Parts) -> bool:
    return file[-1].lower().endswith((".yaml", ".yml"))


def _numbers(text: str) -> list[str]:
    """The class of every line.

    Raises:
        UnreadableError: a line is none of YOLO's.
    """
    numbers = []
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        try:
            values = [float(word) for word in words]
            number = int(values[0])
        except (ValueError, OverflowError):
            raise UnreadableError("holds no boxes of YOLO") from None
        if len(values) < _FEWEST_NUMBERS or number != values[0] or number < 0:
            raise UnreadableError("holds no boxes of YOLO")
        numbers.append(str(number))
    return numbers


def _all_names(files: Files, name_files: list[Parts], findings: Findings) -> dict[Parts, _Names]:
    """Lists of class names by the files that hold them: YAML first, and those that lie high."""
    known = {}
    order = sorted(name_files, key=lambda file: (not _is_yaml(file), len(file), file))
    for file in order[:_MOST_LISTS]:
        try:
            names = _names_in(files[file](), file)
        except UnreadableError as error:
            findings.trouble(TOOL, file, error)
            continue
        if names:
            known[file] = names
    return known


def _names_in(data: bytes, file: Parts) -> _Names:
    if not _is_yaml(file):
        lines = [line.strip() for line in small_text(data).strip().splitlines()]
        return {str(number): line for number, line in enumerate(lines)}
    content = yaml_of(data)
    names = content.get("names") if isinstance(content, dict) else None
    if isinstance(names, list):
        names = dict(enumerate(names))
    if not isinstance(names, dict):
        return {}
    texts = {label_text(number): label_text(name) for number, name in names.items()}
    return {number: name for number, name in texts.items() if number and name}


def _nearest(by_folder: dict[Parts, _Names], file: Parts) -> _Names | None:
    """The names that stand in the file's folder, or in the nearest above."""
    folders = (file[:depth] for depth in range(len(file) - 1, -1, -1))
    return next((by_folder[folder] for folder in folders if folder in by_folder), None)
