"""Checks the `asl` of an environment: it is installed there, whole, and answers a picture.

Run by scripts/check-wheel.sh, in an environment that has the wheel and not the checkout.
"""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from PIL import Image

import asl

CHECKOUT = Path(__file__).resolve().parents[1]
PACKAGE = Path(asl.__file__).parent


def main() -> None:
    """Check, and say what was found."""
    if not PACKAGE.is_relative_to(sys.prefix):
        sys.exit(f"asl comes from {PACKAGE}, not from {sys.prefix}")
    left_out = [
        *missing(CHECKOUT / "asl", PACKAGE),
        *missing(CHECKOUT / "models", PACKAGE / "models"),
    ]
    if left_out:
        sys.exit(f"the wheel lacks {', '.join(left_out)}; see package-data in pyproject.toml")
    check_what_is_read()
    label, confidence = answer()
    print(f"asl-workbench {version('asl-workbench')} from a wheel: {label}, {confidence:.0%}")


def missing(source: Path, installed: Path) -> list[str]:
    """Return the files of `source` that are not in `installed`."""
    files = [path.relative_to(source) for path in source.rglob("*") if path.is_file()]
    return [
        f"{source.name}/{file.as_posix()}"
        for file in sorted(files)
        if "__pycache__" not in file.parts and not (installed / file).is_file()
    ]


def check_what_is_read() -> None:
    """Read words, configurations and networks as the package does."""
    from asl.bundle import find_bundle
    from asl.data.names import kind_of_name
    from asl.inference.pictures.predictor import Predictor
    from asl.inference.words import common_words
    from asl.training.config import TrainConfig

    if not common_words() or kind_of_name("hello") != "sign":
        sys.exit("the lists of words are not read")
    for file in PACKAGE.glob("training/configs/*.toml"):
        TrainConfig.read(file)
    bundle = find_bundle()
    if PACKAGE not in bundle.folder.parents:
        sys.exit(f"the bundled model is read from {bundle.folder}")
    if reason := Predictor(bundle).hands_missing:
        sys.exit(reason)


def answer() -> tuple[str, float]:
    """Return what `asl predict` says of a picture without a hand."""
    Image.new("RGB", (64, 48), "grey").save("grey.png")
    command = [str(Path(sys.prefix, "bin", "asl")), "predict", "grey.png", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"asl predict ended with {done.returncode}: {done.stderr or done.stdout}")
    said = json.loads(done.stdout)
    return said["label"], said["confidence"]


if __name__ == "__main__":
    main()
