"""The first page is drawn quickly: nothing heavy is loaded before it is needed."""

import subprocess
import sys

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
    heavy = {"torch", "torchvision", "mlflow", "mediapipe", "onnxruntime", "onnx", "sklearn"}
    assert not loaded & heavy
