"""A model to take away: one zip that predicts with ONNX Runtime, without this app and PyTorch.

    <model>/           the bundle
    predict.py         a short script
    asl/               the few modules of this package that it needs, as they are here
    models/            the hand detector's model, with its licence
    requirements.txt   what to install

The very code that answers in the app answers in the zip, and that it does so alike is checked on
real pictures before the zip is handed out.
"""

import ast
import json
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from asl.bundle import FILES, ModelBundle
from asl.hands.networks import MODEL_PATH
from asl.images import load_rgb
from asl.inference.first_answer import require_answer
from asl.inference.predictor import Predictor

_ROOT = Path(__file__).parents[1]
#: What the script imports; what these import is packed too.
_MODULES = ("asl.bundle", "asl.images", "asl.inference.predictor")
_NEEDED = ("numpy", "pillow", "onnxruntime", "ai-edge-litert")
_SECONDS_TO_ANSWER = 120
#: Probabilities that differ by less are the same for every purpose.
_SAME = 1e-4

_SCRIPT = '''\
"""Predict the sign in pictures: python predict.py hand.jpg [--labels letters|digits|all]"""

import argparse
import json
from pathlib import Path

from asl.bundle import ModelBundle
from asl.images import PictureError, load_rgb
from asl.inference.predictor import Predictor

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("pictures", nargs="+")
parser.add_argument("--labels", default="all", choices=["letters", "digits", "all"])
choice = parser.parse_args()

predictor = Predictor(ModelBundle.read(Path(__file__).parent / {name!r}))
if predictor.hands_missing:
    print(json.dumps({{"note": predictor.hands_missing}}))
for path in choice.pictures:
    try:
        answer = predictor.predict(load_rgb(path, name=path), choice.labels)
    except PictureError as error:
        print(json.dumps({{"path": path, "error": error.reason}}))
    else:
        said = {{"label": answer.label, "confidence": answer.confidence}}
        said |= {{"abstained": answer.abstained, "hand": answer.hand is not None}}
        print(json.dumps({{"path": path, **said}}))
'''

_README = """\
{name}: handshapes of American Sign Language, from still pictures

    pip install -r requirements.txt
    python predict.py hand.jpg

Python 3.11 or newer. The networks run on ONNX Runtime alone. The hand is found by MediaPipe's
networks, which run on LiteRT. Without LiteRT the script still answers, from the whole picture,
less well, and says so.

A line a picture: the sign, how sure the model is, whether it would rather say "can't tell"
(abstained), and whether a hand was found. {name}/card.json says what it learned from and how good
it is. ASL is a language; this reads handshapes and does not translate.
"""


class ParityError(RuntimeError):
    """The download does not answer like the app."""


@dataclass(frozen=True)
class Download:
    """A zip that was tried out.

    Attributes:
        file: the zip.
        pictures: how many the zip and the app were both asked about.
        largest_difference: of any confidence, 0 to 1.
    """

    file: Path
    pictures: int
    largest_difference: float

    @property
    def in_words(self) -> str:
        """What was found."""
        return (
            f"{self.pictures} pictures were read by this download and by the app: the same sign "
            f"each time, the confidence differs by {self.largest_difference:.1g} at most."
        )


def pack(bundle: ModelBundle, pictures: Sequence[Path], file: Path) -> Download:
    """Write the zip, and check on `pictures` that it answers like the app.

    Raises:
        ParityError: it does not, or it does not run.
        ValueError: there is no picture to check it on, or the model gives no answer.
    """
    if not len(pictures):
        raise ValueError("pictures: at least one is needed to check the download")
    file.parent.mkdir(parents=True, exist_ok=True)
    require_answer(bundle)
    fresh = file.with_suffix(".new")
    try:
        _write(bundle, fresh)
        own = _answers_here(bundle, pictures)
        others = _answers_there(fresh, pictures)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    largest = 0.0
    for path, mine, theirs in zip(pictures, own, others, strict=True):
        difference = abs(mine[1] - theirs[1])
        if mine[0] != theirs[0] or difference > _SAME:
            raise ParityError(f"{path.name}: the app says {mine[0]}, the download {theirs[0]}")
        largest = max(largest, difference)
    done = Download(file, len(pictures), largest)
    with zipfile.ZipFile(fresh, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("CHECKED.txt", done.in_words + "\n")
    fresh.replace(file)
    return done


def _write(bundle: ModelBundle, file: Path) -> None:
    name = bundle.card.name
    needed = "".join(f"{package}=={version(package)}\n" for package in _NEEDED)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in FILES:
            if (bundle.folder / part).is_file():
                archive.write(bundle.folder / part, f"{name}/{part}")
        for module in _needed_modules():
            archive.write(module, module.relative_to(_ROOT).as_posix())
        for part in sorted(MODEL_PATH.parent.iterdir()):
            archive.write(part, f"models/{MODEL_PATH.parent.name}/{part.name}")
        archive.write(_ROOT / "LICENSE", "LICENSE")
        archive.writestr("predict.py", _SCRIPT.format(name=name))
        archive.writestr("requirements.txt", needed)
        archive.writestr("README.txt", _README.format(name=name))


def _needed_modules() -> list[Path]:
    """Return the files of `_MODULES` and of all modules of this package that they need."""
    found: set[Path] = set()
    waiting = [_ROOT.joinpath(*name.split(".")) for name in _MODULES]
    while waiting:
        place = waiting.pop()
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if file in found or not file.is_file():
            continue
        found.add(file)
        if place != _ROOT / "asl":
            waiting.append(place.parent)
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("asl"):
                module = _ROOT.joinpath(*node.module.split("."))
                waiting += [module, *(module / alias.name for alias in node.names)]
    return sorted(found)


def _answers_here(bundle: ModelBundle, pictures: Sequence[Path]) -> list[tuple[str, float]]:
    predictor = Predictor(bundle)
    found = [predictor.predict(load_rgb(path)) for path in pictures]
    return [(answer.label, answer.confidence) for answer in found]


def _answers_there(file: Path, pictures: Sequence[Path]) -> list[tuple[str, float]]:
    """Unpack what was just written, as whoever takes it does, and ask its script."""
    with TemporaryDirectory() as folder:
        home = Path(folder).resolve()
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                (home / name).parent.mkdir(parents=True, exist_ok=True)
                (home / name).write_bytes(archive.read(name))
        try:
            done = subprocess.run(
                [sys.executable, str(home / "predict.py"), *map(str, map(Path.resolve, pictures))],
                cwd=home,
                capture_output=True,
                text=True,
                timeout=_SECONDS_TO_ANSWER,
                check=True,
            )
        except subprocess.TimeoutExpired:
            raise ParityError(f"predict.py: no answer in {_SECONDS_TO_ANSWER} s") from None
        except subprocess.CalledProcessError as error:
            last = error.stderr.strip().splitlines()[-1:] or ["no reason given"]
            raise ParityError(f"predict.py: ended with an error: {last[0]}") from error
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return [(one["label"], one["confidence"]) for one in said if "label" in one]
