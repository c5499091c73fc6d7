"""Fixtures for tests of what strangers may try."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def on_small_disk(tmp_path: Path, pytestconfig: pytest.Config) -> Callable[[str, int], str]:
    """``on_small_disk(script, megabytes)``: what a script writes to standard output.

    It runs in the test's folder, whose `small` is a disk of its own. Skips where users may make
    none.
    """

    def run(script: str, megabytes: int) -> str:
        (tmp_path / "small").mkdir()
        (tmp_path / "run.py").write_text(script)
        mount = f"mount -t tmpfs -o size={megabytes}m none small"
        unshare = ["unshare", "-Urm", "sh", "-c"]
        if (
            not shutil.which("unshare")
            or subprocess.run([*unshare, mount], cwd=tmp_path, capture_output=True).returncode
        ):
            pytest.skip("needs the right to mount a small disk")
        return subprocess.run(
            [*unshare, f"{mount} && {sys.executable} run.py"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(pytestconfig.rootpath)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    return run
