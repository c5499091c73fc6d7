"""Hand landmarks recorded without their pictures: another source of people to learn from."""

from pathlib import Path

import numpy as np
import pandas as pd

from asl.hands.landmarks import normalise
from asl.labels import canonical

_COORDINATES = [f"{axis}{joint}" for joint in range(21) for axis in "xyz"]


def read_landmarks(file: Path) -> pd.DataFrame:
    """Read a table with columns signer, label, side, x0, y0, z0 … z20 (plain or gzip).

    Returns:
        label, person, and landmarks: (21, 3) float32, normalised.

    Raises:
        ValueError: the file, a column or a value is not as described; the message names it.
    """
    file = Path(file)
    if not file.is_file():
        raise ValueError(f"{file}: no such file")
    try:
        raw = pd.read_csv(file, dtype={"signer": str, "label": str, "side": str})
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(f"{file.name}: no table of landmarks ({error})") from error
    missing = [name for name in ("signer", "label", "side", *_COORDINATES) if name not in raw]
    if missing:
        raise ValueError(f"{file.name}: column {missing[0]!r} is missing")
    points = raw[_COORDINATES].apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    broken = np.flatnonzero(~np.isfinite(points).all(1))
    if len(broken):
        raise ValueError(f"{file.name}: row {broken[0] + 2} holds a value that is no number")
    points = points.reshape(-1, 21, 3)
    landmarks = np.zeros(points.shape, np.float32)
    unknown = sorted(set(raw["side"].fillna("")) - {"left", "right"})
    if unknown:
        raise ValueError(f"{file.name}: side {unknown[0]!r} is neither 'left' nor 'right'")
    for side in ("left", "right"):
        rows = (raw["side"] == side).to_numpy()
        landmarks[rows] = normalise(points[rows], side)
    return pd.DataFrame(
        {
            "label": [canonical(label) for label in raw["label"]],
            "person": raw["signer"],
            "landmarks": list(landmarks),
        }
    )
