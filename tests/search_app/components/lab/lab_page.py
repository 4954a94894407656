"""Runs the closeness lab without a browser."""

from streamlit.testing.v1 import AppTest

from tests.patience import limit


def _script() -> None:
    from search_app.pages.closeness import closeness_page

    closeness_page()


def lab(**params: str | list[str]) -> AppTest:
    """The lab after its first run, with these parameters in its URL."""
    app = AppTest.from_function(_script, default_timeout=limit(300))
    for name, value in params.items():
        app.query_params[name] = value
    return app.run()
