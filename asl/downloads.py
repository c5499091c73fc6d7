"""A model to take away: one zip that predicts with ONNX Runtime, without this app and PyTorch.

    <model>/           the bundle
    predict.py         a short script
    asl/               the modules of this package that it imports, as they are here
    models/            the hand detector's model, with its licence
    requirements.txt   what to install

The bundle may have the same network as TFLite beside it; see `asl.tflite`. The very code that
answers in the app answers in the zip, and that it does so alike is checked on real pictures before
the zip is handed out.
"""

import json
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from asl.bundle import FILES, ModelBundle
from asl.files import replacing
from asl.hands.networks import MODEL_PATH
from asl.images import load_rgb
from asl.inference.first_answer import require_answer
from asl.inference.pictures.predictor import Predictor

if TYPE_CHECKING:
    from asl.tflite.parity import Checked

_ROOT = Path(__file__).parents[1]
_NEEDED = ("numpy", "pillow", "onnxruntime", "ai-edge-litert")
_SECONDS_TO_ANSWER = 120
#: Probabilities that differ by less are the same for every purpose.
_SAME = 1e-4

#: What the script imports of this package.
_IMPORTS = """\
from asl.bundle import ModelBundle
from asl.images import PictureError, load_rgb
from asl.inference.pictures.predictor import Predictor
"""

#: Prints the files of this package that these imports load.
_LIST_FILES = f"""\
import json, sys
{_IMPORTS}
loaded = [module for name, module in sys.modules.items() if name.split(".")[0] == "asl"]
print(json.dumps([module.__file__ for module in loaded]))
"""

_SCRIPT = '''\
"""Predict the sign in pictures: python predict.py hand.jpg [--labels letters|digits|all]"""

import argparse
import json
from pathlib import Path

{imports}
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


def pack(
    bundle: ModelBundle, pictures: Sequence[Path], file: Path, tflite: "Checked | None" = None
) -> Download:
    """Write the zip, and check on `pictures` that it answers like the app.

    Args:
        tflite: of the bundle, to go with it.

    Raises:
        ParityError: it does not, or it does not run.
        ValueError: there is no picture to check it on, or the model gives no answer.
    """
    if not len(pictures):
        raise ValueError("pictures: at least one is needed to check the download")
    file.parent.mkdir(parents=True, exist_ok=True)
    require_answer(bundle)
    with replacing(file) as fresh:
        _write(bundle, fresh)
        own = _answers_here(bundle, pictures)
        others = _answers_there(fresh, pictures)
        largest = 0.0
        for path, mine, theirs in zip(pictures, own, others, strict=True):
            difference = abs(mine[1] - theirs[1])
            if mine[0] != theirs[0] or difference > _SAME:
                raise ParityError(f"{path.name}: the app says {mine[0]}, the download {theirs[0]}")
            largest = max(largest, difference)
        done = Download(file, len(pictures), largest)
        if tflite is not None:
            _add(bundle, fresh, tflite)
        with zipfile.ZipFile(fresh, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("CHECKED.txt", done.in_words + "\n")
    return done


def pack_model(bundle: ModelBundle, file: Path, tflite: "Checked | None" = None) -> Path:
    """Write the bundle alone as a zip, and return its path.

    Args:
        tflite: of the bundle, to go with it.
    """
    with replacing(file) as fresh:
        bundle.export(fresh)
        if tflite is not None:
            _add(bundle, fresh, tflite)
    return file


def _add(bundle: ModelBundle, file: Path, tflite: "Checked") -> None:
    from asl.tflite.package import add_tflite

    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        add_tflite(archive, bundle, tflite)


def _write(bundle: ModelBundle, file: Path) -> None:
    name = bundle.card.name
    needed = "".join(f"{package}=={version(package)}\n" for package in _NEEDED)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in FILES:
            if (bundle.folder / part).is_file():
                archive.write(bundle.folder / part, f"{name}/{part}")
        for module in _loaded_modules():
            archive.write(module, module.relative_to(_ROOT).as_posix())
        for file_of_hands in sorted(MODEL_PATH.parent.iterdir()):
            archive.write(file_of_hands, f"models/{MODEL_PATH.parent.name}/{file_of_hands.name}")
        archive.write(_ROOT / "LICENSE", "LICENSE")
        archive.writestr("predict.py", _SCRIPT.format(imports=_IMPORTS, name=name))
        archive.writestr("requirements.txt", needed)
        archive.writestr("README.txt", _README.format(name=name))


def _loaded_modules() -> list[Path]:
    """Return the files of this package that the script loads, as a fresh process tells."""
    done = subprocess.run(
        [sys.executable, "-c", _LIST_FILES], cwd=_ROOT, capture_output=True, text=True, check=True
    )
    return sorted(Path(file) for file in json.loads(done.stdout))


def _answers_here(bundle: ModelBundle, pictures: Sequence[Path]) -> list[tuple[str, float]]:
    predictor = Predictor(bundle)
    found = [predictor.predict(load_rgb(path)) for path in pictures]
    return [(answer.label, answer.confidence) for answer in found]


def _answers_there(file: Path, pictures: Sequence[Path]) -> list[tuple[str, float]]:
    """Unpack what was just written, as its users will, and ask its script."""
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
