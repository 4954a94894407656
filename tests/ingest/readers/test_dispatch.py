"""The readers of the formats, and what it takes to add one."""

import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import ingest
from ingest.readers.formats import FORMATS

READER = """
from ingest.readers.document import Document, Section, title_from_name
from ingest.readers.text import decode_text, read_content


def read_notes(path):
    return Document(title_from_name(path), (Section("", None, decode_text(read_content(path)).upper()),))
"""
READ = """
import sys
from pathlib import Path
from ingest.readers.formats import DOCUMENT_SUFFIXES, SUFFIX_BY_CONTENT_TYPE, kind_of
from ingest.readers.dispatch import read_document
from ingest.sources.discovery import discover
from ingest.sources.selection import EVERYTHING

[found] = discover([Path(sys.argv[1])], EVERYTHING, on_outcome=print).sources
print(found.kind, kind_of(found.path), SUFFIX_BY_CONTENT_TYPE["text/x-notes"], ".notes" in DOCUMENT_SUFFIXES)
print(read_document(found.path).sections[0].text)
"""


def test_every_document_format_has_a_reader_that_exists() -> None:
    for each in FORMATS:
        if each.kind == "document":
            module, _, function = each.reader.partition(":")
            assert callable(getattr(import_module(module), function))


def test_a_format_takes_a_reader_and_one_line_in_the_table(tmp_path: Path) -> None:
    package = tmp_path / "product" / "ingest"
    shutil.copytree(Path(ingest.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__", "_data"))
    before = {path: path.read_bytes() for path in package.rglob("*.py")}
    table = package / "readers" / "formats.py"
    line = '    _document(".notes", "notes:read_notes", "text/x-notes"),\n'
    table.write_text(table.read_text().replace('    _document(".rst"', f'{line}    _document(".rst"'))
    (package / "readers" / "notes.py").write_text(READER)

    touched = sorted(path.name for path in package.rglob("*.py") if before.get(path) != path.read_bytes())
    assert touched == ["formats.py", "notes.py"]
    assert len(table.read_text().splitlines()) == len(before[table].splitlines()) + 1
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "day.notes").write_text("rain at noon")
    done = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path / "files")],
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(package.parent)},
        text=True,
    )
    assert done.stdout.splitlines() == ["document document .notes True", "RAIN AT NOON"]
