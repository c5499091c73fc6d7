"""How many clips there are of each sign, and how long they are."""

from collections.abc import Sequence

from plotly.subplots import make_subplots

from asl.data.sequences.statistics import LengthStatistics
from asl.figures.figure import ExplainedFigure
from asl.figures.theme import COLOURS, framed, sign, signs_down
from asl.labels import display_name


def lengths_by_sign(found: Sequence[LengthStatistics]) -> ExplainedFigure:
    """Return the number of clips of each sign beside their mean length, the fewest clips on top.

    Args:
        found: one entry a sign, at least one.

    Raises:
        ValueError: there is no sign.
    """
    if not found:
        raise ValueError("found: there is no sign to draw")
    order = sorted(found, key=lambda one: (one.count, one.sign))
    names = [sign(one.sign) for one in order]
    figure = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.04)
    figure.add_bar(
        x=[one.count for one in order],
        y=names,
        orientation="h",
        marker={"color": COLOURS[0]},
        hovertemplate="%{y}: %{x} clips<extra></extra>",
        row=1,
        col=1,
    )
    figure.add_scatter(
        x=[one.mean for one in order],
        y=names,
        mode="markers",
        marker={"color": COLOURS[1], "size": 9},
        error_x={"array": [one.deviation for one in order], "color": COLOURS[1]},
        customdata=[(one.shortest, one.longest) for one in order],
        hovertemplate="%{y}: %{x:.0f} frames in the mean, "
        "%{customdata[0]} to %{customdata[1]}<extra></extra>",
        row=1,
        col=2,
    )
    framed(figure, legend=False)
    figure.update_xaxes(title="clips", rangemode="tozero", col=1)
    figure.update_xaxes(title="frames", rangemode="tozero", col=2)
    signs_down(figure, names, row=24)
    shortest, longest = (choose(order, key=lambda one: one.mean) for choose in (min, max))
    return ExplainedFigure(
        "clips-by-sign",
        figure,
        "Left, the clips of each sign; right, how many frames they have in the mean, and the "
        "standard deviation as a line. A sign that is much longer or shorter than the others, or "
        "whose line is long, is worth a look at its clips.",
        [
            {
                "sign": one.sign, "clips": one.count, "shortest": one.shortest,
                "longest": one.longest, "mean": round(one.mean, 1),
                "median": one.median, "deviation": round(one.deviation, 1),
            }
            for one in order
        ],
        f"Clips of {len(order)} signs: {order[0].count} of {display_name(order[0].sign)} at "
        f"least, {order[-1].count} of {display_name(order[-1].sign)} at most. "
        f"{display_name(shortest.sign)} is shortest, {shortest.mean:.0f} frames in the mean, "
        f"{display_name(longest.sign)} longest, {longest.mean:.0f}.",
    )  # fmt: skip
