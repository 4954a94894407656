"""Dates that a question names: "beach July 2023", "last summer", "in 2019", "before 3 May 2020", "yesterday".

The grammar here is strict, so that no word becomes a date by chance: a number alone, a month without its year, and
"may" or "march" within other words stay words, and so does whatever stands in quotation marks.  What it lets through is
read by the library dateparser.  Names of months, before a year, are also read in German, French, Spanish, Italian,
Portuguese and Dutch.  Seasons are those of the northern half of the world.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dateparser.date import DateDataParser

Days = tuple[date | None, date | None]
"""The first and the last day; None where it is open."""

_EARLIEST = 1826  # of the first photograph
_LANGUAGES = ("de", "fr", "es", "it", "pt", "nl")
_NOT_MONTHS = frozenset({"mars"})  # March in French, and a planet
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?:1[89]\d\d|20\d\d)"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_COUNT = r"(?:\d{1,2}|an?|one|two|three|four|five|six|seven|eight|nine|ten)"
_SEASON = rf"(?:{'|'.join(_SEASONS)})"
_FULL = (
    rf"(?:\d{{4}}-\d\d-\d\d|{_DAY}(?: of)? {_MONTH},? {_YEAR}|{_MONTH} {_DAY},? {_YEAR}"
    rf"|(?:[12]\d|3[01]|0?[1-9])\.(?:1[0-2]|0?[1-9])\.{_YEAR}|{_MONTH},?(?: of)? {_YEAR}|{_SEASON},?(?: of)? {_YEAR})"
)
_FOREIGN = rf"(?:(?:\d{{1,2}}\.? (?:de )?)?[^\W\d_]{{4,}} (?:de )?{_YEAR})"
_AGO = (
    rf"(?:{_COUNT} (?:day|week|month|year)s? ago|(?:last|this) (?:week|month|year|{_SEASON})"
    r"|last (?:mon|tues|wednes|thurs|fri|satur|sun)day|the day before yesterday)"
)
_ANY = rf"(?:{_FULL}|{_AGO}|yesterday|{_YEAR})"
_IN = r"(?:taken |made |dated )?(?:in|from|of|on|during|im|am|vom|en|em|le|in het|nel|del?)"
_NEXT = "a an the my our at in on by near with without from of and under over during for to where when".replace(
    " ", "|"
)
_FOLLOWS = rf"(?=$|[,;.!?)]|\s+(?:{_NEXT})\b)"

_BETWEEN = re.compile(
    rf"\b(?:taken )?(?:between (?P<first>{_FULL}|{_YEAR}) and (?P<last>{_FULL}|{_YEAR})"
    rf"|from (?P<from>{_FULL}|{_YEAR}) (?:to|until|till) (?P<to>{_FULL}|{_YEAR})){_FOLLOWS}",
    re.IGNORECASE,
)
_SIDE = re.compile(rf"\b(?:taken )?(?P<side>since|before|until|till|after) (?P<date>{_ANY}){_FOLLOWS}", re.IGNORECASE)
_NOT_OPEN = "".join(rf"(?<!\b{side} )" for side in ("since", "before", "until", "till", "after"))
_WHOLE = re.compile(rf"(?<![\w./-]){_NOT_OPEN}(?:{_IN} )?(?P<date>{_FULL})(?![\w/-]|['’]s|\.\d)", re.IGNORECASE)
_RELATIVE = re.compile(rf"\b(?:{_IN} )?(?P<date>{_AGO}){_FOLLOWS}", re.IGNORECASE)
_YESTERDAY = re.compile(r"(?:(?:^|\b(?:from|of|taken) |\s)(?P<date>yesterday)$|\b(?:from|taken) (?P<day>today)$)", re.I)
_IN_YEAR = re.compile(rf"\b(?:taken )?(?:in|from|during) (?P<date>{_YEAR}){_FOLLOWS}", re.IGNORECASE)
_OTHERS = re.compile(rf"(?<![\w./-])(?:{_IN} )?(?P<date>{_FOREIGN})(?![\w./-])", re.IGNORECASE)

_VERBS = re.compile(r"(?:may|march|mar)\b", re.IGNORECASE)
_MAY_PRECEDE = re.compile(
    r"(?:^|[,;:(]|\b(?:in|from|of|on|during|since|before|until|till|after|early|late|mid))\s*$", re.I
)


@dataclass(frozen=True)
class DatedWords:
    """A question with the date that it names."""

    words: str
    """What named the date, as it was written."""
    rest: str
    """The question without it; '' when nothing is left."""
    first: date | None
    """The first day, and the last; None where it is open."""
    last: date | None


def find_date(text: str, today: date) -> DatedWords | None:
    """The date that a question names; None when it names none, or more than a date can be meant."""
    text = " ".join(text.split())
    for match, days in _found(text, today):
        start, end = match.span()
        if text[:start].count('"') % 2:
            continue
        rest = " ".join(f"{text[:start].rstrip(' ,;')} {text[end:].lstrip(' ,;')}".split())
        return DatedWords(match[0].strip(), rest, *days)
    return None


def warm_up() -> None:
    """Load what reading a date takes: the first time it takes a second."""
    find_date("plage juillet 2023", date(2024, 1, 1))


def _found(text: str, today: date) -> "Iterator[tuple[re.Match[str], Days]]":
    for pattern, read in _PATTERNS:
        for match in pattern.finditer(text):
            days = read(match, today)
            if days is not None and _within(days, today):
                yield match, days


def _within(days: Days, today: date) -> bool:
    first, last = days
    known = first or last
    return known is not None and known <= today and known.year >= _EARLIEST and (not first or not last or first <= last)


def _between(match: "re.Match[str]", today: date) -> Days | None:
    first, last = (_days(match[one] or match[other], today) for one, other in (("first", "from"), ("last", "to")))
    return (first[0], last[1]) if first and last else None


def _side(match: "re.Match[str]", today: date) -> Days | None:
    if (days := _days(match["date"], today)) is None:
        return None
    first, last = days
    one = timedelta(days=1)
    return {
        "since": (first, None),
        "after": (last + one, None),
        "before": (None, first - one),
    }.get(match["side"].lower(), (None, last))


def _whole(match: "re.Match[str]", today: date) -> Days | None:
    if (
        _VERBS.match(match["date"])
        and match[0] == match["date"]
        and not _MAY_PRECEDE.search(match.string[: match.start()])
    ):
        return None
    return _days(match["date"], today)


def _plain(match: "re.Match[str]", today: date) -> Days | None:
    return _days(next(each for each in match.groups() if each), today)


def _foreign(match: "re.Match[str]", today: date) -> Days | None:
    words = match["date"].lower().split()
    return None if _NOT_MONTHS & {*words} else _read(match["date"], today, _others)


def _days(words: str, today: date) -> tuple[date, date] | None:
    """The first and the last day of a date in English."""
    words = words.lower()
    if season := next((name for name in _SEASONS if name in words.split()), None):
        year = re.search(_YEAR, words)
        return _season(season, int(year[0]), today) if year else _season(season, None, today, last="last" in words)
    return _read(words, today, _english)


def _season(name: str, year: int | None, today: date, *, last: bool = False) -> tuple[date, date]:
    """A season of a year; without one the last that is over, or else this one; winter begins in its year."""
    month = _SEASONS[name]
    years = [year] if year else [today.year, today.year - 1, today.year - 2]
    found = [(date(each, month, 1), _month_end(each + (month == 12), month + 2 if month < 12 else 2)) for each in years]
    if year:
        return found[0]
    return next(days for days in found if (days[1] < today if last else days[0] <= today))


def _month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _read(words: str, today: date, parser: "Callable[[date], DateDataParser]") -> tuple[date, date] | None:
    found = parser(today).get_date_data(words)
    if found.date_obj is None:
        return None
    day = found.date_obj.date()
    if found.period == "year":
        return date(day.year, 1, 1), date(day.year, 12, 31)
    if found.period == "month":
        return day.replace(day=1), _month_end(day.year, day.month)
    if found.period == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    return day, day


@cache
def _english(today: date) -> "DateDataParser":
    return _parser_class()(languages=["en"], settings=_settings(today))


@cache
def _others(today: date) -> "DateDataParser":
    strict = {"REQUIRE_PARTS": ["month", "year"], "PARSERS": ["absolute-time"]}
    return _parser_class()(languages=list(_LANGUAGES), settings=_settings(today) | strict)


def _parser_class() -> Any:
    try:
        from dateparser.date import DateDataParser
    except ModuleNotFoundError:
        # Streamlit takes an entry out of sys.path after each run of a page.  An import in another thread that goes
        # through the list at that moment skips the entry behind it, and finds nothing there.
        from dateparser.date import DateDataParser
    return DateDataParser


def _settings(today: date) -> dict[str, Any]:
    return {
        "RELATIVE_BASE": datetime(today.year, today.month, today.day, 12),
        "PREFER_DATES_FROM": "past",
        "PREFER_DAY_OF_MONTH": "first",
        "PREFER_MONTH_OF_YEAR": "first",
        "DATE_ORDER": "DMY",
        "PARSERS": ["relative-time", "absolute-time"],
    }


_PATTERNS: "tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], Days | None]], ...]" = (
    (_BETWEEN, _between),
    (_SIDE, _side),
    (_WHOLE, _whole),
    (_RELATIVE, _plain),
    (_YESTERDAY, _plain),
    (_IN_YEAR, _plain),
    (_OTHERS, _foreign),
)
