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


def test_streamlit_reports_nothing_to_its_maker() -> None:
    from streamlit import config

    assert config.get_option("browser.gatherUsageStats") is False
