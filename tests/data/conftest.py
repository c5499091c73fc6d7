"""Sequences of every form, made here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest
from pose_format import Pose, PoseHeader
from pose_format.numpy import NumPyPoseBody
from pose_format.pose_header import PoseHeaderComponent, PoseHeaderDimensions

from asl.data.sequences.files.pose_files import BODY_NAMES, HAND_NAMES
from asl.data.sequences.layout import HANDS, PARTS


def random_points(frames: int, rows: int = 543, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.1, 0.9, (frames, rows, 3)).astype(np.float32)


@pytest.fixture
def write_packed() -> Callable[..., Path]:
    """``write_packed(file, signs, people, rows=…, lengths=…)``: a packed file, float16."""

    def write(
        file: Path,
        signs: Sequence[str],
        people: Sequence[object] | None = None,
        lengths: Sequence[int] | None = None,
        rows: Sequence[int] = HANDS.rows,
        seed: int = 0,
        **changed: object,
    ) -> Path:
        lengths = lengths or [4 + number for number in range(len(signs))]
        arrays = {
            "x": random_points(sum(lengths), len(rows), seed).astype(np.float16),
            "length": np.array(lengths),
            "participant_id": np.array(people or [1] * len(signs)),
            "sequence_id": np.arange(len(signs)),
            "sign": np.array(signs),
            "landmark_idx": np.array(rows),
        } | changed
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(file, **{k: v for k, v in arrays.items() if v is not None})
        return file

    return write


@pytest.fixture
def write_parquet() -> Callable[..., np.ndarray]:
    """``write_parquet(file, frames, seed, without=…)``: as asl-signs has it; gives its points."""

    def write(file: Path, frames: int = 3, seed: int = 0, without: str = "") -> np.ndarray:
        points = random_points(frames, seed=seed)
        kinds = [(part, index) for part, (_, count) in PARTS.items() for index in range(count)]
        table = pd.DataFrame(
            {
                "frame": np.repeat(np.arange(7, 7 + frames), 543).astype(np.int16),
                "row_id": "unused",
                "type": [kind for kind, _ in kinds] * frames,
                "landmark_index": np.array([index for _, index in kinds] * frames, np.int16),
                **{axis: points[..., place].reshape(-1) for place, axis in enumerate("xyz")},
            }
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        table.drop(columns=without.split()).to_parquet(file)
        return points

    return write


@pytest.fixture
def write_signs(write_parquet) -> Callable[..., Path]:
    """``write_signs(folder, [(person, number, sign), …])``: train.csv and the files it names."""

    def write(folder: Path, entries: Sequence[tuple[object, object, str]]) -> Path:
        lines = ["path,participant_id,sequence_id,sign"]
        for seed, (person, number, sign) in enumerate(entries):
            inside = f"train_landmark_files/{person}/{number}.parquet"
            write_parquet(folder / inside, seed=seed)
            lines.append(f"{inside},{person},{number},{sign}")
        (folder / "train.csv").write_text("\n".join(lines))
        return folder

    return write


@pytest.fixture
def write_pose() -> Callable[..., np.ndarray]:
    """``write_pose(file, frames, seed)``: a `.pose` file with both hands and body."""

    def write(
        file: Path, frames: int = 4, seed: int = 0, names: dict[str, Sequence[str]] | None = None
    ) -> np.ndarray:
        names = names or {
            "POSE_LANDMARKS": BODY_NAMES,
            "LEFT_HAND_LANDMARKS": HAND_NAMES,
            "RIGHT_HAND_LANDMARKS": HAND_NAMES,
        }
        components = [
            PoseHeaderComponent(name, list(own), [], [], "XYZC") for name, own in names.items()
        ]
        count = sum(len(own) for own in names.values())
        data = random_points(frames, count, seed)[:, None] * 100
        header = PoseHeader(0.2, PoseHeaderDimensions(100, 100, 100), components)
        body = NumPyPoseBody(25, data, np.ones(data.shape[:3], np.float32))
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as opened:
            Pose(header, body).write(opened)
        return data[:, 0] / 100

    return write


@pytest.fixture
def write_frames() -> Callable[..., np.ndarray]:
    """``write_frames(folder, frames, seed)``: a file a frame, as in MP_Data."""

    def write(folder: Path, frames: int = 3, seed: int = 0) -> np.ndarray:
        points = random_points(frames, seed=seed)
        folder.mkdir(parents=True, exist_ok=True)
        for number, one in enumerate(points):
            pose = np.concatenate([one[489:522], np.ones((33, 1))], 1)
            parts = pose, one[:468], one[468:489], one[522:]
            np.save(folder / f"{number}.npy", np.concatenate([part.flatten() for part in parts]))
        return points

    return write


@pytest.fixture
def write_film() -> Callable[..., None]:
    """``write_film(file, frames, seed, sound)``: an MP4 of noise, or of silence alone."""

    def write(file: Path, frames: int = 4, seed: int = 0, sound: bool = False) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(seed).integers(0, 255, (48, 72, 3), dtype=np.uint8)
        with av.open(str(file), "w", format="mp4") as made:
            if sound:
                stream = made.add_stream("aac", rate=44100)
                silence = av.AudioFrame.from_ndarray(
                    np.zeros((1, 4096), np.float32), "fltp", "mono"
                )
                silence.sample_rate = 44100
                made.mux(stream.encode(silence))
            else:
                stream = made.add_stream("mpeg4", rate=25)
                stream.height, stream.width, stream.pix_fmt = 48, 72, "yuv420p"
                for _ in range(frames):
                    made.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
            made.mux(stream.encode())

    return write
