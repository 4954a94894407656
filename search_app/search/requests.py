"""Questions of programs: the schema's fields as a request has them, read strictly and described by pydantic.

The HTTP API takes them as text; an assistant's tools (MCP) take them as JSON.
"""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, get_args

from pydantic import Field as Described
from pydantic import create_model

from search_app.search.aliases import with_present_names
from search_app.search.fields import FieldError, fields_of, read_fields
from search_app.search.query import DEFAULT_RESULTS, TERM_HINT, Query
from search_app.search.query_schema import PLAIN, Filters, Listing
from search_app.search.terms import Term

LISTING = tuple(fields_of(Listing))
FILTERS = tuple(fields_of(Filters))


@dataclass(frozen=True)
class SearchRequest:
    """What a request searches for, and how."""

    text: str = ""
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    term: tuple[Term, ...] = ()
    count: int = DEFAULT_RESULTS
    filters: Filters = field(default_factory=Filters)
    listing: Listing = PLAIN


def read_request(params: Mapping[str, Iterable[str]]) -> SearchRequest:
    """The request that `params` make, also by their former names; raises FieldError."""
    present, written = with_present_names(params, "http")
    # Whether an item has such an id is for the space to say.
    like, unlike = (tuple(present.pop(name, ())) for name in ("like", "unlike"))
    asked = read_fields(Query, present, strict=True, written=written)
    if any(term.kind == "image" for term in asked.get("term", ())):
        raise FieldError("term", f"a picture is uploaded, and not named. {TERM_HINT}")
    return SearchRequest(
        **asked,
        like=like,
        unlike=unlike,
        filters=Filters(**read_fields(Filters, present, strict=True, written=written)),
        listing=listing_of(read_fields(Listing, present, strict=True, written=written)),
    )


def listing_of(values: Mapping[str, Any]) -> Listing:
    """The listing with these values, and what programs get by default for the others."""
    return Listing(**{name: values.get(name, getattr(PLAIN, name)) for name in LISTING})


def parameters_of(names: Iterable[str]) -> list[inspect.Parameter]:
    """A keyword parameter for each of these fields of a question, as pydantic reads and describes it."""
    declared = _declared()
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=declared[name][1], annotation=declared[name][0])
        for name in names
    ]


@cache
def json_schemas() -> dict[str, dict[str, Any]]:
    """The JSON schema of each field that a request may have, by name, with its description."""
    model = create_model("Request", **{name: (type_, default) for name, (type_, default) in _declared().items()})  # type: ignore[call-overload]
    properties: dict[str, dict[str, Any]] = model.model_json_schema()["properties"]
    return properties


@cache
def _declared() -> dict[str, tuple[Any, Any]]:
    """The type of each field that a request may have, with its description, and its default there."""
    defaults: dict[str, Any] = {"count": DEFAULT_RESULTS, **{name: getattr(PLAIN, name) for name in LISTING}}
    found: dict[str, tuple[Any, Any]] = {}
    for schema in (Query, Filters, Listing):
        for name, each in fields_of(schema).items():
            declared = schema.__dataclass_fields__[name]
            type_ = get_args(declared.type)[0]
            if name == "term":
                type_ = tuple[str, ...]  # as text
            details: dict[str, Any] = {"description": each.described}
            found[name] = Annotated[type_, each, Described(**details)], defaults.get(name, declared.default)
    return found
