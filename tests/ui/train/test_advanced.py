"""The framework under Advanced: a choice where there is one, grey otherwise."""

import pytest
from streamlit.testing.v1 import AppTest

from asl.nets import frameworks


def choose() -> None:
    import streamlit as st

    from asl.nets.registry import network
    from asl.ui.train.advanced import _choose_framework

    for name in ("lstm", "conv_transformer"):
        st.session_state[name] = _choose_framework(network(name), st.container(), name)


@pytest.mark.parametrize(
    ("there", "grey", "said"),
    [
        pytest.param(True, [False, True], "Which does the computing", id="installed"),
        pytest.param(False, [True, True], "`make tensorflow` installs it", id="missing"),
    ],
)
def test_the_framework_is_grey_where_there_is_no_choice(monkeypatch, there, grey, said):
    monkeypatch.setattr(
        frameworks, "find_spec", lambda name: there or name not in ("tensorflow", "keras")
    )
    page = AppTest.from_function(choose, default_timeout=60).run()
    assert not page.exception
    assert [box.disabled for box in page.selectbox] == grey
    assert said in page.selectbox[0].help
    assert "trained with PyTorch alone" in page.selectbox[1].help
    assert [page.session_state[name] for name in ("lstm", "conv_transformer")] == ["pytorch"] * 2
    if there:
        page.selectbox[0].select("tensorflow").run()
        assert page.session_state["lstm"] == "tensorflow"
