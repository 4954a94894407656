"""How far reading runs in front of the encoder, and what needs no reading at all."""

import threading
import time
from itertools import takewhile
from pathlib import Path

import pytest
from PIL import Image

from ingest.readers.draft import Draft
from ingest.run.classified import Classified, New
from ingest.run.classify import Classifier
from ingest.run.engines import local
from ingest.run.engines.workload import EncodingCount
from ingest.sources.found import FoundSource
from ingest.sources.location import SourceLocation
from ingest.sources.read_state import ReadState
from tests.fake_encoder import FakeEncoder
from tests.make_files import ingest_folders, shades, text
from tests.patience import limit

RED = Image.new("RGB", (8, 8), "red")


class Readers:
    """Gives `pages` pictures for every file, and counts the files that were read."""

    def __init__(self, pages: int) -> None:
        self.read = 0
        self._pages = pages
        self._lock = threading.Lock()

    def __call__(self, found: FoundSource) -> Classified:
        with self._lock:
            self.read += 1
        return New(found, "", ReadState(), [Draft("image", image=RED) for _ in range(self._pages)], is_update=False)

    def settle(self) -> int:
        """How many files were read once no reader goes on."""
        before = -1
        while before != self.read:
            before = self.read
            time.sleep(0.3)
        return before


class Watching(FakeEncoder):
    """Notes how many files were read in all, each time that a batch is encoded."""

    def __init__(self, readers: Readers) -> None:
        self.readers = readers
        self.batches: list[tuple[int, int]] = []

    def encode_images(self, images):
        self.batches.append((self.readers.settle() if len(self.batches) < 3 else 0, len(images)))
        return super().encode_images(images)


def found(count: int) -> list[FoundSource]:
    return [FoundSource(SourceLocation(Path(f"/{number}.jpg")), Path("/"), 1, 1, "image") for number in range(count)]


def run(count: int, pages: int) -> Watching:
    encoder = Watching(Readers(pages))
    files = found(count)
    groups = list(local.run(files, encoder.readers, encoder, EncodingCount()))
    assert [classified.found for group in groups for classified in group] == files
    return encoder


def test_while_a_batch_is_encoded_the_next_one_is_read():
    encoder = run(count=400, pages=1)
    encoded = 0
    for read, size in encoder.batches[:3]:
        assert read >= encoded + 2 * size, "the encoder would wait for its next batch"
        encoded += size


def test_files_of_many_pages_are_not_read_far_ahead():
    pages = 100
    encoder = run(count=80, pages=pages)
    encoded = 0
    for read, size in encoder.batches[:3]:
        # The file in hand, those that keep the readers busy, and what was begun before the first was weighed.
        assert read - encoded // pages <= 1 + 2 * local._AHEAD * local.READERS
        encoded += size
    assert sum(size for _, size in encoder.batches) == 80 * pages


def test_what_was_read_ahead_is_dropped_when_the_run_is_to_stop():
    asked: list[bool] = []

    class Stopping(FakeEncoder):
        def encode_images(self, images):
            asked.append(True)
            return super().encode_images(images)

    files = found(400)
    readers = Readers(pages=1)
    given = takewhile(lambda found: not asked, files)
    groups = list(local.run(given, readers, Stopping(), EncodingCount(), stop=lambda: bool(asked)))
    assert len(asked) <= local._ENCODED_AT_ONCE, "what was read ahead is not encoded"
    assert [classified.found for group in groups for classified in group] == files[: len(asked) * local._BATCH["image"]]


def test_while_the_end_of_a_batch_is_encoded_the_next_one_is_begun():
    begun = threading.Barrier(2, timeout=limit(30))

    class Waiting(FakeEncoder):
        def encode_images(self, images):
            begun.wait()  # for another batch, or the test fails
            return super().encode_images(images)

    files = [
        FoundSource(SourceLocation(Path(f"/{number}.jpg")), Path("/"), 1, 1, "image")
        for number in range(4 * local._BATCH["image"])
    ]
    count = EncodingCount()
    groups = list(local.run(files, Readers(pages=1), Waiting(), count))
    assert [classified.found for group in groups for classified in group] == files
    assert count.images == len(files)


def test_what_the_encoder_raises_ends_the_run_once_no_batch_is_being_encoded():
    running: list[bool] = []

    class Failing(FakeEncoder):
        def encode_images(self, images):
            running.append(True)
            if len(running) == 1:
                raise RuntimeError("no memory")
            time.sleep(0.2)
            running.append(False)
            return super().encode_images(images)

    files = found(400)
    with pytest.raises(RuntimeError, match="no memory"):
        list(local.run(files, Readers(pages=1), Failing(), EncodingCount()))
    assert running.count(True) == 1 + running.count(False)


def test_files_that_are_as_they_were_are_settled_without_a_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shades(tmp_path / "files", 600)
    text(tmp_path / "files" / "note.txt", "A green meadow in May.")
    ingest_folders(tmp_path / "home", [tmp_path / "files"])
    looked_at: list[str] = []
    real = Classifier.classify

    def looking(self: Classifier, found: FoundSource) -> Classified:
        looked_at.append(found.path.name)
        return real(self, found)

    monkeypatch.setattr(Classifier, "classify", looking)
    assert ingest_folders(tmp_path / "home", [tmp_path / "files"]).counts()["unchanged"] == 601
    assert looked_at == []
    text(tmp_path / "files" / "shade 00007.txt", "The seventh shade")  # a caption makes its picture another matter
    (tmp_path / "files" / "note.txt").write_text("A grey meadow in November.")
    counts = ingest_folders(tmp_path / "home", [tmp_path / "files"]).counts()
    assert (counts["unchanged"], counts["updated"], counts["added"]) == (599, 2, 1)
    assert sorted(looked_at) == ["note.txt", "shade 00007.png", "shade 00007.txt"]
