"""Change single settings of a training, for those who want to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from asl.nets.frameworks import FRAMEWORKS, installed
from asl.nets.registry import PICTURE_SIZE, Network, names, network
from asl.training.config import TrainConfig
from asl.training.presets import for_network
from asl.training.settings import Recipe
from asl.ui.shared.kinds import Kind

_SPLIT_WORDS = {
    "leave-one-person-out": "Leave each person out in turn",
    "group-k-fold": "Leave people out in turn, several at a time",
    "new-person": "Hold some people out",
    "random": "{} at random (flatters)",
    "own": "The test part that came with the data",
}

#: Sides of pictures in pixels that are offered where any will do.
_SIZES = (96, 112, 128, 160, 192, 224)


def choose_settings(
    config: TrainConfig, splits: Sequence[str], kind: Kind, key: str
) -> TrainConfig:
    """Let the visitor change single settings; those who do not open this get the preset's.

    Args:
        config: of the preset.
        splits: ways to test a model on the data, the best one first.
        kind: of the examples.
    """
    left, right = st.columns(2, gap="medium")
    offered = names(network(config.network).kind)
    chosen = left.selectbox(
        "Network", offered, index=offered.index(config.network), key=f"net-{key}"
    )
    usual = config
    if chosen != config.network:
        config = for_network(config, chosen)
    spec = network(chosen)
    # Widgets of another network are other widgets, with their own defaults.
    key = f"{key}-{chosen}"
    starts = _starts(spec, usual)
    start = right.selectbox(
        "Start weights", starts, index=starts.index(config.start) if config.start in starts else 0,
        key=f"start-{key}",
        format_func=lambda name: kind.starts.get(name, name),
        help=f"The bundled model may have learned from your very {kind.examples} if they are from "
        "a public set; the score then means nothing, and the report says so.",
    )  # fmt: skip
    recipe = _change_recipe(config.recipe, kind, left, right, key)
    strength = right.slider(
        "Augmentation strength", 0.0, 2.0, 1.0, 0.1, key=f"augment-{key}", help=kind.augmentation
    )
    # Once it is known who is in the examples, the usual choice is another one: another widget.
    split = left.selectbox(
        "Test on", splits, index=splits.index(config.split), key=f"split-{key}-{config.split}",
        format_func=lambda name: _SPLIT_WORDS[name].format(kind.examples.capitalize()),
    )  # fmt: skip
    seed = right.number_input(
        "Seed", 0, 2**31 - 1, config.seed, key=f"seed-{key}",
        help="The same seed and settings give the same model.",
    )  # fmt: skip
    size = config.size or PICTURE_SIZE
    if spec.any_size:
        size = left.select_slider(
            "Picture size in pixels", sorted({*_SIZES, size}), size, key=f"size-{key}"
        )
    changed: dict[str, Any] = {config.recipe_name: recipe, **_changes(config, strength)}
    if spec.kind == "sequences":
        changed["framework"] = _choose_framework(spec, left, key)
    return replace(config, start=start, split=split, seed=seed, size=size, **changed)


def _starts(spec: Network, usual: TrainConfig) -> list[str]:
    """Return the start weights that there are for a network here.

    A model of words that came with the app is one for its own network alone, shown the same.
    """
    if spec.kind == "sequences" and (spec.name, "bundled") != (usual.network, usual.start):
        return [start for start in spec.starts if start != "bundled"]
    return list(spec.starts)


def _choose_framework(spec: Network, left: DeltaGenerator, key: str) -> str:
    """Let the visitor choose what a network is trained in, where there is a choice."""
    there = [name for name in spec.frameworks if installed(name)]
    lacking = [name for name in spec.frameworks if name not in there]
    if lacking:
        said = f"{FRAMEWORKS[lacking[0]]} is not installed here; `make {lacking[0]}` installs it."
    elif len(there) < len(FRAMEWORKS):
        said = f"{spec.name} is trained with {FRAMEWORKS[there[0]]} alone."
    else:
        said = "Which does the computing in training; the model is used in the same way."
    return left.selectbox(
        "Framework", there, key=f"framework-{key}", disabled=len(there) < 2, help=said,
        format_func=FRAMEWORKS.__getitem__,
    )  # fmt: skip


def _changes(config: TrainConfig, strength: float) -> dict[str, Any]:
    """Return the setting that says how strongly examples are changed, times `strength`."""
    if config.of_sequences:
        return {"sequence_augment": config.sequence_augment.grown(strength)}
    return {"augment": replace(config.augment, strength=config.augment.strength * strength)}


def _change_recipe(
    recipe: Recipe, kind: Kind, left: DeltaGenerator, right: DeltaGenerator, key: str
) -> Recipe:
    """Let the visitor change how long and how fast a network learns, in two columns."""
    epochs = left.number_input(
        "Epochs", 1, 1000, recipe.epochs, key=f"epochs-{key}",
        help=f"How often the network sees every {kind.example}.",
    )  # fmt: skip
    batch = right.number_input(
        "Batch", 2, 4096, recipe.batch, key=f"batch-{key}",
        help=f"{kind.examples.capitalize()} looked at before each small step of learning; more "
        "take more memory.",
    )  # fmt: skip
    rate = left.number_input(
        "Learning rate", 1e-6, 1.0, recipe.learning_rate, format="%.6f", step=1e-4,
        key=f"rate-{key}", help="The size of each step of learning.",
    )  # fmt: skip
    return replace(recipe, epochs=epochs, batch=batch, learning_rate=rate)
