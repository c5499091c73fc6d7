"""What users show the app stays there, and nothing reports on them."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# The pause is for what would report from a thread of its own, as MediaPipe's package does.
DETECT = """
import time
import numpy as np
from asl.hands.detector import HandDetector
detector = HandDetector()
detector.detect(np.full((480, 640, 3), 128, np.uint8))
del detector
time.sleep(2)
"""


def test_hand_detection_contacts_nobody() -> None:
    """What reports goes through the proxy that the environment names; nobody comes there."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        url = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
        subprocess.run(
            [sys.executable, "-c", DETECT],
            cwd=ROOT,
            env={**os.environ, **dict.fromkeys(names, url)},
            check=True,
            timeout=120,
        )
        proxy.settimeout(0)
        with pytest.raises(BlockingIOError):  # nobody waits to be let in
            proxy.accept()


# The pause is for what a library's own thread would write.
READ = """
import time
import numpy as np
from asl.bundle import find_bundle
from asl.inference.pictures.predictor import Predictor
predictor = Predictor(find_bundle("asl-hands"))
predictor.predict(np.full((480, 640, 3), 128, np.uint8))
time.sleep(1)
"""


def test_reading_a_picture_writes_nothing_into_the_users_folders(tmp_path: Path) -> None:
    """ONNX Runtime's telemetry would keep a number for the computer there, and what it saw."""
    folders = dict.fromkeys(("HOME", "XDG_CACHE_HOME"), str(tmp_path))
    without = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    subprocess.run(
        [sys.executable, "-c", READ], cwd=ROOT, env={**without, **folders}, check=True, timeout=120
    )
    assert list(tmp_path.rglob("*")) == []


def test_streamlit_reports_nothing_to_its_maker() -> None:
    from streamlit import config

    assert config.get_option("browser.gatherUsageStats") is False
