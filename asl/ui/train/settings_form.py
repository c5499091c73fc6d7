"""Choose how to train on a data set, start the training, and watch it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import streamlit as st

from asl.bundle import find_bundle
from asl.data.library.dataset import Dataset
from asl.runs.control import list_runs
from asl.runs.estimate import Estimate
from asl.runs.run import LONGEST_TITLE, SearchSettings
from asl.training.config import SPLITS, DataSet, TrainConfig
from asl.training.presets import people_on_both_sides, possible_splits, presets
from asl.ui.runs.progress import duration, watch, while_it_trains
from asl.ui.runs.start import ask_estimate, hand_in
from asl.ui.shared.kinds import Kind, kind_called
from asl.ui.shared.text import escape_markdown
from asl.ui.train.advanced import choose_settings
from asl.ui.train.search_form import choose_search
from asl.ui.words.answers import learning_only
from asl.workspace import hosted, megabytes

_ESTIMATES = "estimates"


def choose_and_run(dataset: Dataset) -> None:
    """Show the newest training on `dataset`, and let the visitor start another one."""
    own = [run for run in list_runs() if run.dataset_id == dataset.id]
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
    table, kind, offered = dataset.read().table, kind_called(dataset.kind), presets(dataset.kind)
    people, parts = table["person"].tolist(), table["part"].tolist()
    preset = st.segmented_control(
        "How", list(offered), default="Quick", required=True, key=f"preset-{dataset.id}"
    )
    st.caption(kind.presets[preset])
    # Names of networks and of bundles are file names, a data set's is text of the user's.
    source = DataSet(str(dataset.folder.resolve()), name=dataset.name, people="none")
    above = st.container()
    key = f"{dataset.id}-{preset}"
    try:
        with st.expander("Advanced"):
            usual_config = offered[preset](source, people, parts=parts)
            config = choose_settings(usual_config, possible_splits(people, parts), kind, key)
            search = choose_search(config, f"{key}-{config.network}")
    except ValueError as error:
        st.error(f"These settings cannot be used. {escape_markdown(str(error))}")
        return
    what = "search" if search else "training"
    usual = f"{dataset.name}, {preset}, search" if search else f"{dataset.name}, {preset}"
    title = above.text_input("Name of the run", usual[:LONGEST_TITLE], key=f"{what}-title-{key}")
    if not search:
        _say_split(config.split, dataset, kind, people, parts)
    _say_licence(config)
    _offer_start(dataset, preset, title, config, search)


def _offer_start(
    dataset: Dataset, preset: str, title: str, config: TrainConfig, search: SearchSettings
) -> None:
    """Let the visitor ask how long it takes, and start it."""
    what = "search" if search else "training"
    with st.container(horizontal=True, vertical_alignment="center"):
        start = st.button(
            "Start the search" if search else "Start training",
            type="primary",
            icon=":material/play_arrow:",
            key=f"{what}-go-{dataset.id}",
        )
        ask = st.button("How long will it take?", key=f"{what}-ask-{dataset.id}")
    known: dict[str, Estimate] = st.session_state.setdefault(_ESTIMATES, {})
    key = json.dumps([asdict(config), search], sort_keys=True)
    if (start or ask) and key not in known:
        found = ask_estimate(config, search)
        if found is None:
            return
        known[key] = found
    if key in known:
        _say_cost(known[key], search, kind_called(dataset.kind))
    if start and hand_in(config, title, preset, dataset.name, dataset.id, known[key], search):
        st.rerun()


def _say_cost(found: Estimate, search: SearchSettings, kind: Kind) -> None:
    meanwhile = while_it_trains() if hosted() else "You can close the page meanwhile."
    needs = (
        f"with {megabytes(found.memory)} of memory and {megabytes(found.disk)} of the disk, for "
        f"{found.pictures:,} {kind.examples}. {meanwhile}"
    )
    about = f"About {duration(found.seconds)} on this computer"
    if search:
        about += (
            f" for all {search['trials']} trials, less where some are given up early because they "
            "lag behind"
        )
    st.info(f"{about}, {needs}", icon=":material/schedule:")


def _say_licence(config: TrainConfig) -> None:
    """Say what may be done with a model that starts from the bundled model of words."""
    if not config.of_sequences or config.start != "bundled":
        return
    if names := learning_only(find_bundle(config.start_model).card):
        st.caption(
            ":material/school: It starts from the bundled model, which learned from "
            f"{escape_markdown(', '.join(names))} and may be used for learning and research only "
            "(C-UDA); so may what you train from it. To avoid that, start from nothing, under "
            "*Advanced*."
        )


def _say_split(
    split: str,
    dataset: Dataset,
    kind: Kind,
    people: Sequence[str | None],
    parts: Sequence[str | None],
) -> None:
    guessed = not dataset.people_confirmed and dataset.people_from != "unknown"
    confirm = (
        f"Who is in the {kind.examples} has not been confirmed yet, only guessed: confirm it above "
        "under People, and the score can be one on people it has not seen."
    )
    if split == "own":
        st.caption(
            f"Tested on the test part that came with the data, {parts.count('test'):,} "
            f"{kind.examples}. {_say_sides(people, parts)} {confirm if guessed else ''}"
        )
    elif split == "random":
        unknown = (
            f"It is not known who is in the {kind.examples}. Say above who is in them, if you can."
        )
        why = confirm if guessed else "" if all(people) else unknown
        st.warning(
            f"The model is tested on {kind.examples} drawn at random, so the same people are on "
            f"both sides and its score will flatter. {why}",
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
