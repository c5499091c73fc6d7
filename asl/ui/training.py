"""Choose how to train on a data set, start the training, and watch it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import streamlit as st

from asl.data.datasets import Dataset
from asl.nets.registry import names, network
from asl.training.config import SPLITS, DataSet, TrainConfig
from asl.training.estimate import Estimate
from asl.training.job import LONGEST_TITLE
from asl.training.jobs import list_jobs
from asl.training.presets import PRESETS, people_on_both_sides, possible_splits
from asl.ui.searching import choose_search
from asl.ui.starting import hand_in, try_out
from asl.ui.text import escape_markdown
from asl.ui.watching import duration, watch, while_it_trains
from asl.workspace import hosted, megabytes

_ESTIMATES = "estimates"
_ABOUT = {
    "Quick": "Keeps what the network knows of pictures in general, and learns your signs on top of "
    "it. Minutes.",
    "Thorough": "Adapts the network itself to your pictures. Several times as long, and usually a "
    "few points better.",
}
_STARTS = {
    "imagenet": "ImageNet: photographs of everyday things",
    "hands": "Hands: MediaPipe's network, which has seen those of many people",
    "bundled": "The bundled model, which knows ASL handshapes",
    "none": "Nothing: from scratch",
}
_SPLIT_WORDS = {
    "leave-one-person-out": "Leave each person out in turn",
    "group-k-fold": "Leave people out in turn, several at a time",
    "new-person": "Hold some people out",
    "random": "Pictures at random (flatters)",
    "own": "The test part that came with the data",
}


def choose_and_run(dataset: Dataset) -> None:
    """Show the newest training on `dataset`, and let the visitor start another one."""
    own = [job for job in list_jobs() if job.dataset_id == dataset.id]
    if own:
        watch(own[0])
        if len(own) > 1:
            st.page_link("pages/runs.py", label=f"All {len(own)} runs", icon=":material/list:")
        with st.expander("Train again, with other settings"):
            _choose(dataset)
    else:
        _choose(dataset)


def _choose(dataset: Dataset) -> None:
    # People who were only guessed are not among these: they neither choose the test nor its name.
    table = dataset.read().table
    people, parts = table["person"].tolist(), table["part"].tolist()
    preset = st.segmented_control(
        "How", list(PRESETS), default="Quick", required=True, key=f"preset-{dataset.id}"
    )
    st.caption(_ABOUT[preset])
    # Names of networks and of bundles are file names, a data set's is text of the user's.
    source = DataSet(str(dataset.folder.resolve()), name=dataset.name, people="none")
    above = st.container()
    key = f"{dataset.id}-{preset}"
    try:
        with st.expander("Advanced"):
            usual_config = PRESETS[preset](source, people, parts=parts)
            config = _advanced(usual_config, possible_splits(people, parts), key)
            search = choose_search(config, f"{key}-{config.network}")
    except ValueError as error:
        st.error(f"These settings cannot be used. {escape_markdown(str(error))}")
        return
    what = "search" if search else "training"
    usual = f"{dataset.name}, {preset}, search" if search else f"{dataset.name}, {preset}"
    title = above.text_input("Name of the run", usual[:LONGEST_TITLE], key=f"{what}-title-{key}")
    if not search:
        _say_split(config.split, dataset, people, parts)
    key = json.dumps([asdict(config), search], sort_keys=True)
    known = st.session_state.setdefault(_ESTIMATES, {})
    with st.container(horizontal=True, vertical_alignment="center"):
        start = st.button(
            "Start the search" if search else "Start training",
            type="primary",
            icon=":material/play_arrow:",
            key=f"{what}-go-{dataset.id}",
        )
        ask = st.button("How long will it take?", key=f"{what}-ask-{dataset.id}")
    if (start or ask) and key not in known:
        found = try_out(config, search)
        if found is None:
            return
        known[key] = found
    if key in known:
        _say_cost(known[key], search)
    if start and hand_in(config, title, preset, dataset.name, dataset.id, known[key], search):
        st.rerun()


def _say_cost(found: Estimate, search: Mapping[str, Any]) -> None:
    meanwhile = while_it_trains() if hosted() else "You can close the page meanwhile."
    needs = (
        f"with {megabytes(found.memory)} of memory and {megabytes(found.disk)} of the disk, for "
        f"{found.pictures:,} pictures. {meanwhile}"
    )
    about = f"About {duration(found.seconds)} on this computer"
    if search:
        about += (
            f" for all {search['trials']} trials, less where some are given up early because they "
            "lag behind"
        )
    st.info(f"{about}, {needs}", icon=":material/schedule:")


def _say_split(
    split: str, dataset: Dataset, people: Sequence[str | None], parts: Sequence[str | None]
) -> None:
    guessed = not dataset.people_confirmed and dataset.people_from != "unknown"
    confirm = (
        "Who is in the pictures has not been confirmed yet, only guessed: confirm it above under "
        "People, and the score can be one on people it has not seen."
    )
    if split == "own":
        st.caption(
            f"Tested on the test part that came with the data, {parts.count('test'):,} pictures. "
            f"{_say_sides(people, parts)} {confirm if guessed else ''}"
        )
    elif split == "random":
        unknown = "It is not known who is in the pictures. Say above who is in them, if you can."
        why = confirm if guessed else "" if all(people) else unknown
        st.warning(
            "The model is tested on pictures drawn at random, so the same people are on both "
            f"sides and its score will flatter. {why}",
            icon=":material/group_off:",
        )
    else:
        st.caption(f"Tested with {SPLITS[split]}: on people it has not seen.")


def _say_sides(people: Sequence[str | None], parts: Sequence[str | None]) -> str:
    """Say whether the people of the test part are known to be others than those trained on."""
    if not all(people):
        return "Whether its people are others than those it learns from is not known."
    if people_on_both_sides(people, parts):
        return "Some of its people are also among those it learns from, so its score flatters."
    return "None of its people is among those it learns from, so its score is one on new people."


def _advanced(config: TrainConfig, splits: Sequence[str], key: str) -> TrainConfig:
    """Let the visitor change single settings; whoever does not open this gets the preset's."""
    left, right = st.columns(2, gap="medium")
    chosen = left.selectbox(
        "Network", names(), index=names().index(config.network), key=f"net-{key}"
    )
    if chosen != config.network:
        config = config.with_network(chosen)
    spec = network(chosen)
    # Widgets of another network are other widgets, with their own defaults.
    key = f"{key}-{chosen}"
    which = "picture" if spec.picture_size else "landmarks"
    recipe = getattr(config, which)
    starts = list(spec.starts)
    start = right.selectbox(
        "Start weights", starts, index=starts.index(config.start), key=f"start-{key}",
        format_func=lambda name: _STARTS.get(name, name),
        help="The bundled model may have learned from your very pictures if they are from a "
        "public set; the score then means nothing, and the report says so.",
    )  # fmt: skip
    epochs = left.number_input(
        "Epochs", 1, 1000, recipe.epochs, key=f"epochs-{key}",
        help="How often the network sees every picture.",
    )  # fmt: skip
    batch = right.number_input(
        "Batch", 2, 4096, recipe.batch, key=f"batch-{key}",
        help="Pictures looked at before each small step of learning; more take more memory.",
    )  # fmt: skip
    rate = left.number_input(
        "Learning rate", 1e-6, 1.0, recipe.learning_rate, format="%.6f", step=1e-4,
        key=f"rate-{key}", help="The size of each step of learning.",
    )  # fmt: skip
    strength = right.slider(
        "Augmentation strength", 0.0, 2.0, config.augment.strength, 0.1, key=f"augment-{key}",
        help="How much pictures are turned, shifted and recoloured, so that other hands, "
        "rooms and cameras are less of a surprise.",
    )  # fmt: skip
    # Once it is known who is in the pictures, the usual choice is another one: another widget.
    split = left.selectbox(
        "Test on", splits, index=splits.index(config.split), key=f"split-{key}-{config.split}",
        format_func=_SPLIT_WORDS.get,
    )  # fmt: skip
    seed = right.number_input(
        "Seed", 0, 2**31 - 1, config.seed, key=f"seed-{key}",
        help="The same seed and settings give the same model.",
    )  # fmt: skip
    size = config.size
    if spec.any_size:
        size = left.select_slider(
            "Picture size in pixels", sorted({96, 112, 128, 160, 192, 224, config.size}),
            config.size, key=f"size-{key}",
        )  # fmt: skip
    recipe = replace(recipe, epochs=epochs, batch=batch, learning_rate=rate)
    return replace(
        config, start=start, split=split, seed=seed, size=size,
        augment=replace(config.augment, strength=strength), **{which: recipe},
    )  # fmt: skip
