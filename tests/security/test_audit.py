"""No package that is installed here has a known weakness."""

import json
import subprocess
import sys

import pytest
import streamlit


def audit(*options: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "pip_audit", "--progress-spinner", "off", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def test_no_package_has_a_known_weakness(tmp_path):
    pytest.importorskip("pip_audit", reason="the audit needs pip-audit: make test installs it")
    one = tmp_path / "one.txt"
    one.write_text(f"streamlit=={streamlit.__version__}\n")
    # Strict, it fails where its database knows nothing of a package, or cannot be had.
    tried = audit("--strict", "--disable-pip", "--no-deps", "-r", str(one), "--format", "json")
    if not tried.stdout.strip():
        pytest.skip(f"pip-audit's database cannot be had: {tried.stderr.strip()[-200:]}")
    found = json.loads(audit("--skip-editable", "--format", "json").stdout)
    known = [
        f"{package['name']} {package['version']}: {weakness['id']}"
        for package in found["dependencies"]
        for weakness in package.get("vulns", ())
    ]
    assert not known
