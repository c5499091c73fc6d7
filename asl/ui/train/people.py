"""Ask who is in the examples of a data set; names of files and folders only allow a guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd
import streamlit as st

from asl.data.layout import Layout, with_person
from asl.data.library.dataset import Dataset
from asl.data.people import (
    PeopleFrom,
    guess_people,
    people_from_folders,
    people_from_pattern,
    people_from_word,
)
from asl.ui.shared.kinds import Kind, kind_called
from asl.ui.shared.text import escape_markdown, safe_cell, shown_name
from asl.ui.train.changes import apply_change
from asl.workspace import hosted

#: More than this are not people, but something else that names of files say.
_MOST_PEOPLE = 500

_Who = Literal["several", "one", "unknown"]
_WHO: dict[_Who, str] = {
    "several": "Several people",
    "one": "One person",
    "unknown": "I don't know",
}
_MEANING = {
    "several": "The model is tested on people whose {} it has not seen. That is the score to "
    "expect when somebody new uses it.",
    "one": "The score will say how well the model reads this one person. About others it says "
    "nothing.",
    "unknown": "Unless the {} came with a test part of their own, some are set aside at "
    "random for the test, so the same people may be on both sides. The score flatters, and says "
    "little about new people.",
}
_WHERE = {
    "kept": "As they are now",
    "folders": "Folders beside the signs' folders",
    "word 0": "First word of the file names",
    "word 1": "Second word of the file names",
    "word 2": "Third word of the file names",
    "pattern": "A pattern (regular expression)",
}


def show_people(dataset: Dataset, table: pd.DataFrame) -> None:
    """Let the visitor say whether several people are in the examples, and who.

    Args:
        table: of the data set, examples that are not used among them.
    """
    kind = kind_called(dataset.kind)
    who = st.radio(
        f"Who is in the {kind.examples}?",
        list(_WHO),
        index=list(_WHO).index(_stored(dataset)),
        format_func=_WHO.__getitem__,
        key=f"people-{dataset.id}",
        horizontal=True,
    )
    st.caption(_MEANING[who].format(kind.examples))
    if who == "several":
        named = _name_several(dataset, table, kind)
        if named is None:
            return
        people, source = named
    else:
        person, source = ("1" if who == "one" else None), who
        people = dict.fromkeys(table["path"], person)
    label = "Confirm" if who != "unknown" else "Go on without"
    if st.button(label, type="primary", key=f"confirm-{dataset.id}"):
        apply_change(lambda: dataset.set_people(people, source))
    if dataset.people_confirmed:
        st.caption(f":material/check: You have confirmed who is in the {kind.examples}.")


def _stored(dataset: Dataset) -> _Who:
    source = dataset.people_from
    return source if source == "one" or source == "unknown" else "several"


def _name_several(
    dataset: Dataset, table: pd.DataFrame, kind: Kind
) -> tuple[dict[str, str | None], PeopleFrom] | None:
    """Let the visitor say where people's names stand, and correct them.

    Returns:
        the person of each example by its path, and where the names come from; None, with the
        reason on the page, if names cannot be read there.
    """
    names = [tuple(name.split("/")) for name in table["original"]]
    layout = with_person(dataset.layout, [name[:-1] for name in names if len(name) > 1])
    where = _choose_where(dataset, table, names, layout)
    try:
        people = _people_by(where, table, names, layout, dataset.id)
    except ValueError as error:
        st.error(escape_markdown(str(error)))
        return None
    counts = pd.Series([person or "" for person in people]).value_counts(sort=False).sort_index()
    if len(counts) > _MOST_PEOPLE:
        st.error(f"That gives {len(counts):,} people; it does not seem to be where names stand.")
        return None
    examples = [_example(name, people, table) for name in counts.index]
    renamed = _correct(counts, examples, kind, f"names-{dataset.id}-{where}")
    named = {path: renamed[name or ""] for path, name in zip(table["path"], people, strict=True)}
    return named, _source(where)


def _choose_where(
    dataset: Dataset, table: pd.DataFrame, names: Sequence[tuple[str, ...]], layout: Layout
) -> str:
    """Let the visitor say where people's names stand; returns a key of `_WHERE`."""
    guess = guess_people(names, table["label"].tolist(), layout)
    known = table["person"].notna().any()
    options = [where for where in _WHERE if where != "kept" or known]
    if hosted():
        # An expression can be made to compute for ever, and the other visitors would wait.
        options.remove("pattern")
    return st.selectbox(
        "Where do their names stand?",
        options,
        index=0 if known or guess.where != "folders" else options.index("folders"),
        format_func=_WHERE.__getitem__,
        key=f"where-{dataset.id}",
    )


def _correct(
    counts: pd.Series, examples: Sequence[str], kind: Kind, key: str
) -> Mapping[str, str | None]:
    """Let the visitor correct names in a table; returns what each name is to be, None if unknown.

    Args:
        counts: number of examples by name.
        examples: for each name, what one of its examples is called.
    """
    number = kind.examples.capitalize()
    st.caption(
        "Correct names here: two that are made the same become one person, an empty one is unknown."
    )
    edited = st.data_editor(
        pd.DataFrame(
            {
                "Person": [safe_cell(shown_name(name)) for name in counts.index],
                number: counts.to_numpy(),
                "For example": examples,
            }
        ),
        hide_index=True,
        disabled=[number, "For example"],
        key=key,
        alt=f"People and how many {kind.examples} each of them has",
    )
    return {
        old: (new or "").removeprefix("'") or None
        for old, new in zip(counts.index, edited["Person"], strict=True)
    }


def _source(where: str) -> PeopleFrom:
    if where == "folders":
        return "folders"
    return "names" if where.startswith("word") else "table"


def _people_by(
    where: str, table: pd.DataFrame, names: Sequence[tuple[str, ...]], layout: Layout, key: str
) -> list[str | None]:
    if where == "kept":
        return [None if pd.isna(person) else person for person in table["person"]]
    if where == "folders":
        return people_from_folders(names, layout)
    if where == "pattern":
        pattern = st.text_input(
            "Pattern, with a group called person",
            r"(?P<person>[^/_]+)_[^/]*$",
            key=f"pattern-{key}",
            max_chars=200,
        )
        return people_from_pattern(["/".join(name) for name in names], pattern)
    return people_from_word(names, int(where.removeprefix("word ")))


def _example(person: str, people: Sequence[str | None], table: pd.DataFrame) -> str:
    row = next(row for row, name in enumerate(people) if (name or "") == person)
    return safe_cell(shown_name(table["original"].iloc[row]))
