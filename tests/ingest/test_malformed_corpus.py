"""Two hundred malformed files: one outcome each, memory bounded, and the good files among them are in."""

import io
import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from ingest.report import OUTCOMES
from ingest.space.repair import check
from tests.ingest.readers.making_pdfs import pdf_of
from tests.ingest.test_malformed_folder import huge_png
from tests.making import FAKE, picture, text

MOST_MEMORY = 1_200_000_000
"""Bytes resident, of which Python, Chroma's client and the image libraries take some 250 million."""

FORMATS = {"jpg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP", "bmp": "BMP", "tif": "TIFF"}


def seeds() -> dict[str, bytes]:
    """A sound file of each kind, by suffix."""
    chance = random.Random(4)
    noise = Image.frombytes("RGB", (120, 90), chance.randbytes(120 * 90 * 3))
    found: dict[str, bytes] = {}
    for suffix, name in FORMATS.items():
        file = io.BytesIO()
        noise.save(file, name)
        found[suffix] = file.getvalue()
    words = " ".join(["the quick brown fox jumps over the lazy dog."] * 40)
    found["html"] = f"<html><head><title>Fox</title></head><body><h1>Fox</h1><p>{words}</p></body></html>".encode()
    found["md"] = f"# Fox\n\n{words}\n".encode()
    found["txt"] = words.encode()
    found["pdf"] = pdf_of([["The quick brown fox jumps."], ["Over the lazy dog."]])
    return found


def flipped(content: bytes, chance: random.Random, count: int) -> bytes:
    spoilt = bytearray(content)
    for _ in range(count):
        spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
    return bytes(spoilt)


def make_corpus(root: Path) -> None:
    """Write the malformed files, and a few sound ones named `good`."""
    chance = random.Random(7)
    found = seeds()
    root.mkdir()
    for suffix, content in found.items():
        for part in (1, 5, 20, 50, 80, 95, 99):
            (root / f"cut {part} {suffix}.{suffix}").write_bytes(content[: max(1, len(content) * part // 100)])
        for number, count in enumerate((1, 3, 10, 30, 100, 300, 1000)):
            (root / f"flipped {number} {suffix}.{suffix}").write_bytes(flipped(content, chance, count))
        for other in sorted(found.keys() - {suffix})[:4]:
            (root / f"{suffix} as {other}.{other}").write_bytes(content)
        (root / f"empty {suffix}.{suffix}").touch()
        (root / f"noise {suffix}.{suffix}").write_bytes(chance.randbytes(5_000))
        (root / f"zeros {suffix}.{suffix}").write_bytes(bytes(5_000))
        (root / f"doubled {suffix}.{suffix}").write_bytes(content + content)
    huge_png(root / "bomb.png", 20_000)
    (root / "long line.txt").write_bytes(b"word " * 200_000)
    (root / "one word.txt").write_bytes(b"w" * 1_000_000)
    (root / "deep.html").write_text("<div>" * 50_000 + "deep" + "</div>" * 50_000)
    (root / "deep.md").write_text("> " * 5_000 + "deep\n")
    for encoding in ("utf-16", "utf-32", "utf-7", "cp1251", "shift_jis", "gb18030", "cp037"):
        (root / f"{encoding}.txt").write_text("Reading " * 30, encoding=encoding)
    folder = root
    for number in range(40):
        folder /= f"level {number}"
    picture(folder / "good deep.png", "red")
    picture(root / "good.jpg", "blue")
    text(root / "good.md", "# Good\n\nGood words.")


def most_resident(process: "subprocess.Popen[bytes]") -> int:
    """Wait for the end of the process; the most bytes that it had resident.

    As the kernel counts it for the program alone: what wait4 gives counts the process it was forked from too.
    """
    most = 0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if found := re.search(r"^VmHWM:\s+(\d+) kB", status, flags=re.MULTILINE):
            most = max(most, int(found[1]) * 1024)
        time.sleep(0.05)
    return most


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of a child cannot be measured here")
def test_every_malformed_file_has_one_outcome_and_memory_is_bounded(tmp_path):
    make_corpus(tmp_path / "files")
    files = {str(path) for path in (tmp_path / "files").rglob("*") if path.is_file()}
    assert len(files) >= 200
    report, said = tmp_path / "report.json", tmp_path / "said.txt"
    command = [sys.executable, "-m", "ingest.cli", "ingest", str(tmp_path / "files"), "--home", str(tmp_path / "home")]
    with said.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--space", "test", "--encoder", FAKE, "--report", str(report)], stdout=output, stderr=output
        )
        memory = most_resident(process)
    assert process.returncode == 1, said.read_text()
    assert "Traceback" not in said.read_text()
    assert 100_000_000 < memory < MOST_MEMORY

    outcomes = json.loads(report.read_text())["sources"]
    times = Counter(entry["path"] for entry in outcomes)
    assert times == dict.fromkeys(files, 1), "every file has one outcome"
    assert {entry["outcome"] for entry in outcomes} <= set(OUTCOMES)
    by_path = {Path(entry["path"]).name: entry for entry in outcomes}
    assert {by_path[name]["outcome"] for name in ("good.jpg", "good.md", "good deep.png")} == {"added"}
    assert by_path["bomb.png"]["outcome"] == "failed"
    for entry in outcomes:
        if entry["outcome"] in ("failed", "skipped"):
            assert len(entry["reason"]) > 10, entry
    findings = check(tmp_path / "home", "test", full=True)
    assert findings.sound, findings.problems
