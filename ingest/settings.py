"""Where a space lives, and what the defaults are."""

import os
import re
from pathlib import Path

from ingest.errors import SettingsError

DEFAULT_HOME = ".nearspace"
DEFAULT_SPACE = "default"
DEFAULT_ENCODER = "lite"
HOME_VARIABLE = "NEARSPACE_HOME"
SPACE_VARIABLE = "NEARSPACE_SPACE"

# Chroma takes collection names of letters, digits, '.', '_' and '-'; ours add '-image' and '-text'.
_SPACE_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


def home_folder(given: str | Path | None = None) -> Path:
    """The folder that holds the spaces: `given`, else $NEARSPACE_HOME, else `./.nearspace`; absolute."""
    chosen = given or os.environ.get(HOME_VARIABLE) or DEFAULT_HOME
    return Path(chosen).expanduser().absolute()


def space_name(given: str | None = None) -> str:
    """The name of a space: `given`, else $NEARSPACE_SPACE, else `default`.

    Raises:
        SettingsError: it is not a name that a folder and a Chroma collection can both have.
    """
    name = given or os.environ.get(SPACE_VARIABLE) or DEFAULT_SPACE
    if not _SPACE_NAME.fullmatch(name):
        raise SettingsError(
            f"{name!r} cannot be the name of a space. "
            "Use 1 to 63 letters, digits, '.', '_' or '-', with a letter or digit at both ends."
        )
    return name
