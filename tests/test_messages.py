"""Messages name only options that there are."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from click import Command

import asl
from asl.cli.main import app

PACKAGE = Path(asl.__file__).parent
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
#: Files whose text is another program's: a script of its own, style sheets.
OTHERS = {
    "downloads.py": "",
    "ui/components/film_recorder.py": r"var\(--|--st-",
    "ui/live/browser.py": r"var\(--|--st-",
}


def options() -> set[str]:
    """Return every option of every command of `asl`."""

    def of(command: Command) -> Iterator[str]:
        for parameter in command.params:
            yield from (*parameter.opts, *parameter.secondary_opts)
        for below in getattr(command, "commands", {}).values():
            yield from of(below)

    return {*of(typer.main.get_command(app)), "--help"}


def texts(file: Path) -> Iterator[str]:
    """Yield the string constants of a module, without documentation."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    said = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


FILES = sorted(PACKAGE.rglob("*.py"))
PAGES = sorted([*(PACKAGE / "ui").rglob("*.py"), *(PACKAGE.parent / "pages").glob("*.py")])


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_options_that_are_named_exist(file):
    other = OTHERS.get(str(file.relative_to(PACKAGE)))
    known = options()
    for text in texts(file):
        if other is None or not re.search(other, text):
            assert set(OPTION.findall(text)) <= known, text


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_pages_name_no_options_of_the_command_line(file):
    for text in texts(file):
        if not re.search(r"var\(--|--st-", text):
            assert not OPTION.findall(text), text


def test_an_option_that_is_not_there_is_noticed(tmp_path):
    (tmp_path / "x.py").write_text('"""--documented"""\nraise ValueError(f"choose --nothing {1}")')
    [text, *_] = [one for one in texts(tmp_path / "x.py") if OPTION.search(one)]
    assert OPTION.findall(text) == ["--nothing"] and "--nothing" not in options()
