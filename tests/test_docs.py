"""The documents tell of what is there, and their Python runs."""

from __future__ import annotations

import importlib
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer

from asl.cli.main import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("models/**/*.md")])
#: Tells of names of before as well.
CHANGELOG = ROOT / "CHANGELOG.md"
PRESENT = [page for page in PAGES if page != CHANGELOG]

FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
#: What stands first in the name of a file or folder of the repository.
PLACES = ("asl/", "benchmarks/", "docs/", "models/", "pages/", "scripts/", "tests/", ".ci/")
FILE = re.compile(r"[\w.-]+\.(py|md|toml|txt|yaml|sh)|Makefile|LICENSE")
MODULE = re.compile(r"(asl|benchmarks)(\.\w+)+")
RUN = re.compile(r"(?:python3?|torchrun .*) -m ((?:asl|benchmarks)[\w.]*)")
COMMAND = re.compile(r"(?:^|`)asl ([a-z][a-z-]*)((?: [^`#\n\\]*)?)", re.MULTILINE)
TARGET = re.compile(r"(?:^|`)make ([a-z][a-z-]*)", re.MULTILINE)
#: Made by users, by the app for them, or by the tests themselves.
MADE = {"asl-job.sh", "labels.txt", "tests/browser/screenshots/"}


def shown(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        place, _, anchor = link.partition("#")
        if place.startswith(("https:", "http:", "mailto:")):
            continue
        target = page.parent / place if place else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PRESENT, ids=shown)
def test_files_and_modules_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name in {*CODE.findall(FENCED.sub("", text))} - MADE:
        if name.startswith(PLACES) and not re.search(r"[<*… ]", name):
            assert (ROOT / name).exists(), name
        elif FILE.fullmatch(name):
            assert (ROOT / name).exists() or (page.parent / name).exists(), name
        elif MODULE.fullmatch(name):
            assert resolves(name), name
    for name in RUN.findall(text):
        assert find_spec(name) is not None, name


@pytest.mark.parametrize("page", PRESENT, ids=shown)
def test_commands_and_their_options_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    commands = typer.main.get_command(app).commands
    for name, rest in COMMAND.findall(text):
        options = {option for one in commands[name].params for option in one.opts}
        assert {*re.findall(r"(?<!\S)--[a-z-]+", rest)} <= options | {"--help"}, f"asl {name}{rest}"
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in TARGET.findall(text):
        assert f"\n{target}:" in makefile, target


def resolves(name: str) -> bool:
    """Whether a dotted name is a module or something in one."""
    module, rest = name, []
    while module:
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError:
            module, _, last = module.rpartition(".")
            rest.insert(0, last)
            continue
        for part in rest:
            found = getattr(found, part, None)
        return found is not None
    return False


def test_the_python_of_the_documents_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_picture, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    make_picture(size=(120, 160)).save("hand.jpg")
    for label in "ABC":
        (tmp_path / "pictures" / label).mkdir(parents=True)
        for number in range(18):
            person = ("anna", "ben", "carla", "dora", "emil", "fred")[number % 6]
            file = tmp_path / "pictures" / label / f"{person}_{number}.png"
            make_picture(seed=ord(label) * 100 + number, size=(48, 48)).save(file)
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    blocks = [code for language, code in FENCED.findall(page) if language == "python"]
    assert len(blocks) == 3
    names: dict[str, object] = {}
    for number, code in enumerate(blocks):
        exec(compile(code, f"docs/python.md, block {number + 1}", "exec"), names)
    assert "pictures, range" in capsys.readouterr().out
    assert names["bundle"].folder == Path("my-signs")
