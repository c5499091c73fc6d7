"""MediaPipe's networks for body, face and the place of hands, as far as they are files.

The networks are described in Bazarevsky et al., "BlazePose" (2020), Kartynnik et al., "Real-time
Facial Surface Geometry from Monocular Video on Mobile GPUs" (2019) and "BlazeFace" (2019); how
they work together, in MediaPipe's graph `holistic_landmark_cpu`.
"""

from asl.hands.litert import Network
from asl.workspace import bundled_models

BODY_MODELS = bundled_models() / "body_landmarker"

POSE_DETECTION = "pose_detection.tflite"
POSE_LANDMARKS = "pose_landmark_full.tflite"
HAND_RECROP = "hand_recrop.tflite"
FACE_DETECTION = "face_detection_short_range.tflite"
FACE_LANDMARKS = "face_landmark.tflite"


def body_network(name: str, threads: int, signed: bool = False) -> Network:
    """Load one of the networks.

    Args:
        name: of its file.
        threads: that it runs on.
        signed: it sees colours from -1 to 1, not from 0 to 1.

    Raises:
        HandsUnavailable: LiteRT or the file is missing.
    """
    return Network(
        BODY_MODELS / name, threads=threads, signed=signed, purpose="finding body and face"
    )
