"""Scripts of our own that run in the browser beside what Streamlit draws, each a small invisible component."""

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st


@cache
def page_script(name: str, script: Path) -> Any:
    """The component `nearspace.<name>` that runs the JavaScript module at `script`; call it to draw it."""
    return st.components.v2.component(f"nearspace.{name}", js=script.read_text(encoding="utf-8"))
