"""The sections of the Attention page about a model as a whole."""

from __future__ import annotations

import numpy as np
import streamlit as st

from asl.bundle import BundleError, ModelBundle
from asl.evaluation.activation import OpenNetwork
from asl.evaluation.metrics import confused_pairs, measure
from asl.evaluation.recorded import TestPredictions, for_candidates, network_outputs
from asl.figures import explanation as figures
from asl.labels import display_name
from asl.ui.shared.figure_view import show_figure
from asl.ui.shared.model_choice import model_key
from asl.ui.shared.test_set import read_tested, say_untrained
from asl.ui.shared.text import escape_markdown

_MOST_OPEN = 2
CHANNEL_ATTENTION = "channel_attention"


def open_network(bundle: ModelBundle) -> OpenNetwork:
    """Return the model opened up; ends the page with the reason if that fails."""
    try:
        return _open(bundle, model_key(bundle))
    except BundleError as error:
        st.error(f"This model cannot be opened. {escape_markdown(str(error))}")
        st.stop()


@st.cache_resource(max_entries=_MOST_OPEN, show_spinner="Opening the model…")
def _open(_bundle: ModelBundle, key: str) -> OpenNetwork:
    return OpenNetwork(_bundle)


def show_channels(bundle: ModelBundle) -> None:
    """Draw how the weights of a channel attention are spread over the test pictures."""
    if bundle.card.network != CHANNEL_ATTENTION:
        return
    st.header("Red, green and blue", anchor=False)
    recorded = for_candidates(read_tested(bundle), bundle.card.labels, "all")
    weights = network_outputs(recorded.rows, CHANNEL_ATTENTION)
    if weights is None or weights.shape[1] != len(figures.CHANNELS):
        st.info("This model has not kept the weights of its test pictures.")
        return
    if bundle.card.settings.get("attend", "mean") == "mean":
        st.caption(
            "In this model the three weights act through their mean alone, as in the notebook "
            "that it comes from: they tell what the network would lean on, but they cannot favour "
            'one channel over another. A model trained with `attend="channel"` really weighs them.'
        )
    say_untrained(bundle, recorded.rows)
    show_figure(figures.channels_of_all(weights), "channels")
    _show_pair(recorded, weights)
    with st.expander("Sign by sign", key="channels-by-sign", on_change="rerun") as signs:
        if signs.open:
            show_figure(figures.channels_by_sign(weights, recorded.truth), "channel-signs")


def _show_pair(recorded: TestPredictions, weights: np.ndarray) -> None:
    """Say how the weights of two signs differ, those that are confused most at first."""
    scores = measure(recorded.truth, recorded.scores, recorded.labels)
    signs = list(scores.per_class)
    pairs = confused_pairs(scores)
    first, second = next(((t, a) for t, a, _ in pairs if a in signs), (signs[0], signs[-1]))
    left, right = st.columns(2)
    with left:
        one = st.selectbox(
            "Sign", signs, signs.index(first), format_func=display_name, key="channel-one"
        )
    with right:
        other = st.selectbox(
            "Against", signs, signs.index(second), format_func=display_name, key="channel-other"
        )
    words = figures.pair_in_words(weights, recorded.truth, one, other)
    st.markdown(f":material/palette: {escape_markdown(words)}")


def show_signs(bundle: ModelBundle) -> None:
    """Draw which fingers decide each sign, measured on the card's typical handshapes."""
    shapes = bundle.card.handshapes
    known = [label for label in bundle.card.labels if label in shapes]
    if bundle.card.landmarks is None or not known:
        return
    st.header("Which fingers decide", anchor=False)
    with st.expander(
        "Measure it on the typical handshapes", key="fingers", on_change="rerun"
    ) as signs:
        if signs.open:
            try:
                weights = _typical_weights(bundle, model_key(bundle))
            except BundleError as error:
                st.warning(f"It cannot be measured: {escape_markdown(str(error))}.")
            else:
                show_figure(figures.joints_of_signs(weights), "fingers")


@st.cache_data(max_entries=16, show_spinner="Moving joints…")
def _typical_weights(_bundle: ModelBundle, key: str) -> dict[str, np.ndarray]:
    network, shapes = open_network(_bundle), _bundle.card.handshapes
    return {
        label: network.joint_weights(np.array(shapes[label]), label)
        for label in _bundle.card.labels
        if label in shapes
    }
