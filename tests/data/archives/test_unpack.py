"""Pictures come out of archives, folders and tables under names of our own."""

import gzip
import io
import random
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from asl.data.archives.limits import ArchiveError, Limits
from asl.data.archives.unpack import copy_folder, unpack
from asl.data.pictures.sign_mnist_columns import COLUMNS
from asl.data.table import tabulate_files


@pytest.fixture
def unpacked(tmp_path, zip_of):
    """``unpacked({"a/1.png": data})``: what is taken out of a zip with these members."""

    def take(members, **options):
        (tmp_path / "up.zip").write_bytes(zip_of(members))
        return unpack(tmp_path / "up.zip", tmp_path / "out", **options)

    return take


def test_pictures_get_names_of_our_own_and_keep_their_bytes(unpacked, tmp_path):
    result = unpacked({"set/b/Größe 1.PNG": b"two", "set/a/x.jpeg": b"one"})
    assert {file.name: parts for file, parts in result.files.items()} == {
        "000000.jpeg": ("set", "a", "x.jpeg"),
        "000001.png": ("set", "b", "Größe 1.PNG"),
    }
    assert [file.read_bytes() for file in result.files] == [b"one", b"two"]
    assert sorted(tmp_path.joinpath("out").iterdir()) == sorted(result.files)
    assert result.problems == ()


@pytest.mark.parametrize(
    ("names", "labels", "parts"),
    [
        pytest.param(["a/1.png", "b/1.png"], ["A", "B"], [None, None], id="plain"),
        pytest.param(["set/a/1.png", "set/b/1.png"], ["A", "B"], [None, None], id="wrapped"),
        pytest.param(
            ["set/train/a/1.png", "set/test/b/1.png"], ["A", "B"], ["train", "test"], id="parts"
        ),
        pytest.param(["a/anna/1.png", "b/ben/1.png"], ["A", "B"], [None, None], id="people within"),
        pytest.param(["anna/a/1.png", "ben/b/1.png"], ["A", "B"], [None, None], id="people above"),
        pytest.param(["hello/1.png", "CON/1.png"], ["CON", "hello"], [None, None], id="own signs"),
        pytest.param(["./a/1.png", "b//2.png"], ["A", "B"], [None, None], id="odd spelling"),
    ],
)
def test_every_layout_gives_its_signs(unpacked, names, labels, parts):
    result = unpacked(dict.fromkeys(names, b"x"))
    table = tabulate_files(list(result.files.values())).table
    rows = sorted(zip(table["label"], table["part"], strict=True))
    assert [label for label, _ in rows] == labels
    assert {part for _, part in rows} == set(parts)


def test_what_is_no_picture_is_left_out_and_said(unpacked):
    result = unpacked(
        {
            "a/1.png": b"x",
            "a/.DS_Store": b"x",
            "__MACOSX/a/._1.png": b"x",
            ".git/a/1.png": b"x",
            "a/Thumbs.db": b"x",
            "a/drawing.svg": b"x",
            "a/more.zip": b"PK\x03\x04",
            "a/": b"",
        }
    )
    assert len(result.files) == 1
    kinds = {problem.path: problem.kind for problem in result.problems}
    assert kinds == {
        "a/.DS_Store": "hidden",
        "__MACOSX/a/._1.png": "hidden",
        ".git/a/1.png": "hidden",
        "a/Thumbs.db": "not a picture",
        "a/drawing.svg": "unreadable",
        "a/more.zip": "not a picture",
    }
    (nested,) = [p.message for p in result.problems if p.path.endswith(".zip")]
    assert "an archive in the archive is not opened" in nested


def test_two_members_of_one_name_are_two_pictures(tmp_path):
    with zipfile.ZipFile(tmp_path / "up.zip", "w") as archive, pytest.warns(UserWarning):
        for data in (b"one", b"two"):
            archive.writestr("a/1.png", data)
    result = unpack(tmp_path / "up.zip", tmp_path / "out")
    assert sorted(file.read_bytes() for file in result.files) == [b"one", b"two"]


def test_a_damaged_member_is_left_out_and_the_others_go_on(tmp_path, zip_of):
    data = zip_of({"a/1.png": b"first" * 99, "a/2.png": b"second" * 99})
    at = data.index(b"a/1.png") + len("a/1.png")
    (tmp_path / "up.zip").write_bytes(data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :])
    result = unpack(tmp_path / "up.zip", tmp_path / "out")
    assert list(result.files.values()) == [("a", "2.png")]
    assert [(p.kind, p.path) for p in result.problems] == [("unreadable", "a/1.png")]
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_a_zip_of_damaged_pictures_alone_says_that_they_are_damaged(tmp_path, zip_of):
    data = zip_of({"a/1.png": b"first" * 99, "notes.txt": b"mine"})
    at = data.index(b"a/1.png") + len("a/1.png")
    (tmp_path / "up.zip").write_bytes(data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :])
    with pytest.raises(ArchiveError, match=r"'a/1\.png': damaged in the zip .* make the zip again"):
        unpack(tmp_path / "up.zip", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_zip_without_its_end_is_not_taken_for_one_that_is_stored_in_it(tmp_path, zip_of):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("b/1.png", b"outer")
        archive.writestr("inner.zip", zip_of({"a/1.png": b"inner"}))
    data = file.getvalue()
    # Between the end of the zip in it and the end of its own list.
    for end in (data.rindex(b"PK\x05\x06"), data.index(b"PK\x05\x06") + 22):
        (tmp_path / "up.zip").write_bytes(data[:end])
        with pytest.raises(ArchiveError, match=r"own list of files is missing"):
            unpack(tmp_path / "up.zip", tmp_path / "out")


def test_progress_reaches_the_end(unpacked):
    seen = []
    unpacked({f"a/{n}.png": bytes(100) for n in range(3)}, progress=lambda *done: seen.append(done))
    assert len(seen) == 3 and seen[-1][0] == seen[-1][1] > 0


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"Rar!\x1a\x07\x00" + bytes(300), "neither a zip nor", id="rar"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(300), "neither a zip nor", id="picture"),
        pytest.param(b"", "neither a zip nor", id="empty"),
        pytest.param(b"PK\x03\x04" + bytes(60), "the end of the file is missing", id="cut off"),
        pytest.param(b"\x1f\x8b\x08" + bytes(60), "gzip: the file is damaged", id="gzip"),
        pytest.param(b"a,b,c\n1,2,3\n", "column 1 must be 'label'", id="another table"),
    ],
)
def test_another_kind_of_file_is_refused_in_words(tmp_path, data, message):
    (tmp_path / "up").write_bytes(data)
    with pytest.raises(ArchiveError, match=message):
        unpack(tmp_path / "up", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("members", "message"),
    [
        pytest.param({}, "no files", id="empty"),
        pytest.param({"readme.txt": b""}, r"only files that end in \.txt; zip a folder", id="text"),
        pytest.param({"train.csv": b""}, "or upload the table of Sign Language MNIST", id="table"),
    ],
)
def test_a_zip_without_pictures_says_what_is_in_it(unpacked, members, message):
    with pytest.raises(ArchiveError, match=f"no pictures were found, .*{message}"):
        unpacked(members)


def mnist(rows: int) -> bytes:
    lines = [",".join(COLUMNS)]
    lines += [",".join(["1", *["7"] * 783, str(row)]) for row in range(rows)]
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    ("names", "message"),
    [
        pytest.param(["A.zip", "B.zip"], r"archives \('A.zip', 'B.zip'\)", id="zips"),
        pytest.param(["set/ä.RAR", "read me.txt"], r"archives \('set/\\xe4.RAR'\)", id="rar"),
        pytest.param([f"{n}.tar.gz" for n in range(9)], "'2.tar.gz', …", id="many"),
    ],
)
def test_a_zip_of_archives_says_to_unpack_them(unpacked, names, message):
    with pytest.raises(ArchiveError, match=message) as refused:
        unpacked(dict.fromkeys(names, b"PK"))
    assert "Unpack them, each into a folder with the sign's name, and zip" in str(refused.value)


def test_pictures_in_no_folder_say_to_make_folders(unpacked):
    with pytest.raises(
        ArchiveError, match="put those of each sign into a folder named after the sign"
    ):
        unpacked({"1.png": b"x", "2.png": b"x", ".DS_Store": b"x"})


@pytest.mark.parametrize("pack", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["BZip2", "LZMA"])
@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_other_methods_are_unpacked(tmp_path, pack, size):
    content = random.Random(0).randbytes(size)
    with zipfile.ZipFile(tmp_path / "up.zip", "w", pack) as archive:
        archive.writestr("a/1.png", content)
    (file,) = unpack(tmp_path / "up.zip", tmp_path / "out").files
    assert file.read_bytes() == content


@pytest.mark.parametrize("pack", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["BZip2", "LZMA"])
@pytest.mark.parametrize("place", [40, 41, 90, -40], ids=["head", "properties", "within", "end"])
def test_a_damaged_member_of_another_method_is_left_out(tmp_path, pack, place):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", pack) as archive:
        archive.writestr("a/1.png", bytes(range(256)) * 9)
        end = file.tell() if place < 0 else 0
        archive.writestr("a/2.png", b"whole")
    data = bytearray(file.getvalue())
    data[end + place] ^= 0x55
    (tmp_path / "up.zip").write_bytes(data)
    result = unpack(tmp_path / "up.zip", tmp_path / "out")
    assert list(result.files.values()) == [("a", "2.png")]
    assert [(p.kind, p.path) for p in result.problems] == [("unreadable", "a/1.png")]


def zip_with_names(*names: bytes) -> bytes:
    """A zip whose names are these bytes, without a word of how they are written."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number, name in enumerate(names):
            archive.writestr(chr(65 + number) * len(name), b"x")
    data = file.getvalue()
    for number, name in enumerate(names):
        data = data.replace(chr(65 + number).encode() * len(name), name)
    return data


def test_names_of_other_computers_are_read(tmp_path):
    (tmp_path / "up.zip").write_bytes(
        zip_with_names(*(f"señas\\{sign}\\foto.png".encode("cp850") for sign in ("Ñ", "año")))
    )
    result = unpack(tmp_path / "up.zip", tmp_path / "out")
    assert sorted(result.files.values()) == [
        ("señas", "año", "foto.png"),
        ("señas", "Ñ", "foto.png"),
    ]
    assert result.encoding == "cp850" and len(result.encodings) == 1


def test_a_question_of_names_takes_its_answer(tmp_path):
    file = tmp_path / "up.zip"
    file.write_bytes(zip_with_names("signs/학교/1.png".encode("cp949"), b"signs/A/1.png"))
    asked = unpack(file, tmp_path / "asked")
    assert ("cp949", ("학교",)) in asked.encodings and len(asked.encodings) > 1
    answered = unpack(file, tmp_path / "answered", encoding="cp949")
    assert ("signs", "학교", "1.png") in answered.files.values()
    assert answered.encoding == "cp949" and answered.encodings == (("cp949", ("학교",)),)
    for wrong in ("klingon", "utf-8"):
        with pytest.raises(ValueError, match=f"encoding: '{wrong}' .* possible are .*cp949"):
            unpack(file, tmp_path / "wrong", encoding=wrong)
        assert not (tmp_path / "wrong").exists()


TRAIN, TEST = ([("B", 3), ("C", 4)], [("D", 5)])


def signs(rows: list[tuple[str, int]], separator: str = ",") -> bytes:
    lines = [COLUMNS, *([label, *[value] * 784] for label, value in rows)]
    return "\n".join(separator.join(map(str, row)) for row in lines).encode()


@pytest.fixture(params=["zip", "folder"])
def taken(request, tmp_path, zip_of):
    """``taken({"a/1.png": data})``: what is taken out of a zip, or a folder, with these files."""

    def take(files, **options):
        if request.param == "zip":
            (tmp_path / "up.zip").write_bytes(zip_of(files))
            return unpack(tmp_path / "up.zip", tmp_path / "out", **options)
        for name, data in files.items():
            (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "in" / name).write_bytes(data)
        return copy_folder(tmp_path / "in", tmp_path / "out", **options)

    return take


@pytest.mark.parametrize("above", ["", "archive/", "a/b/"], ids=["root", "wrapped", "deep"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_the_tables_of_kaggles_archive_are_read(taken, tmp_path, above, pack):
    end = ".csv" if pack is bytes else ".csv.gz"
    result = taken(
        {
            f"{above}amer_sign2.png": b"x",
            f"{above}american_sign_language.PNG": b"x",
            f"{above}sign_mnist_train{end}": pack(signs(TRAIN)),
            f"{above}sign_mnist_test{end}": pack(signs(TEST, ";")),
            f"{above}sign_mnist_train/sign_mnist_train.csv": signs(TRAIN),
        }
    )
    assert sorted(result.files.values()) == [
        ("test", "D", "row 1.png"),
        ("train", "B", "row 1.png"),
        ("train", "C", "row 2.png"),
    ]
    for file, parts in result.files.items():
        pixels = np.asarray(Image.open(file))
        assert pixels.shape == (28, 28) and (pixels == "ABCDE".index(parts[1]) + 2).all()
    assert {problem.path: (problem.kind, problem.message) for problem in result.problems} == {
        f"{above}amer_sign2.png": ("outside", BESIDE),
        f"{above}american_sign_language.PNG": ("outside", BESIDE),
        f"{above}sign_mnist_train/sign_mnist_train.csv": (
            "not a picture",
            f"a copy of {above}sign_mnist_train{end}, which is used",
        ),
    }
    assert sorted((tmp_path / "out").iterdir()) == sorted(result.files)


BESIDE = "lies in no sign's folder; the tables of pictures beside it are used"


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        pytest.param(["Train.csv", "valid.tsv"], ["train", "valid"], id="short"),
        pytest.param(["set/training/1.csv", "set/testing/1.csv"], ["train", "test"], id="folders"),
        pytest.param(["myTrainSet.csv", "VALIDATION.csv"], ["train", "valid"], id="spellings"),
        pytest.param(["sign_mnist_train.csv"], ["train"], id="alone"),
        pytest.param(["signs.csv"], [None], id="none"),
        pytest.param(["train_test.csv"], [None], id="two at once"),
        pytest.param(["latest.csv", "trained.csv"], [None, None], id="other words"),
        pytest.param(["train.csv", "mine.csv"], [None, None], id="not all"),
    ],
)
def test_the_names_of_tables_say_their_parts(taken, names, parts):
    result = taken({name: signs([("B", n), ("C", n)]) for n, name in enumerate(names)})
    assert len(result.files) == len(set(result.files.values())) == 2 * len(names)
    found = {names[0] if len(names) == 3 else None for names in result.files.values()}
    assert found == set(parts)
    assert {names[-2] for names in result.files.values()} == {"B", "C"}


def test_two_tables_of_one_part_keep_their_rows_apart(taken):
    result = taken({"a/train.csv": signs([("B", 1)]), "b/train.csv": signs([("B", 2)])})
    assert sorted(result.files.values()) == [
        ("train", "B", "row 1 of table 1.png"),
        ("train", "B", "row 1 of table 2.png"),
    ]


def test_pictures_in_folders_of_signs_go_before_tables(taken):
    result = taken({"set/A/1.png": b"x", "set/B/1.png": b"x", "set/signs.csv": signs(TRAIN)})
    assert sorted(result.files.values()) == [("set", "A", "1.png"), ("set", "B", "1.png")]
    ((kind, path, message),) = [(p.kind, p.path, p.message) for p in result.problems]
    assert (kind, path) == ("not a picture", "set/signs.csv") and "by itself" in message


def test_tables_that_are_none_or_broken_are_left_out_and_said(taken):
    result = taken(
        {
            "good.csv": signs(TRAIN),
            "wrong.csv": signs([("B", 999)]),
            "cut.csv.gz": gzip.compress(signs(TEST) * 9)[:-20],
            "people.csv": b"path,person\na,b\n",
            "_classes.csv": signs(TEST),
        }
    )
    assert [names[0] for names in result.files.values()] == ["B", "C"]
    said = {problem.path: (problem.kind, problem.message) for problem in result.problems}
    assert said["wrong.csv"][0] == said["cut.csv.gz"][0] == "unreadable"
    assert "'wrong.csv': row 1, column 'pixel1': expected" in said["wrong.csv"][1]
    assert said["people.csv"][0] == said["_classes.csv"][0] == "not a picture"
    assert "column 1 must be 'label', but there is 'path'" in said["people.csv"][1]


def test_only_broken_tables_are_refused(taken, tmp_path):
    with pytest.raises(ArchiveError, match=r"'wrong\.csv': row 1, column 'pixel1': expected"):
        taken({"wrong.csv": signs([("B", 999)])})
    assert not (tmp_path / "out").exists()


def test_too_many_rows_are_refused(taken):
    with pytest.raises(ArchiveError, match="there are 3 rows, and at most 2 are taken"):
        taken({"train.csv": signs(TRAIN), "test.csv": signs(TEST)}, limits=Limits(pictures=2))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_sign_mnist_table_becomes_pictures(tmp_path, pack):
    (tmp_path / "up").write_bytes(pack(mnist(3)))
    result = unpack(tmp_path / "up", tmp_path / "out")
    assert list(result.files.values()) == [("B", f"row {row}.png") for row in (1, 2, 3)]
    pixels = np.asarray(Image.open(list(result.files)[2]))
    assert pixels.shape == (28, 28) and pixels[-1, -1] == 2 and pixels[0, 0] == 7
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_a_folder_is_copied_and_stays_as_it_is(tmp_path):
    source = tmp_path / "pictures"
    for name in ("a/1.png", "b/2.jpg", "b/.hidden.png", "notes.txt"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(name.encode())
    (source / "b" / "link.png").symlink_to(tmp_path)
    result = copy_folder(source, tmp_path / "out")
    assert {file.read_bytes(): parts for file, parts in result.files.items()} == {
        b"a/1.png": ("a", "1.png"),
        b"b/2.jpg": ("b", "2.jpg"),
    }
    assert {problem.kind for problem in result.problems} == {"hidden", "link", "not a picture"}
    assert (source / "a" / "1.png").exists()


def test_a_folder_that_is_none_or_too_much_is_refused(tmp_path):
    with pytest.raises(ArchiveError, match="is no folder on the computer of the app"):
        copy_folder(tmp_path / "absent", tmp_path / "out")
    (tmp_path / "a").mkdir()
    for number in range(3):
        (tmp_path / "a" / f"{number}.png").touch()
    with pytest.raises(ArchiveError, match="there are 3 pictures, and at most 2 are taken"):
        copy_folder(tmp_path / "a", tmp_path / "out", Limits(pictures=2))


names = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=40)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@given(st.lists(st.tuples(names, names), min_size=1, max_size=5))
def test_no_name_leads_anywhere(tmp_path_factory, pairs):
    home = tmp_path_factory.mktemp("home")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number, (folder, name) in enumerate(pairs):
            archive.writestr(zipfile.ZipInfo(f"{folder}/{name}{number}.png"), b"x")
    (home / "up.zip").write_bytes(file.getvalue())
    try:
        result = unpack(home / "up.zip", home / "out")
    except ArchiveError:
        assert not (home / "out").exists()
    else:
        assert all(made.parent == home / "out" for made in result.files)
    assert {place.name for place in home.iterdir()} <= {"up.zip", "out"}
