"""Where spaces and encoders of one's own live, and what the defaults are."""

import os
import re
from pathlib import Path

from ingest.errors import SettingsError

DEFAULT_HOME = ".nearspace"
DEFAULT_SPACE = "default"
DEFAULT_ENCODER = "lite"
DEMO_SPACE = "sample"
"""The space of the sample collection."""
HOME_VARIABLE = "NEARSPACE_HOME"
SPACE_VARIABLE = "NEARSPACE_SPACE"
DEVICE_VARIABLE = "NEARSPACE_DEVICE"
DATA_VARIABLE = "NEARSPACE_DATA"
RANKING_METHODS = ("calibrated", "standardised", "zscore", "centred", "rrf", "cosine")
"""The ways to put images and passages into one list, the default first; see search_app.search.fusion."""

# Chroma takes collection names of letters, digits, '.', '_' and '-'; ours add '-image' and '-text'.
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


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
    return _checked(name, "a space")


def data_folder() -> Path:
    """Where what a person made outside any space is kept: $NEARSPACE_DATA, or else the user's data folder."""
    from platformdirs import user_data_path

    named = os.environ.get(DATA_VARIABLE)
    return Path(named).expanduser().absolute() if named else user_data_path("nearspace", appauthor=False)


def encoder_name(given: str) -> str:
    """The name of an encoder of one's own; raises SettingsError unless it could also be the name of a space."""
    return _checked(given, "an encoder")


def _checked(name: str, whose: str) -> str:
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"{name!r} cannot be the name of {whose}. "
            "Use 1 to 63 letters, digits, '.', '_' or '-', with a letter or digit at both ends."
        )
    return name
