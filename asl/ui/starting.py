"""Hand a training or a search for settings in, once it is known that it fits on this computer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from asl.quota import QuotaError
from asl.training.config import TrainConfig
from asl.training.estimate import Estimate, estimate
from asl.training.job import Job, JobError
from asl.training.jobs import submit
from asl.ui.text import escape_markdown


def try_out(config: TrainConfig, search: Mapping[str, Any] | None = None) -> Estimate | None:
    """Try it out, showing what is being tried; None, and the reason on the page, where it fails.

    Args:
        search: for better settings around `config`; see `asl.training.job.Job`.
    """
    bar = st.progress(0.0, "Trying a few batches, to see how long it takes here")
    trying = estimate(config, search)
    try:
        for said in trying:
            if isinstance(said, Estimate):
                return said
            what, share = said
            bar.progress(share, f"Before it starts: {what}")
    except ValueError as error:
        st.error(f"This cannot be started. {escape_markdown(str(error))}", icon=":material/block:")
    finally:
        trying.close()
        bar.empty()
    return None


def hand_in(
    config: TrainConfig,
    title: str,
    preset: str,
    dataset: str,
    dataset_id: str,
    found: Estimate,
    search: Mapping[str, Any] | None = None,
) -> Job | None:
    """Hand it in if there is room; None, and the reason on the page, where there is not."""
    try:
        return submit(config, title, preset, dataset, dataset_id, found.plan, search, found.disk)
    except (QuotaError, JobError) as error:
        st.error(escape_markdown(str(error)))
    return None
