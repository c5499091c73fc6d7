"""An LSTM and a Transformer side by side; see `asl.nets.sequences.hybrid`."""

from asl.nets.keras.layers import Chain, Chance, Dropout, Linear
from asl.nets.keras.library import keras, tf
from asl.nets.keras.lstm import LSTMEncoder
from asl.nets.keras.transformer import TransformerEncoder
from asl.nets.sequences.settings import EncoderSettings


class HybridClassifier(keras.layers.Layer):
    """Logits from sequences whose frames stand in front."""

    def __init__(self, classes: int, features: int, settings: EncoderSettings, chance: Chance):
        super().__init__()
        self.lstm = LSTMEncoder(features, settings, chance)
        self.transformer = TransformerEncoder(settings, chance)
        self.classifier = Chain([Dropout(settings.dropout, chance), Linear(classes)])

    def call(self, frames, there, training: bool = False):
        """Return (N, classes) logits."""
        both = [one(frames, there, training=training) for one in (self.lstm, self.transformer)]
        return self.classifier(tf.concat(both, 1), training=training)
