"""All of the app, a training and every page are used, and nobody elsewhere hears of it.

What server, children and browser try to reach is recorded call by call. Only Chromium's names are
not: it looks up its maker's for itself, so none is resolved for it (see `CHROMIUM_FLAGS`), and
which ones the pages ask for, it says itself.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import pytest

VISIT = Path(__file__).with_name("visit_everything.py")
ROOT = Path(__file__).parents[2]
# With the filter, processes are held up at these calls alone.
RECORD = ["strace", "--follow-forks", "--seccomp-bpf", "--quiet=all", "--signal=none",
          "--trace=connect,sendto,sendmsg,sendmmsg"]  # fmt: skip
ADDRESS = re.compile(r'htons\((\d+)\)[^"]*(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"')
RESOLVER = re.compile(r'sun_path="[^"]*resolve[^"]*"')
DNS = 53
#: Chromium connects UDP sockets there, for IPv6 and for WebRTC, to learn which address of this
#: computer would be used. Nothing is sent, whatever the page, and no setting stops it.
PROBED = {("8.8.8.8", DNS), ("2001:4860:4860::8888", DNS), ("2001:4860:4860::8888", 443)}


@pytest.fixture(scope="module")
def recorded() -> list[str]:
    """The start of a command that is recorded; skips where none can be."""
    if not shutil.which("strace"):
        pytest.skip("needs strace: sudo apt-get install strace")
    if subprocess.run([*RECORD, "--output=/dev/null", "true"]).returncode:
        pytest.skip("needs strace, which may not watch processes here")
    return RECORD


@pytest.fixture
def nameless(tmp_path: Path) -> list[str]:
    """The start of a command for which no name can be resolved.

    Empty if that needs more rights; attempts to resolve a name are recorded all the same.
    """
    nobody = tmp_path / "resolv.conf"
    nobody.write_text("nameserver 127.0.0.1\n")
    for how in ([], ["--map-root-user"]):
        bind = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
        start = ["unshare", "--mount", *how, "sh", "-c", bind, str(nobody)]
        if shutil.which("unshare") and not subprocess.run([*start, "true"]).returncode:
            return start
    return []


@pytest.mark.timeout(900)
def test_nobody_elsewhere_is_asked(
    chromium_path: str, recorded: list[str], nameless: list[str], tmp_path: Path
) -> None:
    calls = tmp_path / "calls"
    command = [*recorded, f"--output={calls}", *nameless, sys.executable, str(VISIT)]
    with subprocess.Popen(
        [*command, str(tmp_path / "home")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as visit:
        try:
            asked, _ = visit.communicate(timeout=840)
        except subprocess.TimeoutExpired:
            os.killpg(visit.pid, signal.SIGKILL)
            raise
    assert visit.returncode == 0
    pages = [urlsplit(url) for url in asked.splitlines()]
    assert len(pages) > 100
    assert {url.hostname for url in pages if url.scheme not in ("data", "blob")} == {"127.0.0.1"}
    assert attempts(calls) == []


def attempts(calls: Path) -> list[str]:
    """Return what strace wrote of attempts to reach another computer, or to learn its address."""
    own: dict[str, bool] = {}
    found = []
    for line in calls.read_text(errors="replace").splitlines():
        if RESOLVER.search(line):
            found.append(line)
        for port, host in ADDRESS.findall(line):
            here = own.setdefault(host, is_here(host))
            if (not here or int(port) == DNS) and (host, int(port)) not in PROBED:
                found.append(line)
    return found


def is_here(host: str) -> bool:
    """Tell whether `host` is an address of this computer: what is sent there never leaves it.

    Over such addresses browser and app exchange the camera's video.
    """
    family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            return False
    return not ip_address(host).is_multicast
