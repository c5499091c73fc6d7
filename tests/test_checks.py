"""CI, pre-commit and the Makefile check the same, and what is installed can run the checks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]


def hooks() -> dict[str, dict]:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    return {hook["id"]: hook for one in config["repos"] for hook in one["hooks"]}


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_pre_commit_checks_what_ci_checks() -> None:
    loop = re.search(r"for check in (.+); do", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    assert loop is not None
    checks = loop[1].split()
    assert {hook["entry"] for hook in hooks().values()} == {f"make {check}" for check in checks}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [check for check in checks if f"\n{check}:" not in makefile] == []


def test_pre_commit_reads_its_configuration() -> None:
    pytest.importorskip("pre_commit")
    command = [sys.executable, "-m", "pre_commit", "validate-config", ".pre-commit-config.yaml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("failing", ["", "lint", "wheel", "test", "lint test"])
def test_ci_tries_every_check_and_fails_if_one_did(tmp_path: Path, failing: str) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    make = tmp_path / "make"
    make.write_text(
        f'#!/bin/sh\necho "$1" >> done\ncase " {failing} " in *" $1 "*) exit 2;; esac\n'
    )
    make.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", str(tmp_path / ".ci" / "run")]
    done = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True)
    assert (tmp_path / "done").read_text().split() == ["lint", "wheel", "test"]
    assert done.returncode == bool(failing)
    assert not failing or done.stdout.endswith(f"failed: {failing}\n")


def test_the_changelog_knows_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "version"
    ]
    changes = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert changes[0] == version


def test_what_builds_the_wheel_is_pinned() -> None:
    pinned = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    needed = project()["build-system"]["requires"]
    for name in ("build", *(re.split(r"[><=]", one)[0] for one in needed)):
        assert re.search(rf"^{name}==", pinned, re.MULTILINE), name
