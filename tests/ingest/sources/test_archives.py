"""Archives are read in place: what is in them is a source each, as if they were folders."""

import io
import json
import os
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest import cli
from ingest.errors import ReadError
from ingest.readers.reading_options import DEFAULT_READING
from ingest.run.dry_run import dry_run, ledger_to_read
from ingest.run.engines.base import Workload
from ingest.run.pipeline import ingest
from ingest.run.reencode import reencode
from ingest.sources import archives
from ingest.sources.location import location_of
from ingest.sources.selection import Selection
from ingest.sources.walk import walk
from ingest.space import open_space, open_to_write
from ingest.space.maintenance.repair import check, repair
from search_app.search import Space
from tests.fake_encoder import COLOURS, FakeEncoder
from tests.make_files import FAKE, finds_every_item, ingest_folders, picture
from tests.retuned_encoder import RetunedEncoder


def png(colour: str, size: tuple[int, int] = (64, 48)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, COLOURS[colour]).save(file, "PNG")
    return file.getvalue()


CONTENT: dict[str, bytes] = {
    "red.png": png("red"),
    "red.txt": b"A red square",
    "inner/blue.png": png("blue"),
    "inner/owls.md": b"# Owls\n\nThey hunt at night.",
    "inner/rows.csv": b"id,text\n7,A yellow taxi\n8,A purple cow\n",
}


def pack(path: Path, content: dict[str, bytes] | None = None, how: int = zipfile.ZIP_DEFLATED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, data in (CONTENT if content is None else content).items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return pack(tmp_path / "files" / "things.zip")


def outcomes(home: Path, *paths: Path) -> dict[str, tuple[str, str]]:
    """What the command says of each source: outcome and reason, by its path below `files`."""
    report = home.parent / "report.json"
    command = ["ingest", *map(str, paths), "--home", str(home), "--space", "test", "--encoder", FAKE, "--quiet"]
    assert cli.main([*command, "--report", str(report)]) in (0, 1, 2)
    sources = json.loads(report.read_text())["sources"]
    found = {Path(entry["path"]).relative_to(home.parent / "files").as_posix(): entry for entry in sources}
    assert len(found) == len(sources), "one outcome each"
    return {path: (entry["outcome"], entry["reason"]) for path, entry in found.items()}


def test_what_is_in_an_archive_is_read_as_from_a_folder(home, archive):
    said = outcomes(home, archive.parent)
    assert {path: outcome for path, (outcome, _) in said.items()} == {f"things.zip/{name}": "added" for name in CONTENT}
    with open_space(home, "test") as space:
        assert space.ledger.counts() == {"image": 2, "text": 4}
        (red,) = space.ledger.items_of(str(archive / "red.png"))
        assert (red.text, red.name, red.folder) == ("A red square", "red.png", "files/things.zip")
        assert space.thumbnail_path(red).is_file()
        (owls,) = space.ledger.items_of(str(archive / "inner" / "owls.md"))
        assert (owls.title, owls.folder) == ("Owls", "files/things.zip/inner")
        assert space.ledger.items_of(str(archive / "inner" / "rows.csv"))[0].meta["table"] == "rows"
        assert finds_every_item(space)
    assert sorted(path.name for path in archive.parent.iterdir()) == ["things.zip"]


def test_of_an_archive_that_changes_only_what_changed_in_it_is_unpacked(home, archive, monkeypatch):
    ingest_folders(home, [archive.parent])
    unpacked: list[str] = []
    real = archives.unpacked
    monkeypatch.setattr(archives, "unpacked", lambda path, name: unpacked.append(name) or real(path, name))
    assert ingest_folders(home, [archive]).counts()["unchanged"] == 5
    assert unpacked == []
    with zipfile.ZipFile(archive) as before:
        kept = {info.filename: (info, before.read(info)) for info in before.infolist()}
    kept["inner/blue.png"] = (kept["inner/blue.png"][0], png("purple"))
    del kept["inner/owls.md"]
    with zipfile.ZipFile(archive, "w") as after:  # packed in another way, with the same dates
        for info, data in kept.values():
            after.writestr(zipfile.ZipInfo(info.filename, info.date_time), data)
        after.writestr("green.png", png("green"))
    report = ingest_folders(home, [archive.parent])
    changed = {Path(entry.path).name: entry.outcome for entry in report.outcomes if entry.outcome != "unchanged"}
    assert changed == {"blue.png": "updated", "green.png": "added", "owls.md": "removed"}
    assert sorted(unpacked) == ["green.png", "inner/blue.png"]
    assert report.encoded_images == 2


def test_a_touched_or_renamed_archive_costs_no_encoding(home, archive):
    ingest_folders(home, [archive.parent])
    os.utime(archive, (1, 1))
    assert ingest_folders(home, [archive.parent]).counts()["unchanged"] == 5
    archive.rename(archive.with_name("other.zip"))
    report = ingest_folders(home, [archive.parent])
    assert (report.counts()["moved"], report.encoded_images + report.encoded_texts) == (5, 0)


def test_a_copy_outside_of_an_archive_does_not_take_the_place_of_what_is_in_it(home, archive):
    ingest_folders(home, [archive.parent])
    (archive.parent / "red copy.png").write_bytes(CONTENT["red.png"])
    report = ingest_folders(home, [archive.parent])
    assert (report.counts()["added"], report.counts()["unchanged"], report.encoded_images) == (1, 5, 0)


def test_an_archive_that_goes_takes_its_sources_along_and_one_that_is_damaged_does_not(home, archive):
    picture(archive.parent / "green.png", "green")
    ingest_folders(home, [archive.parent])
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    report = ingest_folders(home, [archive.parent])
    assert {entry.path: entry.outcome for entry in report.outcomes} == {
        str(archive): "failed",
        str(archive.parent / "green.png"): "unchanged",
    }
    assert "damaged archive, or none" in report.of("failed")[0].reason
    archive.write_bytes(whole)
    assert ingest_folders(home, [archive.parent]).counts()["unchanged"] == 6
    archive.unlink()
    assert ingest_folders(home, [archive.parent]).counts()["removed"] == 5


def test_an_archive_that_changes_while_it_is_watched_is_followed(home, archive):
    picture(archive.parent / "green.png", "green")
    ingest_folders(home, [archive.parent])

    def changed() -> dict[str, str]:
        with open_to_write(home, "test", FakeEncoder.info) as space:
            report = ingest(space, FakeEncoder(), [archive.parent], changed={archive})
        return {Path(entry.path).name: entry.outcome for entry in report.outcomes if entry.outcome != "unchanged"}

    assert changed() == {}
    pack(archive, {**CONTENT, "red.png": png("purple"), "new.txt": b"new words"})
    assert changed() == {"red.png": "updated", "new.txt": "added"}
    archive.unlink()
    assert set(changed().values()) == {"removed"}
    with open_space(home, "test") as space:
        assert space.ledger.counts() == {"image": 1, "text": 0}
        assert finds_every_item(space)


def test_globs_and_hidden_names_hold_inside_archives(tmp_path):
    archive = pack(tmp_path / "a.zip", {**CONTENT, "__MACOSX/._red.png": b"litter", ".hidden/red.png": png("red")})

    def names(**globs: tuple[str, ...]) -> list[str]:
        found = walk(tmp_path, on_error=pytest.fail, selection=Selection(**globs))
        return [each.path.relative_to(archive).as_posix() for each in found]

    assert names() == list(CONTENT)
    assert names(include=("*.png",)) == ["red.png", "inner/blue.png"]
    assert names(exclude=("inner/",)) == ["red.png", "red.txt"]
    assert names(exclude=("*.zip",)) == []
    (tmp_path / ".nearspaceignore").write_text("a.zip/inner/*.md\n")
    assert names() == ["red.png", "red.txt", "inner/blue.png", "inner/rows.csv"]


def test_names_cannot_lead_out_and_archives_and_links_in_archives_are_told(home, tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as nested:
        nested.writestr("red.png", png("red"))
    path = pack(
        tmp_path / "files" / "tricks.zip",
        {
            "../../outside.txt": b"words that lead out",
            "/etc/absolute.txt": b"words at an absolute path",
            "nested.zip": inner.getvalue(),
            "a\\b\\windows.txt": b"words from Windows",
            "./dotted//good.txt": b"good words",
        },
    )
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    said = outcomes(home, path.parent)
    assert {name: outcome for name, (outcome, _) in said.items()} == {
        "tricks.zip/__/__/outside.txt": "skipped",
        "tricks.zip/etc/absolute.txt": "added",
        "tricks.zip/nested.zip": "skipped",
        "tricks.zip/a/b/windows.txt": "added",
        "tricks.zip/dotted/good.txt": "added",
        "tricks.zip/link.txt": "skipped",
    }
    assert said["tricks.zip/nested.zip"][1].startswith("an archive in an archive")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["files", "home", "report.json"]


def test_locked_files_fail_alone_with_the_reason(home, tmp_path):
    path = pack(tmp_path / "files" / "locked.zip", {"a.txt": b"secret words", "b.txt": b"open words"}, 0)
    data = bytearray(path.read_bytes())
    for signature, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):  # the flags of the first file, twice told
        data[data.index(signature) + at] |= 1
    path.write_bytes(data)
    said = outcomes(home, path)
    assert said["locked.zip/b.txt"][0] == "added"
    assert said["locked.zip/a.txt"][0] == "failed" and "password" in said["locked.zip/a.txt"][1]


def test_bombs_are_refused_before_they_are_unpacked(home, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "HARMLESS_BYTES", 1_000_000)
    noise = os.urandom(100_000).hex().encode()
    pack(tmp_path / "files" / "one.zip", {"bomb.txt": bytes(5_000_000), "noise.txt": noise})
    pack(tmp_path / "files" / "many.zip", {f"{n}.txt": bytes(900_000) for n in range(50)})
    unpacked: list[str] = []
    real = archives.unpacked
    monkeypatch.setattr(archives, "unpacked", lambda path, name: unpacked.append(name) or real(path, name))
    said = outcomes(home, tmp_path / "files")
    assert said["one.zip/bomb.txt"][0] == "failed" and said["one.zip/bomb.txt"][1].startswith("too large: 5 MB")
    assert said["one.zip/noise.txt"][0] == "added"
    assert said["many.zip"][0] == "failed" and "200 times" in said["many.zip"][1]
    assert set(unpacked) == {"noise.txt"}


def test_a_file_that_says_to_be_smaller_than_it_is_is_no_way_round(tmp_path):
    path = pack(tmp_path / "liar.zip", {"a.txt": b"x" * 5_000_000})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\1\2")
    data[at + 24 : at + 28] = struct.pack("<I", 1_000)
    path.write_bytes(data)
    with pytest.raises(ReadError, match=r"^damaged in its archive"), archives.unpacked(path, "a.txt"):
        pass


def test_names_in_other_encodings_are_shown_as_they_were_meant(tmp_path):
    words = ["Фотографии/море.txt", "Фотографии/зимний лес.txt", "Документы/письмо другу.txt"]
    for encoding in ("utf-8", "cp866", "cp1251"):
        path = tmp_path / f"{encoding}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for at in range(len(words)):
                archive.writestr(f"{at}" * len(words[at].encode(encoding)), b"words")
        data = path.read_bytes()
        for at, name in enumerate(words):
            raw = name.encode(encoding)
            data = data.replace(f"{at}".encode() * len(raw), raw)
        path.write_bytes(data)
        names = [member.name for member in archives.members(path)]
        assert names == words, encoding


def test_names_longer_than_a_file_may_have_are_read_all_the_same(home, tmp_path):
    long = {"日本の冬" * 25 + ".png": png("red"), "s" * 300 + ".md": b"# Owls\n\nWords."}
    long["雪" * 90 + ".長い接尾辞" * 20] = b"words"
    archive = pack(tmp_path / "files" / "long.zip", long)
    for again in (False, True):
        told = outcomes(home, archive.parent)
        wanted = {f"long.zip/{name}": "skipped" if "接" in name else "unchanged" if again else "added" for name in long}
        assert {path: outcome for path, (outcome, _) in told.items()} == wanted
    for name, data in long.items():
        with archives.unpacked(archive, name) as file:
            assert file.read_bytes() == data
            assert name.startswith(file.stem) and len(os.fsencode(file.name)) <= 255
    assert not any(location_of(f"{archive}/{name}x", archive.parent).exists() for name in long)


def test_files_under_more_folders_than_python_may_call_are_read_and_under_too_many_skipped(home, tmp_path):
    deep, deeper = f"deep.zip/{'d/' * 1_000}a.png", f"deep.zip/{'e/' * 5_000}x.zip/b.png"
    beside = f"deep.zip/{'d/' * 999}beside/c.png"
    content = {deep: png("red"), beside: png("blue"), deeper: png("green"), "deep.zip/f.png": png("black")}
    files = tmp_path / "files"
    pack(files / "deep.zip", {name.removeprefix("deep.zip/"): data for name, data in content.items()})
    picture(files / "outside.png", "white")
    for again in (False, True):
        told = outcomes(home, files)
        read = "unchanged" if again else "added"
        assert {name: told[name][0] for name in (deep, beside, "deep.zip/f.png", "outside.png")} == {
            deep: read,
            beside: read,
            "deep.zip/f.png": read,
            "outside.png": read,
        }
        outcome, reason = told[deeper]
        assert outcome == "skipped"
        assert "too many folders" in reason and reason.endswith("leave it out.")
    ignored = Selection(exclude=("beside/",))
    found = [each.path for each in walk(files, on_error=pytest.fail, selection=ignored)]
    assert files / deep in found and files / beside not in found


def test_a_folder_of_an_archive_is_left_out_wherever_its_files_stand_in_the_list(tmp_path):
    names = ("a/b/1.txt", "no/1.txt", "a/2.txt", "no/inner/2.txt", "ab/3.txt", "no/3.txt", "a/b/4.txt", "5.txt")
    archive = pack(tmp_path / "mixed.zip", dict.fromkeys(names, b"words"))
    left_out: list[Path] = []
    selection = Selection(exclude=("no/",))
    found = walk(tmp_path, on_error=pytest.fail, on_left_out=left_out.append, selection=selection)
    assert [each.path.relative_to(archive).as_posix() for each in found] == [n for n in names if n[:2] != "no"]
    assert left_out == [archive / name for name in names if name[:2] == "no"]


def test_pictures_in_archives_are_encoded_anew_mended_and_opened(home, archive):
    ingest_folders(home, [archive.parent])
    red = archive / "red.png"
    with open_to_write(home, "test", FakeEncoder.info) as space:
        done = reencode(space, RetunedEncoder())
        assert done.swapped and not done.missing and done.images == 2
    with open_space(home, "test") as space:
        (item,) = space.ledger.items_of(str(red))
        with location_of(str(red), space.folder).local_file() as file, Image.open(file) as opened:
            assert file.name == "red.png" and opened.size == (64, 48)
            expected = RetunedEncoder().encode_images([opened.convert("RGB")])
        assert not file.exists(), "nothing stays unpacked"
        assert np.allclose(space.ledger.vectors_of([item.id]), expected, atol=1e-6)
        assert finds_every_item(space)
        space.thumbnail_path(item).unlink()
    assert not check(home, "test").sound
    assert "made 1 thumbnails anew from their sources" in repair(home, "test").done
    assert check(home, "test").sound
    archive.unlink()
    assert not location_of(str(red), red.parent).exists()
    with open_to_write(home, "test", RetunedEncoder().info) as space:
        missing = reencode(space, FakeEncoder()).missing
        assert {entry.reason for entry in missing} == {"it is no longer there"}


def test_the_original_is_given_out_of_its_archive(home, archive):
    ingest_folders(home, [archive.parent])
    with Space("test", home=home) as space:
        item = space._space.ledger.items_of(str(archive / "red.png"))[0]
        with space.original(item.id) as file:
            assert file.read() == CONTENT["red.png"]
        pack(archive, {**CONTENT, "red.png": png("green")})
        assert space.original(item.id) is None, "another picture has its name now"


def test_a_dry_run_looks_into_archives(home, archive):
    ledger = ledger_to_read(home, "test")
    made = dry_run(ledger, [archive.parent], FakeEncoder)
    ledger.close()
    assert made.by_kind["image", "added"] == 2 and made.by_kind["document", "added"] == 3
    assert made.timed == 5 and not home.exists()


def test_more_archives_than_are_kept_open_are_read_at_once(home, tmp_path):
    for number in range(archives._OPEN_AT_ONCE * 3):
        pack(tmp_path / "files" / f"{number}.zip", {f"{n}.txt": f"words {number} {n}".encode() for n in range(5)})
    assert ingest_folders(home, [tmp_path / "files"]).counts()["added"] == archives._OPEN_AT_ONCE * 15


def test_examining_a_picture_in_an_archive_needs_no_other_file(archive):
    (found,) = (each for each in walk(archive, on_error=pytest.fail) if each.path.name == "blue.png")
    ledger = ledger_to_read(archive.parent, "none")
    classifier = Workload((), ledger, FakeEncoder(), DEFAULT_READING).classifier()
    assert classifier.classify(found).drafts[0].image.size == (64, 48)
    ledger.close()
