"""Where the bytes of sources are, and the strings that ledgers know them by."""

import pickle
import zipfile
from pathlib import Path

import pytest

from ingest.errors import ReadError
from ingest.readers.reading_options import ReadingOptions
from ingest.sources.discovery import discover
from ingest.sources.location import ArchiveMember, SourceLocation, TableImage, WebCopy, content_hash, location_of
from ingest.sources.selection import EVERYTHING
from ingest.sources.table_images import add_table_images
from ingest.sources.web_copies import CopyMetadata, copy_folder, write_metadata
from tests.make_files import picture, text

ADDRESS = "https://reader@example.org/photos/2024/red.png?size=large"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A file, an archive, a table with a picture, and folders that are called like containers."""
    folder = tmp_path / "files"
    picture(folder / "plain.png", "red")
    picture(folder / "pictures" / "blue.png", "blue")
    text(folder / "cars.csv", "file,text\npictures/blue.png,a blue car\n")
    picture(folder / "no.zip" / "a.png", "green")
    picture(folder / "no.csv" / "a.png", "yellow")
    with zipfile.ZipFile(folder / "photos.ZIP", "w") as archive:
        archive.write(folder / "plain.png", "2024/red.png")
        archive.writestr("2024/red.txt", "a red square")
    return folder


@pytest.fixture
def space(tmp_path: Path) -> Path:
    """The folder of a space with a copy of ADDRESS."""
    copy = copy_folder(tmp_path / "space", ADDRESS)
    picture(copy / "red.png", "red")
    write_metadata(copy, CopyMetadata(ADDRESS, "red.png"))
    return tmp_path / "space"


def locations(folder: Path) -> dict[str, SourceLocation]:
    """What discovery finds in the folder, by the string that a ledger knows it by, relative to the folder."""
    discovery = discover([folder], EVERYTHING, on_outcome=lambda outcome: pytest.fail(str(outcome)))
    add_table_images(discovery, ReadingOptions(image_column="file"), lambda table: "")
    return {Path(each.ledger_path).relative_to(folder).as_posix(): each.location for each in discovery.sources}


def test_discovery_makes_a_location_of_the_right_kind_for_every_source(folder: Path) -> None:
    kinds = {name: type(location) for name, location in locations(folder).items()}
    assert kinds == {
        "cars.csv": SourceLocation,
        "cars.csv/pictures/blue.png": TableImage,
        "no.csv/a.png": SourceLocation,
        "no.zip/a.png": SourceLocation,
        "photos.ZIP/2024/red.png": ArchiveMember,
        "photos.ZIP/2024/red.txt": ArchiveMember,
        "pictures/blue.png": SourceLocation,
        "plain.png": SourceLocation,
    }


def test_a_ledgers_string_gives_the_location_that_was_discovered(folder: Path, space: Path) -> None:
    for location in [*locations(folder).values(), WebCopy(copy_folder(space, ADDRESS) / "red.png", ADDRESS)]:
        again = location_of(location.ledger_path, space)
        assert again == location
        assert pickle.loads(pickle.dumps(again)) == location


def test_every_location_has_its_bytes_and_its_state(folder: Path, space: Path) -> None:
    red, blue = content_hash(folder / "plain.png"), content_hash(folder / "pictures" / "blue.png")
    hashes = {
        "photos.ZIP/2024/red.png": red,
        "plain.png": red,
        "cars.csv/pictures/blue.png": blue,
        "pictures/blue.png": blue,
    }
    places = locations(folder)
    for name, expected in hashes.items():
        with places[name].local_file() as file:
            assert content_hash(file) == expected
            assert places[name].state().size == file.stat().st_size
        assert places[name].exists()
    fetched = location_of(ADDRESS, space)
    with fetched.local_file() as file:
        assert content_hash(file) == red
    assert fetched.state().size == (folder / "plain.png").stat().st_size


def test_what_is_gone_no_longer_exists_but_the_web_cannot_be_seen(folder: Path, space: Path) -> None:
    places = locations(folder)
    (folder / "plain.png").unlink()
    (folder / "pictures" / "blue.png").unlink()
    (folder / "photos.ZIP").unlink()
    for name in ("plain.png", "cars.csv/pictures/blue.png", "photos.ZIP/2024/red.png"):
        assert not places[name].exists()
        assert not location_of(places[name].ledger_path, space).exists()
    (copy_folder(space, ADDRESS) / "red.png").unlink()
    fetched = location_of(ADDRESS, space)
    assert fetched.exists()
    with pytest.raises(ReadError, match="no longer in the space"), fetched.local_file():
        pass


def test_captions_are_looked_for_where_the_picture_is(folder: Path, space: Path) -> None:
    places = locations(folder)
    inside = places["photos.ZIP/2024/red.png"].beside("red.txt")
    assert inside is not None and inside.ledger_path == str(folder / "photos.ZIP" / "2024" / "red.txt")
    text(folder / "plain.txt", "words")
    assert places["plain.png"].beside("plain.txt") == SourceLocation(folder / "plain.txt")
    assert places["plain.png"].beside("other.txt") is None
    text(folder / "pictures" / "blue.txt", "words")
    assert places["cars.csv/pictures/blue.png"].beside("blue.txt") is None
    assert location_of(ADDRESS, space).beside("red.txt") is None
