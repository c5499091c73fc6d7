"""Hand a training or a search for settings in, once it is known that it fits on this computer."""

from __future__ import annotations

from contextlib import closing

import streamlit as st

from asl.quota import QuotaError
from asl.runs.control import submit
from asl.runs.estimate import Estimate, estimate
from asl.runs.run import Run, RunError, SearchSettings
from asl.training.config import TrainConfig
from asl.ui.shared.text import escape_markdown

#: In the session's state: the run that the Runs page opens the next time that it is drawn.
NEXT_RUN = "next-run"


def ask_estimate(config: TrainConfig, search: SearchSettings | None = None) -> Estimate | None:
    """Try a training out, showing what is being tried.

    Args:
        search: for better settings around `config`; see `SearchSettings`.

    Returns:
        what it takes; None, with the reason on the page, if it cannot be started.
    """
    bar = st.progress(0.0, "Trying a few batches, to see how long it takes here")
    try:
        # Closed, it ends the process that tries, also when the visitor leaves the page meanwhile.
        with closing(estimate(config, search)) as trying:
            for said in trying:
                if isinstance(said, Estimate):
                    return said
                what, share = said
                bar.progress(share, f"Before it starts: {what}")
    except ValueError as error:
        st.error(f"This cannot be started. {escape_markdown(str(error))}", icon=":material/block:")
    finally:
        bar.empty()
    return None


def hand_in(
    config: TrainConfig,
    title: str,
    preset: str,
    dataset: str,
    dataset_id: str,
    found: Estimate,
    search: SearchSettings | None = None,
) -> Run | None:
    """Hand a training or a search in.

    Args:
        found: what it takes.

    Returns:
        the run; None, with the reason on the page, if there is no room for it.
    """
    try:
        return submit(config, title, preset, dataset, dataset_id, found.plan, search, found.disk)
    except (QuotaError, RunError) as error:
        st.error(escape_markdown(str(error)))
    return None
