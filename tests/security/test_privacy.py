"""What users show the app stays there, and nothing reports on them."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).parents[2]

# MediaPipe sends its report when a detector is closed, from a thread of its own.
DETECT = """
import sys, time
import certifi
certifi.where = lambda: sys.argv[1]
import numpy as np
from asl.hands.detector import HandDetector, HandsUnavailable
try:
    with HandDetector() as detector:
        detector.detect(np.full((480, 640, 3), 128, np.uint8))
except HandsUnavailable as reason:
    sys.exit(f"unavailable: {reason}")
time.sleep(2)
"""


class Listener:
    """A proxy that plays every server a client asks for, and keeps what it is told."""

    def __init__(self, certificate: Path) -> None:
        self.told: list[bytes] = []
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                client.settimeout(5)
                with client, suppress(OSError):
                    client.recv(4096)
                    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    with self._tls.wrap_socket(client, server_side=True) as server:
                        self.told.append(server.recv(4096))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate, with its key, for the host that MediaPipe reports to."""
    host = "play.googleapis.com"
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def listener(certificate: Path) -> Iterator[Listener]:
    listener = Listener(certificate)
    yield listener
    listener.close()


def test_hand_detection_reports_nothing_to_its_maker(listener: Listener, certificate: Path) -> None:
    environment = {**os.environ, "https_proxy": listener.url, "HTTPS_PROXY": listener.url}
    result = subprocess.run(
        [sys.executable, "-c", DETECT, str(certificate)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if "unavailable" in result.stderr:
        pytest.skip(result.stderr.strip())
    assert result.returncode == 0, result.stderr
    assert not listener.told, "a report of use got through"


def test_streamlit_reports_nothing_to_its_maker() -> None:
    from streamlit import config

    assert config.get_option("browser.gatherUsageStats") is False
