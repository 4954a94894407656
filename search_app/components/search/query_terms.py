"""The question as it stands, as the tokens that the query bar shows: one for each term and each judged item."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

from PIL.Image import Image

from ingest.space import Item
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import headline, snippet
from search_app.components.shared.media import media_url
from search_app.components.shared.thumbnails import resized_thumbnail
from search_app.search.query import Query
from search_app.search.query_pictures import open_picture
from search_app.search.terms import LARGEST_WEIGHT, Term, between
from search_app.search.thumbnails import jpeg_of

MEGABYTES = 50
"""The largest picture that may be uploaded."""

TokenKind = Literal["text", "image", "item", "between", "judged"]
_SIDE = 240  # pixels of a token's picture, which is shown small, and larger once the token is opened
_LONGEST = 400


@dataclass(frozen=True)
class Token:
    """A part of the question, as the bar shows it."""

    id: str
    """`term-` and its place among the terms, or `judged-` and the id of the item."""
    kind: TokenKind
    words: str
    """Its words, or the names of what it stands for."""
    weight: float = 1.0
    """How much it counts; below 0 it is left out."""
    pictures: tuple[str, ...] = ()
    """The addresses of what it shows."""
    at: float | None = None
    """Of a point between two items: the place, from 0 to 1."""
    item: str = ""
    """The id of the one item that it stands for."""


@dataclass(frozen=True)
class TermContents:
    """What the parts of a question stand for, as far as it is still there."""

    pictures: Mapping[str, Image]
    """By name."""
    items: Mapping[str, Item]
    """By id."""


def term_contents(space: AppSpace, query: Query) -> TermContents:
    """The pictures and items that a question names, as far as they are still there."""
    opened = {name: open_picture(space.folder, name) for name in query.images}
    pictures = {name: picture for name, picture in opened.items() if picture is not None}
    return TermContents(pictures, {item.id: item for item in space.ledger.items.get(query.items)})


def tokens(space: AppSpace, query: Query, contents: TermContents) -> list[dict[str, object]]:
    """The tokens of a question, as the bar's script takes them; its plain words are not among them."""
    return [asdict(token) for token in _tokens(space, query, contents)]


def _tokens(space: AppSpace, query: Query, contents: TermContents) -> Iterator[Token]:
    for place, term in enumerate(query.all_terms):
        if place or not query.text:
            yield _term_token(space, f"term-{place}", term, contents)
    for item_id, weight in [*((each, 1.0) for each in query.like), *((each, -1.0) for each in query.unlike)]:
        item = contents.items.get(item_id)
        yield Token(f"judged-{item_id}", "judged", _name(item), weight, _pictures(space, [item]), item=item_id)


def _term_token(space: AppSpace, key: str, term: Term, contents: TermContents) -> Token:
    if term.kind == "text":
        return Token(key, "text", term.value, term.weight)
    if term.kind == "image":
        picture = contents.pictures.get(term.value)
        if picture is None:
            return Token(key, "image", "a picture that has gone", term.weight)
        address = media_url(jpeg_of(picture, _SIDE), f"query-{term.value}")
        return Token(key, "image", "your picture", term.weight, (address,))
    items = [contents.items.get(item_id) for item_id in term.items]
    words, shown = " – ".join(map(_name, items)), _pictures(space, items)
    if term.kind == "between":
        return Token(key, "between", words, term.weight, shown, at=term.ends[2])
    return Token(key, "item", words, term.weight, shown, item=term.value)


def _name(item: Item | None) -> str:
    return "an item that has gone" if item is None else snippet(headline(item), 60)


def _pictures(space: AppSpace, items: Sequence[Item | None]) -> tuple[str, ...]:
    found = []
    for item in items:
        path = space.thumbnail_path(item) if item else None
        if item and path and (jpeg := resized_thumbnail(path, _SIDE)):
            found.append(media_url(jpeg, f"token-{item.id}"))
    return tuple(found)


def question_label(query: Query) -> str:
    """The question in words, as a list of recent ones shows it; '' for one that is not of words alone."""
    if query.like or query.unlike or any(term.kind != "text" for term in query.all_terms):
        return ""
    signs = [("− " if term.weight < 0 else "+ " if place else "") for place, term in enumerate(query.all_terms)]
    words = [sign + term.value for sign, term in zip(signs, query.all_terms, strict=True)]
    return snippet(" ".join(words), _LONGEST)


def change_term(token_id: str, *, weight: float, words: str = "", at: float = 0.5) -> None:
    """Ask the term of a token with another weight, other words, or another place between its items."""
    query, _ = page_url.current()
    place = _place(token_id)
    if not 0 <= place < len(query.all_terms) or not 0 < abs(weight) <= LARGEST_WEIGHT:
        return
    term = replace(query.all_terms[place], weight=weight)
    if term.kind == "between":
        first, second, _ = term.ends
        term = between(first, second, at, weight)
    elif term.kind == "text" and words:
        term = replace(term, value=words)
    # The others keep their places, which `with_terms` would give anew.
    simple = len(query.all_terms) - len(query.term)
    if place >= simple:
        page_url.go(replace(query, term=(*query.term[: place - simple], term, *query.term[place - simple + 1 :])))
    else:
        kept, further = (term.value, query.term) if weight == 1.0 else ("", (term, *query.term))
        if term.kind == "text":
            page_url.go(replace(query, text=kept, term=further))
        else:
            page_url.go(replace(query, image=kept, term=further))


def drop_token(token_id: str) -> None:
    """Ask no more what a token stands for."""
    kind, _, which = token_id.partition("-")
    if kind == "judged":
        page_url.forget_judgement(which)
    elif (place := _place(token_id)) >= 0:
        terms = page_url.current()[0].all_terms
        page_url.set_terms([*terms[:place], *terms[place + 1 :]])


def go_between() -> None:
    """Ask for the middle between the two items that are liked."""
    query, _ = page_url.current()
    if len(query.like) == 2:
        first, second = query.like
        page_url.go(replace(query, like=(), term=(*query.term, between(first, second, 0.5))))


def _place(token_id: str) -> int:
    """Which term a token stands for; -1 for none."""
    kind, _, number = token_id.partition("-")
    return int(number) if kind == "term" and number.isascii() and number.isdigit() and len(number) < 4 else -1
