"""`python -m search_app.launch run app.py`: `streamlit run` without the search for pages in `pages/`.

Until the first call of `st.navigation` in a process, Streamlit takes the files of `pages/` for pages, and tells the
first visitor who follows a link to any other page that there is no such page.
"""

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web import cli

PagesManager.uses_pages_directory = False

if __name__ == "__main__":
    cli.main(prog_name="streamlit")
