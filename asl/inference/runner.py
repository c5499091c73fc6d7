"""ONNX files: opened, held to what the card says of them, and run by the names of their inputs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from asl.bundle import ONNX, BundleError, ModelBundle
from asl.card import ModelCard

#: ONNX outputs of the two networks that the answer is fused from.
NETWORK_LOGITS = {"picture": "picture_logits", "landmarks": "landmark_logits"}
#: Outputs with one number for each sign.
_LOGITS = ("logits", *NETWORK_LOGITS.values())
#: Values beyond this are no answers; their sums would soon be no numbers.
_LARGEST = 1e30
_MOST_OUTPUTS = 32
_MOST_REASON = 300


class NoAnswer(BundleError):
    """The network gave no usable numbers for a picture; for others it may."""


def open_session(source: Path | bytes, threads: int = 0) -> onnxruntime.InferenceSession:
    """Open an ONNX file for the processor, with ONNX Runtime.

    Args:
        source: the file, or its content.
        threads: that one operator may use; 0 for one on each core.

    Raises:
        Exception: the file is broken; ONNX Runtime's own types, none of them public.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        source if isinstance(source, bytes) else str(source),
        options,
        providers=["CPUExecutionProvider"],
    )


class GraphRunner:
    """A graph that is run by the names of its inputs. May be shared between threads.

    Args:
        source: an ONNX file, or its content.
        threads: see `open_session`.
        name: of the file, for messages.

    Raises:
        BundleError: it cannot be loaded.
    """

    def __init__(self, source: Path | bytes, threads: int = 1, name: str = ONNX) -> None:
        self._name = name
        try:
            self._session = open_session(source, threads)
        except Exception as error:  # see `open_session`
            raise self._fault(f"cannot be loaded ({brief(error)})") from error
        self.input_names = tuple(entry.name for entry in self._session.get_inputs())
        self.output_names = tuple(entry.name for entry in self._session.get_outputs())

    def run(
        self, feed: Mapping[str, np.ndarray], outputs: Sequence[str] | None = None
    ) -> dict[str, np.ndarray]:
        """Return the outputs by name, all their numbers finite.

        Args:
            feed: inputs by name, at least those of the graph; others are left aside.
            outputs: those that are wanted; all by default.

        Raises:
            NoAnswer: an output has values that are no numbers, or the graph cannot be run on
                these inputs.
        """
        names = self.output_names if outputs is None else tuple(outputs)
        try:
            values = self._session.run(names, {name: feed[name] for name in self.input_names})
        except Exception as error:  # see `open_session`
            raise self._fault(f"cannot be run ({brief(error)})", NoAnswer) from error
        found = dict(zip(names, values, strict=True))
        for name, value in found.items():
            self._check_values(name, value, feed)
        return found

    def _check_values(self, name: str, value: np.ndarray, feed: Mapping[str, np.ndarray]) -> None:
        """Refuse an output that cannot be used.

        Raises:
            NoAnswer: it holds values that are no numbers.
        """
        if not (np.abs(value) < _LARGEST).all():  # nor is NaN
            reason = f"its output {name!r} holds values that are no usable numbers"
            raise self._fault(reason, NoAnswer)

    def _fault(self, reason: str, kind: type[BundleError] = BundleError) -> BundleError:
        return kind(f"{self._name} {reason}")


class ModelRunner(GraphRunner):
    """A bundle's network, held to what its card says. May be shared between threads.

    Its outputs have a row for each row of the inputs, and logits a column for each label.

    Raises:
        BundleError: the ONNX file is broken or is not what the card says. `run` also raises
            `NoAnswer` where an output has other shapes.
    """

    def __init__(self, bundle: ModelBundle, threads: int = 1) -> None:
        self._classes = len(bundle.card.labels)
        super().__init__(bundle.folder / ONNX, threads, f"{bundle.folder}: {ONNX}")
        self._check_inputs(bundle.card)
        self._check_outputs()

    def _check_values(self, name: str, value: np.ndarray, feed: Mapping[str, np.ndarray]) -> None:
        rows = max(len(feed[one]) for one in self.input_names)
        if name in _LOGITS and value.shape != (rows, self._classes):
            shape = f"{value.shape}, and not ({rows}, {self._classes})"
            raise self._fault(f"its output {name!r} has the shape {shape}", NoAnswer)
        if not value.ndim or len(value) != rows:
            raise self._fault(f"its output {name!r} has no row for each picture", NoAnswer)
        super()._check_values(name, value, feed)

    def _check_inputs(self, card: ModelCard) -> None:
        wanted = _input_shapes(card)
        inputs = {entry.name: entry for entry in self._session.get_inputs()}
        if set(inputs) != set(wanted):
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
    if card.sequence is not None:
        shape = (rows, *card.sequence.shape)
        feed["sequence"] = random.normal(size=shape).astype(np.float32)
    return {name: feed[name] for name in card.input_names}


def _input_shapes(card: ModelCard) -> dict[str, tuple[str, list[int]]]:
    """Return ONNX input name → its type, and its shape without the rows."""
    side = card.picture.size if card.picture else 0
    frames = card.sequence.shape if card.sequence else ()
    known = {
        "picture": ("tensor(uint8)", [side, side, 3]),
        "landmarks": ("tensor(float)", [21, 3]),
        "found": ("tensor(float)", []),
        "sequence": ("tensor(float)", [*frames]),
    }
    return {name: known[name] for name in card.input_names}


def brief(error: Exception) -> str:
    """Return what an error of ONNX Runtime says, which may quote any part of a file, in a line."""
    said = " ".join("".join(c if c.isprintable() else " " for c in str(error)).split())
    return said if len(said) <= _MOST_REASON else f"{said[:_MOST_REASON]}…"
