"""What a person is told of a space, and of an ingest when it is done."""

import os
from datetime import datetime
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from ingest import cli
from ingest.console.output import show_report
from ingest.outcomes import SourceOutcome
from ingest.run.reencode import reencode
from ingest.run.report import Report
from ingest.space import open_space, open_to_reencode
from ingest.space.status import space_status
from tests.make_files import ingest_folders, picture, text
from tests.retuned_encoder import RetunedEncoder, SharedTextEncoder


def of_year(path: Path, year: int) -> Path:
    moment = datetime(year, 7, 1, 12).timestamp()
    os.utime(path, (moment, moment))
    return path


def test_status_counts_by_the_year_of_the_photo_else_of_the_file(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    taken = Image.Exif()
    taken.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "1999:12:31 23:59:59"
    photo = tmp_path / "files" / "photo.jpg"
    photo.parent.mkdir()
    Image.new("RGB", (40, 30), "red").save(photo, exif=taken)
    of_year(photo, 2020)
    of_year(picture(tmp_path / "files" / "blue.png", "blue"), 2020)
    of_year(text(tmp_path / "files" / "note.txt", "A green meadow in May."), 2020)
    for year in range(2001, 2013):
        of_year(text(tmp_path / "files" / f"{year}.txt", f"The harvest of {year}."), year)
    ingest_folders(tmp_path / "home", [tmp_path / "files"])
    with open_space(tmp_path / "home", "test") as space:
        years, taken = space_status(space)["years"], space_status(space)["years_taken"]
    assert taken == {"1999": {"image": 1}, "": {"image": 1, "text": 13}}
    assert years["1999"] == {"image": 1}
    assert years["2020"] == {"image": 1, "text": 1}
    assert list(years) == ["1999", *map(str, range(2001, 2013)), "2020"]
    assert cli.main(["status", "--home", str(tmp_path / "home"), "--space", "test"]) == 0
    told = capsys.readouterr().out
    assert "2020: 1 image, 1 passage" in told
    assert "before: 1 image, 3 passages; --json names every year" in told
    assert "re-encoding" not in told


def test_status_tells_of_a_reencoding_that_was_begun(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*given: object, **options: object) -> None:
        raise KeyboardInterrupt

    home = tmp_path / "home"
    for colour in ("red", "green", "blue"):
        picture(tmp_path / "files" / f"{colour}.png", colour)
    text(tmp_path / "files" / "note.txt", "A green meadow in May.")
    ingest_folders(home, [tmp_path / "files"], SharedTextEncoder())
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt), open_to_reencode(home, "test") as space:
        patch.setattr("ingest.space.space.Space.swap_encoder", interrupted)
        reencode(space, RetunedEncoder())
    with open_space(home, "test") as space:
        assert space_status(space)["reencoding"] == {"staged": 3}
    assert cli.main(["status", "--home", str(home), "--space", "test"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "begun: 3 of 4 items have a vector of another encoder" in told
    with open_to_reencode(home, "test") as space:
        assert reencode(space, RetunedEncoder()).swapped
    with open_space(home, "test") as space:
        assert space_status(space)["reencoding"] is None


def test_the_summary_names_the_slowest_files_and_each_failed_one_under_its_reason(
    capsys: pytest.CaptureFixture,
) -> None:
    report = Report(
        slowest=[(f"/photos/{place}.tif", 20.0 - place) for place in range(9)] + [("/photos/quick.jpg", 0.1)]
    )
    for name in ("a.jpg", "b.jpg"):
        report.add(SourceOutcome(f"/photos/{name}", "failed", "damaged picture. Export it again."))
    report.add(SourceOutcome("/photos/c.pdf", "failed", "locked. Take its password away."))
    show_report(report, space="test", counts={"image": 1, "text": 0})
    told = capsys.readouterr().out
    assert told.index("20.0 s  /photos/0.tif") < told.index("12.0 s  /photos/8.tif")
    assert "quick.jpg" not in told
    assert told.count("damaged picture. Export it again.") == 1
    assert told.index("damaged picture") < told.index("/photos/a.jpg") < told.index("/photos/b.jpg")
    assert told.index("locked.") < told.index("/photos/c.pdf")
