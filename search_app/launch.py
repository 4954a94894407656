"""`python -m search_app.launch run app.py`: `streamlit run`, which takes no file for a page of its own accord.

Until the first call of `st.navigation` in a process, Streamlit looks for pages in the folder `pages/`, and says to the
first visitor whose link leads to another page than the first that there is none.
"""

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web import cli

PagesManager.uses_pages_directory = False

if __name__ == "__main__":
    cli.main(prog_name="streamlit")
