"""Models that mean harm, or are broken: each is refused with a reason, and nobody waits for it."""

from __future__ import annotations

import json
import os
import random
import socket
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pyarrow as pa
import pytest
from onnx import TensorProto, helper, numpy_helper
from pyarrow import parquet

from asl import bundle as bundles
from asl.bundle import (
    BUNDLED_MODELS,
    CARD,
    EVALUATION,
    FILES,
    HISTORY,
    ONNX,
    WEIGHTS,
    BundleError,
    ModelBundle,
    by_title,
    find_bundle,
    list_bundles,
    scan_bundles,
)
from asl.card import ModelCard
from asl.card_fields import CardError
from asl.evaluation.comparison import parameters
from asl.evaluation.recorded import read_evaluation, read_history
from asl.inference import first_answer
from asl.inference.first_answer import require_answer
from asl.inference.pictures.landmark_only import LandmarkOnly
from asl.inference.pictures.predictor import Predictor
from asl.inference.pictures.stream import HandStream
from asl.inference.runner import NoAnswer

LABELS = ("A", "B", "C")
NAN, INFINITE = float("nan"), float("inf")
HAND = [[0.0, 1.0, 2.0]] * 21
PICTURE = {"kind": "picture", "size": 16, "mean": [0] * 3, "std": [1] * 3, "context": 1.6}
LANDMARKS = {"kind": "landmarks"}
SEQUENCE = {"kind": "sequence", "landmarks": [468, 522], "features": 8, "frames": 64, "gap": 3,
            "filling": "mask", "drop_empty": True, "centre": "signer", "scale": "signer",
            "coordinates": 2, "places": True, "own_boxes": True, "differences": 0}  # fmt: skip

#: Field → values that it cannot have.
BAD_FIELDS = {
    "name": [None, 5, "", "../x", "a b"],
    "labels": [None, 3, {"A": 1}, ["A", 1], ["A", None], [["A"], "B"]],
    "network": [None, 5, "", "x" * 201, "\ud800", ["tiny"]],
    "inputs": [
        None,
        "picture",
        [1],
        [None],
        [{}],
        ["picture"],
        [LANDMARKS] * 100_000,
        [PICTURE, {"kind": "sound"}],
        [{"kind": ["picture"]}],
        [PICTURE, SEQUENCE],
    ],
    "abstain_below": [None, 0.5, {"hand": None}, {"hand": "0.5"}, {"hand": NAN}, {"foot": 0.5}],
    "settings": [None, [], "x", {"rate": NAN}, {"deep": [[[[[[[[[[1]]]]]]]]]]}, {"a": "\ud800"}],
    "description": [None, 5, ["x"], "x" * 20_001, "\ud800"],
    "training": [
        None,
        5,
        {"split": 5},
        {"split_means": ["x"]},
        {"seconds": NAN},
        {"near_copies": "many"},
        {"start_saw": "everybody"},
        {"start_saw": [5]},
        {"new_people": "yes"},
        {"config": 5},
        {"of_tomorrow": INFINITE},
        {"many": list(range(10_001))},
    ],
    "data": [None, 5, {}, [5], [{"name": 5}], [{"rows": "many"}], [{"people": -1}],
             [{"left_out": 1.5}], [{"name": "x"}] * 1001, [{f"field {n}": n for n in range(61)}]],
    "scores": [
        None,
        5,
        {},
        [5],
        [{"accuracy": NAN}],
        [{"accuracy": "90%"}],
        [{"accuracy": 1.5}],
        [{"low": None}],
        [{"high": INFINITE}],
        [{"pictures": 1.5}],
        [{"people": "five"}],
        [{"data": None}],
        [{"candidates": ["all"]}],
        [{"never_trained": ["A"]}],
        [{"left_out": {"A": "x"}}],
        [{"of_tomorrow": NAN}],
    ],
    "calibration": [None, 5, {"weights": 5}, {"weights": {"picture": NAN}}, {"fitted_on": 5},
                    {"weights": {"picture": -1}}, {"expected_calibration_error": "small"}],
    "parity": [None, 5, {"pictures": "many"}, {"largest_difference": NAN}],
    "versions": [None, 5, {"torch": 2}, {"torch": None}],
    "handshapes": [None, 5, [HAND], {"A": 5}, {"A": HAND[:20]}, {"A": [[0, 1]] * 21},
                   {"A": [[0, 1, NAN]] * 21}, {"A": [[0, 1, "2"]] * 21}, {"Z": HAND},
                   {"A": [[0, 1, INFINITE]] * 21}],
}  # fmt: skip
BROKEN = [(field, value) for field, values in BAD_FIELDS.items() for value in values]

#: The same for the fields of each input.
BAD_INPUTS = {
    "size": [True, None, 16.0, NAN, "16", [16] * 10_000],
    "mean": [0, None, [NAN] * 3, [0] * 2, "0"],
    "std": [1, [INFINITE] * 3, ["1"] * 3, [0] * 3],
    "context": [NAN, "1.6", None],
    "crop": [5, None, "face", "x" * 10_000],
    "rereads": [None, True, NAN, -1, "5", "x" * 10_000],
    "frames": [None, True, 64.0, 0, 10**9],
    "landmarks": [None, "all", [], [-1], [543], [468, 468], [None], list(range(10_000))],
    "features": [None, "all", 0, 10**9],
    "gap": [None, True, -1, 10**9],
    "drop_empty": [None, "yes", 1],
    "centre": [None, 5, "nose", "x" * 10_000],
    "scale": [None, 5, "\ud800"],
    "places": [None, 1],
    "own_boxes": [None, 1],
    "differences": [None, -1, 3],
    "coordinates": [1, 4, "xyz"],
    "filling": [None, 5, "sand", "x" * 10_000],
}
BROKEN_INPUTS = [(field, value) for field, values in BAD_INPUTS.items() for value in values]


def break_card(folder: Path, **fields: object) -> None:
    raw = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps(raw | fields))


@pytest.mark.parametrize(
    ("field", "value"), BROKEN, ids=[f"{f} {ascii(v)[:40]}" for f, v in BROKEN]
)
def test_a_field_that_is_wrong_is_named(tiny_bundle, field, value):
    bundle = tiny_bundle()
    break_card(bundle.folder, **{field: value})
    with pytest.raises(BundleError) as refused:
        ModelBundle.read(bundle.folder)
    assert CARD in str(refused.value) and field.removesuffix("s") in str(refused.value)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    ("field", "value"), BROKEN_INPUTS, ids=[f"{f} {ascii(v)[:40]}" for f, v in BROKEN_INPUTS]
)
def test_a_field_of_an_input_that_is_wrong_is_named(tiny_bundle, field, value):
    bundle, kinds = (
        tiny_bundle(),
        (PICTURE | {"crop": "hand"}, LANDMARKS | {"rereads": 0}, SEQUENCE),
    )
    (entry,) = (kind for kind in kinds if field in kind)
    break_card(bundle.folder, inputs=[entry | {field: value}])
    with pytest.raises(BundleError) as refused:
        ModelBundle.read(bundle.folder)
    assert CARD in str(refused.value) and field in str(refused.value)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("folder", [one.parent for one in BUNDLED_MODELS.glob(f"*/{CARD}")])
def test_what_is_handed_out_passes(folder):
    bundle = ModelBundle.read(folder)
    assert ModelCard.from_json(bundle.card.to_json()) == bundle.card
    assert len(read_evaluation(folder, bundle.card.labels)) and len(read_history(folder))


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The same with some bytes replaced, left out or put twice."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at, length = chance.randrange(len(out)), chance.choice((1, 2, 8, 64))
        out[at : at + length] = chance.choice(
            (b"", chance.randbytes(length), out[at : at + length] * 2, b"NaN", b"null", b"-1",
             b"1e999", b"[", b'"', b"{}")
        )  # fmt: skip
    return bytes(out) or b"0"


@pytest.mark.parametrize("schema", [1, 2])
def test_300_mutated_cards_end_in_a_card_or_a_reason(schema):
    content, chance = (BUNDLED_MODELS / "asl-hands" / CARD).read_bytes(), random.Random(0)
    raw = json.loads(content)
    if schema == 1:
        picture, landmarks = raw["inputs"]
        raw |= {"schema": 1, "inputs": ["picture", "landmarks", "found"]}
        raw |= {"picture": picture | {"look": picture["crop"]}, "readings": landmarks["rereads"]}
        del raw["picture"]["kind"], raw["picture"]["crop"]
    raw["handshapes"] = dict(list(raw["handshapes"].items())[:2])
    content, refused = json.dumps(raw).encode(), 0
    for _ in range(300):
        try:
            card = ModelCard.from_json(mutated(content, chance).decode(errors="replace"))
            assert ModelCard.from_json(card.to_json()) == card
        except CardError:
            refused += 1
    assert 100 < refused < 300


def test_300_mutated_tables_end_in_rows_or_a_reason(make_evaluation, make_history, tmp_path):
    chance, refused = random.Random(0), 0
    make_evaluation(LABELS, 40).to_parquet(tmp_path / EVALUATION)
    make_history().to_parquet(tmp_path / HISTORY)
    whole = {name: (tmp_path / name).read_bytes() for name in (EVALUATION, HISTORY)}
    for number in range(300):
        name = (EVALUATION, HISTORY)[number % 2]
        (tmp_path / name).write_bytes(mutated(whole[name], chance))
        try:
            if name == EVALUATION:
                rows = read_evaluation(tmp_path, LABELS)
                assert rows["score_A"].between(0, 1.001).all()
                rows.to_dict("records")
            else:
                read_history(tmp_path).to_dict("records")
        except BundleError as error:
            refused += 1
            assert str(error).startswith(name)
    assert refused > 100


class TestTables:
    def refusal(self, tmp_path: Path, table: object) -> str:
        if isinstance(table, pd.DataFrame):
            table.to_parquet(tmp_path / EVALUATION)
        elif isinstance(table, pa.Table):
            parquet.write_table(table, tmp_path / EVALUATION, dictionary_pagesize_limit=4 << 20)
        else:
            (tmp_path / EVALUATION).write_bytes(table)
        with pytest.raises(BundleError) as refused:
            read_evaluation(tmp_path, LABELS)
        return str(refused.value)

    def test_what_is_no_parquet(self, tmp_path):
        assert "no readable Parquet" in self.refusal(tmp_path, b"PAR1 and nothing more")

    def test_bytes_for_scores(self, tmp_path, make_evaluation):
        table = make_evaluation(LABELS, 9).assign(score_A=b"\x80\x04.")
        assert "'score_A' does not hold numbers" in self.refusal(tmp_path, table)

    def test_lists_for_labels(self, tmp_path, make_evaluation):
        table = make_evaluation(LABELS, 9)
        table = pa.Table.from_pandas(table.drop(columns="label")).append_column(
            "label", pa.array([["A"]] * 9)
        )
        assert "'label' does not hold text" in self.refusal(tmp_path, table)

    def test_text_that_is_no_utf_8(self, tmp_path, make_evaluation):
        table = pa.Table.from_pandas(make_evaluation(LABELS, 9).drop(columns="person"))
        raw = pa.array([b"\xff\xfe"] * 9, pa.binary()).view(pa.string())
        assert "Parquet" in self.refusal(tmp_path, table.append_column("person", raw))

    def test_a_column_twice(self, tmp_path, make_evaluation):
        table = pa.Table.from_pandas(make_evaluation(LABELS, 9))
        table = table.append_column("label", table.column("label"))
        assert "twice" in self.refusal(tmp_path, table)

    def test_more_rows_than_can_be_read(self, tmp_path, make_evaluation):
        """Rows that are all alike take next to nothing on the disk."""
        count = 10_000_000
        columns = {"label": pa.DictionaryArray.from_arrays(np.zeros(count, np.int8), ["A"])}
        columns |= {f"score_{label}": np.full(count, 0.5, np.float32) for label in LABELS}
        table = pa.table(columns)
        assert "too many to be read" in self.refusal(tmp_path, table)
        assert (tmp_path / EVALUATION).stat().st_size < 200_000

    def test_a_long_text_in_every_row(self, tmp_path, make_evaluation):
        """A megabyte on the disk, and ten gigabytes once it is written out in every row."""
        table = pa.Table.from_pandas(make_evaluation(LABELS, 10_000).drop(columns="person"))
        person = pa.DictionaryArray.from_arrays(np.zeros(10_000, np.int8), ["x" * 1_000_000])
        assert "'person' is too long" in self.refusal(
            tmp_path, table.append_column("person", person)
        )

    def test_values_of_the_network_that_are_no_numbers(self, tmp_path, make_evaluation):
        table = make_evaluation(LABELS, 9).assign(**{"channel_attention:0": NAN})
        assert "no number" in self.refusal(tmp_path, table)

    @pytest.mark.parametrize("value", [NAN, INFINITE])
    def test_a_history_without_numbers(self, tmp_path, make_history, value):
        make_history().assign(macro_f1=value).to_parquet(tmp_path / HISTORY)
        with pytest.raises(BundleError, match="'macro_f1' is no number"):
            read_history(tmp_path)

    def test_losses_may_have_gone_astray(self, tmp_path, make_history):
        make_history().assign(train_loss=NAN).to_parquet(tmp_path / HISTORY)
        assert read_history(tmp_path)["train_loss"].isna().all()

    def test_broken_weights(self, tiny_bundle):
        bundle = tiny_bundle()
        (bundle.folder / WEIGHTS).write_bytes(b"\xff" * 64)
        with pytest.raises(BundleError, match=f"{WEIGHTS} cannot be read"):
            parameters(bundle.folder)


def pipe(file: Path, _: Path) -> None:
    os.mkfifo(file)


def folder(file: Path, _: Path) -> None:
    file.mkdir()


def device(file: Path, _: Path) -> None:
    file.symlink_to("/dev/zero")


def link_outside(file: Path, outside: Path) -> None:
    outside.write_text("not for others")
    file.symlink_to(outside)


def unix_socket(file: Path, _: Path) -> None:
    here = Path.cwd()
    os.chdir(file.parent)  # such paths may not be long
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(file.name)
    finally:
        os.chdir(here)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("make", [pipe, folder, device, link_outside, unix_socket])
def test_what_is_no_file_of_the_model_is_not_opened(tiny_bundle, tmp_path, name, make):
    bundle = tiny_bundle()
    (bundle.folder / name).unlink(missing_ok=True)
    make(bundle.folder / name, tmp_path / "outside")
    begun = time.monotonic()
    with pytest.raises(BundleError, match=f"{name} is (no ordinary file|a link that leads out)"):
        ModelBundle.read(bundle.folder)
    assert [one.folder for one in scan_bundles()[1]] == [bundle.folder]
    for read in (read_history, lambda folder: read_evaluation(folder, LABELS)):
        with pytest.raises(BundleError):
            read(bundle.folder)
    assert time.monotonic() - begun < 10


Change = Callable[[onnx.ModelProto], None]


@pytest.fixture
def with_network(tiny_bundle) -> Callable[[Change], ModelBundle]:
    """``with_network(change)``: a bundle whose ONNX file `change` has changed."""

    def make(change: Change) -> ModelBundle:
        bundle = tiny_bundle()
        model = onnx.load(bundle.folder / ONNX)
        change(model)
        onnx.save(model, bundle.folder / ONNX)
        return bundle

    return make


def add_to_logits(model: onnx.ModelProto, nodes: list, value: str, **constants: object) -> None:
    """Let what `nodes` make, called `value`, be added to the logits."""
    model.graph.node[-1].output[0] = "former"
    for name, constant in constants.items():
        model.graph.initializer.append(numpy_helper.from_array(np.asarray(constant), name))
    model.graph.node.extend([*nodes, helper.make_node("Add", ["former", value], ["logits"])])


def loops(model: onnx.ModelProto) -> None:
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["more"], ["more_out"]),
            helper.make_node("Sin", ["value"], ["value_out"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("step", TensorProto.INT64, []),
            helper.make_tensor_value_info("more", TensorProto.BOOL, []),
            helper.make_tensor_value_info("value", TensorProto.FLOAT, ["N", 3]),
        ],
        [
            helper.make_tensor_value_info("more_out", TensorProto.BOOL, []),
            helper.make_tensor_value_info("value_out", TensorProto.FLOAT, ["N", 3]),
        ],
    )
    loop = helper.make_node("Loop", ["times", "true", "former"], ["looped"], body=body)
    add_to_logits(model, [loop], "looped", times=np.int64(2**62), true=np.bool_(True))


def asks_for_memory(model: onnx.ModelProto) -> None:
    nodes = [
        helper.make_node("ReduceSum", ["former"], ["sum"], keepdims=0),
        helper.make_node("Expand", ["sum", "size"], ["wide"]),
        helper.make_node("ReduceMax", ["wide"], ["all"], keepdims=0),
    ]
    add_to_logits(model, nodes, "all", size=np.array([1 << 18, 1 << 16]))


def asks_for_memory_while_it_is_loaded(model: onnx.ModelProto) -> None:
    nodes = [
        helper.make_node("Expand", ["one", "size"], ["wide"]),
        helper.make_node("ReduceMax", ["wide"], ["all"], keepdims=0),
    ]
    one, size = np.float32(1), np.array([1 << 18, 1 << 16])
    add_to_logits(model, nodes, "all", one=one, size=size)


def gives_nan(model: onnx.ModelProto) -> None:
    add_to_logits(model, [], "nothing", nothing=np.float32(NAN))


def gives_infinity(model: onnx.ModelProto) -> None:
    add_to_logits(model, [], "all", all=np.float32(INFINITE))


def one_network_gives_nan(model: onnx.ModelProto) -> None:
    model.graph.node[2].output[0] = "usual"
    model.graph.initializer.append(numpy_helper.from_array(np.float32(NAN), "nothing"))
    model.graph.node.insert(3, helper.make_node("Add", ["usual", "nothing"], ["picture_logits"]))
    model.graph.node[-1].input[0] = "usual"


def knows_other_signs(model: onnx.ModelProto) -> None:
    """It says that it does not know how many it answers, and answers two."""
    model.graph.node[-1].output[0] = "former"
    model.graph.initializer.append(numpy_helper.from_array(np.array([0, 1]), "two"))
    model.graph.node.append(helper.make_node("Gather", ["former", "two"], ["logits"], axis=1))
    del model.graph.output[0].type.tensor_type.shape.dim[:]
    model.graph.output[0].type.tensor_type.ClearField("shape")


def gives_one_row(model: onnx.ModelProto) -> None:
    model.graph.node[-1].output[0] = "former"
    model.graph.node.append(
        helper.make_node("ReduceMean", ["former"], ["logits"], axes=[0], keepdims=1)
    )
    del model.graph.output[0].type.tensor_type.shape.dim[0]
    model.graph.output[0].type.tensor_type.shape.dim.insert(
        0, onnx.TensorShapeProto.Dimension(dim_param="M")
    )


def gives_texts(model: onnx.ModelProto) -> None:
    model.graph.node.append(
        helper.make_node("Cast", ["picture_logits"], ["said"], to=TensorProto.STRING)
    )
    model.graph.output.append(helper.make_tensor_value_info("said", TensorProto.STRING, None))


def takes_one_picture(model: onnx.ModelProto) -> None:
    for entry in model.graph.input:
        entry.type.tensor_type.shape.dim[0].dim_value = 1


def takes_larger_pictures(model: onnx.ModelProto) -> None:
    for place in (1, 2):
        model.graph.input[0].type.tensor_type.shape.dim[place].dim_value = 17


def takes_floats(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT


def has_an_operator_of_its_own(model: onnx.ModelProto) -> None:
    model.opset_import.append(helper.make_opsetid("evil", 1))
    add_to_logits(model, [helper.make_node("Run", ["former"], ["x"], domain="evil")], "x")


def reads_another_file(model: onnx.ModelProto) -> None:
    tensor = TensorProto(name="secret", data_type=TensorProto.FLOAT, dims=[3])
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "../../../secret"), ("offset", "0"), ("length", "12")):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    add_to_logits(model, [], "secret")
    model.graph.initializer.append(tensor)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (gives_nan, "'logits' holds values that are no usable numbers"),
        (gives_infinity, "'logits' holds values that are no usable numbers"),
        (one_network_gives_nan, "'picture_logits' holds values"),
        (knows_other_signs, "knows 2 signs, the card 3|'logits' has the shape"),
        (gives_one_row, "'logits' has the shape"),
        (gives_texts, "'said' holds no numbers"),
        (takes_one_picture, "input 'picture' is"),
        (takes_larger_pictures, "input 'picture' is"),
        (takes_floats, "input 'picture' is"),
        (has_an_operator_of_its_own, "cannot be loaded"),
        (reads_another_file, "cannot be loaded"),
        (asks_for_memory, "cannot be run"),
        (asks_for_memory_while_it_is_loaded, "cannot be|more memory"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_network_that_is_not_what_the_card_says_is_refused(
    with_network, asl_home, change, reason
):
    (asl_home.parent / "secret").write_bytes(np.ones(3, np.float32).tobytes())
    bundle = with_network(change)
    with pytest.raises(BundleError, match=reason) as refused:
        require_answer(bundle)
    assert len(str(refused.value)) < 1000
    assert str(refused.value).count(str(bundle.folder)) == 1 or "cannot be loaded" in reason


def test_an_endless_network_is_given_up(with_network, monkeypatch):
    monkeypatch.setattr(first_answer, "DEADLINE", 3)
    bundle = with_network(loops)
    begun = time.monotonic()
    with pytest.raises(BundleError, match="no answer within 3 s"):
        require_answer(bundle)
    assert time.monotonic() - begun < 30
    begun = time.monotonic()
    with pytest.raises(BundleError, match="no answer within 3 s"):
        require_answer(bundle)
    assert time.monotonic() - begun < 1  # it is remembered


def test_a_good_model_is_tried_once_as_it_is_on_disk(with_network, tiny_bundle, monkeypatch):
    tried = []
    run = first_answer.subprocess.run
    monkeypatch.setattr(
        first_answer.subprocess, "run", lambda *a, **k: tried.append(1) or run(*a, **k)
    )
    bundle = tiny_bundle("one", description="of this test alone")
    require_answer(bundle)
    require_answer(bundle)
    assert len(tried) == 1
    model = onnx.load(bundle.folder / ONNX)
    gives_nan(model)
    onnx.save(model, bundle.folder / ONNX)
    with pytest.raises(BundleError, match="no usable numbers"):
        require_answer(bundle)
    assert len(tried) == 2


def test_a_bundled_model_is_known_to_answer(monkeypatch):
    monkeypatch.setattr(first_answer.subprocess, "run", None)
    require_answer(find_bundle())


RED = np.full((120, 160, 3), (255, 0, 0), np.uint8)
GREEN = np.full((120, 160, 3), (0, 255, 0), np.uint8)


class TestLater:
    """A network whose first answers are good gives none for some pictures."""

    @pytest.fixture
    def predictor(self, blind_bundle, hands_by_colour) -> Predictor:
        require_answer(blind_bundle)
        return Predictor(blind_bundle)

    def test_it_is_no_answer(self, predictor):
        assert predictor.predict(RED).label == "A"
        with pytest.raises(NoAnswer, match="no usable numbers"):
            predictor.predict(GREEN)
        assert predictor.predict(RED).label == "A"

    def test_the_camera_goes_on(self, predictor, make_hand):
        class Tracker:
            def track(self, rgb):
                return make_hand()

            def restart(self):
                pass

        stream = HandStream(predictor, LABELS, open_tracker=Tracker)
        first, second, third = (stream.see(rgb, at) for at, rgb in enumerate((RED, GREEN, RED)))
        assert first.scores.argmax() == third.scores.argmax() == 0
        assert second.scores is None and stream.no_answer == ""
        stream.see(GREEN, 3.0)
        assert "no usable numbers" in stream.no_answer

    def test_neither_does_the_landmark_network_alone(self, tiny_bundle):
        bundle = tiny_bundle(landmark_bias=np.array([NAN, 0, 0]))
        with pytest.raises(NoAnswer, match="landmark network"):
            LandmarkOnly(bundle).logits(np.zeros((21, 3), np.float32))


class TestOneNameTwice:
    @pytest.fixture
    def bundled(self, tiny_bundle, monkeypatch, tmp_path) -> Path:
        """A bundled model called "twin", and the user's own one."""
        home = tmp_path / "bundled"
        home.mkdir()
        monkeypatch.setattr(bundles, "BUNDLED_MODELS", home)
        tiny_bundle("twin", description="came along").folder.rename(home / "twin")
        tiny_bundle("twin", description="my own")
        return home

    def test_both_are_listed_and_told_apart(self, bundled):
        titles = by_title(list_bundles())
        assert list(titles) == ["twin (bundled)", "twin (yours)"]
        assert titles["twin (yours)"].card.description == "my own"

    def test_the_name_is_that_of_the_bundled_one(self, bundled, asl_home):
        assert find_bundle("twin").card.description == "came along"
        assert find_bundle(str(asl_home / "models" / "twin")).card.description == "my own"

    def test_a_copy_is_called_by_its_folder_as_well(self, bundled, tiny_bundle):
        one = tiny_bundle("one")
        one.folder.rename(one.folder.with_name("copy of one"))
        tiny_bundle("one")
        assert {"one", "one (in copy of one)"} < set(by_title(list_bundles()))


def test_what_cannot_be_used_is_told_with_its_reason(tiny_bundle, monkeypatch, tmp_path):
    monkeypatch.setattr(bundles, "BUNDLED_MODELS", tmp_path / "bundled")
    good, bad = tiny_bundle("good"), tiny_bundle("bad")
    break_card(bad.folder, inputs=[{"kind": "landmarks", "rereads": "many"}])
    (bad.folder.parent / ".good.new").mkdir()
    (bad.folder.parent / ".good.new" / CARD).write_text("{")
    (bad.folder.parent / "notes").mkdir()
    usable, unusable = scan_bundles()
    assert [one.folder for one in usable] == [good.folder]
    assert [(one.folder, "rereads 'many'" in one.reason) for one in unusable] == [
        (bad.folder, True)
    ]
    with pytest.raises(BundleError, match="rereads"):
        find_bundle("bad")
