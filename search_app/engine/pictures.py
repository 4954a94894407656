"""Uploaded query pictures, kept in the space so that a link can reopen them."""

import hashlib
import io
import os
import re
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import SpaceError

if TYPE_CHECKING:
    from PIL.Image import Image

PICTURE_FOLDER = "queries"
KEPT = 200
"""How many pictures a space keeps; the ones not used for longest go first."""
LONGER_SIDE = 1_024

_NAME = re.compile(r"[0-9a-f]{32}")


def keep_picture(space: Path, data: bytes, at_least: int) -> str:
    """Keep an uploaded picture upright and reduced; returns its name: 32 hexadecimal digits that stand for its content.

    `at_least` is the side in pixels that an encoder wants to see.  Raises ReadError when `data` is not a picture that
    can be read, and SpaceError when the space's folder cannot be written.
    """
    from PIL import Image

    from ingest.readers.images import open_upright

    name = hashlib.sha256(data).hexdigest()[:32]
    path = _path(space, name)
    if open_picture(space, name) is not None:
        return name
    picture = open_upright(io.BytesIO(data), at_least=at_least)
    picture.thumbnail((LONGER_SIDE, LONGER_SIDE), Image.Resampling.LANCZOS)
    temporary = path.with_name(f"{name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        path.parent.mkdir(exist_ok=True)
        picture.save(temporary, format="WEBP", quality=92, method=4)
        temporary.replace(path)
        _forget_oldest(path.parent)
    except OSError as error:
        raise SpaceError(
            f"The picture cannot be kept in {path.parent} ({error.strerror or error}). "
            "Check that the folder can be written and its disk has room."
        ) from error
    return name


def open_picture(space: Path, name: str) -> "Image | None":
    """The picture of that name, RGB; None when the space does not keep it (any more)."""
    from PIL import Image

    if not _NAME.fullmatch(name):
        return None
    path = _path(space, name)
    try:
        with Image.open(path) as picture:
            kept = picture.convert("RGB")
    except OSError:  # not there, or damaged
        return None
    with suppress(OSError):  # in a space that cannot be written nothing is forgotten either
        path.touch()
    return kept


def _path(space: Path, name: str) -> Path:
    return space / PICTURE_FOLDER / f"{name}.webp"


def _forget_oldest(folder: Path) -> None:
    aged = sorted((path.stat().st_mtime_ns, path) for path in folder.glob("*.webp"))
    for _, path in aged[: max(0, len(aged) - KEPT)]:
        path.unlink(missing_ok=True)
