"""Two hundred malformed files: one outcome each, memory bounded, and the good files among them are in."""

import io
import json
import random
import re
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path

import docx
import pptx
import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image

from ingest.outcomes import OUTCOMES
from ingest.space.maintenance.check import check
from tests.ingest.readers.make_packages import book, lacking, with_member
from tests.ingest.readers.make_pdfs import pdf_of
from tests.ingest.readers.make_videos import video
from tests.ingest.run.test_malformed_folder import huge_png
from tests.make_files import FAKE, picture, text

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


def seeds_of_more(folder: Path) -> dict[str, bytes]:
    """The same of packages, drawings, tables, subtitles, archives and videos."""
    found: dict[str, bytes] = {}
    file = io.BytesIO()
    document = docx.Document()
    document.add_heading("Fox", 1)
    document.add_paragraph("The quick brown fox jumps over the lazy dog.")
    document.save(file)
    found["docx"] = file.getvalue()
    file = io.BytesIO()
    slides = pptx.Presentation()
    slides.slides.add_slide(slides.slide_layouts[0]).shapes.title.text = "The quick brown fox"
    slides.save(file)
    found["pptx"] = file.getvalue()
    found["epub"] = book(folder / "a.epub", {"a.xhtml": "<p>The quick brown fox</p>"}).read_bytes()
    found["svg"] = b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><rect width='9' height='9'/></svg>"
    found["csv"] = b"id,text\n1,The quick brown fox\n2,the lazy dog\n" * 20
    found["jsonl"] = b'{"id": 1, "text": "The quick brown fox"}\n' * 20
    pyarrow.parquet.write_table(pyarrow.table({"text": ["The quick brown fox", "the lazy dog"]}), folder / "a.parquet")
    found["parquet"] = (folder / "a.parquet").read_bytes()
    found["srt"] = b"1\n00:00:01,000 --> 00:00:03,000\nThe quick brown fox\n\n" * 5
    found["vtt"] = b"WEBVTT\n\n00:01.000 --> 00:03.000\nThe quick brown fox\n"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("fox.txt", "The quick brown fox jumps over the lazy dog. " * 9)
        archive.writestr("inner/dog.md", "# Dog\n\nThe lazy dog.")
    found["zip"] = file.getvalue()
    for suffix in ("mp4", "mkv", "avi"):
        found[suffix] = video(folder / f"a.{suffix}", ("red", "green"), seconds=2).read_bytes()
    return found


def spoil(root: Path, found: dict[str, bytes], chance: random.Random) -> None:
    """Write what damage makes of each sound file: cut off, bits flipped, under a wrong suffix, nothing, noise."""
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


def flipped(content: bytes, chance: random.Random, count: int) -> bytes:
    spoilt = bytearray(content)
    for _ in range(count):
        spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
    return bytes(spoilt)


def make_corpus(root: Path) -> None:
    """Write the malformed files, and a few sound ones named `good`."""
    root.mkdir()
    spoil(root, seeds(), random.Random(7))
    huge_png(root / "bomb.png", 20_000)
    (root / "long line.txt").write_bytes(b"word " * 200_000)
    (root / "one word.txt").write_bytes(b"w" * 1_000_000)
    (root / "deep.html").write_text("<div>" * 50_000 + "deep" + "</div>" * 50_000)
    (root / "deep.md").write_text("> " * 5_000 + "deep\n")
    for number, value in enumerate(("!!timestamp foo", "!!bool maybe", '!!int ""', r'"\ud83c\udf89"', r'"\ud83c"')):
        text(
            root / f"front {number}.md",
            f"---\ntitle: {value}\nmood: {value}\n{value}: 1\n---\nWords of front {number}.",
        )
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


def make_more(root: Path) -> None:
    """Write the malformed files of the other kinds, and a few sound ones named `good`."""
    folder = root.parent / "made"
    folder.mkdir()
    found = seeds_of_more(folder)
    root.mkdir()
    spoil(root, found, random.Random(8))
    laughs = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
    bombs = {
        "docx": ("word/document.xml", f"<!DOCTYPE x [<!ENTITY a0 'ha'>{laughs}]><x>&a9;</x>".encode()),
        "pptx": ("ppt/presentation.xml", b"<a>" * 1_000_000),
        "epub": ("OEBPS/a.xhtml", b"<p>" + b" " * 100_000_000),
        "zip": ("big.txt", bytes(150_000_000)),
    }
    for suffix, (name, content) in bombs.items():
        (folder / f"good.{suffix}").write_bytes(found[suffix])
        with_member(folder / f"good.{suffix}", root / f"bomb.{suffix}", name, content)
    pyarrow.parquet.write_table(
        pyarrow.table({"text": ["a" * 250_000_000]}), root / "bomb.parquet", use_dictionary=False
    )
    (root / "bomb.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'>" + "<g>" * 100_000)
    (root / "bomb.jsonl").write_text("[" * 1_000_000)
    (root / "half a pair.jsonl").write_text(r'{"a \ud83c": "b \udf89"}')
    lacking(root)
    for suffix in ("docx", "csv", "zip", "mp4"):
        (root / f"good.{suffix}").write_bytes(found[suffix])
    text(root / "good.md", "# Good\n\nGood words.")


def files_in(root: Path) -> set[str]:
    return {str(path) for path in root.rglob("*") if path.is_file()}


def outcomes_and_memory(tmp_path: Path) -> tuple[list[dict[str, str]], int]:
    """Ingest `files` as a person would; gives the outcomes that the report has, and the most bytes resident."""
    report, said = tmp_path / "report.json", tmp_path / "said.txt"
    command = [sys.executable, "-m", "ingest.cli", "ingest", str(tmp_path / "files"), "--home", str(tmp_path / "home")]
    with said.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--space", "test", "--encoder", FAKE, "--report", str(report)], stdout=output, stderr=output
        )
        memory = most_resident(process)
    assert process.returncode == 1, said.read_text()
    assert "Traceback" not in said.read_text()
    outcomes: list[dict[str, str]] = json.loads(report.read_text())["sources"]
    for entry in outcomes:
        if entry["outcome"] in ("failed", "skipped"):
            assert len(entry["reason"]) > 10, entry
    assert {entry["outcome"] for entry in outcomes} <= set(OUTCOMES)
    findings = check(tmp_path / "home", "test", full=True)
    assert findings.sound, findings.problems
    return outcomes, memory


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of a child cannot be measured here")
def test_every_malformed_file_has_one_outcome_and_memory_is_bounded(tmp_path):
    make_corpus(tmp_path / "files")
    files = {str(path) for path in (tmp_path / "files").rglob("*") if path.is_file()}
    assert len(files) >= 200
    outcomes, memory = outcomes_and_memory(tmp_path)
    assert 100_000_000 < memory < MOST_MEMORY
    times = Counter(entry["path"] for entry in outcomes)
    assert times == dict.fromkeys(files, 1), "every file has one outcome"
    by_path = {Path(entry["path"]).name: entry for entry in outcomes}
    assert {by_path[name]["outcome"] for name in ("good.jpg", "good.md", "good deep.png")} == {"added"}
    assert by_path["bomb.png"]["outcome"] == "failed"
    assert {by_path[f"front {number}.md"]["outcome"] for number in range(5)} == {"added"}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of a child cannot be measured here")
def test_so_have_packages_drawings_tables_archives_and_videos(tmp_path):
    make_more(tmp_path / "files")
    files = files_in(tmp_path / "files")
    assert len(files) >= 250
    outcomes, memory = outcomes_and_memory(tmp_path)
    assert 100_000_000 < memory < MOST_MEMORY

    times = Counter(entry["path"] for entry in outcomes)
    assert set(times.values()) == {1}
    archives = {path for path in files if path.endswith(".zip")}
    whole = {path for path in times if path in files}
    assert files - whole <= archives, "a file has an outcome, or what is in it has, where it is an archive"
    for archive in archives - whole:
        inside = [path for path in times if path.startswith(archive + "/")]
        assert inside or zipfile.ZipFile(archive).namelist() == [], archive
    by_name = {Path(entry["path"]).name: entry for entry in outcomes}
    for name in ("good.docx", "good.csv", "good.mp4", "good.md", "half a pair.jsonl"):
        assert by_name[name]["outcome"] == "added", by_name[name]
    good = [entry["outcome"] for entry in outcomes if "good.zip" in entry["path"]]
    assert good == ["added", "added"]
    bombs = {path.name for path in (tmp_path / "files").glob("bomb.*")}
    assert len(bombs) == 7
    for name in bombs:
        assert by_name[name]["outcome"] == "failed", by_name[name]
