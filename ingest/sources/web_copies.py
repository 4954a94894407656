"""The copies that a space keeps of what was fetched from web addresses: a folder for each address."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from ingest.atomic import atomic_write

FETCHED_FOLDER = "fetched"
"""Within a space's folder: a folder for each address, with the copy and its metadata."""

_METADATA_NAME = "about.json"
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True)
class CopyMetadata:
    """The server's answer that a copy was made of."""

    address: str
    file: str
    """The copy's name in the address's folder."""
    etag: str = ""
    last_modified: str = ""


def is_address(text: str) -> bool:
    """Whether `text` is a web address rather than a path."""
    return _ADDRESS.match(text) is not None


def copy_folder(space: Path, address: str) -> Path:
    """The folder for the copy of `address` in the space in the folder `space`."""
    return space / FETCHED_FOLDER / hashlib.sha256(address.encode()).hexdigest()[:32]


def read_metadata(folder: Path) -> CopyMetadata | None:
    """The metadata of the copy in `folder`; None if there is none, or it cannot be read."""
    try:
        return CopyMetadata(**json.loads((folder / _METADATA_NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_metadata(folder: Path, metadata: CopyMetadata) -> None:
    """Write the metadata of the copy in `folder`, atomically; raises OSError."""
    atomic_write(folder / _METADATA_NAME, json.dumps(asdict(metadata)))


def copy_of(space: Path, address: str) -> Path | None:
    """The copy of `address` in the space in the folder `space`; None if there is none."""
    folder = copy_folder(space, address)
    metadata = read_metadata(folder)
    return folder / metadata.file if metadata and (folder / metadata.file).is_file() else None
