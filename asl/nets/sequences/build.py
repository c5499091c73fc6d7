"""What makes each network of words from plain numbers, as configurations and cards hold them."""

import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from asl.nets.sequences.attention_transformer import AttentionSettings, AttentionTransformer
from asl.nets.sequences.conv_transformer import ConvTransformer, ConvTransformerSettings
from asl.nets.sequences.ensemble import build_ensemble
from asl.nets.sequences.frames import SequenceNetwork
from asl.nets.sequences.hybrid import HybridClassifier
from asl.nets.sequences.lstm import LSTMClassifier
from asl.nets.sequences.sequence_as_picture import PictureSettings, SequenceAsPicture
from asl.nets.sequences.settings import EncoderSettings, StackSettings
from asl.nets.sequences.transformer import TransformerClassifier

_MEMBERS = inspect.signature(build_ensemble).parameters["members"]


class Maker:
    """Makes one network, or an ensemble of it, of the number of classes, features and settings.

    Its signature names the settings with their defaults, for `asl.nets.registry`.

    Args:
        network: class of the network, or of the ensemble's members.
        settings: class of its settings.
        joined: whether it makes an ensemble.
    """

    def __init__(
        self, network: Callable[..., SequenceNetwork], settings: type, joined: bool = False
    ):
        self._network, self._settings, self._joined = network, settings, joined
        by_name = inspect.Parameter.KEYWORD_ONLY
        own = [
            inspect.Parameter(one.name, by_name, default=one.default) for one in fields(settings)
        ]
        own += [_MEMBERS.replace(kind=by_name)] if joined else []
        first = [inspect.Parameter(name, by_name) for name in ("classes", "features")]
        self.__signature__ = inspect.Signature([*first, *own])

    def __call__(self, classes: int, features: int, **settings: Any) -> SequenceNetwork:
        """Return the network.

        Raises:
            ValueError: a setting has a value that it cannot have.
            OSError: start weights that must be fetched cannot be.
        """
        if not self._joined:
            return self._network(classes, features, self._settings(**settings))
        members = settings.pop("members", _MEMBERS.default)
        own = self._settings(**settings)
        return build_ensemble(self._network, classes, features, own, members)


lstm = Maker(LSTMClassifier, StackSettings)
transformer = Maker(TransformerClassifier, EncoderSettings)
hybrid = Maker(HybridClassifier, EncoderSettings)
transformer_ensemble = Maker(TransformerClassifier, EncoderSettings, joined=True)
hybrid_ensemble = Maker(HybridClassifier, EncoderSettings, joined=True)
attention_transformer = Maker(AttentionTransformer, AttentionSettings)
attention_transformer_ensemble = Maker(AttentionTransformer, AttentionSettings, joined=True)
sequence_as_picture = Maker(SequenceAsPicture, PictureSettings)
conv_transformer = Maker(ConvTransformer, ConvTransformerSettings)
