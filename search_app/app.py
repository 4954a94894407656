"""The Streamlit entry point: `streamlit run search_app/app.py`."""

import sys
from pathlib import Path


def main() -> None:
    """Draw the page that the URL asks for."""
    # Streamlit puts only this file's folder on the path; a checkout that is not installed needs its parent too.
    root = str(Path(__file__).resolve().parent.parent)
    if root not in sys.path:
        sys.path.append(root)

    import streamlit as st

    from search_app.components.shared import navigation, sign_in_gate
    from search_app.components.shared.open_page import LIBRARY_PATH
    from search_app.pages import closeness, library, search
    from search_app.pages import map as map_page

    st.set_page_config(
        page_title="Nearspace",
        page_icon=str(Path(__file__).with_name("static") / "icon.png"),
        layout="wide",
        initial_sidebar_state="collapsed",
        menu_items={"About": "**Nearspace**: text and images in one latent space."},
    )
    sign_in_gate.require_sign_in()
    # No URL path equals a module's name: until the first call of `st.navigation` in a process, Streamlit takes the
    # files of `pages/` for pages, and would run the module itself for a tab that was open during a restart.
    pages = [
        st.Page(search.search_page, title="Search", icon=":material/search:", default=True),
        st.Page(map_page.map_page, title="Map", icon=":material/scatter_plot:", url_path="space-map"),
        st.Page(closeness.closeness_page, title="Closeness", icon=":material/science:", url_path="closeness-lab"),
        st.Page(library.library_page, title="Library", icon=":material/photo_library:", url_path=LIBRARY_PATH),
    ]
    navigation.register_pages(pages)
    st.navigation(pages, position="hidden").run()
    sign_in_gate.sign_out_bar()


main()
