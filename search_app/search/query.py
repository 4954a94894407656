"""A question to a space: what is looked for, among which items, and how results are listed.  Imports nothing heavy."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Annotated

from search_app.search.fields import Field
from search_app.search.query_schema import Display, Filters, Listing
from search_app.search.terms import LONGEST_TEXT, MOST_TERMS, Term, is_item, is_picture, read_term, write_term
from search_app.search.value_types import Matching, Parsed, Text, Whole

DEFAULT_COUNT = 24
"""Results on a page, unless set otherwise."""
DEFAULT_RESULTS = 10
"""Results that a program or the command line gets, unless set otherwise."""
LARGEST_COUNT = 96

TERM_HINT = "Write KIND:WEIGHT:VALUE, such as text:-1:people, item:1:12 or between:1:12,77,0.5."

_ITEM = Matching(is_item, "the id of an item", "Take the id of one from a search.")


@dataclass(frozen=True)
class Query:
    """A question to a space; every part may be left out, and those that are there are asked together.

    `text` and `image` are the simple question, of weight 1 each; `term` is what is composed with them.
    """

    text: Annotated[
        str,
        Field(
            Text(longest=LONGEST_TEXT),
            "what to look for, in words; results must say word for word what stands in quotation marks",
            blank_is_none=True,
        ),
    ] = ""
    image: Annotated[
        str,
        Field(
            Matching(is_picture, "the name of a picture", "Upload the picture again.", metavar="FILE"),
            "a picture to look for: the name of one that the space keeps",
        ),
    ] = ""
    like: Annotated[
        tuple[str, ...], Field(_ITEM, "the id of a result to find more like", many=True, most=MOST_TERMS)
    ] = ()
    unlike: Annotated[
        tuple[str, ...], Field(_ITEM, "the id of a result to find less like", many=True, most=MOST_TERMS)
    ] = ()
    term: Annotated[
        tuple[Term, ...],
        Field(
            Parsed(read_term, write_term, TERM_HINT),
            "a further part as KIND:WEIGHT:VALUE, below 0 to leave it out: text:-1:people, item:0.5:12, "
            "between:1:12,77,0.5",
            many=True,
            most=MOST_TERMS,
            adds_up=True,
        ),
    ] = ()
    filters: Filters = field(default_factory=Filters)
    """Which items may be found."""
    count: Annotated[int, Field(Whole(1, LARGEST_COUNT, "a number of results"), "how many results")] = DEFAULT_COUNT
    listing: Listing = field(default_factory=Listing)
    """How the results are listed."""
    display: Display = field(default_factory=Display)
    """How the page shows them."""

    @property
    def at_start(self) -> "Query":
        """The same on its first page, with nothing opened: how a new question begins."""
        display = Display(self.display.layout, self.display.arrangement, dated=self.display.dated)
        return replace(self, listing=replace(self.listing, page=1), display=display)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to search for."""
        return not (self.all_terms or self.like or self.unlike)

    @property
    def all_terms(self) -> tuple[Term, ...]:
        """All terms of the question: its text and its image first."""
        text = (Term("text", self.text),) if self.text else ()
        image = (Term("image", self.image),) if self.image else ()
        return (*text, *image, *self.term)

    @property
    def words(self) -> str:
        """All words that are looked for."""
        return " ".join(term.value for term in self.all_terms if term.kind == "text" and term.weight > 0)

    @property
    def items(self) -> tuple[str, ...]:
        """The ids of the items that the question names; they are left out of the hits."""
        of_terms = [item_id for term in self.term for item_id in term.items]
        return tuple(dict.fromkeys([*self.like, *self.unlike, *of_terms]))

    @property
    def images(self) -> tuple[str, ...]:
        """The names of the pictures that are looked for, or left out."""
        return tuple(dict.fromkeys(term.value for term in self.all_terms if term.kind == "image"))


def with_terms(query: Query, terms: Iterable[Term]) -> Query:
    """The query with `terms` for all of its terms: the first text and image of weight 1 are the simple question."""
    text, image, others = "", "", []
    for term in terms:
        if term.kind == "text" and term.weight == 1.0 and not text:
            text = term.value
        elif term.kind == "image" and term.weight == 1.0 and not image:
            image = term.value
        elif term not in others:
            others.append(term)
    return replace(query, text=text, image=image, term=tuple(others[:MOST_TERMS]))


def without_filters(query: Query) -> Query:
    """The same question to the whole space."""
    return replace(query, filters=Filters(), display=replace(query.display, dated=""))
