"""Filters as they are given on the command line."""

import argparse
from datetime import date

from ingest.errors import SettingsError
from search_app.search.filters import Filters, day_of, size_of


def filters_given(options: argparse.Namespace) -> Filters:
    """The filters that the options of `add_filters` stand for; raises SettingsError for what cannot be understood."""
    least, most = _size(options.min_size, "--min-size"), _size(options.max_size, "--max-size")
    for wanted in options.where:
        if not wanted.partition("=")[0].strip():
            raise SettingsError(f"--where {wanted!r} names no key. Write --where KEY=VALUE, or --where KEY.")
    return Filters(
        modalities=(options.modality,) if options.modality else (),
        folders=tuple(options.folder),
        formats=tuple(options.format),
        after=_day(options.after, "--after"),
        before=_day(options.before, "--before", last=True),
        min_pixels=least[0],
        min_bytes=least[1],
        max_pixels=most[0],
        max_bytes=most[1],
        shapes=tuple(options.orientation),
        colours=tuple(options.colour),
        captioned=options.has_caption,
        topics=tuple(options.topic),
        title=options.title.strip(),
        phrases=tuple(options.exact),
        where=tuple(options.where),
    )


def _day(written: str | None, option: str, *, last: bool = False) -> date | None:
    if written is None:
        return None
    day = day_of(written, last=last)
    if day is None:
        raise SettingsError(f"{option} {written} is not a date. Write it like 2024-05-31, 2024-05 or 2024.")
    return day


def _size(written: str | None, option: str) -> tuple[int, int]:
    if written is None:
        return 0, 0
    size = size_of(written)
    if size is None:
        raise SettingsError(f"{option} {written} is not a size. Write it like 2MP or 640x480, or 500kB for files.")
    return size
