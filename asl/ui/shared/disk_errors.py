"""Say in plain words what the disk refuses, wherever a page meets it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec

import streamlit as st
from streamlit.runtime.media_file_storage import MediaFileStorageError

from asl.ui.shared.text import escape_markdown
from asl.workspace import disk_trouble

log = logging.getLogger(__name__)
Arguments = ParamSpec("Arguments")


@contextmanager
def in_words() -> Iterator[None]:
    """Say on the page why a file cannot be read or written, and go on after the block."""
    try:
        yield
    except OSError as error:
        log.warning("A page met the disk", exc_info=True)
        reason = escape_markdown(disk_trouble(error))
        st.error(f"That did not work: {reason}.", icon=":material/hard_drive:")
    except MediaFileStorageError:  # of a picture that a page shows
        st.error("A picture is gone: it was deleted or moved.", icon=":material/hard_drive:")


def worded(function: Callable[Arguments, object]) -> Callable[Arguments, None]:
    """Wrap what Streamlit calls by itself, a widget's callback or a fragment, in `in_words`."""

    @wraps(function)
    def call(*args: Arguments.args, **named: Arguments.kwargs) -> None:
        with in_words():
            function(*args, **named)

    return call
