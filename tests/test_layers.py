"""The rules of the house that no single module can hold by itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# From the top; a floor imports itself and what lies below it. `asl` alone is the package's
# __init__, which must stay light because every other import runs it.
FLOORS = (
    ("streamlit_app",),
    ("pages", "asl.cli"),
    ("asl.ui",),
    ("asl.runs",),
    ("asl.training",),
    # Above evaluation, since what is drawn are its scores.
    ("asl.figures",),
    ("asl.evaluation", "asl.downloads", "asl.tflite", "asl.bringing"),
    ("asl.inference",),
    # Sequences are read from films, and landmarks have the layout of sequences.
    ("asl.data", "asl.body"),
    ("asl.nets", "asl.bundle", "asl.card"),
    (
        "asl.hands",
        "asl.decoding",
        "asl.apart",
        "asl.quota",
        "asl.card_inputs",
        "asl.card_fields",
    ),
    ("asl.images", "asl.videos", "asl.processes"),
    ("asl.codecs", "asl.files", "asl.labels", "asl.workspace", "asl.examples"),
    ("asl",),
)

SOURCES = sorted(
    [*ROOT.glob("asl/**/*.py"), *ROOT.glob("pages/*.py"), *ROOT.glob("streamlit_app.py")]
)
CODE = sorted([*SOURCES, *ROOT.glob("benchmarks/**/*.py")])


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path) for path in SOURCES}
DOTTED = re.compile(r"asl(\.\w+)+(\.|:\w+)?")


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file, or names in a string.

    Processes are started by the name of their module, and networks are found by theirs.
    """
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*above, node.module] if node.module else above)
            for alias in node.names:
                inner = f"{source}.{alias.name}"
                yield inner if inner in MODULES else source
        elif isinstance(node, ast.Constant) and DOTTED.fullmatch(str(node.value)):
            yield node.value.partition(":")[0].rstrip(".")


def floor(module: str) -> int | None:
    for number, names in enumerate(FLOORS):
        if any(
            module == name or (name != "asl" and module.startswith(f"{name}.")) for name in names
        ):
            return number
    return None


def parametrize(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=relative)


@parametrize(SOURCES)
def test_imports_run_downwards(path: Path) -> None:
    own = floor(module_name(path))
    assert own is not None, "give this module a floor in FLOORS"
    for imported in imports(path):
        assert imported.split(".")[0] != "benchmarks", "what is measured does not know by what"
        if imported.split(".")[0] in ("asl", "pages", "streamlit_app"):
            assert floor(imported) is not None, f"{imported} has no floor"
            assert floor(imported) >= own, f"imports {imported} from a floor above"


@parametrize(SOURCES)
def test_only_pages_and_ui_know_streamlit(path: Path) -> None:
    if relative(path).startswith(("streamlit_app.py", "pages/", "asl/ui/")):
        return
    roots = {imported.split(".")[0] for imported in imports(path)}
    assert not roots & {"streamlit", "streamlit_webrtc"}


@pytest.mark.parametrize("module", sorted(name for name in MODULES if "inference" in name))
def test_prediction_stays_light(module: str) -> None:
    script = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"torch", "torchvision", "mlflow", "streamlit"} & set(loaded)


@parametrize(CODE)
def test_nothing_runs_or_trusts_what_users_bring(path: Path) -> None:
    modules = {imported.split(".")[0] for imported in imports(path)}
    assert not modules & {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}

    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"extractall", "read_pickle", "to_pickle"}, (
                f"line {node.lineno}"
            )
        if isinstance(node, ast.Call):
            options = {word.arg: ast.unparse(word.value) for word in node.keywords}
            assert "unsafe_allow_html" not in options, f"line {node.lineno}"
            assert options.get("allow_pickle", "False") == "False", f"line {node.lineno}"
            if ast.unparse(node.func) == "torch.load":
                assert options.get("weights_only") == "True", f"line {node.lineno}"


#: Scripts of MediaPipe's own, which know of folders that are none of a computer's.
OTHERS = ROOT / "asl" / "ui" / "hand_camera" / "mediapipe"


def tracked_texts() -> list[Path]:
    """The files that git tracks, as far as they are text."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:8192]]


def test_no_file_knows_where_a_developer_keeps_things() -> None:
    texts = tracked_texts()
    if not texts:
        pytest.skip("needs a git checkout")
    places = [re.escape(str(ROOT)), r"/home/\w", r"/Users/\w", r"/root/", r'File "/']
    pattern = re.compile(rf"(?<![\w.:/-])({'|'.join(places)})")
    found = [
        f"{relative(path)}:{number}: {line.strip()[:80]}"
        for path in texts
        if path != Path(__file__) and path.parent != OTHERS
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, "\n".join(found)
