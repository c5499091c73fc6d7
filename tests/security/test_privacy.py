"""What users show the app stays there, and nothing reports on them."""


def test_streamlit_reports_nothing_to_its_maker() -> None:
    from streamlit import config

    assert config.get_option("browser.gatherUsageStats") is False
