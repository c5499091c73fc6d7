"""Show what is in a data set and what is wrong with it, and ask what only the visitor knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from asl.data.in_words import listed
from asl.data.library import intake
from asl.data.library.checkup import Checkup, check_up
from asl.data.library.dataset import Dataset
from asl.data.library.interpretation import set_encoding, set_levels
from asl.data.library.table import none_where_missing
from asl.data.problems import HOW_NAMED, WHICH_SIGNS
from asl.labels import display_name
from asl.ui.shared.kinds import Kind, kind_called
from asl.ui.shared.questions import choose_reading
from asl.ui.shared.text import escape_markdown, safe_cell, shown_name
from asl.ui.train.changes import apply_change
from asl.ui.train.clips.gallery import show_clips
from asl.ui.train.clips.signs import show_signs_of_clips
from asl.ui.train.copies import show_copies
from asl.ui.train.gallery import show_pictures
from asl.ui.train.people import show_people

_VERDICTS = {
    "ready": (st.success, ":material/check_circle:", "Ready to train."),
    "ready with warnings": (st.warning, ":material/warning:", "Ready, with warnings."),
    "not trainable": (st.error, ":material/block:", "Not trainable yet."),
}
_ICONS = {"stop": ":material/block:", "warning": ":material/warning:", "note": ":material/info:"}


def show_check(dataset: Dataset) -> Checkup:
    """Show the verdict on a data set and everything behind it; returns what was found."""
    kind, table = kind_called(dataset.kind), dataset.pictures()
    found = check_up(
        table,
        dataset.near(),
        dataset.people_from,
        dataset.people_confirmed,
        bool(dataset.level_choices),
        dataset.kind,
    )
    _show_verdict(dataset, found, kind)
    if dataset.encoding_choices:
        _ask(dataset, HOW_NAMED, dataset.encoding_choices, partial(set_encoding, dataset))
    if dataset.level_choices:
        _ask(dataset, WHICH_SIGNS, dataset.level_choices, partial(set_levels, dataset))
    elif not dataset.people_confirmed and len(found.people) > 1:
        _ask_people(dataset, table, found, kind)
    _show_findings(found)
    shown = _TABS[dataset.kind]
    tabs = st.tabs(list(shown), key=f"check-{dataset.id}", on_change="rerun")
    # Only the open one is filled: pictures take time to send.
    for tab, show in zip(tabs, shown.values(), strict=True):
        if tab.open:
            with tab:
                show(dataset, table, found)
    return found


def _show_verdict(dataset: Dataset, found: Checkup, kind: Kind) -> None:
    draw, icon, words = _VERDICTS[found.state]
    draw(
        f"**{words}** {found.pictures:,} {kind.examples} of {len(found.classes)} signs, "
        f"{_who_in_words(dataset, found)}.",
        icon=icon,
    )
    if reason := intake.failure(dataset.folder):
        st.error(f"The last look at all of them ended early. {escape_markdown(reason)}.")
    if found.unchecked and intake.step(dataset.folder) is None:
        with st.container(horizontal=True, vertical_alignment="center"):
            examples = kind.examples.capitalize()
            st.markdown(f"{examples} that have not been looked at yet: {found.unchecked:,}")
            if st.button("Look at them now", key=f"again-{dataset.id}", type="primary"):
                apply_change(lambda: intake.check_again(dataset))


def _show_findings(found: Checkup) -> None:
    for finding in found.findings:
        title = escape_markdown(finding.title)
        st.markdown(f"{_ICONS[finding.level]} **{title}.** {finding.advice}")


def _ask(
    dataset: Dataset,
    question: str,
    choices: Sequence[tuple[str, str]],
    answer: Callable[[str], object],
) -> None:
    """Ask what names alone do not tell.

    Args:
        choices: possible answers, and what each means.
    """
    with st.container(border=True):
        chosen = choose_reading(question, choices, f"{question}-{dataset.id}")
        if st.button("Read them so", type="primary", key=f"read-{question}-{dataset.id}"):
            apply_change(lambda: answer(chosen))


def _ask_people(dataset: Dataset, table: pd.DataFrame, found: Checkup, kind: Kind) -> None:
    """Ask whether those that seem to be people are people."""
    who = listed([str(person) for person in found.people["person"]])
    named = dict(zip(table["path"], none_where_missing(table["person"]), strict=True))
    with st.container(border=True):
        st.markdown(f"**Are these people?** {escape_markdown(shown_name(who))}")
        with st.container(horizontal=True):
            if st.button("Yes, people", type="primary", key=f"are-people-{dataset.id}"):
                apply_change(lambda: dataset.set_people(named, dataset.people_from))
            if st.button("No, or I don't know", key=f"no-people-{dataset.id}"):
                apply_change(lambda: dataset.set_people({}, "unknown"))
        st.caption(
            f"To correct their names, or to say who is in the {kind.examples}, open *People* below."
        )


def _who_in_words(dataset: Dataset, found: Checkup) -> str:
    if len(found.people) > 1:
        unsure = "" if dataset.people_confirmed else " (a guess)"
        return f"{len(found.people)} people{unsure}"
    return "one person" if dataset.people_from == "one" else "people unknown"


def _show_signs(dataset: Dataset, table: pd.DataFrame, found: Checkup) -> None:
    if found.classes.empty:
        st.caption("No pictures are in use.")
        return
    rows = pd.DataFrame(
        {
            "Sign": [safe_cell(display_name(label)) for label in found.classes["label"]],
            "Pictures": found.classes["pictures"],
            "Hand found": found.classes["hands"],
            "People": found.classes["people"],
            "Pixels": found.classes["side"],
        }
    )
    if not len(found.people):
        rows = rows.drop(columns="People")
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "Pictures": st.column_config.ProgressColumn(
                format="%d", min_value=0, max_value=int(rows["Pictures"].max())
            ),
            "Hand found": st.column_config.ProgressColumn(
                format="percent",
                min_value=0,
                max_value=1,
                help="Share of the pictures in which a hand is found",
            ),
            "Pixels": st.column_config.NumberColumn(
                format="%d", help="Shorter side of the pictures, the median"
            ),
        },
        alt="Pictures, share with a hand found and people of each sign",
    )


def _show_left_out(dataset: Dataset, table: pd.DataFrame, found: Checkup) -> None:
    kind = kind_called(dataset.kind)
    rows = table[table["state"] != "used"]
    back = rows.loc[rows["state"] == "left out", "path"].tolist()
    if rows.empty and not dataset.problems:
        st.markdown("Everything that was given is in use.")
        return
    if len(rows):
        st.markdown(f"**{kind.examples.capitalize()} that are not used:** {len(rows):,}")
        st.dataframe(
            pd.DataFrame(
                {
                    kind.example.capitalize(): [
                        safe_cell(shown_name(name)) for name in rows["original"]
                    ],
                    "Sign": [safe_cell(display_name(label)) for label in rows["label"]],
                    "Why": [safe_cell(reason) for reason in rows["reason"]],
                }
            ),
            hide_index=True,
            alt=f"{kind.examples.capitalize()} that are not used, and why",
        )
    if back and st.button(f"Use what was left out again ({len(back):,})", key="take-back"):
        apply_change(lambda: dataset.take_back(back))
    if dataset.problems:
        st.markdown(f"**Other things in the upload that were not used:** {len(dataset.problems):,}")
        st.dataframe(
            pd.DataFrame(
                {
                    "What": [safe_cell(shown_name(path)) for _, path, _ in dataset.problems],
                    "Why": [safe_cell(message) for *_, message in dataset.problems],
                }
            ),
            hide_index=True,
            alt="Files in the upload that were not used, and why",
        )


#: What is behind a verdict, by the kind of the examples: heading → what draws it.
_TABS: Mapping[str, Mapping[str, Callable[[Dataset, pd.DataFrame, Checkup], None]]] = {
    "pictures": {
        "Signs": _show_signs,
        "Pictures": lambda dataset, table, found: show_pictures(dataset, table),
        "Copies": lambda dataset, table, found: show_copies(dataset, found),
        "People": lambda dataset, table, found: show_people(dataset, table),
        "Left out": _show_left_out,
    },
    "sequences": {
        "Signs": show_signs_of_clips,
        "Clips": show_clips,
        "People": lambda dataset, table, found: show_people(dataset, table),
        "Left out": _show_left_out,
    },
}
