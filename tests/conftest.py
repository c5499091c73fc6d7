"""Fixtures that every test may use."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import settings
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageDraw

from asl.bundle import ONNX, ModelBundle, ModelCard, PictureInput
from asl.hands.detector import Hand
from asl.hands.landmarks import FINGERS, WRIST

# A busy machine must not fail a property that holds.
settings.register_profile("asl", deadline=None)
settings.load_profile("asl")


@pytest.fixture(autouse=True)
def asl_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of its own for every test, which no tracking server of the developer sees."""
    home = tmp_path / "asl-home"
    monkeypatch.setenv("ASL_HOME", str(home))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return home


@pytest.fixture(scope="session")
def asl_data() -> Path:
    """The folder of real recordings; skips where ASL_DATA names none."""
    data = os.environ.get("ASL_DATA")
    if not data or not Path(data).is_dir():
        pytest.skip("needs the real recordings: set ASL_DATA to their folder")
    return Path(data).resolve()


@pytest.fixture(scope="session")
def make_picture() -> Callable[..., Image.Image]:
    """``make_picture(seed=0, size=(96, 96))``: an RGB picture, the same for the same seed.

    A skin-coloured palm with some fingers on a noisy background: it decodes, crops and resizes
    like a photograph, but is not meant to be detected or recognised as a hand.
    """

    def make(seed: int = 0, size: tuple[int, int] = (96, 96)) -> Image.Image:
        random = np.random.default_rng(seed)
        width, height = size
        noise = random.normal(random.integers(40, 160), 20, (height, width, 3))
        picture = Image.fromarray(noise.clip(0, 255).astype(np.uint8))
        draw = ImageDraw.Draw(picture)
        skin = tuple(int(c) for c in random.integers((150, 100, 80), (240, 190, 160)))
        draw.ellipse((0.3 * width, 0.45 * height, 0.7 * width, 0.9 * height), fill=skin)
        for finger in range(int(random.integers(1, 6))):
            x = (0.33 + 0.08 * finger) * width
            top = random.uniform(0.1, 0.4) * height
            draw.rectangle((x, top, x + 0.06 * width, 0.6 * height), fill=skin)
        return picture

    return make


@pytest.fixture(scope="session")
def make_hand() -> Callable[..., Hand]:
    """``make_hand(straight=("index",), side="right", size=40, at=(48, 60))``: a drawn hand.

    Fingers point up when straight and turn back down at the middle joint when bent.

    Args:
        size: from wrist to knuckles, in pixels.
        at: the palm's middle.
    """

    def make(
        straight: tuple[str, ...] = tuple(FINGERS),
        side: str = "right",
        size: float = 40,
        at: tuple[float, float] = (48, 60),
    ) -> Hand:
        points = np.zeros((21, 3))
        points[WRIST] = (0, 0.5, 0)
        # The thumb of a right hand seen from the palm's side is on the right.
        for (finger, joints), x in zip(FINGERS.items(), (0.6, 0.4, 0.1, -0.2, -0.5), strict=True):
            tip = (0, 1, 2, 3) if finger in straight else (0, 1, 0.6, 0.2)
            for joint, up in zip(joints, tip, strict=True):
                points[joint] = (x, -0.5 - 0.3 * up, 0)
        if side == "left":
            points[:, 0] *= -1
        return Hand((points * size + (*at, 0)).astype(np.float32), side, 0.99)

    return make


@pytest.fixture
def hands_by_colour(monkeypatch: pytest.MonkeyPatch, make_hand: Callable[..., Hand]) -> list[str]:
    """Replaces hand detection: see `coloured_file`. The list grows by one each search."""
    searches: list[str] = []

    class Detector:
        def detect(self, rgb: np.ndarray) -> Hand | None:
            side = {255: "right", 128: "left"}.get(int(rgb.max()))
            searches.append(side or "none")
            return side and make_hand(side=side)

        def close(self) -> None:
            pass

    monkeypatch.setattr("asl.inference.predictor.HandDetector", Detector)
    return searches


@pytest.fixture(scope="session")
def coloured_file() -> Callable[..., bytes]:
    """``coloured_file("red", hand="right")``: a PNG of one colour.

    `tiny_bundle` takes "red" for its first label, "lime" for its second, "blue" for its third;
    `hands_by_colour` finds the hand that is asked for here: "right", "left" or none ("").
    """

    def make(colour: str = "red", hand: str = "right") -> bytes:
        brightness = {"right": 255, "left": 128, "": 100}[hand]
        picture = Image.new("RGB", (96, 96), colour).point(lambda value: value * brightness // 255)
        file = io.BytesIO()
        picture.save(file, "PNG")
        return file.getvalue()

    return make


@pytest.fixture
def tiny_bundle(asl_home: Path) -> Callable[..., ModelBundle]:
    """``tiny_bundle(name="tiny", labels=("A", "B", "C"), …)``: a model whose answers are known.

    It lies among the user's own models and looks at the mean colour: red is the first label,
    green the second, blue the third. The logits of the landmarks are `landmark_bias`, counted
    where a hand is found. Without torch. Further arguments are fields of the card.

    Args:
        bias: (C,) added to the logits of the picture.
        gain: how much logit one whole colour is worth.
    """

    def make(
        name: str = "tiny",
        labels: tuple[str, ...] = ("A", "B", "C"),
        bias: np.ndarray | None = None,
        landmark_bias: np.ndarray | None = None,
        gain: float = 10.0,
        size: int = 16,
        **card: object,
    ) -> ModelBundle:
        folder = asl_home / "models" / name
        folder.mkdir(parents=True)
        count = len(labels)
        zeros = np.zeros(count)
        constants = {
            "colour": gain * np.eye(3, count) / 255,
            "bias": zeros if bias is None else bias,
            "joint": np.zeros((63, count)),
            "landmark_bias": zeros if landmark_bias is None else landmark_bias,
            "row": np.array([-1, 1]),
        }
        nodes = [
            helper.make_node("Cast", ["picture"], ["pixels"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[1, 2], keepdims=0),
            helper.make_node("Gemm", ["mean", "colour", "bias"], ["picture_logits"]),
            helper.make_node("Flatten", ["landmarks"], ["joints"]),
            helper.make_node("Gemm", ["joints", "joint", "landmark_bias"], ["landmark_logits"]),
            helper.make_node("Reshape", ["found", "row"], ["found_column"]),
            helper.make_node("Mul", ["landmark_logits", "found_column"], ["counted"]),
            helper.make_node("Add", ["picture_logits", "counted"], ["logits"]),
        ]
        inputs = [
            helper.make_tensor_value_info("picture", TensorProto.UINT8, ["N", size, size, 3]),
            helper.make_tensor_value_info("landmarks", TensorProto.FLOAT, ["N", 21, 3]),
            helper.make_tensor_value_info("found", TensorProto.FLOAT, ["N"]),
        ]
        outputs = [
            helper.make_tensor_value_info(output, TensorProto.FLOAT, ["N", count])
            for output in ("logits", "picture_logits", "landmark_logits")
        ]
        initialisers = [
            numpy_helper.from_array(np.asarray(v, np.int64 if k == "row" else np.float32), k)
            for k, v in constants.items()
        ]
        graph = helper.make_graph(nodes, name, inputs, outputs, initialisers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
        onnx.save(model, folder / ONNX)
        fields = {
            "network": "tiny",
            "inputs": ("picture", "landmarks", "found"),
            "picture": PictureInput(size, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 1.6),
            "abstain_below": {"hand": 0.5, "no_hand": 0.5},
        }
        bundle = ModelBundle(folder, ModelCard(name=name, labels=labels, **{**fields, **card}))
        return bundle.write_card(bundle.card)

    return make
