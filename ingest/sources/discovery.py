"""Discovers the sources of a run under the paths that it is given."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from ingest.outcomes import OnOutcome, SourceOutcome
from ingest.sources.captions import captioned_by
from ingest.sources.found import FoundSource
from ingest.sources.selection import IGNORE_FILE, IgnoreFileError, Selection
from ingest.sources.walk import OnError, OnLeftOut, OnSkip, walk, walk_changed


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
class Discovery:
    """What a run found under its paths, and what it could not see."""

    roots: Roots
    sources: list[FoundSource] = field(default_factory=list)
    """Each once."""
    unseen: set[Path] = field(default_factory=set)
    """Paths that could not be looked into, so that nothing is known of the files below them."""
    left_out: set[Path] = field(default_factory=set)
    """Files and folders that globs or ignore files leave out."""
    watched: bool = False
    """Whether the roots are known to have changed, so that an empty root has really been emptied."""
    space_folder: Path | None = None
    """The folder of the space itself, links resolved: files that it keeps are found only from a root inside it."""

    def can_see(self, path: Path) -> bool:
        """Whether this run could see if `path` exists."""
        if self.space_folder and path.is_relative_to(self.space_folder):
            return any(root.is_relative_to(self.space_folder) for root in self.roots.above(path))
        return not self.unseen or not any(each in self.unseen for each in (path, *path.parents))


class _Callbacks(TypedDict):
    on_error: OnError
    on_skip: OnSkip
    on_left_out: OnLeftOut


def discover(
    paths: Sequence[Path],
    selection: Selection,
    *,
    on_outcome: OnOutcome,
    on_found: Callable[[int], None] = lambda count: None,
    stop: Callable[[], bool] = lambda: False,
) -> Discovery:
    """The selected files under `paths`, or as many as were found before `stop` returned true.

    `on_outcome` receives what is skipped or cannot be looked into, `on_found` how many files there are so far.

    Raises:
        SettingsError: a glob of `selection` is invalid.
    """
    files: dict[Path, FoundSource] = {}
    discovery = Discovery(Roots(map(resolved, paths)))
    callbacks = _callbacks(discovery, on_outcome)
    for path in paths:
        if is_missing(path):
            discovery.unseen.add(resolved(path))
            on_outcome(SourceOutcome(str(path), "failed", "there is nothing at this path. Check how it is spelt."))
            continue
        for found in walk(path, **callbacks, selection=selection):
            files.setdefault(found.path, found)
            if found.problem:
                discovery.unseen.add(found.path)
            if stop():
                break
            if len(files) % 500 == 0:
                on_found(len(files))
    discovery.sources.extend(files.values())
    discovery.left_out.difference_update(files)
    return discovery


def discover_changed(
    paths: Sequence[Path], changed: Collection[Path], selection: Selection, *, on_outcome: OnOutcome
) -> Discovery:
    """The selected files among `changed`, absolute paths under `paths`, and in the folders among them.

    With a caption its picture counts as changed, and with an ignore file the folder it is in.  Where one of `paths` is
    gone or empty, as a disk that is no longer mounted, nothing is concluded about what was under it.

    Raises:
        SettingsError: a glob of `selection` is invalid.
    """
    roots = Roots(map(resolved, paths))
    by_root: dict[Path, set[Path]] = {}
    for path in changed:
        if above := roots.above(path):
            root = above[-1]
            affected = {path.parent} if path.name == IGNORE_FILE and path != root else {path, *captioned_by(path)}
            by_root.setdefault(root, set()).update(affected)
    # Not resolved: of a link that appears, nothing is known about the file that it leads to.
    discovery = Discovery(Roots(path for below in by_root.values() for path in below), watched=True)
    callbacks = _callbacks(discovery, on_outcome)
    files: dict[Path, FoundSource] = {}
    for root, below in by_root.items():
        try:
            occupied = root.is_dir() and any(root.iterdir())
            is_file = root.is_file()
        except OSError as error:
            callbacks["on_error"](root, error)
            continue
        if occupied:
            found = walk_changed(root, below, **callbacks, selection=selection)
        elif is_file:
            found = walk(root, **callbacks, selection=selection)
        else:
            discovery.unseen.add(root)
            continue
        files.update((each.path, each) for each in found)
    discovery.unseen.update(found.path for found in files.values() if found.problem)
    discovery.sources.extend(files.values())
    return discovery


def resolved(path: Path) -> Path:
    """`path` with the links in it followed; unchanged if they cannot be."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # Python 3.11 and 3.12 report a loop of links as a RuntimeError.
        return path


def is_missing(path: Path) -> bool:
    """Whether nothing exists at `path` for certain; False if one may not look."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _callbacks(discovery: Discovery, on_outcome: OnOutcome) -> _Callbacks:
    """Callbacks of a walk that note in `discovery`, and report, what is not read."""

    def on_error(path: Path, error: OSError) -> None:
        discovery.unseen.add(path)
        on_outcome(SourceOutcome(str(path), "failed", _why_unseen(error)))

    def on_skip(path: Path, reason: str) -> None:
        on_outcome(SourceOutcome(str(path), "skipped", reason))

    return {"on_error": on_error, "on_skip": on_skip, "on_left_out": discovery.left_out.add}


def _why_unseen(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):  # it was deleted between two looks
        return "it is no longer there. Ingest the folder again."
    if isinstance(error, IgnoreFileError):
        return f"left alone: {error.strerror}"
    remedy = "Mend its permissions" if isinstance(error, PermissionError) else "Check the path and its disk"
    return f"cannot be looked into: {error.strerror or error}. {remedy}, and run again."
