"""ASL Workbench: page set-up and navigation.

The server runs this file for every visitor, and once before, when it starts and looks for `app`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from threading import Thread

import streamlit as st
from starlette.middleware import Middleware
from streamlit import net_util
from streamlit.runtime import exists
from streamlit.runtime.pages_manager import PagesManager

from asl.ui.hand_camera.files import routes
from asl.ui.shared.disk_errors import in_words
from asl.ui.shell.closing import closing
from asl.ui.shell.door import LimitVisitors
from asl.ui.shell.preload import preload_charts
from asl.ui.shell.upload_limits import LimitUploads, forget_other_pages
from asl.ui.shell.visitors import open_visit

if not exists():
    # Until st.navigation is first called, Streamlit takes any folder named pages for an app of its
    # old kind: somebody who opened /train before / would get that file alone, without what is set
    # up here. So it is told before anybody comes.
    PagesManager.uses_pages_directory = False
    # Streamlit (1.67) asks a public host which address this computer has, to print it and when a
    # page of another origin knocks. Nobody needs to know.
    net_util.get_external_ip = net_util.get_internal_ip = lambda: None

    @asynccontextmanager
    async def serving(app: st.App) -> AsyncIterator[None]:
        # What the first page needs is read while its visitor's browser is busy starting.
        Thread(target=import_module, args=("asl.ui.photo.cards",), daemon=True).start()
        async with closing():
            yield

    app = st.App(
        __file__,
        lifespan=serving,
        routes=routes(st.get_option("server.baseUrlPath")),
        middleware=[Middleware(LimitVisitors), Middleware(LimitUploads)],
    )
else:
    style = Path(__file__).parent / "asl" / "ui"
    # Browsers fetch the icons that Streamlit has names for from a public host.
    st.set_page_config(page_title="ASL Workbench", page_icon=style / "icon.svg", layout="wide")
    st.html(style / "style.css")
    page = st.navigation(
        {
            "": [
                st.Page(
                    "pages/photo.py", title="Photo", icon=":material/photo_camera:", default=True
                ),
                st.Page("pages/live.py", title="Live", icon=":material/videocam:"),
                st.Page("pages/words.py", title="Words", icon=":material/gesture:"),
                st.Page("pages/about.py", title="About", icon=":material/info:"),
            ],
            "Train": [
                st.Page("pages/train.py", title="Train", icon=":material/model_training:"),
                st.Page("pages/runs.py", title="Runs", icon=":material/list_alt:"),
            ],
            "Understand": [
                st.Page("pages/scores.py", title="Scores", icon=":material/query_stats:"),
                st.Page("pages/compare.py", title="Compare", icon=":material/balance:"),
                st.Page("pages/attention.py", title="Attention", icon=":material/visibility:"),
            ],
        },
        position="top",
    )
    with in_words():
        open_visit()
        forget_other_pages(page.url_path)
        preload_charts(page.url_path)
        page.run()
