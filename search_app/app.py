"""The Streamlit entry point: `streamlit run search_app/app.py`."""

import sys
from pathlib import Path


def main() -> None:
    """Draw the page that the URL asks for."""
    # Streamlit puts this file's own folder on the path; from a checkout that is not installed, its parent is needed.
    root = str(Path(__file__).resolve().parent.parent)
    if root not in sys.path:
        sys.path.append(root)

    import streamlit as st

    from search_app.pages import search

    st.set_page_config(
        page_title="Nearspace",
        page_icon=str(Path(__file__).with_name("static") / "icon.png"),
        layout="wide",
        initial_sidebar_state="collapsed",
        menu_items={"About": "**Nearspace**: text and images in one latent space."},
    )
    st.navigation([st.Page(search.show, title="Search", url_path="search", default=True)], position="hidden").run()


main()
