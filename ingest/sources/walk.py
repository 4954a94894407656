"""Walks folders and the archives in them, and yields the files that are selected."""

import errno
import os
import stat
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import ReadError
from ingest.readers.formats import is_archive, kind_of
from ingest.sources import archives as archive_files
from ingest.sources.found import FoundSource
from ingest.sources.location import ArchiveMember, SourceLocation
from ingest.sources.selection import EVERYTHING, IgnoreFiles, Selection, Selector

_MARKS_OF_A_SPACE = frozenset({"manifest.json", "ledger.db"})
_NOT_UTF8 = "its name is not valid UTF-8. Rename it to have it read."
_SPECIAL = "neither a file nor a folder (a socket, pipe or device). Leave it out."

OnError = Callable[[Path, OSError], None]
OnSkip = Callable[[Path, str], None]
OnLeftOut = Callable[[Path], None]


def walk(
    root: Path,
    *,
    on_error: OnError,
    on_skip: OnSkip = lambda path, reason: None,
    on_left_out: OnLeftOut = lambda path: None,
    selection: Selection = EVERYTHING,
    archives: bool = True,
) -> Iterator[FoundSource]:
    """Yield every selected regular file at or below `root`: a folder's own files by name, then its folders.

    An archive counts as a folder with its members as files, unless `archives` is false; one that cannot be read is
    yielded itself, with its problem.

    Hidden names, what operating systems litter folders with, and spaces are left out silently; what globs and
    `.nearspaceignore` files leave out goes to `on_left_out`.  Links, devices and names that are not valid UTF-8 go to
    `on_skip` with the reason; a folder or file that cannot be looked at goes to `on_error`, and the walk continues.
    Links are never followed, so there are no loops and no file comes twice.  A file that is named itself is yielded
    whatever ignore files say, if the globs select it.  Raises SettingsError if a glob is invalid.
    """
    selector = Selector(selection)
    try:
        root = root.resolve(strict=True)
        status = root.stat()
    except (OSError, RuntimeError) as error:
        # Python 3.11 and 3.12 report a loop of links as a RuntimeError.
        if isinstance(error, OSError) and error.errno != errno.ELOOP:
            on_error(root, error)
        else:
            on_skip(root, "a link that leads back to itself. Mend the link, or leave it out.")
        return
    if not _is_utf8(str(root)):
        on_skip(root, _NOT_UTF8)
    elif stat.S_ISDIR(status.st_mode):
        yield from _Walk(root, selector, on_error, on_skip, on_left_out, archives).folders(root, "", ())
    elif not stat.S_ISREG(status.st_mode):
        on_skip(root, _SPECIAL)
    elif archives and is_archive(root):
        yield from _Walk(root.parent, selector, on_error, on_skip, on_left_out).archive(root, root.name, ())
    elif selector.selects_file(root.name, ()):
        yield _found(root, root.parent, status)
    else:
        on_left_out(root)


def walk_changed(
    root: Path,
    changed: Collection[Path],
    *,
    on_error: OnError,
    on_skip: OnSkip = lambda path, reason: None,
    on_left_out: OnLeftOut = lambda path: None,
    selection: Selection = EVERYTHING,
) -> Iterator[FoundSource]:
    """Yield what `walk` would yield of the paths `changed`, all under the folder `root`, and of the folders among them.

    `root` and `changed` are absolute, links in them resolved down to `root`.  Paths that no longer exist give nothing.
    """
    walking = _Walk(root, Selector(selection), on_error, on_skip, on_left_out)
    ignoring: dict[Path, IgnoreFiles | None] = {}

    def ignore_files_about(folder: Path) -> IgnoreFiles | None:
        """The ignore files about `folder`, which is under `root`; None if a walk would not enter it."""
        unknown = [folder]
        while unknown[-1] != root and unknown[-1] not in ignoring:
            unknown.append(unknown[-1].parent)
        for each in reversed(unknown):
            if each not in ignoring:
                outer = () if each == root else ignoring[each.parent]
                ignoring[each] = None if outer is None else walking.enter(each, outer)
        return ignoring[folder]

    for path in sorted(changed):
        if path == root:
            yield from walking.folders(root, "", ())
        elif (ignore := ignore_files_about(path.parent)) is not None:
            yield from walking.changed(path, ignore)


@dataclass(frozen=True)
class _Walk:
    """A walk under one root; relative paths have '/' between their parts."""

    root: Path
    selector: Selector
    on_error: OnError
    on_skip: OnSkip
    on_left_out: OnLeftOut
    archives: bool = True

    def folders(self, folder: Path, relative: str, outer: IgnoreFiles) -> Iterator[FoundSource]:
        """The selected files in and below `folder`; `outer` are the ignore files about the folder around it."""
        # A stack of our own: folders may be nested deeper than Python calls may.
        waiting = [(folder, relative, outer)]
        while waiting:
            folder, relative, outer = waiting.pop()
            try:
                with os.scandir(folder) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
                names = {entry.name for entry in entries}
                if names >= _MARKS_OF_A_SPACE:
                    continue
                ignore = self.selector.enter(folder, relative, names, outer)
            except OSError as error:
                self.on_error(folder, error)
                continue
            inner: list[tuple[Path, str, IgnoreFiles]] = []
            for entry in entries:
                path = folder / entry.name
                inside = f"{relative}/{entry.name}" if relative else entry.name
                if self._is_readable_name(path):
                    try:
                        if not entry.is_dir(follow_symlinks=False):
                            yield from self._file(path, inside, entry, ignore)
                        elif self.selector.selects_folder(inside, ignore):
                            inner.append((path, inside, ignore))
                        else:
                            self.on_left_out(path)
                    except OSError as error:
                        self.on_error(path, error)
            waiting.extend(reversed(inner))

    def _file(
        self, path: Path, relative: str, entry: "os.DirEntry[str] | _Status", ignore: IgnoreFiles
    ) -> Iterator[FoundSource]:
        if self.archives and is_archive(path) and entry.is_file(follow_symlinks=False):
            yield from self.archive(path, relative, ignore)
        elif not self.selector.selects_file(relative, ignore):
            self.on_left_out(path)
        elif entry.is_symlink():
            self.on_skip(path, _why_no_link(path))
        elif entry.is_file(follow_symlinks=False):
            yield _found(path, self.root, entry.stat(follow_symlinks=False))
        else:
            self.on_skip(path, _SPECIAL)

    def archive(self, archive: Path, relative: str, ignore: IgnoreFiles) -> Iterator[FoundSource]:
        """The selected files in `archive`; if it cannot be read, itself."""
        if not self.selector.selects_folder(relative, ignore):
            self.on_left_out(archive)
            return
        status = archive.stat()
        try:
            members = archive_files.members(archive)
        except ReadError as error:
            location = SourceLocation(archive)
            yield FoundSource(location, self.root, status.st_size, status.st_mtime_ns, None, problem=str(error))
            return
        # The folders about the last member, the outermost first; only the innermost may be one that is left out.
        # Members come folder by folder, so what was decided is seldom decided again, and no more is kept than one path
        # is long.
        decided = [(relative, True)]

        def selects_folder(folder: str) -> bool:
            while not f"{folder}/".startswith(f"{decided[-1][0]}/"):
                decided.pop()
            while decided[-1][1] and decided[-1][0] != folder:
                end = folder.find("/", len(decided[-1][0]) + 1)
                inner = folder if end < 0 else folder[:end]
                decided.append((inner, self.selector.selects_folder(inner, ignore)))
            return decided[-1][1]

        for member in members:
            if not all(map(self.selector.is_visible, member.name.split("/"))):
                continue
            path, inside = archive / member.name, f"{relative}/{member.name}"
            if member.refusal:
                self.on_skip(path, member.refusal)
            elif selects_folder(inside.rpartition("/")[0]) and self.selector.selects_file(inside, ignore):
                location = ArchiveMember(path, archive)
                yield FoundSource(
                    location, self.root, member.size, member.mtime_ns, kind_of(path), problem=member.problem
                )
            else:
                self.on_left_out(path)

    def enter(self, folder: Path, outer: IgnoreFiles) -> IgnoreFiles | None:
        """The ignore files about `folder`, given those about the folder around it; None if a walk would not enter."""
        relative = "" if folder == self.root else folder.relative_to(self.root).as_posix()
        if relative and (
            not self.selector.is_visible(folder.name)
            or folder.is_symlink()
            or not self.selector.selects_folder(relative, outer)
        ):
            return None
        try:
            names = set(os.listdir(folder))  # noqa: PTH208
            return None if names >= _MARKS_OF_A_SPACE else self.selector.enter(folder, relative, names, outer)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            self.on_error(folder, error)
            return None

    def changed(self, path: Path, ignore: IgnoreFiles) -> Iterator[FoundSource]:
        """The selected files at or below `path`; `ignore` are the ignore files about the folder that it is in."""
        if not self._is_readable_name(path):
            return
        relative = path.relative_to(self.root).as_posix()
        try:
            status = _Status(path.lstat())
            if not stat.S_ISDIR(status.found.st_mode):
                yield from self._file(path, relative, status, ignore)
            elif self.selector.selects_folder(relative, ignore):
                yield from self.folders(path, relative, ignore)
            else:
                self.on_left_out(path)
        except FileNotFoundError:
            pass
        except OSError as error:
            self.on_error(path, error)

    def _is_readable_name(self, path: Path) -> bool:
        if not self.selector.is_visible(path.name):
            return False
        if _is_utf8(path.name):
            return True
        self.on_skip(path, _NOT_UTF8)
        return False


@dataclass(frozen=True)
class _Status:
    """The status of a path, of which no link was followed, asked as `os.DirEntry` is."""

    found: os.stat_result

    def is_file(self, *, follow_symlinks: bool) -> bool:
        return stat.S_ISREG(self.found.st_mode)

    def is_symlink(self) -> bool:
        return stat.S_ISLNK(self.found.st_mode)

    def stat(self, *, follow_symlinks: bool) -> os.stat_result:
        return self.found


def is_space(folder: Path) -> bool:
    """Whether `folder` is a space, of which nothing is read; False if one may not look."""
    return all(os.path.exists(folder / mark) for mark in _MARKS_OF_A_SPACE)  # noqa: PTH110 - it raises nothing


def _found(path: Path, root: Path, status: os.stat_result) -> FoundSource:
    return FoundSource(SourceLocation(path), root, status.st_size, status.st_mtime_ns, kind_of(path))


def _is_utf8(name: str) -> bool:
    """Whether `name` can be written as UTF-8: bytes that cannot be decoded come as lone surrogates."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _why_no_link(path: Path) -> str:
    if not path.exists():
        return "a broken link. Mend the link, or leave it out."
    return "a link, and links are not followed. Name its target to have it read."
