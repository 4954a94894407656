"""The fields of a question: how each is read, checked, described and written, on every way in.

`query_schema` declares them.  Links, HTTP, MCP, Python and the command line derive theirs from it: they
read the same values and raise the same errors.  Imports nothing heavy, so that `nearspace search --help` answers at
once; pydantic, which describes the fields to HTTP and MCP, is imported where it asks.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from ingest.errors import SettingsError
from search_app.search.value_types import ValueType

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
    from pydantic_core import CoreSchema

MOST_PARTS = 20
"""Folders, phrases and the like that a link or a request may have of each."""
LONGEST_PART = 200
"""Characters of a phrase, a title or a metadata value that a link keeps."""

Params = Mapping[str, Iterable[str]]
"""Values as text, by the names of fields: the query part of a link, the address or form of a request, options."""


class FieldError(SettingsError, ValueError):
    """A value that a field cannot have; the message names the field, and its last sentence says what to give."""

    def __init__(self, field: str, problem: str, *, written: str = "", joint: str = ": ") -> None:
        """A `problem` with the value of `field`, which the caller called `written`."""
        called = f"{field} ({written})" if written and written != field else field
        super().__init__(f"{called}{joint}{problem}")
        self.field = field


@dataclass(frozen=True, eq=False, repr=False)
class Field:
    """A field of a question: what type of values it has, how many, and what they mean."""

    type: ValueType
    help: str
    """What it does, as a way in shows it; in the plainest words, without a full stop."""
    many: bool = False
    most: int = MOST_PARTS
    """How many values a link or a request may have, where there may be several."""
    blank_is_none: bool = False
    """Whether an empty value is left out everywhere, as a form sends it."""
    adds_up: bool = False
    """Whether a value that a request repeats counts as often."""

    @property
    def described(self) -> str:
        """The help, and whether the field may be repeated."""
        return f"{self.help}; may be repeated" if self.many else self.help

    def read(self, name: str, texts: Iterable[str], *, bounded: bool = True, written: str = "") -> Any:
        """The value that `texts` stand for; raises FieldError.

        `bounded` refuses more than `most` values; `written` is how the caller calls the field.
        """
        texts = [text for text in texts if text.strip() or not self.blank_is_none]
        texts = texts if self.adds_up else list(dict.fromkeys(texts))
        allowed = self.most if self.many else 1
        if len(texts) > allowed and (bounded or not self.many):
            problem = f"has {len(texts)} values, and may have {allowed} at most. Leave some out."
            raise FieldError(name, problem, written=written, joint=" ")
        try:
            values = [self.type.read(text, strict=True) for text in texts]
        except ValueError as error:
            raise FieldError(name, str(error), written=written) from None
        if not self.many:
            return values[0]
        return tuple(values if self.adds_up else self.type.sort(values))

    def read_link(self, texts: Iterable[str], default: Any) -> Any:
        """The value that a link's `texts` stand for; what cannot be read is left out, and `default` where all is."""
        values = []
        for text in texts:
            with suppress(ValueError):
                values.append(self.type.read(text, strict=False))
        if self.many:
            return tuple(self.type.sort(values)[: self.most])
        return values[0] if values else default

    def check(self, name: str, value: Any, default: Any) -> Any:
        """`value` as the field keeps it, lists as tuples; raises FieldError."""
        if not self.many and value == default:
            return default
        if not self.many:
            return self._checked(name, value, as_text=not self.type.is_text)
        values = (value,) if isinstance(value, str) or not isinstance(value, Iterable) else tuple(value)
        try:
            return tuple(self.type.check(each) for each in values)
        except ValueError as error:
            raise FieldError(name, str(error)) from None

    def _checked(self, name: str, value: Any, *, as_text: bool = True) -> Any:
        try:
            return self.type.read(value, strict=True) if as_text and isinstance(value, str) else self.type.check(value)
        except ValueError as error:
            raise FieldError(name, str(error)) from None

    def write(self, value: Any) -> list[str]:
        """The texts of a link that stand for `value`."""
        return [self.type.write(each) for each in (value if self.many else (value,))]

    def accept(self, name: str, value: Any) -> Any:
        """`value` out of JSON, or as text, as the field keeps it; raises FieldError."""
        if not self.many:
            return self._checked(name, value)
        values = (value,) if isinstance(value, str) or not isinstance(value, Iterable) else tuple(value)
        texts = [each for each in values if isinstance(each, str)]
        if len(texts) == len(values):
            return self.read(name, texts)
        return self.check(name, values, ())

    def __get_pydantic_core_schema__(self, source: Any, handler: "GetCoreSchemaHandler") -> "CoreSchema":
        """How pydantic reads the field: as the type that it is declared with, once it was accepted."""
        from pydantic_core import PydanticUseDefault, core_schema

        def accept(value: Any, info: "ValidationInfo") -> Any:
            if value is None or value == "":
                raise PydanticUseDefault
            return self.accept(info.field_name or "", value)

        return core_schema.with_info_before_validator_function(accept, handler(source))

    def __get_pydantic_json_schema__(self, schema: "CoreSchema", handler: "GetJsonSchemaHandler") -> dict[str, Any]:
        """How pydantic describes the field in JSON: also by the values that it may have."""
        described = handler(schema)
        (described["items"] if self.many else described).update(self.type.limits)
        return described


def fields_of(schema: type[object]) -> dict[str, Field]:
    """The fields of a part of the question, by name, in their order."""
    return _declared(schema)[0]


def defaults_of(schema: type[object]) -> dict[str, Any]:
    """The default of each field, by name."""
    return _declared(schema)[1]


_known: dict[int, tuple[dict[str, Field], dict[str, Any]]] = {}


def _declared(schema: type[object]) -> tuple[dict[str, Field], dict[str, Any]]:
    known = _known.get(id(schema))
    if known is None:
        declared: dict[str, Field] = {}
        defaults: dict[str, Any] = {}
        for each in fields(cast(Any, schema)):
            for part in getattr(each.type, "__metadata__", ()):
                if isinstance(part, Field):
                    declared[each.name], defaults[each.name] = part, each.default
        known = _known[id(schema)] = declared, defaults
    return known


def check_fields(part: object) -> None:
    """Check the values of a part of a question, and normalise them; raises FieldError."""
    defaults = defaults_of(type(part))
    for name, field in fields_of(type(part)).items():
        object.__setattr__(part, name, field.check(name, getattr(part, name), defaults[name]))


def read_fields(
    schema: type[object],
    params: Params,
    *,
    strict: bool,
    bounded: bool = True,
    written: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """The values of the fields of `schema` that `params` has, by name.

    Where `strict`, raises FieldError for what cannot be read; else that is left out.  `written` says how the caller
    calls a field, where not by its name.
    """
    defaults, values = defaults_of(schema), {}
    for name, field in fields_of(schema).items():
        if not (texts := list(params.get(name, ()))):
            continue
        if not strict:
            values[name] = field.read_link(texts, defaults[name])
        elif not field.blank_is_none or any(text.strip() for text in texts):
            values[name] = field.read(name, texts, bounded=bounded, written=written.get(name, ""))
    return values


def write_fields(part: object) -> dict[str, list[str]]:
    """The fields of a part of a question as texts, by name; those at their default are left out."""
    defaults = defaults_of(type(part))
    return {
        name: field.write(value)
        for name, field in fields_of(type(part)).items()
        if (value := getattr(part, name)) != defaults[name]
    }
