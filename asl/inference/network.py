"""The ONNX file of a bundle: loaded, held to what the card says of it, and run."""

import numpy as np
import onnxruntime

from asl.bundle import ONNX, BundleError, ModelBundle, ModelCard

#: ONNX outputs of the two networks that the answer is fused from.
EYES = {"picture": "picture_logits", "landmarks": "landmark_logits"}
#: Outputs with one number for each sign.
_LOGITS = ("logits", *EYES.values())
#: Values beyond this are no answers; their sums would soon be no numbers.
_LARGEST = 1e30
_MOST_OUTPUTS = 32
_MOST_REASON = 300


class NoAnswer(BundleError):
    """The network gave no usable numbers for a picture; for others it may."""


class Network:
    """A bundle's network. May be shared between threads.

    Raises:
        BundleError: the ONNX file is broken or is not what the card says.
    """

    def __init__(self, bundle: ModelBundle, threads: int = 1):
        self._folder, self._classes = bundle.folder, len(bundle.card.labels)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(
                str(bundle.folder / ONNX), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime raises its own types, none of them public
            raise self._fault(f"cannot be loaded ({brief(error)})") from error
        self._check_inputs(bundle.card)
        self._check_outputs()
        self._outputs = [output.name for output in self._session.get_outputs()]

    def run(self, feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the outputs by name for N rows of inputs by name; all their numbers are finite.

        Raises:
            NoAnswer: an output has other shapes than the card says, or values that are no numbers;
                or the network cannot be run on these inputs.
        """
        try:
            values = self._session.run(None, feed)
        except Exception as error:  # as above
            raise self._fault(f"cannot be run ({brief(error)})", NoAnswer) from error
        outputs = dict(zip(self._outputs, values, strict=True))
        rows = max(map(len, feed.values()))
        for name, value in outputs.items():
            if name in _LOGITS and value.shape != (rows, self._classes):
                shape = f"{value.shape}, and not ({rows}, {self._classes})"
                raise self._fault(f"its output {name!r} has the shape {shape}", NoAnswer)
            if not value.ndim or len(value) != rows:
                raise self._fault(f"its output {name!r} has no row for each picture", NoAnswer)
            if not usable(value):
                reason = f"its output {name!r} holds values that are no usable numbers"
                raise self._fault(reason, NoAnswer)
        return outputs

    def _check_inputs(self, card: ModelCard) -> None:
        side = card.picture.size if card.picture else 0
        wanted = {
            "picture": ("tensor(uint8)", [side, side, 3]),
            "landmarks": ("tensor(float)", [21, 3]),
            "found": ("tensor(float)", []),
        }
        inputs = {entry.name: entry for entry in self._session.get_inputs()}
        if set(inputs) != set(card.inputs):
            raise self._fault("and the card disagree on the inputs")
        for name, entry in inputs.items():
            kind, shape = wanted[name]
            rows, *rest = entry.shape or [0]
            # Sizes that are no numbers are left open.
            fits = len(rest) == len(shape) and not isinstance(rows, int)
            fits &= all(not isinstance(a, int) or a == b for a, b in zip(rest, shape, strict=False))
            if entry.type != kind or not fits:
                raise self._fault(
                    f"its input {name!r} is {entry.type} of shape {entry.shape}, and not {kind} "
                    f"of shape {['N', *shape]}"
                )

    def _check_outputs(self) -> None:
        outputs = {entry.name: entry for entry in self._session.get_outputs()}
        if "logits" not in outputs or len(outputs) > _MOST_OUTPUTS:
            raise self._fault(f"has no output 'logits', or more than {_MOST_OUTPUTS} outputs")
        for name, entry in outputs.items():
            if entry.type not in ("tensor(float)", "tensor(double)", "tensor(float16)"):
                raise self._fault(f"its output {name!r} holds no numbers but {entry.type}")
            classes = entry.shape[-1] if entry.shape else None
            if name in _LOGITS and isinstance(classes, int) and classes != self._classes:
                raise self._fault(
                    f"knows {classes} signs, the card {self._classes} (output {name!r})"
                )

    def _fault(self, reason: str, kind: type[BundleError] = BundleError) -> BundleError:
        return kind(f"{self._folder}: {ONNX} {reason}")


def noise(card: ModelCard, rows: int = 1) -> dict[str, np.ndarray]:
    """Return inputs by name that show nothing; a hand is found in the first row alone."""
    random = np.random.default_rng(0)
    found = np.arange(rows) == 0
    feed = {
        "landmarks": random.normal(size=(rows, 21, 3)) * found[:, None, None],
        "found": found,
    }
    feed = {name: value.astype(np.float32) for name, value in feed.items()}
    if card.picture is not None:
        side = card.picture.size
        feed["picture"] = random.integers(0, 256, (rows, side, side, 3), np.uint8)
    return {name: feed[name] for name in card.inputs}


def usable(values: np.ndarray) -> bool:
    """Return whether all values are numbers that can be reckoned with."""
    return bool((np.abs(values) < _LARGEST).all())  # NaN is not


def brief(error: Exception) -> str:
    """Return what an error of ONNX Runtime says, which may quote any part of a file, in a line."""
    said = " ".join("".join(c if c.isprintable() else " " for c in str(error)).split())
    return said if len(said) <= _MOST_REASON else f"{said[:_MOST_REASON]}…"
