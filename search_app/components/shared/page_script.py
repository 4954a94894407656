"""Scripts of our own that run in the browser beside what Streamlit draws, each a small component."""

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st


@cache
def page_script(name: str, *scripts: Path, style: Path | None = None) -> Any:
    """The component `nearspace.<name>` that runs JavaScript files as one module; call it to draw it.

    The last of `scripts` has the module's default export; with a `style` sheet it draws elements of its own.
    """
    module = "\n".join(script.read_text(encoding="utf-8") for script in scripts)
    css = style.read_text(encoding="utf-8") if style else None
    return st.components.v2.component(f"nearspace.{name}", css=css, js=module, isolate_styles=style is None)
