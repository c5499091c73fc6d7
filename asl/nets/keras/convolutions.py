"""Convolutions and norms over pictures, (N, height, width, channels), computed as PyTorch's."""

from asl.nets.keras.library import keras, tf


class Convolution(keras.layers.Layer):
    """A convolution of each picture, padded by half its kernel on all sides, or as is said.

    Its weights have PyTorch's order of axes.

    Args:
        inputs, outputs: channels.
        kernel, stride: in pixels.
        depthwise: each channel by itself.
        bias: whether it has one.
        padding: pixels of zeros before and after; half the kernel if None.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 1,
        stride: int = 1,
        depthwise: bool = False,
        bias: bool = False,
        padding: tuple[int, int] | None = None,
    ):
        super().__init__()
        self._stride, self._depthwise = stride, depthwise
        self._padding = (kernel // 2, kernel // 2) if padding is None else padding
        shape = (outputs, 1 if depthwise else inputs, kernel, kernel)
        self.weight = self.add_weight(shape, "he_normal", name="weight")
        self.bias = self.add_weight((outputs,), "zeros", name="bias") if bias else None

    def call(self, pictures, training: bool = False):
        """Return (N, height / stride, width / stride, outputs)."""
        pads = [(0, 0), self._padding, self._padding, (0, 0)]
        strides = (1, self._stride, self._stride, 1)
        weight = tf.convert_to_tensor(self.weight)
        if self._depthwise:
            kernel = tf.transpose(weight, (2, 3, 0, 1))
            made = tf.nn.depthwise_conv2d(tf.pad(pictures, pads), kernel, strides, "VALID")
        else:
            kernel = tf.transpose(weight, (2, 3, 1, 0))
            made = tf.nn.conv2d(pictures, kernel, strides, pads)
        return made if self.bias is None else tf.nn.bias_add(made, self.bias)


class BatchNorm(keras.layers.Layer):
    """Batch norm as PyTorch's (Ioffe and Szegedy, "Batch Normalization", 2015).

    The running variance is that of a sample, which Keras's own layer does not divide so.

    Args:
        channels: of the pictures.
        eps: added to the variance.
        momentum: share of a new batch in the running mean and variance.
    """

    def __init__(self, channels: int, eps: float = 1e-5, momentum: float = 0.1):
        super().__init__()
        self._eps, self._momentum = eps, momentum
        shape = (channels,)
        self.weight = self.add_weight(shape, "ones", name="weight")
        self.bias = self.add_weight(shape, "zeros", name="bias")
        self.running_mean = self.add_weight(shape, "zeros", trainable=False, name="running_mean")
        self.running_var = self.add_weight(shape, "ones", trainable=False, name="running_var")

    def call(self, pictures, training: bool = False):
        """Return pictures of the same shape."""
        running = (self.running_mean, self.running_var)
        made = tf.raw_ops.FusedBatchNormV3(
            x=pictures,
            scale=tf.convert_to_tensor(self.weight),
            offset=tf.convert_to_tensor(self.bias),
            mean=tf.zeros(0) if training else tf.convert_to_tensor(self.running_mean),
            variance=tf.zeros(0) if training else tf.convert_to_tensor(self.running_var),
            epsilon=self._eps,
            is_training=training,
        )
        if training:
            for kept, new in zip(running, (made.batch_mean, made.batch_variance), strict=True):
                kept.assign(kept + self._momentum * (tf.stop_gradient(new) - kept))
        return made.y
