"""The picture of an item is the one that was read: of what was put in the place of its file, nothing is shown."""

from pathlib import Path

import pytest

from ingest.space import open_space
from search_app.search.originals import picture_in_file, picture_of
from tests.fake_encoder import colour_name
from tests.make_files import ingest_folders, picture

LARGE = (900, 600)  # its thumbnail is smaller


@pytest.fixture
def red(tmp_path: Path) -> Path:
    """A red picture, the only item of the space in `home` beside it."""
    file = picture(tmp_path / "pictures" / "red.png", "red", LARGE)
    assert ingest_folders(tmp_path / "home", [file.parent]).exit_status == 0
    return file


def test_the_picture_is_read_from_the_file_while_that_is_unchanged(tmp_path: Path, red: Path) -> None:
    with open_space(tmp_path / "home", "test") as space:
        [item] = space.ledger.items.of_source(str(red))
        for found in (picture_of(space, item, 600), picture_in_file(space, item, 600)):
            assert found is not None and found.size == LARGE and colour_name(found) == "red"


@pytest.mark.parametrize("becomes", ["another picture", "no picture", "gone"])
def test_the_thumbnail_stands_for_a_file_that_is_not_the_one_that_was_read(
    tmp_path: Path, red: Path, becomes: str
) -> None:
    if becomes == "another picture":
        picture(red, "blue", (910, 600))
    elif becomes == "no picture":
        red.write_text("words")
    else:
        red.unlink()
    with open_space(tmp_path / "home", "test") as space:
        [item] = space.ledger.items.of_source(str(red))
        assert picture_in_file(space, item, 600) is None
        found = picture_of(space, item, 600)
        assert found is not None and found.size < LARGE and colour_name(found) == "red"
        thumbnail = space.thumbnail_path(item)
        assert thumbnail is not None
        thumbnail.unlink()
        assert picture_of(space, item, 600) is None
