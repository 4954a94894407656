"""The options that compose a question: what each adds, what it takes away, and its weight.  Imports nothing heavy."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

TypedTermKind = Literal["text", "picture", "item", "between"]

SEARCH_EPILOG = """\
examples:
  nearspace search "a red sports car"
  nearspace search beach --minus people             what to leave out
  nearspace search --image car.jpg --plus "at night" --weight 2
  nearspace search --item 12 --minus-item 40 --plus snow
  nearspace search beach --like 12 --unlike 77      after Rocchio: towards the one, away from the other
  nearspace search --between 12 77 0.5              half way from one item to another
  nearspace search beach --fold --diversity 0.5     near-duplicates as one, and less of the same
  nearspace search beach --page 2 --export more.zip the next results, with their originals

--json prints a list with an object for each result, best first:
  rank        number   place in the list, from 1
  id          string   the item's id, for --item, --like and the like
  modality    string   image or text
  percentile  number   percent of the space's other items of that modality that are less close
  cosine      number   raw cosine with the question; only comparable within one modality
  distance    number   Euclidean distance to the question, 0 to 2
  score       number   deviations above what is usual for this question among items of that modality
  closeness   string   very close, close, loosely related or no real match
  path        string   the source's absolute path
  also        list     the paths of other sources with the same content
  folder      string   its folder below the one that was ingested, with that one's name first
  page        number   page of the source, from 1, or null
  title       string   the document's title or the passage's heading, or empty
  text        string   the passage; of an image its caption, or empty
  meta        object   what else is known: width, height, format, taken and the like
  alike       list     the ids of near-duplicates that are folded under it (--fold)
  passages    list     the ids of further passages of its document among the results (--group)
  good        boolean  whether it is a good answer: anything but no real match
  lift        string   what put it above closer ones, such as: contains *red*; or empty
These names stay; others may be added.  --counts prints an object instead, with that list as `results`, and of all items
that the options let through:
  good        object   how many good answers there are of each modality, on this page and elsewhere
  estimated   boolean  whether that is an estimate
  searched    number   how many items the options let through
  shelves     list     the modalities that were found, that of the better first answer first
"""


@dataclass(frozen=True)
class TypedTerm:
    """One term of the question, as typed."""

    kind: TypedTermKind
    value: str
    """Words, a file, an item's id, or `ID,ID,T`."""
    weight: float = 1.0
    """Below 0 for what is to be left out."""


def add_term_options(command: argparse.ArgumentParser) -> None:
    """Give `command` its TEXT and the options that compose it; they are kept in order as `terms`."""
    command.set_defaults(terms=())
    command.add_argument(
        "text", nargs="?", default="", metavar="TEXT", action=_AddTerm, kind="text", help="what to look for, in words"
    )
    parts = command.add_argument_group("composed questions", "Each may be repeated; a --weight after it applies to it.")

    def part(name: str, metavar: str, kind: TypedTermKind, help: str, sign: float = 1.0) -> None:
        parts.add_argument(name, metavar=metavar, action=_AddTerm, kind=kind, sign=sign, help=help)

    part("--image", "FILE", "picture", "a picture to look for, alone or together with words")
    part("--plus", "WORDS", "text", "more words, as a term of their own")
    part("--minus", "WORDS", "text", "words for what is to be left out", -1.0)
    part("--minus-image", "FILE", "picture", "a picture of what is to be left out", -1.0)
    part("--item", "ID", "item", "an item of the space, by the id that --json prints")
    part("--minus-item", "ID", "item", "an item to be left out, and what is like it", -1.0)
    parts.add_argument(
        "--between",
        nargs=3,
        metavar=("ID", "ID", "T"),
        action=_AddBetween,
        help="the point at T, from 0 to 1, on the way from one item to another",
    )
    parts.add_argument(
        "--weight",
        type=_weight,
        metavar="W",
        action=_SetWeight,
        help="how much the term before this counts (default: 1), up to 5",
    )
    parts.add_argument("--like", action="append", default=[], metavar="ID", help="a result to find more like")
    parts.add_argument("--unlike", action="append", default=[], metavar="ID", help="a result to find less like")


class _AddTerm(argparse.Action):
    """Adds a term to `terms`."""

    def __init__(self, *, kind: TypedTermKind, sign: float = 1.0, **usual: Any) -> None:
        super().__init__(**usual)
        self._kind, self._sign = kind, sign

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        value = str(values or "").strip()
        if option_string is None:
            namespace.text = value
        if value:
            namespace.terms = (*namespace.terms, TypedTerm(self._kind, value, self._sign))
        elif option_string is not None:
            parser.error(f"{option_string} needs something to look for")


class _AddBetween(argparse.Action):
    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        namespace.terms = (*namespace.terms, TypedTerm("between", ",".join(map(str, values or ()))))


class _SetWeight(argparse.Action):
    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        if not namespace.terms:
            parser.error("--weight comes after the term that it is the weight of")
        *before, last = namespace.terms
        sign = -1.0 if last.weight < 0 else 1.0
        namespace.terms = (*before, replace(last, weight=sign * float(values)))  # type: ignore[arg-type]


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = 0.0
    if not 0.0 < weight <= 5.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0 and up to 5")
    return weight
