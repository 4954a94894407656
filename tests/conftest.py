"""Fixtures that many tests share."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from ingest.encoders.base import Encoder
from ingest.encoders.lite.lite_encoder import LiteEncoder, load_lite
from ingest.resources import sample_folder
from ingest.run.pipeline import ingest
from ingest.space import open_to_write
from ingest.space.locks import EXCLUSIVE, wait_for_lock
from tests.browser.serving import CHROMIUM, chromium
from tests.fake_encoder import FakeEncoder
from tests.processes import Guard

_GUARD = pytest.StashKey[Guard]()
_MAKING_SECONDS = 600.0  # for a busy machine to make what the workers share


def pytest_configure(config: pytest.Config) -> None:
    """From here on, what a test starts ends with the run."""
    config.stash[_GUARD] = Guard(getattr(config, "workerinput", {}).get("workerid"))
    if workers := getattr(config.option, "numprocesses", None):
        # The workers share the cores: threads of a library beyond them wait for each other, at full load.
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
            os.environ.setdefault(variable, str(max(1, (os.cpu_count() or 1) // workers)))


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_GUARD].finish()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A folder of this run that its workers share, where there are several."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if hasattr(request.config, "workerinput") else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def one_at_a_time(shared_folder: Path, what: str) -> Iterator[None]:
    """Hold back the other workers while this one makes what they share."""
    lock = wait_for_lock(shared_folder / f"{what}.lock", EXCLUSIVE, _MAKING_SECONDS)
    assert lock is not None, f"another worker has been making {what} for {_MAKING_SECONDS:.0f} s"
    with lock:
        yield


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
def encoder_cache(shared_folder: Path) -> Iterator[Path]:
    """A cache folder for this run alone, for its workers and their children; it holds the compiled `lite`."""
    folder = shared_folder / "encoder-cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEARSPACE_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def lite(encoder_cache: Path, shared_folder: Path) -> LiteEncoder:
    """The embedded encoder, loaded once a worker and compiled once."""
    with one_at_a_time(shared_folder, "lite"):
        return load_lite()


@pytest.fixture
def fake() -> Encoder:
    """The encoder whose results a person can predict."""
    return FakeEncoder()


@pytest.fixture(scope="session")
def sample_home(lite: LiteEncoder, shared_folder: Path) -> Path:
    """A home folder whose space `sample` holds the sample collection, encoded by `lite`; only to be read."""
    home = shared_folder / "sample"
    sample = sample_folder()
    with one_at_a_time(shared_folder, "sample"):
        if not (made := home / "made").exists():
            with open_to_write(home, "sample", lite.info) as space:
                report = ingest(space, lite, [sample / "pictures", sample / "texts"])
            assert report.exit_status == 0, report.of("failed")
            made.touch()
    return home


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run, since a second cannot be started beside it in one process."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with chromium() as browser:
        yield browser
