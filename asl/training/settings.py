"""How one network is trained, and how its examples are changed: settings alone.

Apart from the code that follows them, so that a page can offer them without loading PyTorch.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """How one network is trained.

    Attributes:
        epochs: at most so many passes.
        batch: examples a step on each process.
        learning_rate: the highest; reached after `warmup`, then down a cosine to zero.
        weight_decay: of AdamW (Loshchilov and Hutter 2019); not on biases and norms.
        warmup: share of all steps.
        label_smoothing: share of the target spread over all classes.
        balance: 0 draws every example alike, 1 every data set alike.
        draws: examples drawn for an epoch; 0 draws as many as there are.
        patience: epochs without a better macro-F1 on validation rows before stopping; 0 never.
    """

    epochs: int = 10
    batch: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    warmup: float = 0.1
    label_smoothing: float = 0.1
    balance: float = 0.5
    draws: int = 0
    patience: int = 0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("epochs", 1, 1000),
            ("batch", 2, 4096),
            ("learning_rate", 1e-8, 10),
            ("weight_decay", 0, 10),
            ("warmup", 0, 0.9),
            ("label_smoothing", 0, 0.5),
            ("balance", 0, 1),
            ("draws", 0, 10_000_000),
            ("patience", 0, 1000),
        ):
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name}: {getattr(self, name)} is not in {low} … {high}")


@dataclass(frozen=True)
class AugmentSettings:
    """How strongly pictures and landmarks are changed; probabilities are a picture's.

    Attributes:
        strength: multiplies rotation, scale, shift, perspective and colour changes; 0 is none.
        background: probability that a cut-out hand gets another background.
        other_side: probability of mirroring. Hands are turned to right hands beforehand, but the
            detector names the wrong side for about 1 hand in 14, so both must be seen.
        whole: probability of seeing the whole picture instead of the hand's crop, as prediction
            does where no hand is found.
        grey: probability of losing all colour.
        blurred: probability of a lower resolution.
        jpeg: probability of JPEG artefacts.
        erased: probability that a rectangle is covered.
        joint_noise: standard deviation of landmark noise, in hand sizes.
        joint_tilt: standard deviation of the landmarks' rotation out of the picture, degrees.
    """

    strength: float = 1.0
    background: float = 0.85
    other_side: float = 0.12
    whole: float = 0.12
    grey: float = 0.1
    blurred: float = 0.35
    jpeg: float = 0.25
    erased: float = 0.25
    joint_noise: float = 0.04
    joint_tilt: float = 15.0
