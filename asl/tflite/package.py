"""A model's TFLite file in the zip that its user takes away, and how it is read there."""

import zipfile

from asl.bundle import ModelBundle
from asl.inference.runner import noise
from asl.tflite.labels import LABELS, MEANINGS
from asl.tflite.parity import Checked

TFLITE, ABOUT = "model.tflite", "TFLITE.txt"

_ABOUT = """\
{file}: the network of {name} for LiteRT (TensorFlow Lite), on phones and other small computers

{checked}

It reads one example at a time. Its inputs and outputs have the names that they have in model.onnx:

{inputs}

"logits" has a number for each sign; the softmax of all are the probabilities.{frames}

The signs are inside of the file, one a line, in the order of the logits: unzip {file} {labels}
In Python, after pip install ai-edge-litert:

    import zipfile
    from ai_edge_litert.interpreter import Interpreter

    with zipfile.ZipFile("{file}") as inside:
        signs = inside.read("{labels}").decode().splitlines()
    ask = Interpreter(model_path="{file}").get_signature_runner()
    logits = ask({arguments})["logits"][0]
    print(signs[logits.argmax()])
"""

_FRAMES = """

Every sequence has {frames} frames, since card.json says under "inputs" that the app brings it to
these; a shorter one is filled up with frames of NaN at its end. Sequences of other lengths cannot
be read as TFLite; model.onnx reads any."""


def add_tflite(archive: zipfile.ZipFile, bundle: ModelBundle, checked: Checked) -> None:
    """Put a TFLite file beside the ONNX file in a zip, and how it is read."""
    name = bundle.card.name
    archive.writestr(f"{name}/{TFLITE}", checked.content)
    archive.writestr(f"{name}/{ABOUT}", _about(bundle, checked))


def _about(bundle: ModelBundle, checked: Checked) -> str:
    feed, sequence = noise(bundle.card), bundle.card.sequence
    inputs = "\n".join(
        f"    {name}: {rows.dtype} {list(rows.shape)}. {MEANINGS[name]}"
        for name, rows in feed.items()
    )
    return _ABOUT.format(
        file=TFLITE,
        labels=LABELS,
        name=bundle.card.name,
        checked=checked.in_words,
        inputs=inputs,
        frames=_FRAMES.format(frames=sequence.frames) if sequence else "",
        arguments=", ".join(f"{name}={name}" for name in feed),
    )
