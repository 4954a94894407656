"""Fixtures that many tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.encoders.base import Encoder
from ingest.encoders.lite import LiteEncoder, load_lite
from tests.fake_encoder import FakeEncoder


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
