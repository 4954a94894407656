"""Makes the recorded space and its sources anew: run by hand, with the version of the code whose spaces are to open.

    python -m tests.compatibility.make_space

What it writes replaces `data/sources.tar.gz`, `data/space.tar.gz` and `data/chroma.tar.gz`, and the names by which
links find what the space keeps, `data/kept.json`.  Then run `python -m tests.compatibility.record`.
"""

import json
import shutil
import tarfile
import tempfile
import time
from pathlib import Path

from PIL import Image

from ingest.cli import main
from search_app.engine import Filters, Space
from tests.compatibility.paths import SOURCES_ROOT, relocate
from tests.compatibility.sources import ingest_runs, make_sources, web_of_the_sources
from tests.compatibility.surface import keep_the_picture, keep_the_selection, keep_the_steps
from tests.fake_encoder import COLOURS
from tests.servers import end_server

DATA = Path(__file__).parent / "data"
SPACE = "recorded"
FAKE = "python:tests.fake_encoder:FakeEncoder"
_LEFT_BEHIND = {"server.json", "chroma.log", "write.lock", "clients.lock", "keeper.lock", "start.lock"}
"""What belongs to processes, and to no space."""


def make() -> None:
    """Make the sources and the space in a temporary folder, and pack them into `data`."""
    with tempfile.TemporaryDirectory() as temporary, web_of_the_sources():
        sources, home = Path(temporary, "sources").resolve(), Path(temporary, "home")
        make_sources(sources)
        _pack(DATA / "sources.tar.gz", sources, sorted(path for path in sources.rglob("*") if path.is_file()))
        _fill(home, sources)
        kept = _keep(home)
        end_server(home / SPACE)
        _maps(home)
        end_server(home / SPACE)
        time.sleep(1.0)
        folder = home / SPACE
        relocate(folder / "ledger.db", str(sources), SOURCES_ROOT)
        relocate(folder / "chroma" / "chroma.sqlite3", str(sources), SOURCES_ROOT)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        files = [path for path in files if path.name not in _LEFT_BEHIND and path.suffix not in (".lock", ".tmp")]
        of_chroma = [path for path in files if path.is_relative_to(folder / "chroma")]
        _pack(DATA / "space.tar.gz", home, [path for path in files if path not in of_chroma])
        _pack(DATA / "chroma.tar.gz", home, of_chroma)
        (DATA / "kept.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _fill(home: Path, sources: Path) -> None:
    where = ["--home", str(home), "--space", SPACE]
    first, *others = ingest_runs(sources)
    for arguments in ([*first, str(sources / "drafts"), "--encoder", FAKE], *others):
        assert main(["ingest", *arguments, *where, "--quiet"]) in (0, 1), arguments
    assert main(["remove", str(sources / "drafts"), "--yes", *where]) == 0


def _keep(home: Path) -> dict[str, str]:
    """Keep a selection, an upload and a presentation, as the pages do."""
    folder = home / SPACE
    with Space(SPACE, home=home) as space:
        red = [int(each.id) for each in space.search("red", filters=Filters(modalities=("image",)), count=5)]
        titled = next(each.id for each in space.search("hills", count=96) if each.path.endswith("hills.jpg"))
    upload = Path(home, "upload.png")  # tests search with the same picture
    Image.new("RGB", (80, 60), COLOURS["purple"]).save(upload)
    picture = keep_the_picture(folder, upload.read_bytes())
    steps = [
        (
            "Two colours",
            "Look at the square.",
            {"part": ["pairs"], "pairs-thing": ["text:1:red", f"image:1:{picture}"]},
        ),
        ("One picture", "", {"part": ["labels"], "labels-of": ["red, green"], "labels-item": [f"item:1:{titled}"]}),
    ]
    return {
        "selection": keep_the_selection(folder, red),
        "picture": picture,
        "steps": keep_the_steps(folder, steps),
    }


def _maps(home: Path) -> None:
    """Fit the topics, and every projection that these tests draw."""
    where = ["--home", str(home), "--space", SPACE]
    assert main(["topics", *where]) == 0
    for projection, dimensions in (("pca", 2), ("pca", 3), ("tsne", 2)):
        for gap in ([], ["--gap"]):
            if projection == "tsne" and gap:
                continue
            fitted = ["--projection", projection, "--dimensions", str(dimensions), *gap]
            assert main(["map", "--export", str(home / "map.html"), *fitted, *where]) == 0


def _pack(archive: Path, root: Path, files: list[Path]) -> None:
    """Pack the files with their times, and nothing of who made them."""

    def bare(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        return member

    archive.unlink(missing_ok=True)
    with tarfile.open(archive, "w:gz") as packed:
        for file in files:
            packed.add(file, file.relative_to(root).as_posix(), filter=bare)


if __name__ == "__main__":
    shutil.rmtree(DATA / "__pycache__", ignore_errors=True)
    make()
