"""What a file is read as."""

from pathlib import Path

import pytest

from ingest.readers.formats import DOCUMENT_SUFFIXES, IMAGE_SUFFIXES, kind_of


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.jpg", "image"),
        ("A.JPG", "image"),
        ("photo.final.HeIc", "image"),
        ("notes.MD", "document"),
        ("page.xhtml", "document"),
        ("a.jpg.txt", "document"),
        ("a.MP4", "video"),
        ("00012.MTS", "video"),
        ("stereo.mpo", "image"),
        ("film.ass", "document"),
        ("a.mp3", None),
        ("jpg", None),
        (".jpg", None),
        ("archive.tar.gz", None),
    ],
)
def test_the_suffix_decides_in_any_case(name: str, kind: str | None) -> None:
    assert kind_of(Path("folder") / name) == kind


def test_no_suffix_is_of_two_kinds() -> None:
    assert not IMAGE_SUFFIXES & DOCUMENT_SUFFIXES
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in IMAGE_SUFFIXES | DOCUMENT_SUFFIXES)
