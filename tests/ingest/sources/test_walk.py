"""A walk finds every file once, in a fixed order, and says what it left out; hashes and captions belong to files."""

import hashlib
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.errors import ReadError
from ingest.readers.draft import MAX_CAPTION
from ingest.sources.captions import find_caption, read_caption
from ingest.sources.found import FoundSource
from ingest.sources.location import SourceLocation, content_hash
from ingest.sources.walk import walk, walk_changed


class Walked:
    """What a walk found, skipped and could not look at."""

    def __init__(self, root: Path) -> None:
        self.skipped: dict[str, str] = {}
        self.errors: dict[str, OSError] = {}
        self.root = root
        self.found: list[FoundSource] = list(walk(root, on_error=self._error, on_skip=self._skip))

    def _error(self, path: Path, error: OSError) -> None:
        self.errors[path.name] = error

    def _skip(self, path: Path, reason: str) -> None:
        self.skipped[path.name] = reason

    @property
    def names(self) -> list[str]:
        root = self.root.resolve()
        return [found.path.relative_to(root).as_posix() for found in self.found]


def write(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@contextmanager
def without_root_rights() -> Iterator[None]:
    """Root may read anything; inside, this process may not."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(me)


def test_a_folder_is_walked_whole_and_in_order(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.txt", "C.PNG", "sub/z.md", "sub/deep/er/y.pdf", "a folder/🦉 owl.jpg", "other.mp3"):
        write(tmp_path / name)
    walked = Walked(tmp_path)
    assert walked.names == [
        "C.PNG",
        "a.txt",
        "b.jpg",
        "other.mp3",
        "a folder/🦉 owl.jpg",
        "sub/z.md",
        "sub/deep/er/y.pdf",
    ]
    kinds = {found.path.name: found.kind for found in walked.found}
    assert kinds == {
        "C.PNG": "image",
        "a.txt": "document",
        "b.jpg": "image",
        "other.mp3": None,
        "🦉 owl.jpg": "image",
        "z.md": "document",
        "y.pdf": "document",
    }
    assert not walked.skipped and not walked.errors


def test_what_is_found_has_its_size_and_time(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", b"12345")
    os.utime(path, ns=(10, 1_700_000_000_123_456_789))
    (found,) = walk(tmp_path, on_error=pytest.fail)
    assert found == FoundSource(
        SourceLocation(path.resolve()), tmp_path.resolve(), 5, path.stat().st_mtime_ns, "document"
    )


def test_hidden_files_litter_and_spaces_are_left_out_silently(tmp_path: Path) -> None:
    for name in (
        ".hidden.jpg",
        ".git/a.txt",
        ".nearspace/default/thumbnails/1.webp",
        "Thumbs.db",
        "Desktop.ini",
        "__MACOSX/._a.jpg",
        "@eaDir/a.jpg",
        "$RECYCLE.BIN/a.jpg",
        "my space/manifest.json",
        "my space/ledger.db",
        "my space/thumbnails/1.webp",
        "app/manifest.json",
        "good.jpg",
    ):
        write(tmp_path / name)
    walked = Walked(tmp_path)
    assert walked.names == ["good.jpg", "app/manifest.json"]
    assert not walked.skipped and not walked.errors


def test_a_hidden_folder_that_is_named_itself_is_walked(tmp_path: Path) -> None:
    write(tmp_path / ".photos" / "a.jpg")
    assert Walked(tmp_path / ".photos").names == ["a.jpg"]


def test_links_are_not_followed_and_each_is_told(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root / "a.jpg")
    write(tmp_path / "outside.jpg")
    write(tmp_path / "elsewhere" / "b.jpg")
    (root / "inside link.jpg").symlink_to(root / "a.jpg")
    (root / "outside link.jpg").symlink_to(tmp_path / "outside.jpg")
    (root / "folder link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (root / "loop").symlink_to(root, target_is_directory=True)
    (root / "self").symlink_to(root / "self")
    (root / "broken.jpg").symlink_to(root / "nothing.jpg")
    walked = Walked(root)
    assert walked.names == ["a.jpg"]
    assert set(walked.skipped) == {"inside link.jpg", "outside link.jpg", "folder link", "loop", "self", "broken.jpg"}
    assert walked.skipped["broken.jpg"].startswith("a broken link")
    assert walked.skipped["loop"].startswith("a link")
    assert not walked.errors


def test_a_root_that_is_a_link_is_walked_where_it_leads(tmp_path: Path) -> None:
    write(tmp_path / "real" / "a.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (found,) = walk(tmp_path / "link", on_error=pytest.fail)
    assert found.path == tmp_path.resolve() / "real" / "a.jpg" and found.root == tmp_path.resolve() / "real"


def test_a_file_may_be_named_itself(tmp_path: Path) -> None:
    write(tmp_path / ".hidden.jpg", b"123")
    (found,) = walk(tmp_path / ".hidden.jpg", on_error=pytest.fail)
    assert (found.path.name, found.root, found.size, found.kind) == (".hidden.jpg", tmp_path.resolve(), 3, "image")


def test_a_relative_root_gives_absolute_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "sub" / "a.jpg")
    monkeypatch.chdir(tmp_path / "sub")
    (found,) = walk(Path(), on_error=pytest.fail)
    assert found.path == (tmp_path / "sub" / "a.jpg").resolve()


def test_a_root_that_is_not_there_is_an_error_and_one_that_loops_is_told(tmp_path: Path) -> None:
    walked = Walked(tmp_path / "none")
    assert isinstance(walked.errors["none"], FileNotFoundError) and not walked.found
    (tmp_path / "self").symlink_to(tmp_path / "self")
    walked = Walked(tmp_path / "self")
    assert set(walked.errors) | set(walked.skipped) == {"self"} and not walked.found


def test_pipes_and_sockets_are_told_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "socket.txt"))  # Absolute, it may be too long for a socket.
        walked = Walked(tmp_path)
    assert not walked.found and set(walked.skipped) == {"pipe.jpg", "socket.txt"}
    assert list(walk(tmp_path / "pipe.jpg", on_error=pytest.fail)) == []


def test_names_that_are_not_utf_8_are_told(tmp_path: Path) -> None:
    write(tmp_path / "good.jpg")
    for name in (b"caf\xe9.jpg", b"caf\xe9"):
        path = os.fsencode(tmp_path) + b"/" + name
        try:
            if name.endswith(b".jpg"):
                os.close(os.open(path, os.O_CREAT))
            else:
                Path(os.fsdecode(path)).mkdir()
        except OSError:
            pytest.skip("this file system takes only UTF-8")
    os.close(os.open(os.fsencode(tmp_path) + b"/caf\xe9/a.jpg", os.O_CREAT))
    walked = Walked(tmp_path)
    assert walked.names == ["good.jpg"]
    assert all("UTF-8" in reason for reason in walked.skipped.values()) and len(walked.skipped) == 2
    assert not Walked(Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))).found


def test_a_folder_one_may_not_read_is_an_error_and_the_rest_is_found(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root / "a.jpg")
    write(root / "locked" / "b.jpg")
    write(root / "open" / "c.jpg")
    for folder in (root, *tmp_path.parents[:3], tmp_path):
        folder.chmod(0o755)
    (root / "locked").chmod(0)
    with without_root_rights():
        walked = Walked(root)
    (root / "locked").chmod(0o755)
    assert walked.names == ["a.jpg", "open/c.jpg"]
    assert isinstance(walked.errors["locked"], PermissionError)


def test_a_file_that_vanishes_during_the_walk_does_not_end_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        write(tmp_path / name)
    names, errors = [], []
    for found in walk(tmp_path, on_error=lambda path, error: errors.append(path.name)):
        names.append(found.path.name)
        (tmp_path / "b.jpg").unlink(missing_ok=True)
    assert (names, errors) == (["a.jpg", "c.jpg"], ["b.jpg"])


def test_folders_nested_deeper_than_python_may_call_are_walked(tmp_path: Path) -> None:
    folder, depth = os.open(tmp_path, os.O_RDONLY), 1_200
    for _ in range(depth):
        os.mkdir("d", dir_fd=folder)
        inner = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(os.open("a.jpg", os.O_CREAT, dir_fd=folder))
    os.close(folder)
    walked = Walked(tmp_path)
    deepest = tmp_path / ("d/" * depth) / "a.jpg"
    changed = list(walk_changed(tmp_path, [deepest], on_error=pytest.fail))
    subprocess.run(["rm", "-r", str(tmp_path / "d")], check=True)  # Python's own rmtree cannot.
    assert walked.names == ["d/" * depth + "a.jpg"]
    assert [found.path for found in changed] == [deepest]


def test_the_content_decides_the_hash(tmp_path: Path) -> None:
    content = bytes(range(256)) * 20_000
    one, other = write(tmp_path / "one.jpg", content), write(tmp_path / "other.png", content)
    assert content_hash(one) == content_hash(other) == hashlib.sha256(content).hexdigest()
    assert content_hash(write(tmp_path / "third", content + b"x")) != content_hash(one)


def test_what_cannot_be_hashed_is_a_read_error(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no longer there"):
        content_hash(tmp_path / "none")
    with pytest.raises(ReadError, match="a folder"):
        content_hash(tmp_path)
    locked = write(tmp_path / "locked")
    locked.chmod(0)
    with without_root_rights(), pytest.raises(ReadError, match=r"^permission denied\. .*\.$"):
        content_hash(locked)


@pytest.mark.parametrize("beside", ["a.b.txt", "a.b.TXT", "a.b.jpg.txt"])
def test_a_caption_is_paired_by_stem_in_the_same_folder(tmp_path: Path, beside: str) -> None:
    caption = write(tmp_path / beside)
    write(tmp_path / "a.txt")
    write(tmp_path / "sub" / "a.b.txt")
    assert find_caption(SourceLocation(tmp_path / "a.b.jpg")) == SourceLocation(caption)


def test_the_caption_that_names_the_whole_file_goes_before(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")
    caption = write(tmp_path / "a.jpg.txt")
    assert find_caption(SourceLocation(tmp_path / "a.jpg")) == SourceLocation(caption)
    assert find_caption(SourceLocation(tmp_path / "a.png")) == SourceLocation(tmp_path / "a.txt")


def test_folders_and_links_are_no_captions(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    (tmp_path / "a.jpg.txt").symlink_to(write(tmp_path / "secret"))
    assert find_caption(SourceLocation(tmp_path / "a.jpg")) is None


def test_a_caption_is_read_in_one_line_whatever_its_encoding(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "  Ein großer Hund\r\n\tam Strand \n".encode("latin-1"))
    assert read_caption(path) == "Ein großer Hund am Strand"
    assert read_caption(write(tmp_path / "b.txt", b"")) == ""
    assert read_caption(write(tmp_path / "c.txt", b" \n")) == ""
    assert read_caption(write(tmp_path / "d.txt", b"OLYMPUS DIGITAL CAMERA         \n")) == ""


def test_a_long_caption_is_cut_between_words(tmp_path: Path) -> None:
    caption = read_caption(write(tmp_path / "a.txt", b"word " * 1_000))
    assert MAX_CAPTION - 10 < len(caption) <= MAX_CAPTION and caption.endswith("word…")
    assert len(read_caption(write(tmp_path / "b.txt", b"x" * 5_000))) == MAX_CAPTION
    exact = b"w" * MAX_CAPTION
    assert read_caption(write(tmp_path / "c.txt", exact)) == exact.decode()


def test_a_caption_that_is_no_text_is_a_read_error(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"^not a text: "):
        read_caption(write(tmp_path / "a.txt", bytes(range(32)) * 9))
    with pytest.raises(ReadError, match="no longer there"):
        read_caption(tmp_path / "none.txt")
