"""Makes the recorded space and its sources anew: run by hand, with the version of the code whose spaces are to open.

    python -m tests.compatibility.make_space

What it writes replaces `data/sources.tar.gz`, `data/space.tar.gz` and `data/chroma.tar.gz`, and the names by which links
find what the space keeps, `data/kept.json`.  Then run `python -m tests.compatibility.record`.
"""

import json
import os
import shutil
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from PIL import Image

from ingest.cli import main
from search_app.engine import Filters, Space
from tests.compatibility.making_sources import ADDRESS, STORY, make_sources
from tests.compatibility.relocating import SOURCES_ROOT, relocate
from tests.compatibility.surface import keep_the_picture, keep_the_selection, keep_the_steps
from tests.fake_encoder import COLOURS
from tests.making import FAKE
from tests.servers import end_server

DATA = Path(__file__).parent / "data"
SPACE = "recorded"
_LEFT_BEHIND = {"server.json", "chroma.log", "write.lock", "clients.lock", "keeper.lock", "start.lock"}
"""What belongs to processes, and to no space."""


def make() -> None:
    """Make the sources and the space in a temporary folder, and pack them into `data`."""
    with tempfile.TemporaryDirectory() as temporary, _web():
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


def ingest_runs(sources: Path) -> Iterator[list[str]]:
    """The command lines, behind `nearspace ingest`, that read the sources, and how."""
    yield [*(str(sources / name) for name in ("pictures", "notes", "tables", "album.zip", "drafts"))]
    yield [str(sources / "shop"), "--image-column", "picture", "--text-column", "text"]
    yield [str(sources / "frames"), "--frames", "2"]
    yield [str(sources / "trips"), "--gps"]
    yield [ADDRESS]


def _fill(home: Path, sources: Path) -> None:
    where = ["--home", str(home), "--space", SPACE]
    for number, arguments in enumerate(ingest_runs(sources)):
        status = main(["ingest", *arguments, *where, "--quiet", *([] if number else ["--encoder", FAKE])])
        assert status in (0, 1), arguments
    assert main(["remove", str(sources / "drafts"), "--yes", *where]) == 0


def _keep(home: Path) -> dict[str, str]:
    """Keep a selection, an upload and a presentation, as the pages do."""
    folder = home / SPACE
    with Space(SPACE, home=home) as space:
        red = [int(each.id) for each in space.search("red", filters=Filters(modalities=("image",)), count=5)]
        titled = next(each.id for each in space.search("hills", count=96) if each.path.endswith("hills.jpg"))
    upload = Path(home, "upload.png")
    Image.new("RGB", (80, 60), COLOURS["purple"]).save(upload)
    picture = keep_the_picture(folder, upload.read_bytes())
    steps = [
        ("Two colours", "Look at the square.", {"part": ["pairs"], "pairs-thing": ["text:1:red", f"image:1:{picture}"]}),
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


@contextmanager
def _web() -> Iterator[None]:
    """A proxy that answers for the page of the web, and for nothing else."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = STORY.encode()
            self.send_response(200 if self.path == ADDRESS else 404)
            for name, value in (("content-type", "text/html"), ("etag", '"1"'), ("content-length", str(len(content)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *told: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["HTTP_PROXY"] = f"http://127.0.0.1:{server.server_port}"
    os.environ["NO_PROXY"] = "127.0.0.1,localhost"
    yield
    server.shutdown()


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
