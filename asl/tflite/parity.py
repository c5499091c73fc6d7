"""Whether a TFLite file answers like the ONNX file that it was made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asl.bundle import ModelBundle
from asl.data.sequences.preparation import padded
from asl.images import load_rgb
from asl.inference.decision import softmax
from asl.inference.first_answer import require_answer
from asl.inference.pictures.predictor import Predictor
from asl.inference.runner import ModelRunner, brief, noise
from asl.inference.sequences.lexicon import read_lexicon
from asl.inference.sequences.predictor import WordPredictor
from asl.tflite.convert import to_tflite
from asl.tflite.translation import TFLiteError

#: Probabilities may differ by so much, as those of ONNX may from PyTorch's.
LARGEST_DIFFERENCE = 1e-3
#: Examples on which answers are compared.
EXAMPLES = 128
#: Of the noise around typical joints, and the share of examples in which a hand was found.
_JITTER, _FOUND = 0.05, 0.75


@dataclass(frozen=True)
class Checked:
    """A TFLite file that was compared.

    Attributes:
        content: of the file.
        examples: that both files were shown.
        shown: what these were, in words.
        largest_difference: of any probability, 0 to 1.
    """

    content: bytes
    examples: int
    shown: str
    largest_difference: float

    @property
    def in_words(self) -> str:
        """What was found."""
        return (
            f"{self.examples} {self.shown} were read by model.tflite and by model.onnx: "
            f"probabilities differ by {self.largest_difference:.1g} at most."
        )


def checked_tflite(bundle: ModelBundle, pictures: Sequence[Path] = ()) -> Checked:
    """Make a TFLite file of a bundle, and compare its answers with those of ONNX Runtime.

    Args:
        pictures: on which it is done. Without any, typical joints of hands and examples of words
            are taken, as far as the bundle has them, and noise for the rest.

    Raises:
        TFLiteError: it answers otherwise, or cannot be made; see `to_tflite`.
        BundleError: the bundle itself gives no answers.
        PictureError: a picture cannot be read.
    """
    require_answer(bundle)
    content = to_tflite(bundle)
    feed, shown = (_of_pictures(bundle, pictures), "pictures") if pictures else _own(bundle)
    difference = largest_difference(bundle, content, feed)
    if not difference <= LARGEST_DIFFERENCE:  # nor is NaN
        raise TFLiteError(f"model.tflite: probabilities differ from ONNX's by {difference:.2g}")
    return Checked(content, len(next(iter(feed.values()))), shown, difference)


def largest_difference(
    bundle: ModelBundle, content: bytes, feed: Mapping[str, np.ndarray]
) -> float:
    """Return the largest difference of any probability between a TFLite file and the bundle's ONNX.

    Args:
        feed: inputs by name, a row for each example.

    Raises:
        TFLiteError: LiteRT cannot run it.
        NoAnswer: ONNX Runtime cannot.
    """
    from ai_edge_litert.interpreter import Interpreter

    expected = softmax(ModelRunner(bundle).run(feed, ["logits"])["logits"])
    try:
        run = Interpreter(model_content=content).get_signature_runner()
        said = [
            run(**{name: rows[number : number + 1] for name, rows in feed.items()})["logits"][0]
            for number in range(len(expected))
        ]
    except (RuntimeError, ValueError) as error:
        raise TFLiteError(f"model.tflite: LiteRT cannot run it ({brief(error)})") from error
    return float(np.abs(softmax(np.array(said)) - expected).max())


def _of_pictures(bundle: ModelBundle, pictures: Sequence[Path]) -> dict[str, np.ndarray]:
    """Return inputs by name, as the app makes them of pictures."""
    predictor, feeds = Predictor(bundle), []
    for path in pictures:
        rgb = load_rgb(path)
        feeds.append(predictor.feed(rgb, predictor.find_hand(rgb)))
    return {name: np.concatenate([one[name] for one in feeds]) for name in bundle.card.input_names}


def _own(bundle: ModelBundle) -> tuple[dict[str, np.ndarray], str]:
    """Return inputs by name of what the bundle brings with it, and what they are in words."""
    card, random = bundle.card, np.random.default_rng(0)
    feed = noise(card, EXAMPLES)
    if "sequence" in feed and (examples := read_lexicon(bundle)):
        predictor = WordPredictor(bundle)
        some = list(examples.values())
        some = some[:: max(1, len(some) // EXAMPLES)][:EXAMPLES]
        shown = padded([predictor.feed(example.points) for example in some])
        return {"sequence": _of_length(shown, feed["sequence"].shape[1])}, "examples of words"
    if "found" in feed:
        feed["found"] = (random.random(EXAMPLES) < _FOUND).astype(np.float32)
    if "landmarks" in feed and card.handshapes:
        typical = np.array(list(card.handshapes.values()), np.float32)
        rows = typical[np.arange(EXAMPLES) % len(typical)]
        feed["landmarks"] = rows + random.normal(0, _JITTER, rows.shape).astype(np.float32)
        return feed, "typical hands" if card.picture is None else "typical hands on noise"
    return feed, "examples of noise"


def _of_length(sequences: np.ndarray, frames: int) -> np.ndarray:
    """Return (N, frames, features) sequences, with NaN behind those that are shorter."""
    missing = ((0, 0), (0, frames - sequences.shape[1]), (0, 0))
    return np.pad(sequences, missing, constant_values=np.nan)
