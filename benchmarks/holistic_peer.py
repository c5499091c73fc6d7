"""What MediaPipe's own Holistic sees in frames; run by `benchmarks.holistic` in another Python.

    python holistic_peer.py frames.npy landmarks.npy

Needs nothing but the package `mediapipe` and NumPy, and nothing of this project.
"""

import sys
from pathlib import Path

import numpy as np


def main(frames: Path, landmarks: Path) -> None:
    """Write the landmarks of a film's frames.

    Args:
        frames: (T, height, width, 3) uint8 as .npy.
        landmarks: gets (T, 543, 3) float32 in Holistic's order (face, left hand, pose, right
            hand), NaN where nothing was seen.
    """
    import mediapipe

    film = np.load(frames, mmap_mode="r", allow_pickle=False)
    found = np.full((len(film), 543, 3), np.nan, np.float32)
    with mediapipe.solutions.holistic.Holistic(model_complexity=1) as holistic:
        for number, rgb in enumerate(film):
            seen = holistic.process(np.ascontiguousarray(rgb))
            first = 0
            for part, count in (
                (seen.face_landmarks, 468),
                (seen.left_hand_landmarks, 21),
                (seen.pose_landmarks, 33),
                (seen.right_hand_landmarks, 21),
            ):
                if part:
                    points = [(point.x, point.y, point.z) for point in part.landmark]
                    found[number, first : first + count] = points
                first += count
    np.save(landmarks, found, allow_pickle=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
