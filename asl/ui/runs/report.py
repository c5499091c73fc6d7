"""The result of a training on one page: how good, what is weak, what to do next."""

from __future__ import annotations

import streamlit as st

from asl.bundle import BundleError
from asl.evaluation.advice import Advice
from asl.evaluation.results.result import outward
from asl.labels import display_name
from asl.quota import QuotaError
from asl.runs.control import keep
from asl.runs.examples import is_example
from asl.runs.files import ADVICE
from asl.runs.run import Run, RunError
from asl.training.tracking import link, read_record
from asl.ui.runs.suspects import show_suspects
from asl.ui.runs.take_away import file_name, offer_to_take_away
from asl.ui.shared.disk_errors import in_words
from asl.ui.shared.kinds import Kind, kind_of
from asl.ui.shared.text import escape_markdown, safe_cell


def show_report(run: Run) -> None:
    """Draw the report of a training that is done."""
    try:
        advice = Advice.from_json((run.folder / ADVICE).read_text())
    except (OSError, ValueError) as error:
        st.error(f"The report cannot be read. {escape_markdown(str(error))}")
        return
    kind = kind_of(run.config)
    _show_headline(advice)
    _show_model(run, kind)
    weak, following = st.columns(2, gap="large")
    with weak:
        _show_weak(advice, kind)
    with following:
        _show_next(advice, kind)
    show_suspects(run, advice, kind)
    _show_tracking(run)


def _show_model(run: Run, kind: Kind) -> None:
    try:
        bundle = run.bundle
    except BundleError as error:
        st.error(f"The model cannot be used. {escape_markdown(str(error))}")
        return
    if bundle is None:
        st.info(
            f"The model is no longer in {escape_markdown(str(run.home))}: it was moved or deleted.",
            icon=":material/folder_off:",
        )
        return
    if is_example(run):
        st.caption("It comes with the app, and is in the list of models on every page.")
        return
    use, download = st.columns(2, gap="large")
    with use, st.container(border=True):
        _offer_use(run, kind)
    with download, st.container(border=True):
        offer_to_take_away(run, bundle)


def _show_headline(advice: Advice) -> None:
    with st.container(key="words-score"):
        st.header(f"{advice.accuracy:.0%} right {advice.where}", anchor=False)
    low, high = outward(advice.low, advice.high, 0)
    range_ = f"{low} % to {high} %"
    if advice.new_person and len(advice.people) > 1:
        st.markdown(
            f"Expect **{range_}** on people it has not seen (95 % range over {advice.rests_on})."
        )
    else:
        about = "" if advice.about_others else " It says nothing about other people."
        st.markdown(f"95 % range **{range_}**, over {advice.rests_on}.{about}")
    for warning in advice.warnings:
        st.warning(escape_markdown(warning), icon=":material/warning:")
    if len(advice.people) > 1:
        with st.expander(f"Person by person, worst {advice.people[0][1]:.0%}"):
            st.dataframe(
                [{"person": safe_cell(who), "right": share} for who, share in advice.people],
                hide_index=True,
                column_config={
                    "right": st.column_config.ProgressColumn(
                        format="percent", min_value=0, max_value=1
                    )
                },
                alt="Share of right answers for each person",
            )


def _show_weak(advice: Advice, kind: Kind) -> None:
    st.markdown("#### Weakest signs")
    if not advice.weak:
        st.markdown(f"Every sign is recognised in at least nine {kind.examples} of ten.")
        return
    rows = [
        {
            "sign": safe_cell(display_name(sign.label)),
            "recognised": sign.recognised,
            "taken for": safe_cell(
                ", ".join(
                    f"{display_name(other)} ({count} of {sign.pictures})"
                    for other, count in sign.taken_for
                )
            ),
        }
        for sign in advice.weak
    ]
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "sign": st.column_config.Column(width=60),
            "recognised": st.column_config.NumberColumn(format="percent", width=90),
            "taken for": st.column_config.Column(width="medium"),
        },
        alt="The signs recognised least often, and what they are taken for",
    )


def _show_next(advice: Advice, kind: Kind) -> None:
    st.markdown(f"#### {kind.collect_next}")
    if advice.next_pictures:
        st.markdown("\n".join(f"- {escape_markdown(said)}" for said in advice.next_pictures))
    else:
        st.markdown("Nothing stands out. Other people and other rooms always help.")


def _offer_use(run: Run, kind: Kind) -> None:
    if run.model:
        st.markdown(
            f":material/check_circle: In use as **{escape_markdown(run.model)}** on every page."
        )
        link = kind.try_model
        st.page_link(link.page, label=link.label, icon=link.icon)
    name = st.text_input(
        "Name of the model", run.model or file_name(run.title), key=f"model-name-{run.id}"
    )
    if st.button("Use this model", type="primary", key=f"use-{run.id}"):
        with in_words():
            _use(run, name.strip())


def _use(run: Run, name: str) -> None:
    try:
        keep(run, name)
    except (RunError, BundleError, QuotaError) as error:
        st.error(escape_markdown(str(error)))
    else:
        st.rerun()


def _show_tracking(run: Run) -> None:
    note = read_record(run.folder)
    said = []
    if link(note):
        said.append(f"[Its record in MLflow]({link(note)})")
    if note.get("version"):
        champion = ", the champion" if note.get("champion") else ""
        said.append(f"Registered as {escape_markdown(note['model'])} {note['version']}{champion}")
    if note.get("failures"):
        said.append(
            f"Not everything could be recorded: {escape_markdown(note['failures'][0][:300])}"
        )
    if said:
        st.caption(" · ".join(said))
