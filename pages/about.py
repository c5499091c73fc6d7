"""About page: what the app does and does not do, and what is known about a model."""

from pathlib import Path

import streamlit as st

from asl.ui.facts import as_list, as_table
from asl.ui.models import choose_model
from asl.ui.text import escape_markdown

LICENCE = Path(__file__).parents[1] / "LICENSE"

st.title("About", anchor=False)
does, does_not = st.columns(2, gap="large")
with does:
    st.subheader("What it does", anchor=False)
    st.markdown(
        "- It reads single handshapes of American Sign Language (ASL) in pictures.\n"
        "- Two networks look at each picture: the picture network at the hand's pixels, the "
        "landmark network at the places of its joints. The answer is made from both.\n"
        '- It says how sure it is, what else it could be, and "can\'t tell" rather than guess.\n'
        "- Right and left hands are read alike.\n"
        "- Pictures stay in memory for the visit. Nothing is written to disk."
    )
    st.page_link("pages/photo.py", label="Read a picture", icon=":material/photo_camera:")
with does_not:
    st.subheader("What it does not do", anchor=False)
    st.markdown(
        "- It does not translate. ASL is a language with a grammar of its own, made of movement, "
        "place, face and body; fingerspelling is a small part of it.\n"
        "- It does not replace an interpreter, and it cannot judge how well somebody signs.\n"
        "- It does not see movement: of J and Z a still picture holds only a part.\n"
        "- It works less well on people who are unlike those it learned from.\n"
        "- It was not made to decide for Deaf people what helps them. Whoever builds on it for "
        "them should build it with them."
    )

# The licence is drawn first, since without a model the script ends where one is chosen.
model, licence = st.container(), st.container()
with licence:
    st.header("Licence", anchor=False)
    st.markdown(
        "The app and the bundled models are free to use and to change under the licence below. "
        "Hands are found by MediaPipe's networks, which have the same licence."
    )
    with st.expander("Licence text"):
        st.code(LICENCE.read_text(encoding="utf-8"), language=None, wrap_lines=True)

with model:
    st.header("The model", anchor=False)
    card = choose_model().card
    if card.description:
        st.markdown(escape_markdown(card.description))
    st.caption(f"Network: {escape_markdown(card.network)}. It knows {len(card.labels)} signs.")

    st.subheader("How good it is", anchor=False)
    if card.scores:
        st.dataframe(as_table(card.scores, shares=True), hide_index=True, alt="Scores of the model")
        st.caption(
            "Each row says how the tested pictures were set aside (split). The score to expect is "
            "the one on people whose pictures the model has not seen. A random split has the same "
            "people on both sides, and flatters."
        )
    else:
        st.markdown("The card states no scores.")

    st.subheader("Who and what it learned from", anchor=False)
    lines = []
    for number, entry in enumerate(card.data, start=1):
        facts = {fact["what"]: fact["value"] for fact in as_list(entry)}
        name = facts.pop("name", f"data set {number}")
        said = " · ".join(f"{what}: {value}" for what, value in facts.items() if value)
        lines.append(f"- **{escape_markdown(name)}** · {escape_markdown(said)}")
    st.markdown("\n".join(lines) or "The card names no data.")

    st.subheader("How it was made", anchor=False)
    for title, facts in (
        ("Training", card.training),
        ("Network settings", card.settings),
        ("Calibration", {**card.calibration, "can't tell below": card.abstain_below}),
        ("Exported model against trained network", card.parity),
        ("Versions", card.versions),
    ):
        if facts:
            with st.expander(title):
                st.dataframe(as_list(facts), hide_index=True, alt=title)
