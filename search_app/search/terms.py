"""The terms of a question: words, pictures, items and points between two items.  Imports nothing heavy."""

import re
from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

TermKind = Literal["text", "image", "item", "between"]

LARGEST_WEIGHT = 5.0
MOST_TERMS = 16
"""Terms, and judged items of each sort, that a question keeps."""
LONGEST_TEXT = 2_000
"""Characters of one text that are kept."""

_PICTURE = re.compile(r"[0-9a-f]{32}")
_ITEM = re.compile(r"[1-9][0-9]{0,17}")
_WEIGHT = re.compile(r"[+-]?[0-9]{1,2}(?:\.[0-9]{1,4})?")
_BETWEEN = re.compile(rf"({_ITEM.pattern}),({_ITEM.pattern}),([01](?:\.[0-9]{{1,4}})?)")


@dataclass(frozen=True)
class Term:
    """One term of a question."""

    kind: TermKind
    value: str
    """The words; the name of a kept picture; an item's id; or two ids and the place between them: `12,77,0.5`."""
    weight: float = 1.0
    """How much it counts, from -LARGEST_WEIGHT to LARGEST_WEIGHT and never 0; below 0 it is left out."""

    @property
    def items(self) -> tuple[str, ...]:
        """The ids of the items it names."""
        if self.kind == "item":
            return (self.value,)
        return self.ends[:2] if self.kind == "between" else ()

    @property
    def ends(self) -> tuple[str, str, float]:
        """Of a term of kind `between`: the two ids, and the place from 0 (the first) to 1 (the second)."""
        first, second, place = self.value.split(",")
        return first, second, float(place)


def between(first: str, second: str, place: float, weight: float = 1.0) -> Term:
    """The term for the point at `place`, from 0 to 1, on the arc between two items."""
    return Term("between", f"{first},{second},{round(min(max(place, 0.0), 1.0), 4):g}", weight)


def write_term(term: Term) -> str:
    """A term as a link keeps it: `kind:weight:value`."""
    return f"{term.kind}:{round(term.weight, 4):g}:{term.value}"


def read_term(written: str) -> Term | None:
    """The term that `write_term` wrote; None when it is none."""
    kind, _, rest = written.partition(":")
    weight, colon, value = rest.partition(":")
    if kind not in get_args(TermKind) or not colon or not _WEIGHT.fullmatch(weight):
        return None
    return checked_term(Term(kind, value, float(weight)))  # type: ignore[arg-type]


def checked_term(term: Term) -> Term | None:
    """The term with its weight bounded and its text trimmed; None when it can mean nothing."""
    weight = min(max(round(term.weight, 4), -LARGEST_WEIGHT), LARGEST_WEIGHT)
    value = term.value.strip()[:LONGEST_TEXT] if term.kind == "text" else term.value
    if term.kind == "between":
        found = _BETWEEN.fullmatch(value)
        sound = found is not None and float(found[3]) <= 1.0
    else:
        sound = bool(value) if term.kind == "text" else is_picture(value) if term.kind == "image" else is_item(value)
    return Term(term.kind, value, weight) if sound and weight and isfinite(weight) else None


def is_picture(name: str) -> bool:
    """Whether `name` can be that of a kept picture."""
    return _PICTURE.fullmatch(name) is not None


def is_item(item_id: str) -> bool:
    """Whether `item_id` can be that of an item: a number from 1, written in one way only."""
    return _ITEM.fullmatch(item_id) is not None
