"""The spaces and encoders that all sessions of the app share."""

import hashlib
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ingest.encoders.base import Encoder, EncoderInfo, Log
from ingest.encoders.registry import load_encoder
from ingest.errors import NearspaceError
from ingest.settings import home_folder, space_name
from ingest.space import Item, Ledger, Manifest, Space, check_encoder, list_spaces, open_space
from ingest.space.ledger.database import LEDGER_NAME
from ingest.space.manifest import current_manifest
from search_app.components.shared.thumbnails import Thumbnail, read_thumbnail
from search_app.maps.space_maps import SpaceMaps
from search_app.search import dates_in_words
from search_app.search.background_scores import PHRASES
from search_app.search.best_sentence import Sentences
from search_app.search.searcher import Searcher
from search_app.search.snapshot import Snapshot


@dataclass(frozen=True)
class SpaceChoice:
    """The space to show, and the spaces that exist beside it; the space to show may be missing."""

    home: Path
    """The folder that holds the spaces."""
    name: str
    """The space to show."""
    existing: tuple[str, ...]
    """All spaces in `home`."""


def choose_space(requested: str = "") -> SpaceChoice:
    """The home folder and the space to show: `requested`, or by default the one the app was started for.

    Raises SettingsError for a name that no space can have.
    """
    home = home_folder()
    return SpaceChoice(home, space_name(requested), tuple(list_spaces(home)))


class AppSpace:
    """A space that the app holds open, with its searcher, maps and encoder; shared by all sessions."""

    def __init__(self, stored: Space) -> None:
        """Take over `stored`, which `close` closes."""
        self.stored = stored
        self.searcher = Searcher(stored)
        self.maps = SpaceMaps.of(self.searcher)
        self.sentences = Sentences()
        self._warm_up_thread: threading.Thread | None = None
        self._is_warm = False

    @property
    def name(self) -> str:
        """The space's name."""
        return self.stored.name

    @property
    def folder(self) -> Path:
        """The space's own folder."""
        return self.stored.folder

    @property
    def home(self) -> Path:
        """The folder that holds this space and others."""
        return self.stored.folder.parent

    @property
    def manifest(self) -> Manifest:
        """The space's manifest."""
        return self.stored.manifest

    @property
    def ledger(self) -> Ledger:
        """The space's ledger."""
        return self.stored.ledger

    @property
    def identity(self) -> str:
        """A digest that differs for every space, also for a later one of the same name: item ids hold within it."""
        described = f"{self.folder} {self.manifest.created} {self.manifest.encoder.fingerprint}"
        return hashlib.blake2b(described.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()

    def warm_up(self, snapshot: Snapshot) -> None:
        """Load in the background what the first query needs, whose errors are left for that query to report.

        Then have the map's layout of neighbours fitted, if that is due: nothing that a query needs waits for it.
        """
        if self._warm_up_thread is None:
            self._warm_up_thread = threading.Thread(target=self._warm_up, args=(snapshot,), name="warm-up", daemon=True)
            self._warm_up_thread.start()

    def _warm_up(self, snapshot: Snapshot) -> None:
        with suppress(NearspaceError):
            encoder = self.encoder()
            self.searcher.phrases(encoder)
            encoder.encode_texts(PHRASES[:1])  # a model's first run takes longer
        dates_in_words.warm_up()
        self._is_warm = True
        self.keep_neighbours(snapshot)

    def keep_neighbours(self, snapshot: Snapshot) -> None:
        """Have a layout of neighbours fitted for the map, once nothing that a query needs has to wait for it."""
        if self._is_warm:
            self.maps.keep_neighbours(snapshot)

    def encoder(self, log: Log | None = None) -> Encoder:
        """The space's encoder, loaded when it is first needed.

        Raises EncoderError when it cannot be loaded, and EncoderMismatch when the space was made with another.
        """
        encoder = _shared_encoders().get(self.manifest.encoder, log)
        check_encoder(self.manifest, encoder.info)
        return encoder

    def encoder_is_loaded(self) -> bool:
        """Whether `encoder` returns at once."""
        return _shared_encoders().has(self.manifest.encoder)

    def thumbnail_path(self, item: Item) -> Path | None:
        """The file of the item's thumbnail; None for a passage."""
        return self.stored.thumbnail_path(item)

    def thumbnail(self, item: Item) -> Thumbnail | None:
        """The item's thumbnail; None for a passage, and when its file is missing or damaged."""
        path = self.thumbnail_path(item)
        return read_thumbnail(path) if path else None

    def close(self) -> None:
        """Close the space."""
        self.maps.close()
        self.stored.close()


def open_app_space(home: Path, name: str) -> AppSpace:
    """The space of that name, opened once for the whole app.  Raises SpaceNotFound or another SpaceError."""
    folder = home / name
    # A space that was deleted and made again, or re-encoded, is a different one under the same name.
    version = ""
    if (folder / LEDGER_NAME).exists():
        manifest = current_manifest(folder)
        version = f"{manifest.created} {(folder / LEDGER_NAME).stat().st_ino} {manifest.encoder.fingerprint}"
    previous = _open_versions.get(folder)
    if previous is not None and previous != version:
        _open_cached.clear(str(home), name, previous)
    space = _open_cached(str(home), name, version)
    _open_versions[folder] = version
    return space


_open_versions: dict[Path, str] = {}
"""Which version of each space is open, by its folder."""


@st.cache_resource(show_spinner=False, max_entries=8, on_release=lambda released: released.close())
def _open_cached(home: str, name: str, version: str) -> AppSpace:
    return AppSpace(open_space(Path(home), name))


class _SharedEncoders:
    """Loads each encoder once per process; whoever else needs it meanwhile waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: dict[str, Encoder] = {}

    def has(self, info: EncoderInfo) -> bool:
        loaded = self._loaded.get(info.id)
        return loaded is not None and loaded.info.fingerprint == info.fingerprint

    def by_id(self, encoder_id: str) -> Encoder:
        with self._lock:
            if encoder_id not in self._loaded:
                self._loaded[encoder_id] = load_encoder(encoder_id)
            return self._loaded[encoder_id]

    def get(self, info: EncoderInfo, log: Log | None) -> Encoder:
        with self._lock:
            # A tuned encoder may have been tuned again under its name since it was loaded.
            if not self.has(info):
                self._loaded[info.id] = load_encoder(info.id, log=log)
            return self._loaded[info.id]


def encoder_of(encoder_id: str) -> Encoder:
    """The encoder with that id, loaded when it is first needed.  Raises EncoderError when it cannot be loaded."""
    return _shared_encoders().by_id(encoder_id)


@st.cache_resource(show_spinner=False)
def _shared_encoders() -> _SharedEncoders:
    return _SharedEncoders()
