"""The Transformer classifier; see `asl.nets.sequences.transformer`."""

from asl.nets.keras.frames import masked_mean, positions
from asl.nets.keras.layers import Chain, Chance, Dropout, LayerNorm, Linear, SelfAttention
from asl.nets.keras.library import keras
from asl.nets.sequences.settings import EncoderSettings


class _Layer(keras.layers.Layer):
    """As `torch.nn.TransformerEncoderLayer`: norms come after what they norm."""

    def __init__(self, settings: EncoderSettings, chance: Chance):
        super().__init__()
        width, dropout = settings.width, settings.dropout
        self.self_attn = SelfAttention(width, settings.heads, dropout, chance)
        self.linear1 = Linear(settings.expansion * width, activation="relu")
        self.linear2 = Linear(width)
        self.norm1, self.norm2 = LayerNorm(), LayerNorm()
        self.dropout, self.dropout1, self.dropout2 = (Dropout(dropout, chance) for _ in range(3))

    def call(self, frames, there, training: bool = False):
        mixed = self.self_attn(frames, there, training=training)
        frames = self.norm1(frames + self.dropout1(mixed, training=training))
        inner = self.dropout(self.linear1(frames), training=training)
        return self.norm2(frames + self.dropout2(self.linear2(inner), training=training))


class _Stack(keras.layers.Layer):
    """As `torch.nn.TransformerEncoder`."""

    def __init__(self, settings: EncoderSettings, chance: Chance):
        super().__init__()
        self.layers = [_Layer(settings, chance) for _ in range(settings.depth)]

    def call(self, frames, there, training: bool = False):
        for layer in self.layers:
            frames = layer(frames, there, training=training)
        return frames


class TransformerEncoder(keras.layers.Layer):
    """The mean of the encoded frames, (N, T, features) and (N, T) → (N, width)."""

    def __init__(self, settings: EncoderSettings, chance: Chance):
        super().__init__()
        self.inputs = Linear(settings.width)
        self.layers = _Stack(settings, chance)

    def call(self, frames, there, training: bool = False):
        """Return the encoded sequences."""
        hidden = self.inputs(frames)
        hidden = self.layers(hidden + positions(hidden), there, training=training)
        return masked_mean(hidden, there)


class TransformerClassifier(keras.layers.Layer):
    """Logits from sequences whose frames stand in front."""

    def __init__(self, classes: int, features: int, settings: EncoderSettings, chance: Chance):
        super().__init__()
        self.encoder = TransformerEncoder(settings, chance)
        self.classifier = Chain([Dropout(settings.dropout, chance), Linear(classes)])

    def call(self, frames, there, training: bool = False):
        """Return (N, classes) logits."""
        return self.classifier(self.encoder(frames, there, training=training), training=training)
