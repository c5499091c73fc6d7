"""Which settings a search varies, and between which values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import lcm
from typing import TYPE_CHECKING, Any

from asl.nets.registry import network
from asl.training.config import TrainConfig
from asl.training.settings import Growth

if TYPE_CHECKING:
    from optuna import Trial

VARIED = ("learning_rate", "epochs", "batch", "dropout", "augment", "width")
_BATCHES = (16, 32, 64, 128, 256)
_WIDTHS = (0.5, 1.0, 1.5, 2.0)
_MOST_DROPOUT = 0.6


def possible(config: TrainConfig) -> tuple[str, ...]:
    """Return those of `VARIED` that the network of `config` has."""
    spec, missing = network(config.network), set()
    if "dropout" not in spec.own:
        missing.add("dropout")
    # Start weights fit layers of one width alone.
    if not spec.widths or config.start != "none":
        missing.add("width")
    if (config.sequence_augment if config.of_sequences else config.augment).changes_nothing:
        missing.add("augment")
    return tuple(name for name in VARIED if name not in missing)


def require_possible(config: TrainConfig, vary: Sequence[str]) -> tuple[str, ...]:
    """Return those of `vary` that the network has."""
    for name in vary:
        if name not in VARIED:
            raise ValueError(f"vary: {name!r} is none of {', '.join(VARIED)}")
    left = tuple(name for name in possible(config) if name in vary)
    if not left:
        raise ValueError(f"vary: {config.network} has none of {', '.join(vary) or 'these'}")
    return left


def apply(config: TrainConfig, values: Mapping[str, float]) -> TrainConfig:
    """Return `config` with the settings of a trial."""
    settings = dict(config.settings)
    own: dict[str, Any] = {
        name: values[name] for name in ("learning_rate", "epochs", "batch") if name in values
    }
    recipe = replace(config.recipe, **own)
    if "augment" in values:
        # The share of changed examples: pictures that went through a frozen trunk can be used
        # by all trials.
        share = values["augment"]
        others = tuple(growth for growth in recipe.grow if growth.what != "augment")
        growth = Growth("augment", rate=0.0, limit=share, start=share)
        recipe = replace(recipe, grow=(*others, growth))
    if "dropout" in values:
        settings["dropout"] = values["dropout"]
    if "width" in values:
        settings[network(config.network).widths] = _widened(config, values["width"])
    changed: dict[str, Any] = {config.recipe_name: recipe}
    return replace(config, settings=settings, **changed)


def suggest(
    trial: Trial, config: TrainConfig, vary: Sequence[str], most_epochs: int
) -> dict[str, float]:
    usual = config.recipe.learning_rate
    ways: dict[str, Callable[[], float]] = {
        "learning_rate": lambda: trial.suggest_float(
            "learning_rate", usual / 10, min(usual * 10, 1.0), log=True
        ),
        "epochs": lambda: trial.suggest_int("epochs", *_epochs(config, most_epochs)),
        "batch": lambda: trial.suggest_categorical("batch", _batches(config)),
        "dropout": lambda: trial.suggest_float("dropout", 0.0, _MOST_DROPOUT),
        "augment": lambda: trial.suggest_float("augment", 0.0, 1.0),
        "width": lambda: trial.suggest_categorical("width", _WIDTHS),
    }
    return {name: ways[name]() for name in vary}


def usual(config: TrainConfig, vary: Sequence[str], most_epochs: int) -> dict[str, float]:
    """Return what `config` itself has for the settings that are varied, within their limits."""
    spec, recipe = network(config.network), config.recipe
    dropout = config.settings.get("dropout", spec.settings().get("dropout", 0.0))
    values = {
        "learning_rate": recipe.learning_rate,
        "epochs": min(recipe.epochs, most_epochs),
        "batch": recipe.batch,
        "dropout": min(dropout, _MOST_DROPOUT),
        "augment": next((one.limit for one in recipe.grow if one.what == "augment"), 1.0),
        "width": 1.0,
    }
    return {name: values[name] for name in vary}


def middling(config: TrainConfig, vary: Sequence[str], most_epochs: int) -> TrainConfig:
    """Return the settings of a trial of middling length, with all that takes most memory."""
    values = {
        "epochs": sum(_epochs(config, most_epochs)) // 2,
        "batch": max(_batches(config)),
        "width": max(_WIDTHS),
    }
    return apply(config, {name: values[name] for name in vary if name in values}).alone()


def _batches(config: TrainConfig) -> list[int]:
    return sorted({*_BATCHES, config.recipe.batch})


def _epochs(config: TrainConfig, most: int) -> tuple[int, int]:
    """Return the fewest and the most epochs of a trial."""
    return max(1, min(most // 4, config.recipe.epochs)), most


def _widened(config: TrainConfig, factor: float) -> int | list[int]:
    """Return how wide the layers are that are so many times as wide as those of `config`."""
    spec = network(config.network)
    usual = spec.settings() | config.settings
    widths = usual[spec.widths]
    if not isinstance(widths, int):
        return [max(1, round(width * factor)) for width in widths]
    # Heads of attention share a width among them, and sines and cosines come in pairs.
    step = lcm(2, usual.get("heads", 1))
    return max(1, round(widths * factor / step)) * step
