"""Whatever damages Chroma's folder, opening the space rebuilds it from the ledger, and says so."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.space import open_space
from ingest.space.maintenance.check import check
from ingest.space.maintenance.repair import repair
from tests.make_files import finds_every_item, ingest_folders, shades
from tests.servers import end_server

# More than Chroma keeps in its log alone: the graph is written to files of its own.
PICTURES = 1_040


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose space `test` has an index with files of its own, and no server on it."""
    folder = tmp_path_factory.mktemp("whole")
    shades(folder / "files", PICTURES)
    ingest_folders(folder / "home", [folder / "files"])
    end_server(folder / "home" / "test")
    assert graph_files(folder / "home" / "test" / "chroma")
    return folder / "home"


@pytest.fixture
def home(whole: Path, tmp_path: Path) -> Iterator[Path]:
    shutil.copytree(whole, tmp_path / "home")
    yield tmp_path / "home"
    end_server(tmp_path / "home" / "test")
    shutil.rmtree(tmp_path / "home")


def graph_files(chroma: Path) -> list[Path]:
    return sorted(path for path in chroma.rglob("*") if path.is_file() and path.parent != chroma)


def flip(path: Path, step: int) -> None:
    """Turn one bit in every `step` bytes."""
    content = bytearray(path.read_bytes())
    for place in range(step // 2, len(content), step):
        content[place] ^= 1 << (place % 8)
    path.write_bytes(content)


def empty_folder(chroma: Path) -> None:
    shutil.rmtree(chroma)
    chroma.mkdir()


def database_gone(chroma: Path) -> None:
    (chroma / "chroma.sqlite3").unlink()


def database_halved(chroma: Path) -> None:
    path = chroma / "chroma.sqlite3"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def database_flipped(chroma: Path) -> None:
    flip(chroma / "chroma.sqlite3", 4096)


def database_header_flipped(chroma: Path) -> None:
    path = chroma / "chroma.sqlite3"
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])


def graph_gone(chroma: Path) -> None:
    for folder in {path.parent for path in graph_files(chroma)}:
        shutil.rmtree(folder)


def graph_halved(chroma: Path) -> None:
    for path in graph_files(chroma):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def graph_emptied(chroma: Path) -> None:
    for path in graph_files(chroma):
        path.write_bytes(b"")


def graph_headers_flipped(chroma: Path) -> None:
    for path in graph_files(chroma):
        content = path.read_bytes()
        path.write_bytes(bytes(byte ^ 0x55 for byte in content[:100]) + content[100:])


DAMAGES: list[Callable[[Path], None]] = [
    empty_folder,
    database_gone,
    database_halved,
    database_flipped,
    database_header_flipped,
    graph_gone,
    graph_halved,
    graph_emptied,
    graph_headers_flipped,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_opening_rebuilds_a_damaged_index_and_says_so(home, damage):
    damage(home / "test" / "chroma")
    said: list[str] = []
    with open_space(home, "test", log=said.append) as space:
        assert space.ledger.items.count() == PICTURES
        assert finds_every_item(space)
    assert any("nothing is lost" in line for line in said), said


def test_vectors_damaged_in_chroma_alone_are_found_by_a_full_look_and_mended(home):
    """Bits in the middle of a vector make no file unreadable: only a comparison with the ledger tells."""
    [vectors] = [path for path in graph_files(home / "test" / "chroma") if path.name == "data_level0.bin"]
    content = bytearray(vectors.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20_000] = bytes(byte ^ 0x10 for byte in content[middle : middle + 20_000])
    vectors.write_bytes(content)
    findings = check(home, "test", full=True)
    assert findings.chroma_is_broken
    assert repair(home, "test").after.sound
    with open_space(home, "test") as space:
        assert finds_every_item(space)
