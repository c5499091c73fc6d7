"""The first page is drawn quickly, whichever it is: nothing heavy is loaded before it is needed."""

from __future__ import annotations

import subprocess
import sys

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
