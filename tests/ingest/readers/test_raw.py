"""Camera RAW is read by the preview in it."""

import io
import sys
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from ingest.errors import ReadError, SkipSource
from ingest.readers.images import read_images
from tests.ingest.readers.make_pictures import CORNERS, alike, corners, stored, upright
from tests.ingest.readers.make_raw import dng


def jpeg(picture: Image.Image, exif: Image.Exif | None = None) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=95, **({"exif": exif} if exif else {}))
    return out.getvalue()


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("noted", ["in the RAW only", "in the preview too"])
def test_a_raw_file_is_shown_upright_by_its_preview(tmp_path: Path, orientation: int, noted: str) -> None:
    pytest.importorskip("rawpy", reason="the extra raw is not installed")
    exif = Image.Exif()
    if noted == "in the preview too":
        exif[ExifTags.Base.Orientation] = orientation
        exif[ExifTags.Base.Model] = "Near One"
    # The sensor lies as the camera was held, and the corners are where they were seen.
    seen = upright(480, 640) if orientation >= 5 else upright(640, 480)
    preview = jpeg(stored(seen, orientation), exif)
    (tmp_path / "a.dng").write_bytes(dng(preview, (640, 480), orientation))
    (draft,) = read_images(tmp_path / "a.dng", image_size=260).drafts
    assert draft.image is not None
    assert (draft.meta["width"], draft.meta["height"], draft.meta["format"]) == (*seen.size, "DNG")
    assert all(map(alike, corners(draft.image), CORNERS)), corners(draft.image)
    assert draft.meta["camera"] == "Near One"


def test_a_raw_file_says_itself_when_it_was_taken_whatever_its_preview_says(tmp_path: Path) -> None:
    pytest.importorskip("rawpy", reason="the extra raw is not installed")
    (tmp_path / "a.dng").write_bytes(dng(jpeg(upright()), (64, 48), taken="2019:07:14 18:30:05"))
    (draft,) = read_images(tmp_path / "a.dng", image_size=64).drafts
    assert (draft.meta["taken"], draft.meta["camera"]) == ("2019-07-14T18:30:05", "Near One")


def test_damaged_raw_files_are_read_or_refused(tmp_path: Path) -> None:
    pytest.importorskip("rawpy", reason="the extra raw is not installed")
    whole = dng(jpeg(upright()), (64, 48))
    contents = [b"", b"I am a text.", jpeg(upright())]
    for at in range(0, len(whole), 97):
        contents += [whole[:at], whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]]
    refused = 0
    for content in contents:
        (tmp_path / "a.nef").write_bytes(content)
        try:
            read_images(tmp_path / "a.nef", image_size=64)
        except ReadError as error:
            refused += 1
            assert isinstance(error, SkipSource) or str(error).endswith("leave it out."), error
    assert refused >= 20


def test_without_the_extra_its_name_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)
    (tmp_path / "a.cr2").write_bytes(dng(jpeg(upright()), (64, 48)))
    with pytest.raises(ReadError, match=r"Run: pip install 'nearspace\[raw\]', and ingest the folder again\.$"):
        read_images(tmp_path / "a.cr2", image_size=64)
