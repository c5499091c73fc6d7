"""The files with which browsers find hands, served by the app itself: nothing comes from elsewhere.

MediaPipe's finders lie in `mediapipe/`, their networks with the models that come with the app. A
browser keeps them: their address changes with what is in them.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from asl.workspace import bundled_models

HERE = Path(__file__).parent
_SCRIPT = "text/javascript"

_BODY = bundled_models() / "body_landmarker"
_NETWORKS = "application/octet-stream"


def _read(path: Path) -> bytes:
    return path.read_bytes()


def _body_task(detection: Path, landmarks: Path) -> bytes:
    # Importing it at once would load TFLite's schema with every page.
    from asl.tflite.task import task_file, with_colours

    return task_file(
        {
            "pose_detector.tflite": detection.read_bytes(),
            "pose_landmarks_detector.tflite": with_colours(landmarks.read_bytes()),
        }
    )


@dataclass(frozen=True)
class File:
    """A file that is served.

    Attributes:
        kind: its media type.
        made_of: files on the disk.
        make: of these, what is served.
    """

    kind: str
    made_of: tuple[Path, ...]
    make: Callable[..., bytes] = _read

    def content(self) -> bytes:
        """Return what is served."""
        return self.make(*self.made_of)


#: Name in the address → what is served under it.
FILES = {
    "worker.js": File(_SCRIPT, (HERE / "worker.js",)),
    "vision_bundle.mjs": File(_SCRIPT, (HERE / "mediapipe" / "vision_bundle.mjs",)),
    "vision_wasm_internal.js": File(_SCRIPT, (HERE / "mediapipe" / "vision_wasm_internal.js",)),
    "vision_wasm_internal.wasm": File(
        "application/wasm", (HERE / "mediapipe" / "vision_wasm_internal.wasm",)
    ),
    "hand_landmarker.task": File(
        _NETWORKS, (bundled_models() / "hand_landmarker" / "hand_landmarker.task",)
    ),
    "pose_landmarker.task": File(
        _NETWORKS, (_BODY / "pose_detection.tflite", _BODY / "pose_landmark_full.tflite"),
        _body_task,
    ),
}  # fmt: skip

_FOLDER = "hand-camera"
# What is asked for under another address than today's comes from a page of before: a browser is
# to ask for it again.
_KEPT, _ASKED_AGAIN = "public, max-age=31536000, immutable", "no-cache"


@cache
def version() -> str:
    """Return a short name of what is in the files; another one when one of them changes."""
    paths = [path for file in FILES.values() for path in file.made_of]
    sums = (hashlib.sha256(path.read_bytes()).digest() for path in paths)
    return hashlib.sha256(b"".join(sums)).hexdigest()[:16]


def address() -> str:
    """Return where the files are, seen from the folder in which the app's pages are."""
    return f"{_FOLDER}/{version()}/"


def routes(base: str = "") -> list[Route]:
    """Return the routes under which a server answers with the files.

    Args:
        base: the path below which the app is served (`server.baseUrlPath`).
    """
    base = f"/{base.strip('/')}" if base.strip("/") else ""
    return [Route(f"{base}/{_FOLDER}/{{version}}/{{name}}", _serve)]


async def _serve(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in FILES:
        return Response(status_code=404)
    current = request.path_params["version"] == await asyncio.to_thread(version)
    headers = {
        "Cache-Control": _KEPT if current else _ASKED_AGAIN,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        content = await asyncio.to_thread(_packed, name)
        headers["Content-Encoding"] = "gzip"
    else:
        content = await asyncio.to_thread(FILES[name].content)
    return Response(content, headers=headers, media_type=FILES[name].kind)


@cache
def _packed(name: str) -> bytes:
    """Return a file compressed: packed once, and quickly, since the first visitor waits for it."""
    return gzip.compress(FILES[name].content(), 1)
