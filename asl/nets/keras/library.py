"""Keras and TensorFlow, imported in this one place, with what they are to be told before.

Whether they are installed is asked elsewhere, without loading them: `asl.nets.frameworks`.
"""

import os

# Keras can run on others, which a file of the user's may say; and both are talkative.
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# PyTorch's compiler and TensorFlow both bring LLVM; if TensorFlow came first, that would end the
# process as soon as the other is needed.
import torch._dynamo  # noqa: F401  # isort: skip
import keras
import tensorflow as tf

__all__ = ["keras", "tf"]
