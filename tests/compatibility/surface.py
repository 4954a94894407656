"""What these tests need that no command, page or published class offers; the one place to mend when modules move."""

from pathlib import Path

import numpy as np

from search_app.engine.lab.steps import Step, keep_steps
from search_app.engine.pictures import keep_picture
from search_app.engine.selections import keep_selection


def keep_the_selection(space: Path, ids: list[int]) -> str:
    """Keep a selection of items in the space's folder; returns its name in links."""
    return keep_selection(space, np.array(ids, np.int64))


def keep_the_picture(space: Path, content: bytes) -> str:
    """Keep an uploaded picture in the space's folder; returns its name in links."""
    return keep_picture(space, content, 64)


def keep_the_steps(space: Path, steps: list[tuple[str, str, dict[str, list[str]]]]) -> str:
    """Keep the steps of a presentation, each a title, a note and parameters; returns their name in links."""
    return keep_steps(space, [Step(*step) for step in steps])
