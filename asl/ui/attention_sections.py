"""The sections of the Attention page."""

from __future__ import annotations

import numpy as np
import streamlit as st

from asl.bundle import BundleError, ModelBundle
from asl.decoding import decode
from asl.evaluation.activation import OpenNetwork
from asl.evaluation.metrics import confused_pairs, measure
from asl.evaluation.recorded import Recorded, among, network_outputs
from asl.hands.landmarks import normalise
from asl.hands.shape import compare_shapes
from asl.images import PictureError
from asl.inference.predictor import Look
from asl.labels import candidates, display_name
from asl.ui import attention as exhibits
from asl.ui.exhibits import show_exhibit, theme_colours
from asl.ui.figures import hands_in_a_row
from asl.ui.models import load_predictor, model_key
from asl.ui.readings import Picture
from asl.ui.skeleton import in_words
from asl.ui.tested import read_tested, say_untrained
from asl.ui.text import escape_markdown, shown_name

_MOST_OPEN = 2
CHANNEL_ATTENTION = "channel_attention"


def open_network(bundle: ModelBundle) -> OpenNetwork:
    """Return the model opened up; ends the page with the reason where that cannot be."""
    try:
        return _open(bundle, model_key(bundle))
    except BundleError as error:
        st.error(f"This model cannot be opened. {escape_markdown(str(error))}")
        st.stop()


@st.cache_resource(max_entries=_MOST_OPEN, show_spinner="Opening the model…")
def _open(_bundle: ModelBundle, key: str) -> OpenNetwork:
    return OpenNetwork(_bundle)


def show_channels(bundle: ModelBundle) -> None:
    """Draw how the channels' weights are spread over the test pictures, where there are any."""
    if bundle.card.network != CHANNEL_ATTENTION:
        return
    st.header("Red, green and blue", anchor=False)
    recorded = among(read_tested(bundle), bundle.card.labels, "all")
    weights = network_outputs(recorded.rows, CHANNEL_ATTENTION)
    if weights is None or weights.shape[1] != len(exhibits.CHANNELS):
        st.info("This model has not kept the weights of its test pictures.")
        return
    if bundle.card.settings.get("attend", "mean") == "mean":
        st.caption(
            "In this model the three weights act through their mean alone, as in the notebook "
            "that it comes from: they tell what the network would lean on, but they cannot favour "
            'one channel over another. A model trained with `attend="channel"` really weighs them.'
        )
    say_untrained(bundle, recorded.rows)
    show_exhibit(exhibits.channels_of_all(weights), "channels")
    _show_pair(recorded, weights)
    with st.expander("Sign by sign", key="channels-by-sign", on_change="rerun") as signs:
        if signs.open:
            show_exhibit(exhibits.channels_by_sign(weights, recorded.truth), "channel-signs")


def _show_pair(recorded: Recorded, weights: np.ndarray) -> None:
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
    words = exhibits.pair_in_words(weights, recorded.truth, one, other)
    st.markdown(f":material/palette: {escape_markdown(words)}")


def show_signs(bundle: ModelBundle) -> None:
    """Draw which fingers decide each sign, measured on the card's typical handshapes."""
    shapes = bundle.card.handshapes
    known = [label for label in bundle.card.labels if label in shapes]
    if "landmarks" not in bundle.card.inputs or not known:
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
                show_exhibit(exhibits.joints_of_signs(weights), "fingers")


@st.cache_data(max_entries=16, show_spinner="Moving joints…")
def _typical_weights(_bundle: ModelBundle, key: str) -> dict[str, np.ndarray]:
    network, shapes = open_network(_bundle), _bundle.card.handshapes
    return {
        label: network.joint_weights(np.array(shapes[label]), label)
        for label in _bundle.card.labels
        if label in shapes
    }


def show_picture(bundle: ModelBundle, picture: Picture, wanted: str) -> None:
    """Draw what the answer to one picture rests on, and how the hand differs from the typical."""
    predictor = load_predictor(bundle)
    try:
        rgb = decode(picture.content)
    except PictureError as error:
        st.warning(
            f"{escape_markdown(shown_name(picture.name))}: {escape_markdown(error.reason)}.",
            icon=":material/broken_image:",
        )
        return
    hand = predictor.find_hand(rgb)
    if hand is None and bundle.card.inputs == ("landmarks",):
        st.warning("No hand is found in this picture, and this model needs one.")
        return
    if hand is None:
        st.info("No hand is found, so the picture network answers alone.")
    try:
        look = predictor.look_at(rgb, hand)
    except BundleError as error:
        st.warning(f"The model gave no answer: {escape_markdown(str(error))}.")
        return
    prediction = predictor.answer(look, wanted, 0.0)
    possible = list(candidates(bundle.card.labels, wanted))
    meant = st.selectbox(
        "Sign that was meant",
        possible,
        possible.index(prediction.top[0].label),
        format_func=display_name,
        key=f"meant-{picture.key}-{wanted}",
        help="At first it is what the model answers. Choose another one to see what speaks for "
        "it, and what the hand does differently from it.",
    )
    st.markdown(f"**{escape_markdown(exhibits.answer_in_words(prediction, meant))}**")
    try:
        _show_inside(open_network(bundle), predictor.feed(rgb, hand), look, meant)
    except BundleError as error:
        st.warning(f"What the answer rests on cannot be told: {escape_markdown(str(error))}.")
    if hand is not None:
        _show_shape(bundle, normalise(hand.landmarks, hand.side), hand.side, meant)


def _show_inside(network: OpenNetwork, feed: dict[str, np.ndarray], look: Look, meant: str) -> None:
    """Draw which places, colours and joints the answer rests on."""
    if network.sees_pictures:
        _show_places(network, feed, meant)
    _show_colours(network, feed, look)
    if look.hand is not None and network.sees_joints:
        st.subheader("Joints", anchor=False)
        weights = network.joint_weights(feed["landmarks"][0], meant)
        show_exhibit(exhibits.joints_of_one(feed["landmarks"][0], weights), "joints")


def _show_places(network: OpenNetwork, feed: dict[str, np.ndarray], meant: str) -> None:
    """Draw where in the picture the sign is seen."""
    st.subheader("Places", anchor=False)
    seen = feed["picture"][0]
    sign = display_name(meant)
    columns = st.columns(3 if network.pools else 2)
    with columns[0]:
        st.image(exhibits.as_seen(seen), width="stretch", alt="What the network is shown")
        st.caption(f"What the network is shown: {len(seen)} × {len(seen)} pixels.")
    covered = network.covered(feed, meant)
    with columns[-1]:
        place = exhibits.place_in_words(covered)
        st.image(
            exhibits.heat_over(seen, covered),
            width="stretch",
            alt=f"Covering a part of the picture {place} hurts {sign} most",
        )
        st.caption(
            f"**What it cannot do without**: orange where covering a part of the picture makes "
            f"{escape_markdown(sign)} less likely, most of all {place}."
        )
    if network.pools:
        heat = network.class_map(feed, meant)
        with columns[1]:
            place = exhibits.place_in_words(heat)
            st.image(
                exhibits.heat_over(seen, heat),
                width="stretch",
                alt=f"The picture speaks for {sign} most of all {place}",
            )
            st.caption(
                f"**Class activation map**: orange where the picture speaks for "
                f"{escape_markdown(sign)}, most of all {place}. The map has "
                f"{heat.shape[0]} × {heat.shape[1]} fields; it cannot be finer."
            )


def _show_colours(network: OpenNetwork, feed: dict[str, np.ndarray], look: Look) -> None:
    """Draw the channels' weights for a picture and what each channel's convolutions made of it."""
    weights = look.outputs.get(CHANNEL_ATTENTION)
    if weights is None or weights.shape != (len(exhibits.CHANNELS),):
        return
    st.subheader("Colours", anchor=False)
    show_exhibit(exhibits.channels_of_one(np.asarray(weights, np.float64)), "channel-picture")
    maps = network.channel_maps(feed)
    if maps is None:
        return
    for column, name, own in zip(st.columns(3), exhibits.CHANNELS, maps, strict=True):
        with column:
            st.image(
                exhibits.map_sheet(own),
                width="stretch",
                alt=f"{len(own)} feature maps of {name}",
            )
            st.caption(f"Feature maps of **{name}**")
    st.caption(
        "Each small square is one feature that the channel's own convolutions look for, such as "
        "an edge; it is bright where they find it in the picture."
    )


def _show_shape(bundle: ModelBundle, own: np.ndarray, side: str, meant: str) -> None:
    """Say which finger differs from the typical handshape of the sign that was meant."""
    shapes = bundle.card.handshapes
    st.subheader("The handshape", anchor=False)
    sign = display_name(meant)
    if meant not in shapes:
        st.caption(f"The model's card has no typical handshape of {escape_markdown(sign)}.")
        return
    typical = np.array(shapes[meant])
    remark = {"Your hand": "mirrored"} if side == "left" else {}
    drawn, told = st.columns([3, 2], gap="medium")
    with drawn:
        st.plotly_chart(
            hands_in_a_row(
                {"Your hand": own, f"Typical {sign}": typical},
                theme_colours()[0],
                remark,
                height=220,
                stroke=4,
                legend=True,
            ),
            config={"staticPlot": True},
            key="shape",
            alt=f"Your hand: {in_words(own)}. Typical {sign}: {in_words(typical)}.",
        )
    with told:
        differences = compare_shapes(own, typical)
        if not differences:
            st.markdown(
                f":material/check_circle: No finger differs noticeably from the typical "
                f"{escape_markdown(sign)}."
            )
        for one in differences:
            st.markdown(f"- {escape_markdown(one.sentence)}")
        st.caption(
            "Measured from 21 joints as they are estimated from one picture; differences that are "
            "usual among signers are left out. The typical hand is one from the training data, "
            "not the only right way to sign."
        )
