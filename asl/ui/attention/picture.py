"""What the answer to one picture rests on: places, colours, joints, and the handshape."""

from __future__ import annotations

import numpy as np
import streamlit as st

from asl.bundle import BundleError, ModelBundle
from asl.decoding import decode
from asl.evaluation.activation import OpenNetwork
from asl.figures import explanation as figures
from asl.figures.maps import as_shown, heat_over, map_sheet, place_in_words
from asl.figures.text import percent
from asl.hands.landmarks import normalise
from asl.hands.shape import compare_shapes
from asl.images import PictureError
from asl.inference.pictures.predictor import NetworkOutputs, Prediction
from asl.labels import candidates, display_name
from asl.ui.attention.sections import CHANNEL_ATTENTION, open_network
from asl.ui.photo.handshapes import show_beside_typical
from asl.ui.photo.predictions import Picture
from asl.ui.shared.figure_view import show_figure
from asl.ui.shared.model_choice import load_predictor
from asl.ui.shared.text import escape_markdown, shown_name


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
    if hand is None and bundle.card.picture is None:
        st.warning("No hand is found in this picture, and this model needs one.")
        return
    if hand is None:
        st.info("No hand is found, so the picture network answers alone.")
    try:
        outputs = predictor.predict_logits(rgb, hand)
    except BundleError as error:
        st.warning(f"The model gave no answer: {escape_markdown(str(error))}.")
        return
    meant = _choose_meant(bundle, picture, predictor.answer(outputs, wanted, 0.0), wanted)
    try:
        _show_inside(open_network(bundle), predictor.feed(rgb, hand), outputs, meant)
    except BundleError as error:
        st.warning(f"What the answer rests on cannot be told: {escape_markdown(str(error))}.")
    if hand is not None:
        _show_shape(bundle, normalise(hand.landmarks, hand.side), hand.side, meant)


def _choose_meant(
    bundle: ModelBundle, picture: Picture, prediction: Prediction, wanted: str
) -> str:
    """Let the visitor say which sign was meant, and say what the model answered to it."""
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
    st.markdown(f"**{escape_markdown(answer_in_words(prediction, meant))}**")
    return meant


def answer_in_words(prediction: Prediction, meant: str) -> str:
    """Return what the model answered, and what it held of the sign that was meant."""
    top = prediction.top
    best = top[0]
    answers = "can't tell; closest is" if prediction.abstained else "answers"
    words = f"The model {answers} {display_name(best.label)}, {percent(best.confidence)}"
    if meant in (best.label, *best.look_alikes):
        return f"{words}: as meant."
    own = next((one for one in top if meant in (one.label, *one.look_alikes)), None)
    sure = "is far less likely" if own is None else percent(own.confidence)
    return f"{words}; {display_name(meant)}, which was meant, {sure}."


def _show_inside(
    network: OpenNetwork, feed: dict[str, np.ndarray], outputs: NetworkOutputs, meant: str
) -> None:
    """Draw which places, colours and joints the answer rests on."""
    if network.sees_pictures:
        _show_places(network, feed, meant)
    _show_colours(network, feed, outputs)
    if outputs.hand is not None and network.sees_joints:
        st.subheader("Joints", anchor=False)
        weights = network.joint_weights(feed["landmarks"][0], meant)
        show_figure(figures.joints_of_one(feed["landmarks"][0], weights), "joints")


def _show_places(network: OpenNetwork, feed: dict[str, np.ndarray], meant: str) -> None:
    """Draw which places of the picture speak for the sign."""
    st.subheader("Places", anchor=False)
    shown = feed["picture"][0]
    sign = display_name(meant)
    columns = st.columns(3 if network.pools else 2)
    with columns[0]:
        st.image(as_shown(shown), width="stretch", alt="What the network is shown")
        st.caption(f"What the network is shown: {len(shown)} × {len(shown)} pixels.")
    covered = network.covered(feed, meant)
    place = place_in_words(covered)
    with columns[-1]:
        _show_map(
            heat_over(shown, covered),
            f"Covering a part of the picture {place} hurts {sign} most",
            f"**What it cannot do without**: orange where covering a part of the picture makes "
            f"{escape_markdown(sign)} less likely, most of all {place}.",
        )
    if network.pools:
        heat = network.class_map(feed, meant)
        place = place_in_words(heat)
        with columns[1]:
            _show_map(
                heat_over(shown, heat),
                f"The picture speaks for {sign} most of all {place}",
                f"**Class activation map**: orange where the picture speaks for "
                f"{escape_markdown(sign)}, most of all {place}. The map has "
                f"{heat.shape[0]} × {heat.shape[1]} fields; it cannot be finer.",
            )


def _show_map(picture: bytes, alt: str, caption: str) -> None:
    st.image(picture, width="stretch", alt=alt)
    st.caption(caption)


def _show_colours(
    network: OpenNetwork, feed: dict[str, np.ndarray], outputs: NetworkOutputs
) -> None:
    """Draw the channels' weights for a picture and what each channel's convolutions made of it."""
    weights = outputs.outputs.get(CHANNEL_ATTENTION)
    if weights is None or weights.shape != (len(figures.CHANNELS),):
        return
    st.subheader("Colours", anchor=False)
    show_figure(figures.channels_of_one(np.asarray(weights, np.float64)), "channel-picture")
    maps = network.channel_maps(feed)
    if maps is None:
        return
    for column, name, own in zip(st.columns(3), figures.CHANNELS, maps, strict=True):
        with column:
            _show_map(
                map_sheet(own),
                f"{len(own)} feature maps of {name}",
                f"Feature maps of **{name}**",
            )
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
    drawn, told = st.columns([3, 2], gap="medium")
    with drawn:
        show_beside_typical(own, side, typical, sign, 220, "shape")
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
