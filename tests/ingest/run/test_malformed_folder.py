"""A folder full of trouble: everything is reported, nothing crashes, and the good files are in."""

import json
import os
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from ingest.readers.reading_options import ReadingOptions
from ingest.space import open_space
from tests.make_files import FAKE, finds_every_item, ingest_folders, picture, text
from tests.patience import limit

EMOJI = "🐈 with a hat.png"
LONG = "n" * 196 + ".png"


def huge_png(path: Path, side: int) -> None:
    """A true PNG of side x side white pixels that is small on disk."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    row = b"\0" + b"\xff" * (side // 8)
    packer = zlib.compressobj(1)
    body = b"".join([packer.compress(row) for _ in range(side)] + [packer.flush()])
    header = side.to_bytes(4, "big") * 2 + bytes([1, 0, 0, 0, 0])
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b""))


def without_root_rights() -> list[str]:
    """Root may read any file; a command that begins like this may not."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    return [setpriv, "--bounding-set", "-dac_override,-dac_read_search"] if setpriv else []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "trouble"
    picture(root / "good.jpg", "red", (400, 300))
    picture(root / "name with spaces" / "blue picture.png", "blue")
    picture(root / EMOJI, "green")
    picture(root / LONG, "white")
    text(root / "good.md", "# Good\n\nGood words.")
    (root / "latin-1.txt").write_bytes("Der größte Fluß heißt schön. Über allen Gipfeln ist Ruh.".encode("latin-1"))

    whole = (root / "good.jpg").read_bytes()
    (root / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (root / "empty.jpg").touch()
    (root / "empty.txt").touch()
    text(root / "words.jpg", "I am a text.")
    huge_png(root / "huge.png", 20_000)
    (root / "broken.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\ntrailer nonsense")
    locked = picture(root / "locked.png", "black")
    locked.chmod(0)
    (root / "loop").symlink_to(root, target_is_directory=True)
    (root / "dangling.png").symlink_to(root / "nothing.png")
    text(root / ".hidden.txt", "hidden")
    return root


def test_every_file_of_a_troubled_folder_is_reported_and_the_good_ones_are_in(tmp_path, folder):
    prefix = without_root_rights()
    if os.geteuid() == 0 and not prefix:
        (folder / "locked.png").unlink()
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "ingest.cli", "ingest", str(folder), "--home", str(tmp_path / "home")]
    command += ["--space", "test", "--encoder", FAKE, "--report", str(report)]
    done = subprocess.run([*prefix, *command], capture_output=True, text=True, timeout=limit(300))
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    content = json.loads(report.read_text())
    outcomes = {Path(entry["path"]).name: entry["outcome"] for entry in content["sources"]}
    failed = {"truncated.jpg", "words.jpg", "huge.png", "broken.pdf"}
    if (folder / "locked.png").exists():
        failed.add("locked.png")
    assert {name for name, outcome in outcomes.items() if outcome == "failed"} == failed
    assert {name for name, outcome in outcomes.items() if outcome == "skipped"} == {
        "empty.jpg",
        "empty.txt",
        "loop",
        "dangling.png",
    }
    good = {"good.jpg", "blue picture.png", EMOJI, LONG, "good.md", "latin-1.txt"}
    assert {name for name, outcome in outcomes.items() if outcome == "added"} == good
    for entry in content["sources"]:
        if entry["outcome"] in ("failed", "skipped"):
            assert len(entry["reason"]) > 10, entry
            assert Path(entry["path"]).name in done.stdout.replace("\n", ""), "it is named in the terminal as well"
    with open_space(tmp_path / "home", "test") as space:
        assert space.ledger.items.counts() == {"image": 4, "text": 2}
        assert finds_every_item(space)
        assert "größte" in space.ledger.items.of_source(str(folder / "latin-1.txt"))[0].text


def test_words_that_cannot_be_written_stop_no_run(tmp_path):
    root = tmp_path / "files"
    text(root / "party.md", '---\ntitle: "Party \\ud83c\\udf89"\nmood: "\\ud83c"\n---\nWe dance.')
    text(root / "row.jsonl", r'{"a \ud83c": "b \ud83c"}')
    assert ingest_folders(tmp_path / "home", [root]).counts()["added"] == 2
    with open_space(tmp_path / "home", "test") as space:
        [party] = space.ledger.items.of_source(str(root / "party.md"))
        assert (party.title, party.meta["mood"]) == ("Party 🎉", "\ufffd")
    [refused] = ingest_folders(tmp_path / "home", [root], reading=ReadingOptions(id_column="number")).of("failed")
    assert refused.reason == "no column 'number' in it. Name one of these: a \ufffd."
