"""Boxes around hands: COCO, CreateML and Pascal VOC, as Roboflow, CVAT, LabelImg and others write.

A picture shows what its boxes say if they all say the same. The boxes themselves are not used.

Sources: cocodataset.org/#format-data; Roboflow's own exports, whose category 0 often only groups
the others; Apple's Create ML, "Building an object detector data source"; LabelImg.
"""

from typing import Any, TypeGuard

from asl.data.exports.contents import UnreadableError, json_of, xml_of
from asl.data.exports.names import Pictures
from asl.data.exports.records import Files, Findings, Reading, ending, label_text
from asl.data.scan import Parts

#: An object of JSON.
_Object = dict[str, Any]

_VOC = "Pascal VOC"
_NO_BOX = "no hand is marked in it"
_COCO, _CREATE_ML = "_annotations.coco.json", "_annotations.createml.json"
# Files of one picture each are another matter: no tool here writes them as JSON.
_MOST_JSON = 50


def read_json(files: Files, findings: Findings) -> None:
    """Read COCO and CreateML, told apart by content, and name tools that cannot be read."""
    named = [file for file in files if file[-1].lower() in (_COCO, _CREATE_ML)]
    others = ending(files, ".json")[:_MOST_JSON]
    for file in dict.fromkeys([*sorted(named), *others]):
        certain = file in named
        maker = "Roboflow " if certain else ""
        try:
            content = json_of(files[file]())
        except UnreadableError as error:
            tool = f"{maker}{_format(file)}" if certain else "annotations"
            findings.trouble(tool, file, error, certain)
            continue
        if _is_coco(content):
            if "roboflow" in _description(content).lower():
                maker = "Roboflow "
            said = _coco(content, file, findings.pictures)
        elif _is_create_ml(content):
            said = _create_ml(content, file, findings.pictures)
        elif foreign := _foreign(content):
            findings.trouble(foreign, file, "cannot be read here")
            continue
        elif certain:
            findings.trouble(f"{maker}{_format(file)}", file, "names no pictures")
            continue
        else:
            continue
        tool = maker + ("COCO" if isinstance(content, dict) else "CreateML")
        if not said:
            findings.trouble(tool, file, "names none of the pictures")
            continue
        reading = findings.reading(tool, file)
        for picture, labels in said.items():
            reading.add(picture, file, *labels, why=_NO_BOX)


def _format(file: Parts) -> str:
    return "COCO" if file[-1].lower() == _COCO else "CreateML"


def _is_coco(content: object) -> TypeGuard[_Object]:
    return isinstance(content, dict) and all(
        isinstance(content.get(key), list) for key in ("images", "annotations", "categories")
    )


def _description(content: _Object) -> str:
    info = content.get("info")
    description = info.get("description") if isinstance(info, dict) else None
    return description if isinstance(description, str) else ""


def _coco(content: _Object, file: Parts, pictures: Pictures) -> dict[Parts, list[object]]:
    categories = [entry for entry in content["categories"] if isinstance(entry, dict)]
    kinds = [(label_text(entry.get("name")), _group(entry)) for entry in categories]
    # A group is named by its members, and is no class of its own.
    groups = {group for _, group in kinds if group} - {name for name, group in kinds if group}
    names = {_key(entry.get("id")): entry.get("name") for entry in categories}
    found: dict[object, Parts] = {}
    said: dict[Parts, list[object]] = {}
    for image in content["images"]:
        if isinstance(image, dict) and (picture := pictures.find(image.get("file_name"), file)):
            found[_key(image.get("id"))] = picture
            said[picture] = []
    for box in content["annotations"]:
        if isinstance(box, dict) and (picture := found.get(_key(box.get("image_id")))):
            name = names.get(_key(box.get("category_id")))
            if label_text(name) not in groups:
                said[picture].append(name)
    return said


def _group(category: _Object) -> str | None:
    group = label_text(category.get("supercategory"))
    return None if group == "none" else group


def _key(value: object) -> object:
    """An identifier, which some tools write as a number here and as text there."""
    # Entries without one must not meet.
    return label_text(value) or object()


def _is_create_ml(content: object) -> TypeGuard[list[object]]:
    first = content[0] if isinstance(content, list) and content else None
    return isinstance(first, dict) and _image(first) is not None and _boxes(first) is not None


def _create_ml(content: list[object], file: Parts, pictures: Pictures) -> dict[Parts, list[object]]:
    said: dict[Parts, list[object]] = {}
    for entry in (entry for entry in content if isinstance(entry, dict)):
        if picture := pictures.find(_image(entry), file):
            boxes = [box for box in _boxes(entry) or () if isinstance(box, dict)]
            said.setdefault(picture, []).extend(box.get("label") for box in boxes)
    return said


def _image(entry: _Object) -> object:
    return entry.get("image", entry.get("imagefilename"))


def _boxes(entry: _Object) -> list[object] | None:
    boxes = entry.get("annotations", entry.get("annotation"))
    return boxes if isinstance(boxes, list) else None


def _foreign(content: object) -> str | None:
    """The tool that writes such JSON, if it can be told and is none of those above."""
    if isinstance(content, dict):
        keys = content.keys()
        if {"shapes", "imagePath"} <= keys:
            return "LabelMe"
        if {"_via_img_metadata"} <= keys or {"_via_settings"} <= keys:
            return "VGG Image Annotator"
        if {"objects", "size", "tags"} <= keys or {"classes", "projectType"} <= keys:
            return "Supervisely"
        return "Datumaro" if {"items", "categories", "info"} <= keys else None
    first = content[0] if isinstance(content, list) and content else None
    if isinstance(first, dict):
        keys = first.keys()
        if {"annotations", "data"} <= keys or {"annotation_id", "annotator"} <= keys:
            return "Label Studio"
    return None


def read_voc(files: Files, findings: Findings) -> None:
    """Read Pascal VOC: an XML file for each picture, beside it or in a folder of their own."""
    for file in ending(files, ".xml"):
        picture = findings.pictures.belonging(file)
        try:
            root = xml_of(files[file]())
        except UnreadableError as error:
            findings.trouble("annotations", file, error, certain=False)
            if picture:
                reading = findings.readings.setdefault(_VOC, Reading(_VOC))
                reading.add(picture, file, why=f"{file[-1]} {error}")
            continue
        if root.tag == "annotations" and root.find("image") is not None:
            findings.trouble("CVAT", file, "cannot be read here")
        if root.tag != "annotation":
            continue
        picture = picture or findings.pictures.find(root.findtext("filename"), file)
        if picture:
            labels = [box.findtext("name") for box in root.findall("object")]
            findings.reading(_VOC, file).add(picture, file, *labels, why=_NO_BOX)
        else:
            findings.trouble(_VOC, file, "names none of the pictures")
