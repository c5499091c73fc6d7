"""The files with which browsers find hands, served by the app itself: nothing comes from elsewhere.

MediaPipe's finder lies in `mediapipe/`, its networks with the models that come with the app. A
browser keeps them: their address changes with what is in them.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from asl.workspace import bundled_models

HERE = Path(__file__).parent
_SCRIPT = "text/javascript"

#: Name in the address → where the file is, and of what kind.
FILES = {
    "worker.js": (HERE / "worker.js", _SCRIPT),
    "vision_bundle.mjs": (HERE / "mediapipe" / "vision_bundle.mjs", _SCRIPT),
    "vision_wasm_internal.js": (HERE / "mediapipe" / "vision_wasm_internal.js", _SCRIPT),
    "vision_wasm_internal.wasm": (
        HERE / "mediapipe" / "vision_wasm_internal.wasm",
        "application/wasm",
    ),
    "hand_landmarker.task": (
        bundled_models() / "hand_landmarker" / "hand_landmarker.task",
        "application/octet-stream",
    ),
}

_FOLDER = "hand-camera"
# What is asked for under another address than today's comes from a page of before: a browser is
# to ask for it again.
_KEPT, _ASKED_AGAIN = "public, max-age=31536000, immutable", "no-cache"


@cache
def version() -> str:
    """Return a short name of what is in the files; another one when one of them changes."""
    sums = (hashlib.sha256(path.read_bytes()).digest() for path, _ in FILES.values())
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
        content = await asyncio.to_thread(FILES[name][0].read_bytes)
    return Response(content, headers=headers, media_type=FILES[name][1])


@cache
def _packed(name: str) -> bytes:
    """Return a file compressed: packed once, and quickly, since the first visitor waits for it."""
    return gzip.compress(FILES[name][0].read_bytes(), 1)
