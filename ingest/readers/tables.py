"""Tables (CSV, TSV, JSON Lines, Parquet): a row an item, its other columns kept as facts to filter by."""

import csv
import io
import json
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ingest.errors import ReadError
from ingest.readers.caption_filler import without_filler
from ingest.readers.document import Document, Section, title_from_name
from ingest.readers.draft import MAX_CAPTION, Value
from ingest.readers.malformed import malformed_as_read_error
from ingest.readers.reading_options import ReadingOptions
from ingest.readers.text import decode_text, read_bytes, shortened, tidy

MAX_ROWS = 100_000
"""Most rows of a table that are read: the items of one file are held in memory together."""
MAX_PARQUET_BYTES = 200_000_000
"""Most bytes of a Parquet file, unpacked."""
TEXT_COLUMNS = ("text", "caption", "captions", "description", "content", "body", "abstract", "summary", "title")
"""Columns that hold a row's text unless one is named; the first that exists is taken."""

_MAX_FACT_LENGTH = 200
_MAX_FACTS = 20
_DELIMITERS = ",;\t|"
_LISTED_COLUMNS = 12
_CHROMA_PREFIX = "chroma:"

Row = Mapping[str, Any]


def read_table(path: Path, reading: ReadingOptions) -> Document:
    """Read the table at `path`, one section a row; raises ReadError, also if a named column does not exist.

    A row's `meta` has its number from 1 as `row`, its `id` where there is one, and, where one column is its text,
    the short cells of the others.  Without such a column, a row's text is its cells as "name: value", a line each.
    """
    columns, rows = _READERS[path.suffix.lower()](path)
    special = _special_columns(columns, reading)
    text, key, heading = special.text, special.key, special.heading
    sections: list[Section] = []
    broken: list[int] = []
    number = 0
    for number, row in _numbered(rows):
        if row is None:
            broken.append(number)
            continue
        words = _words(row.get(text)) if text else _all_cells(row)
        if words:
            title = " ".join(_words(row.get(heading)).split()) if text and heading and heading != text else ""
            facts = _facts(row, (text, key)) if text else {}
            sections.append(Section(title, None, words, {**facts, "row": number, **_id(row, key)}))
    if broken and len(broken) == number:
        raise ReadError("damaged table, or none: not one of its lines is a JSON object. Export it again.")
    gaps = f"line {broken[0]:,} is no JSON object" if len(broken) == 1 else f"{len(broken):,} lines are no JSON objects"
    return Document("", tuple(sections), gaps if broken else "", {"table": title_from_name(path)})


@dataclass(frozen=True)
class NamedPicture:
    """A picture that rows of a table name."""

    name: str
    """As written in the table: a path, in most cases relative to the table."""
    row: int
    """The first row that names it, from 1."""
    caption: str
    """The texts of the rows that name it, a line each; '' if no column holds them."""
    facts: dict[str, Value]
    """The short cells of the first of these rows, its `id` where there is one, and the `table`."""


def named_pictures(path: Path, reading: ReadingOptions) -> tuple[list[NamedPicture], int]:
    """The pictures that the table at `path` names in the image column of `reading`, and how many rows name none.

    Raises ReadError, also if a named column does not exist, or names no picture at all.
    """
    columns, rows = _READERS[path.suffix.lower()](path)
    if path.suffix.lower() == ".parquet" and reading.image_column in _bytes_columns(path):
        raise ReadError(
            f"the column {reading.image_column!r} holds pictures themselves, and these are not read out of tables. "
            "Write them to files, and name the files in a column."
        )
    special = _special_columns(columns, reading)
    found: dict[str, NamedPicture] = {}
    without = 0
    for number, row in _numbered(rows):
        cell = row.get(special.image) if row else None
        name = tidy(cell).strip() if isinstance(cell, str) else ""
        if row is None or not name:
            without += 1
            continue
        words = without_filler(" ".join(_words(row.get(special.text)).split())) if special.text else ""
        known = found.get(name)
        if known is None:
            facts = {**_facts(row, (special.text, special.key, special.image)), **_id(row, special.key)}
            found[name] = NamedPicture(name, number, words, {**facts, "table": title_from_name(path)})
        elif words and words not in known.caption.split("\n"):
            found[name] = replace(known, caption=f"{known.caption}\n{words}".strip())
    if not found:
        raise ReadError(
            f"not one of its rows has a path in the column {special.image!r}. Name the column of the pictures with "
            "--image-column."
        )
    pictures = [replace(each, caption=shortened(each.caption, MAX_CAPTION)) for each in found.values()]
    return pictures, without


@dataclass(frozen=True)
class _Columns:
    """The columns of a table with a special meaning; '' if there is none."""

    text: str
    key: str
    heading: str
    image: str


def _special_columns(columns: Sequence[str], reading: ReadingOptions) -> _Columns:
    by_name = {column.strip().casefold(): column for column in reversed(columns)}

    def named(column: str) -> str:
        if column in columns:
            return column
        if column.strip().casefold() in by_name:
            return by_name[column.strip().casefold()]
        listed = ", ".join(columns[:_LISTED_COLUMNS]) + (", …" if len(columns) > _LISTED_COLUMNS else "")
        raise ReadError(f"no column {column!r} in it. Name one of these: {listed or 'there is none'}.")

    usual = next((by_name[name] for name in TEXT_COLUMNS if name in by_name), "")
    return _Columns(
        text=named(reading.text_column) if reading.text_column else usual,
        key=named(reading.id_column) if reading.id_column else by_name.get("id", ""),
        heading=by_name.get("title", ""),
        image=named(reading.image_column) if reading.image_column else "",
    )


def _numbered(rows: Iterable[Row | None]) -> Iterator[tuple[int, Row | None]]:
    for number, row in enumerate(rows, start=1):
        if number > MAX_ROWS:
            raise ReadError(
                f"too long: more than the {MAX_ROWS:,} rows that are read at most. Cut it into several files."
            )
        yield number, row


def _words(value: Any, between: str = "\n") -> str:
    """A cell as text, with `between` between the texts of a list; '' for an empty one."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        value = between.join(value)
    elif isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return tidy(str(value)).strip()


def _all_cells(row: Row) -> str:
    cells = ((tidy(column).strip(), _words(value)) for column, value in row.items())
    return "\n".join(f"{column}: {words}" if column else words for column, words in cells if words)


def _facts(row: Row, without: Collection[str]) -> dict[str, Value]:
    """The short cells of a row, without those of the columns `without`."""
    facts: dict[str, Value] = {}
    for column, value in row.items():
        name = tidy(column).strip()
        if column in without or not name or name.startswith(_CHROMA_PREFIX) or len(facts) == _MAX_FACTS:
            continue
        if isinstance(value, bool | int | float):
            if abs(value) < 2**62:  # Chroma keeps 64 bits; this also leaves out what is no number.
                facts[name] = value
        elif 0 < len(words := _words(value, ", ")) <= _MAX_FACT_LENGTH:
            facts[name] = words
    return facts


def _id(row: Row, key: str) -> dict[str, Value]:
    words = _words(row.get(key)) if key else ""
    return {"id": words[:_MAX_FACT_LENGTH]} if words else {}


def _csv(path: Path) -> tuple[list[str], Iterator[Row | None]]:
    text = decode_text(read_bytes(path))
    first = next((line for line in text.split("\n", 5) if line.strip()), "")
    delimiter = "\t" if path.suffix.lower() == ".tsv" else max(_DELIMITERS, key=first.count)
    csv.field_size_limit(2**31 - 1)  # a cell is never larger than the file, which is bounded
    lines = csv.reader(io.StringIO(text), delimiter=delimiter)
    columns = next((line for line in lines if any(cell.strip() for cell in line)), [])

    def rows() -> Iterator[Row]:
        try:
            for line in lines:
                if any(cell.strip() for cell in line):
                    # Cells beyond the last column belong to the row's text as well.
                    extra = {"": ", ".join(line[len(columns) :])} if len(line) > len(columns) else {}
                    yield {**dict(zip(columns, line, strict=False)), **extra}
        except csv.Error as error:
            raise ReadError(f"damaged table: {error} in line {lines.line_num:,}. Export it again.") from error

    return columns, rows()


def _json_lines(path: Path) -> tuple[list[str], Iterator[Row | None]]:
    rows = [_json_object(line) for line in decode_text(read_bytes(path)).split("\n") if line.strip()]
    columns = dict.fromkeys(column for row in rows[:1_000] if row for column in row)
    return list(columns), iter(rows)


def _json_object(line: str) -> Row | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _parquet(path: Path) -> tuple[list[str], Iterator[Row | None]]:
    import pyarrow
    import pyarrow.parquet

    damaged = malformed_as_read_error(
        "damaged Parquet table, or none", "Export it again, or leave it out.", errors=(pyarrow.ArrowException,)
    )
    with damaged, path.open("rb") as file:
        table = pyarrow.parquet.ParquetFile(file)
        if table.metadata.num_rows > MAX_ROWS:
            raise ReadError(
                f"too long: {table.metadata.num_rows:,} rows, and {MAX_ROWS:,} are read at most. "
                "Cut it into several files."
            )
        groups = (table.metadata.row_group(number) for number in range(table.metadata.num_row_groups))
        size = sum(group.total_byte_size for group in groups)
        if size > MAX_PARQUET_BYTES:
            raise ReadError(
                f"too large: {size / 1e6:,.0f} MB when unpacked, and {MAX_PARQUET_BYTES // 1_000_000} MB are read "
                "at most. Cut it into several files."
            )
        plain = [field.name for field in table.schema_arrow if not _is_binary(field.type)]
        # Pictures and other bytes inside a table are not text.
        rows = table.read(columns=plain, use_threads=False).to_pylist()
    return plain, iter(rows)


def _bytes_columns(path: Path) -> list[str]:
    import pyarrow.parquet

    return [field.name for field in pyarrow.parquet.read_schema(path) if _is_binary(field.type)]


def _is_binary(kind: Any) -> bool:
    return any("binary" in str(part) for part in (kind, *(kind.field(at).type for at in range(kind.num_fields))))


_READERS: dict[str, Callable[[Path], tuple[list[str], Iterator[Row | None]]]] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".parquet": _parquet,
}
