"""The house stays one in which things are found: small modules, small folders, no circles."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "asl"
MOST_LINES, MOST_MODULES = 320, 14

FILES = sorted(PACKAGE.rglob("*.py"))
FOLDERS = sorted({file.parent for file in FILES})


def name_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(file): file for file in FILES}


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports_at_once(file: Path) -> set[str]:
    """The modules of `asl` that are imported as soon as this one is."""
    found = set()
    for node in top_level(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{shown(file)}: imports name their module in full"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            # A package that only leads to its modules is not what is needed of it.
            found |= inner if inner <= MODULES.keys() else {node.module, *inner}
    return found & MODULES.keys()


def top_level(tree: ast.Module) -> Iterator[ast.stmt]:
    """Statements that run when a module is imported; not those for type checkers alone."""
    waiting: list[ast.stmt] = [*tree.body]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.ClassDef):
            inner = [*node.body, *getattr(node, "orelse", ()), *getattr(node, "finalbody", ())]
            inner += [one for handler in getattr(node, "handlers", ()) for one in handler.body]
            waiting += inner


@pytest.mark.parametrize("file", FILES, ids=shown)
def test_a_module_is_no_longer_than_a_reader_can_hold(file: Path) -> None:
    lines = file.read_bytes().count(b"\n")
    assert lines <= MOST_LINES


@pytest.mark.parametrize("folder", FOLDERS, ids=shown)
def test_a_folder_has_few_modules(folder: Path) -> None:
    modules = [file.name for file in folder.glob("*.py") if file.name != "__init__.py"]
    assert len(modules) <= MOST_MODULES


def test_no_modules_import_each_other_in_a_circle() -> None:
    needs = {name: imports_at_once(file) - {name} for name, file in MODULES.items()}
    while free := {name for name, others in needs.items() if not others}:
        needs = {name: others - free for name, others in needs.items() if name not in free}
    # What is left is in a circle, or needs what is.
    assert not needs, "\n".join(
        f"{name} -> {', '.join(sorted(others))}" for name, others in sorted(needs.items())
    )


@pytest.mark.parametrize("file", sorted((PACKAGE / "training").rglob("*.py")), ids=shown)
def test_training_knows_nothing_of_the_pages(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_bytes())):
        named = [alias.name for alias in getattr(node, "names", ()) if isinstance(alias, ast.alias)]
        named += [getattr(node, "module", "") or ""]
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            named.append(node.value)
        assert not [name for name in named if name.startswith(("asl.ui", "streamlit"))]
