"""The benchmark measures what it says, on a model that costs next to nothing."""

import os
import sys

import numpy as np
import pytest

from asl.evaluation import bench
from asl.images import load_rgb
from asl.inference.pictures.predictor import Predictor


@pytest.fixture
def predictor(tiny_bundle):
    return Predictor(tiny_bundle())


@pytest.fixture
def noise() -> list[bytes]:
    return bench.sample_pictures(None)


def test_pictures_are_as_large_as_said_and_always_the_same(noise):
    [picture] = noise
    assert load_rgb(picture).shape == (480, 640, 3)
    assert bench.sample_pictures(None) == noise


def test_pictures_of_recordings_show_hands(asl_data, predictor):
    pictures = bench.sample_pictures(asl_data)
    assert len(pictures) == 72
    found = [predictor.find_hand(load_rgb(picture)) is not None for picture in pictures]
    assert np.mean(found) > 0.8


def test_the_parts_add_up_to_the_whole(predictor, noise):
    seen = []
    rows = bench.time_prediction(predictor, noise, 5, lambda *step: seen.append(step))
    whole, *parts, _ = (row["value"] for row in rows)
    assert "process of its own" in rows[-1]["name"]
    assert whole == pytest.approx(sum(parts), rel=0.5)
    assert all(row["value"] <= row["p90"] and row["unit"] == "ms" for row in rows)
    assert seen[-1] == (5, 5)


def test_networks_are_compared_with_pytorch(tiny_bundle, predictor, noise, monkeypatch):
    torch = pytest.importorskip("torch")
    from asl.nets.pictures import build as load

    class Rebuilt(torch.nn.Module):
        input_names = ("picture", "landmarks", "found")

        def forward(self, picture, landmarks, found):
            return (picture.float().mean((1, 2)) * 10 / 255,)

    monkeypatch.setattr(load, "rebuild", lambda *_: Rebuilt())
    bundle = tiny_bundle("other")
    onnx, eager, ratio, difference = bench.time_networks(bundle, predictor, noise, 5)
    assert ratio["value"] == pytest.approx(onnx["value"] / eager["value"])
    assert difference["value"] < 1e-4


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_memory_of_a_fresh_server(tiny_bundle, noise):
    without, with_torch = bench.measure_memory(tiny_bundle(), noise[0])
    assert 50 < without["value"] < with_torch["value"] < 5000


def test_a_failing_process_is_reported(tiny_bundle, noise, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="memory"):
        bench.measure_memory(tiny_bundle(), noise[0])


def test_summary():
    row = bench.summary("x", [1, 2, 3, 4, 5], "ms")
    assert row == {"name": "x", "value": 3, "p90": pytest.approx(4.6), "unit": "ms"}
