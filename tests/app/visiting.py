"""What tests of several pages do with one: read what is on it, and press and choose there."""

from __future__ import annotations

import re
import time

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Element

from asl.data.library.dataset import list_datasets


def text(app: AppTest) -> str:
    """Everything that is written on the page, as it reads."""
    kinds = (app.markdown, app.caption, app.success, app.warning, app.error, app.info)
    parts = [part.value for kind in kinds for part in kind]
    parts += [bar.proto.text for bar in app.get("progress")]
    return re.sub(r"\\(.)", r"\1", "\n".join(parts)).replace("\u2060", "")


def metrics(app: AppTest) -> dict[str, str]:
    """The figures of the page, by their labels."""
    return {metric.label: metric.value for metric in app.metric}


def charts(app: AppTest) -> list[str]:
    """What the page's charts say to those who do not see them."""
    return [chart.proto.alt for chart in app.get("plotly_chart")]


def click(app: AppTest, label: str) -> AppTest:
    """The page after its one button with this in its label was pressed."""
    (button,) = [button for button in app.button if label in button.label]
    button.click().run()
    assert not app.exception
    return app


def pick(app: AppTest, label: str) -> Element:
    """What is chosen from, of that label."""
    return next(box for box in (*app.selectbox, *app.radio) if box.label == label)


def show(app: AppTest, tab: str) -> AppTest:
    """The page with another tab of the check of its one data set open."""
    (dataset,) = list_datasets()
    app.session_state[f"check-{dataset.id}"] = tab
    app.run()
    assert not app.exception
    return app


def seconds_to_draw(app: AppTest, page: str) -> float:
    """Go to a page; the seconds of a processor that it took, whatever else the machine does."""
    start = time.process_time()
    app.switch_page(f"pages/{page}.py").run()
    spent = time.process_time() - start
    assert not app.exception
    return spent


def rerun(app: AppTest) -> AppTest:
    """The page after it was drawn once more."""
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    """Everything that is written on the page, with its marks of Markdown, headings first."""
    parts = (*app.header, *app.markdown, *app.caption, *app.warning, *app.error, *app.success)
    return "\n".join(part.value for part in parts)
