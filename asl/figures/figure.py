"""A figure with what it needs to be read: a sentence, its numbers, and the gist in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go


@dataclass(frozen=True, eq=False)
class ExplainedFigure:
    """A figure that explains itself.

    Attributes:
        name: of the files, such as "confusion-matrix".
        figure: without colours of a theme.
        reading: how to read it, Markdown.
        rows: its numbers, one entry a line of the table.
        alt: the gist in words, for people who cannot see it.
    """

    name: str
    figure: go.Figure
    reading: str
    rows: Sequence[Mapping[str, object]]
    alt: str
