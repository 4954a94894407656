"""Fixtures that many tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from ingest.encoders.base import Encoder
from ingest.encoders.lite import LiteEncoder, load_lite
from ingest.packaged import sample_folder
from ingest.pipeline import ingest
from ingest.space import open_to_write
from tests.browser.serving import CHROMIUM, chromium
from tests.fake_encoder import FakeEncoder


@pytest.fixture(scope="session", autouse=True)
def servers_end_soon() -> Iterator[None]:
    """Chroma servers wait for another client less long than they do for a person's next command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEARSPACE_SERVER_LINGER", "0.5")
        yield


@pytest.fixture(scope="session", autouse=True)
def no_encoders_of_ones_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the person who runs the tests has tuned is neither seen nor touched."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEARSPACE_DATA", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="session")
def encoder_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder for this run alone, for this process and its children; it holds the compiled `lite`."""
    folder = tmp_path_factory.mktemp("encoder-cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEARSPACE_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def lite(encoder_cache: Path) -> LiteEncoder:
    """The embedded encoder, loaded once."""
    return load_lite()


@pytest.fixture
def fake() -> Encoder:
    """The encoder whose results a person can predict."""
    return FakeEncoder()


@pytest.fixture(scope="session")
def sample_home(lite: LiteEncoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder whose space `sample` holds the sample collection, encoded by `lite`; only to be read."""
    home = tmp_path_factory.mktemp("sample")
    sample = sample_folder()
    with open_to_write(home, "sample", lite.info) as space:
        report = ingest(space, lite, [sample / "pictures", sample / "texts"])
    assert report.exit_status == 0, report.of("failed")
    return home


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run, since a second cannot be started beside it in one process."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with chromium() as browser:
        yield browser
