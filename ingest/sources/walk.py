"""Which files of a folder are read, and what identifies them."""

import errno
import hashlib
import os
import re
import stat
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from ingest.errors import ReadError, read_error
from ingest.readers.draft import Value
from ingest.readers.formats import ARCHIVE_SUFFIXES, Kind, kind_of
from ingest.sources.selection import EVERYTHING, Chain, Selection, Selector

ROW_STATE = "row:"
"""How the state of a picture begins whose caption comes from a table."""

_MARKS_OF_A_SPACE = frozenset({"manifest.json", "ledger.db"})

OnError = Callable[[Path, OSError], None]
OnSkip = Callable[[Path, str], None]
OnLeftOut = Callable[[Path], None]


@dataclass(frozen=True)
class Row:
    """What the rows of a table say of the picture that they name."""

    caption: str
    facts: dict[str, Value]
    state: str
    """Identifies the two; begins with ROW_STATE."""


@dataclass(frozen=True)
class Found:
    """One source below a folder: a regular file, or what `places` says can stand for one."""

    path: Path
    """Absolute, links in the root resolved."""
    root: Path
    """The folder that was walked, resolved; for a file named directly, the folder it is in."""
    size: int
    """Bytes."""
    mtime_ns: int
    kind: Kind | None
    """What it is read as; None where no reader knows its suffix."""
    problem: str = ""
    """Why it cannot be read, where that is known already."""
    gaps: str = ""
    """What is known to be missing of it; '' where nothing is."""
    row: Row | None = None
    """What a table says of it, where it is a picture that a table names."""
    address: str = ""
    """Where it was fetched from, where `path` is a copy."""

    @property
    def source(self) -> str:
        """What the ledger calls it: its address, or else its path."""
        return self.address or str(self.path)

    @property
    def origin(self) -> str:
        """What the ledger calls its root: the folder's path, or scheme and host of its address."""
        return "//".join((self.address.split("//")[0], self.folder.split("/")[0])) if self.address else str(self.root)

    @property
    def folder(self) -> str:
        """Its folder as people see it: the root's own name, then the path below it; or the host, then the path."""
        if self.address:
            host, *inside = re.split(r"[?#]", self.address, maxsplit=1)[0].split("/")[2:]
            return "/".join([host.rpartition("@")[2], *filter(None, inside[:-1])])
        return PurePath(self.root.name or "/", self.path.parent.relative_to(self.root)).as_posix()


def walk(
    root: Path,
    *,
    on_error: OnError,
    on_skip: OnSkip | None = None,
    on_left_out: OnLeftOut | None = None,
    selection: Selection = EVERYTHING,
    archives: bool = True,
) -> Iterator[Found]:
    """Yield every regular file at or below `root` that is wanted: a folder's own files by name, then its folders.

    An archive counts as a folder, and what is in it as its files, unless `archives` says that none is looked into;
    one that cannot be read is yielded itself, with its problem.

    Hidden names, what operating systems litter folders with, and spaces are left out silently; what globs and
    `.nearspaceignore` files leave out goes to `on_left_out`.  Links, devices and names that are not valid UTF-8 go to
    `on_skip` with the reason; a folder or file that cannot be looked at goes to `on_error`, and the walk goes on.
    Links are never followed, so there are no loops and no file comes twice.  A file that is named itself is yielded
    whatever ignore files say, if the globs want it.  Raises SettingsError where a glob cannot be understood.
    """
    skip = on_skip or _say_nothing
    leave_out = on_left_out or _keep_quiet
    selector = Selector(selection)
    try:
        root = root.resolve(strict=True)
        status = root.stat()
    except (OSError, RuntimeError) as error:
        # Python 3.11 and 3.12 report a loop of links as a RuntimeError.
        if isinstance(error, OSError) and error.errno != errno.ELOOP:
            on_error(root, error)
        else:
            skip(root, "a link that leads back to itself. Mend the link, or leave it out.")
        return
    if not _storable(str(root)):
        skip(root, _NOT_UTF8)
    elif stat.S_ISDIR(status.st_mode):
        yield from _walk_folders(root, [(root, "", ())], selector, on_error, skip, leave_out, archives)
    elif not stat.S_ISREG(status.st_mode):
        skip(root, _SPECIAL)
    elif archives and _is_archive(root):
        yield from _in_archive(root, root.parent, root.name, (), selector, skip, leave_out)
    elif selector.wants_file(root.name, ()):
        yield Found(root, root.parent, status.st_size, status.st_mtime_ns, kind_of(root))
    else:
        leave_out(root)


_NOT_UTF8 = "its name is not valid UTF-8. Rename it to have it read."
_SPECIAL = "neither a file nor a folder (a socket, pipe or device). Leave it out."


def walk_changed(
    root: Path,
    changed: Collection[Path],
    *,
    on_error: OnError,
    on_skip: OnSkip | None = None,
    on_left_out: OnLeftOut | None = None,
    selection: Selection = EVERYTHING,
) -> Iterator[Found]:
    """Yield what `walk` would yield of the paths `changed`, all under the folder `root`, and of the folders among them.

    `root` and `changed` are absolute, links in them resolved down to `root`.  Paths that are gone give nothing.
    """
    skip = on_skip or _say_nothing
    leave_out = on_left_out or _keep_quiet
    selector = Selector(selection)
    chains: dict[Path, Chain | None] = {}

    def chain_about(folder: Path) -> Chain | None:
        """The ignore files about `folder`, which is under `root`; None where a walk would not come to it."""
        unknown = [folder]
        while unknown[-1] != root and unknown[-1] not in chains:
            unknown.append(unknown[-1].parent)
        for each in reversed(unknown):
            if each not in chains:
                outer = () if each == root else chains[each.parent]
                chains[each] = None if outer is None else enter(each, outer)
        return chains[folder]

    def enter(folder: Path, outer: Chain) -> Chain | None:
        relative = "" if folder == root else folder.relative_to(root).as_posix()
        if relative and (
            not selector.is_visible(folder.name) or folder.is_symlink() or not selector.wants_folder(relative, outer)
        ):
            return None
        try:
            names = set(os.listdir(folder))  # noqa: PTH208
            return None if names >= _MARKS_OF_A_SPACE else selector.enter(folder, relative, names, outer)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            on_error(folder, error)
            return None

    for path in sorted(changed):
        if path == root:
            yield from _walk_folders(root, [(root, "", ())], selector, on_error, skip, leave_out)
            continue
        chain = chain_about(path.parent)
        if chain is None or not selector.is_visible(path.name):
            continue
        if not _storable(path.name):
            skip(path, _NOT_UTF8)
            continue
        relative = path.relative_to(root).as_posix()
        try:
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode):
                if selector.wants_folder(relative, chain):
                    yield from _walk_folders(root, [(path, relative, chain)], selector, on_error, skip, leave_out)
                else:
                    leave_out(path)
            elif stat.S_ISREG(status.st_mode) and _is_archive(path):
                yield from _in_archive(path, root, relative, chain, selector, skip, leave_out)
            elif not selector.wants_file(relative, chain):
                leave_out(path)
            elif stat.S_ISREG(status.st_mode):
                yield Found(path, root, status.st_size, status.st_mtime_ns, kind_of(path))
            else:
                skip(path, _why_no_link(path) if stat.S_ISLNK(status.st_mode) else _SPECIAL)
        except FileNotFoundError:
            continue
        except OSError as error:
            on_error(path, error)


def _walk_folders(
    root: Path,
    waiting: list[tuple[Path, str, Chain]],
    selector: Selector,
    on_error: OnError,
    skip: OnSkip,
    leave_out: OnLeftOut,
    archives: bool = True,
) -> Iterator[Found]:
    # `waiting` is a stack of our own: folders may be nested deeper than Python calls may.
    while waiting:
        folder, inside, outer = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
            names = {entry.name for entry in entries}
            if names >= _MARKS_OF_A_SPACE:
                continue
            chain = selector.enter(folder, inside, names, outer)
        except OSError as error:
            on_error(folder, error)
            continue
        folders: list[tuple[Path, str, Chain]] = []
        for entry in entries:
            if not selector.is_visible(entry.name):
                continue
            path = folder / entry.name
            if not _storable(entry.name):
                skip(path, _NOT_UTF8)
                continue
            relative = f"{inside}/{entry.name}" if inside else entry.name
            try:
                if entry.is_dir(follow_symlinks=False):
                    if selector.wants_folder(relative, chain):
                        folders.append((path, relative, chain))
                    else:
                        leave_out(path)
                elif archives and _is_archive(path) and entry.is_file(follow_symlinks=False):
                    yield from _in_archive(path, root, relative, chain, selector, skip, leave_out)
                elif not selector.wants_file(relative, chain):
                    leave_out(path)
                elif entry.is_symlink():
                    skip(path, _why_no_link(path))
                elif entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    yield Found(path, root, status.st_size, status.st_mtime_ns, kind_of(path))
                else:
                    skip(path, _SPECIAL)
            except OSError as error:
                on_error(path, error)
        waiting.extend(reversed(folders))


_INSIDE_AN_ARCHIVE = re.compile(f"(?:{'|'.join(map(re.escape, ARCHIVE_SUFFIXES))}){re.escape(os.sep)}", re.IGNORECASE)


def _is_archive(path: Path) -> bool:
    return path.name.lower().endswith(tuple(ARCHIVE_SUFFIXES))


def _in_archive(
    archive: Path,
    root: Path,
    relative: str,
    chain: Chain,
    selector: Selector,
    skip: OnSkip,
    leave_out: OnLeftOut,
) -> Iterator[Found]:
    """The wanted files in `archive`, which is at `relative` below `root`; where it cannot be read, itself."""
    from ingest.sources.archives import members

    if not selector.wants_folder(relative, chain):
        leave_out(archive)
        return
    # The folders about the last member, the outermost first; only the innermost may be one that is left out.  Members
    # come folder by folder, so what was decided is seldom decided again, and no more is kept than one path is long.
    decided = [(relative, True)]

    def wants_folder(folder: str) -> bool:
        while not f"{folder}/".startswith(f"{decided[-1][0]}/"):
            decided.pop()
        while decided[-1][1] and decided[-1][0] != folder:
            end = folder.find("/", len(decided[-1][0]) + 1)
            inner = folder if end < 0 else folder[:end]
            decided.append((inner, selector.wants_folder(inner, chain)))
        return decided[-1][1]

    status = archive.stat()
    try:
        found = members(archive)
    except ReadError as error:
        yield Found(archive, root, status.st_size, status.st_mtime_ns, None, problem=str(error))
        return
    for member in found:
        if not all(map(selector.is_visible, member.name.split("/"))):
            continue
        path, inside = archive / member.name, f"{relative}/{member.name}"
        if member.unwanted:
            skip(path, member.unwanted)
        elif wants_folder(inside.rpartition("/")[0]) and selector.wants_file(inside, chain):
            yield Found(path, root, member.size, member.mtime_ns, kind_of(path), problem=member.problem)
        else:
            leave_out(path)


def is_space(folder: Path) -> bool:
    """Whether `folder` is a space, of which nothing is read; False where one may not look."""
    return all(os.path.exists(folder / mark) for mark in _MARKS_OF_A_SPACE)  # noqa: PTH110 - it raises nothing


def archive_of(path: Path) -> Path | None:
    """The archive that has the file at `path` in it; None where it is a file itself, or the archive is gone."""
    if not _INSIDE_AN_ARCHIVE.search(os.fspath(path)):  # asked for every picture
        return None
    for above in path.parents:
        # Of a path that is too long for the system, Path.is_file raises an error.
        if _is_archive(above) and os.path.isfile(above):  # noqa: PTH113
            return above
    return None


def _say_nothing(path: Path, reason: str) -> None:
    pass


def _keep_quiet(path: Path) -> None:
    pass


def _storable(name: str) -> bool:
    """Say whether `name` can be written as UTF-8: bytes that cannot be read so come as lone surrogates."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _why_no_link(path: Path) -> str:
    if not path.exists():
        return "a broken link. Mend the link, or leave it out."
    return "a link, and links are not followed. Name its target to have it read."


def content_hash(path: Path) -> str:
    """Return the SHA-256 of the file's content in hex; raises ReadError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise read_error(error) from error
