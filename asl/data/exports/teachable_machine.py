"""Downloads of Teachable Machine: a project's file, and the samples of one class.

"Download Samples" makes ``<class>-samples.zip`` with loose, numbered pictures. "Download project
as file" makes a ``.tm``, which is a zip with ``manifest.json`` (type, version and "appdata").

Source: googlecreativelab/teachablemachine-community, issue 38; manifests as GTM-Scope reads them.
"""

import re

from asl.data.exports.contents import UnreadableError, json_of
from asl.data.exports.names import class_folders, stem
from asl.data.exports.records import ExportError, Files, Findings, Reading, label_text
from asl.data.scan import Parts

TOOL = "Teachable Machine"

_MANIFEST = "manifest.json"
# A browser numbers what is downloaded twice, and a programme what is unpacked twice.
_SAMPLES = re.compile(r"(.+?)[-_ ]samples(?: ?\(\d+\)| \d+)?(?:\.zip)?", re.IGNORECASE)


def read(files: Files, findings: Findings) -> None:
    """Read a project whose samples lie in folders by class, or folders of unpacked samples."""
    names = findings.pictures.names
    folders = class_folders(names)
    manifest = _manifest(files)
    if len(folders) < 2 or not (manifest or all(map(_SAMPLES.fullmatch, folders))):
        return
    reading = Reading(TOOL, read_from=[manifest] if manifest else [])
    for name in names:
        label = next((folder for folder in name[:-1] if folder in folders), None)
        if label:
            match = _SAMPLES.fullmatch(label)
            reading.add(name, None, match[1] if match else label)
    findings.readings[TOOL] = reading


def refuse(files: Files, names: tuple[Parts, ...], archive_name: str) -> None:
    """Refuse a project without folders, and the samples of one class.

    Raises:
        ExportError: it is one of the two.
    """
    if _manifest(files):
        raise ExportError(
            f"{TOOL}: the project's file does not say which class each picture is of; use "
            "“Download Samples” of every class, unpack each into a folder named after its sign, "
            "and zip these folders"
        )
    if len({name[:-1] for name in names}) != 1:
        return
    folder = names[0][:-1]
    match = _SAMPLES.fullmatch(folder[-1] if folder else archive_name)
    sign = label_text(match[1]) if match else None
    if sign:
        raise ExportError(
            f"{TOOL}: these are the samples of one class; put them into a folder named “{sign}”, "
            "do so with the samples of every class, and zip these folders together"
        )
    if not folder and all(stem(name).isdecimal() for name in names):
        raise ExportError(
            "the pictures are only numbered, as samples of one class from Teachable Machine are; "
            "put those of each sign into a folder named after the sign, and zip these folders"
        )


def _manifest(files: Files) -> Parts | None:
    for file in sorted(files):
        if file[-1].lower() == _MANIFEST:
            try:
                content = json_of(files[file]())
            except UnreadableError:
                continue
            if isinstance(content, dict) and "appdata" in content:
                return file
    return None
