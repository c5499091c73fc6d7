"""Show what is in a data set and what is wrong with it, and let the visitor mend it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st
from PIL import Image

from asl.data import intake
from asl.data.datasets import Dataset, none_where_missing
from asl.data.folder import HOW_NAMED, WHICH_SIGNS
from asl.data.layout import Layout, with_person
from asl.data.people import guess_people, people_from_folders, people_from_pattern, people_from_word
from asl.data.verdict import Checkup, check_up, listed
from asl.labels import display_name
from asl.ui.questions import choose_reading
from asl.ui.text import escape_markdown, safe_cell, shown_name
from asl.workspace import disk_trouble, hosted

_VERDICTS = {
    "ready": (st.success, ":material/check_circle:", "Ready to train."),
    "ready with warnings": (st.warning, ":material/warning:", "Ready, with warnings."),
    "not trainable": (st.error, ":material/block:", "Not trainable yet."),
}
_ICONS = {"stop": ":material/block:", "warning": ":material/warning:", "note": ":material/info:"}

_IN_STRIP = 6
_STRIPS_IN_SIGHT = 6
_THUMB = 96
_A_PAGE = 24
_MOST_PAIRS = 12

_WHERE = {
    "kept": "As they are now",
    "folders": "Folders beside the signs' folders",
    "word 0": "First word of the file names",
    "word 1": "Second word of the file names",
    "word 2": "Third word of the file names",
    "pattern": "A pattern (regular expression)",
}
_WHO = {
    "several": "Several people",
    "one": "One person",
    "unknown": "I don't know",
}
_MEANING = {
    "several": "The model is tested on people whose pictures it has not seen. That is the score to "
    "expect when somebody new uses it.",
    "one": "The score will say how well the model reads this one person. About others it says "
    "nothing.",
    "unknown": "Unless the pictures came with a test part of their own, some are set aside at "
    "random for the test, so the same people may be on both sides. The score flatters, and says "
    "little about new people.",
}


def show_check(dataset: Dataset) -> Checkup:
    """Show the verdict on a data set and everything behind it; returns what was found."""
    table = dataset.pictures()
    found = check_up(
        table,
        dataset.near(),
        dataset.people_from,
        dataset.people_confirmed,
        bool(dataset.level_choices),
    )
    _show_verdict(dataset, found)
    if dataset.encoding_choices:
        _ask(dataset, HOW_NAMED, dataset.encoding_choices, dataset.set_encoding)
    if dataset.level_choices:
        _ask(dataset, WHICH_SIGNS, dataset.level_choices, dataset.set_levels)
    elif not dataset.people_confirmed and len(found.people) > 1:
        _ask_people(dataset, table, found)
    _show_findings(found)
    signs, pictures, copies, people, left_out = st.tabs(
        ["Signs", "Pictures", "Copies", "People", "Left out"],
        key=f"check-{dataset.id}",
        on_change="rerun",
    )
    # Only the open one is filled: pictures take time to send.
    for tab, show in (
        (signs, lambda: _show_signs(found)),
        (pictures, lambda: _show_pictures(dataset, table)),
        (copies, lambda: _show_copies(dataset, found)),
        (people, lambda: _show_people(dataset, table, found)),
        (left_out, lambda: _show_left_out(dataset, table)),
    ):
        if tab.open:
            with tab:
                show()
    return found


def _show_verdict(dataset: Dataset, found: Checkup) -> None:
    draw, icon, words = _VERDICTS[found.state]
    draw(
        f"**{words}** {found.pictures:,} pictures of {len(found.classes)} signs, "
        f"{_who_in_words(dataset, found)}.",
        icon=icon,
    )
    if reason := intake.failure(dataset.folder):
        st.error(f"The last look at all pictures ended early. {escape_markdown(reason)}.")
    if found.unchecked and intake.step(dataset.folder) is None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Pictures that have not been looked at yet: {found.unchecked:,}")
            if st.button("Look at them now", key=f"again-{dataset.id}", type="primary"):
                _change(lambda: intake.check_again(dataset))


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
            _change(lambda: answer(chosen))


def _ask_people(dataset: Dataset, table: pd.DataFrame, found: Checkup) -> None:
    """Ask whether those that seem to be people are people."""
    who = listed([str(person) for person in found.people["person"]])
    named = dict(zip(table["path"], none_where_missing(table["person"]), strict=True))
    with st.container(border=True):
        st.markdown(f"**Are these people?** {escape_markdown(shown_name(who))}")
        with st.container(horizontal=True):
            if st.button("Yes, people", type="primary", key=f"are-people-{dataset.id}"):
                _change(lambda: dataset.set_people(named, dataset.people_from))
            if st.button("No, or I don't know", key=f"no-people-{dataset.id}"):
                _change(lambda: dataset.set_people({}, "unknown"))
        st.caption("To correct their names, or to say who is in the pictures, open *People* below.")


def _who_in_words(dataset: Dataset, found: Checkup) -> str:
    if len(found.people) > 1:
        unsure = "" if dataset.people_confirmed else " (a guess)"
        return f"{len(found.people)} people{unsure}"
    return "one person" if dataset.people_from == "one" else "people unknown"


def _show_signs(found: Checkup) -> None:
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


def _show_pictures(dataset: Dataset, table: pd.DataFrame) -> None:
    used = table[table["state"] == "used"]
    labels = sorted(used["label"].unique())
    if not labels:
        st.caption("No pictures are in use.")
        return
    label = st.selectbox(
        "Sign",
        [None, *labels],
        format_func=lambda label: "All, a few of each" if label is None else display_name(label),
        key=f"look-{dataset.id}",
    )
    if label is None:
        _show_strips(dataset, used, labels)
        return
    rows = used[used["label"] == label]
    pages = -(-len(rows) // _A_PAGE)
    page = 1
    if pages > 1:
        page = st.number_input(
            f"Page, of {pages}", 1, pages, key=f"page-{dataset.id}-{label}", width=160
        )
    shown = rows.iloc[(page - 1) * _A_PAGE : page * _A_PAGE]
    ticked = []
    with st.container(horizontal=True, gap="small"):
        for number, row in enumerate(shown.itertuples(), start=(page - 1) * _A_PAGE + 1):
            with st.container(width=_THUMB + 24, gap=None):
                st.image(
                    dataset.thumbnail(row.path),
                    width=_THUMB,
                    alt=f"{display_name(label)}, picture {number}: {shown_name(row.original)}",
                )
                # No hand: what training then makes of the picture is worth a look.
                handless = not pd.isna(row.found) and not row.found
                name = f"{number} · no hand" if handless else f"{number}"
                if st.checkbox(name, key=f"tick-{dataset.id}-{row.path}"):
                    ticked.append(row.path)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        other = st.selectbox(
            "Sign that they show",
            [name for name in labels if name != label],
            index=None,
            placeholder="Choose or type",
            format_func=display_name,
            accept_new_options=True,
            key=f"move-{dataset.id}",
        )
        if st.button("Move", disabled=not (ticked and other), key=f"do-move-{dataset.id}"):
            _change(lambda: dataset.relabel(ticked, other))
        if st.button(
            "Leave out", icon=":material/delete:", disabled=not ticked, key=f"drop-{dataset.id}"
        ):
            _change(lambda: dataset.leave_out(ticked))
    st.caption("Tick pictures that show another sign, or that nothing can be learnt from.")


def _show_strips(dataset: Dataset, used: pd.DataFrame, labels: Sequence[str]) -> None:
    """Draw a few pictures of every sign; spread over the sign's pictures, since they come in rows
    of one person."""
    tall = len(labels) > _STRIPS_IN_SIGHT
    with st.container(horizontal=True, gap="medium", height=640 if tall else "content"):
        for label in labels:
            rows = used[used["label"] == label]
            step = max(1, len(rows) // _IN_STRIP)
            paths = rows["path"].iloc[::step].iloc[:_IN_STRIP]
            with st.container(width=3 * _THUMB + 8, gap=None):
                st.markdown(f"**{escape_markdown(display_name(label))}** · {len(rows):,}")
                st.image(
                    _strip([dataset.thumbnail(path) for path in paths]),
                    alt=f"{len(paths)} of {len(rows)} pictures of {display_name(label)}",
                )


def _strip(files: Sequence) -> Image.Image:
    """Thumbnails in rows of three, one picture."""
    width, rows = 3, -(-len(files) // 3)
    strip = Image.new("RGB", (width * _THUMB, rows * _THUMB), (128, 128, 128))
    for number, file in enumerate(files):
        with Image.open(io.BytesIO(file.read_bytes()), formats=("JPEG",)) as thumb:
            thumb.thumbnail((_THUMB, _THUMB))
            left, top = number % width * _THUMB, number // width * _THUMB
            strip.paste(
                thumb, (left + (_THUMB - thumb.width) // 2, top + (_THUMB - thumb.height) // 2)
            )
    return strip


def _show_copies(dataset: Dataset, found: Checkup) -> None:
    surplus = [path for group in found.copies for path in group[1:]]
    if surplus:
        st.markdown(f"**Copies of other pictures, byte for byte:** {len(surplus):,}")
        if st.button("Leave out the copies", key=f"copies-{dataset.id}"):
            _change(lambda: dataset.leave_out(surplus, "a copy of another picture"))
    pairs = found.contradictions
    if pairs.empty:
        st.markdown("No two pictures that look alike have different names.")
    else:
        st.markdown(
            f"**Pairs that look alike and are called differently:** {len(pairs):,}. "
            "What do they show?"
        )
    for number, pair in enumerate(pairs.head(_MOST_PAIRS).itertuples()):
        names = [display_name(pair.label_a), display_name(pair.label_b)]
        key = f"{dataset.id}-{pair.a}-{pair.b}"
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            for path, name in zip((pair.a, pair.b), names, strict=True):
                with st.container(width=_THUMB + 16, gap=None):
                    st.image(
                        dataset.thumbnail(path), width=_THUMB, alt=f"Pair {number + 1}: {name}"
                    )
                    st.caption(escape_markdown(name))
            for label, name in zip((pair.label_a, pair.label_b), names, strict=True):
                if st.button(f"Both {escape_markdown(name)}", key=f"both-{label}-{key}"):
                    _change(lambda label=label, pair=pair: dataset.relabel([pair.a, pair.b], label))
            if st.button("Leave both out", key=f"neither-{key}"):
                _change(lambda pair=pair: dataset.leave_out([pair.a, pair.b]))
    if len(pairs) > _MOST_PAIRS:
        st.caption(f"{len(pairs) - _MOST_PAIRS:,} more come up as these are settled.")
    st.caption(
        f"{found.near_share:.0%} of the pictures look nearly like another one. Pictures taken in "
        "a row do; they teach little, and flatter a score from a random split."
    )


def _show_people(dataset: Dataset, table: pd.DataFrame, found: Checkup) -> None:
    stored = {"one": "one", "unknown": "unknown"}.get(dataset.people_from, "several")
    who = st.radio(
        "Who is in the pictures?",
        list(_WHO),
        index=list(_WHO).index(stored),
        format_func=_WHO.get,
        key=f"people-{dataset.id}",
        horizontal=True,
    )
    st.caption(_MEANING[who])
    if who == "several":
        people, source = _several(dataset, table)
    else:
        person, source = ("1" if who == "one" else None), who
        people = dict.fromkeys(table["path"], person)
    if people is None:
        return
    label = "Confirm" if who != "unknown" else "Go on without"
    if st.button(label, type="primary", key=f"confirm-{dataset.id}"):
        _change(lambda: dataset.set_people(people, source))
    if dataset.people_confirmed:
        st.caption(":material/check: You have confirmed who is in the pictures.")


def _several(dataset: Dataset, table: pd.DataFrame) -> tuple[dict[str, str | None] | None, str]:
    """Let the visitor say where people's names stand and correct them; path → person."""
    names = [tuple(name.split("/")) for name in table["original"]]
    layout = _layout(dataset, names)
    guess = guess_people(names, table["label"], layout)
    known = table["person"].notna().any()
    options = [where for where in _WHERE if where != "kept" or known]
    if hosted():
        # An expression can be made to compute for ever, and the other visitors would wait.
        options.remove("pattern")
    where = st.selectbox(
        "Where do their names stand?",
        options,
        index=0 if known or guess.where != "folders" else options.index("folders"),
        format_func=_WHERE.get,
        key=f"where-{dataset.id}",
    )
    try:
        people = _people_by(where, table, names, layout, dataset.id)
    except ValueError as error:
        st.error(escape_markdown(str(error)))
        return None, "table"
    counts = pd.Series([person or "" for person in people]).value_counts(sort=False).sort_index()
    if len(counts) > 500:
        st.error(f"That gives {len(counts):,} people; it does not seem to be where names stand.")
        return None, "table"
    st.caption(
        "Correct names here: two that are made the same become one person, an empty one is unknown."
    )
    edited = st.data_editor(
        pd.DataFrame(
            {
                "Person": [safe_cell(shown_name(name)) for name in counts.index],
                "Pictures": counts.to_numpy(),
                "For example": [_example(name, people, table) for name in counts.index],
            }
        ),
        hide_index=True,
        disabled=["Pictures", "For example"],
        key=f"names-{dataset.id}-{where}",
        alt="People and how many pictures each of them has",
    )
    renamed = {
        old: (new or "").removeprefix("'") or None
        for old, new in zip(counts.index, edited["Person"], strict=True)
    }
    return (
        {p: renamed[name or ""] for p, name in zip(table["path"], people, strict=True)},
        where if where == "folders" else "names" if where.startswith("word") else "table",
    )


def _layout(dataset: Dataset, names: Sequence[tuple[str, ...]]) -> Layout:
    """The layout of the upload's folders, with those that name people if any do."""
    return with_person(dataset.layout, [name[:-1] for name in names if len(name) > 1])


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


def _show_left_out(dataset: Dataset, table: pd.DataFrame) -> None:
    rows = table[table["state"] != "used"]
    back = rows.loc[rows["state"] == "left out", "path"].tolist()
    if rows.empty and not dataset.problems:
        st.markdown("Everything that was given is in use.")
        return
    if len(rows):
        st.markdown(f"**Pictures that are not used:** {len(rows):,}")
        st.dataframe(
            pd.DataFrame(
                {
                    "Picture": [safe_cell(shown_name(name)) for name in rows["original"]],
                    "Sign": [safe_cell(display_name(label)) for label in rows["label"]],
                    "Why": [safe_cell(reason) for reason in rows["reason"]],
                }
            ),
            hide_index=True,
            alt="Pictures that are not used, and why",
        )
    if back and st.button(f"Use what was left out again ({len(back):,})", key="take-back"):
        _change(lambda: dataset.take_back(back))
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


def _change(change) -> None:
    """Mend the data set and draw the page anew; or say why it cannot be done."""
    try:
        change()
    except (ValueError, OSError) as error:
        reason = disk_trouble(error) if isinstance(error, OSError) else str(error)
        st.error(escape_markdown(reason))
    else:
        st.rerun()
