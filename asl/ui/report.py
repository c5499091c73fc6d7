"""The result of a training on one page: how good, what is weak, what to do next."""

from __future__ import annotations

import os
import re
from pathlib import Path

import streamlit as st

from asl.bundle import BundleError
from asl.data.datasets import Dataset, find_dataset
from asl.downloads import Download, ParityError, pack
from asl.evaluation.advice import Advice, Suspect
from asl.evaluation.results import outward
from asl.files import open_file
from asl.labels import display_name
from asl.quota import QuotaError
from asl.training.job import ADVICE, Job, JobError
from asl.training.jobs import keep, train_again
from asl.training.tracking import link, read_note
from asl.ui.text import escape_markdown, safe_cell
from asl.ui.trouble import in_words

#: Where the page finds which run to open next.
NEXT_RUN = "next-run"
_KEEP, _DROP = "The label is right", "Leave it out"
_PICTURES_CHECKED = 12
_ZIP = "download.zip"


def show_report(job: Job) -> None:
    """Draw the report of a training that is done."""
    try:
        advice = Advice.from_json((job.folder / ADVICE).read_text())
    except (OSError, ValueError) as error:
        st.error(f"The report cannot be read. {escape_markdown(str(error))}")
        return
    _show_headline(advice)
    try:
        bundle = job.bundle
    except BundleError as error:
        st.error(f"The model cannot be used. {escape_markdown(str(error))}")
    else:
        if bundle is None:
            st.info(
                f"The model is no longer in {escape_markdown(str(job.home))}: it was moved or "
                "deleted.",
                icon=":material/folder_off:",
            )
        else:
            _offer_model(job)
    weak, following = st.columns(2, gap="large")
    with weak:
        _show_weak(advice)
    with following:
        st.markdown("#### What to photograph next")
        if advice.next_pictures:
            st.markdown("\n".join(f"- {escape_markdown(said)}" for said in advice.next_pictures))
        else:
            st.markdown("Nothing stands out. Other people and other rooms always help.")
    _show_suspects(job, advice)
    _show_tracking(job)


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


def _show_weak(advice: Advice) -> None:
    st.markdown("#### Weakest signs")
    if not advice.weak:
        st.markdown("Every sign is recognised in at least nine pictures of ten.")
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


def _offer_model(job: Job) -> None:
    use, download = st.columns(2, gap="large")
    with use, st.container(border=True):
        if job.model:
            st.markdown(
                f":material/check_circle: In use as **{escape_markdown(job.model)}** on every page."
            )
            st.page_link(
                "pages/photo.py", label="Try it on a photo", icon=":material/photo_camera:"
            )
        name = st.text_input(
            "Name of the model", job.model or _model_name(job.title), key=f"model-name-{job.id}"
        )
        if st.button("Use this model", type="primary", key=f"use-{job.id}"):
            with in_words():
                _use(job, name.strip())
    with download, st.container(border=True):
        st.markdown(
            "**Take it away**: a zip with the model and a short script that predicts with ONNX "
            "Runtime alone, without this app."
        )
        _offer_download(job)


def _use(job: Job, name: str) -> None:
    try:
        keep(job, name)
    except (JobError, BundleError, QuotaError) as error:
        st.error(escape_markdown(str(error)))
    else:
        st.rerun()


def _offer_download(job: Job) -> None:
    file, key = job.folder / _ZIP, f"packed-{job.id}"
    if st.button("Prepare the download", icon=":material/inventory_2:", key=f"pack-{job.id}"):
        with in_words(), st.spinner("Packing, and comparing its answers with the app's"):
            try:
                st.session_state[key] = pack(job.bundle, _some_pictures(job), file)
            except (ParityError, BundleError, ValueError) as error:
                st.error(f"The download is not fit to be used. {escape_markdown(str(error))}")
    packed: Download | None = st.session_state.get(key)
    if packed is not None and file.is_file():
        st.success(packed.in_words, icon=":material/balance:")
        st.download_button(
            "Download",
            file.read_bytes,
            file_name=f"{_model_name(job.title)}.zip",
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
            key=f"download-{job.id}",
        )


def _some_pictures(job: Job) -> list[Path]:
    """Return tested pictures from all over the data set."""
    import pandas as pd

    with open_file(job.folder / "tested.parquet") as tested:
        paths = pd.read_parquet(tested)["path"]
    step = max(1, len(paths) // _PICTURES_CHECKED)
    found = [Path(job.began_in, path) for path in paths[::step]]
    return [path for path in found if path.is_file()][:_PICTURES_CHECKED]


def _show_suspects(job: Job, advice: Advice) -> None:
    dataset = _dataset(job)
    if dataset is None:
        return
    table = dataset.pictures().set_index("path")
    table = table[table["state"] == "used"]
    # Those that were corrected or confirmed since, be it after another training, are settled.
    asked = table.loc[table["confirmed"] != table["label"], "label"]
    known = [one for one in advice.suspects if asked.get(_own(dataset, one.path)) == one.label]
    if not known:
        return
    st.markdown("#### Probably mislabelled")
    st.caption(
        "The model, which had not seen these pictures, is sure that they show another sign. Look "
        "at each: it may be the model that is wrong."
    )
    labels = sorted(table["label"].unique())
    chosen = {}
    with st.form(f"suspects-{job.id}", border=False):
        with st.grid(min_column_width=180, gap="small"):
            for number, suspect in enumerate(known):
                with st.container(border=True):
                    chosen[suspect.path] = _decide(dataset, suspect, labels, f"{job.id}-{number}")
        again = st.form_submit_button(
            "Correct these, and train again", icon=":material/model_training:"
        )
    if again:
        _correct(job, dataset, chosen)


def _decide(dataset: Dataset, suspect: Suspect, labels: list[str], key: str) -> str:
    own, other = display_name(suspect.label), display_name(suspect.looks_like)
    st.image(
        str(dataset.thumbnail(suspect.path)),
        width="stretch",
        alt=f"Labelled {own}, looks like {other}",
    )
    st.caption(
        f"Labelled **{escape_markdown(own)}**, looks like **{escape_markdown(other)}** "
        f"({suspect.confidence:.0%})"
    )
    others = [label for label in labels if label not in (suspect.label, suspect.looks_like)]
    return st.selectbox(
        f"What to do with picture {suspect.picture}",
        [_KEEP, suspect.looks_like, _DROP, *others],
        format_func=lambda one: one if one in (_KEEP, _DROP) else f"It is {display_name(one)}",
        label_visibility="collapsed",
        key=f"suspect-{key}",
    )


def _correct(job: Job, dataset: Dataset, chosen: dict[str, str]) -> None:
    labels = {_own(dataset, path): what for path, what in chosen.items() if what != _DROP}
    dropped = [_own(dataset, path) for path, what in chosen.items() if what == _DROP]
    changed = {path: label for path, label in labels.items() if label != _KEEP}
    try:
        dataset.leave_out(dropped)
        for path, label in changed.items():
            dataset.relabel([path], label)
        dataset.confirm(list(labels))
        if not changed and not dropped:
            st.info(
                "Every label was confirmed, so there is nothing to train again. You will not be "
                "asked about these pictures any more."
            )
            return
        st.session_state[NEXT_RUN] = train_again(job).id
    except (JobError, QuotaError, ValueError) as error:
        st.error(escape_markdown(str(error)))
    else:
        st.rerun()


def _own(dataset: Dataset, path: str) -> str:
    """Return the name that a picture at `path` has in the data set's table."""
    return os.path.relpath(path, dataset.folder.resolve())


def _dataset(job: Job) -> Dataset | None:
    try:
        return find_dataset(job.dataset_id)
    except ValueError:
        return None


def _show_tracking(job: Job) -> None:
    note = read_note(job.folder)
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


def _model_name(title: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-").lower()[:64] or "model"
