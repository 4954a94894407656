"""The grid of pictures in the browser: their size, how many rows a shelf shows first, and the place one came from.

A small invisible component does what style sheets cannot: it remembers the size that a person chose, hides the
pictures beyond the first rows of a shelf, asks for more as one scrolls towards the end, and returns to where the page
was when one comes back to it.
"""

from pathlib import Path

from search_app.components.shared.page_script import page_script

_KEY = "result-grid"
_SCRIPT = Path(__file__).with_name("result_grid.js")
SIZE_SLIDER = (
    '<input type="range" class="ns-size" min="0.6" max="3" step="0.1" value="1" '
    'aria-label="Size of the pictures" title="Size of the pictures">'
)
"""The HTML of the slider that sets the size; the component listens to it, so that no picture is drawn anew."""


def arrange_grids() -> None:
    """Have the browser arrange the grids of this page as they are drawn."""
    page_script("result_grid", _SCRIPT)(key=_KEY, data=None, height=1)
