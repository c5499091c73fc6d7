"""Examples that are probably mislabelled: correct or confirm them, and train again."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import streamlit as st

from asl.data.library.dataset import Dataset, find_dataset
from asl.evaluation.advice import Advice
from asl.evaluation.suspects import Suspect
from asl.labels import display_name
from asl.quota import QuotaError
from asl.runs.control import train_again
from asl.runs.run import Run, RunError
from asl.ui.runs.start import NEXT_RUN
from asl.ui.shared.kinds import Kind
from asl.ui.shared.text import escape_markdown

_KEEP, _DROP = "The label is right", "Leave it out"


def show_suspects(run: Run, advice: Advice, kind: Kind) -> None:
    """Ask about examples whose labels the model contradicts, and train again once they are right.

    Nothing is drawn if the data set is gone, or if all of them are settled.
    """
    dataset = _dataset(run)
    if dataset is None:
        return
    table = dataset.pictures().set_index("path")
    table = table[table["state"] == "used"]
    # Those that were corrected or confirmed since, be it after another training, are settled.
    asked = table.loc[table["confirmed"] != table["label"], "label"]
    known = [one for one in advice.suspects if asked.get(_own(dataset, one.path)) == one.label]
    if not known:
        return
    known = known[: kind.most_suspects]
    st.markdown("#### Probably mislabelled")
    st.caption(
        f"The model, which had not seen these {kind.examples}, is sure that they show another "
        "sign. Look at each: it may be the model that is wrong."
    )
    labels = sorted(table["label"].unique())
    chosen = {}
    with st.form(f"suspects-{run.id}", border=False):
        with st.grid(min_column_width=180, gap="small"):
            for number, suspect in enumerate(known):
                with st.container(border=True):
                    key = f"suspect-{run.id}-{number}"
                    _show_suspect(dataset, suspect, f"suspect-{number}")
                    question = f"What to do with {kind.example} {suspect.picture}"
                    chosen[suspect.path] = _decide(question, suspect, labels, key)
        again = st.form_submit_button(
            "Correct these, and train again", icon=":material/model_training:"
        )
    if again:
        _correct(run, dataset, chosen, kind)


def _show_suspect(dataset: Dataset, suspect: Suspect, place: str) -> None:
    own, other = display_name(suspect.label), display_name(suspect.looks_like)
    _DRAWN[dataset.kind](dataset, suspect.path, f"Labelled {own}, looks like {other}", place)
    st.caption(
        f"Labelled **{escape_markdown(own)}**, looks like **{escape_markdown(other)}** "
        f"({suspect.confidence:.0%})"
    )


def _show_picture(dataset: Dataset, path: str, alt: str, place: str) -> None:
    st.image(str(dataset.thumbnail(path)), width="stretch", alt=alt)


def _show_moving(dataset: Dataset, path: str, alt: str, place: str) -> None:
    # Importing it at the start would load what moves skeletons into every visit.
    from asl.ui.train.clips.moving import show_clip

    show_clip(dataset, _own(dataset, path), alt, place)


#: How an example is drawn, by the kind of the data set.
_DRAWN = {"pictures": _show_picture, "sequences": _show_moving}


def _decide(question: str, suspect: Suspect, labels: Sequence[str], key: str) -> str:
    """Let the visitor choose the right label; returns it, `_KEEP`, or `_DROP`."""
    others = [label for label in labels if label not in (suspect.label, suspect.looks_like)]
    return st.selectbox(
        question,
        [_KEEP, suspect.looks_like, _DROP, *others],
        format_func=lambda one: one if one in (_KEEP, _DROP) else f"It is {display_name(one)}",
        label_visibility="collapsed",
        key=key,
    )


def _correct(run: Run, dataset: Dataset, chosen: Mapping[str, str], kind: Kind) -> None:
    """Write down what was decided, and train again if that changes anything.

    Args:
        chosen: what to do with each example, as `_decide` returns it, by its path.
    """
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
                f"asked about these {kind.examples} any more."
            )
            return
        st.session_state[NEXT_RUN] = train_again(run).id
    except (RunError, QuotaError, ValueError) as error:
        st.error(escape_markdown(str(error)))
    else:
        st.rerun()


def _own(dataset: Dataset, path: str) -> str:
    """Return the name that the example at `path` has in the data set's table."""
    return os.path.relpath(path, dataset.folder.resolve())


def _dataset(run: Run) -> Dataset | None:
    try:
        return find_dataset(run.dataset_id)
    except ValueError:
        return None
