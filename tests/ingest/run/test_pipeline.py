"""An ingest keeps the space in step with the files, and encodes nothing twice."""

import os
import shutil
from pathlib import Path

import pytest

from ingest.errors import EncoderMismatch
from ingest.readers import formats
from ingest.space import open_space, open_to_write
from tests.fake_encoder import FakeEncoder
from tests.make_files import finds_every_item, ingest_folders, picture, shades, text


class CountingEncoder(FakeEncoder):
    """The fake encoder, counting what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.encoded = 0

    def encode_images(self, images):
        self.encoded += len(images)
        return super().encode_images(images)

    def encode_texts(self, texts):
        self.encoded += len(texts)
        return super().encode_texts(texts)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "my files"
    picture(root / "a" / "red.png", "red")
    picture(root / "a" / "blue.jpg", "blue")
    text(root / "b" / "green.md", "# Meadows\n\nThe meadow is green in May.")
    text(root / "notes.txt", "Yellow taxis wait in the rain.")
    return root


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_every_file_gets_an_outcome_and_every_item_is_found_by_its_own_vector(home, folder):
    report = ingest_folders(home, [folder])
    assert report.counts()["added"] == 4
    assert report.exit_status == 0
    with open_space(home, "test") as space:
        assert space.ledger.items.counts() == {"image": 2, "text": 2}
        assert finds_every_item(space)
        assert space.ledger.items.folders() == ["my files", "my files/a", "my files/b"]
        red = space.ledger.items.of_source(str(folder / "a" / "red.png"))[0]
        assert space.thumbnail_path(red).is_file()


def test_a_second_run_encodes_nothing_and_reports_everything_unchanged(home, folder):
    ingest_folders(home, [folder])
    encoder = CountingEncoder()
    report = ingest_folders(home, [folder], encoder)
    assert encoder.encoded == 0
    assert report.counts()["unchanged"] == 4


def test_a_touched_file_with_the_same_content_is_not_encoded_again(home, folder):
    ingest_folders(home, [folder])
    os.utime(folder / "a" / "red.png", (1, 1))
    encoder = CountingEncoder()
    assert ingest_folders(home, [folder], encoder).counts()["unchanged"] == 4
    assert encoder.encoded == 0


def test_a_changed_file_replaces_its_items(home, folder):
    ingest_folders(home, [folder])
    with open_space(home, "test") as space:
        before = space.ledger.items.of_source(str(folder / "a" / "red.png"))[0]
    picture(folder / "a" / "red.png", "purple", (70, 70))
    report = ingest_folders(home, [folder])
    assert report.counts()["updated"] == 1
    with open_space(home, "test") as space:
        after = space.ledger.items.of_source(str(folder / "a" / "red.png"))
        assert len(after) == 1
        assert after[0].id != before.id
        assert after[0].meta["width"] == 70
        assert finds_every_item(space)
        assert not (space.folder / before.thumbnail).exists()


def test_a_moved_file_keeps_its_item_and_is_not_encoded_again(home, folder):
    ingest_folders(home, [folder])
    with open_space(home, "test") as space:
        before = space.ledger.items.of_source(str(folder / "a" / "red.png"))[0]
        moves = space.ledger.moves()
    (folder / "c").mkdir()
    (folder / "a" / "red.png").rename(folder / "c" / "crimson.png")
    encoder = CountingEncoder()
    report = ingest_folders(home, [folder], encoder)
    assert report.counts()["moved"] == 1
    assert report.counts()["removed"] == 0
    assert encoder.encoded == 0
    with open_space(home, "test") as space:
        after = space.ledger.items.of_source(str(folder / "c" / "crimson.png"))[0]
        assert (after.id, after.folder) == (before.id, "my files/c")
        assert space.ledger.moves() > moves
        assert finds_every_item(space)


@pytest.mark.parametrize("name", ["page.html", "page.csv"])
def test_a_file_that_is_read_in_another_way_under_its_new_name_is_read_anew(home, tmp_path, name):
    page = text(tmp_path / "files" / "page.txt", "<p>Owls, who hunt</p>\n<p>Bats, who hang</p>\n")
    ingest_folders(home, [page.parent])
    page.rename(page.with_name(name))
    report = ingest_folders(home, [page.parent])
    assert (report.counts()["added"], report.counts()["removed"], report.counts()["moved"]) == (1, 1, 0)
    fresh = text(tmp_path / "others" / name, page.with_name(name).read_text())
    ingest_folders(home, [fresh.parent], name="fresh")
    with open_space(home, "test") as space, open_space(home, "fresh") as expected:
        said = [item.text for item in space.ledger.items.of_source(str(page.with_name(name)))]
        assert said == [item.text for item in expected.ledger.items.of_source(str(fresh))]
        assert finds_every_item(space)


def test_a_moved_picture_has_the_caption_beside_its_new_name_at_once(home, folder):
    text(folder / "a" / "red.txt", "A red wall")
    ingest_folders(home, [folder])
    with open_space(home, "test") as space:
        before = space.ledger.items.of_source(str(folder / "a" / "red.png"))[0]
    (folder / "a" / "red.png").rename(folder / "a" / "crimson.png")
    text(folder / "a" / "crimson.txt", "A crimson wall")
    report = ingest_folders(home, [folder])
    assert [Path(entry.path).name for entry in report.of("moved")] == ["crimson.png"]
    with open_space(home, "test") as space:
        after = space.ledger.items.of_source(str(folder / "a" / "crimson.png"))[0]
        assert (after.id, after.text) == (before.id, "A crimson wall")
        assert finds_every_item(space)
    assert ingest_folders(home, [folder]).counts()["updated"] == 0


def test_a_deleted_file_leaves_the_space_with_its_thumbnail(home, folder):
    ingest_folders(home, [folder])
    (folder / "a" / "red.png").unlink()
    report = ingest_folders(home, [folder])
    assert [Path(entry.path).name for entry in report.of("removed")] == ["red.png"]
    with open_space(home, "test") as space:
        assert space.ledger.items.counts() == {"image": 1, "text": 2}
        assert finds_every_item(space)
        assert len(list((space.folder / "thumbnails").rglob("*.jpg"))) == 1


def test_files_outside_the_folders_of_this_run_stay(home, folder, tmp_path):
    other = tmp_path / "other"
    picture(other / "white.png", "white")
    ingest_folders(home, [folder])
    ingest_folders(home, [other])
    with open_space(home, "test") as space:
        assert space.ledger.items.count() == 5


def test_an_emptied_folder_is_taken_for_one_that_is_not_mounted(home, folder):
    ingest_folders(home, [folder])
    shutil.rmtree(folder)
    folder.mkdir()
    report = ingest_folders(home, [folder])
    assert report.counts()["removed"] == 0
    assert "not mounted" in report.notes[0]
    with open_space(home, "test") as space:
        assert space.ledger.items.count() == 4


def test_a_path_that_is_not_there_fails_alone(home, folder, tmp_path):
    report = ingest_folders(home, [folder, tmp_path / "nowhere"])
    assert report.counts()["added"] == 4
    assert [entry.path for entry in report.of("failed")] == [str(tmp_path / "nowhere")]
    assert report.exit_status == 1
    assert ingest_folders(home, [tmp_path / "nowhere"]).exit_status == 2


def test_a_caption_sidecar_is_the_caption_of_its_picture_and_a_text_of_its_own(home, folder):
    text(folder / "a" / "red.txt", "A red wall in Lisbon")
    ingest_folders(home, [folder])
    with open_space(home, "test") as space:
        assert space.ledger.items.of_source(str(folder / "a" / "red.png"))[0].text == "A red wall in Lisbon"
        assert space.ledger.items.of_source(str(folder / "a" / "red.txt"))[0].modality == "text"


def test_a_changed_caption_is_taken_over_without_encoding_the_picture(home, folder):
    ingest_folders(home, [folder])
    text(folder / "a" / "red.txt", "A red wall in Porto")
    encoder = CountingEncoder()
    report = ingest_folders(home, [folder], encoder)
    assert report.counts()["updated"] == 1
    assert encoder.encoded == 1  # the sidecar's own text
    with open_space(home, "test") as space:
        assert space.ledger.items.of_source(str(folder / "a" / "red.png"))[0].text == "A red wall in Porto"
        assert finds_every_item(space)


def test_a_broken_file_fails_alone_and_is_tried_again(home, folder):
    bad = text(folder / "bad.jpg", "no picture")
    report = ingest_folders(home, [folder])
    assert (report.counts()["added"], report.counts()["failed"], report.exit_status) == (4, 1, 1)
    picture(folder / "bad.jpg", "white")
    assert ingest_folders(home, [folder]).counts()["added"] == 1
    bad.write_bytes(bad.read_bytes()[:100])
    report = ingest_folders(home, [folder])
    assert report.counts()["failed"] == 1
    with open_space(home, "test") as space:
        assert space.ledger.items.of_source(str(bad)) == []  # what it showed before is no longer in the file
        assert finds_every_item(space)


def test_a_file_without_a_reader_is_skipped_with_the_reason(home, folder):
    (folder / "song.mp3").write_bytes(b"ID3")
    entry = ingest_folders(home, [folder]).of("skipped")[0]
    assert Path(entry.path).name == "song.mp3"
    assert entry.reason == "no reader for .mp3 files. Save it in a format that is read, or leave it out."


def test_a_file_that_had_no_reader_is_read_once_there_is_one(home, folder, monkeypatch):
    text(folder / "notes.new", "a red bird")
    assert ingest_folders(home, [folder]).counts()["skipped"] == 1
    monkeypatch.setitem(formats.BY_SUFFIX, ".new", formats.BY_SUFFIX[".txt"])
    report = ingest_folders(home, [folder])
    assert (report.counts()["added"], report.counts()["skipped"]) == (1, 0)


def test_more_files_than_fit_a_batch_are_all_written(home, tmp_path):
    shades(tmp_path / "many", 300)
    assert ingest_folders(home, [tmp_path / "many"]).counts()["added"] == 300
    with open_space(home, "test") as space:
        assert finds_every_item(space)


def test_another_encoder_is_refused_with_a_message_that_names_both(home, folder):
    ingest_folders(home, [folder])

    class Other(FakeEncoder):
        @property
        def info(self):
            from dataclasses import replace

            return replace(super().info, id="other", fingerprint="0" * 64)

    with pytest.raises(EncoderMismatch, match=r"FakeEncoder.*other.*--space"):
        open_to_write(home, "test", Other().info)
