"""Which files of a folder are selected: by globs, `.nearspaceignore` files by gitignore's rules, and hidden names."""

import errno
import os
import re
import stat
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec, RegexPattern

from ingest.errors import SettingsError

IGNORE_FILE = ".nearspaceignore"
MAX_IGNORE_BYTES = 1_000_000
"""Largest ignore file that is read; the time that its patterns take grows with it."""
MAX_PATTERN_LENGTH = 4096
"""Most characters in a line of an ignore file: no path is longer, and what a line costs grows faster than the line."""

_LITTER = frozenset(
    name.casefold()
    for name in (
        "Thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "__MACOSX",
        "@eaDir",
        "#recycle",
        "$RECYCLE.BIN",
        "System Volume Information",
    )
)
_HIDDEN_LITTER = frozenset(
    name.casefold()
    for name in (
        IGNORE_FILE,
        ".git",
        ".hg",
        ".svn",
        ".nearspace",
        ".DS_Store",
        ".Spotlight-V100",
        ".Trashes",
        ".fseventsd",
        ".thumbnails",
        ".@__thumb",
    )
)
"""Left out even when hidden names are selected: programs put them there, not people."""


@dataclass(frozen=True)
class Selection:
    """Which files are selected; by default, all but hidden names and what ignore files leave out."""

    include: tuple[str, ...] = ()
    """Only files that match one of these globs; all files when there is none."""
    exclude: tuple[str, ...] = ()
    """No file or folder that matches one of these globs."""
    hidden: bool = False
    """Whether names that begin with a dot are selected too."""


EVERYTHING = Selection()


@dataclass(frozen=True)
class _Rules:
    """The patterns of one ignore file, and the folder they apply to."""

    folder: str
    """Relative to the root, with '/' at its end; '' for the root itself."""
    spec: "_Patterns"


class IgnoreFileError(OSError):
    """An ignore file that cannot be read as one; `strerror` says why, and ends with what to do."""


IgnoreFiles = tuple[_Rules, ...]
"""The ignore files that apply to a folder, the innermost first."""


class Selector:
    """Decides which files below one root are selected; paths are relative to it, with '/' between their parts."""

    def __init__(self, selection: Selection = EVERYTHING) -> None:
        """Raises SettingsError if a glob is invalid."""
        self._hidden = selection.hidden
        self._include = _globs("--include", selection.include)
        self._exclude = _globs("--exclude", selection.exclude)

    def is_visible(self, name: str) -> bool:
        """Whether a file or folder of this name is looked at: it is neither a system's litter nor hidden."""
        if name.startswith("."):
            return self._hidden and not name.startswith("._") and name.casefold() not in _HIDDEN_LITTER
        return name.casefold() not in _LITTER

    def enter(self, folder: Path, relative: str, names: Collection[str], outer: IgnoreFiles) -> IgnoreFiles:
        """The ignore files about `folder`, whose entries are `names`, given those about the folder around it.

        Raises:
            OSError: the folder's ignore file cannot be read; IgnoreFileError where more than a permission is missing.
        """
        if IGNORE_FILE not in names:
            return outer
        lines = _read_lines(folder / IGNORE_FILE)
        if lines is None:
            return outer
        return (_Rules(f"{relative}/" if relative else "", _Patterns(lines)), *outer)

    def selects_folder(self, relative: str, ignore: IgnoreFiles) -> bool:
        """Whether the folder is walked; `ignore` are the ignore files about the folder that it is in."""
        return not self._is_left_out(f"{relative}/", ignore)

    def selects_file(self, relative: str, ignore: IgnoreFiles) -> bool:
        """Whether the file is read; `ignore` are the ignore files about the folder that it is in."""
        if self._include is not None and not self._include.is_at_or_under_match(relative.lower()):
            return False
        return not self._is_left_out(relative, ignore)

    def _is_left_out(self, path: str, ignore: IgnoreFiles) -> bool:
        if self._exclude is not None and self._exclude.decide(path.lower()):
            return True
        for rules in ignore:
            decision = rules.spec.decide(path[len(rules.folder) :])
            if decision is not None:
                return decision
        return False


_REMEDY = f"Put a text file with its patterns in its place, or remove the {IGNORE_FILE}, and run again."
_SPECIAL = "it is neither a file nor a folder (a socket, pipe or device)"


def _read_lines(file: Path) -> list[str] | None:
    """The lines of an ignore file; None where a folder has its name.  Raises OSError.

    It may be a link, but only a regular file is opened: a pipe would be waited for, and some devices never end.
    Where it cannot be read nobody knows what it keeps out, so its folder is to be left alone.
    """
    try:
        status = file.stat()
        if stat.S_ISDIR(status.st_mode):
            return None
        if not stat.S_ISREG(status.st_mode):
            raise _unreadable(_SPECIAL)
        # What is at the path may have become something else since; a pipe opened so is not waited for.
        with open(os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as opened:  # noqa: PTH123
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                raise _unreadable(_SPECIAL)
            data = opened.read(MAX_IGNORE_BYTES + 1)
    except IgnoreFileError:
        raise
    except OSError as error:
        if isinstance(error, PermissionError) or (isinstance(error, FileNotFoundError) and not file.is_symlink()):
            raise OSError(error.errno, f"its {IGNORE_FILE} cannot be read: {error.strerror}") from error
        raise _unreadable("it is a broken link" if file.is_symlink() else f"{error.strerror or error}") from error
    if len(data) > MAX_IGNORE_BYTES:
        raise _unreadable(f"it is larger than {MAX_IGNORE_BYTES / 1e6:,.0f} MB")
    lines = data.decode("utf-8-sig", "replace").splitlines()
    if any(len(line) > MAX_PATTERN_LENGTH for line in lines):
        raise _unreadable(f"it has a line of more than {MAX_PATTERN_LENGTH:,} characters")
    return lines


def _unreadable(reason: str) -> IgnoreFileError:
    return IgnoreFileError(errno.EINVAL, f"its {IGNORE_FILE} cannot be read: {reason}. {_REMEDY}")


class _Patterns:
    """Patterns by gitignore's rules; a line that git would not understand either leaves nothing out."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.invalid: list[str] = []
        added: list[GitIgnoreSpec] = []
        for line in lines:
            try:
                spec = GitIgnoreSpec.from_lines([line])
            except ValueError:
                self.invalid.append(line)
                continue
            if not any(pattern.include is not None for pattern in spec.patterns):
                self.invalid.append(line)  # empty, or a comment
            added.append(spec)
        # Added at once: each time that patterns are added to a spec, all that it has are prepared again.
        self._spec = GitIgnoreSpec([pattern for spec in added for pattern in spec.patterns])

    def decide(self, path: str) -> bool | None:
        """Whether the last pattern that matches `path` itself leaves it out; None where none matches.

        Folders have '/' at their end.  What is inside a folder that is left out is never asked about.
        """
        for pattern in reversed(self._spec.patterns):
            if isinstance(pattern, RegexPattern) and pattern.regex is not None and _matches_itself(pattern.regex, path):
                return bool(pattern.include)
        return None

    def is_at_or_under_match(self, path: str) -> bool:
        """Whether the patterns match `path`, or a folder that it is in."""
        return self._spec.match_file(path)


_FOLDER_MARK = "ps_d"
"""pathspec's name for the '/' after a folder that a pattern matches, and with it all that is in the folder."""


def _matches_itself(regex: re.Pattern[str], path: str) -> bool:
    """Whether the pattern matches `path` and not only a folder that it is in: that folder has been asked about."""
    if _FOLDER_MARK not in regex.groupindex:
        return regex.search(path.removesuffix("/")) is not None
    if path.endswith("/"):
        return any(match.end() == len(path) for match in regex.finditer(path))
    match = regex.search(path)
    return match is not None and match[_FOLDER_MARK] is None


def _globs(option: str, globs: Sequence[str]) -> _Patterns | None:
    """The globs of an option, for paths in lower case: cameras write .JPG where people write .jpg."""
    if not globs:
        return None
    patterns = _Patterns([glob.lower() for glob in globs])
    if patterns.invalid:
        raise SettingsError(
            f"{option} {patterns.invalid[0]!r} is not a glob. Give one as in a .gitignore file, in quotation marks: "
            f"{option} '*.jpg', {option} 'drafts/', {option} '/2024/**/*.pdf'."
        )
    return patterns
