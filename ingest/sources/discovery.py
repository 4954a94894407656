"""Finds the files of a run under the paths it is given."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.outcomes import SourceOutcome
from ingest.run.report import Report
from ingest.sources.captions import captioned_by
from ingest.sources.selection import IGNORE_FILE, IgnoreFileError, Selection
from ingest.sources.walk import Found, OnError, OnSkip, walk, walk_changed


class Roots:
    """The paths of a run, and which of them a file is under; as cheap for 100,000 of them as for one."""

    def __init__(self, paths: Iterable[Path]) -> None:
        """Take `paths`, absolute and with no links above them; one of them may be inside another."""
        self._roots = frozenset(paths)

    def __contains__(self, path: Path) -> bool:
        return path in self._roots

    def __iter__(self) -> Iterator[Path]:
        return iter(self._roots)

    def above(self, path: Path) -> list[Path]:
        """Those that are `path` or above it, the innermost first."""
        return [each for each in (path, *path.parents) if each in self._roots]


@dataclass
class Finds:
    """What a run found under its paths."""

    roots: Roots
    files: list[Found] = field(default_factory=list)
    """Each once."""
    blind: set[Path] = field(default_factory=set)
    """Paths that could not be looked into, so that nothing is known of the files below them."""
    left_out: set[Path] = field(default_factory=set)
    """Files and folders that globs or ignore files leave out."""

    told: bool = False
    """Whether somebody saw the roots change, so that a root with nothing in it is really gone."""
    own: Path | None = None
    """The folder of the space itself, links resolved: what is kept in it is found from a root in it alone."""

    def is_blind_to(self, path: Path) -> bool:
        """Whether this run could not see if `path` is there."""
        if self.own and path.is_relative_to(self.own):
            return not any(root.is_relative_to(self.own) for root in self.roots.above(path))
        return bool(self.blind) and any(each in self.blind for each in (path, *path.parents))


def _listeners(finds: Finds, report: Report) -> tuple[OnError, OnSkip]:
    def cannot_look(path: Path, error: OSError) -> None:
        finds.blind.add(path)
        report.add(SourceOutcome(str(path), "failed", _why_blind(error)))

    def skip(path: Path, reason: str) -> None:
        report.add(SourceOutcome(str(path), "skipped", reason))

    return cannot_look, skip


def _why_blind(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):  # it went between two looks
        return "it is no longer there. Ingest the folder again."
    if isinstance(error, IgnoreFileError):
        return f"left alone: {error.strerror}"
    remedy = "Mend its permissions" if isinstance(error, PermissionError) else "Check the path and its disk"
    return f"cannot be looked into: {error.strerror or error}. {remedy}, and run again."


def resolved(path: Path) -> Path:
    """`path` with the links in it followed; as it is where they cannot be."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # Python 3.11 and 3.12 report a loop of links as a RuntimeError.
        return path


def find(
    paths: Sequence[Path],
    selection: Selection,
    report: Report,
    *,
    told: Callable[[int], None],
    stop: Callable[[], bool] = lambda: False,
) -> Finds:
    """All files under `paths` that `selection` wants, or as many as there were when `stop` said so.

    What cannot be read goes to `report`; how many there are so far, to `told`.

    Raises:
        SettingsError: a glob of `selection` cannot be understood.
    """
    files: dict[Path, Found] = {}
    finds = Finds(Roots(map(resolved, paths)))
    cannot_look, skip = _listeners(finds, report)
    for path in paths:
        if is_nothing_at(path):
            finds.blind.add(resolved(path))
            report.add(SourceOutcome(str(path), "failed", "there is nothing at this path. Check how it is spelt."))
            continue
        for found in walk(
            path, on_error=cannot_look, on_skip=skip, on_left_out=finds.left_out.add, selection=selection
        ):
            files.setdefault(found.path, found)
            if found.problem:
                finds.blind.add(found.path)
            if stop():
                break
            if len(files) % 500 == 0:
                told(len(files))
    finds.files.extend(files.values())
    finds.left_out.difference_update(files)
    report.left_out = len(finds.left_out)
    return finds


def is_nothing_at(path: Path) -> bool:
    """Whether it is certain that `path` leads nowhere; False where one may not look."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def find_changed(paths: Sequence[Path], changed: Collection[Path], selection: Selection, report: Report) -> Finds:
    """The files that `selection` wants among `changed`, absolute paths under `paths`, and in the folders among them.

    With a caption its picture counts as changed, and with an ignore file the folder it is in.  Where one of `paths` is
    gone or empty, as a disk that is not mounted any more, nothing is said about what was under it.

    Raises:
        SettingsError: a glob of `selection` cannot be understood.
    """
    roots = Roots(map(resolved, paths))
    by_root: dict[Path, set[Path]] = {}
    for path in changed:
        if above := roots.above(path):
            root = above[-1]
            with_it = {path.parent} if path.name == IGNORE_FILE and path != root else {path, *captioned_by(path)}
            by_root.setdefault(root, set()).update(with_it)
    # Not resolved: of a link that appears, nothing is known about the file that it leads to.
    finds = Finds(Roots(path for each in by_root.values() for path in each), told=True)
    cannot_look, skip = _listeners(finds, report)
    files: dict[Path, Found] = {}
    for root, below in by_root.items():
        try:
            occupied = root.is_dir() and any(root.iterdir())
            is_file = root.is_file()
        except OSError as error:
            cannot_look(root, error)
            continue
        if occupied:
            found = walk_changed(
                root, below, on_error=cannot_look, on_skip=skip, on_left_out=finds.left_out.add, selection=selection
            )
        elif is_file:
            found = walk(root, on_error=cannot_look, on_skip=skip, on_left_out=finds.left_out.add, selection=selection)
        else:
            finds.blind.add(root)
            continue
        files.update((each.path, each) for each in found)
    finds.blind.update(found.path for found in files.values() if found.problem)
    finds.files.extend(files.values())
    report.left_out = len(finds.left_out)
    return finds
