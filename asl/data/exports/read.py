"""Read an export of any tool, or find that there is none."""

from collections.abc import Callable, Sequence
from functools import partial

from asl.data.exports import boxes, edge_impulse, tables, teachable_machine, yolo
from asl.data.exports.contents import UnreadableError
from asl.data.exports.names import Pictures, class_folders
from asl.data.exports.records import Export, ExportError, Files, Findings, Reading, Trouble
from asl.data.scan import Parts

_READERS = (
    edge_impulse.read,
    boxes.read_json,
    boxes.read_voc,
    yolo.read,
    tables.read,
    teachable_machine.read,
)

_READ = (".labels", ".json", ".csv", ".tsv", ".xml", ".yaml", ".yml", ".txt", ".names")
# Never opened: only that they are there is used.
_TFRECORD = (".tfrecord", ".tfrecords")
_ARRAYS = (".npz", ".npy", ".h5", ".hdf5", ".pkl", ".pickle", ".pt", ".pth", ".mat", ".parquet")
_VIDEOS = (".mp4", ".mov", ".avi", ".webm", ".mkv", ".m4v", ".wmv", ".3gp")

# Of all annotations together; those of 50,000 pictures take a tenth.
_MOST_BYTES = 256 << 20

_FOLDERS = "put the pictures of each sign into a folder named after the sign, and zip these folders"
# What to do, by the first word of a tool's name.
_ADVICE = {
    "Roboflow": "export it from Roboflow again as “Folder Structure”",
    "Edge Impulse": "download it again with “Export” on Edge Impulse's dashboard",
    "Label Studio": "export it from Label Studio again as COCO, with its images",
    "CVAT": "export it from CVAT again as “COCO 1.0”, with “Save images” on",
    "Supervisely": "export it from Supervisely again in COCO's format",
    "Datumaro": "export it again in COCO's format",
    "VGG": "export it from VGG Image Annotator again in COCO's format",
    "YOLO": "add the data.yaml or classes.txt that belongs to it",
}


def is_annotation(parts: Parts) -> bool:
    """Return whether a file that is no picture may say what pictures show, by its name alone.

    Also of files that only tell which tool made them, such as TFRecord; they are never read.
    """
    name = parts[-1].lower()
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    known = name.endswith((*_READ, *_TFRECORD, *_ARRAYS, *_VIDEOS))
    return known and not hidden and not name.startswith("readme")


def read_export(
    pictures: Sequence[Parts], annotations: Files, archive_name: str = ""
) -> Export | None:
    """Return what an export says of its pictures, None for an ordinary set of class folders.

    What annotations say counts more than class folders only if they name most of the pictures,
    and tell more than one sign.

    Args:
        pictures: names from the root down, the last one is the picture's own.
        annotations: files for which `is_annotation` holds, each with a way to get its bytes, whose
            number is bounded by the caller; its errors pass through.
        archive_name: what the user calls the file, "" if there is none.

    Raises:
        ExportError: the pictures lie in no class folders, and what is beside them cannot be read;
            the message names the tool and the one thing to do.
    """
    files = _bounded({file: get for file, get in annotations.items() if is_annotation(file)})
    findings = Findings(Pictures(pictures))
    for read in _READERS:
        read(files, findings)
    names = findings.pictures.names
    folders = class_folders(names)
    # Of several exports of the same pictures, the one that tells of more of them.
    best = max(findings.readings.values(), key=_labelled, default=None)
    if best and _counts_more(best, names, folders):
        return best.export(findings.pictures)
    if len(folders) < 2:
        _refuse(findings, files, folders, archive_name)
    return None


def read_tables(names: Sequence[Parts], files: Files) -> Export | None:
    """Return what tables of file names and labels say of films or other files.

    They count more than class folders as in `read_export`.

    Args:
        names: of the films, from the root down.
        files: the tables, as for `read_export`.
    """
    findings = Findings(Pictures(names))
    tables.read(_bounded(files), findings)
    best = max(findings.readings.values(), key=_labelled, default=None)
    counts = best is not None and _counts_more(best, names, class_folders(names))
    return best.export(findings.pictures) if best and counts else None


def _bounded(files: Files) -> Files:
    """The same files, of which no more than `_MOST_BYTES` are read together."""
    read = 0

    def bounded(get: Callable[[], bytes]) -> bytes:
        nonlocal read
        if read > _MOST_BYTES:
            raise UnreadableError("is one too many: the annotations are too large together")
        data = get()
        read += len(data)
        return data

    return {file: partial(bounded, get) for file, get in files.items()}


def _labelled(reading: Reading) -> int:
    return sum(len(labels) == 1 for labels in reading.labels.values())


def _counts_more(reading: Reading, names: Sequence[Parts], folders: frozenset[str]) -> bool:
    """Whether a reading is to be believed rather than the folders."""
    if not reading.distinct:
        return False
    if len(folders) > 1 and len(reading.distinct) == 1:
        # As of a detector of hands, whose only class is "hand".
        return False
    return not folders or _names_most(reading, names)


def _names_most(reading: Reading, names: Sequence[Parts]) -> bool:
    return 2 * len(reading.labels) > len(names)


def _refuse(findings: Findings, files: Files, folders: frozenset[str], archive_name: str) -> None:
    names = findings.pictures.names
    for trouble in sorted(findings.troubles, key=lambda trouble: not trouble.certain):
        if trouble.certain or not folders:
            raise ExportError(_text(trouble))
    for tool, reading in findings.readings.items():
        if reading.distinct or (folders and not _names_most(reading, names)):
            continue
        reason = f"none of the {len(reading.labels)} pictures that it names has just one label"
        raise ExportError(f"{tool}: {reason}; {_advice(tool)}")
    if names:
        teachable_machine.refuse(files, names, archive_name)
    if not folders:
        _refuse_by_names(files, bool(names))


def _refuse_by_names(files: Files, has_pictures: bool) -> None:
    """Refuse what cannot be read and lies in place of class folders."""
    endings = {"." + file[-1].lower().rpartition(".")[2] for file in files}
    if endings & set(_TFRECORD):
        raise ExportError(f"TFRecord: such files are not read; {_ADVICE['Roboflow']}")
    if endings & set(_ARRAYS):
        raise ExportError(
            "arrays and models (.npy, .npz, .h5, .pkl, .pt and the like) are not opened; save "
            f"the pictures as JPEG or PNG, {_FOLDERS}"
        )
    if endings & set(_VIDEOS) and not has_pictures:
        raise ExportError(
            f"videos: there are no pictures beside them; save pictures from them, {_FOLDERS}"
        )


def _text(trouble: Trouble) -> str:
    file = "/".join(trouble.file)
    shown = "".join(sign if sign.isprintable() else "?" for sign in file)[-80:]
    return f"{trouble.tool}: {shown} {trouble.reason}; {_advice(trouble.tool)}"


def _advice(tool: str) -> str:
    return next((text for name, text in _ADVICE.items() if tool.startswith(name)), _FOLDERS)
