"""Bundles that are read, and those that are refused with a reason."""

import pickle
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from asl import bundle as bundles
from asl.bundle import (
    CARD,
    ONNX,
    WEIGHTS,
    BundleError,
    ModelBundle,
    find_bundle,
    list_bundles,
)
from asl.inference.pictures.predictor import Predictor


class Canary:
    """Writes a file when it is unpickled."""

    def __init__(self, file: Path):
        self.file = file

    def __reduce__(self):
        return (Path.touch, (self.file,))


def test_a_card_survives_writing_and_reading(tiny_bundle):
    bundle = tiny_bundle(description="Zwei Hände", data=({"name": "asl_29"},))
    assert ModelBundle.read(bundle.folder).card == bundle.card


def test_write_card_replaces_it_in_one_step(tiny_bundle):
    bundle = tiny_bundle()
    written = bundle.write_card(replace(bundle.card, description="new"))
    assert ModelBundle.read(bundle.folder).card.description == "new"
    assert written.card.description == "new"
    assert sorted(file.name for file in bundle.folder.iterdir()) == [CARD, ONNX]


@pytest.mark.parametrize("content", [b"{}", b"[1]", b"", b"\xff\xfe\x00"], ids=str)
def test_an_unusable_card_is_named(tiny_bundle, content):
    bundle = tiny_bundle()
    (bundle.folder / CARD).write_bytes(content)
    with pytest.raises(BundleError, match=f"{CARD}: (schema|no valid JSON)"):
        ModelBundle.read(bundle.folder)


@pytest.mark.parametrize("name", [CARD, ONNX])
def test_a_missing_file_is_named(tiny_bundle, name):
    bundle = tiny_bundle()
    (bundle.folder / name).unlink()
    with pytest.raises(BundleError, match=f"{name} is missing"):
        ModelBundle.read(bundle.folder)


@pytest.mark.parametrize("name", [CARD, ONNX, WEIGHTS])
def test_an_oversized_file_is_refused(tiny_bundle, monkeypatch, name):
    bundle = tiny_bundle()
    (bundle.folder / WEIGHTS).write_bytes(b"0" * 64)
    monkeypatch.setitem(bundles._MAX_BYTES, name, 10)
    with pytest.raises(BundleError, match=f"{name} is larger"):
        ModelBundle.read(bundle.folder)


def test_a_pickle_posing_as_a_model_is_never_loaded(tiny_bundle, tmp_path):
    bundle = tiny_bundle()
    canary = tmp_path / "canary"
    for name in (ONNX, WEIGHTS):
        (bundle.folder / name).write_bytes(pickle.dumps(Canary(canary)))
    with pytest.raises(BundleError, match=f"{ONNX} cannot be loaded"):
        Predictor(ModelBundle.read(bundle.folder))
    assert not canary.exists()


class TestFindBundle:
    def test_by_name_in_the_workspace(self, tiny_bundle):
        tiny_bundle("mine")
        assert find_bundle("mine").card.name == "mine"

    def test_by_folder(self, tiny_bundle):
        folder = tiny_bundle("mine").folder
        assert find_bundle(str(folder)).card.name == "mine"

    @pytest.mark.parametrize(
        "name", ["nobody", "../tiny", "/", "..", "", "tiny/../tiny2", "a\0b", "x" * 65]
    )
    def test_anything_else_is_refused(self, tiny_bundle, name):
        tiny_bundle()
        with pytest.raises(BundleError):
            find_bundle(name)

    def test_the_message_lists_what_there_is(self, tiny_bundle):
        tiny_bundle("mine")
        with pytest.raises(BundleError, match=r"'nobody'.*mine"):
            find_bundle("nobody")


def test_list_bundles_leaves_out_broken_ones(tiny_bundle, monkeypatch, tmp_path):
    monkeypatch.setattr(bundles, "BUNDLED_MODELS", tmp_path / "bundled")
    tiny_bundle("zebra")
    tiny_bundle("asl-hands")
    broken = tiny_bundle("broken")
    (broken.folder / CARD).write_text("{}")
    assert [bundle.card.name for bundle in list_bundles()] == ["asl-hands", "zebra"]


def test_export_holds_the_bundle_and_nothing_else(tiny_bundle, tmp_path):
    bundle = tiny_bundle()
    (bundle.folder / "private.txt").write_text("not for others")
    with zipfile.ZipFile(bundle.export(tmp_path / "out.zip")) as archive:
        assert sorted(archive.namelist()) == [f"tiny/{CARD}", f"tiny/{ONNX}"]
        archive.extractall(tmp_path / "copy")
    assert ModelBundle.read(tmp_path / "copy" / "tiny").card == bundle.card
