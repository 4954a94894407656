"""The types of values that a question is made of: how each is read from text, checked and written.

The errors of a type end with what to give instead, and are the same on every way in.  Imports nothing heavy.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite, nan
from typing import Any, Literal, NoReturn

_SHOWN = 80  # characters of a wrong value that an error repeats
_DATE = re.compile(r"(\d{4})(?:-(\d\d?)(?:-(\d\d?))?)?", re.ASCII)
_SIZE = re.compile(r"(\d{1,12}(?:\.\d+)?)\s*(mp|[kmg]?b)|(\d{1,9})\s*[x×]\s*(\d{1,9})", re.IGNORECASE | re.ASCII)
_UNITS = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "mp": 10**6}
_NUMBER = re.compile(r"[0-9]{1,12}")
_ON, _OFF = frozenset({"on", "yes", "true", "t", "y", "1"}), frozenset({"off", "no", "false", "f", "n", "0"})


class ValueType:
    """How values of a type are read, checked and written; each type does so in the methods that begin with _."""

    metavar = "VALUE"
    is_text = False
    """Whether its values are text themselves, so that a program's are taken as they are."""

    def read(self, text: str, *, strict: bool) -> Any:
        """The value that `text` stands for; raises ValueError.

        Unless `strict`, a value beyond the ends of what a link keeps becomes the nearest that it does keep.
        """
        return self._read(text, strict=strict)

    def check(self, value: Any) -> Any:
        """`value` as a field keeps it; raises ValueError."""
        return self._check(value)

    def write(self, value: Any) -> str:
        """The text that is read as `value`."""
        return self._write(value)

    def sort(self, values: Sequence[Any]) -> list[Any]:
        """Values that were read, each once, in the order that a field keeps."""
        return self._sort(values)

    @property
    def names(self) -> Sequence[str]:
        """All values of the type, where they are few; else ()."""
        return self._names()

    @property
    def limits(self) -> dict[str, Any]:
        """Which values there are, in the words of JSON Schema."""
        return self._limits()

    def _read(self, text: str, *, strict: bool) -> Any:
        return self._check(text)

    def _check(self, value: Any) -> Any:
        return value

    def _write(self, value: Any) -> str:
        return str(value)

    def _sort(self, values: Sequence[Any]) -> list[Any]:
        return list(dict.fromkeys(values))

    def _names(self) -> Sequence[str]:
        return ()

    def _limits(self) -> dict[str, Any]:
        return {"enum": list(self.names)} if self.names else {}


@dataclass(frozen=True, eq=False, repr=False)
class Text(ValueType):
    """Words."""

    is_text = True
    metavar: str = "WORDS"
    strip: bool = True
    longest: int = 0
    """Characters that a link keeps; 0 for all."""
    key: bool = False
    """Whether it is KEY=VALUE, or KEY."""

    def _read(self, text: str, *, strict: bool) -> str:
        text = text.strip() if self.strip else text
        if not text.strip():
            raise ValueError("it says nothing. Give it words, or leave it out.")
        if not strict and self.longest:
            text = text[: self.longest]
        return self._check(text)

    def _check(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError(f"{_shown(value)} is not text. Give words.")
        if self.key and not value.partition("=")[0].strip():
            raise ValueError(f"{_shown(value)} names no key. Write KEY=VALUE, or KEY.")
        return value


@dataclass(frozen=True, eq=False, repr=False)
class Suffix(Text):
    """The suffix of a file's name; `JPEG`, `.jpg` and `jpg` are one."""

    metavar: str = "SUFFIX"

    def _check(self, value: Any) -> str:
        from ingest.space.ledger.search_index import suffix_of

        return suffix_of(f"x.{super()._check(value).removeprefix('.')}")


@dataclass(frozen=True, eq=False, repr=False)
class Matching(ValueType):
    """Text of a certain form."""

    is_text = True
    is_one: Callable[[str], bool]
    what: str
    """As in: X is not WHAT."""
    remedy: str
    metavar: str = "ID"

    def _check(self, value: Any) -> str:
        if not isinstance(value, str) or not self.is_one(value):
            raise ValueError(f"{_shown(value)} is not {self.what}. {self.remedy}")
        return value


@dataclass(frozen=True, eq=False, repr=False)
class Choice(ValueType):
    """One of few values."""

    is_text = True
    choices: Callable[[], Sequence[str]]
    metavar: str = "NAME"
    all_is_any: bool = False
    """Whether all of them together are no choice."""

    def _names(self) -> Sequence[str]:
        return self.choices()

    def _check(self, value: Any) -> str:
        if value not in self.names:
            raise ValueError(f"there is no {_shown(value)}. Choose of {', '.join(self.names)}.")
        return str(value)

    def _sort(self, values: Sequence[Any]) -> list[Any]:
        chosen = [name for name in self.names if name in values]
        return [] if self.all_is_any and len(chosen) == len(self.names) else chosen


@dataclass(frozen=True, eq=False, repr=False)
class Flag(ValueType):
    """On or off."""

    metavar = "ON"
    only_on: bool = False
    """Whether off would be taken for the opposite filter, so that it is left out instead."""

    def _read(self, text: str, *, strict: bool) -> bool:
        known = text.strip().lower()
        if known in _ON or (known in _OFF and not self.only_on):
            return known in _ON
        if self.only_on:
            raise ValueError(f"{_shown(text)} is not on. Write on, or leave it out.")
        raise ValueError(f"{_shown(text)} is neither on nor off. Write on or off.")

    def _check(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError(f"{_shown(value)} is neither on nor off. Give true or false.")
        return value

    def _write(self, value: bool) -> str:
        return "on" if value else "off"


@dataclass(frozen=True, eq=False, repr=False)
class Whole(ValueType):
    """A whole number."""

    least: int
    most: int
    what: str = "a number"
    metavar: str = "N"

    def _read(self, text: str, *, strict: bool) -> int:
        if not _NUMBER.fullmatch(text) or (not strict and len(text) > 6):
            self._refuse(text)
        nearest = min(max(int(text), self.least), self.most)
        if strict and nearest != int(text):
            self._refuse(text)
        return nearest

    def _check(self, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not self.least <= value <= self.most:
            self._refuse(value)
        return int(value)

    def _limits(self) -> dict[str, Any]:
        return {"minimum": self.least, "maximum": self.most}

    def _refuse(self, value: object) -> NoReturn:
        ends = f"from {self.least} to {self.most}"
        raise ValueError(f"{_shown(value)} is not {self.what} {ends}. Give a number {ends}.")


@dataclass(frozen=True, eq=False, repr=False)
class Real(ValueType):
    """A number between two ends."""

    least: float
    most: float
    metavar: str = "X"

    def _read(self, text: str, *, strict: bool) -> float:
        try:
            number = float(text) if strict or len(text) <= 8 else nan
        except ValueError:
            self._refuse(text)
        if not self.least <= number <= self.most:
            self._refuse(text)
        return number if strict else round(number, 2)

    def _check(self, value: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not self.least <= value <= self.most:
            self._refuse(value)
        return float(value)

    def _limits(self) -> dict[str, Any]:
        return {"minimum": self.least, "maximum": self.most}

    def _refuse(self, value: object) -> NoReturn:
        ends = f"from {self.least:g} to {self.most:g}"
        raise ValueError(f"{_shown(value)} is not a number {ends}. Give a number {ends}.")

    def _write(self, value: float) -> str:
        return f"{value:g}"


@dataclass(frozen=True, eq=False, repr=False)
class Size(ValueType):
    """A number of pixels or of bytes: `2MP`, `640x480` or `300000`; `500kB`, `2MB` or `500000`."""

    of: Literal["pixels", "bytes"]
    metavar: str = "SIZE"

    def _read(self, text: str, *, strict: bool) -> int:
        text = text.strip()
        if text.isascii() and text.isdecimal() and len(text) <= 12:
            return int(text)
        pixels, size = size_of(text) or (0, 0)
        number = pixels if self.of == "pixels" else size
        if not number:
            self._refuse(text)
        return number

    def _check(self, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self._refuse(value)
        return int(value)

    def _limits(self) -> dict[str, Any]:
        return {"minimum": 0}

    def _refuse(self, value: object) -> NoReturn:
        example = "2MP, 640x480 or 300000" if self.of == "pixels" else "500kB, 2MB or 500000"
        raise ValueError(f"{_shown(value)} is not a number of {self.of}. Write it like {example}.")


@dataclass(frozen=True, eq=False, repr=False)
class Day(ValueType):
    """A day; a month or a year stands for its first day, or its `last`."""

    last: bool = False
    metavar: str = "DATE"

    def _read(self, text: str, *, strict: bool) -> date:
        day = day_of(text, last=self.last)
        if day is None:
            raise ValueError(f"{_shown(text)} is not a date. Write it like 2024-05-31, 2024-05 or 2024.")
        return day

    def _check(self, value: Any) -> date:
        if not isinstance(value, date):
            raise ValueError(f"{_shown(value)} is not a date. Write it like 2024-05-31, 2024-05 or 2024.")
        return value

    def _write(self, value: date) -> str:
        return value.isoformat()


@dataclass(frozen=True, eq=False, repr=False)
class Numbers(ValueType):
    """Two or three numbers: a place on the map."""

    metavar = "PLACE"

    def _read(self, text: str, *, strict: bool) -> tuple[float, ...]:
        try:
            place = tuple(float(part) for part in text[:100].split())
        except ValueError:
            place = ()
        return self._check(place)

    def _check(self, value: Any) -> tuple[float, ...]:
        place = tuple(float(number) for number in value)
        if len(place) not in (2, 3) or not all(map(isfinite, place)):
            raise ValueError(f"{_shown(value)} is not a place on the map. Give two or three numbers.")
        return place

    def _write(self, value: tuple[float, ...]) -> str:
        return " ".join(f"{number:.4g}" for number in value)


@dataclass(frozen=True, eq=False, repr=False)
class Parsed(ValueType):
    """What functions of its own read and write."""

    parse: Callable[[str], Any]
    """The value that a text stands for; None for none."""
    render: Callable[[Any], str]
    remedy: str
    metavar: str = "TERM"

    def _read(self, text: str, *, strict: bool) -> Any:
        value = self.parse(text)
        if value is None:
            raise ValueError(f"{_shown(text)} cannot be read. {self.remedy}")
        return value

    def _write(self, value: Any) -> str:
        return self.render(value)


def day_of(written: str, *, last: bool = False) -> date | None:
    """The day that `2024-05-31`, `2024-05` or `2024` stands for: the first of it, or the `last`; None if none."""
    from calendar import monthrange

    found = _DATE.fullmatch(written.strip())
    if not found:
        return None
    year, month, day = found.groups()
    try:
        number = int(month or (12 if last else 1))
        return date(int(year), number, int(day or (monthrange(int(year), number)[1] if last else 1)))
    except ValueError:  # also what `monthrange` raises for a month that does not exist
        return None


def size_of(written: str) -> tuple[int, int] | None:
    """(pixels, bytes), one of them 0, that `2MP`, `640x480` or `500kB` stands for; None if it stands for none."""
    found = _SIZE.fullmatch(written.strip())
    if not found:
        return None
    amount, unit, wide, high = found.groups()
    if wide:
        return int(wide) * int(high), 0
    size = round(float(amount) * _UNITS[unit.lower()])
    return (size, 0) if unit.lower() == "mp" else (0, size)


def _shown(value: object) -> str:
    return repr(value[:_SHOWN] if isinstance(value, str) else value)
