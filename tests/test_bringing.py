"""A model brought in as a zip: taken whole, or refused with a reason and nothing left behind."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from asl.bringing import bring
from asl.bundle import CARD, EVALUATION, HISTORY, ONNX, WEIGHTS, ModelBundle, find_bundle
from asl.data.archives.limits import ArchiveError
from asl.quota import QuotaError

Members = dict[str, bytes]


@pytest.fixture
def members(tiny_bundle: Callable[..., ModelBundle], tmp_path: Path) -> Members:
    """What *Take it away* packs: a model's folder, and what answers by itself beside it."""
    bundle = tiny_bundle("pupils")
    with zipfile.ZipFile(bundle.export(tmp_path / "away.zip")) as archive:
        own = {name: archive.read(name) for name in archive.namelist()}
    return own | {"predict.py": b"raise SystemExit", "asl/bundle.py": b"", "README.txt": b"pupils"}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes every network for one that answers: that others are refused has a test of its own."""
    monkeypatch.setattr("asl.bringing.require_answer", lambda bundle: None)


def left(home: Path) -> list[str]:
    models = home / "models"
    return sorted(file.relative_to(models).as_posix() for file in models.rglob("*"))


def test_a_model_that_was_taken_away_comes_back(members, zip_of, asl_home):
    bundle = bring(io.BytesIO(zip_of(members)))
    assert bundle == find_bundle("pupils-2"), "the name was taken by the model itself"
    first = find_bundle("pupils")
    assert bundle.card.labels == first.card.labels and bundle.card.name == "pupils-2"
    assert (bundle.folder / ONNX).read_bytes() == (first.folder / ONNX).read_bytes()
    # No script of the zip is anywhere, nor the zip itself.
    assert left(asl_home) == [
        *("pupils", "pupils-2"),
        *(f"{name}/{file}" for name in ("pupils-2", "pupils") for file in (CARD, ONNX)),
    ]


def test_bundled_models_keep_their_names(members, quick, zip_of, asl_home):
    bundle = bring(io.BytesIO(zip_of(members | _called("asl-hands", members))))
    assert bundle.card.name == bundle.folder.name == "asl-hands-2"
    assert find_bundle("asl-hands").is_bundled


def test_the_folder_may_lie_in_others(members, quick, zip_of, asl_home):
    deeper = {f"Downloads/my model/{name}": content for name, content in members.items()}
    assert bring(io.BytesIO(zip_of(deeper))).card.labels == ("A", "B", "C")


class Canary:
    """Pickled, it makes a file wherever it is read."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self):
        return Path.touch, (self.file,)


REFUSED = {
    "no zip": (lambda own: b"GIF89a", "end of the file is missing"),
    "cut off": (lambda own: b"PK\x03\x04", "end of the file is missing"),
    "nothing in it": ({"a.txt": b"x"}, "there is no model in it"),
    "a card alone": (lambda own: _without(own, ONNX), "there is no model in it"),
    "two models": (lambda own: own | _in("other", own), "there are 2 models in it"),
    "a way out": (lambda own: own | {f"../{CARD}": b"{}"}, "leads out of its folder"),
    "a card that is no JSON": (lambda own: own | {f"pupils/{CARD}": b"\xff{"}, CARD),
    "a name that is a path": (lambda own: own | _called("../x", own), "model's name '../x'"),
    "broken tests": (lambda own: own | {f"pupils/{EVALUATION}": b"PAR1"}, EVALUATION),
    "broken epochs": (lambda own: own | {f"pupils/{HISTORY}": b"x"}, HISTORY),
    "broken weights": (lambda own: own | {f"pupils/{WEIGHTS}": b"\x80\x04."}, WEIGHTS),
    "a bomb": (lambda own: own | {f"pupils/{WEIGHTS}": bytes(8 << 20)}, "as a zip bomb would"),
}


def _without(members: Members, name: str) -> Members:
    return {own: content for own, content in members.items() if not own.endswith(name)}


def _in(folder: str, members: Members) -> Members:
    return {f"{folder}/{name}": content for name, content in members.items()}


def _called(name: str, members: Members) -> Members:
    card = json.loads(members[f"pupils/{CARD}"]) | {"name": name}
    return {f"pupils/{CARD}": json.dumps(card).encode()}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_model_is_refused_whole(what, members, quick, zip_of, asl_home):
    change, reason = REFUSED[what]
    made = change(members) if callable(change) else change
    before = left(asl_home)
    with pytest.raises(ValueError, match=reason):
        bring(io.BytesIO(made if isinstance(made, bytes) else zip_of(made)))
    assert left(asl_home) == before


def test_a_file_that_stands_twice_is_refused(members, quick, asl_home):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        for name, content in [*members.items(), (f"pupils/{CARD}", b"{}")]:
            archive.writestr(name, content)
    with pytest.raises(ArchiveError, match="stands twice"):
        bring(file)


def test_a_network_that_gives_no_answer_is_refused(members, zip_of, asl_home):
    before = left(asl_home)
    with pytest.raises(ValueError, match=ONNX):
        bring(io.BytesIO(zip_of(members | {f"pupils/{ONNX}": b"\x08\x0a nothing"})))
    assert left(asl_home) == before


def test_a_pickle_is_never_opened(members, quick, zip_of, asl_home, tmp_path):
    import pickle

    canary = tmp_path / "canary"
    content = pickle.dumps(Canary(canary))
    for name in (WEIGHTS, EVALUATION, "lexicon.npz"):
        with pytest.raises(ValueError, match=name.partition(".")[0]):
            bring(io.BytesIO(zip_of(members | {f"pupils/{name}": content})))
    assert not canary.exists()


def test_a_visitor_may_not_bring_more_than_there_is_room_for(
    members, quick, zip_of, asl_home, monkeypatch
):
    monkeypatch.setenv("ASL_HOSTED", "1")
    monkeypatch.setenv("ASL_SERVER_HOME", str(asl_home))
    monkeypatch.setenv("ASL_QUOTA_MB", "0")
    with pytest.raises(QuotaError, match="quota: the model needs"):
        bring(io.BytesIO(zip_of(members)))
