"""How the items of a space spread over folders, formats and years, and how much room the space takes."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePath

from ingest.readers.draft import Modality
from ingest.space.ledger.database import LEDGER_NAME, Database
from ingest.space.ledger.duplicates import Duplicates


@dataclass(frozen=True)
class Spread:
    """How many live items of each modality there are in each folder and format.

    An item whose source has duplicates counts in each of their folders, and once in its format.
    """

    folders: dict[str, Counter[Modality]]
    formats: dict[str, Counter[Modality]]
    """By suffix in lower case, '' for files without one."""


class Overview:
    """Counts over all items of a space, for people."""

    def __init__(self, database: Database, duplicates: Duplicates) -> None:
        """Count what is in `database`."""
        self._database = database
        self._duplicates = duplicates

    def spread(self) -> Spread:
        """Count the live items by folder and by format."""
        found = Spread({}, {})
        for folder, path, modality, count in self._database.rows(
            "SELECT folder, path, modality, COUNT(*) FROM live_items AS items "
            "JOIN sources ON sources.id = items.source GROUP BY items.source, modality"
        ):
            found.folders.setdefault(folder, Counter())[modality] += count
            found.formats.setdefault(PurePath(path).suffix.lower(), Counter())[modality] += count
        rows = self._database.rows("SELECT id, modality FROM items WHERE source IN (SELECT holder FROM copies)")
        modalities: dict[int, Modality] = dict(rows)
        for item, folder in self._duplicates.other_folders():
            found.folders.setdefault(folder, Counter())[modalities[item]] += 1
        return found

    def by_year(self) -> dict[str, Counter[Modality]]:
        """Count the live items by the year in which a photo was taken, else in which the file was last changed."""
        found: dict[str, Counter[Modality]] = {}
        for year, modality, count in self._database.rows(
            "SELECT COALESCE(substr(json_extract(meta, '$.taken'), 1, 4), "
            "strftime('%Y', mtime_ns / 1000000000, 'unixepoch', 'localtime')) AS year, modality, COUNT(*) "
            "FROM live_items AS items JOIN sources ON sources.id = items.source GROUP BY year, modality ORDER BY year"
        ):
            found.setdefault(str(year), Counter())[modality] += count
        return found

    def by_year_taken(self) -> dict[str, Counter[Modality]]:
        """Count the live items by the year in which a photo was taken; '' for those of which that is not known."""
        found: dict[str, Counter[Modality]] = {}
        for year, modality, count in self._database.rows(
            "SELECT COALESCE(substr(json_extract(meta, '$.taken'), 1, 4), '') AS year, modality, COUNT(*) "
            "FROM live_items AS items GROUP BY year, modality ORDER BY year"
        ):
            found.setdefault(str(year), Counter())[modality] += count
        return found


def size_on_disk(folder: Path) -> int:
    """How many bytes the space's files have; files that come and go meanwhile may count or not."""
    return sum(size_by_part(folder).values())


def size_by_part(folder: Path) -> dict[str, int]:
    """How many bytes each part of the space's folder has, by its name there; the ledger's files count as one."""
    total: Counter[str] = Counter()
    for path in folder.rglob("*"):
        try:
            status = path.lstat()
        except OSError:
            continue
        if not path.is_dir():
            part = path.relative_to(folder).parts[0]
            total[LEDGER_NAME if part.startswith(LEDGER_NAME) else part] += status.st_size
    return dict(total.most_common())
