"""The names that parts of a question had before there was one for each: they are read for ever, and never written.

Each way in has its own, as a link, a program or a script may hold any of them.
"""

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

Surface = Literal["link", "http", "python", "mcp", "option"]
T = TypeVar("T")


@dataclass(frozen=True)
class Alias:
    """A former name of a field."""

    former: str
    name: str
    """The field's name."""
    surfaces: tuple[Surface, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    """What former values are called now; any others are as they were."""


_LINK: tuple[Surface, ...] = ("link",)
_ADDRESS: tuple[Surface, ...] = ("link", "http")
_PYTHON: tuple[Surface, ...] = ("python",)
_OPTION: tuple[Surface, ...] = ("option",)

ALIASES = (
    # What is looked for
    Alias("q", "text", _LINK),
    Alias("k", "count", _LINK),
    # Filters
    Alias("min-pixels", "min_pixels", _ADDRESS),
    Alias("max-pixels", "max_pixels", _ADDRESS),
    Alias("min-bytes", "min_bytes", _ADDRESS),
    Alias("max-bytes", "max_bytes", _ADDRESS),
    Alias("shape", "orientation", _ADDRESS),
    Alias("of-colour", "dominant_colour", _ADDRESS),
    Alias("captioned", "has_caption", _ADDRESS, {"yes": "on"}),
    Alias("modalities", "modality", _PYTHON),
    Alias("folders", "folder", ("python", "mcp")),
    Alias("formats", "format", _PYTHON),
    Alias("shapes", "orientation", _PYTHON),
    Alias("colours", "dominant_colour", _PYTHON),
    Alias("captioned", "has_caption", _PYTHON),
    Alias("topics", "topic", _PYTHON),
    Alias("phrases", "exact", _PYTHON),
    Alias("colour", "dominant_colour", _OPTION),
    Alias("min-size", "min_pixels", _OPTION),
    Alias("max-size", "max_pixels", _OPTION),
    # Listing
    Alias("order", "reverse", _LINK, {"reverse": "on"}),
    Alias("lists", "separate", _LINK, {"separate": "on"}),
    Alias("view", "layout", _LINK),
    Alias("unfold", "unfolded", _LINK),
    Alias("open", "opened", _LINK),
    # The map
    Alias("map", "dimensions", _LINK, {"3d": "3"}),
    Alias("colour", "colouring", _LINK),
    Alias("gap", "gap", _LINK, {"open": "on"}),
    Alias("pictures", "pictures", _LINK, {"shown": "on"}),
    Alias("hide", "hidden", _LINK),
    Alias("distance", "measure", _LINK),
)
"""All of them; `--min-size` and `--max-size` also stand for `min_bytes` and `max_bytes`, by the unit of their value."""


def aliases_of(surface: Surface) -> list[Alias]:
    """The aliases of one way in."""
    return [alias for alias in ALIASES if surface in alias.surfaces]


def with_present_names(
    params: Mapping[str, Iterable[str]], surface: Surface
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """`params` by the names that fields have now, and for each field that came by a former name, that name.

    Where a field comes by both names, the present one comes first.
    """
    present = {name: list(values) for name, values in params.items()}
    written: dict[str, str] = {}
    for alias in aliases_of(surface):
        if alias.former not in present:
            continue
        values = [alias.values.get(value, value) for value in present.pop(alias.former)]
        present[alias.name] = [*present.get(alias.name, ()), *values]
        if alias.former != alias.name:
            written[alias.name] = alias.former
    return present, written


def accepts_former_names(schema: type[T]) -> type[T]:
    """Have a dataclass take the former names of its fields as arguments, and have them as attributes."""
    names = {alias.former: alias.name for alias in aliases_of("python")}
    make: Callable[..., None] = schema.__init__

    @functools.wraps(make)
    def __init__(self: object, *values: Any, **named: Any) -> None:
        make(self, *values, **{names.get(name, name): value for name, value in _former_last(named, names)})

    def __getattr__(self: object, name: str) -> Any:
        if name in names:
            return getattr(self, names[name])
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    __init__.__signature__ = inspect.signature(make)  # type: ignore[attr-defined]
    schema.__init__ = __init__  # type: ignore[method-assign]
    schema.__getattr__ = __getattr__  # type: ignore[attr-defined]
    return schema


def _former_last(named: Mapping[str, Any], names: Mapping[str, str]) -> Sequence[tuple[str, Any]]:
    """Former names last, so that `dataclasses.replace`, which gives every field, changes those named so."""
    return sorted(named.items(), key=lambda each: each[0] in names)
