"""Have the browser load what draws charts before there is a chart.

Of the two to three seconds until a new visitor's first chart is there, most are Plotly being read
and run by the browser. Streamlit loads it with the first chart. Loaded by every page at once, it
would keep the camera waiting of all who never look at a chart.
"""

import json
from functools import cache
from pathlib import Path

import streamlit as st

#: Addresses of the pages that always show charts.
_PAGES = ("scores", "compare", "attention")
_REACHED_FOR = ", ".join(
    ("[data-testid='stTopNavSection']", *(f"a[href$='/{page}']" for page in _PAGES))
)
# The address is that by which Streamlit's own script names the file; a browser runs it only once.
_SCRIPT = """<script>
{
    const load = () => import("./static/js/%(file)s")
    const watch = ({target}) => target.closest?.(%(reached_for)s) && load()
    if (%(now)s) load()
    else if (!window.aslWatchesMenu) {
        window.aslWatchesMenu = true
        for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, watch)
    }
}
</script>"""


def preload_charts(page: str) -> None:
    """Load Plotly now if `page`, by its address, shows charts, or else with the menu of those."""
    if plotly_file():
        marks = {"file": plotly_file(), "reached_for": json.dumps(_REACHED_FOR)}
        script = _SCRIPT % {**marks, "now": json.dumps(page in _PAGES)}
        with st.container(key="preload"):  # which takes no room; see style.css
            st.html(script, unsafe_allow_javascript=True)


@cache
def plotly_file() -> str:
    """Return the name of Streamlit's script that holds Plotly, "" where it has another one."""
    scripts = Path(st.__file__).parent / "static" / "static" / "js"
    return next((file.name for file in scripts.glob("PlotlyChart.*.js")), "")
