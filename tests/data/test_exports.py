"""What other tools export beside pictures is read; what only looks so is left to the folders."""

import json
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl.data.exports import Export, ExportError, Shown, is_annotation, read_export

PICTURES = (".jpg", ".jpeg", ".png", ".JPG")


def parts_of(name):
    return tuple(name.split("/"))


def read(members, archive_name=""):
    """What is read of an archive: names → None for pictures, else content."""
    names = {parts_of(name): content for name, content in members.items()}
    pictures = [parts for parts in names if parts[-1].endswith(PICTURES)]
    others = {
        parts: lambda content=content: as_bytes(content)
        for parts, content in names.items()
        if parts not in pictures and is_annotation(parts)
    }
    export = read_export(pictures, others, archive_name)
    if export:
        assert export.shown.keys() | export.left_out.keys() == set(pictures)
        assert not export.shown.keys() & export.left_out.keys()
    return export


def as_bytes(content):
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else json.dumps(content)).encode()


def shown(export):
    assert isinstance(export, Export)
    return {"/".join(name): (said.label, said.part) for name, said in export.shown.items()}


def left_out(export):
    return {"/".join(name): reason for name, reason in export.left_out.items()}


def coco(images, boxes, names, **more):
    """COCO as Roboflow writes it: category 0 groups the others. `boxes`: (image, class) numbers."""
    groups = [{"id": 0, "name": "Letters", "supercategory": "none"}]
    categories = [
        {"id": number, "name": name, "supercategory": "Letters"}
        for number, name in enumerate(names, 1)
    ]
    return {
        "images": [{"id": number, "file_name": name} for number, name in enumerate(images)],
        "annotations": [
            {"id": number, "image_id": image, "category_id": label, "bbox": [1, 2, 3, 4]}
            for number, (image, label) in enumerate(boxes)
        ],
        "categories": groups + categories,
        **more,
    }


def voc(filename, *labels):
    boxes = "".join(f"<object><name>{label}</name><bndbox/></object>" for label in labels)
    return f"<annotation><filename>{filename}</filename>{boxes}</annotation>"


def info(*entries):
    files = [
        {"path": path, "category": category, "label": label, "boundingBoxes": boxes}
        for path, category, label, boxes in entries
    ]
    return {"version": 1, "files": files}


def labelled(name):
    return {"type": "label", "label": name}


def box(name):
    return {"label": name, "x": 1, "y": 2, "width": 3, "height": 4}


ROBOFLOW = {"train/A1_jpg.rf.0a.jpg": None, "train/B1_jpg.rf.0b.jpg": None}
AB = {"train/A1_jpg.rf.0a.jpg": ("A", "train"), "train/B1_jpg.rf.0b.jpg": ("B", "train")}
NAMES = [name.split("/")[1] for name in ROBOFLOW]
BOX = "0.5 0.5 0.2 0.2\n"
YOLO = "train: ../train/images\nval: ../valid/images\nnc: 2\nnames: ['A', 'B']\n"

READABLE = {
    "Edge Impulse: info.labels at the top": (
        "Edge Impulse",
        {
            "training/A.x.png.3sfpdtn0.ingestion-575c-l4.jpg": None,
            "testing/hello.3sfpdtn1.jpg": None,
            "training/B.3sfpdtn2.jpg": None,
            "info.labels": info(
                ("training/A.x.png.3sfpdtn0.ingestion-575c-l4.jpg", "training", labelled("A"), []),
                ("testing/hello.3sfpdtn1.jpg", "testing", labelled("hello"), []),
                ("training/B.3sfpdtn2.jpg", "split", {"type": "unlabeled"}, []),
            ),
        },
        {
            "training/A.x.png.3sfpdtn0.ingestion-575c-l4.jpg": ("A", "train"),
            "testing/hello.3sfpdtn1.jpg": ("hello", "test"),
        },
        {"training/B.3sfpdtn2.jpg": "unlabeled"},
    ),
    "Edge Impulse: info.labels in each folder, wrapped": (
        "Edge Impulse",
        {
            "my export/training/1.jpg": None,
            "my export/testing/1.jpg": None,
            "my export/training/info.labels": info(("1.jpg", "training", labelled("A"), [])),
            "my export/testing/info.labels": info(("1.jpg", "testing", labelled("B"), [])),
        },
        {"my export/training/1.jpg": ("A", "train"), "my export/testing/1.jpg": ("B", "test")},
        {},
    ),
    "Edge Impulse: boxes": (
        "Edge Impulse",
        {
            "training/p.jpg": None,
            "training/q.jpg": None,
            "training/bounding_boxes.labels": {
                "version": 1,
                "type": "bounding-box-labels",
                "boundingBoxes": {"p.jpg": [box("A"), box("A")], "q.jpg": [box("A"), box("B")]},
            },
        },
        {"training/p.jpg": ("A", "train")},
        {"training/q.jpg": "several signs (A, B)"},
    ),
    "Edge Impulse: labels in names": (
        "Edge Impulse",
        {
            "training/A.3abc1d.ingestion-6f5-xyz.jpg": None,
            "training/thank you.mine.png.3abc1e.jpg": None,
            "testing/A.3abc1f2g.png": None,
        },
        {
            "training/A.3abc1d.ingestion-6f5-xyz.jpg": ("A", "train"),
            "training/thank you.mine.png.3abc1e.jpg": ("thank you", "train"),
            "testing/A.3abc1f2g.png": ("A", "test"),
        },
        {},
    ),
    "Roboflow CSV of classes": (
        "Roboflow CSV",
        {
            **ROBOFLOW,
            "train/C.jpg": None,
            "train/D.jpg": None,
            "train/_classes.csv": "filename, Unlabeled, A, B\n"
            f"{NAMES[0]}, 0, 1, 0\n{NAMES[1]}, 0, 0, 1\nC.jpg, 1, 0, 0\nD.jpg, 0, 1, 1\n",
        },
        AB,
        {"train/C.jpg": "no label", "train/D.jpg": "several signs (A, B)"},
    ),
    "Roboflow COCO": (
        "Roboflow COCO",
        {
            **ROBOFLOW,
            "valid/A1_jpg.rf.0a.jpg": None,
            "train/empty.jpg": None,
            "train/_annotations.coco.json": coco(
                [*NAMES, "empty.jpg"], [(0, 1), (1, 2), (1, 2)], ["A", "B"]
            ),
            "valid/_annotations.coco.json": coco(NAMES[:1], [(0, 1)], ["B"]),
        },
        {**AB, "valid/A1_jpg.rf.0a.jpg": ("B", "valid")},
        {"train/empty.jpg": "no hand"},
    ),
    "COCO beside folders by part with the same names": (
        "COCO",
        {
            "images/train2017/1.jpg": None,
            "images/val2017/1.jpg": None,
            "annotations/instances_train2017.json": coco(["1.jpg"], [(0, 1)], ["A"]),
            "annotations/instances_val2017.json": coco(["1.jpg"], [(0, 1)], ["B"]),
        },
        {"images/train2017/1.jpg": ("A", "train"), "images/val2017/1.jpg": ("B", "valid")},
        {},
    ),
    "COCO with identifiers as text": (
        "COCO",
        {
            "images/1.jpg": None,
            "result.json": {
                "images": [{"id": "7", "file_name": "C:\\work\\images\\1.jpg"}],
                "annotations": [{"image_id": 7, "category_id": "2"}],
                "categories": [{"id": 2, "name": "A", "supercategory": "A"}],
            },
        },
        {"images/1.jpg": ("A", None)},
        {},
    ),
    "YOLO of Roboflow": (
        "YOLO",
        {
            "train/images/x.jpg": None,
            "valid/images/x.jpg": None,
            "test/images/y.jpg": None,
            "test/images/z.jpg": None,
            "train/labels/x.txt": f"0 {BOX}0 {BOX}",
            "valid/labels/x.txt": f"1 {BOX}",
            "test/labels/y.txt": "",
            "data.yaml": YOLO,
            "README.roboflow.txt": "exported",
        },
        {"train/images/x.jpg": ("A", "train"), "valid/images/x.jpg": ("B", "valid")},
        {"test/images/y.jpg": "no hand", "test/images/z.jpg": "no annotation"},
    ),
    "YOLO of Ultralytics, names by number": (
        "YOLO",
        {
            "set/images/train/x.jpg": None,
            "set/images/val/x.jpg": None,
            "set/labels/train/x.txt": f"1 {BOX}",
            "set/labels/val/x.txt": f"0 {BOX}",
            "set/data.yml": "path: .\nnames:\n  0: no\n  1: 5\n",
        },
        {"set/images/train/x.jpg": ("5", "train"), "set/images/val/x.jpg": ("no", "valid")},
        {},
    ),
    "Darknet, a list of names in each part": (
        "YOLO",
        {
            "train/x.jpg": None,
            "train/x.txt": f"0 {BOX}",
            "train/_darknet.labels": "A\nB\n",
            "test/x.jpg": None,
            "test/x.txt": f"0 {BOX}",
            "test/_darknet.labels": "B\nA\n",
        },
        {"train/x.jpg": ("A", "train"), "test/x.jpg": ("B", "test")},
        {},
    ),
    "YOLO of CVAT, outlines": (
        "YOLO",
        {
            "obj.names": "A\n",
            "obj.data": "names = data/obj.names",
            "train.txt": "data/obj_train_data/x.jpg",
            "obj_train_data/x.jpg": None,
            "obj_train_data/x.txt": "0 0.1 0.1 0.2 0.2 0.3 0.3\n",
            "obj_train_data/y.jpg": None,
            "obj_train_data/y.txt": f"8 {BOX}",
            "obj_train_data/z.jpg": None,
            "obj_train_data/z.txt": "a hand, and some words",
        },
        {"obj_train_data/x.jpg": ("A", "train")},
        {"obj_train_data/y.jpg": "class 8 has no name", "obj_train_data/z.jpg": "z.txt"},
    ),
    "Roboflow Tensorflow CSV": (
        "Roboflow Tensorflow CSV",
        {
            **ROBOFLOW,
            "train/_annotations.csv": "filename,width,height,class,xmin,ymin,xmax,ymax\n"
            f"{NAMES[0]},9,9,A,1,1,2,2\n{NAMES[1]},9,9,B,1,1,2,2\n{NAMES[1]},9,9,B,3,3,4,4\n",
        },
        AB,
        {},
    ),
    "Pascal VOC beside the pictures": (
        "Pascal VOC",
        {
            **ROBOFLOW,
            "train/A1_jpg.rf.0a.xml": voc("renamed.jpg", "A"),
            "train/B1_jpg.rf.0b.xml": voc(NAMES[1], "B", "B"),
        },
        AB,
        {},
    ),
    "Pascal VOC in folders of its own": (
        "Pascal VOC",
        {
            "VOC/JPEGImages/1.jpg": None,
            "VOC/JPEGImages/2.jpg": None,
            "VOC/Annotations/1.xml": voc("1.jpg", "hello"),
            "VOC/Annotations/2.xml": voc("2.jpg", "hello", "yes"),
        },
        {"VOC/JPEGImages/1.jpg": ("hello", None)},
        {"VOC/JPEGImages/2.jpg": "several signs (hello, yes)"},
    ),
    "CreateML": (
        "Roboflow CreateML",
        {
            **ROBOFLOW,
            "train/_annotations.createml.json": [
                {"image": NAMES[0], "annotations": [{"label": "A", "coordinates": {}}]},
                {"image": NAMES[1], "annotations": [{"label": "B", "coordinates": {}}]},
            ],
        },
        AB,
        {},
    ),
    "a table": (
        "table",
        {
            "labels.csv": "image_name,person,sign,split\n1.jpg,ann,A,train\n2.JPG,ben,B,test\n",
            "pictures/1.jpg": None,
            "pictures/2.jpg": None,
            "pictures/3.jpg": None,
        },
        {"pictures/1.jpg": ("A", "train"), "pictures/2.jpg": ("B", "test")},
        {"pictures/3.jpg": "no annotation"},
    ),
    "a table with semicolons, in UTF-16, numbers for names": (
        "table",
        {
            "train.csv": 'id;label\r\n7;Ñ\r\n"8";"a;b"\r\n'.encode("utf-16"),
            "data/7.png": None,
            "data/8.png": None,
        },
        {"data/7.png": ("Ñ", "train"), "data/8.png": ("a;b", "train")},
        {},
    ),
    "a table with tabs and paths": (
        "table",
        {
            "set/all.tsv": "File Path\tClass\n./a/1.jpg\tA\nimages/b/1.jpg\tB\n",
            "set/images/a/1.jpg": None,
            "set/images/b/1.jpg": None,
        },
        {"set/images/a/1.jpg": ("A", None), "set/images/b/1.jpg": ("B", None)},
        {},
    ),
    "a table as Excel on Windows saves it": (
        "table",
        {"t.csv": "file,label\n1.jpg,año\n".encode("cp1252"), "1.jpg": None},
        {"1.jpg": ("año", None)},
        {},
    ),
    "Teachable Machine: samples of every class": (
        "Teachable Machine",
        {"A-samples/0.jpg": None, "thank you-samples (1)/0.jpg": None},
        {
            "A-samples/0.jpg": ("A", None),
            "thank you-samples (1)/0.jpg": ("thank you", None),
        },
        {},
    ),
    "Teachable Machine: a project with folders": (
        "Teachable Machine",
        {
            "manifest.json": {"type": "image", "version": "2", "appdata": {"trainEpochs": 50}},
            "samples/A/0.jpg": None,
            "samples/B/0.jpg": None,
        },
        {"samples/A/0.jpg": ("A", None), "samples/B/0.jpg": ("B", None)},
        {},
    ),
}


@pytest.mark.parametrize(
    ("tool", "members", "expected", "without"), READABLE.values(), ids=READABLE.keys()
)
def test_labels_and_parts_of_exports_are_read(tool, members, expected, without):
    export = read(members)
    assert export.tool == tool
    assert shown(export) == expected
    assert left_out(export).keys() == without.keys()
    for name, reason in left_out(export).items():
        assert without[name] in reason and reason.startswith(tool)


CLASS_FOLDERS = {f"{part}/{sign}/{n}.jpg": None for part in ("train", "test") for sign in "AB"
                 for n in range(3)}  # fmt: skip

ORDINARY = {
    "parts and signs": {},
    "stray lists of classes": {"classes.txt": "A\nB", "labels.txt": "A\nB", "info.json": {}},
    "settings for YOLO without labels": {"data.yaml": YOLO},
    "a table that names no pictures": {"people.csv": "file,label\nx.jpg,A\ny.jpg,B\n"},
    "a table that names few": {"some.csv": "file,label\ntrain/A/0.jpg,B\ntrain/A/1.jpg,C\n"},
    "a table without labels": {
        "people.csv": "path,person\n" + "".join(f"{name},ann\n" for name in CLASS_FOLDERS)
    },
    "boxes of any hand": {
        "hands.json": coco(list(CLASS_FOLDERS), [(n, 1) for n in range(12)], ["hand"])
    },
    "notes beside pictures": {name.replace(".jpg", ".txt"): "a hand" for name in CLASS_FOLDERS},
    "numbers without names": {name.replace(".jpg", ".txt"): f"0 {BOX}" for name in CLASS_FOLDERS},
    "JSON that breaks off": {"_annotations.coco.json": '{"images": [', "info.labels": "{"},
    "XML that breaks off": {"train/A/0.xml": "<annotation>", "annotations.xml": "<a"},
    "broken YAML": {"data.yaml": "names: [", "train/A/0.txt": f"0 {BOX}"},
    "a model beside them": {"model.h5": "", "model.tfrecord": "", "video.mp4": ""},
    "Label Studio beside them": {"tasks.json": [{"data": {}, "annotations": []}]},
    "a manifest of something else": {"manifest.json": {"name": "an app"}},
    "a matrix of grey values": {"sign_mnist_train.csv": "label,pixel1,pixel2\n3,1,2\n"},
}


@pytest.mark.parametrize("others", ORDINARY.values(), ids=ORDINARY.keys())
def test_class_folders_stay_what_they_are(others):
    assert read({**CLASS_FOLDERS, **others}) is None


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"hello/1.jpg": None}, id="one sign"),
        pytest.param({"anna/hello/1.jpg": None, "ben/yes/1.jpg": None}, id="people"),
        pytest.param({"image/1.jpg": None, "test/1.jpg": None}, id="signs called image and test"),
        pytest.param({"train/x.jpg": None, "test/y.jpg": None}, id="parts without classes"),
        pytest.param(
            {"training/IMG.2023.final.jpg": None, "training/x.jpg": None, "training/y.jpg": None},
            id="dots in a name",
        ),
        pytest.param(
            {"a.png": None, "b.png": None, "mnist.csv": "label,pixel1\n1,2\n"}, id="loose"
        ),
        pytest.param({"C-samples/x/1.jpg": None, "D/1.jpg": None}, id="one called samples"),
        pytest.param(
            {
                **{f"hello/{n}.jpg": None for n in range(5)},
                "t.csv": "file,label\n1.jpg,A\n2.jpg,\n",
            },
            id="one sign and a table of few",
        ),
        pytest.param({}, id="nothing"),
    ],
)
def test_what_is_no_export_is_left_to_others(members):
    assert read(members) is None


def test_labels_of_an_export_count_more_than_its_folders():
    table = "file,label\n" + "".join(f"{name},{name[-5]}\n" for name in CLASS_FOLDERS)
    export = read({**CLASS_FOLDERS, "labels.csv": table})
    assert {label for label, _ in shown(export).values()} == {"0", "1", "2"}
    assert {part for _, part in shown(export).values()} == {"train", "test"}


REFUSED = {
    "COCO without content": (
        {**ROBOFLOW, "train/_annotations.coco.json": {}},
        ["Roboflow COCO", "train/_annotations.coco.json", "Folder Structure"],
    ),
    "COCO that breaks off": (
        {**ROBOFLOW, "train/_annotations.coco.json": "{"},
        ["Roboflow COCO", "Folder Structure"],
    ),
    "COCO of other pictures": (
        {"train/x.jpg": None, "train/_annotations.coco.json": coco(["y.jpg"], [(0, 1)], "A")},
        ["Roboflow COCO", "none of the pictures", "Folder Structure"],
    ),
    "COCO without boxes": (
        {**ROBOFLOW, "train/_annotations.coco.json": coco(NAMES, [], "A")},
        ["Roboflow COCO", "none of the 2 pictures", "Folder Structure"],
    ),
    "masks of Roboflow": (
        {**ROBOFLOW, "train/_classes.csv": "Pixel Value, Class\n0, background\n1, A\n"},
        ["Roboflow", "Folder Structure"],
    ),
    "Edge Impulse, broken": (
        {"training/x.jpg": None, "info.labels": '{"files": 3}'},
        ["Edge Impulse", "info.labels", "dashboard"],
    ),
    "Edge Impulse, names of a camera": (
        {f"training/IMG_2023032{n}.jpg.3sgjjdo{n}.ingestion-57-a.jpg": None for n in range(4)},
        ["Edge Impulse", "info.labels", "dashboard"],
    ),
    "YOLO without names": (
        {"images/x.jpg": None, "labels/x.txt": f"0 {BOX}"},
        ["YOLO", "data.yaml or classes.txt"],
    ),
    "Label Studio": (
        {"images/x.jpg": None, "tasks.json": [{"id": 1, "data": {}, "annotations": []}]},
        ["Label Studio", "COCO"],
    ),
    "LabelMe": (
        {"x.jpg": None, "x.json": {"shapes": [], "imagePath": "x.jpg"}},
        ["LabelMe", "a folder named after the sign"],
    ),
    "Supervisely": (
        {"set/img/x.jpg": None, "set/ann/x.jpg.json": {"objects": [], "size": {}, "tags": []}},
        ["Supervisely", "COCO"],
    ),
    "CVAT": (
        {"images/x.jpg": None, "annotations.xml": '<annotations><image id="0"/></annotations>'},
        ["CVAT", "COCO 1.0"],
    ),
    "TFRecord": (
        {"train/Letters.tfrecord": "", "train/Letters_label_map.pbtxt": ""},
        ["TFRecord", "Folder Structure"],
    ),
    "arrays": ({"X.npy": "", "Y.npy": ""}, ["arrays", "JPEG or PNG"]),
    "a pickle": ({"data.pickle": b"\x80\x04."}, ["arrays", "JPEG or PNG"]),
    "videos only": ({"hello/1.MP4": "", "yes/2.mov": ""}, ["videos", "pictures"]),
    "a project without folders": (
        {"manifest.json": {"appdata": {}}, "0.jpg": None, "1.jpg": None},
        ["Teachable Machine", "Download Samples"],
    ),
    "samples of one class, in a folder": (
        {"Thank you-samples/0.jpg": None, "Thank you-samples/1.jpg": None},
        ["Teachable Machine", "“Thank you”"],
    ),
    "numbered pictures": ({"0.jpg": None, "1.jpg": None}, ["Teachable Machine", "folder"]),
    "JSON that is none": ({"x.jpg": None, "notes.json": "{"}, ["notes.json", "folder"]),
    "XML with entities": (
        {"x.jpg": None, "x.xml": '<!DOCTYPE a [<!ENTITY b "c">]>' + voc("x.jpg", "&b;")},
        ["document type"],
    ),
}


@pytest.mark.parametrize(("members", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_read_is_refused_with_what_to_do(members, words):
    with pytest.raises(ExportError) as refusal:
        read(members)
    for word in words:
        assert word in str(refusal.value)


@pytest.mark.parametrize(
    "name", ["Thank you-samples.zip", "Thank you-samples (2).zip", "thank you_samples"]
)
def test_samples_of_one_class_are_named_after_their_archive(name):
    with pytest.raises(ExportError, match=r"(?i)“thank you”"):
        read({"0.jpg": None, "1.jpg": None}, archive_name=name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("info.labels", True),
        ("training/BOUNDING_BOXES.LABELS", True),
        ("data.yaml", True),
        ("train/labels/x.txt", True),
        ("x.tfrecord", True),
        ("README.roboflow.txt", False),
        ("__MACOSX/train/_classes.csv", False),
        (".git/x.json", False),
        ("A/x.jpg", False),
        ("A/noending", False),
    ],
)
def test_annotations_are_known_by_their_names(name, expected):
    assert is_annotation(parts_of(name)) is expected


def test_files_that_only_name_a_tool_are_never_opened():
    def opened():
        raise AssertionError("opened")

    with pytest.raises(ExportError):
        read_export([], {("data.pkl",): opened, ("a.tfrecord",): opened})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("_annotations.coco.json", "[" * 100_000, id="deep JSON"),
        pytest.param("info.labels", '{"files":' * 50_000, id="deep objects"),
        pytest.param("data.yaml", "names: " + "[" * 20_000, id="deep YAML"),
        pytest.param("data.yaml", "names: &n [*n, *n]\n", id="YAML within itself"),
        pytest.param(
            "data.yaml",
            "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*{'a' if n == 0 else f'b{n - 1}'}, *a]\n"
                                    for n in range(40)) + "names: *b39\n",
            id="YAML bomb",
        ),
        pytest.param("data.yaml", "names: !!python/object/apply:os.system [exit]", id="YAML call"),
        pytest.param("x.xml", "<annotation>" + "<object>" * 100_000, id="deep XML"),
        pytest.param("x.xml", '<!DOCTYPE a [<!ENTITY b "c">]><annotation/>', id="entities"),
        pytest.param("_annotations.csv", "filename,class\n" + '"' + "x" * 200_000, id="one field"),
        pytest.param("_annotations.csv", " \n\x0bfilename,class\x0b\n\n", id="odd line ends"),
        pytest.param("_classes.csv", "filename,filename\n1,1\n", id="a column twice"),
        pytest.param("_annotations.coco.json", '{"images":[{"id":NaN,"file_name":"x.jpg"},'
                     '{"id":[1],"file_name":["x.jpg"]},7],"annotations":[{"image_id":{}},null],'
                     '"categories":[{"id":1e999,"name":NaN},[]],"info":[]}', id="wrong types"),
        pytest.param("_annotations.coco.json", "9" * 10_000, id="long number"),
        pytest.param("info.labels", '{"files":[{"path":"x.jpg","category":[],"label":'
                     '{"type":"label","label":"\\ud800"}}]}', id="half a character"),
        pytest.param("_annotations.createml.json", '[{"image":"x.jpg","annotations":[3,{}]}]',
                     id="boxes that are none"),
        pytest.param("x.txt", "1e400 nan inf 0 0\n", id="no finite numbers"),
    ],
)  # fmt: skip
def test_hostile_files_harm_nobody(name, content):
    try:
        export = read({"x.jpg": None, "classes.txt": "A", name: content})
    except ExportError:
        export = None
    assert export is None or not export.shown
    assert read({**CLASS_FOLDERS, name: content, f"train/A/{name}": content}) is None


@pytest.mark.timeout(60)
def test_a_million_entries_end():
    count = 1_000_000
    boxes = ",".join(['{"image_id":0,"category_id":1}'] * count)
    images = ",".join(['{"id":0,"file_name":"x.jpg"}'] * (count // 10))
    categories = '[{"id":1,"name":"A"}]'
    data = f'{{"images":[{images}],"annotations":[{boxes}],"categories":{categories}}}'
    table = "file,label\n" + "0.jpg,A\n" * count + "0.jpg,A\n" * 10
    namesakes = {f"{number}/0.jpg": None for number in range(2_000)}
    started = time.process_time()
    assert shown(read({"x.jpg": None, "a.json": data})) == {"x.jpg": ("A", None)}
    assert read({**namesakes, "t.csv": table}) is None
    assert time.process_time() - started < 30


def mutated(data, chance):
    """Content with a few places changed, doubled or cut out, or values replaced."""
    data = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at, to = sorted(chance.randrange(len(data) + 1) for _ in "ab")
        piece = chance.choice(
            [b"", b"null", b"[]", b"{}", b"-1", b"1e999", b'"', b"\x00", b"\xff", b"<", b"*a",
             b'"\\udc00"', b",", b"\n", bytes(data[at:to]) * 2]
        )  # fmt: skip
        data[at : chance.choice([at, at + 1, to])] = piece
    return bytes(data)


def test_damaged_files_are_refused_or_left_out():
    chance = random.Random(7)
    exports = [members for _, members, _, _ in READABLE.values()]
    exports += [members for members, _ in REFUSED.values()]
    annotated = [members for members in exports if any(c is not None for c in members.values())]
    until = time.monotonic() + 8
    for _ in range(3_000):
        members = dict(chance.choice(annotated))
        for name in [name for name, content in members.items() if content is not None]:
            if chance.random() < 0.7:
                members[name] = mutated(as_bytes(members[name]), chance)
        try:
            export = read(members)
        except ExportError as refusal:
            assert str(refusal).isprintable()
            continue
        for said in export.shown.values() if export else ():
            assert isinstance(said, Shown) and said.label == said.label.strip() != ""
            assert said.label.encode() and said.part in (None, "train", "valid", "test")
        if time.monotonic() > until:
            break


words = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/\\"),
                min_size=1, max_size=6)  # fmt: skip


@given(st.lists(st.tuples(words, words), min_size=1, max_size=6, unique_by=lambda p: p[0]))
def test_any_name_and_label_is_read_as_written(pairs):
    pairs = [(f"{number}{name}.jpg", f"{label}x") for number, (name, label) in enumerate(pairs)]
    images = [name for name, _ in pairs]
    labels = [label for _, label in pairs]
    boxes = [(number, number + 1) for number in range(len(pairs))]
    members = {f"train/{name}": None for name in images}
    members["train/_annotations.coco.json"] = coco(images, boxes, labels)
    expected = {f"train/{name}": (label.strip(), "train") for name, label in pairs}
    assert shown(read(members)) == expected
