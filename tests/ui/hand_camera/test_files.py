"""The browser's files are those of MediaPipe, and the app serves them itself."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import re
import zipfile

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from starlette.applications import Starlette

from asl.ui.hand_camera.files import FILES, HERE, address, routes, version
from asl.workspace import bundled_models

NOTED = re.compile(r"\| `([\w.]+)` \| `([0-9a-f]{64})` \|")
MOST_BYTES = 80_000_000


def test_the_files_are_those_that_were_noted_with_their_licence():
    noted = dict(NOTED.findall((HERE / "mediapipe" / "README.md").read_text(encoding="utf-8")))
    files = {path.name for path in (HERE / "mediapipe").iterdir()}
    assert files == {*noted, "README.md", "LICENSE"}
    for name, checksum in noted.items():
        assert hashlib.sha256((HERE / "mediapipe" / name).read_bytes()).hexdigest() == checksum
    assert "Apache License" in (HERE / "mediapipe" / "LICENSE").read_text(encoding="utf-8")


def test_the_networks_are_those_that_were_noted():
    folder = bundled_models() / "hand_landmarker"
    checksum = hashlib.sha256(FILES["hand_landmarker.task"].content()).hexdigest()
    assert checksum in (folder / "README.md").read_text(encoding="utf-8")


def test_all_that_comes_along_is_small_enough():
    files = [*bundled_models().rglob("*"), *HERE.rglob("*")]
    assert sum(file.stat().st_size for file in files if file.is_file()) < MOST_BYTES


def ask(path: str, packed: bool = True, base: str = "") -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of an answer."""
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(part: dict) -> None:
        sent.append(part)

    headers = [(b"accept-encoding", b"gzip, br" if packed else b"identity")]
    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode()}
    scope |= {"query_string": b"", "headers": headers, "root_path": ""}
    asyncio.run(Starlette(routes=routes(base))(scope, receive, send))
    answer = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answer, b"".join(part.get("body", b"") for part in sent[1:])


def test_the_body_is_found_by_the_networks_that_the_app_has():
    """Each says how it wants colours, which one of the files that are there does not."""
    with zipfile.ZipFile(io.BytesIO(FILES["pose_landmarker.task"].content())) as task:
        names = task.namelist()
        assert names == ["pose_detector.tflite", "pose_landmarks_detector.tflite"]
        for name, path in zip(names, FILES["pose_landmarker.task"].made_of, strict=True):
            content = task.read(name)
            assert content.count(b"TFLITE_METADATA") == 1
            answers = [said(network) for network in (content, path.read_bytes())]
            assert all(map(np.array_equal, *answers))


def said(network: bytes) -> list[np.ndarray]:
    """Return what a TFLite network answers to noise."""
    interpreter = Interpreter(model_content=network)
    interpreter.allocate_tensors()
    [given] = interpreter.get_input_details()
    noise = np.random.default_rng(0).random(given["shape"], np.float32)
    interpreter.set_tensor(given["index"], noise)
    interpreter.invoke()
    return [interpreter.get_tensor(one["index"]) for one in interpreter.get_output_details()]


@pytest.mark.parametrize("name", ["worker.js", "vision_bundle.mjs"])
def test_a_file_is_served_as_it_is_and_kept(name):
    status, headers, body = ask(f"/{address()}{name}")
    assert status == 200 and gzip.decompress(body) == FILES[name].content()
    assert headers["content-type"].startswith("text/javascript")
    assert "immutable" in headers["cache-control"]
    assert ask(f"/{address()}{name}", packed=False)[2] == FILES[name].content()


def test_below_a_path_of_its_own_the_app_serves_them_there():
    assert ask(f"/signs/{address()}worker.js", base="/signs/")[0] == 200
    assert ask(f"/{address()}worker.js", base="signs")[0] == 404


def test_a_page_of_before_gets_the_files_of_today_and_asks_again():
    status, headers, _ = ask("/hand-camera/0123456789abcdef/worker.js")
    assert status == 200 and headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "name", ["camera.js", "..%2Fcomponent.py", "../component.py", "README.md", ""]
)
def test_nothing_else_is_served(name):
    assert ask(f"/{address()}{name}")[0] == 404


def test_the_script_names_only_files_that_are_served():
    script = (HERE / "worker.js").read_text(encoding="utf-8")
    assert {*re.findall(r"\$\{files\}([\w.]+)", script)} == {*FILES} - {"worker.js"}
    assert len(version()) == 16
