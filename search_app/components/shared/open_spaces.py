"""What all sessions of the app share: open spaces, encoders, thumbnails."""

import base64
import hashlib
import io
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from ingest.encoders.base import Encoder, EncoderInfo, Log
from ingest.encoders.registry import load_encoder
from ingest.errors import NearspaceError
from ingest.settings import home_folder, space_name
from ingest.space import Item, Space, check_encoder, list_spaces, open_space
from ingest.space.ledger.database import LEDGER_NAME
from ingest.space.manifest import current_manifest
from search_app.maps.space_maps import SpaceMaps
from search_app.search.background_scores import PHRASES
from search_app.search.best_sentence import Sentences
from search_app.search.searcher import Searcher
from search_app.search.thumbnails import as_jpeg

if TYPE_CHECKING:
    from PIL.Image import Image

_WHITE = 246  # of 255


@dataclass(frozen=True)
class Place:
    """Where the app looks for spaces."""

    home: Path
    name: str
    """The space that is shown."""
    others: tuple[str, ...]
    """All spaces of the home folder."""


def place(wanted: str = "") -> Place:
    """The home folder and the space to show: `wanted`, or without that the one the app was started for.

    It may not be there.  Raises SettingsError for a name that no space can have.
    """
    home = home_folder()
    return Place(home, space_name(wanted), tuple(list_spaces(home)))


class OpenSpace:
    """A space that the app has open, with everything it is asked through."""

    def __init__(self, space: Space) -> None:
        """Take charge of `space`, which `close` closes."""
        self.space = space
        self.searcher = Searcher(space)
        self.maps = SpaceMaps.of(self.searcher)
        self.sentences = Sentences()
        self._preparing: threading.Thread | None = None

    @property
    def identity(self) -> str:
        """What tells this space from any other, from another of its name too: where items have their ids from."""
        manifest = self.space.manifest
        known = f"{self.space.folder} {manifest.created} {manifest.encoder.fingerprint}"
        return hashlib.blake2b(known.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()

    def prepare(self) -> None:
        """Load what the first question needs, in the background; whatever goes wrong, that question will tell."""
        if self._preparing is None:
            self._preparing = threading.Thread(target=self._prepare, name="preparing", daemon=True)
            self._preparing.start()

    def _prepare(self) -> None:
        with suppress(NearspaceError):
            encoder = self.encoder()
            self.searcher.phrases(encoder)
            encoder.encode_texts(PHRASES[:1])  # a model's first run takes longer

    def encoder(self, log: Log | None = None) -> Encoder:
        """The space's encoder, loaded when it is first needed.

        Raises EncoderError when it cannot be loaded, and EncoderMismatch when the space was made with another.
        """
        encoder = _encoders().get(self.space.manifest.encoder, log)
        check_encoder(self.space.manifest, encoder.info)
        return encoder

    def encoder_is_loaded(self) -> bool:
        """Whether `encoder` answers at once."""
        return _encoders().has(self.space.manifest.encoder)

    def thumbnail(self, item: Item) -> "Thumbnail | None":
        """The item's thumbnail; None for a passage, and when its file has gone or is damaged."""
        path = self.space.thumbnail_path(item)
        return thumbnail(path) if path else None

    def close(self) -> None:
        """Close the space."""
        self.space.close()


def opened(home: Path, name: str) -> OpenSpace:
    """The open space of that name.  Raises SpaceNotFound or another SpaceError."""
    folder = home / name
    # A space that was deleted and made again, or re-encoded, is another one, although its name is the same.
    made = ""
    if (folder / LEDGER_NAME).exists():
        manifest = current_manifest(folder)
        made = f"{manifest.created} {(folder / LEDGER_NAME).stat().st_ino} {manifest.encoder.fingerprint}"
    before = _made.get(folder)
    if before is not None and before != made:
        _open.clear(str(home), name, before)
    space = _open(str(home), name, made)
    _made[folder] = made
    return space


_made: dict[Path, str] = {}  # which making of each space is open


@st.cache_resource(show_spinner=False, max_entries=8, on_release=lambda released: released.close())
def _open(home: str, name: str, made: str) -> OpenSpace:
    return OpenSpace(open_space(Path(home), name))


class _Encoders:
    """Each encoder is loaded once a process, by whoever asks first; others wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: dict[str, Encoder] = {}

    def has(self, wanted: EncoderInfo) -> bool:
        loaded = self._loaded.get(wanted.id)
        return loaded is not None and loaded.info.fingerprint == wanted.fingerprint

    def get(self, wanted: EncoderInfo, log: Log | None) -> Encoder:
        with self._lock:
            # An encoder of one's own may have been tuned again under its name since it was loaded.
            if not self.has(wanted):
                self._loaded[wanted.id] = load_encoder(wanted.id, log=log)
            return self._loaded[wanted.id]


@st.cache_resource(show_spinner=False)
def _encoders() -> _Encoders:
    return _Encoders()


@dataclass(frozen=True)
class Thumbnail:
    """A thumbnail to show."""

    jpeg: bytes
    """Streamlit passes JPEG on as it is."""
    on_white: bool
    """Whether all four corners are white, as around a cut-out."""

    def picture(self) -> "Image":
        """It in RGB."""
        from PIL import Image

        with Image.open(io.BytesIO(self.jpeg)) as opened:
            return opened.convert("RGB")


def thumbnail(path: Path) -> Thumbnail | None:
    """The thumbnail in that file; None when the file has gone or is damaged."""
    try:
        return _read(path)
    except OSError:
        return None


@lru_cache(maxsize=1_024)  # thumbnails are named by their content, so what is remembered stays true
def _read(path: Path) -> Thumbnail:
    from PIL import Image

    content = as_jpeg(path.read_bytes())
    if content is None:
        raise OSError(f"{path} is damaged")
    with Image.open(io.BytesIO(content)) as opened:
        picture = opened.convert("RGB")
    right, bottom = picture.width - 1, picture.height - 1
    corners = [picture.getpixel(corner) for corner in ((0, 0), (right, 0), (0, bottom), (right, bottom))]
    return Thumbnail(content, all(min(corner) >= _WHITE for corner in corners if isinstance(corner, tuple)))


def small_picture(path: Path, side: int) -> bytes | None:
    """The thumbnail in that file as JPEG of at most `side` pixels each way; None when it has gone or is damaged."""
    try:
        return _small(path, side)
    except OSError:
        return None


def as_url(jpeg: bytes) -> str:
    """A JPEG as the address of itself."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


@lru_cache(maxsize=8_192)  # of some 3 kB each
def _small(path: Path, side: int) -> bytes:
    from PIL import Image

    with Image.open(path, formats=("JPEG", "WEBP")) as opened:
        opened.draft("RGB", (side, side))  # JPEG is decoded at about that size
        picture = opened.convert("RGB")
    picture.thumbnail((side, side))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()
