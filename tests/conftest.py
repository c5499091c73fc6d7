"""Fixtures that every test may use."""

from __future__ import annotations

import base64
import io
import json
import os
import socket
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest
from hypothesis import settings
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageDraw

from asl.bundle import EVALUATION, ONNX, ModelBundle
from asl.card import ModelCard
from asl.card_inputs import LandmarksInput, PictureInput
from asl.data.library import intake_worker
from asl.data.sequences.layout import ARMS, RIGHT_HAND
from asl.data.sequences.lengths import Length
from asl.data.sequences.normalise import Normalisation
from asl.data.sequences.preparation import Preparation
from asl.evaluation.advice import advise
from asl.evaluation.report import SCORE
from asl.files import write_json
from asl.hands.detector import Hand
from asl.hands.landmarks import FINGERS, WRIST
from asl.processes import worker_pool
from asl.runs.files import ADVICE, BUNDLE, PROGRESS, STATE
from asl.runs.run import Run
from asl.training.config import DataSet, TrainConfig
from asl.training.search.found import FOUND
from tests.packed import pack, zipped
from tests.servers import free_port, wait_for

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


@pytest.fixture(autouse=True)
def main_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts back the main module, for which Streamlit's test harness leaves its last script.

    Processes of a pool would run that script first.
    """
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


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

        def shows_another(self, rgb: np.ndarray, hand: Hand) -> bool:
            return False

        def close(self) -> None:
            pass

    monkeypatch.setattr("asl.inference.pictures.predictor.HandDetector", Detector)
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
        joint: (63, C) what each coordinate of the joints is worth.
        gain: how much logit one whole colour is worth.
        size: of the picture that the network takes in.
        context: see `PictureInput`.
        rereads: see `LandmarksInput`.
    """

    def make(
        name: str = "tiny",
        labels: tuple[str, ...] = ("A", "B", "C"),
        bias: np.ndarray | None = None,
        landmark_bias: np.ndarray | None = None,
        joint: np.ndarray | None = None,
        gain: float = 10.0,
        size: int = 16,
        context: float = 1.6,
        rereads: int = 0,
        **card: object,
    ) -> ModelBundle:
        folder = asl_home / "models" / name
        folder.mkdir(parents=True)
        count = len(labels)
        zeros = np.zeros(count)
        constants = {
            "colour": gain * np.eye(3, count) / 255,
            "bias": zeros if bias is None else bias,
            "joint": np.zeros((63, count)) if joint is None else joint,
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
            "inputs": (
                PictureInput(size, (0.0,) * 3, (1.0,) * 3, context),
                LandmarksInput(rereads),
            ),
            "abstain_below": {"hand": 0.5, "no_hand": 0.5},
        }
        bundle = ModelBundle(folder, ModelCard(name=name, labels=labels, **{**fields, **card}))
        return bundle.write_card(bundle.card)

    return make


@pytest.fixture
def words_bundle(asl_home: Path) -> Callable[..., ModelBundle]:
    """``words_bundle(name="words", labels=(…), gain=40.0, …)``: a model of words whose answers are
    known: which way a hand moves through the film.

    The first four labels are right, left, up and down, as the camera sees it; all others are never
    answered. Left and right hands count alike. Further arguments are fields of the card.

    Args:
        gain: how much logit it is worth that a hand moves through its own spread.
        lexicon: word → (T, 543, 3), the examples that it brings.
    """

    def make(
        name: str = "words",
        labels: tuple[str, ...] = ("right", "left", "up", "down", "none"),
        gain: float = 40.0,
        **card: object,
    ) -> ModelBundle:
        preparation = Preparation(
            "hands", Length(16, "resample"), Normalisation("points", own_boxes=False, differences=1)
        )
        folder = asl_home / "models" / name
        folder.mkdir(parents=True)
        # The places of 42 joints are followed by their differences, x and y of each.
        weights = np.zeros((preparation.size, len(labels)), np.float32)
        moved = weights[84:].reshape(42, 2, len(labels))
        for label, (axis, sign) in enumerate([(0, 1), (0, -1), (1, -1), (1, 1)]):
            moved[:, axis, label] = sign * gain / 42
        bias = np.where(np.arange(len(labels)) < 4, 0.0, -9.0).astype(np.float32)
        nodes = [
            helper.make_node("ReduceMean", ["sequence"], ["mean"], axes=[1], keepdims=0),
            helper.make_node("Gemm", ["mean", "weights", "bias"], ["logits"]),
        ]
        shape = ["N", "T", preparation.size]
        inputs = [helper.make_tensor_value_info("sequence", TensorProto.FLOAT, shape)]
        outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", len(labels)])]
        initialisers = [
            numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")
        ]  # fmt: skip
        graph = helper.make_graph(nodes, name, inputs, outputs, initialisers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
        onnx.save(model, folder / ONNX)
        fields = {
            "network": "tiny",
            "inputs": (preparation.to_input(),),
            "abstain_below": {"sequence": 0.5},
        }
        made = ModelCard(name=name, labels=labels, **{**fields, **card})
        return ModelBundle(folder, made).write_card(made)

    return make


@pytest.fixture
def blind_bundle(tiny_bundle: Callable[..., ModelBundle]) -> ModelBundle:
    """A `tiny_bundle` whose network gives values that are no numbers for pictures without red."""
    bundle = tiny_bundle()
    model = onnx.load(bundle.folder / ONNX)
    graph = model.graph
    graph.node[-1].output[0] = "former"
    for name, value in {"first": np.array([0]), "zero": np.float32(0)}.items():
        graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
    graph.node.extend(
        [
            helper.make_node("Gather", ["mean", "first"], ["red"], axis=1),
            helper.make_node("Log", ["red"], ["log"]),
            helper.make_node("Mul", ["log", "zero"], ["product"]),
            helper.make_node("Add", ["former", "product"], ["logits"]),
        ]
    )
    onnx.save(model, bundle.folder / ONNX)
    return bundle


@pytest.fixture
def make_run(asl_home: Path, tiny_bundle: Callable[..., ModelBundle]) -> Callable[..., Run]:
    """``make_run(title="Letters", state="done")``: a run as its process leaves it, without torch.

    A run that is done has a model for the signs A, B and C, tested on three people, a tenth of the
    pictures of B taken for C.
    """

    def make(title: str = "Letters", state: str = "done", reason: str = "", **about) -> Run:
        folder = asl_home / "runs" / f"run-{len(list((asl_home / 'runs').glob('*')))}"
        folder.mkdir(parents=True)
        config = asdict(TrainConfig(folder.name, (DataSet("pictures"),)))
        fields = {"preset": "Quick", "dataset": "mine", "dataset_id": "", "created": time.time()}
        run = Run(folder=folder, title=title, config=config, **{**fields, **about})
        run.write()
        write_json(folder / STATE, {"state": state, "reason": reason, "began": time.time() - 90})
        epochs = [
            {"fold": "00", "task": "picture network", "epoch": epoch, "train_loss": 1 / epoch,
             "valid_loss": 1.2 / epoch, "accuracy": 1 - 0.5 / epoch, "macro_f1": 1 - 0.6 / epoch}
            for epoch in (1, 2, 3)
        ]  # fmt: skip
        (folder / PROGRESS).write_text("".join(f"{json.dumps(row)}\n" for row in epochs))
        if state == "done":
            training = {"split": "leave-one-person-out"}
            bundle = tiny_bundle(f"model-of-{folder.name}", training=training)
            bundle.folder.rename(folder / BUNDLE)
            bundle = ModelBundle(folder / BUNDLE, bundle.card)
            rows = tested_pictures()
            rows.to_parquet(bundle.folder / EVALUATION, index=False)
            paths = [f"{name}" for name in rows["picture"]]
            pd.DataFrame({"path": paths}).to_parquet(folder / "tested.parquet", index=False)
            (folder / ADVICE).write_text(advise(bundle, paths).to_json())
        return run

    return make


@pytest.fixture
def make_search(make_run: Callable[..., Run]) -> Callable[..., Run]:
    """``make_search(title="Letters, search", state="done")``: a search for better settings as its
    process leaves it after 7 of 8 trials. The fifth is the best, the last two were given up."""

    def make(title: str = "Letters, search", state: str = "done", **about) -> Run:
        search = {"trials": 8, "vary": ["learning_rate", "epochs"], "most_epochs": 10, "workers": 1}
        # Only a training that is done has a report.
        run = make_run(title, "running", **{"search": search, **about})
        write_json(run.folder / STATE, {"state": state, "began": time.time() - 90})
        tried = [(1e-3, 10, 0.80), (4e-4, 4, 0.61), (2e-3, 6, 0.84), (6e-3, 8, 0.52),
                 (3e-3, 10, 0.88), (9e-3, 5, 0.31), (2e-4, 7, 0.35)]  # fmt: skip
        rows = [
            {"trial": number, "macro_f1": score, "state": "complete" if number < 5 else "pruned",
             "seconds": 10.0, "learning_rate": rate, "epochs": epochs}
            for number, (rate, epochs, score) in enumerate(tried)
        ]  # fmt: skip
        config = TrainConfig.from_dict(run.config)
        better = replace(config, picture=replace(config.picture, learning_rate=3e-3))
        found = {
            "table": rows, "best": {"learning_rate": 3e-3, "epochs": 10}, "macro_f1": 0.88,
            "usual": 0, "importance": {"learning_rate": 0.9, "epochs": 0.1},
            "config": asdict(better),
        }  # fmt: skip
        write_json(run.folder / FOUND, found)
        return run

    return make


def tested_pictures() -> pd.DataFrame:
    """Test pictures of three people; see `make_run`."""
    rows = [
        (f"{label}{number}.png", label, f"person{number % 3}",
         "C" if label == "B" and number % 10 == 0 else label)
        for label in "ABC"
        for number in range(30)
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["picture", "label", "person", "answer"])
    for label in "ABC":
        frame[SCORE + label] = np.where(frame["answer"] == label, 0.98, 0.01)
    return frame.drop(columns="answer").assign(source="mine", found=True, fold=frame["person"])


@pytest.fixture(scope="session")
def make_evaluation() -> Callable[..., pd.DataFrame]:
    """``make_evaluation(labels, pictures, seed=0, sharpness=3.0)``: rows of evaluation.parquet.

    Most pictures are answered right; two halves are "part 0" and "part 1", with two people each.
    """

    def make(
        labels: tuple[str, ...], pictures: int, seed: int = 0, sharpness: float = 3.0
    ) -> pd.DataFrame:
        random = np.random.default_rng(seed)
        truth = np.arange(pictures) % len(labels)
        logits = random.normal(size=(pictures, len(labels)))
        logits[np.arange(pictures), truth] += sharpness
        scores = np.exp(logits)
        scores /= scores.sum(1, keepdims=True)
        half = np.arange(pictures) * 2 // pictures
        about = {
            "picture": [f"p{number}.png" for number in range(pictures)],
            "label": np.array(labels)[truth],
            "person": [f"person {number}" for number in 2 * half + random.integers(0, 2, pictures)],
            "source": "drawn",
            "fold": [f"part {number}" for number in half],
            "found": random.random(pictures) < 0.95,
        }
        columns = [f"score_{label}" for label in labels]
        return pd.concat(
            [pd.DataFrame(about), pd.DataFrame(scores.astype(np.float32), columns=columns)], axis=1
        )

    return make


@pytest.fixture(scope="session")
def make_history() -> Callable[..., pd.DataFrame]:
    """``make_history(epochs=4, jobs=("00", "final"))``: rows of history.parquet, improving."""

    def make(epochs: int = 4, runs: tuple[str, ...] = ("00", "final")) -> pd.DataFrame:
        return pd.DataFrame(
            [
                {
                    "fold": run,
                    "task": task,
                    "epoch": epoch,
                    "train_loss": 2.0 / epoch,
                    "valid_loss": 2.2 / epoch,
                    "accuracy": 1 - 0.5 / epoch,
                    "macro_f1": 1 - 0.6 / epoch,
                    "learning_rate": 0.001 / epoch,
                    "seconds": 2.5,
                }
                for run in runs
                for task in ("picture network", "landmark network")
                for epoch in range(1, epochs + 1)
            ]
        )

    return make


@pytest.fixture(scope="session")
def scene() -> Callable[..., bytes]:
    """``scene(seed, hand="right", size=96, format="PNG")``: a picture like no other seed's.

    In those with a hand, `intake_here` finds one.
    """

    def make(seed: int, hand: str = "right", size: int = 96, format: str = "PNG") -> bytes:
        coarse = np.random.default_rng(seed).integers(0, 200, (12, 12, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)
        picture = picture.point(lambda value: min(value, 240))
        if hand:
            picture.paste("white", (0, 0, 8, 8))
        file = io.BytesIO()
        picture.save(file, format)
        return file.getvalue()

    return make


@pytest.fixture(scope="session")
def zip_of() -> Callable[[dict[str, bytes]], bytes]:
    """``zip_of({"A/1.png": data, …})``: a zip with these members."""
    return zipped


@pytest.fixture(scope="session")
def korean_zip(scene) -> Callable[..., bytes]:
    """``korean_zip(each=5)``: a zip of two signs as a Korean computer packs it, which says nothing
    of its encoding; the names could as well be Chinese."""

    def make(each: int = 5) -> bytes:
        file = io.BytesIO()
        names = {"first_sign": "안녕하세요", "2nd_": "학교"}  # as many bytes in cp949
        with zipfile.ZipFile(file, "w") as archive:
            for seed, (word, n) in enumerate((word, n) for word in names for n in range(each)):
                archive.writestr(f"signs/{word}/{n}.png", scene(seed))
        data = file.getvalue()
        for word, name in names.items():
            data = data.replace(f"/{word}/".encode(), f"/{name}/".encode("cp949"))
        return data

    return make


@pytest.fixture(scope="session")
def signs_zip(scene, zip_of) -> Callable[..., bytes]:
    """``signs_zip("AB", people=("anna", "ben"), each=5)``: a zip of signs, each person making
    each of them some times."""

    def make(signs: str = "AB", people: tuple[str, ...] = ("anna", "ben"), each: int = 5) -> bytes:
        names = [f"{s}/{who}_{n}.png" for s in signs for who in people for n in range(each)]
        return zip_of({name: scene(zlib.crc32(name.encode())) for name in names})

    return make


@pytest.fixture(scope="session")
def packed_words() -> Callable[..., bytes]:
    """``packed_words(signs=("hello", "no"), people=("anna", "ben"), each=5, frames=12)``: a packed
    file of sequences; each sign moves a right hand another way, and its person has a size."""

    def make(
        signs: Sequence[str] = ("hello", "no"),
        people: Sequence[str] = ("anna", "ben"),
        each: int = 5,
        frames: int = 12,
        seed: int = 0,
    ) -> bytes:
        random, rows = np.random.default_rng(seed), (*RIGHT_HAND, *ARMS)
        hand = np.random.default_rng(99).uniform(-0.08, 0.08, (21, 3))
        made, labels, who = [], [], []
        for number, sign in enumerate(signs):
            turn = 2 * np.pi * number / len(signs)
            for size, person in enumerate(people):
                for _ in range(each):
                    count = frames + int(random.integers(0, 3))
                    way = np.linspace(-0.2, 0.2, count)[:, None] * [np.cos(turn), np.sin(turn), 0]
                    points = np.full((count, len(rows), 3), 0.5)
                    points[:, :21] += way[:, None] + hand * (1 + 0.1 * size)
                    points[:, 21:] += np.linspace(-0.2, 0.2, len(ARMS))[:, None]
                    made.append(points + random.normal(0, 0.004, points.shape))
                    labels.append(sign)
                    who.append(person)
        file = io.BytesIO()
        pack(file, made, labels, who, rows)
        return file.getvalue()

    return make


@pytest.fixture
def intake_here(monkeypatch: pytest.MonkeyPatch, make_hand: Callable[..., Hand]) -> None:
    """Pictures are taken into data sets at once and in this process; see `scene` for hands."""

    class Detector:
        def detect(self, rgb: np.ndarray) -> Hand | None:
            return make_hand() if rgb.max() > 250 else None

    monkeypatch.setattr(
        "asl.data.pictures.cropped.worker_pool", lambda _, *start: worker_pool(1, *start)
    )
    monkeypatch.setattr("asl.data.pictures.cropped.HandDetector", Detector)
    monkeypatch.setattr(
        "asl.data.library.intake.processes.start",
        lambda command, folder, _: intake_worker.main(folder),
    )


# Written once with pillow-heif 1.8.1 (quality 50, chroma 444), since pi-heif only reads.
_HEIC = {
    # 48 x 32: red and green above blue and a pale tone.
    "plain": (
        "AAAAHGZ0eXBoZWl4AAAAAG1pZjFoZWl4bWlhZgAAAX5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAA"
        "AAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABogABAAAAAAAAAEUAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABo"
        "dmMxAAAAAA5waXRtAAAAAAABAAAA/mlwcnAAAADeaXBjbwAAAHdodmNDAQQIAAAAnjgAAAAAHvAA/P/4+AAADwNgAAEA"
        "F0ABDAH//wQIAAADAJ44AAADAAAeugJAYQABACpCAQEECAAAAwCeOAAAAwAAHpAEECCy3VyU1zcBDQYEAAADAGQAAAMA"
        "BCBiAAEACEQBwXMYMAiQAAAAE2NvbHJuY2x4AAEADQAGgAAAABRpc3BlAAAAAAAAAEAAAABAAAAAKGNsYXAAAAAwAAAA"
        "AQAAACAAAAAB////8AAAAAL////gAAAAAgAAABBwaXhpAAAAAAMICAgAAAAYaXBtYQAAAAAAAAABAAEFgQIDBYQAAABN"
        "bWRhdAAAAEEoAa8TgOU2t/+kr1/fGAHu9+MZ2XuMP9gl/oAvfwqOf82t8d8Bb+7P7r70n/w528TmEVf6b3mbnN5cOCXD"
        "BXnnIA=="
    ),
    # The same, stored lying on its side: boxes "irot", and Exif orientation 6 and "secret-word".
    "turned": (
        "AAAAHGZ0eXBoZWl4AAAAAG1pZjFoZWl4bWlhZgAAAcltZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAA"
        "AAAAAAAAADRpbG9jAAAAAERAAAIAAQAAAAAB7QABAAAAAAAAAHQAAgAAAAACYQABAAAAAAAAADwAAAA4aWluZgAAAAAA"
        "AgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAABCGlwcnAAAADn"
        "aXBjbwAAAHdodmNDAQQIAAAAnjgAAAAAHvAA/P/4+AAADwNgAAEAF0ABDAH//wQIAAADAJ44AAADAAAeugJAYQABACpC"
        "AQEECAAAAwCeOAAAAwAAHpAEECCy3VyU1zcBDQYEAAADAGQAAAMABCBiAAEACEQBwXMYMAiQAAAAE2NvbHJuY2x4AAEA"
        "DQAGgAAAABRpc3BlAAAAAAAAAEAAAABAAAAAKGNsYXAAAAAgAAAAAQAAADAAAAAB////4AAAAAL////wAAAAAgAAABBw"
        "aXhpAAAAAAMICAgAAAAJaXJvdAMAAAAZaXBtYQAAAAAAAAABAAEGgQIDBYSGAAAAGmlyZWYAAAAAAAAADmNkc2MAAgAB"
        "AAEAAAC4bWRhdAAAAHAoAa8TgOU2tlswPX++Wl/sD5LL8nIPu1Ny86JqjQpp/sWLC12+kmmtHLZzH/sLSORj2SIo6WXV"
        "ikuYJcvs9/g+Uu6BwQtN7c4w9KYmDwwVkSFm5B8U9LCh3La/HcEJYB1JgHnrA4cKzaayBwNa2FwcAAAABkV4aWYAAE1N"
        "ACoAAAAIAAIBDgACAAAADAAAACYBEgADAAAAAQAGAAAAAAAAc2VjcmV0LXdvcmQA"
    ),
    # 16 x 16, red, the right half transparent.
    "clear": (
        "AAAAHGZ0eXBoZWl4AAAAAG1pZjFoZWl4bWlhZgAAAm1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAA"
        "AAAAAAAAADRpbG9jAAAAAERAAAIAAQAAAAACkQABAAAAAAAAADQAAgAAAAACxQABAAAAAAAAACcAAAA4aWluZgAAAAAA"
        "AgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAAACAABodmMxAAAAAA5waXRtAAAAAAABAAABrGlwcnAAAAGE"
        "aXBjbwAAAHdodmNDAQQIAAAAnjgAAAAAHvAA/P/4+AAADwNgAAEAF0ABDAH//wQIAAADAJ44AAADAAAeugJAYQABACpC"
        "AQEECAAAAwCeOAAAAwAAHpAEECCy3VXTXNwENBgQAAADAZAAAAMAEIBiAAEACEQBwXMYMBiQAAAAE2NvbHJuY2x4AAEA"
        "DQAGgAAAABRpc3BlAAAAAAAAAEAAAABAAAAAKGNsYXAAAAAQAAAAAQAAABAAAAAB////0AAAAAL////QAAAAAgAAABBw"
        "aXhpAAAAAAMICAgAAABxaHZjQwEECAAAAJ/4AAAAAB7wAPz8+PgAAA8DYAABABdAAQwB//8ECAAAAwCf+AAAAwAAHroC"
        "QGEAAQAmQgEBBAgAAAMAn/gAAAMAAB7AggQWW6q6a5sCAAADADIAAAMAAhBiAAEABkQBwXPBiQAAAA5waXhpAAAAAAEI"
        "AAAAJ2F1eEMAAAAAdXJuOm1wZWc6aGV2YzoyMDE1OmF1eGlkOjEAAAAAIGlwbWEAAAAAAAAAAgABBYECAwWEAAIFhgMH"
        "iIQAAAAaaXJlZgAAAAAAAAAOYXV4bAACAAEAAQAAAGNtZGF0AAAAMCgBrxMhZmNA+BD3Z//rvBX/lWs/8zex6c7IR0DA"
        "0iCAm0BIk11QCxYQgId2pVbc+AAAACMoAa4mQmokw/Cmlq9S3/B0qGcbX7SZd+GLEI1q/3qAbqFQEw=="
    ),
}


@pytest.fixture(scope="session")
def as_stored() -> Callable[[int, np.ndarray], np.ndarray]:
    """``as_stored(orientation, upright)``: pixels as a camera stores them with that EXIF mark."""
    turns = {
        1: lambda u: u,
        2: lambda u: u[:, ::-1],
        3: lambda u: u[::-1, ::-1],
        4: lambda u: u[::-1],
        5: lambda u: u.swapaxes(0, 1),
        6: lambda u: np.rot90(u),
        7: lambda u: u[::-1, ::-1].swapaxes(0, 1),
        8: lambda u: np.rot90(u, -1),
    }
    return lambda orientation, upright: np.ascontiguousarray(turns[orientation](upright))


@pytest.fixture(scope="session")
def heic() -> dict[str, bytes]:
    """HEIC files by name: "plain", "turned", "clear"."""
    return {name: base64.b64decode(text) for name, text in _HEIC.items()}


@pytest.fixture
def hosted_app(tmp_path: Path, asl_home: Path, pytestconfig) -> Iterator[str]:
    """The address of a server for strangers whom nobody has visited yet."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    options = {"port": port, "address": "127.0.0.1", "headless": "true"}
    with (tmp_path / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command + [f"--server.{name}={value}" for name, value in options.items()],
            cwd=pytestconfig.rootpath,
            env={**os.environ, "ASL_HOSTED": "1", "ASL_HOME": str(asl_home)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(server, lambda: socket.create_connection(("127.0.0.1", port), timeout=1), 60)
        yield f"127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def modules_of(pytestconfig: pytest.Config) -> Callable[[str], set[str]]:
    """``modules_of("import asl")``: the modules that a fresh Python has loaded after that."""

    def load(statement: str) -> set[str]:
        script = f"{statement}\nimport sys\nprint(*sys.modules)"
        return set(
            subprocess.run(
                [sys.executable, "-c", script],
                cwd=pytestconfig.rootpath,
                capture_output=True,
                text=True,
                check=True,
            ).stdout.split()
        )

    return load
