"""How one network is trained, and how its examples are changed: settings alone.

Apart from the code that follows them, so that a page can offer them without loading PyTorch.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from asl.nets.frameworks import FRAMEWORKS
from asl.nets.registry import IMAGE_NETWORK, Network, network, networks

OPTIMIZERS = {
    "adamw": "AdamW (Loshchilov and Hutter 2019)",
    "adam": "Adam (Kingma and Ba 2015)",
}
SCHEDULES = {
    "onecycle": "up to the highest learning rate, then down a cosine to zero (Smith 2018)",
    "cosine": "down a cosine again and again, each time twice as long (Loshchilov and Hutter 2017)",
    "plateau": "lowered whenever the validation loss stops falling",
    "exponential": "lowered by the same factor after every epoch",
    "constant": "the same all the time",
}
#: What tells whether an epoch was better than those before it, on validation rows.
STOP_ON = {
    "macro_f1": "mean F1 of the signs",
    "accuracy": "share of right answers",
    "valid_loss": "loss, the lower the better",
}


@dataclass(frozen=True)
class Growth:
    """Something that grows while a network is trained.

    Attributes:
        what: "dropout": the probability in all of the network's dropout layers; "augment": the
            share of pictures that are changed at all, and by what the probabilities of changing a
            sequence are multiplied.
        interval: epochs between two steps.
        rate: how much is added at each step.
        limit: never more than this.
        start: of the first epochs; by default the network's own dropout, and 0 for "augment".
        factor: by which the start is multiplied at each step, before `rate` is added.
    """

    what: Literal["dropout", "augment"]
    interval: int = 1
    rate: float = 0.05
    limit: float = 0.5
    start: float | None = None
    factor: float = 1.0

    def __post_init__(self) -> None:
        if self.what not in ("dropout", "augment"):
            raise ValueError(f"grow: {self.what!r} is neither 'dropout' nor 'augment'")
        largest = 0.95 if self.what == "dropout" else 10.0
        for name, low, high in (
            ("interval", 1, 1000),
            ("rate", 0, 1),
            ("limit", 0, largest),
            ("start", 0, largest),
            ("factor", 1, 10),
        ):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"grow: {name} {value} is not in {low} … {high}")

    def at(self, epoch: int, own: float = 0.0) -> float:
        """Return the value in an epoch, counted from 0; `own` is what it starts from."""
        start = own if self.start is None else self.start
        steps = epoch // self.interval
        # Beyond any limit there is nothing to grow, and no power to overflow.
        grown = start * self.factor ** min(steps, 200) + self.rate * steps
        return min(max(self.limit, start), grown)


@dataclass(frozen=True)
class Recipe:
    """How one network is trained.

    Attributes:
        epochs: at most so many passes.
        batch: examples a step, shared out among the processes.
        learning_rate: the highest.
        optimizer: a key of `OPTIMIZERS`.
        weight_decay: not on biases and norms.
        schedule: of the learning rate; a key of `SCHEDULES`.
        warmup: share of all steps until "onecycle" reaches the highest learning rate.
        restart: epochs until "cosine" starts again for the first time.
        decay: factor by which "plateau" and "exponential" lower the learning rate.
        wait: epochs without a lower validation loss that "plateau" waits for.
        label_smoothing: share of the target spread over all classes.
        balance: 0 draws every example alike, 1 every data set alike.
        draws: examples drawn for an epoch; 0 draws as many as there are.
        average: share of the past, 0–1, in the running mean of the weights that is validated and
            kept instead of the last weights (Izmailov et al., "Averaging Weights Leads to Wider
            Optima and Better Generalization", 2018); 0 for none. It begins with the first weights:
            one that reaches far back stays near those that a network starts from (Wortsman et al.,
            "Robust fine-tuning of zero-shot models", 2022), and needs as many steps to leave them.
        patience: epochs that are no better than the best so far before stopping; 0 never.
        stop_on: what says which is better, a key of `STOP_ON`; the weights that are kept are those
            of the best macro F1 all the same.
        tolerance: by how much it must be better.
        checkpoint: batches between two checkpoints, beside the one after every epoch; 0 for none.
        grow: what grows during the training.
    """

    epochs: int = 10
    batch: int = 64
    learning_rate: float = 1e-3
    optimizer: str = "adamw"
    weight_decay: float = 0.05
    schedule: str = "onecycle"
    warmup: float = 0.1
    restart: int = 5
    decay: float = 0.5
    wait: int = 2
    label_smoothing: float = 0.1
    balance: float = 0.5
    draws: int = 0
    average: float = 0.0
    patience: int = 0
    stop_on: str = "macro_f1"
    tolerance: float = 0.0
    checkpoint: int = 0
    grow: tuple[Growth, ...] = ()

    def __post_init__(self) -> None:
        for name, known in (
            ("optimizer", OPTIMIZERS),
            ("schedule", SCHEDULES),
            ("stop_on", STOP_ON),
        ):
            if getattr(self, name) not in known:
                raise ValueError(f"{name}: {getattr(self, name)!r} is none of {', '.join(known)}")
        for name, low, high in (
            ("epochs", 1, 1000),
            ("batch", 2, 4096),
            ("learning_rate", 1e-8, 10),
            ("weight_decay", 0, 10),
            ("warmup", 0, 0.9),
            ("restart", 1, 1000),
            ("decay", 0.01, 1),
            ("wait", 0, 1000),
            ("label_smoothing", 0, 0.5),
            ("balance", 0, 1),
            ("draws", 0, 10_000_000),
            ("average", 0, 0.99999),
            ("patience", 0, 1000),
            ("tolerance", 0, 1),
            ("checkpoint", 0, 1_000_000),
        ):
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name}: {getattr(self, name)} is not in {low} … {high}")
        kinds = [growth.what for growth in self.grow]
        if len(set(kinds)) < len(kinds):
            raise ValueError(f"grow: {kinds[0]!r} stands twice")

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Build from plain values; the reverse of `dataclasses.asdict`."""
        grow = tuple(Growth(**growth) for growth in raw.get("grow", ()))
        return cls(**{**raw, "grow": grow})


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

    @classmethod
    def none(cls) -> Self:
        """Return the settings that change nothing."""
        return cls(**dict.fromkeys(cls.__dataclass_fields__, 0.0))

    @property
    def changes_nothing(self) -> bool:
        """Whether examples stay as they are."""
        return not any(asdict(self).values())


def check_framework(framework: str, spec: Network, settings: Mapping[str, Any]) -> None:
    """Refuse a framework that there is not, or that has not got the network.

    Args:
        framework: a key of `asl.nets.frameworks.FRAMEWORKS`.
        settings: the network's own.

    Raises:
        ValueError: naming what there is.
    """
    if framework not in FRAMEWORKS:
        known = ", ".join(FRAMEWORKS)
        raise ValueError(f"framework: {framework!r} is none of {known}")
    asked = [] if framework == "pytorch" else [("net", spec, "sequences")]
    if "image_network" in spec.own:
        image = network(settings.get("image_network", IMAGE_NETWORK))
        asked += [("image_network", image, "pictures")]
    for what, one, kind in asked:
        there = sorted(name for name, own in networks(kind).items() if framework in own.frameworks)
        if one.name not in there:
            raise ValueError(
                f"framework: {one.name} cannot be trained with {FRAMEWORKS[framework]}; "
                f"choose as {what} one of {', '.join(there)}"
            )
