"""Names and probabilities as figures and pages write them."""

import pytest

from asl.figures.text import percent, shorten


@pytest.mark.parametrize(
    ("confidence", "text"),
    [(0.0, "<1%"), (0.004, "<1%"), (0.05, "5%"), (0.994, "99%"), (0.996, ">99%"), (1.0, ">99%")],
)
def test_percent_never_claims_certainty(confidence, text):
    assert percent(confidence) == text


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [("abcdef", 6, "abcdef"), ("abcdef", 5, "ab…ef"), ("abcdef", 4, "ab…f")],
)
def test_shorten(text, most, shown):
    assert shorten(text, most) == shown
