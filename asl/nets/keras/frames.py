"""Which frames are there, and nothing of the others; see `asl.nets.sequences.frames`."""

import math

from asl.nets.keras.library import tf


def present_first(sequences, there):
    """Move the frames that are there to the front, in their order, and put zeros behind them.

    Args:
        sequences: (N, T, features) float.
        there: (N, T) bool.

    Returns:
        (N, T, features) and (N, T) bool with True for frames that are there, at least one.
    """
    frames = tf.where(there[..., None], sequences, 0.0)
    count = tf.shape(sequences)[1]
    steps = tf.range(count)
    # Frames that are not there come last, and no two have the same rank.
    order = tf.argsort(steps + count * tf.cast(~there, tf.int32), axis=1)
    lengths = tf.reduce_sum(tf.cast(there, tf.int32), 1, keepdims=True)
    return tf.gather(frames, order, batch_dims=1), steps < tf.maximum(lengths, 1)


def masked_mean(frames, there):
    """Return the (N, width) means over time of (N, T, width) frames, as far as they are there."""
    weights = tf.cast(there, frames.dtype)[..., None]
    return tf.reduce_sum(frames * weights, 1) / tf.reduce_sum(weights, 1)


def last(frames, there):
    """Return the (N, width) last frames that are there; those stand in front."""
    index = tf.reduce_sum(tf.cast(there, tf.int32), 1) - 1
    return tf.gather(frames, index, batch_dims=1)


def positions(frames):
    """Return the (T, width) sines and cosines; see `asl.nets.sequences.blocks.positions`."""
    half = frames.shape[2] // 2
    waves = tf.exp(tf.range(half, dtype=frames.dtype) * (-math.log(10_000.0) / half))
    angles = tf.cast(tf.range(tf.shape(frames)[1]), frames.dtype)[:, None] * waves
    return tf.concat([tf.sin(angles), tf.cos(angles)], 1)
