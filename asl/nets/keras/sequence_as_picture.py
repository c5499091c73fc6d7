"""A sequence as a picture, through an image network; see `asl.nets.sequences.sequence_as_picture`.

Of the image networks, the EfficientNets are there. Their start weights are PyTorch's.
"""

from asl.nets.keras.efficientnet import TrunkNetwork, efficientnet, efficientnet_hands
from asl.nets.keras.layers import Chance
from asl.nets.keras.library import keras, tf
from asl.nets.registry import PICTURE_SIZE, network
from asl.nets.sequences.sequence_as_picture import COLOURS, PictureSettings

_TRUNKS = {
    "efficientnet_b0": lambda chance: efficientnet(chance, lite=False),
    "efficientnet_lite0": lambda chance: efficientnet(chance, lite=True),
    "efficientnet_hands": lambda chance: efficientnet_hands(),
}


class SequenceAsPicture(keras.layers.Layer):
    """Logits from sequences whose frames stand in front.

    Raises:
        ValueError: there is no such image network here.
    """

    def __init__(self, classes: int, features: int, settings: PictureSettings, chance: Chance):
        super().__init__()
        name = settings.image_network
        if name not in _TRUNKS:
            raise ValueError(f"image_network: {name!r} is none of {', '.join(sorted(_TRUNKS))}")
        self._coordinates = settings.coordinates
        self._side = settings.side or network(name).picture_size or PICTURE_SIZE
        self.network = TrunkNetwork(
            _TRUNKS[name](chance), classes, settings.dropout, settings.frozen, chance
        )

    def call(self, frames, there, training: bool = False):
        """Return (N, classes) logits."""
        return self.network(self._picture(frames, there), training=training)

    def _picture(self, frames, there):
        """Return (N, side, side, 3): joints downwards, frames to the right."""
        rows = _stretch(frames, there, self._side)
        joints = frames.shape[2] // self._coordinates
        picture = tf.reshape(rows, (-1, self._side, joints, self._coordinates))
        square = tf.image.resize(tf.transpose(picture, (0, 2, 1, 3)), (self._side, self._side))
        return tf.pad(square, [(0, 0), (0, 0), (0, 0), (0, COLOURS - self._coordinates)])


def _stretch(frames, there, count: int):
    """Return (N, count, features): the frames that are there, in front, stretched to `count`."""
    lengths = tf.reduce_sum(tf.cast(there, tf.int32), 1, keepdims=True)
    steps = tf.range(count, dtype=frames.dtype) + 0.5
    places = tf.maximum(steps * (tf.cast(lengths, frames.dtype) / count) - 0.5, 0.0)
    before = tf.minimum(tf.cast(tf.floor(places), tf.int32), lengths - 1)
    after = tf.minimum(before + 1, lengths - 1)
    share = tf.minimum(places - tf.cast(before, frames.dtype), 1.0)[..., None]
    low, high = (tf.gather(frames, index, batch_dims=1) for index in (before, after))
    return low + share * (high - low)
