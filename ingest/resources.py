"""Finds the data that comes with Nearspace: in a checkout under `data/`, in an installation within the package."""

from pathlib import Path

from ingest.errors import SettingsError


def packaged_folder(*parts: str) -> Path | None:
    """The folder `data/<parts>`, such as `data/models/lite`; None when this installation lacks it."""
    package = Path(__file__).resolve().parent
    for data in (package / "_data", package.parent / "data"):
        folder = data.joinpath(*parts)
        if folder.is_dir():
            return folder
    return None


def sample_folder() -> Path:
    """The folder of the sample collection.

    Raises:
        SettingsError: this installation lacks it.
    """
    folder = packaged_folder("sample")
    if folder is None:
        raise SettingsError("The sample collection is missing from this installation. Install Nearspace again.")
    return folder
