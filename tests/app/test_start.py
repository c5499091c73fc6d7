"""The first page is drawn quickly, whichever it is: nothing heavy is loaded before it is needed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

SCRIPT = """
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("streamlit_app.py", default_timeout=30).run()
assert not app.exception, app.exception
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_the_first_page_loads_no_heavy_package(tiny_bundle, pytestconfig):
    tiny_bundle()
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=pytestconfig.rootpath,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(run.stdout.split())
    assert "streamlit" in loaded
    heavy = {"torch", "torchvision", "mlflow", "ai_edge_litert", "onnxruntime", "onnx", "sklearn"}
    assert not loaded & heavy


@pytest.fixture
def hosted_app(tmp_path: Path, asl_home: Path, pytestconfig) -> Iterator[str]:
    """The address of a server for strangers whom nobody has visited yet."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    options = {"port": port, "address": "127.0.0.1", "headless": "true"}
    with (tmp_path / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command + [f"--server.{name}={value}" for name, value in options.items()],
            cwd=pytestconfig.rootpath,
            env={**os.environ, "ASL_HOSTED": "1", "ASL_HOME": str(asl_home)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < until
                time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def visit(address: str, page: str) -> list[ForwardMsg]:
    """Return what the server sends to a browser that opens `page`."""
    asked = BackMsg()
    asked.rerun_script.page_name = page
    messages = []
    with connect(f"ws://{address}/_stcore/stream", subprotocols=["streamlit"]) as browser:
        browser.send(asked.SerializeToString())
        while not messages or messages[-1].WhichOneof("type") != "script_finished":
            messages.append(ForwardMsg.FromString(browser.recv(timeout=30)))
    return messages


def test_a_page_opened_before_any_other_is_set_up_like_all(hosted_app):
    messages = visit(hosted_app, "train")
    assert not any(message.HasField("page_not_found") for message in messages)
    # Streamlit's own list of the folder's files would come first, and at the side.
    navigation = [message.navigation for message in messages if message.HasField("navigation")]
    assert [list(one.sections) for one in navigation] == [["", "Train", "Understand"]]
    elements = [one.delta.new_element for one in messages if one.HasField("delta")]
    assert not [one.exception for one in elements if one.HasField("exception")]
    assert "Train a model" in [one.heading.body for one in elements if one.HasField("heading")]
