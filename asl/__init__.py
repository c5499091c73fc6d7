"""Recognise American Sign Language handshapes: data, training, bundles and prediction.

Libraries that report to their makers are told here not to, before any module can load one;
processes that this one starts inherit it.
"""

import os

os.environ |= {
    # Read when the library is loaded; `disable_telemetry_events` comes too late.
    "ORT_DISABLE_TELEMETRY": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # What others have agreed on.
    "DO_NOT_TRACK": "true",
}
